/*
 * perplexity over fake models: what is scored and from which history, the order of events, going on after a
 * stop, chunks in several batches, the KL of a level, files, and every refusal.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "engine/logitsfile.h"
#include "engine/logprob.h"
#include "engine/perplexity.h"
#include "recorder.h"

enum { N_CTX = 16, N_BATCH = 64, M = 7, N_TEXT = 10 * N_CTX + 5, N_VOCAB = 300 };

struct fixture {
    char dir[64];
    struct arena arena;
    struct recorder rec;
    char text[N_TEXT + 1];
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/test_perplexity.XXXXXX");
    arena_init(&f->arena);
    recorder_init(&f->rec);
    for (int i = 0; i < N_TEXT; i++)
        f->text[i] = (char)('a' + (i * i + 3 * i) % 26);
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    recorder_release(&f->rec);
    arena_release(&f->arena);
    free(f);
    return system(command);
}

static const char *path_of(struct fixture *f, const char *name)
{
    return arena_printf(&f->arena, "%s/%s", f->dir, name);
}

/* keys: more of the JSON object, beginning with a comma, or "". */
static struct backend *open_fake(struct fixture *f, const char *name, const char *keys, int n_batch)
{
    struct backend_params p = { .n_ubatch = 512, .n_threads = 2, .flash_attn = "auto", .type_k = "f16", .type_v = "f16",
                                .load_mode = "none", .n_outputs_max = 3, .kv_unified = true };
    struct backend *b = NULL;
    const char *path = path_of(f, name);
    const char *json = arena_printf(&f->arena, "{\"perbit_fake_model\": 1, \"seed\": 5%s}", keys);
    assert_int_equal(fs_write(path, json, strlen(json), &f->err), 0);
    perplexity_backend_params(&p, N_CTX, n_batch);
    if (backend_open(&b, path, &p, &f->err))
        fail_msg("%s", f->err.msg);
    return b;
}

static int run(struct fixture *f, struct backend *const *models, int n, struct perplexity_params p)
{
    const int refuse_at = f->rec.refuse_at;
    recorder_release(&f->rec);
    recorder_init(&f->rec);
    f->rec.refuse_at = refuse_at;
    f->err = (struct err){ 0 };
    return perplexity_run(models, n, &p, f->text, strlen(f->text), &f->rec.sink, &f->err);
}

static struct perplexity_params all_chunks(void)
{
    return (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = N_BATCH, .n_chunks = -1 };
}

static const double *values(const struct fixture *f, int slot, enum metric m, int64_t chunk)
{
    const struct event *e = recorder_find(&f->rec, slot, m, chunk);
    if (!e)
        fail_msg("slot %d has no %s of chunk %d", slot, metric_info(m)->name, (int)chunk);
    return e->kind == EVENT_SERIES ? e->values : &e->value;
}

/* One chunk by hand: a single sequence, decoded token by token. rows [M][N_VOCAB] */
static void decode_by_hand(struct fixture *f, struct backend *b, int chunk, float *rows)
{
    struct batch batch;
    batch_init(&batch, 1);
    backend_clear(b);
    for (int pos = 0; pos < N_CTX - 1; pos++) {
        int32_t token = (unsigned char)f->text[chunk * N_CTX + pos - (b->info.add_bos && chunk + pos > 0 ? 1 : 0)];
        if (b->info.add_bos && pos == 0)
            token = b->info.bos;
        batch_clear(&batch);
        batch_add(&batch, token, pos, 0, true);
        if (backend_decode(b, &batch, &f->err))
            fail_msg("%s", f->err.msg);
        if (pos >= N_CTX / 2)
            memcpy(rows + (size_t)(pos - N_CTX / 2) * N_VOCAB, backend_logits(b, 0), N_VOCAB * sizeof(float));
    }
    batch_release(&batch);
}

/* The token that row k of a chunk predicts; a BOS in front moves the text by one. */
static int32_t scored_token(const struct fixture *f, const struct backend *b, int chunk, int k)
{
    return (unsigned char)f->text[chunk * N_CTX + N_CTX / 2 + 1 + k - (b->info.add_bos ? 1 : 0)];
}

/* Only as much text is tokenized as the chunks need, up to a line break; the values are the whole text's. */
static void a_few_chunks_of_a_long_text_are_its_first(void **state)
{
    struct fixture *f = *state;
    enum { N_LONG = 9000, LINE = 61 };
    struct backend *b = open_fake(f, "m", "", N_BATCH);
    struct perplexity_params few = all_chunks();
    char *text = xcalloc(N_LONG + 1, 1);
    double first[2][M];
    few.n_chunks = 2;
    for (int i = 0; i < N_LONG; i++)
        text[i] = (char)(i % LINE == LINE - 1 ? '\n' : 'a' + (i * i + 7 * i) % 26);
    for (int is_few = 0; is_few < 2; is_few++) {
        recorder_release(&f->rec);
        recorder_init(&f->rec);
        assert_int_equal(perplexity_run(&b, 1, is_few ? &few : &(struct perplexity_params){ .n_ctx = N_CTX, .n_batch = N_BATCH,
                         .n_chunks = 40 }, text, N_LONG, &f->rec.sink, &f->err), 0);
        memcpy(first[is_few], values(f, 0, METRIC_NLL, 1), sizeof first[0]);
    }
    assert_memory_equal(first[0], first[1], sizeof first[0]);
    free(text);
    backend_close(b);
}

static void layout_is_llama_perplexitys(void **state)
{
    (void)state;
    struct backend_params p = { .n_ubatch = 77, .n_outputs_max = 5, .kv_unified = true };
    perplexity_backend_params(&p, 512, 2048);
    assert_int_equal(p.n_seq_max, 4);
    assert_int_equal(p.n_ctx, 2048);
    assert_int_equal(p.n_batch, 2048);
    assert_int_equal(p.n_outputs_max, 0);
    assert_false(p.kv_unified);
    assert_int_equal(p.n_ubatch, 77);
    perplexity_backend_params(&p, 512, 1300);
    assert_int_equal(p.n_seq_max, 2);
    assert_int_equal(p.n_batch, 1024);
    perplexity_backend_params(&p, 512, 100);
    assert_int_equal(p.n_seq_max, 1);
    assert_int_equal(p.n_ctx, 512);
    assert_int_equal(p.n_batch, 100);
}

static void scores_equal_a_chunk_by_hand(void **state)
{
    struct fixture *f = *state;
    static const char *const bos[] = { "", ", \"add_bos\": true" };
    for (int i = 0; i < 2; i++) {
        struct backend *b = open_fake(f, "m", bos[i], N_BATCH);
        assert_int_equal(run(f, &b, 1, all_chunks()), 0);
        float rows[M * N_VOCAB];
        for (int c = 0; c < 10; c++) {
            const double *nll = values(f, 0, METRIC_NLL, c);
            decode_by_hand(f, b, c, rows);
            for (int k = 0; k < M; k++)
                assert_true(nll[k] == logprob_nll(rows + k * N_VOCAB, N_VOCAB, scored_token(f, b, c, k)));
            assert_true(*values(f, 0, METRIC_SCORED_BYTES, c) == M);
        }
        assert_null(recorder_find(&f->rec, 0, METRIC_NLL, 10));
        assert_null(recorder_find(&f->rec, 0, METRIC_KL, 0));
        backend_close(b);
    }
}

static void events_come_a_group_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct backend *m[2] = { open_fake(f, "a", "", N_BATCH), open_fake(f, "b", ", \"noise\": 0.2", N_BATCH) };
    assert_int_equal(run(f, m, 2, all_chunks()), 0);
    int64_t committed = -1, seen = -1;
    for (int i = 0; i < f->rec.n; i++) {
        const struct event *e = &f->rec.events[i];
        if (e->kind == EVENT_COMMIT) {
            assert_int_equal(e->index, committed + 4 < 9 ? committed + 4 : 9);
            assert_int_equal(seen, e->index);
            committed = e->index;
        } else if (e->kind == EVENT_SERIES) {
            assert_true(e->index > committed && e->n == M);
            seen = e->index > seen ? e->index : seen;
        }
    }
    assert_int_equal(committed, 9);
    assert_int_equal(recorder_count(&f->rec, EVENT_COMMIT), 3);
    for (int s = 0; s < 2; s++)
        for (int64_t c = 0; c < 10; c += 4)
            assert_true(*values(f, s, METRIC_DECODE_S, c) > 0);
    const struct event *last = recorder_last(&f->rec, EVENT_PROGRESS);
    assert_int_equal(last->done, 10);
    assert_int_equal(last->total, 10);
    backend_close(m[0]);
    backend_close(m[1]);
}

static void kl_of_levels_from_the_base(void **state)
{
    struct fixture *f = *state;
    struct backend *m[3] = { open_fake(f, "a", "", N_BATCH), open_fake(f, "b", "", N_BATCH),
                             open_fake(f, "c", ", \"level\": \"Q4_0\", \"noise\": 0.5", N_BATCH) };
    assert_int_equal(run(f, m, 3, all_chunks()), 0);
    static float base[M * N_VOCAB], row[M * N_VOCAB];
    double p[N_VOCAB], n_same = 0;
    for (int c = 0; c < 10; c++) {
        const double *nll = values(f, 0, METRIC_NLL, c);
        decode_by_hand(f, m[0], c, base);
        decode_by_hand(f, m[2], c, row);
        for (int k = 0; k < M; k++) {
            /* the same model under another name */
            assert_true(values(f, 1, METRIC_KL, c)[k] == 0.0 && values(f, 1, METRIC_SAME_TOP, c)[k] == 1.0);
            assert_true(values(f, 1, METRIC_NLL, c)[k] == nll[k] && values(f, 1, METRIC_NLL_BASE, c)[k] == nll[k]);
            const float *x = row + k * N_VOCAB, *y = base + k * N_VOCAB;
            const double lse = logprob_softmax_f64(p, y, N_VOCAB);
            assert_true(values(f, 2, METRIC_KL, c)[k] ==
                        logprob_kl_f64(p, y, lse, x, logprob_lse_f64(x, N_VOCAB), N_VOCAB));
            assert_true(values(f, 2, METRIC_KL, c)[k] > 0);
            assert_true(values(f, 2, METRIC_NLL_BASE, c)[k] == nll[k]);
            const double same = logprob_argmax(x, N_VOCAB) == logprob_argmax(y, N_VOCAB);
            assert_true(values(f, 2, METRIC_SAME_TOP, c)[k] == same);
            n_same += same;
        }
    }
    assert_true(n_same > 10 && n_same < 70);
    assert_null(recorder_find(&f->rec, 0, METRIC_KL, 0));
    for (int i = 0; i < 3; i++)
        backend_close(m[i]);
}

static void layout_does_not_move_a_score(void **state)
{
    struct fixture *f = *state;
    static const int n_batches[] = { N_BATCH, N_CTX, 70, 15, 8, 7, 3, 1 };
    double want[10][M], want_kl[10][M];
    for (size_t i = 0; i < sizeof(n_batches) / sizeof(*n_batches); i++) {
        struct backend *m[2] = { open_fake(f, "a", ", \"add_bos\": true", n_batches[i]),
                                 open_fake(f, "b", ", \"add_bos\": true, \"noise\": 0.3", n_batches[i]) };
        struct perplexity_params p = all_chunks();
        p.n_batch = n_batches[i];
        if (run(f, m, 2, p))
            fail_msg("%s", f->err.msg);
        for (int c = 0; c < 10; c++)
            for (int k = 0; k < M; k++) {
                if (i == 0) {
                    want[c][k] = values(f, 0, METRIC_NLL, c)[k];
                    want_kl[c][k] = values(f, 1, METRIC_KL, c)[k];
                }
                assert_true(values(f, 0, METRIC_NLL, c)[k] == want[c][k]);
                assert_true(values(f, 1, METRIC_KL, c)[k] == want_kl[c][k]);
            }
        backend_close(m[0]);
        backend_close(m[1]);
    }
}

static void a_stopped_run_goes_on(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_fake(f, "m", "", N_BATCH);
    double want[10][M];
    assert_int_equal(run(f, &b, 1, all_chunks()), 0);
    for (int c = 0; c < 10; c++)
        memcpy(want[c], values(f, 0, METRIC_NLL, c), sizeof(want[c]));
    struct perplexity_params p = all_chunks();
    p.first_chunk = 8;
    assert_int_equal(run(f, &b, 1, p), 0);
    assert_null(recorder_find(&f->rec, 0, METRIC_NLL, 7));
    for (int c = 8; c < 10; c++)
        assert_memory_equal(values(f, 0, METRIC_NLL, c), want[c], sizeof(want[c]));
    p.first_chunk = 12; /* everything is done already */
    assert_int_equal(run(f, &b, 1, p), 0);
    assert_int_equal(recorder_count(&f->rec, EVENT_COMMIT), 0);
    p.first_chunk = 6;
    assert_int_equal(run(f, &b, 1, p), -1);
    assert_non_null(strstr(f->err.msg, "multiple of 4"));
    p = all_chunks();
    p.n_chunks = 3;
    assert_int_equal(run(f, &b, 1, p), 0);
    assert_int_equal(recorder_last(&f->rec, EVENT_COMMIT)->index, 2);
    backend_close(b);
}

static void a_refusing_sink_stops_it(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_fake(f, "m", "", N_BATCH);
    struct perplexity_params p = all_chunks();
    p.save_file = path_of(f, "logits");
    assert_int_equal(run(f, &b, 1, p), 0);
    assert_true(fs_exists(p.save_file));
    const int n_events = f->rec.n;
    for (int i = 0; i < n_events; i++) {
        unlink(p.save_file);
        f->rec.refuse_at = i;
        assert_int_equal(run(f, &b, 1, p), -1);
        assert_int_equal(f->err.code, ERR_CANCELLED);
        assert_int_equal(f->rec.n, i);
        assert_false(fs_exists(p.save_file));
        assert_false(fs_exists(arena_printf(&f->arena, "%s.part.%ld", p.save_file, (long)getpid())));
    }
    backend_close(b);
}

static void one_newline_at_the_end_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_fake(f, "m", "", N_BATCH);
    f->text[2 * N_CTX] = '\n';
    f->text[2 * N_CTX + 1] = '\0';
    assert_int_equal(run(f, &b, 1, all_chunks()), 0);
    f->text[2 * N_CTX - 1] = '\n';
    f->text[2 * N_CTX] = '\0';
    assert_int_equal(run(f, &b, 1, all_chunks()), -1);
    assert_string_equal(f->err.msg, "the text has 31 tokens; perplexity with chunks of 16 needs at least 32");
    assert_int_equal(f->err.code, ERR_RANGE);
    f->text[0] = '\n';
    f->text[1] = '\0';
    assert_int_equal(run(f, &b, 1, all_chunks()), -1);
    assert_string_equal(f->err.msg, "the text is empty");
    f->text[0] = '\0';
    assert_int_equal(run(f, &b, 1, all_chunks()), -1);
    assert_string_equal(f->err.msg, "the text is empty");
    backend_close(b);
}

static void saved_logits_are_a_base(void **state)
{
    struct fixture *f = *state;
    struct backend *m[2] = { open_fake(f, "a", ", \"add_bos\": true", N_BATCH),
                             open_fake(f, "b", ", \"add_bos\": true, \"noise\": 0.4", N_BATCH) };
    struct perplexity_params p = all_chunks();
    p.save_file = path_of(f, "logits");
    assert_int_equal(run(f, m, 2, p), 0);
    double kl[10][M], nll[10][M], nll_base[10][M];
    for (int c = 0; c < 10; c++) {
        memcpy(kl[c], values(f, 1, METRIC_KL, c), sizeof(kl[c]));
        memcpy(nll[c], values(f, 1, METRIC_NLL, c), sizeof(nll[c]));
        memcpy(nll_base[c], values(f, 1, METRIC_NLL_BASE, c), sizeof(nll_base[c]));
    }
    struct logitsfile file;
    assert_int_equal(logitsfile_open(&file, p.save_file, &f->err), 0);
    assert_int_equal(file.n_chunk, 10);
    assert_int_equal(file.tokens[0], m[0]->info.bos);        /* the text's own first token ... */
    assert_int_equal(file.tokens[N_CTX], f->text[N_CTX - 1]); /* ... and no BOS in later chunks */
    logitsfile_close(&file);

    p.base_file = p.save_file;
    p.save_file = NULL;
    f->text[0] = '\0'; /* not looked at */
    assert_int_equal(run(f, m + 1, 1, p), 0);
    for (int c = 0; c < 10; c++)
        for (int k = 0; k < M; k++) {
            assert_true(fabs(values(f, 0, METRIC_KL, c)[k] - kl[c][k]) < 2e-3); /* 16 bits and the clip */
            assert_true(fabs(values(f, 0, METRIC_NLL, c)[k] - nll[c][k]) < 1e-5);
            assert_true(fabs(values(f, 0, METRIC_NLL_BASE, c)[k] - nll_base[c][k]) < 3e-4);
        }
    p.first_chunk = 4;
    assert_int_equal(run(f, m, 1, p), 0); /* the base against its own file */
    assert_null(recorder_find(&f->rec, 0, METRIC_KL, 3));
    for (int k = 0; k < M; k++) {
        assert_true(fabs(values(f, 0, METRIC_KL, 9)[k]) < 2e-4);
        assert_true(values(f, 0, METRIC_SAME_TOP, 9)[k] == 1.0);
    }
    backend_close(m[0]);
    backend_close(m[1]);
}

static void models_that_do_not_fit_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *keys, *message;
    } others[] = {
        { ", \"n_vocab\": 301", "model 2 (fake model) has a vocabulary of 301 tokens, the base has 300" },
        { ", \"add_bos\": true", "differ in their beginning-of-sequence token" },
    };
    struct backend *m[2] = { open_fake(f, "a", "", N_BATCH), NULL };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        m[1] = open_fake(f, "b", others[i].keys, N_BATCH);
        assert_int_equal(run(f, m, 2, all_chunks()), -1);
        assert_int_equal(f->err.code, ERR_RANGE);
        assert_non_null(strstr(f->err.msg, others[i].message));
        assert_int_equal(f->rec.n, 0);
        backend_close(m[1]);
    }
    m[0]->info.add_eos = true;
    assert_int_equal(run(f, m, 1, all_chunks()), -1);
    assert_int_equal(f->err.code, ERR_UNSUPPORTED);
    m[0]->info.add_eos = false;
    m[0]->info.n_ctx_seq = N_CTX - 1;
    assert_int_equal(run(f, m, 1, all_chunks()), -1);
    assert_non_null(strstr(f->err.msg, "opened for 15 tokens a sequence, chunks have 16"));
    backend_close(m[0]);
}

/* Another tokenizer with as many tokens: the base's, but one letter is another. */
static int tokenize_otherwise(struct backend *b, const char *text, size_t n_bytes, bool add_special,
                              bool parse_special, int32_t **out, int *out_n, struct err *err)
{
    const int ret = backend_fake_ops.tokenize(b, text, n_bytes, add_special, parse_special, out, out_n, err);
    if (ret == 0)
        (*out)[20]++;
    return ret;
}

static void other_tokens_are_refused(void **state)
{
    struct fixture *f = *state;
    struct backend *m[2] = { open_fake(f, "a", "", N_BATCH), open_fake(f, "b", "", N_BATCH) };
    struct backend_ops other = backend_fake_ops;
    other.tokenize = tokenize_otherwise;
    m[1]->ops = &other;
    assert_int_equal(run(f, m, 2, all_chunks()), -1);
    assert_int_equal(f->err.code, ERR_RANGE);
    assert_non_null(strstr(f->err.msg, "cuts the text into other tokens than the base, from token 20 on"));
    backend_close(m[0]);
    backend_close(m[1]);
}

static void wrong_settings_are_refused(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_fake(f, "m", "", N_BATCH);
    struct backend *wide = open_fake(f, "wide", ", \"n_vocab\": 400", N_BATCH);
    const char *logits = path_of(f, "logits");
    struct perplexity_params save = all_chunks();
    save.save_file = logits;
    assert_int_equal(run(f, &b, 1, save), 0);
    const struct {
        struct perplexity_params p;
        struct backend *b;
        enum err_code code;
        const char *message;
    } cases[] = {
        { { .n_ctx = 3, .n_batch = 8, .n_chunks = -1 }, b, ERR_USAGE, "at least 4" },
        { { .n_ctx = 16, .n_batch = 0, .n_chunks = -1 }, b, ERR_USAGE, "at least" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = 0 }, b, ERR_USAGE, "0 chunks" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .first_chunk = -4 }, b, ERR_USAGE, "negative" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .first_chunk = 4, .save_file = logits }, b, ERR_USAGE, "from the first chunk on" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .base_file = logits, .save_file = logits }, b, ERR_USAGE, "not both" },
        { { .n_ctx = 8, .n_batch = 64, .n_chunks = -1, .base_file = logits }, b, ERR_RANGE, "made with chunks of 16 tokens, n_ctx is 8" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .base_file = logits }, wide, ERR_RANGE, "made with a vocabulary of 300 tokens, the model has 400" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .base_file = "/tmp/no such file" }, b, ERR_IO, "/tmp/no such file" },
        { { .n_ctx = 16, .n_batch = 64, .n_chunks = -1, .save_file = "/tmp/no such folder/x" }, b, ERR_IO, "/tmp/no such folder" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct backend *model = cases[i].b;
        assert_int_equal(run(f, &model, 1, cases[i].p), -1);
        if (f->err.code != cases[i].code || !strstr(f->err.msg, cases[i].message))
            fail_msg("case %d: %s", (int)i, f->err.msg);
    }
    backend_close(b);
    backend_close(wide);
}

static void a_failed_decode_names_the_chunk(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_fake(f, "m", ", \"fail_decode_at\": 2", N_BATCH);
    assert_int_equal(run(f, &b, 1, all_chunks()), -1);
    assert_int_equal(f->err.code, ERR_MODEL);
    assert_non_null(strstr(f->err.msg, "chunk 4: "));
    assert_int_equal(recorder_last(&f->rec, EVENT_COMMIT)->index, 3);
    backend_close(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_few_chunks_of_a_long_text_are_its_first),
        TEST(layout_is_llama_perplexitys),
        TEST(scores_equal_a_chunk_by_hand),
        TEST(events_come_a_group_at_a_time),
        TEST(kl_of_levels_from_the_base),
        TEST(layout_does_not_move_a_score),
        TEST(a_stopped_run_goes_on),
        TEST(a_refusing_sink_stops_it),
        TEST(one_newline_at_the_end_is_dropped),
        TEST(saved_logits_are_a_base),
        TEST(models_that_do_not_fit_are_refused),
        TEST(other_tokens_are_refused),
        TEST(wrong_settings_are_refused),
        TEST(a_failed_decode_names_the_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
