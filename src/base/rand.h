/*
 * rand: Python's MT19937 (random.Random(seed)), so that samples equal lm-evaluation-harness's.
 * Vectors: seed 1234 -> 32-bit outputs 4150886329 3342196574 1892932127 501869158.
 * Tests  unit/test_rand.c
 */
#ifndef PERBIT_BASE_RAND_H
#define PERBIT_BASE_RAND_H

#include <stdbool.h>
#include <stdint.h>

struct rand_mt {
    uint32_t state[624];
    int index;
    double spare; /* private: the second value of a rand_gauss */
    bool has_spare;
};

void rand_seed(struct rand_mt *r, uint64_t seed);     /* init_by_array of the seed's 32-bit words */
uint32_t rand_u32(struct rand_mt *r);
uint64_t rand_below(struct rand_mt *r, uint64_t n);   /* Python's _randbelow; 0 < n < 2^32 */
double rand_unit(struct rand_mt *r);                  /* Python's random(): [0, 1), 53 bits */
double rand_normal(struct rand_mt *r);                /* Box-Muller; not Python's gauss */
/* Python 3.11's gauss(0, 1); seed 0: 0.9417154046806644 -1.3965781047011498 -0.6797144480784211. */
double rand_gauss(struct rand_mt *r);

#endif
