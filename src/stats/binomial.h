/*
 * binomial: what k successes of n say about the probability of success.
 *
 * k, n    0 <= k <= n, 0 < n; n = 0 gives NaN        level   0.95 for a 95 % interval, two-sided
 * Cost    O(1); binomial_test O(n)
 * Source  Wilson 1927 score interval without continuity correction; Clopper and Pearson 1934 by the incomplete
 *         beta function (continued fraction, Numerical Recipes 6.4); the exact test adds the probability of
 *         every outcome that is not more probable than k, with R's binom.test tolerance of 1e-7
 * Tests   unit/test_binomial.c
 */
#ifndef PERBIT_STATS_BINOMIAL_H
#define PERBIT_STATS_BINOMIAL_H

#include <stdint.h>

#include "stats/describe.h"

struct interval binomial_wilson(int64_t k, int64_t n, double level);
struct interval binomial_clopper_pearson(int64_t k, int64_t n, double level); /* never too narrow */
double binomial_test(int64_t k, int64_t n, double p); /* two-sided exact p value of H0: probability p */
double binomial_pmf(int64_t k, int64_t n, double p);
double binomial_cdf(int64_t k, int64_t n, double p);  /* P(X <= k); 0 below 0 and 1 from n on */
double binomial_beta(double a, double b, double x);   /* regularized incomplete beta I_x(a, b); a, b > 0 */

#endif
