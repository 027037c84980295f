/*
 * paired: two models on the same questions or tokens. The difference of each pair is looked at, never the
 * overlap of two intervals: most of the variance is common to both and cancels.
 *
 * x, y    [n]       same order; difference = x - y (a level minus its base: negative scores are a loss)
 * b, c              discordant pairs: b right in the first and wrong in the second, c the reverse
 * Errors  none: n < 2 gives NaN for se, interval, covariance; b + c = 0 gives p = 1
 * Source  paired difference: se = sd(x - y) / sqrt(n), normal interval. McNemar 1947, exact binomial form
 *         p = min(1, 2 P(X <= min(b, c))), X ~ Bin(b + c, 1/2); mid-p: Fagerland et al. 2013.
 *         Interval of the difference of paired proportions: Bonett and Price 2012 (adds one to each count)
 * Tests   unit/test_paired.c, reference/stat_figures.py (scipy, statsmodels)
 */
#ifndef PERBIT_STATS_PAIRED_H
#define PERBIT_STATS_PAIRED_H

#include <stddef.h>
#include <stdint.h>

#include "stats/describe.h"

struct paired {
    size_t n;
    double mean_x, mean_y;
    double difference;         /* mean(x - y) */
    double se;                 /* of the difference; pairs independent of each other */
    struct interval ci;        /* difference -/+ z se */
    double p;                  /* two-sided normal test of difference = 0; NaN if se is 0 and difference too */
    double covariance;         /* sample covariance of x and y, n - 1 */
    double correlation;        /* Pearson; NaN if x or y does not vary */
};
void paired_compare(struct paired *out, const double *x, const double *y, size_t n, double level);

/*
 * The same where pairs of one cluster (questions about one text) are not independent: se by describe_se_clustered,
 * interval and p from Student's t with one degree of freedom less than there are clusters. cluster NULL: every pair is
 * its own cluster, which is the paired t test. n_clusters counts all numbers, also those without a pair.
 */
void paired_compare_clustered(struct paired *out, const double *x, const double *y, const int *cluster, size_t n,
                              int n_clusters, double level);

double paired_covariance(const double *x, const double *y, size_t n); /* sample, n - 1; two passes */
double paired_correlation(const double *x, const double *y, size_t n);

/* Counts of 0/1 scores: out->b = x right, y wrong ... A score of more than one half is right. */
struct discordant {
    int64_t both, b, c, neither;
};
void paired_count(struct discordant *out, const double *x, const double *y, size_t n);

double paired_mcnemar(int64_t b, int64_t c);       /* exact two-sided p */
double paired_mcnemar_mid(int64_t b, int64_t c);   /* mid-p: less conservative, may exceed its level slightly */
/* Interval of (b - c) / n, n all pairs. */
struct interval paired_bonett_price(int64_t b, int64_t c, int64_t n, double level);

#endif
