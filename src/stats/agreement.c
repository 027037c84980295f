#include "stats/agreement.h"

#include <math.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"

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

static void draw_items(double *to_a, double *to_b, const double *a, const double *b, size_t n, struct rand_mt *r)
{
    for (size_t i = 0; i < n; i++) {
        const size_t k = (size_t)rand_below(r, n);
        to_a[i] = a[k];
        to_b[i] = b[k];
    }
}

static void put_figures(double *out, size_t stride, const struct agreement *g)
{
    out[0] = g->kappa;
    out[stride] = g->exact;
    out[2 * stride] = g->adjacent;
    out[3 * stride] = g->mae;
}

void agreement_bootstrap(struct bootstrap out[AGREEMENT_FIGURES], const double *a, const double *b, size_t n, double step,
                         const struct bootstrap_params *p)
{
    const size_t n_draws = (size_t)p->n_resamples;
    double *draws = xcalloc(AGREEMENT_FIGURES * n_draws + 2 * n + 1, sizeof *draws), *drawn = draws + AGREEMENT_FIGURES * n_draws;
    double value[AGREEMENT_FIGURES];
    struct agreement g;
    struct rand_mt r;
    rand_seed(&r, p->seed);
    for (size_t d = 0; d < n_draws && n > 0; d++) {
        draw_items(drawn, drawn + n, a, b, n, &r);
        agreement_of(&g, drawn, drawn + n, n, step);
        if (isnan(g.kappa))
            g.kappa = -1;
        put_figures(draws + d, n_draws, &g);
    }
    agreement_of(&g, a, b, n, step);
    put_figures(value, 1, &g);
    for (int f = 0; f < AGREEMENT_FIGURES; f++) {
        bootstrap_of_draws(&out[f], value[f], draws + (size_t)f * n_draws, n_draws, p->level);
        if (isnan(value[f]))
            out[f] = (struct bootstrap){ NAN, NAN, NAN, NAN };
    }
    free(draws);
}
