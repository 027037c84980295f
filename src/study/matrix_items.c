/* Tasks' items, scores, choices and clusters of a matrix, leaf by leaf; declared in matrix_internal.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "study/matrix_internal.h"

#include "base/banned.h"

/* One cell's numbers by document. */
struct column {
    int64_t *doc; /* [n] rising */
    double *v;
    int n;
};

/* A leaf's documents: all that any variant answered. */
struct leaf {
    struct column *of; /* [n_variants] */
    int64_t *doc;      /* [n] */
    int n;
};

static void release_leaves(struct leaf *leaves, int n_leaves, int n_variants)
{
    for (int l = 0; l < n_leaves; l++) {
        for (int v = 0; v < n_variants; v++) {
            free(leaves[l].of[v].doc);
            free(leaves[l].of[v].v);
        }
        free(leaves[l].of);
        free(leaves[l].doc);
    }
    free(leaves);
}

/* --- scores ------------------------------------------------------------------------------------ */

static bool is_rubric(const struct task_metric *m)
{
    return m->aggregation >= AGGREGATE_KAPPA;
}

/* A pair (human, model) or (gold, chosen) is right where both are one; of instructions the share followed. */
static double score_of_series(const struct task_metric *metric, const double *v, int n)
{
    double sum = 0;
    if (metric->aggregation != AGGREGATE_FLAT_MEAN)
        return n == 2 && v[0] == v[1];
    for (int i = 0; i < n; i++)
        sum += v[i] != 0;
    return n > 0 ? sum / n : NAN;
}

static int read_series(struct column *out, struct store *s, int64_t cell, enum metric place, const struct task_metric *metric,
                       struct err *err)
{
    struct query_documents d;
    if (query_documents(s, cell, place, 0, &d, err) < 0)
        return -1;
    *out = (struct column){ .doc = d.index, .n = d.n, .v = xcalloc((size_t)d.n + 1, sizeof *out->v) };
    for (int i = 0; i < d.n; i++)
        out->v[i] = score_of_series(metric, d.v + d.at[i], d.at[i + 1] - d.at[i]);
    free(d.at);
    free(d.v);
    return 0;
}

static int read_scores(struct column *out, const struct mx *x, const struct mx_cell *c, const struct task_metric *metric, struct err *err)
{
    const enum metric place = task_scores_place(metric);
    struct store *s = x->stores[c->i_store];
    *out = (struct column){ 0 };
    if (place == METRIC_COUNT)
        return 0;
    return metric_info(place)->is_series ? read_series(out, s, c->row->id, place, metric, err)
                                         : query_by_index(s, c->row->id, place, 0, &out->doc, &out->v, &out->n, err);
}

/* Merges sorted documents into l->doc. */
static void add_documents(struct leaf *l, const struct column *c)
{
    if (c->n == 0 || (c->n == l->n && memcmp(c->doc, l->doc, (size_t)c->n * sizeof *c->doc) == 0))
        return;
    int64_t *both = xmalloc((size_t)(l->n + c->n) * sizeof *both);
    int n = 0, i = 0, k = 0;
    while (i < l->n || k < c->n) {
        const bool take_l = k == c->n || (i < l->n && l->doc[i] <= c->doc[k]);
        const int64_t doc = take_l ? l->doc[i] : c->doc[k];
        i += i < l->n && l->doc[i] == doc;
        k += k < c->n && c->doc[k] == doc;
        both[n++] = doc;
    }
    free(l->doc);
    l->doc = both;
    l->n = n;
}

/* out [l->n]: the column's values by the leaf's documents; what it has not keeps what was there. */
static void spread(double *out, const struct leaf *l, const struct column *c)
{
    for (int i = 0, k = 0; i < l->n; i++) {
        while (k < c->n && c->doc[k] < l->doc[i])
            k++;
        if (k < c->n && c->doc[k] == l->doc[i])
            out[i] = c->v[k];
    }
}

static int read_leaf(struct leaf *out, const struct mx *x, const struct mx_task *t, int i_leaf, struct err *err)
{
    out->of = xcalloc((size_t)x->m->n_variants + 1, sizeof *out->of);
    for (int v = 0; v < x->m->n_variants; v++) {
        const struct mx_cell *c = t->cells[v * t->n_leaves + i_leaf];
        const int at = c ? mx_metric(c->fact, t->metric) : -1;
        if (at >= 0 && read_scores(&out->of[v], x, c, &c->fact->metrics[at], err) < 0)
            return -1;
        add_documents(out, &out->of[v]);
    }
    return 0;
}

static double *blank(struct arena *a, int n)
{
    double *v = arena_alloc(a, (size_t)(n + 1) * sizeof *v);
    for (int i = 0; i < n; i++)
        v[i] = NAN;
    return v;
}

static bool has_any(const struct leaf *leaves, int n_leaves, int v)
{
    for (int l = 0; l < n_leaves; l++)
        if (leaves[l].of[v].n > 0)
            return true;
    return false;
}

static bool is_whole(const double *score, int n)
{
    for (int i = 0; i < n; i++)
        if (isnan(score[i]))
            return false;
    return n > 0;
}

static bool all_binary(const double *score, int n)
{
    for (int i = 0; i < n; i++)
        if (score[i] != 0 && score[i] != 1 && !isnan(score[i]))
            return false;
    return true;
}

static void number_items(struct matrix_task *out, struct arena *a, const struct leaf *leaves)
{
    for (int l = 0; l < out->n_leaves; l++)
        out->n_items += leaves[l].n;
    int *leaf = arena_alloc(a, (size_t)(out->n_items + 1) * sizeof *leaf), at = 0;
    int64_t *doc = arena_alloc(a, (size_t)(out->n_items + 1) * sizeof *doc);
    for (int l = 0; l < out->n_leaves; l++)
        for (int i = 0; i < leaves[l].n; i++) {
            leaf[at] = l;
            doc[at++] = leaves[l].doc[i];
        }
    out->leaf = leaf;
    out->doc = doc;
}

static void fill_scores(struct matrix_task *out, struct mx *x, const struct leaf *leaves)
{
    const int n = x->m->n_variants;
    const double **score = arena_alloc(x->a, (size_t)(n + 1) * sizeof *score), **whole = arena_alloc(x->a, (size_t)(n + 1) * sizeof *whole);
    out->is_binary = true;
    for (int v = 0; v < n; v++) {
        if (!has_any(leaves, out->n_leaves, v))
            continue;
        double *s = blank(x->a, out->n_items);
        for (int l = 0, at = 0; l < out->n_leaves; at += leaves[l++].n)
            spread(s + at, &leaves[l], &leaves[l].of[v]);
        score[v] = s;
        whole[v] = is_whole(s, out->n_items) ? s : NULL;
        out->n_whole += whole[v] != NULL;
        out->is_binary &= all_binary(s, out->n_items);
    }
    out->score = score;
    out->whole = whole;
}

/* --- choices ----------------------------------------------------------------------------------- */

static int best_of(const double *v, int n)
{
    int best = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(v[i]))
            return i;
        best = v[i] > v[best] ? i : best;
    }
    return best;
}

/* What was stored; else, of plain acc, the most probable one. */
static int read_choices(struct column *out, const struct mx *x, const struct mx_cell *c, const struct mx_task *t, bool is_plain,
                        struct err *err)
{
    const int at = mx_metric(c->fact, t->metric);
    struct query_documents d;
    struct store *s = x->stores[c->i_store];
    *out = (struct column){ 0 };
    if (query_documents(s, c->row->id, METRIC_CHOICE, 0, &d, err) < 0)
        return -1;
    const bool is_stored = d.n > 0;
    if (!is_stored && is_plain) {
        query_documents_release(&d);
        if (query_documents(s, c->row->id, METRIC_LOGPROB, 0, &d, err) < 0)
            return -1;
    }
    out->v = xcalloc((size_t)d.n + 1, sizeof *out->v);
    for (int i = 0; i < d.n; i++) {
        const double *v = d.v + d.at[i];
        const int n = d.at[i + 1] - d.at[i];
        out->v[i] = is_stored ? (at >= 0 && at < n ? v[at] : NAN) : best_of(v, n);
    }
    out->doc = d.index;
    out->n = d.n;
    free(d.at);
    free(d.v);
    return 0;
}

/* Only where every answered item has one. */
static const int *choices_of(struct arena *a, const double *v, const double *score, int n)
{
    int *out = arena_alloc(a, (size_t)(n + 1) * sizeof *out);
    for (int i = 0; i < n; i++) {
        if (isnan(v[i]) && !isnan(score[i]))
            return NULL;
        out[i] = isnan(v[i]) ? -1 : (int)v[i];
    }
    return out;
}

static int fill_choices(struct matrix_task *out, struct mx *x, const struct mx_task *t, const struct leaf *leaves, struct err *err)
{
    const bool is_plain = strcmp(out->metric, "acc") == 0 && out->is_binary;
    const int **choice = arena_alloc(x->a, (size_t)(x->m->n_variants + 1) * sizeof *choice);
    int rc = 0;
    out->choice = choice;
    for (int v = 0; rc == 0 && v < x->m->n_variants; v++) {
        if (!out->score[v])
            continue;
        struct arena scratch;
        arena_init(&scratch);
        double *all = blank(&scratch, out->n_items);
        for (int l = 0, at = 0; rc == 0 && l < t->n_leaves; at += leaves[l++].n) {
            const struct mx_cell *c = t->cells[v * t->n_leaves + l];
            struct column of = { 0 };
            rc = c ? read_choices(&of, x, c, t, is_plain, err) : 0;
            spread(all + at, &leaves[l], &of);
            free(of.doc);
            free(of.v);
        }
        choice[v] = rc == 0 ? choices_of(x->a, all, out->score[v], out->n_items) : NULL;
        arena_release(&scratch);
    }
    return rc;
}

/* --- clusters ---------------------------------------------------------------------------------- */

struct sourced {
    double source;
    int item;
};

static int by_source(const void *pa, const void *pb)
{
    const struct sourced *a = pa, *b = pb;
    return a->source != b->source ? (a->source < b->source ? -1 : 1) : a->item - b->item;
}

/* Sources by their numbers, then items without one, each by itself. */
static void number_clusters(struct matrix_task *out, struct arena *a, const double *source)
{
    struct sourced *s = xmalloc(((size_t)out->n_items + 1) * sizeof *s);
    int *cluster = arena_alloc(a, (size_t)(out->n_items + 1) * sizeof *cluster), n = 0, n_clusters = 0;
    for (int i = 0; i < out->n_items; i++)
        if (!isnan(source[i]))
            s[n++] = (struct sourced){ source[i], i };
    qsort(s, (size_t)n, sizeof *s, by_source);
    for (int i = 0; i < n; i++) {
        n_clusters += i > 0 && s[i].source != s[i - 1].source;
        cluster[s[i].item] = n_clusters;
    }
    n_clusters += n > 0;
    for (int i = 0; i < out->n_items; i++)
        if (isnan(source[i]))
            cluster[i] = n_clusters++;
    free(s);
    if (n_clusters < out->n_items) {
        out->cluster = cluster;
        out->n_clusters = n_clusters;
    }
}

/* Sources are the rows', so any variant's do. */
static int read_sources(double *source, const struct mx *x, const struct mx_task *t, int i_leaf, const struct leaf *leaf, struct err *err)
{
    bool is_read = false;
    for (int v = 0; v < x->m->n_variants && !is_read; v++) {
        const struct mx_cell *c = t->cells[v * t->n_leaves + i_leaf];
        struct column of = { 0 };
        if (c && query_by_index(x->stores[c->i_store], c->row->id, METRIC_SOURCE, 0, &of.doc, &of.v, &of.n, err) < 0)
            return -1;
        is_read = of.n > 0;
        spread(source, leaf, &of);
        free(of.doc);
        free(of.v);
    }
    return 0;
}

static int fill_clusters(struct matrix_task *out, struct mx *x, const struct mx_task *t, const struct leaf *leaves, struct err *err)
{
    struct arena scratch;
    int rc = 0;
    arena_init(&scratch);
    double *source = blank(&scratch, out->n_items);
    for (int l = 0, at = 0; rc == 0 && l < t->n_leaves; at += leaves[l++].n)
        rc = read_sources(source + at, x, t, l, &leaves[l], err);
    if (rc == 0)
        number_clusters(out, x->a, source);
    arena_release(&scratch);
    return rc;
}

/* --- guessing ---------------------------------------------------------------------------------- */

/* Of a task that nobody knows: one of its options at random, 0 without options. */
static int guess(double *out, const struct mx *x, const struct mx_task *t, struct err *err)
{
    double sum = 0;
    int64_t n = 0;
    for (int l = 0; l < t->n_leaves; l++)
        for (int v = 0; v < x->m->n_variants; v++) {
            const struct mx_cell *c = t->cells[v * t->n_leaves + l];
            struct query_documents d;
            if (!c)
                continue;
            if (query_documents(x->stores[c->i_store], c->row->id, METRIC_LOGPROB, 0, &d, err) < 0)
                return -1;
            for (int i = 0; i < d.n; i++)
                sum += d.at[i + 1] - d.at[i] > 1 ? 1.0 / (d.at[i + 1] - d.at[i]) : 0;
            n += d.n;
            query_documents_release(&d);
            break; /* options are the rows': one variant says them */
        }
    *out = n > 0 ? sum / (double)n : 0.0;
    return 0;
}

/* --- all --------------------------------------------------------------------------------------- */

static void fill_cells(struct matrix_task *out, struct mx *x, const struct mx_task *t)
{
    const int n = x->m->n_variants * t->n_leaves;
    const struct cell_row **cells = arena_alloc(x->a, (size_t)(n + 1) * sizeof *cells);
    for (int i = 0; i < n; i++) {
        cells[i] = t->cells[i] ? t->cells[i]->row : NULL;
        if (cells[i])
            out->settings = cells[i]->settings;
    }
    out->cells = cells;
}

static int fill_task(struct matrix_task *out, struct mx *x, const struct mx_task *t, const struct leaf *leaves, struct err *err)
{
    number_items(out, x->a, leaves);
    fill_scores(out, x, leaves);
    fill_cells(out, x, t);
    if (fill_clusters(out, x, t, leaves, err) < 0 || (x->options->has_choices && fill_choices(out, x, t, leaves, err) < 0))
        return -1;
    return isnan(out->baseline) ? guess(&out->baseline, x, t, err) : 0;
}

static int read_task(struct matrix_task *out, struct mx *x, const struct mx_task *t, struct err *err)
{
    struct leaf *leaves = xcalloc((size_t)t->n_leaves + 1, sizeof *leaves);
    const bool has_metric = *t->metric != '\0';
    int rc = 0, n = 0;
    for (; rc == 0 && n < t->n_leaves; n++) {
        if (has_metric)
            rc = read_leaf(&leaves[n], x, t, n, err);
        else
            leaves[n].of = xcalloc((size_t)x->m->n_variants + 1, sizeof *leaves[n].of);
    }
    if (rc == 0)
        rc = fill_task(out, x, t, leaves, err);
    if (has_metric && is_rubric(&t->fact->metrics[mx_metric(t->fact, t->metric)]))
        out->metric = "exact";
    release_leaves(leaves, n, x->m->n_variants);
    return rc;
}

int mx_read_items(struct mx *x, struct err *err)
{
    for (int t = 0; t < x->n_tasks; t++)
        if (read_task(&x->m->tasks[t], x, &x->tasks[t], err) < 0)
            return err_prefix(err, "%s: ", x->tasks[t].name);
    return 0;
}
