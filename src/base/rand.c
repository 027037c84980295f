#include "base/rand.h"

#include <assert.h>
#include <math.h>

#include "base/banned.h"

enum { N = 624, M = 397 };

static const double two_pi = 6.283185307179586476925286766559;

/* Matsumoto and Nishimura 2002, init_genrand and init_by_array. */
static void init_state(struct rand_mt *r, uint32_t seed)
{
    r->state[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        r->state[i] = 1812433253u * (r->state[i - 1] ^ (r->state[i - 1] >> 30)) + i;
}

static uint32_t mix_of_previous(const struct rand_mt *r, int i, uint32_t factor)
{
    uint32_t prev = r->state[i - 1];
    return r->state[i] ^ ((prev ^ (prev >> 30)) * factor);
}

static int next_index(struct rand_mt *r, int i)
{
    if (++i < N)
        return i;
    r->state[0] = r->state[N - 1];
    return 1;
}

void rand_seed(struct rand_mt *r, uint64_t seed)
{
    uint32_t words[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t n_words = words[1] ? 2 : 1;
    init_state(r, 19650218u);
    int i = 1;
    for (uint32_t k = 0, j = 0; k < N; k++) {
        r->state[i] = mix_of_previous(r, i, 1664525u) + words[j] + j;
        i = next_index(r, i);
        j = (j + 1) % n_words;
    }
    for (int k = 0; k < N - 1; k++) {
        r->state[i] = mix_of_previous(r, i, 1566083941u) - (uint32_t)i;
        i = next_index(r, i);
    }
    r->state[0] = 0x80000000u;
    r->index = N;
    r->has_spare = false;
}

static void refill(struct rand_mt *r)
{
    for (int i = 0; i < N; i++) {
        uint32_t y = (r->state[i] & 0x80000000u) | (r->state[(i + 1) % N] & 0x7fffffffu);
        r->state[i] = r->state[(i + M) % N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    r->index = 0;
}

uint32_t rand_u32(struct rand_mt *r)
{
    if (r->index >= N)
        refill(r);
    uint32_t y = r->state[r->index++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

uint64_t rand_below(struct rand_mt *r, uint64_t n)
{
    assert(n > 0 && n <= UINT32_MAX);
    int n_bits = 0;
    while (n >> n_bits)
        n_bits++;
    uint32_t v;
    do
        v = rand_u32(r) >> (32 - n_bits);
    while (v >= n);
    return v;
}

double rand_unit(struct rand_mt *r)
{
    uint32_t a = rand_u32(r) >> 5;
    uint32_t b = rand_u32(r) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

double rand_normal(struct rand_mt *r)
{
    double radius = sqrt(-2 * log(1 - rand_unit(r))); /* 1 - u is never 0 */
    return radius * cos(two_pi * rand_unit(r));
}

/* The angle is drawn before the radius, and the cosine comes first: Lib/random.py. */
double rand_gauss(struct rand_mt *r)
{
    if (r->has_spare) {
        r->has_spare = false;
        return r->spare;
    }
    double angle = rand_unit(r) * two_pi;
    double radius = sqrt(-2 * log(1 - rand_unit(r)));
    r->spare = sin(angle) * radius;
    r->has_spare = true;
    return cos(angle) * radius;
}
