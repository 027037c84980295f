#include "stats/agreement.h"

#include <math.h>

#include "base/banned.h"

static double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return sum / (double)n;
}

static double variance_of(const double *v, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return sum / (double)n;
}

/* E'[(a - b)^2] over all pairs is the two variances and the squared distance of the means. */
static double square_by_chance(const double *a, const double *b, size_t n)
{
    double mean_a = mean_of(a, n), mean_b = mean_of(b, n);
    return variance_of(a, n, mean_a) + variance_of(b, n, mean_b) + (mean_a - mean_b) * (mean_a - mean_b);
}

void agreement_of(struct agreement *out, const double *a, const double *b, size_t n, double step)
{
    const double slack = 1e-9; /* 0.3 - 0.2 is not above 0.1 */
    double square = 0, absolute = 0, sum = 0;
    size_t n_exact = 0, n_adjacent = 0;
    for (size_t i = 0; i < n; i++) {
        double d = a[i] - b[i];
        square += d * d;
        absolute += fabs(d);
        sum += d;
        n_exact += d == 0;
        n_adjacent += fabs(d) <= step + slack;
    }
    double by_chance = n ? square_by_chance(a, b, n) : 0;
    *out = (struct agreement){.kappa = by_chance > 0 ? 1 - square / (double)n / by_chance : (double)NAN,
                              .exact = (double)n_exact / (double)n,
                              .adjacent = (double)n_adjacent / (double)n,
                              .mae = absolute / (double)n,
                              .bias = sum / (double)n,
                              .n = n};
}
