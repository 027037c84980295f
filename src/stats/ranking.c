#include "stats/ranking.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stats/holm.h"
#include "stats/kendall.h"

#include "base/banned.h"

static bool is_there(const struct ranking_side *base, const struct ranking_side *level, size_t i)
{
    return !isnan(base->value[i]) && !isnan(level->value[i]);
}

static void tau_of(struct bootstrap *out, double *draws, const struct ranking_side *base,
                   const struct ranking_side *level, size_t n_models, size_t n_resamples, double confidence)
{
    double *x = xmalloc((2 * n_models + 1) * sizeof *x), *y = x + n_models;
    for (size_t b = 0; b < n_resamples; b++) {
        for (size_t i = 0; i < n_models; i++) {
            x[i] = is_there(base, level, i) ? base->draw[i][b] : (double)NAN;
            y[i] = is_there(base, level, i) ? level->draw[i][b] : (double)NAN;
        }
        draws[b] = kendall_tau_b(x, y, n_models);
    }
    bootstrap_of_draws(out, kendall_tau_b(base->value, level->value, n_models), draws, n_resamples, confidence);
    free(x);
}

static void gap_draws(double *out, const struct ranking_side *s, size_t a, size_t b, size_t n)
{
    for (size_t k = 0; k < n; k++)
        out[k] = s->draw[a][k] - s->draw[b][k];
}

/* Share of draws whose two gaps have opposite signs. */
static double share_inverted(const double *g, const double *h, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += g[k] * h[k] < 0 ? 1 : g[k] == 0 || h[k] == 0 ? 0.5 : 0;
    return sum / (double)n;
}

static void pair_of(struct ranking_pair *out, const struct ranking_side *base, const struct ranking_side *level,
                    size_t a, size_t b, double *scratch, size_t n)
{
    double *g = scratch, *h = scratch + n;
    if (base->value[a] < base->value[b]) {
        const size_t c = a;
        a = b;
        b = c;
    }
    gap_draws(g, base, a, b, n);
    gap_draws(h, level, a, b, n);
    const double gap_base = base->value[a] - base->value[b], gap_level = level->value[a] - level->value[b];
    *out = (struct ranking_pair){ .a = a, .b = b, .gap_base = gap_base, .gap_level = gap_level,
                                  .probability = share_inverted(g, h, n),
                                  .p = fmax(bootstrap_p(gap_base, g, n, 1), bootstrap_p(gap_level, h, n, -1)),
                                  .is_inverted = gap_base > 0 && gap_level < 0 };
}

static void claim(struct ranking *r, double alpha)
{
    double *p = xmalloc((r->n_pairs + 1) * sizeof *p);
    for (size_t i = 0; i < r->n_pairs; i++)
        p[i] = r->pair[i].p;
    holm_adjust(p, p, r->n_pairs);
    for (size_t i = 0; i < r->n_pairs; i++) {
        r->pair[i].p_holm = p[i];
        r->pair[i].is_claimed = r->pair[i].is_inverted && p[i] <= alpha;
        r->n_inverted += r->pair[i].is_inverted;
        r->n_claimed += r->pair[i].is_claimed;
    }
    free(p);
}

void ranking_compare(struct ranking *out, const struct ranking_side *base, const struct ranking_side *level,
                     size_t n_models, size_t n_resamples, double confidence, double alpha)
{
    double *scratch = xmalloc((2 * n_resamples + 1) * sizeof *scratch);
    *out = (struct ranking){ .pair = xmalloc((n_models * n_models / 2 + 1) * sizeof *out->pair),
                             .tau_draw = xmalloc((n_resamples + 1) * sizeof *out->tau_draw) };
    tau_of(&out->tau, out->tau_draw, base, level, n_models, n_resamples, confidence);
    for (size_t a = 0; a < n_models; a++)
        for (size_t b = a + 1; b < n_models; b++)
            if (is_there(base, level, a) && is_there(base, level, b))
                pair_of(&out->pair[out->n_pairs++], base, level, a, b, scratch, n_resamples);
    claim(out, alpha);
    free(scratch);
}

void ranking_release(struct ranking *r)
{
    free(r->pair);
    free(r->tau_draw);
    *r = (struct ranking){ .pair = NULL };
}
