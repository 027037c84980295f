#include "stats/pareto.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

/* Comparisons with a NaN are false: a NaN point dominates nobody. */
static bool dominates(double cost_a, double quality_a, double cost_b, double quality_b)
{
    return cost_a <= cost_b && quality_a >= quality_b && (cost_a < cost_b || quality_a > quality_b);
}

void pareto_frontier(bool *is_on, const double *cost, const double *quality, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        is_on[i] = !isnan(cost[i]) && !isnan(quality[i]);
        for (size_t j = 0; j < n && is_on[i]; j++)
            is_on[i] = !dominates(cost[j], quality[j], cost[i], quality[i]);
    }
}

void pareto_membership(double *probability, const double *cost, const double *const *cost_draw,
                       const double *const *quality_draw, size_t n, size_t n_resamples)
{
    bool *is_on = xmalloc((n + 1) * sizeof *is_on);
    double *c = xmalloc((2 * n + 1) * sizeof *c), *q = c + n;
    for (size_t i = 0; i < n; i++)
        probability[i] = 0;
    for (size_t b = 0; b < n_resamples; b++) {
        for (size_t i = 0; i < n; i++) {
            c[i] = cost_draw != NULL ? cost_draw[i][b] : cost[i];
            q[i] = quality_draw[i][b];
        }
        pareto_frontier(is_on, c, q, n);
        for (size_t i = 0; i < n; i++)
            probability[i] += is_on[i] ? 1 / (double)n_resamples : 0;
    }
    free(is_on);
    free(c);
}
