#include "study/runner.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "machine/memory.h"
#include "store/query.h"
#include "study/runner_internal.h"
#include "study/synthetic.h"

/* --- cells ------------------------------------------------------------------------------------- */

bool err_ends_run(const struct err *err)
{
    return err->code == ERR_CANCELLED || err->code == ERR_STORE;
}

bool cell_is_pending(const struct runner *r, const struct plan_cell *c)
{
    if (c->status == STORE_DONE || c->reason)
        return false;
    return c->status != STORE_FAILED || r->plan->study->settings.retry_failed;
}

struct plan_cell *cell_pending(struct runner *r, const struct plan_variant *v, enum kind k)
{
    for (int i = 0; i < r->plan->n_cells; i++) {
        struct plan_cell *c = &r->plan->cells[i];
        if (c->variant == v && c->kind == k && cell_is_pending(r, c))
            return c;
    }
    return NULL;
}

static int claim(struct runner *r, struct plan_cell *c, struct err *err)
{
    struct store_cell found;
    const struct store_cell_spec spec = {
        .variant_id = c->variant->id, .identity = c->identity, .machine_id = r->plan->machine_id,
        .is_synthetic = r->plan->is_synthetic, .adapter = c->variant->adapter ? c->variant->adapter->name : NULL,
        .adapter_scale = c->variant->adapter ? c->variant->adapter->scale : 0,
    };
    if (store_cell_claim(r->store, &spec, &found, err) < 0)
        return -1;
    c->id = found.id;
    c->next_index = found.next_index;
    return 0;
}

int cell_start(struct runner *r, struct plan_cell *c, bool forget, struct err *err)
{
    if (claim(r, c, err) < 0 || store_cell_start(r->store, c->id, forget, err) < 0)
        return -1;
    if (forget)
        c->next_index = 0;
    c->status = STORE_RUNNING;
    return 0;
}

/* Seconds of a cell, from what a byte of model cost in this run, or in earlier ones; 0: never timed. */
static double cell_cost(const struct runner *r, const struct plan_cell *c)
{
    double s_per_byte = r->cost_bytes[c->kind] > 0 ? r->cost_s[c->kind] / r->cost_bytes[c->kind] : r->before_s_per_byte[c->kind];
    return (double)c->n_bytes * s_per_byte;
}

static void set_eta(struct run_progress *p, const struct runner *r)
{
    for (int i = 0; i < r->plan->n_cells; i++) {
        const struct plan_cell *c = &r->plan->cells[i];
        if (!cell_is_pending(r, c))
            continue;
        double s = cell_cost(r, c);
        p->eta_s += s;
        p->eta_is_partial |= s <= 0;
    }
}

/* With the settings of this study when there were such cells, else with any. */
static int read_cost(struct runner *r, const struct plan_cell *c, struct err *err)
{
    double s, bytes;
    for (int i = 0; i < 2 && r->before_s_per_byte[c->kind] <= 0; i++) {
        if (query_cost(r->store, kind_info(c->kind)->name, r->plan->machine_id, r->plan->is_synthetic,
                       i == 0 ? c->identity.settings : NULL, &s, &bytes, err) < 0)
            return -1;
        if (bytes > 0)
            r->before_s_per_byte[c->kind] = s / bytes;
    }
    return 0;
}

static int read_costs(struct runner *r, struct err *err)
{
    bool seen[KIND_COUNT] = { false };
    for (int i = 0; i < r->plan->n_cells; i++) {
        const struct plan_cell *c = &r->plan->cells[i];
        if (!seen[c->kind] && cell_is_pending(r, c) && read_cost(r, c, err) < 0)
            return -1;
        seen[c->kind] = true;
    }
    return 0;
}

static struct run_progress progress_of(const struct runner *r, const struct plan_cell *c)
{
    struct run_progress p = {
        .i_cell = r->result.n_done + r->result.n_failed, .n_cells = r->n_cells,
        .model = c->variant->model->name, .level = c->variant->label,
        .kind = c->task ? c->task->name : kind_info(c->kind)->name, .n_scored = c->n_scored, .score_sum = c->score_sum,
    };
    set_eta(&p, r);
    return p;
}

static void account(struct runner *r, struct plan_cell *c, bool is_done, double elapsed_s)
{
    c->status = is_done ? STORE_DONE : STORE_FAILED;
    r->result.n_done += is_done;
    r->result.n_failed += !is_done;
    if (is_done) {
        r->cost_s[c->kind] += elapsed_s;
        r->cost_bytes[c->kind] += (double)c->n_bytes;
    }
    struct run_progress p = progress_of(r, c);
    if (r->view->finished)
        r->view->finished(r->view->ctx, c, &p, elapsed_s);
}

/* A cell that was resumed took longer than this run knows. */
static int put_cost(struct runner *r, const struct plan_cell *c, double elapsed_s, struct err *err)
{
    const struct event e = { .kind = EVENT_MEASURE, .metric = METRIC_CELL_S, .value = elapsed_s };
    return c->next_index > 0 ? 0 : store_put(r->store, c->id, &e, err);
}

int cell_end(struct runner *r, struct plan_cell *c, int job, const struct err *job_err, double elapsed_s,
             struct err *err)
{
    if (job < 0 && err_ends_run(job_err))
        return err_set(err, job_err->code, "%s", job_err->msg);
    if (job < 0) {
        store_rollback(r->store); /* the chunk in flight */
        c->reason = arena_strdup(&r->plan->arena, job_err->msg);
    }
    if ((!c->id && claim(r, c, err) < 0) || (job == 0 && put_cost(r, c, elapsed_s, err) < 0) ||
        store_cell_finish(r->store, c->id, c->reason, err) < 0)
        return -1;
    account(r, c, job == 0, elapsed_s);
    return 0;
}

/* --- events ------------------------------------------------------------------------------------ */

/* The cells of a route are in work together: what is done of one is done of all. */
static void take_off_done(struct run_progress *p, const struct route *route, const struct event *e)
{
    /* the models of a text move together, the tasks of a model one after the other */
    for (int i = 0; i < JOB_SLOTS_MAX && e->total > 0; i++)
        if (route->cells[i] && (!route->cells[i]->task || i == e->slot))
            p->eta_s -= cell_cost(route->r, route->cells[i]) * (double)e->done / (double)e->total;
}

static void show_progress(struct route *route, const struct event *e)
{
    struct runner *r = route->r;
    int slot = e->slot;
    while (slot < JOB_SLOTS_MAX && !route->cells[slot]) /* a base that nobody measures is slot 0 */
        slot++;
    if (slot == JOB_SLOTS_MAX || !r->view->progress)
        return;
    struct run_progress p = progress_of(r, route->cells[slot]);
    take_off_done(&p, route, e);
    p.done = e->done;
    p.total = e->total;
    p.unit = e->text;
    p.tps = e->value;
    r->view->progress(r->view->ctx, &p);
}

/* What the progress line shows of a task: one metric a document. */
static bool is_right_or_wrong(enum metric m)
{
    return m == METRIC_ACC || m == METRIC_EXACT_MATCH || m == METRIC_PROMPT_STRICT || m == METRIC_ROUGE1_ACC;
}

int route_put(void *ctx, const struct event *e, struct err *err)
{
    struct route *route = ctx;
    if (e->kind == EVENT_PROGRESS) {
        show_progress(route, e);
        return 0;
    }
    if (e->kind == EVENT_LOG)
        log_warn("%s", e->text);
    if (e->kind == EVENT_COMMIT)
        return store_commit(route->r->store, err);
    if (e->kind == EVENT_MEASURE && e->metric == METRIC_DECODE_S)
        route->r->result.decode_s += e->value;
    int slot = route->keep_slot ? 0 : e->slot;
    if (slot < 0 || slot >= JOB_SLOTS_MAX || !route->cells[slot])
        return 0;
    if (e->kind == EVENT_MEASURE && e->sub == 0 && is_right_or_wrong(e->metric)) {
        route->cells[slot]->n_scored++;
        route->cells[slot]->score_sum += e->value;
    }
    struct event stored = *e;
    stored.slot = route->keep_slot ? e->slot : e->sub;
    return store_put(route->r->store, route->cells[slot]->id, &stored, err);
}

/* --- the run ----------------------------------------------------------------------------------- */

struct job job_for(const struct runner *r, const char *name)
{
    return (struct job){ .name = name, .settings = r->plan->study->settings, .text = r->plan->study->settings.file };
}

void job_add_variant(struct job *job, const struct plan_variant *v)
{
    job->models[job->n_models++] = (struct job_model){
        .path = v->path, .adapter = v->adapter ? v->adapter->path : NULL, .adapter_scale = v->adapter ? v->adapter->scale : 0,
    };
}

int64_t memory_budget(const struct runner *r)
{
    struct memory_info m;
    if (r->plan->study->settings.memory_budget > 0)
        return r->plan->study->settings.memory_budget;
    return memory_info_load(&m, NULL, NULL) < 0 ? 0 : m.available_bytes / 10 * 6;
}

static int fail_variant(struct runner *r, const struct plan_variant *v, const char *reason, struct err *err)
{
    struct err why = { 0 };
    err_set(&why, ERR_MODEL, "%s", reason);
    for (int i = 0; i < r->plan->n_cells; i++) {
        struct plan_cell *c = &r->plan->cells[i];
        if (c->variant == v && cell_is_pending(r, c) && cell_end(r, c, -1, &why, 0, err) < 0)
            return -1;
    }
    return 0;
}

static bool has_pending(const struct runner *r, const struct plan_variant *v)
{
    for (int i = 0; i < r->plan->n_cells; i++)
        if (r->plan->cells[i].variant == v && cell_is_pending(r, &r->plan->cells[i]))
            return true;
    return false;
}

/* Levels with the same adapter together: the base with it is what they are compared with. */
static int run_texts(struct runner *r, struct plan_variant **v, int n, struct err *err)
{
    bool is_done[LEVELS_MAX] = { false };
    for (int i = 0; i < n; i++) {
        struct plan_variant *some[LEVELS_MAX];
        int n_some = 0;
        for (int k = i; k < n; k++)
            if (!is_done[k] && v[k]->adapter == v[i]->adapter) {
                some[n_some++] = v[k];
                is_done[k] = true;
            }
        if (run_text(r, some, n_some, err) < 0)
            return -1;
    }
    return 0;
}

/* Of random weights nothing is asked but how fast and how large they are. */
static int refuse_quality(struct runner *r, const struct plan_variant *v, struct err *err)
{
    struct err why = { 0 };
    err_set(&why, ERR_UNSUPPORTED, "%s: %s", v->path, synthetic_refusal);
    for (int i = 0; v->file.has_synthetic_weights && i < r->plan->n_cells; i++) {
        struct plan_cell *c = &r->plan->cells[i];
        const bool is_quality = !kind_info(c->kind)->on_machine && c->kind != KIND_QUANTIZE;
        if (c->variant == v && is_quality && cell_is_pending(r, c) && cell_end(r, c, -1, &why, 0, err) < 0)
            return -1;
    }
    return 0;
}

/* Files of a batch of levels, then everything that is measured on them. */
static int run_batch(struct runner *r, struct plan_variant **v, int n, struct err *err)
{
    int n_ready = 0;
    for (int i = 0; i < n; i++) {
        int rc = v[i]->reason ? 0 : run_file(r, v[i], err);
        if (rc < 0 || (rc == 0 && fail_variant(r, v[i], v[i]->reason, err) < 0))
            return -1;
        if (rc == 1 && refuse_quality(r, v[i], err) < 0)
            return -1;
        if (rc == 1)
            v[n_ready++] = v[i];
    }
    if (run_texts(r, v, n_ready, err) < 0 || run_speed(r, v, n_ready, err) < 0)
        return -1;
    for (int i = 0; i < n_ready; i++)
        if (run_tasks(r, v[i], err) < 0 || run_memory(r, v[i], err) < 0)
            return -1;
    return 0;
}

static int pending_levels(struct runner *r, const struct plan_model *m, struct plan_variant **out)
{
    int n = 0;
    for (int i = 0; i < r->plan->n_variants; i++)
        if (r->plan->variants[i].model == m && n < LEVELS_MAX && has_pending(r, &r->plan->variants[i]))
            out[n++] = &r->plan->variants[i];
    return n;
}

/* keep_files: no: one level at a time; only the base, which kl needs, stays until the model is done. */
static int run_one_by_one(struct runner *r, struct plan_model *m, struct plan_variant **v, int n, struct err *err)
{
    struct plan_variant *base = plan_base(r->plan, m, NULL);
    for (int i = 0, n_same; i < n; i += n_same) {
        struct plan_variant *same[LEVELS_MAX]; /* one file: with adapters and without */
        for (n_same = 0; i + n_same < n && strcmp(v[i + n_same]->path, v[i]->path) == 0; n_same++)
            same[n_same] = v[i + n_same];
        if (run_batch(r, same, n_same, err) < 0)
            return -1;
        if ((!base || strcmp(v[i]->path, base->path) != 0) && run_remove_file(v[i], err) < 0)
            return -1;
    }
    return base ? run_remove_file(base, err) : 0;
}

static int run_model(struct runner *r, struct plan_model *m, struct err *err)
{
    struct plan_variant *v[LEVELS_MAX];
    int n = pending_levels(r, m, v);
    return r->plan->study->settings.keep_files ? run_batch(r, v, n, err) : run_one_by_one(r, m, v, n, err);
}

static int put_nouns(struct runner *r, struct err *err)
{
    struct plan *p = r->plan;
    if (store_begin(r->store, err) < 0 || store_put_machine(r->store, p->machine_id, p->machine_info, err) < 0)
        return -1;
    for (int i = 0; i < p->n_models; i++)
        if (store_put_model(r->store, p->models[i].sha256, &p->models[i].file, &p->models[i].id, err) < 0)
            return -1;
    for (int i = 0; i < p->n_variants; i++) {
        struct plan_variant *v = &p->variants[i];
        bool is_known = v->file.n_params > 0; /* a file that a command measures as it is */
        if (store_put_variant(r->store, v->model->id, v->level, v->imatrix_sha256, v->path,
                              is_known ? v->model->sha256 : NULL, is_known ? &v->file : NULL, &v->id, err) < 0)
            return -1;
    }
    return store_commit(r->store, err);
}

static void count_cells(struct runner *r)
{
    for (int i = 0; i < r->plan->n_cells; i++) {
        bool pending = cell_is_pending(r, &r->plan->cells[i]);
        r->n_cells += pending;
        r->result.n_kept += !pending;
    }
}

int runner_run(struct plan *p, struct store *store, const struct run_view *view, struct run_result *out,
               struct err *err)
{
    struct runner r = { .plan = p, .store = store, .view = view };
    double start_s = clock_s();
    int ret = -1;
    count_cells(&r);
    if (put_nouns(&r, err) < 0 || read_costs(&r, err) < 0)
        goto done;
    for (int i = 0; i < p->n_models; i++)
        if (run_model(&r, &p->models[i], err) < 0)
            goto done;
    ret = 0;
done:
    r.result.elapsed_s = clock_s() - start_s;
    *out = r.result;
    return ret;
}
