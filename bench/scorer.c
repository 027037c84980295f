/*
 * bench/scorer: how fast the scorer answers, as a share of what the engine computes at best.
 *
 *   bench_scorer MODEL.gguf REQUESTS.jsonl [--chunk N] [--no-share] [--pp N] [--threads N] [--batch N] [--ctx N]
 *                [--seq N] [--min-saved N] [--max-length N] [--fa on|off|auto] [--dump]
 *
 * REQUESTS: a line a request, {"context": ..., "continuation": ...}; equal contexts one after another are one text.
 * Between two chunks (--chunk requests each, 128) a prompt of random tokens is timed as llama-bench's pp512 does it
 * (--pp tokens, 512; 0 = not), in a context of its own; --pp-rows P asks for the logits of P % of its positions, as the
 * requests do: what the engine does at best for such requests. Ratios are of wall time and of the process's CPU time: with --threads 1 the latter hold
 * on a machine that is doing something else too (with more, threads that wait for each other spin).
 * --dump prints the log-probability of each request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "engine/scorer.h"

#include "base/banned.h"

struct options {
    const char *model, *requests;
    struct scorer_params scorer;
    struct backend_params backend;
    int chunk, n_pp, pp_rows;
    bool dump;
};

struct requests {
    struct arena arena;
    struct request *r;
    int n;
};

static void die(const struct err *err)
{
    fprintf(stderr, "bench_scorer: %s\n", err->msg);
    exit(1);
}

static struct text text_of(struct requests *q, yyjson_val *obj, const char *key)
{
    const char *s = json_str_or(obj, key, "");
    return (struct text){ .s = arena_strdup(&q->arena, s), .n_bytes = strlen(s) };
}

static void load(struct requests *q, const char *path)
{
    struct buf b = BUF_INIT;
    struct err err;
    arena_init(&q->arena);
    if (fs_read(&b, path, &err))
        die(&err);
    for (char *line = b.data, *end; line < b.data + b.len; line = end + 1) {
        struct json *j;
        end = strchr(line, '\n');
        end = end ? end : b.data + b.len;
        if (json_parse(&j, line, (size_t)(end - line), path, &err))
            die(&err);
        q->r = xrealloc(q->r, ((size_t)q->n + 1) * sizeof *q->r);
        struct request *r = &q->r[q->n];
        r->context = text_of(q, json_root(j), "context");
        r->continuation = text_of(q, json_root(j), "continuation");
        if (q->n > 0 && strcmp(r[-1].context.s, r->context.s) == 0)
            r->context = r[-1].context;
        q->n++;
        json_close(j);
    }
    buf_release(&b);
}

static bool set(struct options *o, const char *name, const char *value)
{
    const struct { const char *name; int *out; } ints[] = {
        { "--chunk", &o->chunk }, { "--threads", &o->backend.n_threads }, { "--batch", &o->scorer.n_batch },
        { "--ctx", &o->scorer.n_ctx }, { "--seq", &o->scorer.n_seq }, { "--min-saved", &o->scorer.min_saved },
        { "--max-length", &o->scorer.max_length }, { "--pp", &o->n_pp },
        { "--pp-rows", &o->pp_rows },
    };
    if (strcmp(name, "--fa") == 0)
        o->backend.flash_attn = value;
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        if (strcmp(name, ints[i].name) == 0)
            *ints[i].out = atoi(value);
    return true;
}

static void parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){
        .scorer = { .share = true },
        .backend = { .n_gpu_layers = 0, .flash_attn = "auto", .type_k = "f16", .type_v = "f16", .load_mode = "mmap",
                     .repack = true },
        .chunk = 128,
        .n_pp = 512,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-share") == 0)
            o->scorer.share = false;
        else if (strcmp(argv[i], "--dump") == 0)
            o->dump = true;
        else if (argv[i][0] == '-' && i + 1 < argc)
            set(o, argv[i], argv[i + 1]), i++;
        else if (!o->model)
            o->model = argv[i];
        else
            o->requests = argv[i];
    }
    if (!o->requests) {
        fprintf(stderr, "usage: bench_scorer MODEL.gguf REQUESTS.jsonl [options]\n");
        exit(2);
    }
}

struct times {
    double wall_s, cpu_s;
};

static struct times now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (struct times){ .wall_s = clock_s(), .cpu_s = (double)t.tv_sec + (double)t.tv_nsec * 1e-9 };
}

static void add_since(struct times *sum, struct times start)
{
    const struct times t = now();
    sum->wall_s += t.wall_s - start.wall_s;
    sum->cpu_s += t.cpu_s - start.cpu_s;
}

static void time_pp(struct times *sum, struct backend *b, int n, int rows, struct rand_mt *rng)
{
    struct batch batch;
    struct err err;
    batch_init(&batch, b->info.n_batch);
    backend_clear(b);
    const struct times start = now();
    for (int i = 0; i < n; ) {
        batch_clear(&batch);
        for (; i < n && batch.n < b->info.n_batch; i++)
            batch_add(&batch, (int32_t)rand_below(rng, (uint64_t)b->info.n_vocab), i, 0,
                      i == n - 1 || (i + 1) * rows / 100 != i * rows / 100);
        if (backend_decode(b, &batch, &err))
            die(&err);
    }
    add_since(sum, start);
    batch_release(&batch);
}

int main(int argc, char **argv)
{
    struct options o;
    struct requests q = { .n = 0 };
    struct backend *b, *bench = NULL;
    struct scorer *s;
    struct scorer_stats st;
    struct modelfile file;
    struct rand_mt rng;
    struct err err;
    struct times pp_sum = { 0 }, warm = { 0 }, sum = { 0 };
    int n_pp = 0;
    parse(&o, argc, argv);
    load(&q, o.requests);
    rand_seed(&rng, 1);
    if (modelfile_inspect(&file, &q.arena, o.model, &err))
        die(&err);
    scorer_backend_params(&o.backend, &o.scorer, file.n_vocab);
    if (backend_open(&b, o.model, &o.backend, &err) || scorer_open(&s, b, &o.scorer, &err))
        die(&err);
    struct backend_params pp = o.backend; /* llama-bench's own for pp512 */
    pp.n_ctx = o.n_pp;
    pp.n_batch = pp.n_ubatch = 512;
    pp.n_seq_max = 1;
    if (o.pp_rows == 0)
        pp.n_outputs_max = 1;
    pp.kv_unified = false;
    if (o.n_pp > 0) {
        if (backend_open(&bench, o.model, &pp, &err))
            die(&err);
        time_pp(&warm, bench, o.n_pp, o.pp_rows, &rng);
    }
    struct answer *a = xcalloc((size_t)q.n, sizeof *a);
    for (int i = 0; i < q.n; i += o.chunk) {
        int n = q.n - i < o.chunk ? q.n - i : o.chunk;
        if (bench)
            time_pp(&pp_sum, bench, o.n_pp, o.pp_rows, &rng), n_pp++;
        const struct times start = now();
        if (scorer_run(s, q.r + i, n, a + i, &err))
            die(&err);
        add_since(&sum, start);
        for (int k = 0; k < n; k++)
            if (scorer_problem(s, k))
                fprintf(stderr, "chunk at %d: %s\n", i, scorer_problem(s, k));
    }
    if (bench)
        time_pp(&pp_sum, bench, o.n_pp, o.pp_rows, &rng), n_pp++;
    if (o.dump)
        for (int i = 0; i < q.n; i++)
            printf("%d %.9g %d %d %d %d\n", i, a[i].logprob, a[i].is_greedy, a[i].n_tokens, a[i].n_context_tokens,
                   a[i].n_cut);
    scorer_stats(s, &st);
    FILE *to = o.dump ? stderr : stdout;
    fprintf(to, "%d requests, tokens: %lld asked, %lld unique, %lld decoded (%.2f x less), %lld rows, %lld calls\n", q.n,
            (long long)st.tokens_asked, (long long)st.tokens_unique, (long long)st.tokens_decoded,
            (double)st.tokens_asked / (double)st.tokens_decoded, (long long)st.n_rows, (long long)st.n_decodes);
    fprintf(to, "%.2f s: decode %.1f %%, encode %.2f %%, score %.2f %%; %.1f unique t/s, %.1f asked t/s\n", st.run_s,
            100 * st.decode_s / st.run_s, 100 * st.encode_s / st.run_s, 100 * st.score_s / st.run_s,
            (double)st.tokens_unique / st.run_s, (double)st.tokens_asked / st.run_s);
    if (bench)
        fprintf(to, "pp%d (%d %% rows) in turns %.1f t/s: ratio of unique t/s %.3f wall, %.3f CPU\n", o.n_pp, o.pp_rows,
                o.n_pp * n_pp / pp_sum.wall_s,
                (double)st.tokens_unique / sum.wall_s / (o.n_pp * n_pp / pp_sum.wall_s),
                (double)st.tokens_unique / sum.cpu_s / (o.n_pp * n_pp / pp_sum.cpu_s));
    scorer_close(s);
    backend_close(b);
    backend_close(bench);
    arena_release(&q.arena);
    free(q.r);
    free(a);
    return 0;
}
