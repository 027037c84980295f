/* backend: dispatch, batch checks and the promises that every backend makes, held by the fake one. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "engine/backend.h"

static const char *const text = "The quick brown fox jumps over the lazy dog. ";

struct fixture {
    char dir[64];
    struct arena arena;
    struct err err;
};

static int setup(void **state)
{
    static struct fixture f;
    snprintf(f.dir, sizeof(f.dir), "/tmp/test_backend.XXXXXX");
    f.err = (struct err){ 0 };
    arena_init(&f.arena);
    *state = &f;
    return mkdtemp(f.dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    arena_release(&f->arena);
    snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    return system(command);
}

static const char *put_file(struct fixture *f, const char *name, const void *data, size_t n)
{
    const char *path = fs_join(&f->arena, f->dir, name);
    assert_int_equal(fs_write(path, data, n, &f->err), 0);
    return path;
}

/* A fake model with these further keys (", \"noise\": 1"). */
static const char *fake(struct fixture *f, const char *keys)
{
    const char *json = arena_printf(&f->arena, "{\"perbit_fake_model\": 1%s, \"seed\": 7}\n", keys);
    static int count;
    return put_file(f, arena_printf(&f->arena, "m%d.json", count++), json, strlen(json));
}

static struct backend_params params(int n_ctx, int n_seq_max)
{
    return (struct backend_params){ .n_ctx = n_ctx, .n_batch = 64, .n_ubatch = 64, .n_seq_max = n_seq_max };
}

static struct backend *open_model(struct fixture *f, const char *path, struct backend_params p)
{
    struct backend *b = NULL;
    if (backend_open(&b, path, &p, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return b;
}

static void add_text(struct batch *batch, const char *s, int first_pos, int seq)
{
    for (int i = 0; s[i]; i++)
        batch_add(batch, (unsigned char)s[i], first_pos + i, seq, s[i + 1] == '\0');
}

static void assert_decodes(struct fixture *f, struct backend *b, const struct batch *batch)
{
    if (backend_decode(b, batch, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

/* Logits after s in a context of its own, one batch. Copied, free(). */
static float *reference(struct fixture *f, const char *path, const char *s)
{
    struct backend *b = open_model(f, path, params(256, 1));
    struct batch batch;
    batch_init(&batch, 64);
    add_text(&batch, s, 0, 0);
    assert_decodes(f, b, &batch);
    size_t n_bytes = (size_t)b->info.n_vocab * sizeof(float);
    float *copy = malloc(n_bytes);
    assert_non_null(copy);
    memcpy(copy, backend_logits(b, batch.n - 1), n_bytes);
    batch_release(&batch);
    backend_close(b);
    return copy;
}

static void assert_logits(struct backend *b, int i_batch, const float *want)
{
    const float *got = backend_logits(b, i_batch);
    assert_non_null(got);
    assert_memory_equal(got, want, (size_t)b->info.n_vocab * sizeof(float));
}

static void refused(struct fixture *f, const char *path, enum err_code code, const char *words)
{
    struct backend *b = NULL;
    struct backend_params p = params(64, 1);
    struct modelfile m;
    struct err err = { 0 };
    assert_int_equal(backend_open(&b, path, &p, &err), -1);
    assert_null(b);
    assert_int_equal(err.code, code);
    if (!strstr(err.msg, words) || !strstr(err.msg, path))
        fail_msg("'%s' does not say '%s'", err.msg, words);
    assert_int_equal(modelfile_inspect(&m, &f->arena, path, &err), -1);
    assert_int_equal(err.code, code);
}

static void files_that_are_no_model(void **state)
{
    struct fixture *f = *state;
    refused(f, fs_join(&f->arena, f->dir, "none.gguf"), ERR_IO, "no such file");
    refused(f, f->dir, ERR_IO, "folder");
    refused(f, put_file(f, "empty.gguf", "", 0), ERR_FORMAT, "empty file");
    refused(f, put_file(f, "a.gguf", "ab\x01 cdef", 8), ERR_FORMAT, "not a GGUF file (begins with 'ab. ')");
    refused(f, put_file(f, "b.gguf", "G", 1), ERR_FORMAT, "not a GGUF file (begins with 'G')");
    refused(f, put_file(f, "c.safetensors", "\x40\0\0\0\0\0\0\0{\"a\":1}", 15), ERR_FORMAT, "safetensors");
    refused(f, put_file(f, "d.json", "{\"seed\": 1}", 11), ERR_FORMAT, "not a GGUF file");
    refused(f, fake(f, ", \"n_vocab\": 5"), ERR_FORMAT, "n_vocab");
    refused(f, put_file(f, "e.json", "{\"perbit_fake_model\": 2}", 24), ERR_FORMAT, "perbit_fake_model");
    refused(f, put_file(f, "f.json", "{\"perbit_fake_model\": 1", 23), ERR_FORMAT, "");
}

static void open_fails_as_told(void **state)
{
    struct fixture *f = *state;
    struct backend *b = NULL;
    struct backend_params p = params(64, 1);
    assert_int_equal(backend_open(&b, fake(f, ", \"fail_open\": \"cannot be had\""), &p, &f->err), -1);
    assert_int_equal(f->err.code, ERR_MODEL);
    assert_non_null(strstr(f->err.msg, "cannot be had"));
    const char *path = fake(f, "");
    static const struct { int n_ctx, n_batch, n_seq_max; } bad[] = {
        { 64, 64, 0 }, { 64, 0, 1 }, { -1, 64, 1 }, { 2, 64, 3 },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        p = params(bad[i].n_ctx, bad[i].n_seq_max);
        p.n_batch = bad[i].n_batch;
        assert_int_equal(backend_open(&b, path, &p, &f->err), -1);
        assert_int_equal(f->err.code, ERR_RANGE);
    }
    backend_close(NULL);
}

static void info_says_what_was_done(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(100, 4);
    p.n_outputs_max = 9;
    struct backend *b = open_model(f, fake(f, ", \"add_bos\": true, \"n_params\": 1000, \"bpw\": 4.5"), p);
    assert_string_equal(b->info.backend, "fake");
    assert_true(b->info.is_synthetic);
    assert_int_equal(b->info.n_vocab, 300);
    assert_int_equal(b->info.n_ctx_seq, 25);
    assert_int_equal(b->info.n_batch, 64);
    assert_int_equal(b->info.n_seq_max, 4);
    assert_int_equal(b->info.n_outputs_max, 9);
    assert_int_equal(b->info.bos, 256);
    assert_int_equal(b->info.eos, 257);
    assert_true(b->info.add_bos);
    assert_int_equal(b->info.weights_bytes, 562);
    backend_close(b);
}

static void tokens_and_pieces(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_model(f, fake(f, ", \"add_bos\": true"), params(64, 1));
    static const char utf8[] = "a\0b \xc3\xa9</s>\xff";
    int32_t *tokens = NULL;
    int n = 0;
    struct buf back = BUF_INIT;
    assert_int_equal(backend_tokenize(b, utf8, sizeof(utf8) - 1, true, false, &tokens, &n, &f->err), 0);
    assert_int_equal(n, (int)sizeof(utf8));
    assert_int_equal(tokens[0], 256);
    for (int i = 1; i < n; i++) {
        char p[8];
        int n_bytes = backend_piece(b, tokens[i], p, sizeof(p));
        assert_int_equal(n_bytes, 1);
        buf_append(&back, p, (size_t)n_bytes);
    }
    assert_int_equal(back.len, sizeof(utf8) - 1);
    assert_memory_equal(back.data, utf8, back.len);
    buf_release(&back);
    free(tokens);

    assert_int_equal(backend_tokenize(b, "<s>x</s>", 8, false, true, &tokens, &n, &f->err), 0);
    assert_int_equal(n, 3);
    assert_true(tokens[0] == 256 && tokens[1] == 'x' && tokens[2] == 257);
    free(tokens);
    assert_int_equal(backend_tokenize(b, "", 0, false, false, &tokens, &n, &f->err), 0);
    assert_int_equal(n, 0);
    free(tokens);

    char small[2], large[16];
    assert_int_equal(backend_piece(b, 257, small, 2), -4);
    assert_int_equal(backend_piece(b, 257, large, 16), 4);
    assert_memory_equal(large, "</s>", 4);
    assert_int_equal(backend_piece(b, 300, large, 16), 0);
    assert_int_equal(backend_piece(b, -1, large, 16), 0);
    const int32_t mixed[] = { 256, 'a', 280, 257, 0xc3 };
    char *plain;
    size_t n_plain;
    assert_int_equal(backend_detokenize(b, mixed, 5, &plain, &n_plain, &f->err), 0);
    assert_int_equal(n_plain, 7);
    assert_memory_equal(plain, "a<280>\xc3", 8);
    free(plain);
    int32_t many[300]; /* longer than a first guess */
    for (int i = 0; i < 300; i++)
        many[i] = 299;
    assert_int_equal(backend_detokenize(b, many, 300, &plain, &n_plain, &f->err), 0);
    assert_int_equal(n_plain, 1500);
    free(plain);
    assert_true(backend_is_eog(b, 257));
    assert_false(backend_is_eog(b, 'a'));
    backend_close(b);
}

static void batches_do_not_change_logits(void **state)
{
    struct fixture *f = *state;
    const char *path = fake(f, "");
    float *want = reference(f, path, text);
    struct backend *b = open_model(f, path, params(256, 3));
    struct batch batch;
    batch_init(&batch, 64);
    int n = (int)strlen(text);
    for (int size = 1; size <= n; size++) { /* seq 1, in pieces of size, beside a stranger in seq 2 */
        backend_clear(b);
        for (int at = 0; at < n; at += size) {
            batch_clear(&batch);
            for (int i = at; i < n && i < at + size && batch.n < 62; i++)
                batch_add(&batch, (unsigned char)text[i], i, 1, i == n - 1);
            batch_add(&batch, 'x', at / size, 2, false);
            assert_decodes(f, b, &batch);
        }
        assert_logits(b, batch.n - 2, want);
    }
    batch_release(&batch);
    backend_close(b);
    free(want);
}

static void sharing_does_not_change_logits(void **state)
{
    struct fixture *f = *state;
    const char *path = fake(f, "");
    static const char *const prefix = "Question: what is two and two? Answer:";
    static const char *const endings[] = { " four", " five", " a fish" };
    for (int unified = 0; unified < 2; unified++) {
        struct backend_params p = params(256, 4);
        p.kv_unified = unified;
        struct backend *b = open_model(f, path, p);
        struct batch batch;
        batch_init(&batch, 64);
        /* what a sequence held before must not show through */
        add_text(&batch, "something older and longer than the prefix that follows", 0, 2);
        assert_decodes(f, b, &batch);
        batch_clear(&batch);
        add_text(&batch, prefix, 0, 0);
        assert_decodes(f, b, &batch);
        batch_clear(&batch);
        int last[3];
        for (int i = 0; i < 3; i++) {
            assert_int_equal(backend_seq_copy(b, 0, i + 1, &f->err), 0);
            add_text(&batch, endings[i], (int)strlen(prefix), i + 1);
            last[i] = batch.n - 1;
        }
        assert_decodes(f, b, &batch);
        for (int i = 0; i < 3; i++) {
            float *want = reference(f, path, arena_printf(&f->arena, "%s%s", prefix, endings[i]));
            assert_logits(b, last[i], want);
            free(want);
        }
        batch_release(&batch);
        backend_close(b);
    }
}

static void history_matters(void **state)
{
    struct fixture *f = *state;
    const char *path = fake(f, "");
    float *a = reference(f, path, "abcdefgh"), *c = reference(f, path, "xbcdefgh"), *d = reference(f, path, "bcdefgh");
    assert_memory_not_equal(a, c, 300 * sizeof(float));
    assert_memory_not_equal(a, d, 300 * sizeof(float));
    float *seed = reference(f, fake(f, ", \"seed\": 8"), "abcdefgh"); /* the first of two keys counts */
    assert_memory_not_equal(a, seed, 300 * sizeof(float));
    free(a);
    free(c);
    free(d);
    free(seed);
}

static void removing_the_end(void **state)
{
    struct fixture *f = *state;
    const char *path = fake(f, "");
    float *want = reference(f, path, "abcXY");
    struct backend_params p = params(16, 1);
    p.kv_unified = true;
    struct backend *b = open_model(f, path, p);
    struct batch batch;
    batch_init(&batch, 64);
    for (int i = 0; i < 20; i++) { /* more tokens in all than the context holds: removed ones give room back */
        batch_clear(&batch);
        add_text(&batch, "abcdefgh", 0, 0);
        assert_decodes(f, b, &batch);
        assert_int_equal(backend_seq_remove(b, 0, 3, &f->err), 0);
        batch_clear(&batch);
        add_text(&batch, "XY", 3, 0);
        assert_decodes(f, b, &batch);
        assert_logits(b, 1, want);
        assert_int_equal(backend_seq_remove(b, 0, -1, &f->err), 0);
    }
    batch_release(&batch);
    backend_close(b);
    free(want);
}

static void unified_copies_share_room(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(20, 3);
    p.kv_unified = true;
    struct backend *b = open_model(f, fake(f, ""), p);
    struct batch batch;
    batch_init(&batch, 64);
    add_text(&batch, "0123456789", 0, 0);
    assert_decodes(f, b, &batch);
    for (int i = 0; i < 10; i++) { /* what a copy replaces gives its room back */
        assert_int_equal(backend_seq_copy(b, 0, 1, &f->err), 0);
        assert_int_equal(backend_seq_copy(b, 0, 2, &f->err), 0);
        batch_clear(&batch);
        add_text(&batch, "abcde", 10, 1);
        assert_decodes(f, b, &batch);
    }
    assert_int_equal(backend_seq_copy(b, 0, 1, &f->err), 0);
    batch_clear(&batch);
    add_text(&batch, "abcde", 10, 1);
    add_text(&batch, "abcde", 10, 2);
    assert_decodes(f, b, &batch);
    batch_clear(&batch);
    batch_add(&batch, 'x', 10, 0, true);
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "the context is full"));
    assert_null(backend_logits(b, 0));
    assert_int_equal(backend_seq_remove(b, 1, 0, &f->err), 0);
    assert_decodes(f, b, &batch);
    batch_release(&batch);
    backend_close(b);
}

static void bad_batches(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(64, 2);
    p.n_batch = 8;
    p.n_outputs_max = 3;
    struct backend *b = open_model(f, fake(f, ""), p);
    static const struct {
        const char *words;
        struct { int token, pos, seq, want; } at[10];
        int n;
    } cases[] = {
        { "empty", { { 0, 0, 0, 0 } }, 0 },
        { "n_batch",
          { { 'a', 2, 0, 0 }, { 'a', 3, 0, 0 }, { 'a', 4, 0, 0 }, { 'a', 5, 0, 0 }, { 'a', 6, 0, 0 },
            { 'a', 7, 0, 0 }, { 'a', 8, 0, 0 }, { 'a', 9, 0, 0 }, { 'a', 10, 0, 0 } }, 9 },
        { "n_outputs_max", { { 'a', 2, 0, 1 }, { 'a', 3, 0, 1 }, { 'a', 4, 0, 1 }, { 'a', 5, 0, 1 } }, 4 },
        { "vocabulary", { { -1, 2, 0, 0 } }, 1 },
        { "vocabulary", { { 300, 2, 0, 0 } }, 1 },
        { "n_seq_max", { { 'a', 0, 2, 0 } }, 1 },
        { "n_seq_max", { { 'a', 0, -1, 0 } }, 1 },
        { "does not follow", { { 'a', -1, 0, 0 } }, 1 },
        { "position", { { 'a', 1, 0, 0 } }, 1 },
        { "position", { { 'a', 3, 0, 0 } }, 1 },
        { "does not follow", { { 'a', 2, 0, 0 }, { 'a', 2, 0, 0 } }, 2 },
        { "does not follow", { { 'a', 2, 0, 0 }, { 'a', 4, 0, 0 } }, 2 },
        { "does not follow", { { 'a', 2, 0, 0 }, { 'b', 0, 1, 0 }, { 'b', 1, 1, 0 }, { 'a', 2, 0, 0 } }, 4 },
        { "the context is full", { { 'a', 32, 0, 0 } }, 1 },
    };
    struct batch batch;
    batch_init(&batch, 16);
    add_text(&batch, "ab", 0, 0);
    assert_decodes(f, b, &batch);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        batch_clear(&batch);
        for (int k = 0; k < cases[i].n; k++)
            batch_add(&batch, cases[i].at[k].token, cases[i].at[k].pos, cases[i].at[k].seq, cases[i].at[k].want);
        f->err = (struct err){ 0 };
        if (backend_decode(b, &batch, &f->err) == 0)
            fail_msg("case %zu was accepted", i);
        assert_int_equal(f->err.code, ERR_MODEL);
        if (!strstr(f->err.msg, cases[i].words))
            fail_msg("case %zu: %s", i, f->err.msg);
    }
    batch_clear(&batch); /* and nothing has changed */
    add_text(&batch, "c", 2, 0);
    assert_decodes(f, b, &batch);
    float *want = reference(f, fake(f, ""), "abc");
    assert_logits(b, 0, want);
    free(want);
    assert_null(backend_logits(b, 1));
    assert_null(backend_logits(b, -1));
    assert_int_equal(backend_seq_copy(b, 0, 2, &f->err), -1);
    assert_int_equal(backend_seq_remove(b, -1, 0, &f->err), -1);
    batch_release(&batch);
    backend_close(b);
}

static void log_softmax(double *out, const float *logits, int n)
{
    double max = logits[0], sum = 0.0;
    for (int i = 0; i < n; i++)
        max = logits[i] > max ? logits[i] : max;
    for (int i = 0; i < n; i++)
        sum += exp(logits[i] - max);
    for (int i = 0; i < n; i++)
        out[i] = logits[i] - max - log(sum);
}

static void noise_moves_away_from_the_base(void **state)
{
    struct fixture *f = *state;
    static const char *const levels[] = {
        ", \"level\": \"BF16\"", ", \"level\": \"Q8_0\", \"noise\": 0.05", ", \"level\": \"Q4_0\", \"noise\": 0.3",
        ", \"level\": \"Q2_K\", \"noise\": 1.0",
    };
    double kl[4] = { 0 }, entropy = 0.0;
    enum { N = 24 };
    for (int i = 0; i < N; i++) {
        const char *s = arena_printf(&f->arena, "%.*s", i + 1, text);
        double p[300], q[300];
        for (int l = 0; l < 4; l++) {
            float *logits = reference(f, fake(f, levels[l]), s);
            log_softmax(l == 0 ? p : q, logits, 300);
            free(logits);
            for (int v = 0; v < 300; v++) {
                entropy -= l == 0 ? exp(p[v]) * p[v] / N : 0.0;
                kl[l] += l > 0 ? exp(p[v]) * (p[v] - q[v]) / N : 0.0;
            }
        }
    }
    assert_true(entropy > 0.5 && entropy < 4.0); /* peaked, not certain */
    assert_true(kl[1] > 0.0 && kl[1] < 0.01);
    assert_true(kl[2] > 4 * kl[1] && kl[3] > 4 * kl[2]);
    assert_true(kl[3] < 2.0);
}

/* Logits after s with an adapter, or -1 and err. Copied into out [300]. */
static int adapted(float *out, struct fixture *f, const char *model, const char *adapter, double scale)
{
    struct backend *b = NULL;
    struct backend_params p = params(256, 1);
    struct batch batch;
    p.adapter = adapter;
    p.adapter_scale = scale;
    if (backend_open(&b, model, &p, &f->err) < 0)
        return -1;
    batch_init(&batch, 64);
    add_text(&batch, text, 0, 0);
    assert_decodes(f, b, &batch);
    memcpy(out, backend_logits(b, batch.n - 1), 300 * sizeof(float));
    assert_int_equal(b->info.adapter_bytes, adapter ? 2000 : 0);
    batch_release(&batch);
    backend_close(b);
    return 0;
}

static void an_adapter_moves_the_logits(void **state)
{
    struct fixture *f = *state;
    static const char json[] = "{\"perbit_fake_adapter\": 1, \"seed\": 3}", other[] = "{\"perbit_fake_adapter\": 1, \"arch\": \"llama\"}",
                      wide[] = "{\"perbit_fake_adapter\": 1, \"n_vocab\": 9}";
    const char *model = fake(f, ""), *adapter = put_file(f, "a.json", json, sizeof json - 1);
    float bare[300], zero[300], one[300], half[300];
    assert_int_equal(adapted(bare, f, model, NULL, 0), 0);
    assert_int_equal(adapted(zero, f, model, adapter, 0), 0);
    assert_int_equal(adapted(one, f, model, adapter, 1), 0);
    assert_int_equal(adapted(half, f, model, adapter, 0.5), 0);
    assert_memory_equal(bare, zero, sizeof bare);
    for (int v = 0; v < 300; v++)
        assert_true(fabs((double)(one[v] - bare[v]) - 2.0 * (double)(half[v] - bare[v])) < 1e-4);
    assert_memory_not_equal(bare, one, sizeof bare);
    assert_int_equal(adapted(one, f, model, put_file(f, "o.json", other, sizeof other - 1), 1), -1);
    assert_non_null(strstr(f->err.msg, "an adapter for models of architecture llama, this one is fake"));
    assert_int_equal(adapted(one, f, model, put_file(f, "w.json", wide, sizeof wide - 1), 1), -1);
    assert_non_null(strstr(f->err.msg, "it has another vocabulary"));
    assert_int_equal(adapted(one, f, model, model, 1), -1);
    assert_non_null(strstr(f->err.msg, "not an adapter of the fake model"));
    assert_int_equal(adapted(one, f, model, "/no/such.gguf", 1), -1);
}

static int32_t likeliest(struct backend *b, int i_batch)
{
    const float *row = backend_logits(b, i_batch);
    int best = 0;
    for (int v = 1; v < b->info.n_vocab; v++)
        best = row[v] > row[best] ? v : best;
    return best;
}

/* A text after its cue, then the end; the same after a copy of the sequence, and for ever where it is told so. */
static void says_what_it_is_told(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_model(f, fake(f, ", \"says\": [{\"after\": \"Hi:\", \"text\": \"yes\"}, "
                                             "{\"after\": \"Go:\", \"text\": [255, 7], \"forever\": true}]"), params(256, 2));
    static const int32_t once[] = { 'y', 'e', 's', 257 }, ever[] = { 255, 7, 255, 7, 255 };
    struct batch batch;
    batch_init(&batch, 64);
    add_text(&batch, "Hi:", 0, 0);
    for (int i = 0; i < 4; i++) {
        assert_decodes(f, b, &batch);
        assert_int_equal(likeliest(b, batch.n - 1), once[i]);
        assert_int_equal(backend_seq_copy(b, i % 2, 1 - i % 2, &f->err), 0);
        batch_clear(&batch);
        batch_add(&batch, once[i], 3 + i, 1 - i % 2, true);
    }
    backend_clear(b);
    batch_clear(&batch);
    add_text(&batch, "Go:", 0, 0);
    for (int i = 0; i < 5; i++) {
        assert_decodes(f, b, &batch);
        assert_int_equal(likeliest(b, batch.n - 1), ever[i]);
        batch_clear(&batch);
        batch_add(&batch, ever[i], 3 + i, 0, true);
    }
    batch_release(&batch);
    backend_close(b);
}

static void fails_and_waits_as_told(void **state)
{
    struct fixture *f = *state;
    struct batch batch;
    batch_init(&batch, 64);
    batch_add(&batch, 'a', 0, 0, true);
    struct backend *b = open_model(f, fake(f, ", \"fail_decode_at\": 2, \"delay_us_per_token\": 3000"), params(64, 1));
    assert_decodes(f, b, &batch);
    assert_true(b->decode_s >= 0.003 && b->decode_s < 1.0);
    batch.pos[0] = 1;
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "told to fail at call 2"));
    assert_decodes(f, b, &batch);
    backend_synchronize(b);
    backend_close(b);

    batch.pos[0] = 0;
    pid_t pid = fork();
    if (pid == 0) {
        b = open_model(f, fake(f, ", \"abort_decode_at\": 1"), params(64, 1));
        backend_decode(b, &batch, &f->err);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);

    struct backend_params p = params(64, 1);
    p.no_alloc = true;
    b = open_model(f, fake(f, ""), p);
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    backend_close(b);
    batch_release(&batch);
}

static void inspected(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    const char *path = fake(f, ", \"name\": \"tiny\", \"level\": \"Q4_0\", \"n_params\": 2000000, \"bpw\": 4.5");
    assert_int_equal(modelfile_inspect(&m, &f->arena, path, &f->err), 0);
    assert_string_equal(m.name, "tiny");
    assert_string_equal(m.label, "Q4_0");
    assert_true(m.is_synthetic);
    assert_int_equal(m.tensor_bytes, 1125000);
    assert_true(modelfile_bpw(&m) == 4.5);
    assert_int_equal(m.n_types, 1);
    assert_int_equal(m.n_vocab, 300);
}

static void threads_and_build(void **state)
{
    (void)state;
    assert_in_range(backend_default_threads(), 1, sysconf(_SC_NPROCESSORS_CONF));
    assert_non_null(strstr(backend_build(), "llama.cpp "));
    assert_ptr_equal(backend_build(), backend_build());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_that_are_no_model, setup, teardown),
        cmocka_unit_test_setup_teardown(open_fails_as_told, setup, teardown),
        cmocka_unit_test_setup_teardown(info_says_what_was_done, setup, teardown),
        cmocka_unit_test_setup_teardown(tokens_and_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(batches_do_not_change_logits, setup, teardown),
        cmocka_unit_test_setup_teardown(sharing_does_not_change_logits, setup, teardown),
        cmocka_unit_test_setup_teardown(history_matters, setup, teardown),
        cmocka_unit_test_setup_teardown(removing_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(unified_copies_share_room, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(noise_moves_away_from_the_base, setup, teardown),
        cmocka_unit_test_setup_teardown(an_adapter_moves_the_logits, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_it_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(fails_and_waits_as_told, setup, teardown),
        cmocka_unit_test_setup_teardown(inspected, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_and_build, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
