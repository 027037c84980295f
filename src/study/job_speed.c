/*
 * The jobs of kind speed. Interactive: after load and warm-up it waits; each word "go" is one repetition of
 * every test, so that the parent can interleave several models; end of input ends the job.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/speed.h"
#include "machine/bandwidth.h"
#include "machine/cpu.h"
#include "machine/energy.h"
#include "study/job.h"
#include "study/workload.h"

struct speed_job {
    const struct job *job;
    const struct job_io *io;
    struct backend *backend;
    struct speed_test tests[WORKLOADS_MAX];
    int n_tests;
    int64_t n_done; /* repetitions */
};

static int open_model(struct speed_job *s, struct err *err)
{
    struct backend_params p;
    job_backend_params(s->job, 0, &p);
    speed_backend_params(&p, s->tests, s->n_tests);
    double start_s = clock_s();
    if (backend_open(&s->backend, s->job->models[0].path, &p, err) < 0)
        return -1;
    return sink_measure(&s->io->sink, 0, METRIC_LOAD_S, 0, clock_s() - start_s, err);
}

static int warm_up(struct speed_job *s, struct err *err)
{
    for (int64_t i = 0; i < s->job->settings.n_warmup; i++)
        for (int t = 0; t < s->n_tests; t++)
            if (speed_warmup(s->backend, &s->tests[t], (int)s->job->settings.n_batch, err) < 0)
                return -1;
    return 0;
}

static int put_machine_state(struct speed_job *s, int slot, const struct cpu_sample *before, struct err *err)
{
    struct cpu_sample after;
    const struct sink *sink = &s->io->sink;
    cpu_sample_take(&after, NULL);
    struct cpu_change d = cpu_sample_diff(before, &after);
    if (sink_measure(sink, slot, METRIC_STEAL_PCT, s->n_done, d.steal_pct, err) < 0 ||
        sink_measure(sink, slot, METRIC_THROTTLE, s->n_done, d.n_throttles > 0, err) < 0 ||
        sink_measure(sink, slot, METRIC_CPU_MHZ, s->n_done, d.mhz, err) < 0)
        return -1;
    return 0;
}

static int repeat_test(struct speed_job *s, int t, struct err *err)
{
    struct cpu_sample before;
    struct energy e;
    double joules;
    cpu_sample_take(&before, NULL);
    bool has_energy = energy_open(&e, NULL, NULL) == 0;
    if (speed_repeat(s->backend, &s->tests[t], t, (int)s->job->settings.n_batch, s->n_done, &s->io->sink, err) < 0)
        return -1;
    if (has_energy && energy_joules(&e, &joules, NULL) == 0 &&
        sink_measure(&s->io->sink, t, METRIC_ENERGY_J, s->n_done, joules, err) < 0)
        return -1;
    return put_machine_state(s, t, &before, err);
}

static int repeat(struct speed_job *s, struct err *err)
{
    for (int t = 0; t < s->n_tests; t++)
        if (repeat_test(s, t, err) < 0)
            return -1;
    int n_prompt = (int)s->job->settings.n_prompt;
    if (s->job->settings.ttft && n_prompt > 0 &&
        speed_ttft(s->backend, n_prompt, (int)s->job->settings.n_batch, 0, s->n_done, &s->io->sink, err) < 0)
        return -1;
    return sink_commit(&s->io->sink, 0, s->n_done++, err);
}

static int flash_attn_number(const char *word)
{
    return strcmp(word, "on") == 0 ? 1 : strcmp(word, "off") == 0 ? 0 : -1;
}

/*
 * llama-bench's description of a set-up, under its names. What perbit has no setting for is what the engine does without
 * one, and has llama-bench's word for that.
 */
static void put_llama_bench(struct jw *w, const struct job *job, const struct backend_info *b)
{
    const struct settings *s = &job->settings;
    jw_object(w);
    jw_kstr(w, "build_commit", b->build_commit);
    jw_kint(w, "build_number", b->build_number);
    jw_kstr(w, "cpu_info", b->cpu_info);
    jw_kstr(w, "gpu_info", b->gpu_info);
    jw_kstr(w, "backends", b->backends);
    jw_kstr(w, "model_filename", job->models[0].path);
    jw_kstr(w, "model_type", b->model_desc);
    jw_kint(w, "model_size", b->model_bytes);
    jw_kint(w, "model_n_params", b->n_params);
    jw_kint(w, "n_batch", s->n_batch);
    jw_kint(w, "n_ubatch", s->n_ubatch);
    jw_kint(w, "n_threads", b->n_threads);
    jw_kstr(w, "cpu_mask", "0x0");
    jw_kbool(w, "cpu_strict", false);
    jw_kint(w, "poll", 50);
    jw_kstr(w, "type_k", s->type_k);
    jw_kstr(w, "type_v", s->type_v);
    jw_kint(w, "n_gpu_layers", s->n_gpu_layers);
    jw_kint(w, "n_cpu_moe", 0);
    jw_kstr(w, "split_mode", "layer");
    jw_kint(w, "main_gpu", 0);
    jw_kbool(w, "no_kv_offload", false);
    jw_kint(w, "flash_attn", flash_attn_number(s->flash_attn));
    jw_kstr(w, "devices", "auto");
    jw_kstr(w, "tensor_split", "0.00");
    jw_kstr(w, "tensor_buft_overrides", "none");
    jw_kstr(w, "load_mode", s->load_mode);
    jw_kstr(w, "lazy_mode", "auto");
    jw_kbool(w, "embeddings", false);
    jw_kint(w, "no_op_offload", 0);
    jw_kbool(w, "no_host", false);
    jw_kbool(w, "repack", s->repack);
    jw_kint(w, "fit_target", 0);
    jw_kint(w, "fit_min_ctx", 0);
    jw_end(w);
}

static int put_facts(struct speed_job *s, struct err *err)
{
    const struct backend_info *b = &s->backend->info;
    struct buf tests = BUF_INIT, bench = BUF_INIT;
    struct jw w;
    char threads[16];
    workload_json(&tests, s->tests, s->n_tests);
    jw_init(&w, &bench);
    put_llama_bench(&w, s->job, b);
    snprintf(threads, sizeof threads, "%d", b->n_threads);
    int rc = sink_fact(&s->io->sink, 0, "tests", tests.data, err) < 0 ||
             sink_fact(&s->io->sink, 0, "llama_bench", bench.data, err) < 0 ||
             sink_fact(&s->io->sink, 0, "system", b->system, err) < 0 ||
             sink_fact(&s->io->sink, 0, "devices", b->devices, err) < 0 ||
             sink_fact(&s->io->sink, 0, "model_desc", b->model_desc, err) < 0 ||
             sink_fact(&s->io->sink, 0, "threads", threads, err) < 0;
    buf_release(&tests);
    buf_release(&bench);
    return rc ? -1 : 0;
}

static int serve(struct speed_job *s, struct err *err)
{
    const struct event ready = { .kind = EVENT_READY };
    const char *word;
    int rc;
    if (open_model(s, err) < 0 || put_facts(s, err) < 0 || warm_up(s, err) < 0 ||
        s->io->sink.put(s->io->sink.ctx, &ready, err) < 0)
        return -1;
    while ((rc = s->io->next(s->io->ctx, &word, err)) == 1 && strcmp(word, "go") == 0)
        if (repeat(s, err) < 0)
            return -1;
    return rc < 0 ? -1 : 0;
}

int job_speed(const struct job *job, const struct job_io *io, struct err *err)
{
    struct speed_job s = { .job = job, .io = io };
    s.n_tests = workload_tests(s.tests, &job->settings);
    int rc = s.n_tests == 0 ? err_set(err, ERR_USAGE, "speed: n_prompt and n_gen are both 0: nothing to measure")
                            : serve(&s, err);
    backend_close(s.backend);
    return rc;
}

int job_bandwidth(const struct job *job, const struct job_io *io, struct err *err)
{
    const struct bandwidth_params p = { .n_threads = (int)job->settings.n_threads };
    struct bandwidth b;
    if (bandwidth_measure(&b, &p, err) < 0)
        return -1;
    return sink_measure(&io->sink, 0, METRIC_BANDWIDTH, 0, b.best_bytes_per_s, err);
}
