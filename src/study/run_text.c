/* Cells measured on a text: perplexity, kl, kl_self, kl_runtime. */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "engine/perplexity.h"
#include "study/runner_internal.h"

enum { FLOOR_CHUNKS = 8 }; /* of the text, for kl_self and kl_runtime: a floor needs no more */

/* One worker over models; cells[i] wants slot i. */
static int run_worker(struct runner *r, struct job *job, struct route *route, struct err *err)
{
    const struct sink sink = { route_put, route };
    struct backend_params layout = { 0 };
    int64_t first = -1;
    for (int i = 0; i < job->n_models; i++) {
        struct plan_cell *c = route->cells[i];
        if (c && cell_start(r, c, false, err) < 0)
            return -1;
        if (c && (first < 0 || c->next_index < first))
            first = c->next_index;
    }
    perplexity_backend_params(&layout, (int)job->settings.n_ctx, (int)job->settings.n_batch);
    job->first_chunk = first - first % layout.n_seq_max; /* chunks are decoded in groups */
    return client_run(job, &sink, err);
}

static int end_all(struct runner *r, struct route *route, int rc, const struct err *why, double elapsed_s,
                   struct err *err)
{
    int n = 0;
    for (int i = 0; i < JOB_MODELS_MAX; i++)
        n += route->cells[i] != NULL;
    for (int i = 0; i < JOB_MODELS_MAX; i++)
        if (route->cells[i] && cell_end(r, route->cells[i], rc, why, elapsed_s / n, err) < 0)
            return -1;
    return 0;
}

static int run_single(struct runner *r, struct job *job, struct route *route, struct err *err)
{
    struct err why = { 0 };
    double start_s = clock_s();
    int rc = run_worker(r, job, route, &why);
    return end_all(r, route, rc, &why, clock_s() - start_s, err);
}

static void add_model(struct job *job, struct route *route, const struct plan_variant *v, int64_t n_ubatch, struct plan_cell *c)
{
    route->cells[job->n_models] = c;
    job_add_variant(job, v);
    job->models[job->n_models - 1].n_ubatch = n_ubatch;
}

static int run_perplexity(struct runner *r, struct plan_variant *v, struct err *err)
{
    struct plan_cell *c = cell_pending(r, v, KIND_PERPLEXITY);
    struct route route = { .r = r };
    struct job job = job_for(r, "perplexity");
    if (!c)
        return 0;
    job.save_file = job.settings.save_all_logits;
    add_model(&job, &route, v, 0, c);
    return run_single(r, &job, &route, err);
}

/* The base twice: as it is (kl_self), or with a quarter of n_ubatch (kl_runtime). */
static int run_floor(struct runner *r, struct plan_variant *base, enum kind k, struct err *err)
{
    struct plan_cell *c = cell_pending(r, base, k);
    struct route route = { .r = r };
    struct job job = job_for(r, "perplexity");
    if (!c)
        return 0;
    if (job.settings.n_chunks < 0 || job.settings.n_chunks > FLOOR_CHUNKS)
        job.settings.n_chunks = FLOOR_CHUNKS;
    int64_t quarter = job.settings.n_ubatch / 4;
    add_model(&job, &route, base, 0, NULL);
    add_model(&job, &route, base, k == KIND_KL_RUNTIME && quarter > 0 ? quarter : 0, c);
    return run_single(r, &job, &route, err);
}

/* --- kl ---------------------------------------------------------------------------------------- */

/* Levels [n] in one worker with the base (path NULL: a logits file is); base_cell is the base's own cell, or NULL. */
static int run_group(struct runner *r, const struct job_model *base, struct plan_cell *base_cell, struct plan_cell **levels,
                     int n, struct err *err)
{
    struct route route = { .r = r };
    struct job job = job_for(r, "perplexity");
    struct err why = { 0 };
    double start_s = clock_s();
    job.base_file = base->path ? NULL : job.settings.kl_divergence_base;
    route.cells[0] = base_cell;
    if (base->path)
        job.models[job.n_models++] = *base;
    for (int i = 0; i < n; i++)
        add_model(&job, &route, levels[i]->variant, 0, levels[i]);
    int rc = run_worker(r, &job, &route, &why);
    /* one bad file spoils a group: try its cells alone before anybody is blamed */
    if (rc < 0 && !err_ends_run(&why) && n + (base_cell != NULL) > 1) {
        store_rollback(r->store);
        if (base_cell && run_group(r, base, base_cell, NULL, 0, err) < 0)
            return -1;
        for (int i = 0; i < n; i++)
            if (run_group(r, base, NULL, &levels[i], 1, err) < 0)
                return -1;
        return 0;
    }
    return end_all(r, &route, rc, &why, clock_s() - start_s, err);
}

/* How many of the levels may be loaded beside the base. */
static int group_size(struct runner *r, const struct job_model *base, struct plan_cell **levels, int n)
{
    int64_t left = memory_budget(r), n_bytes = 0;
    int fits = 0;
    if (base->path && fs_size(&n_bytes, base->path, NULL) == 0)
        left -= n_bytes;
    while (fits < n && fits < JOB_MODELS_MAX - 1 && (left -= levels[fits]->n_bytes) >= 0)
        fits++;
    return fits > 0 ? fits : n > 0;
}

/* The base with the variant's own adapter: what differs is the level alone. */
static struct job_model base_of(struct runner *r, const struct plan_variant *v)
{
    const struct plan_variant *base = plan_base(r->plan, v->model, v->adapter);
    return (struct job_model){
        .path = v->base_path ? v->base_path : base ? base->path : NULL,
        .adapter = v->adapter ? v->adapter->path : NULL, .adapter_scale = v->adapter ? v->adapter->scale : 0,
    };
}

/* The base's file must be there even when all of the base's own cells are done. */
static int ensure_base(struct runner *r, struct plan_variant *v, struct err *err)
{
    struct plan_variant *base = plan_base(r->plan, v->model, v->adapter);
    return base && !v->base_path ? run_file(r, base, err) : 1;
}

static int fail_without_base(struct runner *r, struct plan_variant *v, struct plan_cell **levels, int n, struct err *err)
{
    struct err why = { 0 };
    const struct plan_variant *base = plan_base(r->plan, v->model, v->adapter);
    err_set(&why, ERR_MODEL, "the base %s cannot be used: %s", base->level, base->reason ? base->reason : "no file");
    for (int i = 0; i < n; i++)
        if (cell_end(r, levels[i], -1, &why, 0, err) < 0)
            return -1;
    return 0;
}

static int run_kl(struct runner *r, struct plan_variant **v, int n, struct err *err)
{
    struct plan_cell *levels[LEVELS_MAX], *base_cell = NULL;
    int n_levels = 0;
    for (int i = 0; i < n && n_levels < LEVELS_MAX; i++) {
        struct plan_cell *c = cell_pending(r, v[i], KIND_KL);
        if (c && v[i]->is_base)
            base_cell = c;
        else if (c)
            levels[n_levels++] = c;
    }
    if (!n_levels && !base_cell)
        return 0;
    int rc = ensure_base(r, v[0], err);
    if (rc <= 0)
        return rc < 0 ? -1 : fail_without_base(r, v[0], levels, n_levels, err);
    const struct job_model base = base_of(r, v[0]);
    for (int at = 0; at < n_levels || base_cell; base_cell = NULL) {
        int size = group_size(r, &base, levels + at, n_levels - at);
        if (run_group(r, &base, base_cell, levels + at, size, err) < 0)
            return -1;
        at += size;
    }
    return 0;
}

int run_text(struct runner *r, struct plan_variant **v, int n, struct err *err)
{
    if (n > 0 && run_kl(r, v, n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (run_perplexity(r, v[i], err) < 0 || run_floor(r, v[i], KIND_KL_SELF, err) < 0 ||
            run_floor(r, v[i], KIND_KL_RUNTIME, err) < 0)
            return -1;
    return 0;
}
