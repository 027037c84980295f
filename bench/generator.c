/*
 * bench/generator: tokens a second that the generator writes, and how many texts depend on the number of slots.
 *
 *   bench_generator MODEL.gguf [PROMPTS.jsonl] [--slots 1,2,4,8,16] [--items N] [--max-tokens N] [--prompt N] [--threads N]
 *                   [--ctx N] [--batch N] [--piece N] [--fa on|off|auto] [--no-share] [--unified] [--until TEXT]
 *                   [--whole]
 *
 * PROMPTS: a line a prompt, {"context": ...}, as the requests program prints them. Without it the prompts are --items (16)
 * texts of about --prompt (128) random tokens each, and nothing ends before --max-tokens (64) unless --until is given:
 * what llama-batched-bench does. --whole: end-of-generation tokens do not end a text (random prompts: always so).
 * One line a number of slots, JSON: seconds, tokens, tokens a second, texts that differ from the first line's.
 * "generate_s" is wall time of calls without prompt tokens, "generate_tps" their tokens a second: the figure to compare
 * with llama-batched-bench's S_TG; "tps" is all tokens over all time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "engine/generator.h"

#include "base/banned.h"

struct options {
    const char *model, *prompts, *until, *slots;
    struct generator_params generator;
    struct backend_params backend;
    int n_items, max_tokens, n_prompt;
    bool is_whole;
};

struct bench {
    struct options o;
    struct arena arena;
    struct generation *in; /* [n] */
    int n;
    struct generated *first; /* [n] of the first number of slots */
};

static void die(const struct err *err)
{
    fprintf(stderr, "bench_generator: %s\n", err->msg);
    exit(1);
}

/* ---- calls, timed by what they carry; and texts that do not end ---- */

struct timed {
    struct backend_ops ops;
    const struct backend_ops *real;
    bool is_whole;
    double generate_s;
    int64_t n_generated;
};

static struct timed timed;

static int timed_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    const double start_s = clock_s();
    const int ret = timed.real->decode(b, batch, err);
    int n_rows = 0;
    timed.real->synchronize(b);
    for (int i = 0; i < batch->n; i++)
        n_rows += batch->want_logits[i];
    if (n_rows == batch->n) { /* of a prompt but one token has logits: a call of rows alone generates */
        timed.generate_s += clock_s() - start_s;
        timed.n_generated += n_rows;
    }
    return ret;
}

static bool timed_is_eog(struct backend *b, int32_t token)
{
    return !timed.is_whole && timed.real->is_eog(b, token);
}

static void watch(struct backend *b, bool is_whole)
{
    timed = (struct timed){ .ops = *b->ops, .real = b->ops, .is_whole = is_whole };
    timed.ops.decode = timed_decode;
    timed.ops.is_eog = timed_is_eog;
    b->ops = &timed.ops;
}

/* ---- prompts ---- */

static void add_prompt(struct bench *x, const char *s)
{
    x->in = xrealloc(x->in, ((size_t)x->n + 1) * sizeof *x->in);
    x->in[x->n++] = (struct generation){
        .prompt = { .s = s, .n_bytes = strlen(s) }, .until = &x->o.until, .n_until = x->o.until ? 1 : 0,
        .max_tokens = x->o.max_tokens,
    };
}

static void load_prompts(struct bench *x)
{
    struct buf b = BUF_INIT;
    struct err err;
    if (fs_read(&b, x->o.prompts, &err))
        die(&err);
    for (char *line = b.data, *end; line < b.data + b.len && x->n < x->o.n_items; line = end + 1) {
        struct json *j;
        end = strchr(line, '\n');
        end = end ? end : b.data + b.len;
        if (json_parse(&j, line, (size_t)(end - line), x->o.prompts, &err))
            die(&err);
        add_prompt(x, arena_strdup(&x->arena, json_str_or(json_root(j), "context", "")));
        json_close(j);
    }
    buf_release(&b);
}

/* Words that are a token each in most vocabularies. */
static void make_prompts(struct bench *x)
{
    static const char *const words[] = { " the", " of", " and", " to", " in", " a", " is", " that", " for", " it", " was", " on",
                                         " with", " as", " he", " be", " at", " by", " his", " from", " had", " not", " are", " or" };
    struct rand_mt rng;
    rand_seed(&rng, 1);
    for (int i = 0; i < x->o.n_items; i++) {
        struct buf b = BUF_INIT;
        for (int k = 0; k < x->o.n_prompt; k++)
            buf_puts(&b, words[rand_below(&rng, sizeof words / sizeof *words)]);
        add_prompt(x, arena_strdup(&x->arena, b.data));
        buf_release(&b);
    }
}

/* ---- options ---- */

static void set(struct options *o, const char *name, const char *value)
{
    const struct { const char *name; int *out; } ints[] = {
        { "--items", &o->n_items }, { "--max-tokens", &o->max_tokens }, { "--prompt", &o->n_prompt },
        { "--threads", &o->backend.n_threads }, { "--ctx", &o->generator.n_ctx }, { "--batch", &o->generator.n_batch },
        { "--piece", &o->generator.n_piece },
    };
    const struct { const char *name; const char **out; } texts[] = {
        { "--fa", &o->backend.flash_attn }, { "--until", &o->until }, { "--slots", &o->slots },
    };
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        if (strcmp(name, ints[i].name) == 0)
            *ints[i].out = atoi(value);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            *texts[i].out = value;
}

static void parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){
        .generator = { .share = true },
        .backend = { .n_gpu_layers = 0, .flash_attn = "auto", .type_k = "f16", .type_v = "f16", .load_mode = "mmap",
                     .repack = true },
        .slots = "1,2,4,8,16", .n_items = 16, .max_tokens = 64, .n_prompt = 128,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-share") == 0)
            o->generator.share = false;
        else if (strcmp(argv[i], "--unified") == 0)
            o->generator.kv_unified = true;
        else if (strcmp(argv[i], "--whole") == 0)
            o->is_whole = true;
        else if (argv[i][0] == '-' && i + 1 < argc)
            set(o, argv[i], argv[i + 1]), i++;
        else if (!o->model)
            o->model = argv[i];
        else
            o->prompts = argv[i];
    }
    o->is_whole |= !o->prompts;
    if (!o->model) {
        fprintf(stderr, "usage: bench_generator MODEL.gguf [PROMPTS.jsonl] [options]\n");
        exit(2);
    }
}

/* ---- runs ---- */

static int n_different(const struct bench *x, const struct generated *out)
{
    int n = 0;
    for (int i = 0; i < x->n; i++) {
        if (out[i].problem)
            fprintf(stderr, "item %d: %s\n", i, out[i].problem);
        n += x->first && (!out[i].text || !x->first[i].text || strcmp(out[i].text, x->first[i].text) != 0);
    }
    return n;
}

static void run(struct bench *x, int n_slots)
{
    struct generator_params gp = x->o.generator;
    struct backend_params bp = x->o.backend;
    struct backend *b;
    struct generator *g;
    struct generator_stats st;
    struct err err;
    struct generated *out = xcalloc((size_t)x->n, sizeof *out);
    gp.n_slots = n_slots;
    generator_backend_params(&bp, &gp);
    if (backend_open(&b, x->o.model, &bp, &err) || generator_open(&g, b, &gp, &err))
        die(&err);
    watch(b, x->o.is_whole);
    if (generator_run(g, x->in, x->n, out, NULL, &err))
        die(&err);
    generator_stats(g, &st);
    printf("{\"slots\": %d, \"run_s\": %.3f, \"decode_s\": %.3f, \"encode_s\": %.4f, \"prompt_tokens\": %lld, "
           "\"prompt_tokens_decoded\": %lld, \"tokens\": %lld, \"calls\": %lld, \"waits\": %lld, \"tps\": %.2f, "
           "\"generate_s\": %.3f, \"generate_tps\": %.2f, \"items\": %d, \"different\": %d}\n",
           n_slots, st.run_s, st.decode_s, st.encode_s, (long long)st.prompt_tokens, (long long)st.prompt_tokens_decoded,
           (long long)st.tokens, (long long)st.n_decodes, (long long)st.n_waits, (double)st.tokens / st.run_s, timed.generate_s,
           timed.generate_s > 0 ? (double)timed.n_generated / timed.generate_s : 0.0, x->n, n_different(x, out));
    fflush(stdout);
    b->ops = timed.real;
    generator_close(g);
    backend_close(b);
    if (!x->first) {
        x->first = out;
        return;
    }
    for (int i = 0; i < x->n; i++)
        generated_release(&out[i]);
    free(out);
}

int main(int argc, char **argv)
{
    struct bench x = { .n = 0 };
    parse(&x.o, argc, argv);
    arena_init(&x.arena);
    if (x.o.prompts)
        load_prompts(&x);
    else
        make_prompts(&x);
    for (const char *s = x.o.slots; *s; s += strcspn(s, ","), s += *s == ',')
        run(&x, atoi(s));
    for (int i = 0; i < x.n; i++)
        generated_release(&x.first[i]);
    free(x.first);
    free(x.in);
    arena_release(&x.arena);
    return 0;
}
