/* logitsfile: the bytes of the format, write and read back, rounding, clip, and every kind of damage. */
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

#include "base/buf.h"
#include "base/fs.h"
#include "engine/logitsfile.h"
#include "engine/logprob.h"

enum { N_CTX = 8, N_VOCAB = 5, N_CHUNK = 2, N_ROWS = 3, ROW_LEN = 10 };

struct fixture {
    char dir[64];
    char path[96];
    struct err err;
};

static int setup(void **state)
{
    static struct fixture f;
    snprintf(f.dir, sizeof(f.dir), "/tmp/test_logitsfile.XXXXXX");
    *state = &f;
    if (!mkdtemp(f.dir))
        return -1;
    snprintf(f.path, sizeof(f.path), "%s/base", f.dir);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    return rmdir(f->dir); /* fails if a temporary file was left */
}

static float logit(int row, int i)
{
    return (float)(row * 7 + i * 3 % 11) / 4.0f - 2.0f;
}

static void write_file(struct fixture *f)
{
    struct logitsfile_writer *w;
    int32_t tokens[N_CHUNK * N_CTX];
    uint16_t rows[N_ROWS * ROW_LEN];
    for (int i = 0; i < N_CHUNK * N_CTX; i++)
        tokens[i] = i % N_VOCAB;
    unlink(f->path);
    assert_int_equal(logitsfile_create(&w, f->path, N_CTX, N_VOCAB, N_CHUNK, tokens, &f->err), 0);
    assert_false(fs_exists(f->path));
    for (int c = 0; c < N_CHUNK; c++) {
        for (int r = 0; r < N_ROWS; r++) {
            float logits[N_VOCAB];
            for (int i = 0; i < N_VOCAB; i++)
                logits[i] = logit(c * N_ROWS + r, i);
            logitsfile_encode(rows + r * ROW_LEN, logits, N_VOCAB);
        }
        assert_int_equal(logitsfile_put(w, rows, N_ROWS, &f->err), 0);
    }
    assert_int_equal(logitsfile_finish(w, &f->err), 0);
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(logitsfile_row_len(5), ROW_LEN);
    assert_int_equal(logitsfile_row_len(6), 10);
    assert_int_equal(logitsfile_row_len(7), 12);
    assert_int_equal(logitsfile_n_rows(8), N_ROWS);
    assert_int_equal(logitsfile_n_rows(512), 255);
    assert_int_equal(logitsfile_n_rows(7), 3);
    assert_int_equal(logitsfile_bytes(N_CTX, N_VOCAB, N_CHUNK), 20 + 2 * 8 * 4 + 2 * 3 * 10 * 2);
    assert_true(logitsfile_bytes(512, 262144, 570) == 20 + 4LL * 512 * 570 + 570LL * 255 * 262148 * 2);
}

static void a_row_rounds_to_a_65535th(void **state)
{
    (void)state;
    float logits[N_VOCAB] = { 1.0f, -2.5f, 0.25f, 3.0f, -40.0f };
    uint16_t row[ROW_LEN];
    float head[2];
    logitsfile_encode(row, logits, N_VOCAB);
    memcpy(head, row, sizeof(head));
    assert_true(head[0] == 16.0f / 65535.0f); /* the smallest is clipped to 16 below the largest */
    assert_int_equal(row[4 + 3], 65535);
    assert_int_equal(row[4 + 4], 0);
    assert_int_equal(row[ROW_LEN - 1], 0);
    for (int i = 0; i < 4; i++) {
        const double exact = (double)logits[i] - logprob_lse_f64(logits, N_VOCAB);
        assert_true(fabs((double)head[0] * row[4 + i] + (double)head[1] - exact) < 16.0 / 65535.0);
    }
    logits[4] = 3.0f - 16.25f; /* just below the clip */
    logitsfile_encode(row, logits, N_VOCAB);
    memcpy(head, row, sizeof(head));
    assert_true(head[0] == 16.0f / 65535.0f);
    logits[4] = 3.0f - 15.75f; /* just above */
    logitsfile_encode(row, logits, N_VOCAB);
    memcpy(head, row, sizeof(head));
    assert_true(head[0] == 15.75f / 65535.0f);
    float flat[N_VOCAB] = { 2, 2, 2, 2, 2 }; /* no range at all */
    logitsfile_encode(row, flat, N_VOCAB);
    memcpy(head, row, sizeof(head));
    assert_true(head[0] == 0.0f && fabs((double)head[1] + log(5.0)) < 1e-6);
    for (int i = 4; i < ROW_LEN; i++)
        assert_int_equal(row[i], 0);
}

static void written_is_read(void **state)
{
    struct fixture *f = *state;
    struct logitsfile file;
    struct buf bytes = BUF_INIT;
    uint16_t rows[N_ROWS * ROW_LEN], want[ROW_LEN];
    write_file(f);
    assert_int_equal(fs_read(&bytes, f->path, &f->err), 0);
    assert_int_equal(bytes.len, logitsfile_bytes(N_CTX, N_VOCAB, N_CHUNK));
    assert_memory_equal(bytes.data, "_logits_\x08\0\0\0\x05\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0", 28);

    assert_int_equal(logitsfile_open(&file, f->path, &f->err), 0);
    assert_int_equal(file.n_ctx, N_CTX);
    assert_int_equal(file.n_vocab, N_VOCAB);
    assert_int_equal(file.n_chunk, N_CHUNK);
    assert_int_equal(file.n_rows, N_ROWS);
    assert_int_equal(file.tokens[9], 9 % N_VOCAB);
    for (int c = N_CHUNK - 1; c >= 0; c--) { /* in any order */
        float logits[N_VOCAB];
        assert_int_equal(logitsfile_read(&file, c, rows, &f->err), 0);
        for (int i = 0; i < N_VOCAB; i++)
            logits[i] = logit(c * N_ROWS + 2, i);
        logitsfile_encode(want, logits, N_VOCAB);
        assert_memory_equal(rows + 2 * ROW_LEN, want, sizeof(want));
    }
    logitsfile_close(&file);
    buf_release(&bytes);
}

static void a_model_against_its_own_row(void **state)
{
    (void)state;
    float logits[N_VOCAB] = { 1.0f, -2.5f, 0.25f, 3.0f, -4.0f }, other[N_VOCAB] = { 3.5f, -2.5f, 0.25f, 3.0f, -4.0f };
    uint16_t row[ROW_LEN];
    double p[N_VOCAB];
    struct logitsfile_score s;
    logitsfile_encode(row, logits, N_VOCAB);
    for (int tok = 0; tok < N_VOCAB; tok++) {
        logitsfile_compare(&s, row, logits, N_VOCAB, tok);
        assert_true(s.is_same_top);
        assert_true(fabs(s.kl) < 1e-4);
        assert_true(fabs(s.nll - logprob_nll(logits, N_VOCAB, tok)) < 1e-6);
        assert_true(fabs(s.nll_base - s.nll) < 2e-4);
    }
    logitsfile_compare(&s, row, other, N_VOCAB, 0);
    const double lse = logprob_softmax_f64(p, logits, N_VOCAB);
    const double kl = logprob_kl_f64(p, logits, lse, other, logprob_lse_f64(other, N_VOCAB), N_VOCAB);
    assert_false(s.is_same_top);
    assert_true(kl > 0.5 && fabs(s.kl - kl) < 1e-4);
}

/* Writes n bytes of a good file, the byte at `at` (if >= 0) replaced. */
static void damage(struct fixture *f, const struct buf *good, size_t n, long at, char byte)
{
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, good->data, n);
    if (at >= 0)
        copy[at] = byte;
    assert_int_equal(fs_write(f->path, copy, n, &f->err), 0);
    free(copy);
}

static void damaged_files_are_named(void **state)
{
    struct fixture *f = *state;
    struct logitsfile file;
    struct buf good = BUF_INIT;
    write_file(f);
    assert_int_equal(fs_read(&good, f->path, &f->err), 0);
    static const struct {
        long cut, at;
        char byte;
        const char *message;
    } cases[] = {
        { 0, 0, 'X', "not a llama-perplexity logits file" },
        { 1, -1, 0, "cut short" },
        { 60, -1, 0, "cut short" },
        { 0, 8, 9, "its header" },             /* n_ctx 9 */
        { 0, 11, (char)0x80, "is damaged" },   /* n_ctx negative */
        { 0, 15, 0x7f, "is damaged" },         /* n_vocab huge */
        { 0, 16, 0, "is damaged" },            /* no chunks */
        { 0, 20, N_VOCAB, "token 0 is 5, outside the vocabulary of 5" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        damage(f, &good, good.len - (size_t)cases[i].cut, cases[i].at, cases[i].byte);
        assert_int_equal(logitsfile_open(&file, f->path, &f->err), -1);
        assert_int_equal(f->err.code, ERR_FORMAT);
        assert_non_null(strstr(f->err.msg, cases[i].message));
        assert_non_null(strstr(f->err.msg, f->path));
    }
    for (size_t n = 0; n < 20; n++) { /* inside the header */
        damage(f, &good, n, -1, 0);
        assert_int_equal(logitsfile_open(&file, f->path, &f->err), -1);
        assert_int_equal(f->err.code, ERR_FORMAT);
    }
    assert_int_equal(logitsfile_open(&file, "/tmp/no such folder/base", &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
    buf_release(&good);
}

static void failed_writing_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct logitsfile_writer *w;
    int32_t tokens[N_CHUNK * N_CTX] = { 0 };
    unlink(f->path);
    assert_int_equal(logitsfile_create(&w, f->path, N_CTX, N_VOCAB, N_CHUNK, tokens, &f->err), 0);
    logitsfile_abandon(w);
    logitsfile_abandon(NULL);
    assert_false(fs_exists(f->path));
    assert_int_equal(logitsfile_create(&w, "/tmp/no such folder/base", N_CTX, N_VOCAB, N_CHUNK, tokens, &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
    assert_null(w);
    /* more than any disk has: refused before a byte is written */
    assert_int_equal(logitsfile_create(&w, f->path, 512, 1 << 21, 1 << 20, tokens, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "need"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(a_row_rounds_to_a_65535th),
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(a_model_against_its_own_row),
        cmocka_unit_test(damaged_files_are_named),
        cmocka_unit_test(failed_writing_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
