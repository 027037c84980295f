/*
 * scorer over libllama: real requests of ARC (25 shots), HellaSwag (10), MMLU (5) and TruthfulQA, from the folder that
 * PERBIT_SHARED names, against an evaluation written here on llama.h: own tokenization, one sequence, nothing shared.
 *
 * The engine's sums depend in their last bits on how tokens stand in a batch. Flash attention widens that: below 64
 * tokens a batch is computed by a kernel that adds up in half precision. Quantized kernels widen it more, as they round
 * activations to 8 bits. Bounds for SmolLM2-135M, in nat a request (1 to 20 tokens),
 * with the largest that was seen:
 *   F32, flash attention off 0.01 (0.0049), auto 0.1 (0.033); Q4_1, auto 0.6 (0.20)
 * Where the batches are the same, so are the bits.
 */
#include <llama.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "engine/scorer.h"
#include "model/reference.h"

enum { N_THREADS = 2, N_CTX = 4096, N_BATCH = 512, MAX_REQUESTS = 200 };

static const double BOUND_F32 = 0.01, BOUND_FLASH = 0.1, BOUND_Q4_1 = 0.6, BOUND_RANDOM = 0.05;

struct fixture {
    struct reference ref;
    const char *f32;
    struct request r[MAX_REQUESTS];
    int first[8], n_tasks; /* requests of task k: first[k] .. first[k + 1] - 1 */
    int n;
    struct err err;
};

static struct text text_of(struct fixture *f, yyjson_val *obj, const char *key)
{
    const char *s = json_str_or(obj, key, "");
    return (struct text){ .s = arena_strdup(&f->ref.arena, s), .n_bytes = strlen(s) };
}

/* The first n_max requests of a task. */
static void load_task(struct fixture *f, const struct buf *lines, const char *task, int n_max)
{
    f->first[f->n_tasks++] = f->n;
    for (char *line = lines->data, *end; line < lines->data + lines->len; line = end + 1) {
        struct json *j;
        end = strchr(line, '\n');
        end = end ? end : lines->data + lines->len;
        if (json_parse(&j, line, (size_t)(end - line), "golden", &f->err))
            fail_msg("%s", f->err.msg);
        yyjson_val *root = json_root(j);
        if (strcmp(json_str_or(root, "task", ""), task) == 0 && f->n < f->first[f->n_tasks - 1] + n_max) {
            struct request *r = &f->r[f->n];
            assert_true(f->n < MAX_REQUESTS);
            *r = (struct request){ .context = text_of(f, root, "context"), .continuation = text_of(f, root, "continuation") };
            if (f->n > f->first[f->n_tasks - 1] && strcmp(r[-1].context.s, r->context.s) == 0)
                r->context = r[-1].context;
            f->n++;
        }
        json_close(j);
    }
    if (f->n == f->first[f->n_tasks - 1])
        fail_msg("no requests of %s", task);
    f->first[f->n_tasks] = f->n;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct buf lines = BUF_INIT;
    const char *shared = getenv("PERBIT_SHARED");
    if (!shared || !shared[0]) {
        fprintf(stderr, "PERBIT_SHARED is not set: it names the folder with golden/openllm_first3.jsonl\n");
        return -1;
    }
    reference_open(&f->ref);
    f->f32 = fs_join(&f->ref.arena, f->ref.dir, "f32.gguf");
    reference_run(NULL, "'%s/llama-quantize' --allow-requantize '%s' '%s' F32", f->ref.bin,
                  reference_env("PERBIT_TEST_MODEL"), f->f32);
    if (fs_read(&lines, arena_printf(&f->ref.arena, "%s/golden/openllm_first3.jsonl", shared), &f->err)) {
        fprintf(stderr, "%s\n", f->err.msg);
        return -1;
    }
    load_task(f, &lines, "arc_challenge", 2);
    load_task(f, &lines, "hellaswag", 2);
    load_task(f, &lines, "mmlu_anatomy", 8);
    load_task(f, &lines, "truthfulqa_mc1", 4);
    buf_release(&lines);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (!f)
        return 0;
    reference_close(&f->ref);
    free(f);
    return 0;
}

/* ---- the other evaluation ---- */

struct other {
    struct llama_model *model;
    struct llama_context *ctx;
    const struct llama_vocab *vocab;
};

static void other_open(struct other *o, const char *path, bool flash)
{
    struct llama_context_params cp = llama_context_default_params();
    o->model = llama_model_load_from_file(path, llama_model_default_params());
    assert_non_null(o->model);
    cp.flash_attn_type = flash ? LLAMA_FLASH_ATTN_TYPE_AUTO : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    cp.n_ctx = N_CTX;
    cp.n_batch = cp.n_ubatch = N_BATCH;
    cp.n_threads = cp.n_threads_batch = N_THREADS;
    o->ctx = llama_init_from_model(o->model, cp);
    assert_non_null(o->ctx);
    o->vocab = llama_model_get_vocab(o->model);
}

static void other_close(struct other *o)
{
    llama_free(o->ctx);
    llama_model_free(o->model);
}

static int ids_of(const struct other *o, llama_token *out, const char *s, size_t n_bytes)
{
    const int n = llama_tokenize(o->vocab, s, (int32_t)n_bytes, out, N_CTX, true, true);
    assert_true(n >= 0);
    return n;
}

/* ids [*out_n] of context and continuation; where the second begins. The contexts here end in no whitespace. */
static int other_ids(const struct other *o, llama_token *ids, int *out_n, const struct request *r)
{
    char text[64 << 10];
    llama_token *whole = xcalloc(N_CTX, sizeof *whole);
    const int n_text = snprintf(text, sizeof text, "%s%s", r->context.s, r->continuation.s);
    const int n_context = ids_of(o, ids, r->context.s, r->context.n_bytes);
    const int n = ids_of(o, whole, text, (size_t)n_text);
    memcpy(ids + n_context, whole + n_context, (size_t)(n - n_context) * sizeof *ids);
    *out_n = n;
    free(whole);
    return n_context;
}

static double log_prob(const float *logits, int n_vocab, llama_token token, bool *is_greedy)
{
    double sum = 0;
    float max = logits[0];
    for (int i = 1; i < n_vocab; i++)
        max = logits[i] > max ? logits[i] : max;
    for (int i = 0; i < n_vocab; i++)
        sum += exp((double)logits[i] - (double)max);
    *is_greedy = *is_greedy && logits[token] == max;
    return (double)logits[token] - (double)max - log(sum);
}

/* n_step tokens a decode call. */
static void other_answer(const struct other *o, struct answer *a, const struct request *r, int n_step)
{
    llama_token *ids = xcalloc(N_CTX, sizeof *ids);
    struct llama_batch batch = llama_batch_init(N_BATCH, 0, 1);
    int n;
    const int n_context = other_ids(o, ids, &n, r);
    *a = (struct answer){ .is_greedy = true, .n_tokens = n - n_context, .n_context_tokens = n_context };
    llama_memory_clear(llama_get_memory(o->ctx), true);
    for (int pos = 0; pos < n - 1; pos += batch.n_tokens) {
        batch.n_tokens = n - 1 - pos < n_step ? n - 1 - pos : n_step;
        for (int i = 0; i < batch.n_tokens; i++) {
            batch.token[i] = ids[pos + i];
            batch.pos[i] = pos + i;
            batch.n_seq_id[i] = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i] = pos + i >= n_context - 1;
        }
        assert_int_equal(llama_decode(o->ctx, batch), 0);
        for (int i = 0; i < batch.n_tokens; i++)
            if (batch.logits[i])
                a->logprob += log_prob(llama_get_logits_ith(o->ctx, i), llama_vocab_n_tokens(o->vocab),
                                       ids[pos + i + 1], &a->is_greedy);
    }
    llama_batch_free(batch);
    free(ids);
}

/* ---- scorers ---- */

static struct scorer *open_scorer(struct fixture *f, struct backend **b, const char *path, struct scorer_params sp,
                                  bool flash)
{
    struct backend_params p = {
        .n_threads = N_THREADS, .flash_attn = flash ? "auto" : "off", .type_k = "f16", .type_v = "f16", .load_mode = "mmap",
        .repack = true,
    };
    struct modelfile file;
    struct scorer *s;
    if (modelfile_inspect(&file, &f->ref.arena, path, &f->err))
        fail_msg("%s", f->err.msg);
    scorer_backend_params(&p, &sp, file.n_vocab);
    if (backend_open(b, path, &p, &f->err) || scorer_open(&s, *b, &sp, &f->err))
        fail_msg("%s", f->err.msg);
    return s;
}

static void close_scorer(struct scorer *s, struct backend *b)
{
    scorer_close(s);
    backend_close(b);
}

/* A run for each task. */
static void run_tasks(struct fixture *f, struct scorer *s, struct answer *a)
{
    for (int k = 0; k < f->n_tasks; k++) {
        const int n = f->first[k + 1] - f->first[k];
        if (scorer_run(s, f->r + f->first[k], n, a + f->first[k], &f->err))
            fail_msg("%s", f->err.msg);
        for (int i = 0; i < n; i++)
            if (scorer_problem(s, i))
                fail_msg("%s", scorer_problem(s, i));
    }
}

/* Of every step-th request. */
static double largest_difference(const struct answer *a, const struct answer *b, int n, int step)
{
    double largest = 0;
    for (int i = 0; i < n; i += step) {
        const double d = fabs(a[i].logprob - b[i].logprob);
        assert_int_equal(a[i].n_tokens, b[i].n_tokens);
        assert_int_equal(a[i].n_context_tokens, b[i].n_context_tokens);
        assert_true(isfinite(d));
        largest = d > largest ? d : largest;
    }
    return largest;
}

static double from_sharing(struct fixture *f, const char *path, bool flash, const struct answer *shared)
{
    struct answer *whole = xcalloc(MAX_REQUESTS, sizeof *whole);
    struct backend *b;
    struct scorer *s = open_scorer(f, &b, path, (struct scorer_params){ .share = false }, flash);
    run_tasks(f, s, whole);
    close_scorer(s, b);
    const double d = largest_difference(shared, whole, f->n, 1);
    free(whole);
    return d;
}

/* n_step tokens a call; 1 takes another kernel, that of generation. */
static double from_other(struct fixture *f, const char *path, bool flash, const struct answer *shared,
                         int first, int n, int n_step)
{
    struct answer *other = xcalloc(MAX_REQUESTS, sizeof *other);
    struct other o;
    other_open(&o, path, flash);
    for (int i = first; i < first + n; i += 3)
        other_answer(&o, &other[i], &f->r[i], n_step);
    other_close(&o);
    const double d = largest_difference(shared + first, other + first, n, 3);
    free(other);
    return d;
}

static void compare(struct fixture *f, const char *path, bool flash, double bound, bool with_whole)
{
    struct answer *shared = xcalloc(MAX_REQUESTS, sizeof *shared);
    struct backend *b;
    struct scorer_stats st;
    struct scorer *s = open_scorer(f, &b, path, (struct scorer_params){ .share = true }, flash);
    run_tasks(f, s, shared);
    scorer_stats(s, &st);
    close_scorer(s, b);
    const double d_other = from_other(f, path, flash, shared, 0, f->n, N_BATCH),
                 d_single = from_other(f, path, flash, shared, f->first[3], 1, 1),
                 d_whole = with_whole ? from_sharing(f, path, flash, shared) : 0;
    print_message("%d requests, %lld of %lld tokens decoded; largest difference from the other evaluation %.4g nat, from it "
                  "one token a call %.4g, from no sharing %.4g\n", f->n, (long long)st.tokens_decoded,
                  (long long)st.tokens_asked, d_other, d_single, d_whole);
    assert_true(d_other <= bound && d_whole <= bound && d_single <= bound);
    assert_true(st.tokens_decoded < st.tokens_asked / 2);
    free(shared);
}

static void equals_the_other_evaluation(void **state)
{
    struct fixture *f = *state;
    compare(f, f->f32, false, BOUND_F32, false);
}

static void flash_attention(void **state)
{
    struct fixture *f = *state;
    compare(f, f->f32, true, BOUND_FLASH, true);
}

static void quantized(void **state)
{
    struct fixture *f = *state;
    compare(f, reference_env("PERBIT_TEST_MODEL"), true, BOUND_Q4_1, false);
}

/* Going on after a stop: MMLU's chunk alone, and after other chunks, one of the same subject. */
static void bits_do_not_depend_on_the_past(void **state)
{
    struct fixture *f = *state;
    struct answer *fresh = xcalloc(MAX_REQUESTS, sizeof *fresh), *later = xcalloc(MAX_REQUESTS, sizeof *later);
    const struct request *mmlu = f->r + f->first[2];
    struct backend *b;
    struct scorer *s = open_scorer(f, &b, f->ref.real, (struct scorer_params){ .share = true }, true);
    assert_int_equal(scorer_run(s, mmlu + 4, 4, fresh, &f->err), 0);
    close_scorer(s, b);
    s = open_scorer(f, &b, f->ref.real, (struct scorer_params){ .share = true }, true);
    for (int k = 0; k < 3; k++) {
        const int task = k == 0 ? 3 : k == 1 ? 2 : 1; /* TruthfulQA, the subject itself, HellaSwag */
        assert_int_equal(scorer_run(s, f->r + f->first[task], 2, later, &f->err), 0);
        assert_int_equal(scorer_run(s, mmlu + 4, 4, later, &f->err), 0);
        for (int i = 0; i < 4; i++)
            assert_memory_equal(&later[i].logprob, &fresh[i].logprob, sizeof fresh[i].logprob);
    }
    close_scorer(s, b);
    free(fresh);
    free(later);
}

/* A short request alone makes the same batch with sharing and without. */
static void same_batches_same_bits(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[][2] = {
        { "Question: Which gas do plants take in?\nAnswer:", " carbon dioxide" },
        { "The capital of France is", " Paris" },
        { "1 + 1 =", " 2" },
    };
    struct answer on[3], off[3];
    struct backend *b;
    for (int share = 0; share < 2; share++) {
        struct scorer *s = open_scorer(f, &b, f->ref.real, (struct scorer_params){ .share = share }, true);
        for (int i = 0; i < 3; i++) {
            const struct request r = {
                .context = { .s = texts[i][0], .n_bytes = strlen(texts[i][0]) },
                .continuation = { .s = texts[i][1], .n_bytes = strlen(texts[i][1]) },
            };
            assert_int_equal(scorer_run(s, &r, 1, share ? &on[i] : &off[i], &f->err), 0);
        }
        close_scorer(s, b);
    }
    for (int i = 0; i < 3; i++)
        assert_memory_equal(&on[i].logprob, &off[i].logprob, sizeof on[i].logprob);
    assert_true(on[1].is_greedy);
}

/* A vocabulary that adds a BOS; and one cut from the left. */
static void bos_and_cuts(void **state)
{
    struct fixture *f = *state;
    struct answer a[8];
    struct backend *b;
    struct other o;
    struct scorer *s = open_scorer(f, &b, f->ref.bos, (struct scorer_params){ .share = true }, true);
    const struct request *r = f->r + f->first[3];
    assert_int_equal(scorer_run(s, r, 4, a, &f->err), 0);
    close_scorer(s, b);
    other_open(&o, f->ref.bos, true);
    for (int i = 0; i < 4; i++) {
        struct answer other;
        other_answer(&o, &other, &r[i], N_BATCH);
        assert_int_equal(a[i].n_context_tokens, other.n_context_tokens);
        assert_true(fabs(a[i].logprob - other.logprob) < BOUND_RANDOM);
    }
    other_close(&o);
    s = open_scorer(f, &b, f->ref.bos, (struct scorer_params){ .share = true, .max_length = 100 }, true);
    assert_int_equal(scorer_run(s, r, 4, a + 4, &f->err), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(a[4 + i].n_cut, a[i].n_context_tokens + a[i].n_tokens - 101);
        assert_int_equal(a[4 + i].n_context_tokens + a[4 + i].n_tokens, 101);
    }
    close_scorer(s, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_batches_same_bits),
        cmocka_unit_test(bos_and_cuts),
        cmocka_unit_test(bits_do_not_depend_on_the_past),
        cmocka_unit_test(equals_the_other_evaluation),
        cmocka_unit_test(flash_attention),
        cmocka_unit_test(quantized),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
