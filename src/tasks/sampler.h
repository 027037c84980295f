/*
 * sampler: which rows of a pool are a document's few-shot examples, as lm-evaluation-harness draws them.
 *
 * sampler_python is CPython's random.Random.sample(range(n_pool), k); one generator serves a whole task and is never
 * seeded again, so that document k's examples depend on documents 0 .. k-1 having been drawn.
 *
 *   struct rand_mt r;
 *   rand_seed(&r, 1234);
 *   int64_t draw[5];
 *   sampler_python(draw, &r, 7473, 5);        6374 3610 957 61 742
 *
 * Errors  ERR_RANGE  more than the pool has       Source  CPython 3.11 random.py
 * Cost    O(k^2) for small k of a large pool, else O(n_pool)      Tests  unit/test_sampler.c
 */
#ifndef PERBIT_TASKS_SAMPLER_H
#define PERBIT_TASKS_SAMPLER_H

#include <stdint.h>

#include "base/err.h"
#include "base/rand.h"

/* out [k], in the order drawn */
int sampler_python(int64_t *out, struct rand_mt *r, int64_t n_pool, int k, struct err *err);

/* The first n of a permutation of 0 .. n_rows-1 that the seed decides, ascending: a larger n holds a smaller one's. */
void sampler_subset(int64_t *out, int64_t n, int64_t n_rows, uint64_t seed);

#endif
