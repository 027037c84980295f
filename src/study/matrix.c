#include "study/matrix.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/opt.h"
#include "base/xalloc.h"
#include "core/quant.h"
#include "study/adapter.h"
#include "study/matrix_internal.h"

#include "base/banned.h"

/* Tasks of the guide in its order: what guessing scores; a twin is of the same questions as another. */
static const struct {
    const char *name, *prefix; /* leaves of a group */
    double baseline;
    const char *twin_of;
} known[] = {
    { "mmlu", "mmlu_", 0.25, NULL },
    { "hellaswag", NULL, 0.25, NULL },
    { "gsm8k", NULL, 0.0, NULL },
    { "truthfulqa_mc2", NULL, 0.464, NULL },
    { "arc_challenge", NULL, 0.25, NULL },
    { "ifeval", NULL, 0.0, NULL },
    { "truthfulqa_mc1", NULL, 0.2225, "truthfulqa_mc2" },
    { "truthfulqa_gen", NULL, 0.0, "truthfulqa_mc2" },
    { "arc_easy", NULL, 0.25, NULL },
    { "winogrande", NULL, 0.5, NULL },
};
enum { N_KNOWN = sizeof known / sizeof known[0] };

void mx_note(struct mx *x, const char *fmt, ...)
{
    struct buf b = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    const char **more = arena_alloc(x->a, (size_t)(x->m->n_notes + 1) * sizeof *more);
    if (x->m->n_notes)
        memcpy(more, x->m->notes, (size_t)x->m->n_notes * sizeof *more);
    more[x->m->n_notes++] = arena_strdup(x->a, b.data);
    x->m->notes = more;
    buf_release(&b);
}

/* --- cells ------------------------------------------------------------------------------------- */

static const char *const *group_names(struct arena *a, yyjson_val *fact, int *out_n)
{
    size_t i, n;
    yyjson_val *group, *list = yyjson_obj_get(fact, "groups");
    const char **names = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof *names);
    *out_n = 0;
    yyjson_arr_foreach(list, i, n, group)
        names[(*out_n)++] = arena_strdup(a, json_str_or(group, "name", ""));
    return names;
}

static const struct mx_fact *read_fact(struct arena *a, yyjson_val *root)
{
    struct mx_fact *f = arena_alloc(a, sizeof *f);
    yyjson_val *list = yyjson_obj_get(root, "metrics"), *filter = yyjson_arr_get_first(yyjson_obj_get(root, "filters")), *metric;
    struct task_metric *metrics = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof *metrics);
    size_t i, n;
    yyjson_arr_foreach(list, i, n, metric)
        metrics[f->n_metrics++] = (struct task_metric){
            .name = arena_strdup(a, json_str_or(metric, "name", "")),
            .aggregation = (enum task_aggregation)json_int_or(metric, "aggregation", AGGREGATE_MEAN),
        };
    f->leaf = arena_strdup(a, json_str_or(root, "name", ""));
    f->metrics = metrics;
    f->filter = yyjson_is_str(filter) ? arena_strdup(a, yyjson_get_str(filter)) : NULL;
    f->groups = group_names(a, root, &f->n_groups);
    return f;
}

/* A cell that failed before its task was known has its name alone: "arc_challenge:1.0:<sha256>". */
static const struct mx_fact *bare_fact(struct arena *a, const struct cell_row *row)
{
    struct mx_fact *f = arena_alloc(a, sizeof *f);
    f->leaf = arena_strndup(a, row->task, strcspn(row->task, ":"));
    return f;
}

/* Equal texts share what was read of them: there are as many as tasks, and 88 times as many cells. */
static int fact_of(struct mx_cell *c, struct mx *x, struct map *seen, struct err *err)
{
    struct json *j;
    const char *text;
    if (query_fact(x->stores[c->i_store], &x->scratch, c->row->id, "task", &text, err) < 0)
        return -1;
    if (!text && c->is_done)
        return err_set(err, ERR_FORMAT, "%s: a cell of task %s does not say what was asked", store_path(x->stores[c->i_store]),
                       c->row->task);
    c->fact = text ? map_find(seen, text) : bare_fact(x->a, c->row);
    if (c->fact)
        return 0;
    if (json_parse(&j, text, strlen(text), "task", err) < 0)
        return -1;
    c->fact = read_fact(x->a, json_root(j));
    json_close(j);
    map_put(seen, text, (void *)c->fact);
    return 0;
}

static bool is_listed(const char *text, const char *value)
{
    return strncmp(text, value, strlen(value)) == 0;
}

static const char *value_of(struct mx *x, const struct json *settings, const struct cell_row *row, const char *key)
{
    const struct {
        const char *key, *value;
    } own[] = { { "engine", row->engine }, { "machine", row->machine_id }, { "text", row->data_sha256 }, { "imatrix", row->imatrix_sha256 } };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(key, own[i].key) == 0)
            return own[i].value;
    yyjson_val *v = yyjson_obj_get(json_root(settings), key);
    struct buf b = BUF_INIT;
    struct jw w;
    jw_init(&w, &b);
    if (!v)
        return NULL;
    jw_val(&w, v);
    const char *text = yyjson_is_str(v) ? arena_strdup(&x->scratch, yyjson_get_str(v)) : arena_strdup(&x->scratch, b.data);
    buf_release(&b);
    return text;
}

/* 5 is 5.0. */
static bool same_value(const char *a, const char *b)
{
    char *end_a = "x", *end_b = "x";
    const double x = strtod(a, &end_a), y = strtod(b, &end_b);
    return strcmp(a, b) == 0 || (*a && *b && !*end_a && !*end_b && x == y);
}

/* Whether a cell has all of "key=value,...": keys that its kind does not know say nothing. */
static int has_settings(bool *out, struct mx *x, const struct mx_cell *c, struct err *err)
{
    struct json *j;
    int n;
    *out = true;
    if (!x->options->where || c->kind == KIND_QUANTIZE)
        return 0;
    const char *const *want = opt_split(&x->scratch, x->options->where, &n);
    if (json_parse(&j, c->row->settings, strlen(c->row->settings), "settings", err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(want[i], '=');
        const char *key = equals ? arena_strndup(&x->scratch, want[i], (size_t)(equals - want[i])) : want[i];
        const char *value = value_of(x, j, c->row, key);
        const bool is_digest = strcmp(key, "machine") == 0 || strcmp(key, "text") == 0 || strcmp(key, "imatrix") == 0;
        const bool on_cell = kind_info(c->kind)->on_machine || strcmp(key, "machine") != 0;
        if (value && equals && on_cell && !(strcmp(key, "text") == 0 && !kind_info(c->kind)->needs_text))
            *out &= is_digest ? is_listed(value, equals + 1) : same_value(value, equals + 1);
    }
    json_close(j);
    return 0;
}

static int check_where(const struct mx *x, struct err *err)
{
    int n;
    const char *const *want = opt_split(x->a, x->options->where ? x->options->where : "", &n);
    for (int i = 0; i < n; i++)
        if (!strchr(want[i], '='))
            return err_set(err, ERR_USAGE, "settings '%s': expected KEY=VALUE,..., as n_gpu_layers=0", want[i]);
    return 0;
}

static int read_cells(struct mx *x, struct err *err)
{
    struct map seen = MAP_INIT;
    int ret = -1;
    for (int s = 0; s < x->n_stores; s++) {
        struct cell_row *rows;
        int n;
        if (query_cells(x->stores[s], x->a, &rows, &n, err) < 0)
            goto done;
        struct mx_cell *more = arena_alloc(x->a, (size_t)(x->n_cells + n + 1) * sizeof *more);
        if (x->n_cells)
            memcpy(more, x->cells, (size_t)x->n_cells * sizeof *more);
        x->cells = more;
        for (int i = 0; i < n; i++) {
            struct mx_cell *c = &x->cells[x->n_cells];
            bool is_wanted;
            *c = (struct mx_cell){ .row = &rows[i], .i_store = s, .kind = kind_find(rows[i].kind), .task = -1, .variant = -1,
                                   .is_done = strcmp(rows[i].status, "done") == 0 };
            if (c->kind == KIND_COUNT) /* of a newer perbit */
                continue;
            if (has_settings(&is_wanted, x, c, err) < 0 || (is_wanted && c->kind == KIND_TASK && fact_of(c, x, &seen, err) < 0))
                goto done;
            x->n_cells += is_wanted;
        }
    }
    ret = 0;
done:
    map_release(&seen);
    return ret;
}

/* --- variants ---------------------------------------------------------------------------------- */

/* What a variant is sorted by, before there are variants. */
struct draft {
    const struct cell_row *row;
    int i_store, i_model, order;
    double bpw;
};

static bool same_variant(const struct cell_row *a, const struct cell_row *b)
{
    return strcmp(a->model_sha256, b->model_sha256) == 0 && strcmp(a->level, b->level) == 0 &&
           strcmp(a->imatrix_sha256, b->imatrix_sha256) == 0 && query_same_adapter(a, b);
}

static int bpw_of(double *out, struct mx *x, const struct cell_row *row, struct err *err)
{
    struct modelfile f;
    *out = NAN;
    if (!row->variant_info)
        return 0;
    if (modelfile_parse(&f, &x->scratch, row->variant_info, err) < 0)
        return -1;
    *out = f.n_params > 0 ? modelfile_bpw(&f) : NAN;
    return 0;
}

static int find_draft(const struct draft *d, int n, const struct mx_cell *c)
{
    int i = n - 1; /* cells of a variant stand together */
    while (i >= 0 && !(d[i].i_store == c->i_store && same_variant(d[i].row, c->row)))
        i--;
    return i;
}

static int model_of(struct mx *x, const struct draft *d, int n, const struct mx_cell *c)
{
    for (int i = 0; i < n; i++)
        if (d[i].i_store == c->i_store && strcmp(d[i].row->model_sha256, c->row->model_sha256) == 0)
            return d[i].i_model;
    return x->m->n_models++;
}

static int read_drafts(struct draft **out, int *out_n, struct mx *x, struct err *err)
{
    struct draft *d = arena_alloc(&x->scratch, (size_t)(x->n_cells + 1) * sizeof *d);
    int n = 0;
    for (int i = 0; i < x->n_cells; i++) {
        if (find_draft(d, n, &x->cells[i]) >= 0)
            continue;
        d[n] = (struct draft){ .row = x->cells[i].row, .i_store = x->cells[i].i_store };
        d[n].i_model = model_of(x, d, n, &x->cells[i]);
        if (bpw_of(&d[n].bpw, x, d[n].row, err) < 0)
            return -1;
        n++;
    }
    *out = d;
    *out_n = n;
    return 0;
}

/* A level's place: its mean measured bits; those never measured come last, as core/quant.h has them. */
struct level_place {
    const char *name;
    double sum;
    int n, quant;
};

static int by_place(const void *pa, const void *pb)
{
    const struct level_place *a = pa, *b = pb;
    const double x = a->n ? a->sum / a->n : -1.0, y = b->n ? b->sum / b->n : -1.0;
    if (x != y)
        return x < y ? 1 : -1;
    return a->quant != b->quant ? (a->quant > b->quant ? 1 : -1) : strcmp(a->name, b->name);
}

static void order_levels(struct mx *x, struct draft *d, int n)
{
    struct level_place *p = arena_alloc(&x->scratch, (size_t)(n + 1) * sizeof *p);
    int n_levels = 0;
    for (int i = 0; i < n; i++) {
        int k = 0;
        while (k < n_levels && strcmp(p[k].name, d[i].row->level) != 0)
            k++;
        if (k == n_levels)
            p[n_levels++] = (struct level_place){ .name = d[i].row->level, .quant = quant_order(d[i].row->level) };
        if (isfinite(d[i].bpw)) {
            p[k].sum += d[i].bpw;
            p[k].n++;
        }
    }
    qsort(p, (size_t)n_levels, sizeof *p, by_place);
    const char **names = arena_alloc(x->a, (size_t)(n_levels + 1) * sizeof *names);
    for (int k = 0; k < n_levels; k++) {
        names[k] = p[k].name;
        for (int i = 0; i < n; i++)
            if (strcmp(d[i].row->level, p[k].name) == 0)
                d[i].order = k;
    }
    x->m->levels = names;
    x->m->n_levels = n_levels;
}

static int by_order(const void *pa, const void *pb)
{
    const struct draft *a = pa, *b = pb;
    if (a->i_model != b->i_model)
        return a->i_model - b->i_model;
    if (a->order != b->order)
        return a->order - b->order;
    const int imatrix = strcmp(a->row->imatrix_sha256, b->row->imatrix_sha256), adapter = strcmp(a->row->adapter, b->row->adapter);
    const int digest = strcmp(a->row->adapter_sha256, b->row->adapter_sha256);
    return imatrix ? imatrix : adapter ? adapter : digest ? digest : (a->row->adapter_scale > b->row->adapter_scale) -
                                                                         (a->row->adapter_scale < b->row->adapter_scale);
}

static const char *adapter_of(struct arena *a, const struct cell_row *row)
{
    return row->adapter[0] ? adapter_label(a, row->adapter, row->adapter_scale) : "";
}

static const char *short_name(struct arena *a, const struct draft *d, bool with_model_digest, bool with_imatrix, const char *store)
{
    const char *digest = with_model_digest ? arena_printf(a, " (%.8s)", d->row->model_sha256) : "";
    const char *imatrix = with_imatrix ? d->row->imatrix_sha256[0] ? arena_printf(a, " imatrix %.8s", d->row->imatrix_sha256) : " no imatrix" : "";
    const char *adapter = adapter_of(a, d->row);
    return arena_printf(a, "%s%s %s%s%s%s%s%s", d->row->model, digest, d->row->level, imatrix, *adapter ? " + " : "", adapter,
                        store ? " in " : "", store ? store : "");
}

/* As short as tells it from all others. */
static const char *name_variant(struct mx *x, const struct draft *d, int n, int i)
{
    bool other_model = false, other_imatrix = false, other_store = false;
    for (int k = 0; k < n; k++) {
        if (k == i || strcmp(d[k].row->level, d[i].row->level) != 0 || strcmp(d[k].row->model, d[i].row->model) != 0)
            continue;
        const bool same_store = d[k].i_store == d[i].i_store, same_file = strcmp(d[k].row->model_sha256, d[i].row->model_sha256) == 0;
        other_store |= !same_store;
        other_model |= same_store && !same_file;
        other_imatrix |= same_store && same_file && strcmp(d[k].row->imatrix_sha256, d[i].row->imatrix_sha256) != 0;
    }
    return short_name(x->a, &d[i], other_model, other_imatrix, other_store ? store_path(x->stores[d[i].i_store]) : NULL);
}

static void name_models(struct mx *x)
{
    const char **names = arena_alloc(x->a, (size_t)(x->m->n_models + 1) * sizeof *names);
    for (int i = 0; i < x->m->n_variants; i++)
        names[x->m->variants[i].i_model] = x->m->variants[i].model;
    x->m->models = names;
}

static int make_variants(struct mx *x, struct err *err)
{
    struct draft *d;
    int n;
    if (read_drafts(&d, &n, x, err) < 0)
        return -1;
    order_levels(x, d, n);
    qsort(d, (size_t)n, sizeof *d, by_order);
    x->m->variants = arena_alloc(x->a, (size_t)(n + 1) * sizeof *x->m->variants);
    x->m->n_variants = n;
    for (int i = 0; i < n; i++)
        x->m->variants[i] = (struct matrix_variant){
            .name = name_variant(x, d, n, i), .model = d[i].row->model, .level = d[i].row->level,
            .model_sha256 = d[i].row->model_sha256, .imatrix_sha256 = d[i].row->imatrix_sha256,
            .adapter = adapter_of(x->a, d[i].row),
            .store = arena_strdup(x->a, store_path(x->stores[d[i].i_store])),
            .i_model = d[i].i_model, .i_store = d[i].i_store, .base = i, .missing = "",
        };
    for (int i = 0; i < x->n_cells; i++)
        x->cells[i].variant = find_draft(d, n, &x->cells[i]);
    name_models(x);
    return 0;
}

/* --- tasks ------------------------------------------------------------------------------------- */

int matrix_primary(const char *const *names, int n)
{
    static const char *const order[] = { "acc_norm", "acc", "exact_match", "prompt_level_strict_acc", "bleu_acc", "rougeL_acc" };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        for (int m = 0; m < n; m++)
            if (strcmp(names[m], order[i]) == 0)
                return m;
    return -1;
}

int mx_metric(const struct mx_fact *f, const char *name)
{
    for (int m = 0; m < f->n_metrics; m++)
        if (strcmp(f->metrics[m].name, name) == 0)
            return m;
    return -1;
}

static int find_known(const char *leaf)
{
    for (int i = 0; i < N_KNOWN; i++)
        if (strcmp(leaf, known[i].name) == 0 || (known[i].prefix && strncmp(leaf, known[i].prefix, strlen(known[i].prefix)) == 0))
            return i;
    return -1;
}

bool matrix_known_task(struct matrix_known *out, const char *leaf)
{
    const int i = find_known(leaf);
    if (i >= 0)
        *out = (struct matrix_known){ known[i].name, known[i].baseline, known[i].twin_of };
    return i >= 0;
}

/* Leaves that any cell says to be in a group: the widest group of a leaf is its task. */
struct membership {
    const char *group, *leaf;
};

struct memberships {
    struct arena *a;
    struct membership *v;
    int n, cap;
};

static void add_membership(struct memberships *s, const char *group, const char *leaf)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->v[i].group, group) == 0 && strcmp(s->v[i].leaf, leaf) == 0)
            return;
    if (s->n == s->cap) {
        struct membership *more = arena_alloc(s->a, (size_t)(s->cap = 2 * s->cap + 64) * sizeof *more);
        if (s->n)
            memcpy(more, s->v, (size_t)s->n * sizeof *more);
        s->v = more;
    }
    s->v[s->n++] = (struct membership){ group, leaf };
}

static int group_size(const struct memberships *s, const char *group)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += strcmp(s->v[i].group, group) == 0;
    return n;
}

static const char *task_name(const struct memberships *s, const char *leaf)
{
    const char *best = leaf;
    const int i_known = find_known(leaf);
    if (i_known >= 0)
        return known[i_known].name;
    for (int i = 0, most = 0; i < s->n; i++) {
        const int n = strcmp(s->v[i].leaf, leaf) == 0 ? group_size(s, s->v[i].group) : 0;
        if (n > most) {
            most = n;
            best = s->v[i].group;
        }
    }
    return best;
}

/* Facts are shared, so that few of them say all memberships. */
static void read_memberships(struct memberships *s, const struct mx *x)
{
    const struct mx_fact *last = NULL;
    for (int i = 0; i < x->n_cells; i++) {
        const struct mx_fact *f = x->cells[i].fact;
        for (int g = 0; f && f != last && find_known(f->leaf) < 0 && g < f->n_groups; g++)
            add_membership(s, f->groups[g], f->leaf);
        last = f ? f : last;
    }
}

static struct mx_task *task_named(struct mx *x, const char *name)
{
    for (int i = 0; i < x->n_tasks; i++)
        if (strcmp(x->tasks[i].name, name) == 0)
            return &x->tasks[i];
    x->tasks[x->n_tasks] = (struct mx_task){ .name = name, .i_known = find_known(name) };
    return &x->tasks[x->n_tasks++];
}

static int by_known(const void *pa, const void *pb)
{
    const struct mx_task *a = pa, *b = pb;
    const int x = a->i_known < 0 ? N_KNOWN : a->i_known, y = b->i_known < 0 ? N_KNOWN : b->i_known;
    return x != y ? x - y : strcmp(a->name, b->name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int find_leaf(const struct mx_task *t, const char *leaf)
{
    for (int i = 0; i < t->n_leaves; i++)
        if (strcmp(t->leaves[i], leaf) == 0)
            return i;
    return -1;
}

static void add_leaf(struct mx *x, struct mx_task *t, const struct mx_fact *f)
{
    if (f->n_metrics > 0 && (!t->fact || t->fact->n_metrics == 0))
        t->fact = f;
    if (find_leaf(t, f->leaf) >= 0)
        return;
    const char **more = arena_alloc(x->a, (size_t)(t->n_leaves + 1) * sizeof *more);
    if (t->n_leaves)
        memcpy(more, t->leaves, (size_t)t->n_leaves * sizeof *more);
    more[t->n_leaves++] = f->leaf;
    t->leaves = more;
}

/* A group is looked at by a metric that all of its parts have. */
static bool all_have(const struct mx *x, int t, const char *metric)
{
    const struct mx_fact *last = NULL;
    for (int i = 0; i < x->n_cells; i++) {
        const struct mx_fact *f = x->cells[i].task == t ? x->cells[i].fact : NULL;
        if (f && f != last && f->n_metrics > 0 && mx_metric(f, metric) < 0)
            return false;
        last = f ? f : last;
    }
    return true;
}

static const char *choose_metric(const struct mx *x, int t)
{
    const struct mx_fact *f = x->tasks[t].fact;
    const char *names[TASK_METRICS_MAX] = { NULL };
    int n = 0;
    for (int m = 0; f && m < f->n_metrics && n < TASK_METRICS_MAX; m++)
        if (all_have(x, t, f->metrics[m].name))
            names[n++] = f->metrics[m].name;
    const int at = matrix_primary(names, n);
    for (int m = 0; at < 0 && m < n; m++)
        if (f->metrics[mx_metric(f, names[m])].aggregation == AGGREGATE_EXACT)
            return names[m];
    return at >= 0 ? names[at] : n > 0 ? names[0] : "";
}

static void make_tasks(struct mx *x)
{
    struct memberships s = { .a = &x->scratch };
    const char **names = arena_alloc(&x->scratch, (size_t)(x->n_cells + 1) * sizeof *names);
    read_memberships(&s, x);
    x->tasks = arena_alloc(x->a, (size_t)(x->n_cells + 1) * sizeof *x->tasks);
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].fact) {
            names[i] = task_name(&s, x->cells[i].fact->leaf);
            add_leaf(x, task_named(x, names[i]), x->cells[i].fact);
        }
    qsort(x->tasks, (size_t)x->n_tasks, sizeof *x->tasks, by_known);
    for (int i = 0; i < x->n_tasks; i++)
        qsort(x->tasks[i].leaves, (size_t)x->tasks[i].n_leaves, sizeof *x->tasks[i].leaves, by_text);
    for (int i = 0; i < x->n_cells; i++)
        for (int t = 0; names[i] && t < x->n_tasks; t++)
            if (strcmp(x->tasks[t].name, names[i]) == 0)
                x->cells[i].task = t;
    for (int t = 0; t < x->n_tasks; t++)
        x->tasks[t].metric = choose_metric(x, t);
}

/* --- which cells ------------------------------------------------------------------------------- */

struct vote {
    const char *key; /* what must be equal */
    const struct cell_row *row;
    int n;
};

static struct vote *vote_for(struct vote *v, int *n, const char *key, const struct cell_row *row)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(v[i].key, key) == 0)
            return &v[i];
    v[*n] = (struct vote){ .key = key, .row = row };
    return &v[(*n)++];
}

/* Whether only some of the documents were asked. */
static bool is_limited(const struct cell_row *row)
{
    struct json *j;
    if (json_parse(&j, row->settings, strlen(row->settings), "settings", NULL) < 0)
        return false;
    const bool is = json_num_or(json_root(j), "limit", 0) > 0 || json_num_or(json_root(j), "sample", 0) > 0;
    json_close(j);
    return is;
}

/* The one with the most; of several one with all documents (a short try often comes before), then the first. */
static const struct vote *winner(const struct vote *v, int n)
{
    const struct vote *best = NULL;
    for (int i = 0; i < n; i++)
        if (v[i].n > 0 && (!best || v[i].n > best->n || (v[i].n == best->n && is_limited(best->row) && !is_limited(v[i].row))))
            best = &v[i];
    return best;
}

static void add_difference(struct buf *out, const char *key, const char *mine)
{
    const size_t n = strlen(mine);
    const bool is_whole = n > 2 && strcmp(mine + n - 2, ".0") == 0;
    buf_printf(out, "%s%s=%.*s", out->len ? "," : "", key, (int)(is_whole ? n - 2 : n), mine);
}

static void add_settings_difference(struct buf *out, const char *mine, const char *other)
{
    struct json *a = NULL, *b = NULL;
    size_t i, n;
    yyjson_val *key, *value;
    if (json_parse(&a, mine, strlen(mine), "settings", NULL) == 0 && json_parse(&b, other, strlen(other), "settings", NULL) == 0)
        yyjson_obj_foreach(json_root(a), i, n, key, value) {
            yyjson_val *w = yyjson_obj_get(json_root(b), yyjson_get_str(key));
            struct buf text = BUF_INIT;
            struct jw jw;
            if (w && yyjson_equals(value, w))
                continue;
            jw_init(&jw, &text);
            jw_val(&jw, value);
            add_difference(out, yyjson_get_str(key), yyjson_is_str(value) ? yyjson_get_str(value) : text.data);
            buf_release(&text);
        }
    json_close(a);
    json_close(b);
}

/* What of `mine` is not so in `other`, as matrix_options.where wants it. */
static const char *difference(struct mx *x, const struct cell_row *mine, const struct cell_row *other, const struct kind_info *kind)
{
    struct buf b = BUF_INIT;
    add_settings_difference(&b, mine->settings, other->settings);
    if (strcmp(mine->engine, other->engine) != 0)
        add_difference(&b, "engine", mine->engine);
    if (kind->on_machine && strcmp(mine->machine_id, other->machine_id) != 0)
        add_difference(&b, "machine", arena_strndup(&x->scratch, mine->machine_id, 8));
    if (kind->needs_text && strcmp(mine->data_sha256, other->data_sha256) != 0)
        add_difference(&b, "text", arena_strndup(&x->scratch, mine->data_sha256, 8));
    const char *text = arena_strdup(&x->scratch, b.len ? b.data : "another definition, rows or base");
    buf_release(&b);
    return text;
}

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

static void note_left_out(struct mx *x, const char *what, const struct vote *v, int n, const struct vote *best, const struct kind_info *kind)
{
    for (int i = 0; i < n; i++)
        if (&v[i] != best && v[i].n > 0)
            mx_note(x, "%s: %d cell%s with %s left out: %s %d cell%s with %s.", what, v[i].n, plural(v[i].n),
                    difference(x, v[i].row, best->row, kind), best->n > v[i].n ? "there are more," : "there are as many,", best->n, plural(best->n),
                    difference(x, best->row, v[i].row, kind));
}

/* Settings and engine of a task's cells; definition and rows may differ from leaf to leaf. */
static const char *task_key(struct mx *x, const struct cell_row *r)
{
    return arena_printf(&x->scratch, "%s|%s", r->settings, r->engine);
}

static const char *leaf_key(struct mx *x, const struct cell_row *r)
{
    return arena_printf(&x->scratch, "%s|%s", r->task, r->data_sha256);
}

static const char *kind_key(struct mx *x, const struct cell_row *r, const struct kind_info *kind)
{
    return arena_printf(&x->scratch, "%s|%s|%s|%s|%s", r->settings, r->engine, r->data_sha256, kind->needs_base ? r->base : "",
                        kind->on_machine ? r->machine_id : "");
}

void mx_choose_kind(struct mx *x, enum kind kind)
{
    const struct kind_info *info = kind_info(kind);
    struct vote *v = arena_alloc(&x->scratch, (size_t)(x->n_cells + 1) * sizeof *v);
    int n = 0;
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].kind == kind && x->cells[i].is_done)
            vote_for(v, &n, kind_key(x, x->cells[i].row, info), x->cells[i].row)->n++;
    const struct vote *best = winner(v, n);
    if (!best)
        return;
    note_left_out(x, info->name, v, n, best, info);
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].kind == kind)
            x->cells[i].is_done &= strcmp(kind_key(x, x->cells[i].row, info), best->key) == 0;
}

static void leave_out_settings(struct mx *x, int t)
{
    struct vote *v = arena_alloc(&x->scratch, (size_t)(x->n_cells + 1) * sizeof *v);
    int n = 0;
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].task == t && x->cells[i].is_done)
            vote_for(v, &n, task_key(x, x->cells[i].row), x->cells[i].row)->n++;
    const struct vote *best = winner(v, n);
    if (best)
        note_left_out(x, x->tasks[t].name, v, n, best, kind_info(KIND_TASK));
    for (int i = 0; best && i < x->n_cells; i++)
        if (x->cells[i].task == t && strcmp(task_key(x, x->cells[i].row), best->key) != 0)
            x->cells[i].is_done = false;
}

static void leave_out_definitions(struct mx *x, int t, int leaf)
{
    struct vote *v = arena_alloc(&x->scratch, (size_t)(x->n_cells + 1) * sizeof *v);
    int n = 0;
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].task == t && x->cells[i].is_done && strcmp(x->cells[i].fact->leaf, x->tasks[t].leaves[leaf]) == 0)
            vote_for(v, &n, leaf_key(x, x->cells[i].row), x->cells[i].row)->n++;
    const struct vote *best = winner(v, n);
    if (!best || n == 1)
        return;
    note_left_out(x, x->tasks[t].leaves[leaf], v, n, best, kind_info(KIND_TASK));
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].task == t && strcmp(x->cells[i].fact->leaf, x->tasks[t].leaves[leaf]) == 0)
            x->cells[i].is_done &= strcmp(leaf_key(x, x->cells[i].row), best->key) == 0;
}

static void place_cells(struct mx *x, int t)
{
    struct mx_task *task = &x->tasks[t];
    const size_t n = (size_t)x->m->n_variants * (size_t)task->n_leaves;
    task->cells = arena_alloc(x->a, (n + 1) * sizeof *task->cells);
    task->why = arena_alloc(x->a, (n + 1) * sizeof *task->why);
    for (int i = 0; i < x->n_cells; i++) {
        struct mx_cell *c = &x->cells[i];
        if (c->task != t)
            continue;
        const int at = c->variant * task->n_leaves + find_leaf(task, c->fact->leaf);
        if (c->is_done)
            task->cells[at] = c;
        else if (!task->why[at])
            task->why[at] = strcmp(c->row->status, "failed") == 0 ? arena_printf(x->a, "failed: %s", c->row->reason)
                            : strcmp(c->row->status, "running") == 0 ? "not finished" : "other settings";
    }
}

static void choose_cells(struct mx *x)
{
    for (int t = 0; t < x->n_tasks; t++) {
        leave_out_settings(x, t);
        for (int l = 0; l < x->tasks[t].n_leaves; l++)
            leave_out_definitions(x, t, l);
        place_cells(x, t);
    }
}

/* --- bases ------------------------------------------------------------------------------------- */

/* "level:BF16" of a kl cell names the base of its model. */
static const char *base_level(const struct mx *x, int i_model)
{
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].kind == KIND_KL && x->m->variants[x->cells[i].variant].i_model == i_model &&
            strncmp(x->cells[i].row->base, "level:", 6) == 0)
            return x->cells[i].row->base + 6;
    return NULL;
}

/* BF16, else F32, F16, else the one with the most bits, which stands first. */
static int find_base(const struct mx *x, int i_model)
{
    static const char *const floats[] = { "BF16", "F32", "F16" };
    const char *named = base_level(x, i_model);
    int at = named ? matrix_at(x->m, i_model, named) : -1;
    for (size_t i = 0; at < 0 && i < sizeof floats / sizeof floats[0]; i++)
        at = matrix_at(x->m, i_model, floats[i]);
    for (int i = 0; at < 0 && i < x->m->n_variants; i++)
        if (x->m->variants[i].i_model == i_model)
            at = i;
    return at;
}

/* An adapter's own base where it was measured with it: what quantization costs, not what the adapter does. */
static int base_with_adapter(const struct matrix *m, const struct matrix_variant *v, int base)
{
    for (int i = 0; i < m->n_variants && v->adapter[0]; i++) {
        const struct matrix_variant *o = &m->variants[i];
        if (o->i_model == v->i_model && strcmp(o->level, m->variants[base].level) == 0 && strcmp(o->adapter, v->adapter) == 0)
            return i;
    }
    return base;
}

static void find_bases(struct mx *x)
{
    for (int k = 0; k < x->m->n_models; k++) {
        const int base = find_base(x, k);
        for (int i = 0; i < x->m->n_variants; i++)
            if (x->m->variants[i].i_model == k)
                x->m->variants[i].base = base_with_adapter(x->m, &x->m->variants[i], base);
    }
}

/* --- composite and bootstrap ------------------------------------------------------------------- */

static int choose_composite(struct mx *x, struct err *err)
{
    struct matrix *m = x->m;
    int n, most = 0;
    const char *const *names = opt_split(&x->scratch, x->options->composite ? x->options->composite : "", &n);
    for (int i = 0; i < n; i++) {
        const int t = matrix_find_task(m, names[i]);
        if (t < 0)
            return err_set(err, ERR_USAGE, "composite: no task '%s' in the store", names[i]);
        m->tasks[t].in_composite = true;
    }
    for (int t = 0; t < m->n_tasks; t++)
        most = m->tasks[t].n_whole > most ? m->tasks[t].n_whole : most;
    for (int t = 0; n == 0 && t < m->n_tasks; t++) {
        const int k = x->tasks[t].i_known;
        const int twin = k >= 0 && known[k].twin_of ? matrix_find_task(m, known[k].twin_of) : -1;
        m->tasks[t].in_composite = most > 0 && 2 * m->tasks[t].n_whole >= most && (twin < 0 || m->tasks[twin].n_whole == 0);
    }
    return 0;
}

static void run_joint(struct mx *x)
{
    struct matrix *m = x->m;
    struct joint_task *t = arena_alloc(&x->scratch, (size_t)(m->n_tasks + 1) * sizeof *t);
    for (int i = 0; i < m->n_tasks; i++)
        t[i] = (struct joint_task){ .n_items = (size_t)m->tasks[i].n_items, .score = m->tasks[i].whole, .cluster = m->tasks[i].cluster,
                                    .n_clusters = m->tasks[i].n_clusters, .in_composite = m->tasks[i].in_composite,
                                    .baseline = m->tasks[i].baseline };
    if (m->n_tasks > 0 && x->options->bootstrap.n_resamples > 0)
        joint_run(&m->joint, t, (size_t)m->n_tasks, (size_t)m->n_variants, &x->options->bootstrap);
}

/* --- what is missing --------------------------------------------------------------------------- */

static void add_missing(struct buf *b, const struct mx *x, const struct mx_task *t, int v)
{
    const char *first = NULL;
    int n = 0;
    for (int l = 0; l < t->n_leaves; l++)
        if (!t->cells[v * t->n_leaves + l]) {
            const char *why = t->why[v * t->n_leaves + l];
            first = first ? first : why ? why : "not run";
            n++;
        }
    if (n > 0)
        buf_printf(b, "%s%s: ", b->len ? "; " : "", t->name);
    if (n > 0 && t->n_leaves > 1)
        buf_printf(b, "%d of %d parts ", n, t->n_leaves);
    if (n > 0)
        buf_puts(b, first);
    else if (!x->m->tasks[t - x->tasks].whole[v])
        buf_printf(b, "%s%s: questions without an answer", b->len ? "; " : "", t->name);
}

static void name_missing(struct mx *x)
{
    for (int v = 0; v < x->m->n_variants; v++) {
        struct buf b = BUF_INIT;
        for (int t = 0; t < x->n_tasks; t++)
            add_missing(&b, x, &x->tasks[t], v);
        for (int i = 0; i < x->n_cells; i++)
            if (x->cells[i].variant == v && x->cells[i].kind != KIND_TASK && strcmp(x->cells[i].row->status, "failed") == 0)
                buf_printf(&b, "%s%s: failed: %s", b.len ? "; " : "", x->cells[i].row->kind, x->cells[i].row->reason);
        x->m->variants[v].missing = arena_strdup(x->a, b.data);
        buf_release(&b);
    }
}

/* --- all --------------------------------------------------------------------------------------- */

static double baseline_of(const struct mx_task *t)
{
    return t->i_known >= 0 ? known[t->i_known].baseline : NAN;
}

static void start_tasks(struct mx *x)
{
    struct matrix *m = x->m;
    m->tasks = arena_alloc(x->a, (size_t)(x->n_tasks + 1) * sizeof *m->tasks);
    m->n_tasks = x->n_tasks;
    for (int i = 0; i < x->n_tasks; i++) {
        const struct mx_task *t = &x->tasks[i];
        m->tasks[i] = (struct matrix_task){ .name = t->name, .leaves = t->leaves, .n_leaves = t->n_leaves,
                                            .metric = t->metric,
                                            .filter = t->fact ? t->fact->filter : NULL, .baseline = baseline_of(t), .settings = "{}" };
    }
}

static void note_weights(struct mx *x)
{
    int n = 0;
    for (int i = 0; i < x->n_cells; i++)
        n += x->cells[i].row->has_synthetic_weights;
    if (n > 0)
        mx_note(x, "%d cell%s of models with synthetic weights: random numbers in a real shape, named so; their speed and memory "
                "were measured.", n, plural(n));
}

static int make(struct mx *x, struct err *err)
{
    if (check_where(x, err) < 0 || read_cells(x, err) < 0 || make_variants(x, err) < 0)
        return -1;
    for (int i = 0; i < x->n_cells; i++)
        x->m->is_synthetic |= x->cells[i].row->is_synthetic;
    note_weights(x);
    make_tasks(x);
    choose_cells(x);
    start_tasks(x);
    if (mx_read_items(x, err) < 0)
        return -1;
    find_bases(x);
    if (mx_read_facts(x, err) < 0 || choose_composite(x, err) < 0)
        return -1;
    name_missing(x);
    run_joint(x);
    return 0;
}

int matrix_load(struct matrix **out, struct store *const *stores, int n_stores, const struct matrix_options *options,
                struct err *err)
{
    struct matrix *m = xcalloc(1, sizeof *m);
    struct mx x = { .m = m, .a = &m->arena, .options = options, .stores = stores, .n_stores = n_stores };
    arena_init(&m->arena);
    arena_init(&x.scratch);
    int rc = make(&x, err);
    arena_release(&x.scratch);
    if (rc < 0) {
        matrix_close(m);
        return -1;
    }
    *out = m;
    return 0;
}

void matrix_close(struct matrix *m)
{
    if (!m)
        return;
    joint_close(m->joint);
    arena_release(&m->arena);
    free(m);
}
