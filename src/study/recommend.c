#include "study/recommend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/xalloc.h"
#include "stats/describe.h"
#include "stats/pareto.h"
#include "study/recommend_internal.h"

#include "base/banned.h"

static const double GIB = 1024.0 * 1024 * 1024;

/* Quality of every variant, draw by draw. */
struct quality {
    double *value;  /* [n_variants] NaN: has none */
    double **draw;  /* [n_variants][n_draws] */
    double *weight; /* [n_tasks]; NULL: the composite */
    size_t n_draws;
};

/* --- quality ----------------------------------------------------------------------------------- */

static int read_weight(struct quality *q, struct recommend *r, const char *text, struct buf *name, struct err *err)
{
    const char *equals = strchr(text, '=');
    const char *task = equals ? arena_strndup(&r->arena, text, (size_t)(equals - text)) : text;
    char *end = "x";
    const double w = equals ? strtod(equals + 1, &end) : 1;
    const int t = matrix_find_task(r->matrix, task);
    if (t < 0)
        return err_set(err, ERR_USAGE, "task_weights: no task '%s' in the store", task);
    if ((equals && (*end || end == equals + 1)) || !(w > 0) || !isfinite(w))
        return err_set(err, ERR_USAGE, "task_weights: expected a positive number in '%s'", text);
    q->weight[t] = w;
    buf_printf(name, "%s%g %s", name->len ? " + " : "", w, task);
    return 0;
}

static int read_weights(struct quality *q, struct recommend *r, struct err *err)
{
    struct buf name = BUF_INIT;
    int n, rc = 0;
    const char *const *list = opt_split(&r->arena, r->options.task_weights ? r->options.task_weights : "", &n);
    r->quality_name = matrix_column_name(r->matrix, r->matrix->n_tasks);
    for (int t = 0; n == 0 && t < r->matrix->n_tasks && !matrix_has_composite(r->matrix); t++)
        if (r->matrix->tasks[t].in_composite)
            r->quality_name = r->matrix->tasks[t].name; /* a composite of one */
    if (n == 0)
        return 0;
    q->weight = arena_alloc(&r->arena, (size_t)(r->matrix->n_tasks + 1) * sizeof *q->weight);
    for (int i = 0; rc == 0 && i < n; i++)
        rc = read_weight(q, r, list[i], &name, err);
    r->quality_name = arena_strdup(&r->arena, name.data);
    buf_release(&name);
    return rc;
}

static void add_task(struct quality *q, const struct matrix *m, int v, int t, double share)
{
    const double *d = joint_draws(m->joint, (size_t)v, (size_t)t);
    q->value[v] += share * matrix_value(m, v, t);
    for (size_t k = 0; k < q->n_draws; k++)
        q->draw[v][k] += share * d[k];
}

static void weigh(struct quality *q, const struct matrix *m, int v)
{
    double sum = 0;
    for (int t = 0; t < m->n_tasks; t++)
        sum += q->weight[t];
    for (int t = 0; t < m->n_tasks; t++)
        if (q->weight[t] > 0)
            add_task(q, m, v, t, q->weight[t] / sum);
}

static void fill_quality(struct quality *q, struct recommend *r)
{
    const struct matrix *m = r->matrix;
    q->n_draws = m->joint ? joint_resamples(m->joint) : 0;
    q->value = arena_alloc(&r->arena, (size_t)(m->n_variants + 1) * sizeof *q->value);
    q->draw = arena_alloc(&r->arena, (size_t)(m->n_variants + 1) * sizeof *q->draw);
    for (int v = 0; v < m->n_variants; v++) {
        q->draw[v] = arena_alloc(&r->arena, (q->n_draws + 1) * sizeof *q->draw[v]);
        if (!m->joint)
            q->value[v] = NAN;
        else if (q->weight)
            weigh(q, m, v);
        else
            add_task(q, m, v, m->n_tasks, 1);
    }
}

static struct bootstrap difference(const struct quality *q, int a, int b, double confidence)
{
    struct bootstrap out;
    double *d = xmalloc((q->n_draws + 1) * sizeof *d);
    for (size_t k = 0; k < q->n_draws; k++)
        d[k] = q->draw[a][k] - q->draw[b][k];
    bootstrap_of_draws(&out, q->value[a] - q->value[b], d, q->n_draws, confidence);
    free(d);
    return out;
}

/* --- speed ------------------------------------------------------------------------------------- */

/* Bytes of weights a second that generation reaches: the median over what was measured. */
static double reached_bandwidth(const struct matrix *m)
{
    double *v = xmalloc(((size_t)m->n_variants + 1) * sizeof *v);
    size_t n = 0;
    for (int i = 0; i < m->n_variants; i++)
        if (isfinite(m->variants[i].gen_tps.value) && isfinite(m->variants[i].tensor_bytes))
            v[n++] = m->variants[i].gen_tps.value * m->variants[i].tensor_bytes;
    const double median = describe_median(v, n);
    free(v);
    return median;
}

static void put_speed(struct recommend_row *row, const struct recommend *r, double bandwidth)
{
    const struct matrix_variant *v = &r->matrix->variants[row->variant];
    row->is_tps_predicted = !isfinite(v->gen_tps.low);
    row->tps = row->is_tps_predicted ? bandwidth / v->tensor_bytes : v->gen_tps.low;
    row->fits_speed = !(r->options.min_tps > 0) || row->tps >= r->options.min_tps;
}

/* --- rows -------------------------------------------------------------------------------------- */

static const char *why_not(struct recommend *r, const struct recommend_row *row)
{
    const struct matrix_variant *v = &r->matrix->variants[row->variant];
    if (!row->has_quality)
        return *v->missing ? arena_printf(&r->arena, "no quality: %s", v->missing) : "no quality: its tasks were not measured";
    if (v->memory == MATRIX_MEMORY_NONE)
        return "its memory is not known";
    if (!row->fits_memory)
        return arena_printf(&r->arena, "needs %.2f GiB more", row->over_bytes / GIB);
    if (row->fits_speed)
        return "";
    return isnan(row->tps) ? "its speed is not known" : arena_printf(&r->arena, "%.1f tokens a second%s", row->tps, row->is_tps_predicted ? ", predicted" : "");
}

static void fill_row(struct recommend_row *row, struct recommend *r, const struct quality *q, int v, double bandwidth)
{
    const struct matrix_variant *x = &r->matrix->variants[v];
    *row = (struct recommend_row){ .variant = v, .has_quality = isfinite(q->value[v]), .pareto = NAN };
    bootstrap_of_draws(&row->quality, q->value[v], q->draw[v], q->n_draws, r->options.confidence);
    row->over_bytes = x->memory_bytes - r->budget_bytes;
    row->fits_memory = x->memory != MATRIX_MEMORY_NONE && row->over_bytes <= 0;
    row->behind = (struct bootstrap){ NAN, NAN, NAN, NAN };
    put_speed(row, r, bandwidth);
    row->why_not = why_not(r, row);
}

static bool is_candidate(const struct recommend_row *row)
{
    return !*row->why_not;
}

struct ordered {
    struct recommend_row row;
    double low, memory;
};

static int by_worth(const void *pa, const void *pb)
{
    const struct ordered *a = pa, *b = pb;
    const bool in_a = is_candidate(&a->row), in_b = is_candidate(&b->row);
    if (in_a != in_b)
        return in_a ? -1 : 1;
    if (a->row.has_quality != b->row.has_quality)
        return a->row.has_quality ? -1 : 1;
    if (a->row.has_quality && a->low != b->low)
        return a->low > b->low ? -1 : 1;
    if (isfinite(a->memory) && isfinite(b->memory) && a->memory != b->memory)
        return a->memory < b->memory ? -1 : 1;
    return a->row.variant - b->row.variant;
}

static void sort_rows(struct recommend *r)
{
    struct ordered *o = xmalloc(((size_t)r->n_rows + 1) * sizeof *o);
    for (int i = 0; i < r->n_rows; i++)
        o[i] = (struct ordered){ r->rows[i], r->rows[i].quality.low, r->matrix->variants[r->rows[i].variant].memory_bytes };
    qsort(o, (size_t)r->n_rows, sizeof *o, by_worth);
    for (int i = 0; i < r->n_rows; i++)
        r->rows[i] = o[i].row;
    free(o);
}

static void choose(struct recommend *r, const struct quality *q)
{
    while (r->n_fit < r->n_rows && is_candidate(&r->rows[r->n_fit]))
        r->n_fit++;
    r->best = r->n_fit > 0 ? 0 : -1;
    r->runner_up = r->n_fit > 1 ? 1 : -1;
    for (int i = 0; r->best >= 0 && i < r->n_rows; i++) {
        struct recommend_row *row = &r->rows[i];
        if (!row->has_quality)
            continue;
        row->behind = difference(q, row->variant, r->rows[0].variant, r->options.confidence);
        row->is_alike = i == 0 || row->behind.high >= 0;
    }
}

/* --- frontier and matched sizes ---------------------------------------------------------------- */

static void find_frontier(struct recommend *r, const struct quality *q)
{
    const size_t n = (size_t)r->n_rows;
    double *cost = xmalloc((n + 1) * sizeof *cost), *value = xmalloc((n + 1) * sizeof *value), *p = xmalloc((n + 1) * sizeof *p);
    const double **draw = xmalloc((n + 1) * sizeof *draw);
    bool *is_on = xcalloc(n + 1, sizeof *is_on);
    for (size_t i = 0; i < n; i++) {
        cost[i] = r->matrix->variants[r->rows[i].variant].file_bytes;
        value[i] = q->value[r->rows[i].variant];
        draw[i] = q->draw[r->rows[i].variant];
    }
    pareto_frontier(is_on, cost, value, n);
    if (q->n_draws > 0)
        pareto_membership(p, cost, NULL, draw, n, q->n_draws);
    for (size_t i = 0; i < n; i++) {
        r->rows[i].is_pareto = is_on[i];
        r->rows[i].pareto = q->n_draws > 0 && isfinite(cost[i]) && isfinite(value[i]) ? p[i] : (double)NAN;
    }
    free(cost);
    free(value);
    free(p);
    free(draw);
    free(is_on);
}

static void find_matched(struct recommend *r, const struct quality *q)
{
    const struct matrix *m = r->matrix;
    struct matched_variant *v = xmalloc(((size_t)m->n_variants + 1) * sizeof *v);
    const struct matched_params p = { r->options.tolerance, r->options.margin, r->options.confidence, q->n_draws };
    for (int i = 0; i < m->n_variants; i++)
        v[i] = (struct matched_variant){ m->variants[i].i_model, m->variants[i].n_params, m->variants[i].file_bytes, m->variants[i].bpw,
                                         isfinite(m->variants[i].file_bytes) ? q->value[i] : (double)NAN, q->draw[i] };
    if (q->n_draws > 0)
        r->n_matched = (int)matched_pairs(&r->matched, v, (size_t)m->n_variants, &p);
    for (int i = 0; i < r->n_matched; i++) /* many pairs: a difference that Holm does not uphold is none */
        if (r->matched[i].verdict != VERDICT_SAME && !(r->matched[i].p_holm <= 1 - r->options.confidence))
            r->matched[i].verdict = VERDICT_UNDECIDED;
    free(v);
}

/* --- all --------------------------------------------------------------------------------------- */

static double reserve_of(const struct recommend_options *o)
{
    return o->reserve_bytes >= 0 ? o->reserve_bytes : fmax(o->ram_bytes / 4, GIB);
}

static int decide(struct recommend *r, struct err *err)
{
    struct quality q = { .weight = NULL };
    r->reserve_bytes = reserve_of(&r->options);
    r->budget_bytes = r->options.ram_bytes - r->reserve_bytes;
    if (read_weights(&q, r, err) < 0)
        return -1;
    fill_quality(&q, r);
    const double bandwidth = reached_bandwidth(r->matrix);
    r->n_rows = r->matrix->n_variants;
    r->rows = arena_alloc(&r->arena, (size_t)(r->n_rows + 1) * sizeof *r->rows);
    for (int v = 0; v < r->n_rows; v++)
        fill_row(&r->rows[v], r, &q, v, bandwidth);
    sort_rows(r);
    choose(r, &q);
    find_frontier(r, &q);
    find_matched(r, &q);
    recommend_say(r);
    return 0;
}

int recommend_of(struct recommend **out, const struct matrix *m, const struct recommend_options *o, struct err *err)
{
    struct recommend *r = xcalloc(1, sizeof *r);
    arena_init(&r->arena);
    r->matrix = m;
    r->options = *o;
    if (decide(r, err) < 0) {
        recommend_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

void recommend_close(struct recommend *r)
{
    if (!r)
        return;
    free(r->matched);
    arena_release(&r->arena);
    free(r);
}
