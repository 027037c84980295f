/*
 * normal: the standard normal distribution.
 *
 * Source  quantile: Wichura 1988, algorithm AS 241 (PPND16), relative error about 1e-16; Python's
 *         statistics.NormalDist uses the same. cdf: erfc of libm
 * Tests   unit/test_binomial.c, flow/test_flow.c
 */
#ifndef PERBIT_STATS_NORMAL_H
#define PERBIT_STATS_NORMAL_H

#include "stats/describe.h"

double normal_cdf(double z);
double normal_quantile(double p);     /* -inf at 0, inf at 1, NaN outside */
double normal_two_sided(double level); /* 0.95 gives 1.96: the z of a two-sided interval of that level */
/* The 95 % interval: value -/+ 1.96 se. */
struct interval normal_interval95(struct estimate e);

#endif
