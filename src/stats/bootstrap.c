#include "stats/bootstrap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/describe.h"
#include "stats/normal.h"

/* draws [n_resamples] is sorted in place. */
static void finish(struct bootstrap *out, double value, double *draws, const struct bootstrap_params *p)
{
    size_t n = (size_t)p->n_resamples;

    out->value = value;
    out->se = describe_sd(draws, n);
    describe_sort(draws, n);
    out->low = describe_quantile_sorted(draws, n, (1 - p->level) / 2);
    out->high = describe_quantile_sorted(draws, n, (1 + p->level) / 2);
}

static double *open_draws(struct bootstrap *out, size_t n, const struct bootstrap_params *p, struct rand_mt *r)
{
    assert(p->n_resamples > 0 && p->level > 0 && p->level < 1);
    *out = (struct bootstrap){ NAN, NAN, NAN, NAN };
    if (n == 0)
        return NULL;
    rand_seed(r, p->seed);
    return xmalloc((size_t)p->n_resamples * sizeof(double));
}

void bootstrap_ratio(struct bootstrap *out, const double *num, const double *den, size_t n,
                     const struct bootstrap_params *p)
{
    struct rand_mt r;
    double *draws = open_draws(out, n, p, &r);

    if (draws == NULL)
        return;
    for (int b = 0; b < p->n_resamples; b++) {
        double sum_num = 0, sum_den = 0;
        for (size_t i = 0; i < n; i++) {
            size_t j = (size_t)rand_below(&r, n);
            sum_num += num[j];
            sum_den += den[j];
        }
        draws[b] = sum_num / sum_den;
    }
    finish(out, describe_sum(num, n) / describe_sum(den, n), draws, p);
    free(draws);
}

void bootstrap_mean(struct bootstrap *out, const double *x, size_t n, const struct bootstrap_params *p)
{
    double *ones = xmalloc((n + 1) * sizeof *ones);

    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    bootstrap_ratio(out, x, ones, n, p);
    free(ones);
}

void bootstrap_median(struct bootstrap *out, const double *x, size_t n, const struct bootstrap_params *p)
{
    struct rand_mt r;
    double *draws = open_draws(out, n, p, &r);

    if (draws == NULL)
        return;
    double *sample = xmalloc(n * sizeof *sample);
    for (int b = 0; b < p->n_resamples; b++) {
        for (size_t i = 0; i < n; i++)
            sample[i] = x[rand_below(&r, n)];
        describe_sort(sample, n);
        draws[b] = describe_quantile_sorted(sample, n, 0.5);
    }
    finish(out, describe_median(x, n), draws, p);
    free(sample);
    free(draws);
}

void bootstrap_of_draws(struct bootstrap *out, double value, const double *draws, size_t n, double level)
{
    const struct bootstrap_params p = { .n_resamples = (int)n, .level = level };
    double *copy = xmalloc((n + 1) * sizeof *copy);

    for (size_t b = 0; b < n; b++)
        copy[b] = draws[b];
    finish(out, value, copy, &p);
    free(copy);
}

double bootstrap_p(double value, const double *draws, size_t n, int sign)
{
    const double se = describe_sd(draws, n);
    double wrong = 0;

    if (isnan(value) || isnan(se))
        return NAN;
    for (size_t b = 0; b < n; b++)
        wrong += draws[b] * sign < 0 ? 1 : draws[b] == 0 ? 0.5 : 0;
    const double share = wrong / (double)n, tail = se > 0 ? normal_cdf(-value * sign / se) : value * sign > 0 ? 0 : 1;
    return share > tail ? share : tail;
}

double bootstrap_p_two_sided(double value, const double *draws, size_t n)
{
    const double p = 2 * bootstrap_p(value, draws, n, value < 0 ? -1 : 1);
    return p > 1 ? 1 : p;
}

/* base may be NULL: then the sums of values alone. */
static void cluster_difference(struct bootstrap *out, const double *values, const double *base, size_t n_clusters,
                               size_t m, const struct bootstrap_params *p)
{
    double *sums = xcalloc(n_clusters + 1, sizeof *sums);
    double *counts = xcalloc(n_clusters + 1, sizeof *counts);

    for (size_t c = 0; c < n_clusters; c++) {
        counts[c] = (double)m;
        for (size_t i = c * m; i < (c + 1) * m; i++)
            sums[c] += base != NULL ? values[i] - base[i] : values[i];
    }
    bootstrap_ratio(out, sums, counts, n_clusters, p);
    free(sums);
    free(counts);
}

void bootstrap_cluster_mean(struct bootstrap *out, const double *values, size_t n_clusters, size_t m,
                            const struct bootstrap_params *p)
{
    cluster_difference(out, values, NULL, n_clusters, m, p);
}

void bootstrap_ln_ratio(struct bootstrap *out, const double *nll, const double *nll_base, size_t n_clusters, size_t m,
                        const struct bootstrap_params *p)
{
    cluster_difference(out, nll, nll_base, n_clusters, m, p);
}
