/*
 * rand: Python's MT19937 (random.Random(seed)), so that samples equal lm-evaluation-harness's.
 * Vectors: seed 1234 -> 32-bit outputs 4150886329 3342196574 1892932127 501869158.
 * Tests  unit/test_rand.c
 */
#ifndef PERBIT_BASE_RAND_H
#define PERBIT_BASE_RAND_H

#include <stdint.h>

struct rand_mt {
    uint32_t state[624];
    int index;
};

void rand_seed(struct rand_mt *r, uint64_t seed);     /* init_by_array of the seed's 32-bit words */
uint32_t rand_u32(struct rand_mt *r);
uint64_t rand_below(struct rand_mt *r, uint64_t n);   /* Python's _randbelow; 0 < n < 2^32 */
double rand_unit(struct rand_mt *r);                  /* Python's random(): [0, 1), 53 bits */
double rand_normal(struct rand_mt *r);                /* Box-Muller; not Python's gauss */

#endif
