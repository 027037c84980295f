/*
 * pareto: which points nobody beats: no other costs as little and is as good, and is better in one of the two.
 *
 * cost     [n]  bytes, memory or 1 / speed: less is better
 * quality  [n]  more is better
 * A point with a NaN is never on the frontier and dominates nobody. Equal points are on it together.
 *
 * pareto_membership  share of resamples in which each point is on the frontier. draw [n] pointers to [n_resamples],
 *                    quality from the same resamples for all (joint.h); cost_draw NULL: costs are exact, as bytes are
 *
 * Cost    O(n^2) a frontier       Tests  unit/test_pareto.c
 */
#ifndef PERBIT_STATS_PARETO_H
#define PERBIT_STATS_PARETO_H

#include <stdbool.h>
#include <stddef.h>

void pareto_frontier(bool *is_on, const double *cost, const double *quality, size_t n);
void pareto_membership(double *probability, const double *cost, const double *const *cost_draw,
                       const double *const *quality_draw, size_t n, size_t n_resamples);

#endif
