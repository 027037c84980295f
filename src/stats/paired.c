#include "stats/paired.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stats/binomial.h"
#include "stats/normal.h"
#include "stats/student.h"

double paired_covariance(const double *x, const double *y, size_t n)
{
    if (n < 2)
        return NAN;

    double mean_x = describe_mean(x, n), mean_y = describe_mean(y, n);
    double *prod = xmalloc(n * sizeof *prod);
    for (size_t i = 0; i < n; i++)
        prod[i] = (x[i] - mean_x) * (y[i] - mean_y);
    double cov = describe_sum(prod, n) / (double)(n - 1);
    free(prod);
    return cov;
}

double paired_correlation(const double *x, const double *y, size_t n)
{
    double scale = describe_sd(x, n) * describe_sd(y, n);

    if (!(scale > 0))
        return NAN;
    double r = paired_covariance(x, y, n) / scale;
    return r > 1 ? 1 : r < -1 ? -1 : r; /* rounding can leave 1 + 2e-16 */
}

void paired_compare(struct paired *out, const double *x, const double *y, size_t n, double level)
{
    assert(level > 0 && level < 1);
    double *diff = xmalloc((n + 1) * sizeof *diff);

    for (size_t i = 0; i < n; i++)
        diff[i] = x[i] - y[i];
    *out = (struct paired){ .n = n,
                            .mean_x = describe_mean(x, n),
                            .mean_y = describe_mean(y, n),
                            .difference = describe_mean(diff, n),
                            .se = describe_se(diff, n),
                            .covariance = paired_covariance(x, y, n),
                            .correlation = paired_correlation(x, y, n) };
    free(diff);
    double half = normal_two_sided(level) * out->se;
    out->ci = (struct interval){ out->difference - half, out->difference + half };
    out->p = 2 * normal_cdf(-fabs(out->difference / out->se));
}

static size_t count_used(const int *cluster, size_t n, int n_clusters)
{
    char *used = xcalloc((size_t)n_clusters + 1, 1);
    size_t n_used = 0;

    for (size_t i = 0; i < n; i++) {
        n_used += !used[cluster[i]];
        used[cluster[i]] = 1;
    }
    free(used);
    return n_used;
}

void paired_compare_clustered(struct paired *out, const double *x, const double *y, const int *cluster, size_t n,
                              int n_clusters, double level)
{
    paired_compare(out, x, y, n, level);
    size_t n_used = n;
    if (cluster != NULL) {
        double *diff = xmalloc((n + 1) * sizeof *diff);
        for (size_t i = 0; i < n; i++)
            diff[i] = x[i] - y[i];
        out->se = describe_se_clustered(diff, cluster, n, n_clusters);
        n_used = count_used(cluster, n, n_clusters);
        free(diff);
    }
    const double df = (double)n_used - 1, half = student_two_sided(level, df) * out->se;
    out->ci = (struct interval){ out->difference - half, out->difference + half };
    out->p = 2 * student_cdf(-fabs(out->difference / out->se), df);
}

void paired_count(struct discordant *out, const double *x, const double *y, size_t n)
{
    *out = (struct discordant){ 0, 0, 0, 0 };
    for (size_t i = 0; i < n; i++) {
        if (x[i] > 0.5)
            *(y[i] > 0.5 ? &out->both : &out->b) += 1;
        else
            *(y[i] > 0.5 ? &out->c : &out->neither) += 1;
    }
}

double paired_mcnemar(int64_t b, int64_t c)
{
    assert(b >= 0 && c >= 0);
    double p = 2 * binomial_cdf(b < c ? b : c, b + c, 0.5);

    return p < 1 ? p : 1;
}

/* Half of the observed outcome's probability, in each tail: 2 (P(X <= k) - P(X = k) / 2). */
double paired_mcnemar_mid(int64_t b, int64_t c)
{
    assert(b >= 0 && c >= 0);
    int64_t k = b < c ? b : c;

    if (b == c)
        return 1;
    return 2 * binomial_cdf(k, b + c, 0.5) - binomial_pmf(k, b + c, 0.5);
}

struct interval paired_bonett_price(int64_t b, int64_t c, int64_t n, double level)
{
    if (n <= 0)
        return (struct interval){ NAN, NAN };
    assert(b >= 0 && c >= 0 && b + c <= n);

    double m = (double)n + 2, p1 = ((double)b + 1) / m, p2 = ((double)c + 1) / m;
    double half = normal_two_sided(level) * sqrt((p1 + p2 - (p1 - p2) * (p1 - p2)) / m);
    double low = p1 - p2 - half, high = p1 - p2 + half;
    return (struct interval){ low < -1 ? -1 : low, high > 1 ? 1 : high };
}
