/*
 * pool: one score of several tasks.
 * value, se  [k]    mean score of each task and its standard error
 *
 * pool_macro   every task counts alike: mean of the values, error sqrt(sum se_i^2) / k (tasks independent)
 * pool_normal  (x - b) / (1 - b), 0 below b: a score of which the part that guessing gives is taken away
 *
 * Groups of tasks as lm-evaluation-harness pools them: tasks/score.h, score_group().
 *
 * Errors  none: k = 0 gives NaN     Cost O(k)
 * Source  Open LLM Leaderboard v2's normalisation
 * Tests   unit/test_pool.c
 */
#ifndef PERBIT_STATS_POOL_H
#define PERBIT_STATS_POOL_H

#include <stddef.h>

#include "stats/describe.h"

struct estimate pool_macro(const double *value, const double *se, size_t k);
double pool_normal(double value, double baseline);

#endif
