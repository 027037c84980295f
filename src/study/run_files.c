/* The files of levels: made when they are not there, described in the store, deleted when nobody keeps them. */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "study/runner_internal.h"
#include "study/synthetic.h"

/* What the file is, into the plan and the store. */
static int describe(struct runner *r, struct plan_variant *v, struct err *err)
{
    char sha256[SHA256_HEX_BYTES];
    if (plan_inspect(&v->file, &r->plan->arena, v->path, err) < 0 || sha256_file_cached(sha256, v->path, err) < 0)
        return -1;
    if (v->file.is_synthetic)
        r->plan->is_synthetic = true;
    for (int i = 0; i < r->plan->n_cells; i++)
        if (r->plan->cells[i].variant == v)
            r->plan->cells[i].n_bytes = v->file.file_bytes;
    return store_put_variant(r->store, v->model->id, v->level, v->imatrix_sha256, v->path, sha256, &v->file, &v->id,
                             err);
}

/* Two levels that are nearly the same file (widths that K-quants do not fit) are worth a word. */
static void warn_same(struct runner *r, const struct plan_variant *v)
{
    for (int i = 0; i < r->plan->n_variants; i++) {
        const struct plan_variant *o = &r->plan->variants[i];
        if (o == v || o->model != v->model || o->adapter || o->file.n_params == 0 || modelfile_similarity(&o->file, &v->file) < 0.98)
            continue;
        log_warn("%s: %s and %s are nearly the same file (%.2f and %.2f bits per weight)", v->model->name, o->level,
                 v->level, modelfile_bpw(&o->file), modelfile_bpw(&v->file));
    }
}

static int quantize(struct runner *r, struct plan_variant *v, struct plan_cell *c, struct err *err)
{
    struct route route = { .r = r, .cells = { c } };
    const struct sink sink = { route_put, &route };
    struct arena a;
    struct job job = job_for(r, "quantize");
    int ret = -1;
    arena_init(&a);
    job.models[job.n_models++].path = v->model->path;
    job.out = v->path;
    job.level = v->level;
    job.imatrix = v->imatrix_sha256[0] ? v->model->imatrix : NULL;
    job.settings.overwrite = false;
    if (fs_mkdirs(fs_dirname(&a, v->path), err) == 0)
        ret = client_run(&job, &sink, err);
    arena_release(&a);
    return ret;
}

static int make(struct runner *r, struct plan_variant *v, struct plan_cell *c, struct err *err)
{
    if (fs_exists(v->path))
        return describe(r, v, err);
    if ((!c && !synthetic_is(v->model->path)) || v->is_source || v->is_given)
        return err_set(err, ERR_IO, "%s: no such file", v->path);
    return quantize(r, v, c, err) < 0 ? -1 : describe(r, v, err);
}

/* A variant with an adapter has the file of the one without. */
static int run_shared_file(struct runner *r, struct plan_variant *v, struct err *err)
{
    const int rc = run_file(r, v->file_of, err);
    v->file = v->file_of->file;
    v->id = v->file_of->id;
    v->reason = v->reason ? v->reason : v->file_of->reason;
    for (int i = 0; i < r->plan->n_cells; i++)
        if (r->plan->cells[i].variant == v && v->file.file_bytes > 0)
            r->plan->cells[i].n_bytes = v->file.file_bytes;
    return rc;
}

int run_file(struct runner *r, struct plan_variant *v, struct err *err)
{
    if (v->file_of)
        return run_shared_file(r, v, err);
    struct plan_cell *c = NULL;
    for (int i = 0; i < r->plan->n_cells; i++) /* done or not: its file may have been deleted since */
        if (r->plan->cells[i].variant == v && r->plan->cells[i].kind == KIND_QUANTIZE)
            c = &r->plan->cells[i];
    bool pending = c && cell_is_pending(r, c);
    struct err why = { 0 };
    double start_s = clock_s();
    if (v->file.n_params > 0 && fs_exists(v->path) && !pending)
        return 1;
    if (pending && cell_start(r, c, true, err) < 0)
        return -1;
    int rc = make(r, v, c, &why);
    if (rc < 0 && err_ends_run(&why))
        return err_set(err, why.code, "%s", why.msg);
    if (rc < 0)
        v->reason = arena_strdup(&r->plan->arena, why.msg);
    else
        warn_same(r, v);
    if (pending && cell_end(r, c, rc, &why, clock_s() - start_s, err) < 0)
        return -1;
    return store_commit(r->store, err) < 0 ? -1 : rc == 0;
}

int run_remove_file(struct plan_variant *v, struct err *err)
{
    if (v->is_source || v->is_given)
        return 0;
    return fs_remove(v->path, err);
}
