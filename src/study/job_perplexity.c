/* The job of kinds perplexity, kl, kl_self and kl_runtime: models[0] is the base when there are several. */
#include "base/clock.h"
#include "base/fs.h"
#include "engine/perplexity.h"
#include "study/job.h"

static int open_model(struct backend **out, const struct job *job, int i, struct err *err)
{
    struct backend_params p;
    job_backend_params(job, i, &p);
    perplexity_backend_params(&p, (int)job->settings.n_ctx, (int)job->settings.n_batch);
    return backend_open(out, job->models[i].path, &p, err);
}

static int measure(const struct job *job, struct backend *const model[], const char *text, size_t n_bytes,
                   const struct job_io *io, struct err *err)
{
    const struct perplexity_params p = {
        .n_ctx = (int)job->settings.n_ctx,
        .n_batch = (int)job->settings.n_batch,
        .n_chunks = (int)job->settings.n_chunks,
        .first_chunk = (int)job->first_chunk,
        .base_file = job->base_file,
        .save_file = job->save_file,
    };
    double start_s = clock_s();
    if (perplexity_run(model, job->n_models, &p, text, n_bytes, &io->sink, err) < 0)
        return -1;
    return sink_measure(&io->sink, 0, METRIC_JOB_S, job->first_chunk, clock_s() - start_s, err);
}

static int put_facts(const struct job *job, struct backend *const model[], const struct job_io *io, struct err *err)
{
    for (int i = 0; i < job->n_models; i++)
        if (sink_fact(&io->sink, i, "system", model[i]->info.system, err) < 0 ||
            sink_fact(&io->sink, i, "devices", model[i]->info.devices, err) < 0)
            return -1;
    return 0;
}

int job_perplexity(const struct job *job, const struct job_io *io, struct err *err)
{
    struct backend *model[JOB_MODELS_MAX] = { 0 };
    struct buf text = BUF_INIT;
    int ret = -1;
    if (job->text && fs_read(&text, job->text, err) < 0)
        goto done;
    for (int i = 0; i < job->n_models; i++)
        if (open_model(&model[i], job, i, err) < 0)
            goto done;
    if (put_facts(job, model, io, err) < 0 || measure(job, model, text.data, text.len, io, err) < 0) {
        /* the text's name belongs to the message, and only this level knows it */
        if (job->text && err->code == ERR_RANGE)
            err_prefix(err, "%s: ", job->text);
        goto done;
    }
    ret = 0;
done:
    for (int i = 0; i < job->n_models; i++)
        backend_close(model[i]);
    buf_release(&text);
    return ret;
}
