/* The jobs about files: make a level, predict its size, say what a file is. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "engine/backend.h"
#include "engine/quantize.h"
#include "study/job.h"
#include "study/synthetic.h"

static struct quantize_params params_of(const struct job *job)
{
    return (struct quantize_params){
        .in = job->models[0].path,
        .out = job->out,
        .level = job->level,
        .imatrix = job->imatrix,
        .n_threads = (int)job->settings.n_threads,
        .allow_requantize = job->settings.allow_requantize,
        .pure = job->settings.pure,
        .overwrite = job->settings.overwrite,
    };
}

int job_quantize(const struct job *job, const struct job_io *io, struct err *err)
{
    struct quantize_params p = params_of(job);
    double start_s = clock_s();
    int rc = synthetic_is(p.in) ? synthetic_make(p.in, p.out, p.level, &io->sink, err) : quantize_file(&p, &io->sink, err);
    return rc < 0 ? -1 : sink_measure(&io->sink, 0, METRIC_JOB_S, 0, clock_s() - start_s, err);
}

int job_predict_bytes(const struct job *job, const struct job_io *io, struct err *err)
{
    struct quantize_params p = params_of(job);
    int64_t n_bytes;
    char text[32];
    if (quantize_predict_bytes(&n_bytes, &p, err) < 0)
        return -1;
    snprintf(text, sizeof text, "%" PRId64, n_bytes);
    return sink_fact(&io->sink, 0, "predicted_bytes", text, err);
}

int job_inspect(const struct job *job, const struct job_io *io, struct err *err)
{
    struct modelfile f;
    struct arena a;
    struct buf text = BUF_INIT;
    int ret = -1;
    arena_init(&a);
    const char *path = job->models[0].path;
    if ((synthetic_is(path) ? synthetic_inspect(&f, &a, path, job->level, err) : modelfile_inspect(&f, &a, path, err)) < 0)
        goto done;
    modelfile_json(&text, &f);
    ret = sink_fact(&io->sink, 0, "modelfile", text.data, err);
done:
    buf_release(&text);
    arena_release(&a);
    return ret;
}
