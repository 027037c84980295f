/* noise: standard normal numbers for made weights; the same in every run. One user a program. */
#ifndef PERBIT_TEST_NOISE_H
#define PERBIT_TEST_NOISE_H

#include <math.h>
#include <stdint.h>

static uint64_t xorshift = 88172645463325252u;

static double unit(void)
{
    xorshift ^= xorshift << 13;
    xorshift ^= xorshift >> 7;
    xorshift ^= xorshift << 17;
    return (double)(xorshift >> 11) / 9007199254740992.0;
}

static float normal(void)
{
    const double a = unit() + 1e-12, b = unit();
    return (float)(sqrt(-2.0 * log(a)) * cos(6.283185307179586 * b));
}

#endif
