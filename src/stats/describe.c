#include "stats/describe.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Running sum with the rounding errors kept apart; unlike Kahan's, also right when a term exceeds the sum. */
struct sum {
    double total, rest;
};

static void sum_add(struct sum *s, double v)
{
    double t = s->total + v;

    if (fabs(s->total) >= fabs(v))
        s->rest += (s->total - t) + v;
    else
        s->rest += (v - t) + s->total;
    s->total = t;
}

/* An infinite total makes rest NaN (inf - inf): the total alone is then the answer. */
static double sum_value(const struct sum *s)
{
    return isfinite(s->total) ? s->total + s->rest : s->total;
}

double describe_sum(const double *x, size_t n)
{
    struct sum s = { 0, 0 };

    for (size_t i = 0; i < n; i++)
        sum_add(&s, x[i]);
    return sum_value(&s);
}

double describe_mean(const double *x, size_t n)
{
    return n == 0 ? NAN : describe_sum(x, n) / (double)n;
}

/* Two passes: sum of squares minus squared sum would lose all digits where sd << mean (times of repetitions). */
double describe_var(const double *x, size_t n)
{
    if (n < 2)
        return NAN;

    double mean = describe_mean(x, n);
    struct sum s = { 0, 0 };
    for (size_t i = 0; i < n; i++)
        sum_add(&s, (x[i] - mean) * (x[i] - mean));
    return sum_value(&s) / (double)(n - 1);
}

double describe_sd(const double *x, size_t n)
{
    return sqrt(describe_var(x, n));
}

double describe_se(const double *x, size_t n)
{
    return n < 2 ? NAN : sqrt(describe_var(x, n) / (double)n);
}

double describe_min(const double *x, size_t n)
{
    double m = n == 0 ? NAN : x[0];

    for (size_t i = 1; i < n && !isnan(m); i++)
        if (!(x[i] >= m)) /* also true for a NaN, which then stays */
            m = x[i];
    return m;
}

double describe_max(const double *x, size_t n)
{
    double m = n == 0 ? NAN : x[0];

    for (size_t i = 1; i < n && !isnan(m); i++)
        if (!(x[i] <= m))
            m = x[i];
    return m;
}

static int compare_double(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    if (isnan(a) || isnan(b))
        return !!isnan(a) - !!isnan(b);
    return (a > b) - (a < b);
}

void describe_sort(double *x, size_t n)
{
    if (n > 1)
        qsort(x, n, sizeof *x, compare_double);
}

static double *sorted_copy(const double *x, size_t n)
{
    double *copy = xmalloc(n * sizeof *copy);

    memcpy(copy, x, n * sizeof *copy);
    describe_sort(copy, n);
    return copy;
}

double describe_quantile_sorted(const double *sorted, size_t n, double q)
{
    assert(q >= 0 && q <= 1);
    if (n == 0 || isnan(sorted[n - 1])) /* NaN sorts last */
        return NAN;

    double pos = q * (double)(n - 1);
    size_t i = (size_t)pos;
    double part = pos - (double)i;
    if (part == 0 || i + 1 >= n)
        return sorted[i];
    return (1 - part) * sorted[i] + part * sorted[i + 1];
}

double describe_quantile(const double *x, size_t n, double q)
{
    if (n == 0)
        return NAN;

    double *sorted = sorted_copy(x, n);
    double v = describe_quantile_sorted(sorted, n, q);
    free(sorted);
    return v;
}

double describe_median(const double *x, size_t n)
{
    return describe_quantile(x, n, 0.5);
}

double describe_mad(const double *x, size_t n)
{
    if (n == 0)
        return NAN;

    double median = describe_median(x, n);
    double *off = xmalloc(n * sizeof *off);
    for (size_t i = 0; i < n; i++)
        off[i] = fabs(x[i] - median);
    describe_sort(off, n);
    double v = describe_quantile_sorted(off, n, 0.5);
    free(off);
    return v;
}

/* dev [n_clusters] holds the sum of (x - mean) of each cluster; n values in all. */
static double se_of_deviations(const double *dev, size_t n_clusters, size_t n)
{
    struct sum s = { 0, 0 };

    if (n_clusters < 2)
        return NAN;
    for (size_t c = 0; c < n_clusters; c++)
        sum_add(&s, dev[c] * dev[c]);
    double g = (double)n_clusters;
    return sqrt(g / (g - 1) * sum_value(&s)) / (double)n;
}

double describe_se_clustered(const double *x, const int *cluster, size_t n, int n_clusters)
{
    if (n_clusters < 2)
        return NAN;

    double mean = describe_mean(x, n);
    double *dev = xcalloc((size_t)n_clusters, sizeof *dev);
    size_t *count = xcalloc((size_t)n_clusters, sizeof *count);
    for (size_t i = 0; i < n; i++) {
        assert(cluster[i] >= 0 && cluster[i] < n_clusters);
        dev[cluster[i]] += x[i] - mean;
        count[cluster[i]]++;
    }
    size_t n_used = 0;
    for (int c = 0; c < n_clusters; c++)
        if (count[c] > 0)
            dev[n_used++] = dev[c];
    double se = se_of_deviations(dev, n_used, n);
    free(dev);
    free(count);
    return se;
}

double describe_se_rows(const double *x, size_t n_clusters, size_t m)
{
    if (n_clusters < 2 || m == 0)
        return NAN;

    double mean = describe_mean(x, n_clusters * m);
    double *dev = xmalloc(n_clusters * sizeof *dev);
    for (size_t c = 0; c < n_clusters; c++) {
        struct sum s = { 0, 0 };
        for (size_t i = 0; i < m; i++)
            sum_add(&s, x[c * m + i] - mean);
        dev[c] = sum_value(&s);
    }
    double se = se_of_deviations(dev, n_clusters, n_clusters * m);
    free(dev);
    return se;
}

void describe_summary(struct summary *out, const double *x, size_t n)
{
    *out = (struct summary){ .n = n, .mean = describe_mean(x, n), .sd = describe_sd(x, n), .se = describe_se(x, n),
                             .mad = describe_mad(x, n) };
    double *sorted = n > 0 ? sorted_copy(x, n) : NULL;
    out->min = describe_min(x, n);
    out->q05 = describe_quantile_sorted(sorted, n, 0.05);
    out->q25 = describe_quantile_sorted(sorted, n, 0.25);
    out->median = describe_quantile_sorted(sorted, n, 0.50);
    out->q75 = describe_quantile_sorted(sorted, n, 0.75);
    out->q95 = describe_quantile_sorted(sorted, n, 0.95);
    out->max = describe_max(x, n);
    free(sorted);
}
