/*
 * pool: one score of several tasks.
 * value, se  [k]    mean score of each task and its standard error
 * n          [k]    documents of each task
 *
 * pool_micro   every document counts alike: sum n_i value_i / N. Its error pools the tasks' variances as
 *              lm-evaluation-harness does: sqrt(sum (n_i - 1) n_i se_i^2 / (N - k) / N), N = sum n_i
 * pool_macro   every task counts alike: mean of the values, error sqrt(sum se_i^2) / k (tasks independent)
 * pool_normal  (x - b) / (1 - b), 0 below b: a score of which the part that guessing gives is taken away
 *
 * Errors  none: k = 0, N = 0 or N = k gives NaN     Cost O(k)
 * Source  lm-eval 0.4.13 api/metrics.py, pooled_sample_stderr; Open LLM Leaderboard v2's normalisation
 * Tests   unit/test_pool.c
 */
#ifndef PERBIT_STATS_POOL_H
#define PERBIT_STATS_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "stats/describe.h"

struct estimate pool_micro(const double *value, const double *se, const int64_t *n, size_t k);
struct estimate pool_macro(const double *value, const double *se, size_t k);
double pool_normal(double value, double baseline);

#endif
