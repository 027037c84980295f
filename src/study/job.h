/*
 * job: one piece of work for a worker process, as one JSON line. A child does it, so that an abort in the
 * engine costs one cell, and peak memory is its own.
 *
 * The parent formats, the worker parses: both from this struct. Unset texts are NULL.
 * Jobs    study/worker.c has the table {name, run}; each job_*.c is one row of it.
 */
#ifndef PERBIT_STUDY_JOB_H
#define PERBIT_STUDY_JOB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/event.h"
#include "study/settings.h"

enum {
    JOB_MODELS_MAX = 32,
    JOB_SLOTS_MAX = 512 /* models, or tasks */
};

struct job_model {
    const char *path;
    int64_t n_ubatch;     /* 0: the settings' */
    const char *adapter;  /* LoRA file, or NULL */
    double adapter_scale;
};

/* eval: one leaf of the settings' tasks, in the order in which they resolve; events have its position here as slot. */
struct job_task {
    int64_t i_task;
    int64_t first;   /* document to go on from */
};

struct job {
    const char *name;               /* "perplexity" */
    struct job_model models[JOB_MODELS_MAX];
    int n_models;
    const char *text;               /* file */
    const char *base_file, *save_file; /* logits files */
    const char *out, *level, *imatrix; /* quantize: models[0] is the source */
    int64_t first_chunk;
    const struct job_task *tasks;
    int n_tasks;
    struct settings settings;
};

/* What a running job talks to. */
struct job_io {
    struct sink sink;
    /* Interactive jobs: waits for the parent's next word; 1 and *line, 0 at the end, -1 error. */
    int (*next)(void *ctx, const char **line, struct err *err);
    void *ctx;
};

void job_format(struct buf *out, const struct job *job); /* one line, without the newline */
int job_parse(struct job *out, struct arena *a, const char *line, struct err *err);
/* How model i is opened: the settings, its own n_ubatch and adapter. */
void job_backend_params(const struct job *job, int i, struct backend_params *out);

int job_quantize(const struct job *job, const struct job_io *io, struct err *err);
int job_convert(const struct job *job, const struct job_io *io, struct err *err);
int job_predict_bytes(const struct job *job, const struct job_io *io, struct err *err);
int job_inspect(const struct job *job, const struct job_io *io, struct err *err);
int job_perplexity(const struct job *job, const struct job_io *io, struct err *err);
int job_eval(const struct job *job, const struct job_io *io, struct err *err);
int job_speed(const struct job *job, const struct job_io *io, struct err *err);
int job_memory(const struct job *job, const struct job_io *io, struct err *err);
int job_predict_memory(const struct job *job, const struct job_io *io, struct err *err);
int job_bandwidth(const struct job *job, const struct job_io *io, struct err *err);

#endif
