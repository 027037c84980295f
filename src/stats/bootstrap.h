/*
 * bootstrap: percentile confidence intervals by resampling with replacement.
 *
 * x       [n]                 independent values
 * values  [n_clusters][m]     row-major; a row (chunk) is drawn as a whole, since its values are correlated
 * num, den [n]                per cluster sums; the statistic is sum(num) / sum(den): a mean over clusters of
 *                             unequal size (den = number of values), or nats per byte (den = bytes)
 * Errors  none: n = 0 gives NaN; n = 1 gives an interval of width 0, which says nothing
 * Cost    n_resamples * n draws; cluster forms n_resamples * n_clusters
 * Source  Efron 1979; percentile interval, quantiles of type 7 over the resampled statistics. Draws are
 *         rand_below(n) of base/rand, value by value: the same seed, the same digits.
 *         The percentile interval is too narrow for few values. Coverage of 95 % intervals on normal data (6,000
 *         trials): mean 84 % with 5 values, 90 % with 10, 93 % with 30; median 94 % with 5, 10 and 30
 * Tests   unit/test_bootstrap.c, reference/stat_figures.py
 */
#ifndef PERBIT_STATS_BOOTSTRAP_H
#define PERBIT_STATS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

struct bootstrap_params {
    int n_resamples; /* > 0; 2000 and more for a 95 % interval */
    double level;    /* 0 < level < 1 */
    uint64_t seed;
};
#define BOOTSTRAP_DEFAULT { .n_resamples = 2000, .level = 0.95, .seed = 1234 }

struct bootstrap {
    double value;     /* the statistic of the data itself */
    double low, high; /* of the level asked */
    double se;        /* sample standard deviation over the resamples */
};

void bootstrap_mean(struct bootstrap *out, const double *x, size_t n, const struct bootstrap_params *p);
void bootstrap_median(struct bootstrap *out, const double *x, size_t n, const struct bootstrap_params *p);

void bootstrap_ratio(struct bootstrap *out, const double *num, const double *den, size_t n,
                     const struct bootstrap_params *p);
void bootstrap_cluster_mean(struct bootstrap *out, const double *values, size_t n_clusters, size_t m,
                            const struct bootstrap_params *p);
/* ln(PPL / PPL_base) = mean(nll - nll_base), both models on the same resampled chunks; nll, nll_base
   [n_clusters][m] in nats. exp() of value, low and high is the ratio with its interval. */
void bootstrap_ln_ratio(struct bootstrap *out, const double *nll, const double *nll_base, size_t n_clusters, size_t m,
                        const struct bootstrap_params *p);

/* From a statistic's draws, however they were made (joint.h): draws [n], never changed. NaN among them gives NaN. */
void bootstrap_of_draws(struct bootstrap *out, double value, const double *draws, size_t n, double level);

/*
 * One-sided p value of "the statistic is not above 0" (sign 1) or "not below 0" (sign -1): the larger of the normal
 * tail at value / se and the share of draws on the wrong side (0 itself counts half). The share alone cannot be smaller
 * than 1 / n, too coarse after Holm; the tail alone trusts a few skewed values. Two-sided: both signs, twice the smaller.
 */
double bootstrap_p(double value, const double *draws, size_t n, int sign);
double bootstrap_p_two_sided(double value, const double *draws, size_t n);

#endif
