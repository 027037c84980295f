/*
 * generator over libllama: prompts of GSM8K (5 shots) and IFEval, from the folder that PERBIT_SHARED names, against a
 * loop written here on llama.h: own tokenization, one sequence, the prompt in pieces of N_PIECE tokens, then one token a
 * call, the largest logit. With one slot the tokens are the same, share or not; with more they may part where two
 * tokens are nearly equal, which F32 weights without flash attention make rare.
 */
#include <llama.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "engine/generator.h"
#include "model/reference.h"

enum { N_CTX = 4096, N_BATCH = 512, N_PIECE = 128, N_TASK = 3, MAX_TOKENS = 24, MAX_ITEMS = 2 * N_TASK };

static const char *const until[] = { "Question:", "\n\n", "</s>" };

struct fixture {
    struct reference ref;
    const char *f32;
    struct generation in[MAX_ITEMS];
    int n;
    bool shares; /* the items have a prefix of N_PIECE tokens and more in common */
    struct err err;
};

static void load_task(struct fixture *f, const struct buf *lines, const char *task)
{
    int n = 0;
    for (char *line = lines->data, *end; line < lines->data + lines->len && n < N_TASK; line = end + 1) {
        struct json *j;
        end = strchr(line, '\n');
        end = end ? end : lines->data + lines->len;
        if (json_parse(&j, line, (size_t)(end - line), "golden", &f->err))
            fail_msg("%s", f->err.msg);
        if (strcmp(json_str_or(json_root(j), "task", ""), task) == 0) {
            const char *s = arena_strdup(&f->ref.arena, json_str_or(json_root(j), "context", ""));
            f->in[f->n++] = (struct generation){
                .prompt = { .s = s, .n_bytes = strlen(s) }, .until = until, .n_until = 3, .max_tokens = MAX_TOKENS,
            };
            n++;
        }
        json_close(j);
    }
    if (n < N_TASK)
        fail_msg("%d requests of %s, expected %d", n, task, N_TASK);
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
    load_task(f, &lines, "gsm8k");
    load_task(f, &lines, "ifeval");
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

/* ---- the other loop ---- */

struct other {
    struct llama_model *model;
    struct llama_context *ctx;
    const struct llama_vocab *vocab;
    struct llama_batch batch;
};

static void other_open(struct other *o, const char *path, bool flash)
{
    struct llama_context_params cp = llama_context_default_params();
    o->model = llama_model_load_from_file(path, llama_model_default_params());
    assert_non_null(o->model);
    cp.flash_attn_type = flash ? LLAMA_FLASH_ATTN_TYPE_AUTO : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    cp.n_ctx = N_CTX;
    cp.n_batch = cp.n_ubatch = N_BATCH;
    cp.n_threads = cp.n_threads_batch = reference_threads();
    o->ctx = llama_init_from_model(o->model, cp);
    assert_non_null(o->ctx);
    o->vocab = llama_model_get_vocab(o->model);
    o->batch = llama_batch_init(N_BATCH, 0, 1);
}

static void other_close(struct other *o)
{
    llama_batch_free(o->batch);
    llama_free(o->ctx);
    llama_model_free(o->model);
}

/* The largest logit after tokens [n] at positions pos ... */
static llama_token other_step(struct other *o, const llama_token *tokens, int n, int pos)
{
    const int n_vocab = llama_vocab_n_tokens(o->vocab);
    llama_token best = 0;
    o->batch.n_tokens = n;
    for (int i = 0; i < n; i++) {
        o->batch.token[i] = tokens[i];
        o->batch.pos[i] = pos + i;
        o->batch.n_seq_id[i] = 1;
        o->batch.seq_id[i][0] = 0;
        o->batch.logits[i] = i == n - 1;
    }
    assert_int_equal(llama_decode(o->ctx, o->batch), 0);
    const float *logits = llama_get_logits_ith(o->ctx, n - 1);
    for (llama_token t = 1; t < n_vocab; t++)
        best = logits[t] > logits[best] ? t : best;
    return best;
}

static bool has_stop(const char *text)
{
    for (int i = 0; i < 3; i++)
        if (strstr(text, until[i]))
            return true;
    return false;
}

static char *other_text(struct other *o, const struct generation *in, int *out_n)
{
    llama_token *ids = xcalloc(N_CTX, sizeof *ids), made[MAX_TOKENS];
    char *text = xcalloc(1, 8192);
    int n = llama_tokenize(o->vocab, in->prompt.s, (int32_t)in->prompt.n_bytes, ids, N_CTX, true, true), pos = 0, n_made = 0;
    llama_token next = 0;
    assert_true(n > 0);
    llama_memory_clear(llama_get_memory(o->ctx), true);
    for (; pos < n; pos += N_PIECE)
        next = other_step(o, ids + pos, n - pos < N_PIECE ? n - pos : N_PIECE, pos);
    for (pos = n;;) {
        made[n_made++] = next;
        if (llama_vocab_is_eog(o->vocab, next))
            break;
        memset(text, 0, 8192);
        assert_true(llama_detokenize(o->vocab, made, n_made, text, 8191, false, false) >= 0);
        if (has_stop(text) || n_made == in->max_tokens)
            break;
        next = other_step(o, &next, 1, pos++);
    }
    for (int i = 0; i < 3; i++)
        if (strstr(text, until[i]))
            *strstr(text, until[i]) = '\0';
    *out_n = n_made;
    free(ids);
    return text;
}

/* ---- generators ---- */

static void generate(struct fixture *f, struct generated *out, const char *path, bool flash, struct generator_params gp)
{
    struct backend_params p = {
        .n_threads = reference_threads(), .flash_attn = flash ? "auto" : "off", .type_k = "f16", .type_v = "f16",
        .load_mode = "mmap", .repack = true,
    };
    struct backend *b;
    struct generator *g;
    struct generator_stats st;
    gp.n_piece = N_PIECE;
    generator_backend_params(&p, &gp);
    if (backend_open(&b, path, &p, &f->err) || generator_open(&g, b, &gp, &f->err) ||
        generator_run(g, f->in, f->n, out, NULL, &f->err))
        fail_msg("%s", f->err.msg);
    generator_stats(g, &st);
    print_message("%d slots, share %d: %lld of %lld prompt tokens, %lld generated, %lld calls\n", gp.n_slots, gp.share,
                  (long long)st.prompt_tokens_decoded, (long long)st.prompt_tokens, (long long)st.tokens, (long long)st.n_decodes);
    assert_true((st.prompt_tokens_decoded < st.prompt_tokens / 2) == (f->shares && gp.share));
    generator_close(g);
    backend_close(b);
}

static int n_different(struct fixture *f, const char *path, bool flash, struct generator_params gp, char *const *text,
                       const int *n_tokens)
{
    struct generated out[MAX_ITEMS];
    int n = 0;
    generate(f, out, path, flash, gp);
    for (int i = 0; i < f->n; i++) {
        if (out[i].problem)
            fail_msg("%s", out[i].problem);
        if (strcmp(out[i].text, text[i]) != 0 || out[i].n_tokens != n_tokens[i]) {
            print_message("item %d: '%s' is not '%s'\n", i, out[i].text, text[i]);
            n++;
        }
        generated_release(&out[i]);
    }
    return n;
}

static void compare(struct fixture *f, const char *path, bool flash, int n_slots_max, int bound)
{
    char *text[MAX_ITEMS];
    int n_tokens[MAX_ITEMS];
    struct other o;
    other_open(&o, path, flash);
    for (int i = 0; i < f->n; i++)
        text[i] = other_text(&o, &f->in[i], &n_tokens[i]);
    other_close(&o);
    for (int share = 0; share < 2; share++)
        assert_int_equal(n_different(f, path, flash, (struct generator_params){ .n_slots = 1, .share = share }, text, n_tokens), 0);
    for (int n_slots = 2; n_slots <= n_slots_max; n_slots *= 2)
        assert_in_range(
            n_different(f, path, flash, (struct generator_params){ .n_slots = n_slots, .share = true }, text, n_tokens), 0, bound);
    for (int i = 0; i < f->n; i++)
        free(text[i]);
}

/* All items of a run begin with the same 800 tokens or so. (GSM8K's examples differ from document to document.) */
static void few_shots(void **state)
{
    struct fixture *f = *state;
    struct fixture same = *f;
    same.n = N_TASK;
    for (int i = 0; i < N_TASK; i++) {
        const char *s = arena_printf(&f->ref.arena, "%s 18\n\nQuestion: If one egg costs %d cents, what do %d eggs cost?\nAnswer:",
                                     f->in[0].prompt.s, 3 + i, 7 - i);
        same.in[i].prompt = (struct text){ .s = s, .n_bytes = strlen(s) };
    }
    same.shares = true;
    compare(&same, reference_env("PERBIT_TEST_MODEL"), true, 4, N_TASK);
}

static void f32_without_flash_attention(void **state)
{
    struct fixture *f = *state;
    compare(f, f->f32, false, 4, 1);
}

/* A vocabulary that adds a BOS, random weights: what is written makes no sense and ends nowhere. */
static void bos(void **state)
{
    struct fixture *f = *state;
    compare(f, f->ref.bos, true, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_shots),
        cmocka_unit_test(f32_without_flash_attention),
        cmocka_unit_test(bos),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
