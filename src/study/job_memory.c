/*
 * The jobs of kind memory. "memory" does the work a user does (prompt of 512 tokens, then 16 more, at the context
 * length asked) in a fresh process and reads what the kernel says of it. "predict_memory" loads the same without
 * weights and adds up what it will take.
 */
#include "base/clock.h"
#include "engine/speed.h"
#include "machine/memory.h"
#include "study/job.h"

/* the times of this work are of no interest */
static int ignore(void *ctx, const struct event *e, struct err *err)
{
    (void)ctx, (void)e, (void)err;
    return 0;
}
static const struct sink nowhere = { ignore, NULL };

static const struct speed_test typical = { .n_prompt = 512, .n_gen = 16 };

static int open_model(struct backend **out, const struct job *job, bool no_alloc, struct err *err)
{
    struct backend_params p;
    job_backend_params(job, 0, &p);
    speed_backend_params(&p, &typical, 1);
    p.n_ctx = (int)job->settings.memory_ctx;
    p.load_mode = "none"; /* mmap would count repacked weights twice */
    p.no_alloc = no_alloc;
    return backend_open(out, job->models[0].path, &p, err);
}

static int put_usage(const struct sink *sink, struct err *err)
{
    struct memory_use m;
    if (memory_use_load(&m, NULL, 0, err) < 0)
        return -1;
    if (sink_measure(sink, 0, METRIC_PEAK_RSS, 0, (double)m.rss_peak_bytes, err) < 0 ||
        sink_measure(sink, 0, METRIC_RSS_ANON, 0, (double)m.rss_anon_bytes, err) < 0 ||
        sink_measure(sink, 0, METRIC_RSS_FILE, 0, (double)m.rss_file_bytes, err) < 0)
        return -1;
    return 0;
}

int job_memory(const struct job *job, const struct job_io *io, struct err *err)
{
    struct backend *b = NULL;
    int ret = -1;
    if (open_model(&b, job, false, err) < 0 ||
        speed_repeat(b, &typical, 0, (int)job->settings.n_batch, 0, &nowhere, err) < 0 || put_usage(&io->sink, err) < 0)
        goto done;
    ret = sink_measure(&io->sink, 0, METRIC_DECODE_S, 0, b->decode_s, err);
done:
    backend_close(b);
    return ret;
}

int job_predict_memory(const struct job *job, const struct job_io *io, struct err *err)
{
    struct backend *b = NULL;
    struct memory_use m;
    struct modelfile f;
    struct arena a;
    int ret = -1;
    arena_init(&a);
    if (modelfile_inspect(&f, &a, job->models[0].path, err) < 0 || open_model(&b, job, true, err) < 0 ||
        memory_use_load(&m, NULL, 0, err) < 0)
        goto done;
    /* the engine's plan knows sliding windows, shared layers and the cache's types; the file's shape alone does not */
    double kv = b->info.kv_bytes > 0 ? (double)b->info.kv_bytes
                                     : (double)f.kv_bytes_per_token * (double)job->settings.memory_ctx;
    if (sink_measure(&io->sink, 0, METRIC_PRED_WEIGHTS, 0, (double)(f.tensor_bytes + b->info.adapter_bytes), err) < 0 ||
        sink_measure(&io->sink, 0, METRIC_PRED_KV, 0, kv, err) < 0 ||
        sink_measure(&io->sink, 0, METRIC_PRED_COMPUTE, 0, (double)b->info.compute_bytes, err) < 0 ||
        sink_measure(&io->sink, 0, METRIC_PRED_RUNTIME, 0, (double)m.rss_peak_bytes, err) < 0)
        goto done;
    ret = 0;
done:
    backend_close(b);
    arena_release(&a);
    return ret;
}
