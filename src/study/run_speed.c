/* Cells measured on the machine: speed, in turns, and memory. */
#include <string.h>

#include "base/clock.h"
#include "study/runner_internal.h"

/* One model of a group: its worker and where its events go. */
struct turn {
    struct plan_cell *cell;
    struct client *client;
    struct route route;
    double elapsed_s;
    struct err why;
    bool is_over;     /* failed */
};

/* Reads events until one of this kind. */
static int read_until(struct turn *t, enum event_kind kind, struct err *err)
{
    struct event e;
    int rc;
    while ((rc = client_next(t->client, &e, err)) == 1) {
        if (route_put(&t->route, &e, err) < 0)
            return -1;
        if (e.kind == kind)
            return 0;
    }
    return rc < 0 ? -1 : kind == EVENT_DONE ? 0 : err_set(err, ERR_CHILD, "the worker ended before its work");
}

static int open_turn(struct runner *r, struct turn *t, struct err *err)
{
    struct job job = job_for(r, "speed");
    const struct event bandwidth = { .kind = EVENT_MEASURE, .metric = METRIC_BANDWIDTH, .value = r->bandwidth };
    job_add_variant(&job, t->cell->variant);
    t->route = (struct route){ .r = r, .cells = { t->cell }, .keep_slot = true };
    if (cell_start(r, t->cell, true, err) < 0 || route_put(&t->route, &bandwidth, err) < 0 ||
        client_open(&t->client, &job, err) < 0)
        return -1;
    return read_until(t, EVENT_READY, err);
}

static int repeat(struct turn *t, struct err *err)
{
    return client_command(t->client, "go", err) < 0 ? -1 : read_until(t, EVENT_COMMIT, err);
}

static int end_turn(struct turn *t, struct err *err)
{
    return client_command(t->client, "end", err) < 0 ? -1 : read_until(t, EVENT_DONE, err);
}

/* One step of one model, timed; a failure ends this model's turn, not the group's. -1: the run must stop. */
static int step(struct turn *t, int (*f)(struct turn *t, struct err *err), struct err *err)
{
    double start_s = clock_s();
    if (!t->is_over && f(t, &t->why) < 0)
        t->is_over = true;
    t->elapsed_s += clock_s() - start_s;
    return t->is_over && err_ends_run(&t->why) ? err_set(err, t->why.code, "%s", t->why.msg) : 0;
}

static void report(struct turn *t, int64_t done, int64_t total)
{
    const struct event e = { .kind = EVENT_PROGRESS, .done = done, .total = total, .text = "repetition" };
    route_put(&t->route, &e, NULL);
}

/* A B C, C B A, A B C ...: a drift that is linear in time hits all alike. */
static int take_turns(struct runner *r, struct turn *t, int n, struct err *err)
{
    int64_t total = r->plan->study->settings.repetitions;
    for (int64_t i = 0; i < total; i++)
        for (int k = 0; k < n; k++) {
            struct turn *now = &t[i % 2 ? n - 1 - k : k];
            if (step(now, repeat, err) < 0)
                return -1;
            report(now, i + 1, total);
        }
    return 0;
}

static int open_all(struct runner *r, struct turn *t, int n, struct err *err)
{
    for (int i = 0; i < n; i++) {
        double start_s = clock_s();
        t[i].is_over = open_turn(r, &t[i], &t[i].why) < 0;
        t[i].elapsed_s = clock_s() - start_s;
        if (t[i].is_over && err_ends_run(&t[i].why))
            return err_set(err, t[i].why.code, "%s", t[i].why.msg);
    }
    return 0;
}

static int run_group(struct runner *r, struct turn *t, int n, struct err *err)
{
    int ret = -1;
    if (open_all(r, t, n, err) < 0 || take_turns(r, t, n, err) < 0)
        goto done;
    for (int i = 0; i < n; i++)
        if (step(&t[i], end_turn, err) < 0 ||
            cell_end(r, t[i].cell, t[i].is_over ? -1 : 0, &t[i].why, t[i].elapsed_s, err) < 0)
            goto done;
    ret = 0;
done:
    for (int i = 0; i < n; i++)
        client_close(t[i].client);
    return ret;
}

static int keep_bandwidth(void *ctx, const struct event *e, struct err *err)
{
    struct runner *r = ctx;
    (void)err;
    if (e->kind == EVENT_MEASURE && e->metric == METRIC_BANDWIDTH)
        r->bandwidth = e->value;
    return 0;
}

/* Once a run, in a child, before anything is timed. Not to be had: stays 0, and no share of it is shown. */
static int measure_bandwidth(struct runner *r, struct err *err)
{
    const struct sink sink = { keep_bandwidth, r };
    struct job job = job_for(r, "bandwidth");
    struct err why = { 0 };
    if (r->bandwidth > 0 || client_run(&job, &sink, &why) == 0)
        return 0;
    return err_ends_run(&why) ? err_set(err, why.code, "%s", why.msg) : 0;
}

int run_speed(struct runner *r, struct plan_variant **v, int n, struct err *err)
{
    struct plan_cell *cells[LEVELS_MAX];
    int n_cells = 0;
    for (int i = 0; i < n && n_cells < LEVELS_MAX; i++)
        if ((cells[n_cells] = cell_pending(r, v[i], KIND_SPEED)))
            n_cells++;
    if (n_cells > 0 && measure_bandwidth(r, err) < 0)
        return -1;
    for (int at = 0, size; at < n_cells; at += size) {
        struct turn turns[LEVELS_MAX] = { 0 };
        int64_t left = memory_budget(r);
        for (size = 0; at + size < n_cells && (size == 0 || (left -= cells[at + size]->n_bytes) > 0); size++)
            turns[size].cell = cells[at + size];
        if (run_group(r, turns, size, err) < 0)
            return -1;
    }
    return 0;
}

int run_memory(struct runner *r, struct plan_variant *v, struct err *err)
{
    struct plan_cell *c = cell_pending(r, v, KIND_MEMORY);
    struct route route = { .r = r, .cells = { c } };
    const struct sink sink = { route_put, &route };
    struct job job = job_for(r, "predict_memory");
    struct err why = { 0 };
    if (!c)
        return 0;
    double start_s = clock_s();
    job_add_variant(&job, v);
    job.settings.ram_limit = 0; /* a prediction needs no limit */
    int rc = cell_start(r, c, true, &why) < 0 || client_run(&job, &sink, &why) < 0 ? -1 : 0;
    job.name = "memory";
    job.settings.ram_limit = r->plan->study->settings.ram_limit;
    if (rc == 0)
        rc = client_run(&job, &sink, &why);
    return cell_end(r, c, rc, &why, clock_s() - start_s, err);
}
