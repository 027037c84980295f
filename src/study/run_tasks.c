/* Cells of tasks: one worker a level does all of its tasks, one after the other, and says when each is whole. */
#include <string.h>

#include "base/clock.h"
#include "study/runner_internal.h"

/* A worker over the pending tasks of one level. */
struct asked {
    struct runner *r;
    struct route route;
    struct job_task tasks[JOB_SLOTS_MAX];
    int n;
    int n_ended;      /* slots before it are over */
    bool is_started;  /* the model is loaded: a failure belongs to a task */
    double start_s;   /* of the task in work */
};

static void collect(struct asked *k, const struct plan_variant *v)
{
    struct plan *p = k->r->plan;
    k->n = k->n_ended = 0;
    k->is_started = false;
    for (int i = 0; i < p->n_cells && k->n < JOB_SLOTS_MAX; i++) {
        struct plan_cell *c = &p->cells[i];
        if (c->variant != v || !c->task || !cell_is_pending(k->r, c))
            continue;
        k->tasks[k->n].i_task = c->task - p->tasks;
        k->route.cells[k->n++] = c;
    }
}

static int end_cell(struct asked *k, int slot, const struct err *why, struct err *err)
{
    double now_s = clock_s(), elapsed_s = now_s - k->start_s;
    k->start_s = now_s;
    k->n_ended = slot + 1;
    return cell_end(k->r, k->route.cells[slot], why ? -1 : 0, why, elapsed_s, err);
}

static int put(void *ctx, const struct event *e, struct err *err)
{
    struct asked *k = ctx;
    struct err why = { .code = e->code };
    if (e->kind != EVENT_LOG)
        k->is_started = true;
    if (e->kind == EVENT_CELL_DONE)
        return end_cell(k, e->slot, NULL, err);
    if (e->kind != EVENT_CELL_ERROR)
        return route_put(&k->route, e, err);
    err_set(&why, e->code, "%s", e->text);
    return end_cell(k, e->slot, &why, err);
}

static int start_cells(struct asked *k, struct err *err)
{
    for (int i = 0; i < k->n; i++) {
        struct plan_cell *c = k->route.cells[i];
        const struct event fact = { .kind = EVENT_FACT, .key = "task", .text = c->task->fact };
        if (cell_start(k->r, c, false, err) < 0 || store_put(k->r->store, c->id, &fact, err) < 0)
            return -1;
        k->tasks[i].first = c->next_index;
    }
    return store_commit(k->r->store, err);
}

/* One worker. What it left undone when it failed: the task in work, or all if there was no model to ask. */
static int ask(struct asked *k, const struct plan_variant *v, struct err *err)
{
    struct job job = job_for(k->r, "eval");
    const struct sink sink = { put, k };
    struct err why = { 0 };
    job_add_variant(&job, v);
    job.tasks = k->tasks;
    job.n_tasks = k->n;
    k->start_s = clock_s();
    if (start_cells(k, err) < 0)
        return -1;
    if (client_run(&job, &sink, &why) == 0)
        return 0;
    if (err_ends_run(&why))
        return err_set(err, why.code, "%s", why.msg);
    int last = k->is_started ? k->n_ended + 1 : k->n;
    for (int i = k->n_ended; i < last && i < k->n; i++)
        if (end_cell(k, i, &why, err) < 0)
            return -1;
    return 0;
}

/* Tasks that cannot be asked fail before a model is loaded. */
static int fail_unreadable(struct runner *r, struct plan_variant *v, struct err *err)
{
    for (int i = 0; i < r->plan->n_cells; i++) {
        struct plan_cell *c = &r->plan->cells[i];
        struct err why = { 0 };
        if (c->variant != v || !c->task || !c->task->reason || !cell_is_pending(r, c))
            continue;
        err_set(&why, ERR_FORMAT, "%s", c->task->reason);
        if (cell_end(r, c, -1, &why, 0, err) < 0)
            return -1;
    }
    return 0;
}

int run_tasks(struct runner *r, struct plan_variant *v, struct err *err)
{
    struct asked k = { .r = r, .route = { .r = r } };
    if (fail_unreadable(r, v, err) < 0)
        return -1;
    for (collect(&k, v); k.n > 0; collect(&k, v))
        if (ask(&k, v, err) < 0)
            return -1;
    return 0;
}
