#include "study/rescore.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/kind.h"
#include "study/answered.h"
#include "study/cell_settings.h"
#include "study/task_scores.h"

#include "base/banned.h"

struct rescore {
    struct store *store;
    const struct settings *given;
    const struct rescore_view *view;
    struct rescore_result result;
    struct arena arena;
    struct cell_row *cells;
    int n_cells;
};

/* A cell in work, and what is compared with its old values. */
struct rescoring {
    struct rescore *r;
    const struct cell_row *row;
    struct rescore_cell cell;
    struct old {
        enum metric metric;
        int i_filter;
        int64_t *index;
        double *v;
        int *at; /* [n + 1] values of document i from at[i] on; NULL: one each */
        int n, i;
    } old[TASK_SCORES_MAX];
    int n_old;
};

/* --- old values ------------------------------------------------------------------------------------ */

static int read_old(struct old *o, struct store *s, int64_t cell_id, enum metric m, int i_filter, struct err *err)
{
    *o = (struct old){ .metric = m, .i_filter = i_filter };
    if (!metric_info(m)->is_series)
        return query_by_index(s, cell_id, m, i_filter, &o->index, &o->v, &o->n, err);
    struct query_documents d;
    if (query_documents(s, cell_id, m, i_filter, &d, err) < 0)
        return -1;
    *o = (struct old){ .metric = m, .i_filter = i_filter, .index = d.index, .v = d.v, .at = d.at, .n = d.n };
    return 0;
}

static bool is_read(const struct rescoring *x, enum metric m, int i_filter)
{
    for (int i = 0; i < x->n_old; i++)
        if (x->old[i].metric == m && x->old[i].i_filter == i_filter)
            return true;
    return false;
}

static int read_all_old(struct rescoring *x, const struct grader *g, struct err *err)
{
    const struct task *t = grader_task(g);
    for (int f = 0; f < grader_n_filters(g); f++)
        for (int m = 0; m < t->n_metrics; m++) {
            enum metric metric = task_scores_place(&t->metrics[m]);
            if (metric != METRIC_COUNT && !is_read(x, metric, f) &&
                read_old(&x->old[x->n_old++], x->r->store, x->row->id, metric, f, err) < 0)
                return -1;
        }
    return 0;
}

static void release_old(struct rescoring *x)
{
    for (int i = 0; i < x->n_old; i++) {
        free(x->old[i].index);
        free(x->old[i].v);
        free(x->old[i].at);
    }
    x->n_old = 0;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void compare(struct rescoring *x, const struct event *e)
{
    const double *v = e->kind == EVENT_SERIES ? e->values : &e->value;
    const int n = e->kind == EVENT_SERIES ? e->n : 1;
    for (int k = 0; k < x->n_old; k++) {
        struct old *o = &x->old[k];
        if (o->metric != e->metric || o->i_filter != e->sub)
            continue;
        while (o->i < o->n && o->index[o->i] < e->index)
            o->i++;
        if (o->i == o->n || o->index[o->i] != e->index) {
            x->cell.n_added++;
            return;
        }
        const int at = o->at ? o->at[o->i] : o->i, n_old = o->at ? o->at[o->i + 1] - at : 1;
        bool same = n == n_old;
        for (int i = 0; same && i < n; i++)
            same = is_same(v[i], o->v[at + i]);
        x->cell.n_changed += !same;
        return;
    }
}

static int put(void *ctx, const struct event *e, struct err *err)
{
    struct rescoring *x = ctx;
    struct event stored = *e;
    compare(x, e);
    stored.slot = e->sub;
    return store_put(x->r->store, x->row->id, &stored, err);
}

/* --- one cell -------------------------------------------------------------------------------------- */

static int score_documents(struct rescoring *x, struct answered *d, struct grader *g, struct err *err)
{
    const struct sink sink = { put, x };
    int rc;
    while ((rc = answered_next(d, err)) == 1) {
        if (task_scores_put(&sink, 0, g, answered_item(d), answered_given(d), err) < 0)
            return -1;
        x->cell.n_documents++;
    }
    return rc;
}

/* The stored answers are answers to what the task asks now. */
static int check_asks(struct rescoring *x, const struct evaluation *e, int i_task, yyjson_val *fact, struct err *err)
{
    struct arena *a = &x->r->arena;
    const char *then = json_str_or(fact, "asks", NULL);
    bool same = then ? strcmp(then, evaluation_asks(e, i_task, a)) == 0
                     : strcmp(x->row->task, evaluation_identity(e, i_task, a)) == 0;
    if (!same)
        return err_set(err, ERR_FORMAT, "%s: the task asks something else now than when it was measured; run perbit eval",
                       x->cell.task);
    return 0;
}

static int put_fact(struct rescoring *x, const struct evaluation *e, int i_task, struct err *err)
{
    const struct event fact = { .kind = EVENT_FACT, .key = "task", .text = evaluation_fact(e, i_task, &x->r->arena) };
    return store_put(x->r->store, x->row->id, &fact, err);
}

static int rescore_cell(struct rescoring *x, struct evaluation *e, yyjson_val *fact, struct err *err)
{
    struct answered *d = NULL;
    struct grader *g;
    const int i_task = evaluation_find(e, x->cell.task);
    if (i_task < 0)
        return err_set(err, ERR_USAGE, "%s: the task is not among those that --tasks names", x->cell.task);
    if (grader_open(&g, evaluation_task(e, i_task), err) < 0)
        return -1;
    int rc = check_asks(x, e, i_task, fact, err);
    if (rc == 0)
        rc = read_all_old(x, g, err);
    if (rc == 0)
        rc = answered_open(&d, e, i_task, x->r->store, x->row->id, x->row->data_sha256, err);
    if (rc == 0)
        rc = store_begin(x->r->store, err);
    if (rc == 0)
        rc = score_documents(x, d, g, err);
    if (rc == 0)
        rc = put_fact(x, e, i_task, err);
    if (rc == 0)
        rc = store_commit(x->r->store, err);
    if (rc < 0)
        store_rollback(x->r->store);
    answered_close(d);
    grader_close(g);
    return rc;
}

static int rescore_row(struct rescoring *x, yyjson_val *fact, struct err *err)
{
    struct settings s;
    struct evaluation *e;
    x->cell.task = cell_task_name(&x->r->arena, x->row, fact);
    if (cell_settings(&s, &x->r->arena, x->row, fact, x->r->given, err) < 0)
        return -1;
    if (evaluation_open(&e, &s, err) < 0)
        return -1;
    int rc = rescore_cell(x, e, fact, err);
    evaluation_close(e);
    return rc;
}

static int open_fact(struct json **out, struct rescoring *x, struct err *err)
{
    const char *text;
    *out = NULL;
    if (query_fact(x->r->store, &x->r->arena, x->row->id, "task", &text, err) < 0)
        return -1;
    return text ? json_parse(out, text, strlen(text), "task", err) : 0;
}

static void account(struct rescoring *x)
{
    struct rescore_result *all = &x->r->result;
    if (x->cell.reason) {
        all->n_failed++;
        x->cell.n_documents = x->cell.n_changed = x->cell.n_added = 0;
    } else {
        all->n_done++;
    }
    all->n_documents += x->cell.n_documents;
    all->n_changed += x->cell.n_changed;
    all->n_added += x->cell.n_added;
    if (x->r->view && x->r->view->cell)
        x->r->view->cell(x->r->view->ctx, &x->cell);
}

static int visit(struct rescore *r, const struct cell_row *row, struct err *err)
{
    struct rescoring x = { .r = r, .row = row, .cell = { .model = row->model, .level = row->level, .task = row->task } };
    struct json *fact;
    struct err why = { 0 };
    int rc = open_fact(&fact, &x, &why);
    if (rc == 0)
        rc = rescore_row(&x, fact ? json_root(fact) : NULL, &why);
    json_close(fact);
    release_old(&x);
    if (rc < 0 && why.code == ERR_STORE)
        return err_set(err, why.code, "%s", why.msg);
    x.cell.reason = rc < 0 ? why.msg : NULL;
    account(&x);
    return 0;
}

int rescore_run(struct rescore_result *out, struct store *s, const struct settings *settings,
                const struct rescore_view *view, struct err *err)
{
    struct rescore r = { .store = s, .given = settings, .view = view };
    arena_init(&r.arena);
    int rc = query_cells(s, &r.arena, &r.cells, &r.n_cells, err);
    for (int i = 0; rc == 0 && i < r.n_cells; i++)
        if (strcmp(r.cells[i].kind, kind_info(KIND_TASK)->name) == 0 && strcmp(r.cells[i].status, "done") == 0)
            rc = visit(&r, &r.cells[i], err);
    arena_release(&r.arena);
    *out = r.result;
    return rc;
}
