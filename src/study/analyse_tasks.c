#include "study/analyse_tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/kind.h"
#include "stats/normal.h"
#include "stats/pool.h"
#include "study/analyse_internal.h"
#include "study/settings.h"
#include "study/task_scores.h"

static const struct frame_spec columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },     { "level", "", "level", FRAME_TEXT, 0 },
    ADAPTER_COLUMNS,
    { "task", "", "task", FRAME_TEXT, 0 },       { "unit", "", "of", FRAME_TEXT, 0 },
    { "version", "", "version", FRAME_TEXT, 0 }, { "num_fewshot", "", "shots", FRAME_INT, 0 },
    { "metric", "", "metric", FRAME_TEXT, 0 },   { "n", "", "documents", FRAME_INT, 0 },
    { "value", "", "value", FRAME_NUM, 4 },      { "stderr", "", "SE", FRAME_NUM, 4 },
    { "lo", "", "95% low", FRAME_NUM, 4 },       { "hi", "", "95% high", FRAME_NUM, 4 },
    { "n_cut", "", "cut short", FRAME_INT, 0 },
    { "n_limit", "", "at token limit", FRAME_INT, 0 }, { "n_error", "", "no answer", FRAME_INT, 0 },
    { "n_unreadable", "", "unreadable", FRAME_INT, 0 }, { "filter", "", "filter", FRAME_TEXT, 0 },
    { "settings", "", "settings", FRAME_TEXT, 0 },
};

const char *const analyse_tasks_shown[] = { "model", "level", "adapter", "adapter_scale", "task", "version", "num_fewshot", "metric", "filter", "n",
                                             "value", "stderr", "lo", "hi", "n_cut", "n_limit", "n_error",
                                             "n_unreadable", NULL };

/* One metric over a cell's documents. */
struct result {
    const struct cell_row *cell;
    const char *task, *metric, *filter; /* filter NULL: the task has none */
    int64_t n, n_unreadable;
    double value, se;
    struct interval ci;
};

struct results {
    struct arena *a;
    struct store *store;
    struct result *v;
    int n, cap;
};

/* --- leaves ------------------------------------------------------------------------------------ */

static struct result *add_result(struct results *s)
{
    if (s->n == s->cap) {
        int cap = s->cap ? 2 * s->cap : 64;
        struct result *more = arena_alloc(s->a, (size_t)cap * sizeof *more);
        if (s->n)
            memcpy(more, s->v, (size_t)s->n * sizeof *more);
        s->v = more;
        s->cap = cap;
    }
    return &s->v[s->n++];
}

/* One metric of a cell: 1, or 0 when the cell has no value of it. */
static int read_result(struct results *r, const struct cell_row *c, const char *task, const struct task_metric *m,
                       double step, const char *filter, int i_filter, struct err *err)
{
    struct score *x;
    struct total total;
    bool is_wilson;
    int n, rc;
    if (task_scores_read(&x, &n, r->store, c->id, m, i_filter, err) < 0)
        return -1;
    rc = n > 0 ? task_scores_total(&total, m, step, x, n, err) : 0;
    if (n > 0 && rc == 0) {
        struct result *out = add_result(r);
        *out = (struct result){ .cell = c, .task = task, .metric = m->name, .filter = filter, .n = total.n, .n_unreadable = n - total.n,
                                .value = total.value,
                                .se = total.se };
        out->ci = task_scores_interval(&is_wilson, &total, m, step, x, n);
    }
    free(x);
    return rc < 0 ? -1 : n > 0;
}

static int64_t sum_of(struct store *s, int64_t cell, enum metric m, struct err *err)
{
    double *x, sum = 0;
    int n;
    if (query_values(s, cell, m, 0, &x, &n, NULL, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        sum += x[i];
    free(x);
    return (int64_t)sum;
}

static int put_row(struct frame *f, const struct cell_row *c, const char *task, const char *unit, const char *metric,
                   int64_t n, struct estimate e, struct interval ci)
{
    int row = frame_add_row(f);
    frame_put_text(f, row, "model", c->model);
    frame_put_text(f, row, "level", c->level);
    put_adapter(f, row, c);
    frame_put_text(f, row, "task", task);
    frame_put_text(f, row, "unit", unit);
    frame_put_text(f, row, "metric", metric);
    frame_put_int(f, row, "n", n);
    frame_put_num(f, row, "value", e.value);
    frame_put_num(f, row, "stderr", e.se);
    frame_put_num(f, row, "lo", ci.low);
    frame_put_num(f, row, "hi", ci.high);
    frame_put_text(f, row, "settings", c->settings);
    return row;
}

static void put_count(struct frame *f, int row, const char *column, int64_t n)
{
    if (n > 0)
        frame_put_int(f, row, column, n);
}

/* How answers ended that did not end by themselves. */
static int put_ends(struct frame *f, int row, struct store *store, int64_t cell_id, struct err *err)
{
    int64_t n_limit, n_error;
    if (query_text_count(store, cell_id, "limit", &n_limit, err) < 0 || query_text_count(store, cell_id, "error", &n_error, err) < 0)
        return -1;
    put_count(f, row, "n_limit", n_limit);
    put_count(f, row, "n_error", n_error);
    return 0;
}

static int put_leaf(struct frame *f, struct store *store, const struct result *s, yyjson_val *fact, struct err *err)
{
    const struct estimate e = { s->value, s->se };
    int64_t n_cut = sum_of(store, s->cell->id, METRIC_N_CUT, err);
    int row = put_row(f, s->cell, s->task, "task", s->metric, s->n, e, s->ci);
    frame_put_text(f, row, "version", json_str_or(fact, "version", ""));
    frame_put_int(f, row, "num_fewshot", json_int_or(fact, "num_fewshot", 0));
    if (s->filter)
        frame_put_text(f, row, "filter", s->filter);
    put_count(f, row, "n_cut", n_cut);
    put_count(f, row, "n_unreadable", s->n_unreadable);
    return n_cut < 0 ? -1 : put_ends(f, row, store, s->cell->id, err);
}

/* All metrics of a cell after one filter. */
static int put_filter(struct frame *f, struct results *s, const struct cell_row *c, struct json *fact, const char *filter,
                      int i_filter, struct err *err)
{
    const char *task = arena_strdup(s->a, json_str_or(json_root(fact), "name", c->task));
    size_t i, n;
    yyjson_val *metric;
    yyjson_arr_foreach(yyjson_obj_get(json_root(fact), "metrics"), i, n, metric) {
        const struct task_metric m = {
            .name = arena_strdup(s->a, json_str_or(metric, "name", "")),
            .aggregation = (enum task_aggregation)json_int_or(metric, "aggregation", AGGREGATE_MEAN),
        };
        int rc = read_result(s, c, task, &m, json_num_or(json_root(fact), "step", 1), filter, i_filter, err);
        if (rc < 0 || (rc == 1 && put_leaf(f, s->store, &s->v[s->n - 1], json_root(fact), err) < 0))
            return -1;
    }
    return 0;
}

/* How long a thinking model thought: a row of its own, of answers in words, where there was any reasoning. */
static int put_reasoning(struct frame *f, struct results *s, const struct cell_row *c, yyjson_val *fact, struct err *err)
{
    double *x;
    int n;
    if (query_think_tokens(s->store, c->id, &x, &n, err) < 0)
        return -1;
    if (n > 0 && describe_max(x, (size_t)n) > 0) {
        const struct estimate e = { describe_mean(x, (size_t)n), n > 1 ? describe_se(x, (size_t)n) : NAN };
        int row = put_row(f, c, json_str_or(fact, "name", c->task), "task", "reasoning_tokens", n, e, normal_interval95(e));
        frame_put_text(f, row, "version", json_str_or(fact, "version", ""));
        frame_put_int(f, row, "num_fewshot", json_int_or(fact, "num_fewshot", 0));
    }
    free(x);
    return 0;
}

static int put_cell(struct frame *f, struct results *s, const struct cell_row *c, struct json *fact, struct err *err)
{
    yyjson_val *filters = yyjson_obj_get(json_root(fact), "filters"), *name;
    size_t i, n;
    if (yyjson_arr_size(filters) == 0)
        return put_filter(f, s, c, fact, NULL, 0, err);
    yyjson_arr_foreach(filters, i, n, name)
        if (put_filter(f, s, c, fact, yyjson_is_str(name) ? arena_strdup(s->a, yyjson_get_str(name)) : "", (int)i, err) < 0)
            return -1;
    return put_reasoning(f, s, c, json_root(fact), err);
}

/* --- groups ------------------------------------------------------------------------------------ */

/* A group of a level: the scores of its tasks in one metric. */
struct group {
    const char *name, *metric;
    const struct cell_row *first, *writing; /* writing: the first whose answers are texts, or NULL */
    int *member;  /* [n] of scores */
    int n;
};

struct groups {
    struct arena *a;
    struct group *v; /* [n], room for GROUPS_MAX */
    int n;
};
enum { GROUPS_MAX = 4096, MEMBERS_MAX = 1024 };

/* How texts are written is a setting of the tasks that write alone. */
static const char *const writing_groups[] = { "generation", "thinking", NULL };

static bool writes(const struct cell_row *c)
{
    return strstr(c->settings, "\"slots\":") && strstr(c->settings, "\"gen_kwargs\":");
}

static bool same_settings(struct arena *a, const char *x, const char *y)
{
    return strcmp(x, y) == 0 || strcmp(settings_without(a, x, writing_groups), settings_without(a, y, writing_groups)) == 0;
}

static bool same_measurement(struct arena *arena, const struct cell_row *a, const struct cell_row *b)
{
    if (writes(a) && writes(b) && strcmp(a->settings, b->settings) != 0)
        return false;
    return strcmp(a->model_sha256, b->model_sha256) == 0 && strcmp(a->level, b->level) == 0 &&
           strcmp(a->imatrix_sha256, b->imatrix_sha256) == 0 && same_settings(arena, a->settings, b->settings) &&
           strcmp(a->engine, b->engine) == 0 && query_same_adapter(a, b);
}

static struct group *find_group(struct groups *g, const char *name, const struct result *s)
{
    for (int i = 0; i < g->n; i++)
        if (strcmp(g->v[i].name, name) == 0 && strcmp(g->v[i].metric, s->metric) == 0 &&
            same_measurement(g->a, g->v[i].first, s->cell) &&
            (!g->v[i].writing || !writes(s->cell) || same_measurement(g->a, g->v[i].writing, s->cell)))
            return &g->v[i];
    if (g->n == GROUPS_MAX)
        return NULL;
    struct group *out = &g->v[g->n++];
    *out = (struct group){ .name = arena_strdup(g->a, name), .metric = s->metric, .first = s->cell };
    out->member = arena_alloc(g->a, MEMBERS_MAX * sizeof *out->member);
    return out;
}

static bool pools(yyjson_val *group, const char *metric)
{
    size_t i, n;
    yyjson_val *name;
    yyjson_arr_foreach(yyjson_obj_get(group, "metrics"), i, n, name)
        if (yyjson_is_str(name) && strcmp(yyjson_get_str(name), metric) == 0)
            return true;
    return false;
}

static void join_groups(struct groups *g, const struct results *s, int i_result, yyjson_val *fact)
{
    size_t i, n;
    yyjson_val *group;
    yyjson_arr_foreach(yyjson_obj_get(fact, "groups"), i, n, group) {
        if (!pools(group, s->v[i_result].metric))
            continue;
        struct group *to = find_group(g, json_str_or(group, "name", ""), &s->v[i_result]);
        if (!to || to->n == MEMBERS_MAX)
            continue;
        to->member[to->n++] = i_result;
        if (!to->writing && writes(s->v[i_result].cell))
            to->writing = s->v[i_result].cell;
    }
}

static void put_total(struct frame *f, const struct group *g, const char *name, const struct total *t)
{
    const struct estimate e = { t->value, t->se };
    put_row(f, g->first, name, "group", g->metric, t->n, e, normal_interval95(e));
}

static void put_group(struct frame *f, const struct results *s, const struct group *g)
{
    static const struct suite_metric by_size = { .weight_by_size = true }, alike = { .weight_by_size = false };
    struct total tasks[MEMBERS_MAX];
    for (int i = 0; i < g->n; i++) {
        const struct result *m = &s->v[g->member[i]];
        tasks[i] = (struct total){ m->value, m->se, m->n };
    }
    const struct total micro = score_group(&by_size, tasks, g->n), macro = score_group(&alike, tasks, g->n);
    put_total(f, g, g->name, &micro);
    put_total(f, g, arena_printf(&f->arena, "%s (macro)", g->name), &macro);
}

/* --- composite --------------------------------------------------------------------------------- */

static const struct {
    const char *task, *metric;
    bool is_group;
    double baseline;
} parts[] = {
    { "mmlu", "acc", true, 0.25 },
    { "hellaswag", "acc_norm", false, 0.25 },
    { "arc_challenge", "acc_norm", false, 0.25 },
    { "truthfulqa_mc2", "acc", false, 0.464 },
    { "gsm8k", "exact_match", false, 0.0 },
};
enum { N_PARTS = sizeof parts / sizeof parts[0], WRITTEN_PART = N_PARTS - 1 };

static bool text_is(const struct frame *f, int row, const char *column, const char *want)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, column));
    return c->is_set && strcmp(c->text, want) == 0;
}

static bool has_adapter(const struct frame *f, int row, const struct cell_row *c)
{
    const struct frame_cell *scale = frame_at(f, row, frame_column(f, "adapter_scale"));
    if (!c->adapter_sha256[0])
        return !scale->is_set;
    return text_is(f, row, "adapter", c->adapter) && scale->is_set && scale->num == c->adapter_scale;
}

static bool has_settings(struct frame *f, int row, int i_part, const struct cell_row *c)
{
    const struct frame_cell *own = frame_at(f, row, frame_column(f, "settings"));
    if (i_part == WRITTEN_PART)
        return own->is_set && strcmp(own->text, c->settings) == 0;
    return own->is_set && same_settings(&f->arena, own->text, c->settings);
}

/* The row of one part in rows [0, n_rows) of what was measured like c, or -1. Strict-match stands first for GSM8K. */
static int part_row(struct frame *f, int i_part, const struct cell_row *c, int n_rows)
{
    for (int r = 0; r < n_rows; r++)
        if (text_is(f, r, "task", parts[i_part].task) && text_is(f, r, "metric", parts[i_part].metric) &&
            text_is(f, r, "unit", parts[i_part].is_group ? "group" : "task") && text_is(f, r, "model", c->model) &&
            text_is(f, r, "level", c->level) && has_adapter(f, r, c) &&
            has_settings(f, r, i_part, c))
            return r;
    return -1;
}

static void put_composite(struct frame *f, const struct cell_row *c, int n_rows)
{
    double raw[N_PARTS], se[N_PARTS], normal[N_PARTS], normal_se[N_PARTS];
    int64_t n = 0;
    for (int i = 0; i < N_PARTS; i++) {
        int r = part_row(f, i, c, n_rows);
        if (r < 0)
            return;
        raw[i] = frame_at(f, r, frame_column(f, "value"))->num;
        se[i] = frame_at(f, r, frame_column(f, "stderr"))->num;
        normal[i] = pool_normal(raw[i], parts[i].baseline);
        normal_se[i] = se[i] / (1.0 - parts[i].baseline);
        n += frame_at(f, r, frame_column(f, "n"))->i;
    }
    struct estimate a = pool_macro(raw, se, N_PARTS), b = pool_macro(normal, normal_se, N_PARTS);
    put_row(f, c, "leaderboard v1", "composite", "raw", n, a, normal_interval95(a));
    put_row(f, c, "leaderboard v1", "composite", "normalised", n, b, normal_interval95(b));
}

/* --- the frame --------------------------------------------------------------------------------- */

static int put_cells(struct frame *f, struct results *s, struct groups *g, const struct cell_row *cells, int n,
                     struct err *err)
{
    for (int i = 0; i < n; i++) {
        const char *text;
        struct json *fact;
        if (strcmp(cells[i].kind, kind_info(KIND_TASK)->name) != 0 || strcmp(cells[i].status, "done") != 0)
            continue;
        f->is_synthetic |= cells[i].is_synthetic;
        if (query_fact(s->store, s->a, cells[i].id, "task", &text, err) < 0)
            return -1;
        if (!text || json_parse(&fact, text, strlen(text), "task", err) < 0)
            return text ? -1 : err_set(err, ERR_FORMAT, "%s: a cell of task %s does not say what was asked",
                                       store_path(s->store), cells[i].task);
        int before = s->n, rc = put_cell(f, s, &cells[i], fact, err);
        for (int k = before; rc == 0 && k < s->n; k++)
            join_groups(g, s, k, json_root(fact));
        json_close(fact);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* One composite for each way in which the part was measured whose answers are texts: it has the most settings. */
static void put_composites(struct frame *f, const struct results *s)
{
    int n_rows = f->n_rows;
    for (int i = 0; i < s->n; i++) {
        bool is_first = strcmp(s->v[i].task, parts[WRITTEN_PART].task) == 0;
        for (int k = 0; k < i && is_first; k++)
            is_first = strcmp(s->v[k].task, parts[WRITTEN_PART].task) != 0 ||
                       !same_measurement(s->a, s->v[k].cell, s->v[i].cell);
        if (is_first)
            put_composite(f, s->v[i].cell, n_rows);
    }
}

int analyse_tasks(struct frame *out, struct store *store, struct err *err)
{
    struct cell_row *cells;
    int n;
    frame_init(out, "tasks");
    frame_add_columns(out, columns, sizeof columns / sizeof columns[0]);
    struct results s = { .a = &out->arena, .store = store };
    struct groups g = { .a = &out->arena, .v = arena_alloc(&out->arena, GROUPS_MAX * sizeof *g.v) };
    if (query_cells(store, &out->arena, &cells, &n, err) < 0 || put_cells(out, &s, &g, cells, n, err) < 0)
        return -1;
    for (int i = 0; i < g.n; i++)
        put_group(out, &s, &g.v[i]);
    put_composites(out, &s);
    return 0;
}
