#include "stats/cliff.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/describe.h"

#include "base/banned.h"

/* The levels that are there, by ascending bpw. */
struct levels {
    size_t n;
    double *x, *y, *w, *se; /* w = 1 / se^2 */
    size_t *from;           /* index in the data */
};

/* y = a + d r, and how badly it fits */
struct fit {
    double a, d, chi2;
};

struct hinge {
    struct fit fit;
    double at, low; /* every place from low to at fits alike */
};

static double smallest_positive(const double *se, size_t n)
{
    double least = INFINITY;
    for (size_t i = 0; se != NULL && i < n; i++)
        if (se[i] > 0 && se[i] < least)
            least = se[i];
    return isfinite(least) ? least : 1;
}

static void insert(struct levels *l, const struct cliff_data *data, size_t i, double least)
{
    size_t k = l->n++;
    for (; k > 0 && l->x[k - 1] > data->bpw[i]; k--) {
        l->x[k] = l->x[k - 1];
        l->y[k] = l->y[k - 1];
        l->se[k] = l->se[k - 1];
        l->from[k] = l->from[k - 1];
    }
    l->x[k] = data->bpw[i];
    l->y[k] = data->loss[i];
    l->se[k] = data->se != NULL && data->se[i] > 0 ? data->se[i] : least;
    l->from[k] = i;
}

static void levels_open(struct levels *l, const struct cliff_data *data)
{
    const double least = smallest_positive(data->se, data->n);
    l->n = 0;
    l->x = xmalloc((4 * data->n + 1) * sizeof *l->x);
    l->y = l->x + data->n;
    l->w = l->y + data->n;
    l->se = l->w + data->n;
    l->from = xmalloc((data->n + 1) * sizeof *l->from);
    for (size_t i = 0; i < data->n; i++)
        if (!isnan(data->bpw[i]) && !isnan(data->loss[i]))
            insert(l, data, i, least);
    for (size_t k = 0; k < l->n; k++)
        l->w[k] = 1 / (l->se[k] * l->se[k]);
}

static void levels_close(struct levels *l)
{
    free(l->x);
    free(l->from);
}

/* Levels first .. last-1 on r = max(0, c - x), or on -x where c is infinite; without slope where r does not vary. */
static struct fit fit_range(const struct levels *l, const double *y, size_t first, size_t last, double c)
{
    double sw = 0, sr = 0, sy = 0, srr = 0, sry = 0, chi2 = 0;
    for (size_t k = first; k < last; k++) {
        const double r = isinf(c) ? -l->x[k] : fmax(0, c - l->x[k]);
        sw += l->w[k];
        sr += l->w[k] * r;
        sy += l->w[k] * y[k];
    }
    const double mean_r = sr / sw, mean_y = sy / sw;
    for (size_t k = first; k < last; k++) {
        const double r = (isinf(c) ? -l->x[k] : fmax(0, c - l->x[k])) - mean_r;
        srr += l->w[k] * r * r;
        sry += l->w[k] * r * (y[k] - mean_y);
    }
    const double d = srr > 0 ? sry / srr : 0, a = mean_y - d * mean_r;
    for (size_t k = first; k < last; k++) {
        const double off = y[k] - a - d * (isinf(c) ? -l->x[k] : fmax(0, c - l->x[k]));
        chi2 += l->w[k] * off * off;
    }
    return (struct fit){ a, d, chi2 };
}

static struct fit fit_constant(const struct levels *l, const double *y)
{
    return fit_range(l, y, 0, l->n, l->x[0]); /* r is 0 everywhere */
}

/* A line that rises with more bits is no loss: then the constant, which is the line of slope 0. */
static struct fit fit_line(const struct levels *l, const double *y)
{
    const struct fit line = fit_range(l, y, 0, l->n, l->x[l->n - 1]);
    return line.d > 0 ? line : fit_constant(l, y);
}

static void keep_better(struct hinge *best, const struct fit *f, double at, double low)
{
    if (f->d > 0 && f->chi2 < best->fit.chi2 * (1 - 1e-12))
        *best = (struct hinge){ *f, at, low };
}

/* The k lowest levels on a line of their own and the others on a constant; of use only if they meet in between. */
static void try_gap(struct hinge *best, const struct levels *l, const double *y, size_t k)
{
    const struct fit left = fit_range(l, y, 0, k, INFINITY), right = fit_range(l, y, k, l->n, l->x[0]);
    const double at = left.d > 0 ? (left.a - right.a) / left.d : (double)NAN;
    const struct fit both = { right.a, left.d, left.chi2 + right.chi2 };
    if (at > l->x[k - 1] && at < l->x[k])
        keep_better(best, &both, at, at);
}

static struct hinge fit_hinge(const struct levels *l, const double *y)
{
    struct hinge best = { fit_constant(l, y), NAN, NAN };
    for (size_t k = 1; k < l->n; k++) {
        if (l->x[k] == l->x[k - 1])
            continue;
        const struct fit f = fit_range(l, y, 0, l->n, l->x[k]);
        keep_better(&best, &f, l->x[k], l->x[k - 1] == l->x[0] ? l->x[0] : l->x[k]);
        if (l->x[k - 1] > l->x[0])
            try_gap(&best, l, y, k);
    }
    return best;
}

/* Noise of resample b on level k, in points. */
static double noise(const struct levels *l, const struct cliff_data *data, size_t k, size_t b, struct rand_mt *r)
{
    const size_t i = l->from[k];
    return data->draw != NULL ? data->draw[i][b] - data->loss[i] : l->se[k] * rand_normal(r);
}

static double model_at(const struct fit *f, double c, double x)
{
    return f->a + f->d * fmax(0, c - x);
}

/* Share of resamples of noise around `null` in which a hinge gains on the simpler model at least what it gains here. */
static double simulated_p(const struct levels *l, const struct cliff_data *data, const struct bootstrap_params *p,
                          struct fit (*simple)(const struct levels *, const double *), double gain)
{
    struct rand_mt r;
    double *y = xmalloc((l->n + 1) * sizeof *y);
    const struct fit null = simple(l, l->y);
    int n_as_large = 0;
    rand_seed(&r, p->seed);
    for (int b = 0; b < p->n_resamples; b++) {
        for (size_t k = 0; k < l->n; k++)
            y[k] = model_at(&null, l->x[l->n - 1], l->x[k]) + noise(l, data, k, (size_t)b, &r);
        n_as_large += simple(l, y).chi2 - fit_hinge(l, y).fit.chi2 >= gain;
    }
    free(y);
    return (n_as_large + 1.0) / (p->n_resamples + 1.0);
}

static void place_interval(struct cliff *out, const struct levels *l, const struct cliff_data *data,
                          const struct bootstrap_params *p)
{
    struct rand_mt r;
    double *y = xmalloc((l->n + 2 * (size_t)p->n_resamples + 1) * sizeof *y);
    double *low = y + l->n, *high = low + p->n_resamples;
    size_t n = 0;
    rand_seed(&r, p->seed);
    for (int b = 0; b < p->n_resamples; b++) {
        for (size_t k = 0; k < l->n; k++)
            y[k] = l->y[k] + noise(l, data, k, (size_t)b, &r);
        const struct hinge h = fit_hinge(l, y);
        if (isnan(h.at))
            continue; /* nothing lost in this resample: no place */
        low[n] = h.low;
        high[n++] = h.at;
    }
    out->low = describe_quantile(low, n, (1 - p->level) / 2);
    out->high = describe_quantile(high, n, (1 + p->level) / 2);
    free(y);
}

static enum cliff_outcome decide(const struct cliff *c, double alpha)
{
    if (!(c->p_flat <= alpha))
        return CLIFF_FLAT;
    return c->p_line <= alpha ? CLIFF_FOUND : CLIFF_LINE;
}

/* Parameters: constant 1, line 2, hinge 3; the errors are known, so chi2 takes the place of n ln(rss / n). */
static double bic_gain(const struct cliff *c, size_t n)
{
    const double ln_n = log((double)n), flat = c->chi2_flat + ln_n, line = c->chi2_line + 2 * ln_n;
    return fmin(flat, line) - (c->chi2_hinge + 3 * ln_n);
}

void cliff_find(struct cliff *out, const struct cliff_data *data, const struct bootstrap_params *p, double alpha)
{
    struct levels l;
    levels_open(&l, data);
    *out = (struct cliff){ CLIFF_FEW, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
    if (l.n >= 4) {
        const struct hinge h = fit_hinge(&l, l.y);
        out->chi2_flat = fit_constant(&l, l.y).chi2;
        out->chi2_line = fit_line(&l, l.y).chi2;
        out->chi2_hinge = h.fit.chi2;
        out->p_flat = simulated_p(&l, data, p, fit_constant, out->chi2_flat - out->chi2_hinge);
        out->p_line = simulated_p(&l, data, p, fit_line, out->chi2_line - out->chi2_hinge);
        out->bic_gain = bic_gain(out, l.n);
        out->at = h.at;
        out->slope = h.fit.d;
        out->plateau = h.fit.a;
        place_interval(out, &l, data, p);
        out->outcome = decide(out, alpha);
    }
    levels_close(&l);
}

void cliff_sensitivity(struct bootstrap *out, const struct cliff_data *data, const struct bootstrap_params *p)
{
    struct levels l;
    struct rand_mt r;
    levels_open(&l, data);
    const size_t n = (size_t)p->n_resamples;
    double *y = xmalloc((l.n + n + 1) * sizeof *y), *draws = y + l.n;
    *out = (struct bootstrap){ NAN, NAN, NAN, NAN };
    rand_seed(&r, p->seed);
    if (l.n >= 2 && l.x[0] < l.x[l.n - 1]) {
        for (size_t b = 0; b < n; b++) {
            for (size_t k = 0; k < l.n; k++)
                y[k] = l.y[k] + noise(&l, data, k, b, &r);
            draws[b] = fit_range(&l, y, 0, l.n, INFINITY).d;
        }
        bootstrap_of_draws(out, fit_range(&l, l.y, 0, l.n, INFINITY).d, draws, n, p->level);
    }
    free(y);
    levels_close(&l);
}
