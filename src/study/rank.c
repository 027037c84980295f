#include "study/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/holm.h"
#include "study/rank_internal.h"

#include "base/banned.h"

enum { POINTS = 100, SEED = 1234 };

/* --- one level --------------------------------------------------------------------------------- */

/* Scores of the models' bases, or of their variants at a level. */
struct side {
    double *value;
    const double **draw;
};

static const double *draws_of(const struct matrix *m, int v, int column)
{
    return joint_draws(m->joint, (size_t)(v < 0 ? 0 : v), (size_t)column);
}

static int base_of(const struct matrix *m, int i_model)
{
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].i_model == i_model)
            return m->variants[v].base;
    return -1;
}

static void fill_side(struct side *s, struct rank *r, int column, const char *level)
{
    const struct matrix *m = r->matrix;
    s->value = arena_alloc(&r->arena, (size_t)(m->n_models + 1) * sizeof *s->value);
    s->draw = arena_alloc(&r->arena, (size_t)(m->n_models + 1) * sizeof *s->draw);
    for (int k = 0; k < m->n_models; k++) {
        const int v = level ? matrix_at(m, k, level) : base_of(m, k);
        const bool is_base = level && v >= 0 && m->variants[v].base == v;
        s->value[k] = v < 0 || is_base ? (double)NAN : matrix_value(m, v, column);
        s->draw[k] = draws_of(m, v, column);
    }
}

static bool is_in(const struct side *a, const struct side *b, int k)
{
    return !isnan(a->value[k]) && !isnan(b->value[k]);
}

/* Places of one order: 1 + models that are surely better. Returns the pairs that are open. */
static int find_places(int *place, const struct rank *r, const struct side *s, const struct side *other)
{
    const int n = r->matrix->n_models;
    const size_t n_draws = joint_resamples(r->matrix->joint);
    double *p = xmalloc(((size_t)(n * n) + n_draws + 1) * sizeof *p), *gap = p + n * n;
    int n_pairs = 0, n_open = 0;
    for (int a = 0; a < n; a++)
        for (int b = a + 1; b < n; b++) {
            if (!is_in(s, other, a) || !is_in(s, other, b))
                continue;
            for (size_t k = 0; k < n_draws; k++)
                gap[k] = s->draw[a][k] - s->draw[b][k];
            p[n_pairs++] = bootstrap_p_two_sided(s->value[a] - s->value[b], gap, n_draws);
        }
    holm_adjust(p, p, (size_t)n_pairs);
    for (int k = 0; k < n; k++)
        place[k] = is_in(s, other, k);
    for (int a = 0, i = 0; a < n; a++)
        for (int b = a + 1; b < n; b++) {
            if (!is_in(s, other, a) || !is_in(s, other, b))
                continue;
            const bool is_open = !(p[i++] <= r->alpha);
            n_open += is_open;
            if (!is_open)
                place[s->value[a] > s->value[b] ? b : a]++;
        }
    free(p);
    return n_open;
}

/* 1, or 0 when no two models are in it. */
static int fill_level(struct rank_level *out, struct rank *r, int column, const struct side *base, const char *level)
{
    const struct matrix *m = r->matrix;
    struct side s;
    fill_side(&s, r, column, level);
    *out = (struct rank_level){ .level = level, .sentence = "" };
    for (int k = 0; k < m->n_models; k++)
        out->n_models += is_in(base, &s, k);
    if (out->n_models < 2)
        return 0;
    const struct ranking_side a = { base->value, base->draw }, b = { s.value, s.draw };
    ranking_compare(&out->ranking, &a, &b, (size_t)m->n_models, joint_resamples(m->joint), r->confidence, r->alpha);
    int *place_base = arena_alloc(&r->arena, (size_t)m->n_models * sizeof *place_base), *place = arena_alloc(&r->arena, (size_t)m->n_models * sizeof *place);
    out->n_open_base = find_places(place_base, r, base, &s);
    out->n_open = find_places(place, r, &s, base);
    out->place_base = place_base;
    out->place = place;
    return 1;
}

/* --- cliffs and sensitivity -------------------------------------------------------------------- */

/* Losses of levels, in points; draws [n][n_resamples]. */
struct losses {
    double *bpw, *loss, *se, **draw;
    size_t n, cap;
};

static void losses_open(struct losses *l, size_t cap)
{
    *l = (struct losses){ xmalloc((cap + 1) * sizeof *l->bpw), xmalloc((cap + 1) * sizeof *l->loss), xmalloc((cap + 1) * sizeof *l->se),
                          xmalloc((cap + 1) * sizeof *l->draw), 0, cap };
}

static void losses_close(struct losses *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->draw[i]);
    free(l->bpw);
    free(l->loss);
    free(l->se);
    free(l->draw);
}

static void add_loss(struct losses *l, const struct rank *r, int v, int column)
{
    const struct matrix_variant *x = &r->matrix->variants[v];
    const struct joint *j = r->matrix->joint;
    struct bootstrap b;
    if (x->base < 0 || x->base == v || isnan(x->bpw))
        return;
    joint_difference(&b, j, (size_t)x->base, (size_t)v, (size_t)column);
    if (isnan(b.value) || l->n == l->cap)
        return;
    double *draw = xmalloc((joint_resamples(j) + 1) * sizeof *draw);
    joint_difference_draws(draw, j, (size_t)x->base, (size_t)v, (size_t)column);
    for (size_t k = 0; k < joint_resamples(j); k++)
        draw[k] *= POINTS;
    l->bpw[l->n] = x->bpw;
    l->loss[l->n] = POINTS * b.value;
    l->se[l->n] = POINTS * b.se;
    l->draw[l->n++] = draw;
}

/* Of one model, or of all (i_model -1). One variant a level. */
static void read_losses(struct losses *l, const struct rank *r, int column, int i_model)
{
    const struct matrix *m = r->matrix;
    losses_open(l, (size_t)m->n_variants);
    for (int k = 0; k < m->n_models; k++)
        for (int i = 0; i < m->n_levels && (i_model < 0 || i_model == k); i++) {
            const int v = matrix_at(m, k, m->levels[i]);
            if (v >= 0)
                add_loss(l, r, v, column);
        }
}

static struct bootstrap_params params_of(const struct rank *r)
{
    return (struct bootstrap_params){ (int)joint_resamples(r->matrix->joint), r->confidence, SEED };
}

static void find_cliff(struct rank_cliff *out, const struct rank *r, int column, int i_model)
{
    struct losses l;
    const struct bootstrap_params p = params_of(r);
    read_losses(&l, r, column, i_model);
    const struct cliff_data data = { l.n, l.bpw, l.loss, l.se, (const double *const *)l.draw };
    *out = (struct rank_cliff){ .i_model = i_model, .n_levels = (int)l.n, .p_holm = NAN, .sentence = "" };
    cliff_find(&out->cliff, &data, &p, r->alpha);
    losses_close(&l);
}

/* A cliff is a loss and no line: both hypotheses must go. */
static void claim_cliffs(struct rank_column *c, const struct rank *r)
{
    const int n = r->matrix->n_models;
    double *p = xmalloc(((size_t)n + 1) * sizeof *p);
    for (int k = 0; k < n; k++)
        p[k] = c->cliffs[k].cliff.outcome == CLIFF_FEW ? (double)NAN : fmax(c->cliffs[k].cliff.p_flat, c->cliffs[k].cliff.p_line);
    holm_adjust(p, p, (size_t)n);
    for (int k = 0; k < n; k++) {
        c->cliffs[k].p_holm = p[k];
        c->cliffs[k].is_claimed = c->cliffs[k].cliff.outcome == CLIFF_FOUND && p[k] <= r->alpha;
    }
    free(p);
}

static void find_sensitivity(struct rank_column *c, const struct rank *r)
{
    struct losses l;
    const struct bootstrap_params p = params_of(r);
    read_losses(&l, r, c->column, -1);
    const struct cliff_data data = { l.n, l.bpw, l.loss, l.se, (const double *const *)l.draw };
    cliff_sensitivity(&c->sensitivity, &data, &p);
    losses_close(&l);
}

/* --- all --------------------------------------------------------------------------------------- */

static void fill_column(struct rank_column *c, struct rank *r, int column)
{
    const struct matrix *m = r->matrix;
    struct side base;
    *c = (struct rank_column){ .name = matrix_column_name(m, column), .column = column };
    c->levels = arena_alloc(&r->arena, (size_t)(m->n_levels + 1) * sizeof *c->levels);
    c->cliffs = arena_alloc(&r->arena, (size_t)(m->n_models + 1) * sizeof *c->cliffs);
    fill_side(&base, r, column, NULL);
    for (int i = 0; i < m->n_levels; i++)
        c->n_levels += fill_level(&c->levels[c->n_levels], r, column, &base, m->levels[i]);
    for (int k = 0; k < m->n_models; k++)
        find_cliff(&c->cliffs[k], r, column, k);
    claim_cliffs(c, r);
    find_sensitivity(c, r);
}

/* All pairs of these columns' levels are one family: ranking.h has adjusted within a level only. */
static void claim_inversions(struct rank *r, int first, int n)
{
    size_t n_pairs = 0, i = 0;
    for (int c = first; c < first + n; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++)
            n_pairs += r->columns[c].levels[l].ranking.n_pairs;
    double *p = xmalloc((n_pairs + 1) * sizeof *p);
    for (int c = first; c < first + n; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++)
            for (size_t k = 0; k < r->columns[c].levels[l].ranking.n_pairs; k++)
                p[i++] = r->columns[c].levels[l].ranking.pair[k].p;
    holm_adjust(p, p, n_pairs);
    i = 0;
    for (int c = first; c < first + n; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++) {
            struct ranking *k = &r->columns[c].levels[l].ranking;
            k->n_claimed = 0;
            for (size_t q = 0; q < k->n_pairs; q++) {
                k->pair[q].p_holm = p[i++];
                k->pair[q].is_claimed = k->pair[q].is_inverted && k->pair[q].p_holm <= r->alpha;
                k->n_claimed += k->pair[q].is_claimed;
            }
        }
    free(p);
}

static const char *why_not(const struct matrix *m)
{
    if (m->n_variants == 0)
        return "the store has no variant";
    if (m->n_tasks == 0)
        return "no task was measured";
    if (!m->joint)
        return "there are no resamples";
    if (m->n_models < 2)
        return "there is one model alone, and nothing to rank it against";
    return m->n_levels < 2 ? "there is one level alone, and nothing to compare it with" : "";
}

struct rank *rank_of(const struct matrix *m, const struct rank_options *o)
{
    struct rank *r = xcalloc(1, sizeof *r);
    arena_init(&r->arena);
    r->matrix = m;
    r->confidence = o->confidence;
    r->alpha = o->alpha;
    r->missing = why_not(m);
    const bool has_composite = matrix_has_composite(m);
    r->columns = arena_alloc(&r->arena, (size_t)(m->n_tasks + 2) * sizeof *r->columns);
    if (m->joint && has_composite)
        fill_column(&r->columns[r->n_columns++], r, m->n_tasks);
    for (int t = 0; m->joint && t < m->n_tasks; t++)
        fill_column(&r->columns[r->n_columns++], r, t);
    claim_inversions(r, 0, has_composite && r->n_columns > 0);
    claim_inversions(r, has_composite, r->n_columns > 0 ? r->n_columns - has_composite : 0);
    rank_say(r);
    return r;
}

void rank_close(struct rank *r)
{
    if (!r)
        return;
    for (int c = 0; c < r->n_columns; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++)
            ranking_release(&r->columns[c].levels[l].ranking);
    arena_release(&r->arena);
    free(r);
}
