/*
 * speed over a backend that keeps a diary: which tokens, positions and batches llama-bench's method gives,
 * where it waits, and that times are those of the calls.
 */
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
#include "engine/speed.h"
#include "recorder.h"

enum { N_DIARY = 256, N_BATCH = 8 };

/* One line a decode call: the batch, and how often synchronize came after it. */
static struct diary {
    int n;
    struct entry {
        int n, first_pos, n_logits, last_logits;
        int32_t first_token;
        int n_waits;
    } entry[N_DIARY];
    int n_clears;
} diary;

static int diary_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    struct entry *e = &diary.entry[diary.n++];
    assert_true(diary.n < N_DIARY);
    *e = (struct entry){ .n = batch->n, .first_pos = batch->pos[0], .first_token = batch->token[0] };
    for (int i = 0; i < batch->n; i++) {
        assert_int_equal(batch->pos[i], e->first_pos + i);
        assert_int_equal(batch->seq[i], 0);
        e->n_logits += batch->want_logits[i];
    }
    e->last_logits = batch->want_logits[batch->n - 1];
    return backend_fake_ops.decode(b, batch, err);
}

static void diary_synchronize(struct backend *b)
{
    if (diary.n > 0)
        diary.entry[diary.n - 1].n_waits++;
    backend_fake_ops.synchronize(b);
}

static void diary_clear(struct backend *b)
{
    diary.n_clears++;
    backend_fake_ops.clear(b);
}

struct fixture {
    char path[64];
    struct backend *b;
    struct backend_ops ops;
    struct recorder rec;
    struct err err;
};

static void open_fake(struct fixture *f, const char *keys, const struct speed_test *tests, int n)
{
    struct backend_params p = { .n_batch = N_BATCH, .n_ubatch = N_BATCH, .n_threads = 1, .flash_attn = "auto",
                                .type_k = "f16", .type_v = "f16", .load_mode = "none" };
    char json[256];
    const int n_bytes = snprintf(json, sizeof(json), "{\"perbit_fake_model\": 1%s}", keys);
    backend_close(f->b);
    f->b = NULL;
    assert_int_equal(fs_write(f->path, json, (size_t)n_bytes, &f->err), 0);
    speed_backend_params(&p, tests, n);
    if (backend_open(&f->b, f->path, &p, &f->err))
        fail_msg("%s", f->err.msg);
    f->ops = backend_fake_ops;
    f->ops.decode = diary_decode;
    f->ops.synchronize = diary_synchronize;
    f->ops.clear = diary_clear;
    f->b->ops = &f->ops;
    diary = (struct diary){ 0 };
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->path, sizeof(f->path), "/tmp/test_speed.%ld", (long)getpid());
    recorder_init(&f->rec);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    backend_close(f->b);
    recorder_release(&f->rec);
    const int ret = unlink(f->path);
    free(f);
    return ret;
}

static void assert_entry(int i, int n, int first_pos, int n_waits)
{
    const struct entry *e = &diary.entry[i];
    assert_true(i < diary.n);
    assert_int_equal(e->n, n);
    assert_int_equal(e->first_pos, first_pos);
    assert_int_equal(e->n_waits, n_waits);
    assert_int_equal(e->n_logits, 1); /* the last token's only */
    assert_true(e->last_logits);
}

static double value(const struct fixture *f, int slot, enum metric m, int64_t index)
{
    const struct event *e = recorder_find(&f->rec, slot, m, index);
    if (!e)
        fail_msg("no %s", metric_info(m)->name);
    return e->value;
}

static void context_holds_the_longest_test(void **state)
{
    (void)state;
    const struct speed_test tests[] = { { 512, 0, 0 }, { 0, 128, 600 }, { 16, 4, 0 } };
    struct backend_params p = { .n_batch = 2048, .n_outputs_max = 0, .n_seq_max = 7 };
    speed_backend_params(&p, tests, 3);
    assert_int_equal(p.n_ctx, 728);
    assert_int_equal(p.n_outputs_max, 1);
    assert_int_equal(p.n_seq_max, 1);
    assert_int_equal(p.n_batch, 2048);
}

static void a_prompt_goes_in_batches_and_waits_once(void **state)
{
    struct fixture *f = *state;
    const struct speed_test t = { .n_prompt = 20 };
    open_fake(f, ", \"delay_us_per_token\": 200", &t, 1);
    assert_int_equal(speed_repeat(f->b, &t, 3, N_BATCH, 5, &f->rec.sink, &f->err), 0);
    assert_int_equal(diary.n, 3);
    assert_entry(0, 8, 0, 0);
    assert_entry(1, 8, 8, 0);
    assert_entry(2, 4, 16, 1);
    assert_int_equal(diary.n_clears, 1);
    assert_true(value(f, 3, METRIC_PROMPT_S, 5) >= 20 * 200e-6);
    assert_true(value(f, 3, METRIC_DECODE_S, 5) == value(f, 3, METRIC_PROMPT_S, 5));
    assert_true(value(f, 3, METRIC_LOADAVG, 5) >= 0);
    assert_null(recorder_find(&f->rec, 3, METRIC_GEN_S, 5));
    assert_null(recorder_find(&f->rec, 3, METRIC_TOKEN_S, 5));
}

static void generation_waits_for_each_token(void **state)
{
    struct fixture *f = *state;
    const struct speed_test t = { .n_gen = 5 };
    open_fake(f, ", \"delay_us_per_token\": 500", &t, 1);
    assert_int_equal(speed_repeat(f->b, &t, 0, N_BATCH, 0, &f->rec.sink, &f->err), 0);
    assert_int_equal(diary.n, 5);
    for (int i = 0; i < 5; i++)
        assert_entry(i, 1, i, 1);
    const struct event *tokens = recorder_find(&f->rec, 0, METRIC_TOKEN_S, 0);
    assert_non_null(tokens);
    assert_int_equal(tokens->n, 5);
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        assert_true(tokens->values[i] >= 500e-6);
        sum += tokens->values[i];
    }
    assert_true(sum <= value(f, 0, METRIC_GEN_S, 0));
    assert_null(recorder_find(&f->rec, 0, METRIC_PROMPT_S, 0));
}

static void depth_is_filled_before_the_clock_starts(void **state)
{
    struct fixture *f = *state;
    const struct speed_test t = { .n_prompt = 3, .n_gen = 2, .n_depth = 12 };
    open_fake(f, ", \"add_bos\": true, \"delay_us_per_token\": 2000", &t, 1);
    for (int index = 0; index < 2; index++) {
        diary.n = 0;
        assert_int_equal(speed_repeat(f->b, &t, 0, N_BATCH, index, &f->rec.sink, &f->err), 0);
        assert_int_equal(diary.n, 5);
        assert_entry(0, 8, 0, 0);
        assert_entry(1, 4, 8, 1);
        assert_entry(2, 3, 12, 1);
        assert_entry(3, 1, 15, 1);
        assert_entry(4, 1, 16, 1);
        /* llama-bench begins each of its three parts with a BOS */
        assert_int_equal(diary.entry[0].first_token, f->b->info.bos);
        assert_int_equal(diary.entry[2].first_token, f->b->info.bos);
        assert_int_equal(diary.entry[3].first_token, f->b->info.bos);
        const double prompt_s = value(f, 0, METRIC_PROMPT_S, index);
        assert_true(prompt_s >= 3 * 2e-3);
        assert_true(value(f, 0, METRIC_DECODE_S, index) == prompt_s + value(f, 0, METRIC_GEN_S, index));
    }
}

static void a_warm_up_is_a_prompt_and_one_token(void **state)
{
    struct fixture *f = *state;
    const struct speed_test tests[] = { { .n_prompt = 9 }, { .n_gen = 7 }, { .n_prompt = 2, .n_gen = 7 } };
    open_fake(f, "", tests, 3);
    assert_int_equal(speed_warmup(f->b, &tests[0], N_BATCH, &f->err), 0);
    assert_int_equal(diary.n, 2);
    assert_entry(1, 1, 8, 1);
    diary.n = 0;
    assert_int_equal(speed_warmup(f->b, &tests[1], N_BATCH, &f->err), 0);
    assert_int_equal(diary.n, 1);
    diary.n = 0;
    assert_int_equal(speed_warmup(f->b, &tests[2], N_BATCH, &f->err), 0);
    assert_int_equal(diary.n, 2);
    assert_entry(0, 2, 0, 1);
    assert_entry(1, 1, 2, 1);
}

static void tokens_are_in_the_vocabulary_and_repeatable(void **state)
{
    struct fixture *f = *state;
    const struct speed_test t = { .n_prompt = 8 };
    int32_t first[2];
    for (int i = 0; i < 2; i++) {
        open_fake(f, "", &t, 1);
        srand(1);
        assert_int_equal(speed_repeat(f->b, &t, 0, N_BATCH, i, &f->rec.sink, &f->err), 0);
        first[i] = diary.entry[0].first_token;
    }
    srand(1);
    assert_int_equal(first[0], rand() % 300);
    assert_int_equal(first[0], first[1]);
}

static void first_token_of_a_real_text(void **state)
{
    struct fixture *f = *state;
    static const int n_prompts[] = { 1, 8, 50, 3000 };
    const struct speed_test longest = { .n_prompt = 3000 };
    open_fake(f, ", \"add_bos\": true", &longest, 1);
    for (size_t i = 0; i < sizeof(n_prompts) / sizeof(*n_prompts); i++) {
        const int n = n_prompts[i], n_batch = n > 100 ? 1000 : N_BATCH;
        if (n > 100) { /* a backend for larger batches */
            backend_close(f->b);
            f->b = NULL;
            struct backend_params p = { .n_batch = 1000, .n_ubatch = 512, .flash_attn = "auto", .type_k = "f16",
                                        .type_v = "f16", .load_mode = "none" };
            speed_backend_params(&p, &longest, 1);
            assert_int_equal(backend_open(&f->b, f->path, &p, &f->err), 0);
            f->b->ops = &f->ops;
        }
        diary = (struct diary){ 0 };
        if (speed_ttft(f->b, n, n_batch, 2, (int64_t)i, &f->rec.sink, &f->err))
            fail_msg("%s", f->err.msg);
        int sum = 0;
        for (int k = 0; k < diary.n; k++) {
            assert_entry(k, diary.entry[k].n, sum, k == diary.n - 1 ? 1 : diary.entry[k].n_waits);
            sum += diary.entry[k].n;
        }
        assert_int_equal(sum, n);
        assert_int_equal(diary.entry[0].first_token, f->b->info.bos);
        assert_true(value(f, 2, METRIC_TTFT_S, (int64_t)i) > 0);
    }
}

static void impossible_tests_are_refused(void **state)
{
    struct fixture *f = *state;
    const struct speed_test fits = { .n_prompt = 10 };
    static const struct speed_test wrong[] = { { 0, 0, 5 }, { -1, 4, 0 }, { 4, -1, 0 }, { 4, 0, -1 }, { 8, 2, 1 } };
    open_fake(f, "", &fits, 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(speed_repeat(f->b, &wrong[i], 0, N_BATCH, 0, &f->rec.sink, &f->err), -1);
        assert_int_equal(f->err.code, i == 4 ? ERR_RANGE : ERR_USAGE);
        assert_int_equal(speed_warmup(f->b, &wrong[i], N_BATCH, &f->err), -1);
    }
    assert_int_equal(speed_ttft(f->b, 11, N_BATCH, 0, 0, &f->rec.sink, &f->err), -1);
    assert_int_equal(speed_repeat(f->b, &fits, 0, 0, 0, &f->rec.sink, &f->err), -1);
    assert_int_equal(diary.n, 0);
    assert_int_equal(f->rec.n, 0);
}

static void failures_are_told(void **state)
{
    struct fixture *f = *state;
    const struct speed_test t = { .n_prompt = 4, .n_gen = 4 };
    open_fake(f, ", \"fail_decode_at\": 3", &t, 1);
    assert_int_equal(speed_repeat(f->b, &t, 0, N_BATCH, 0, &f->rec.sink, &f->err), -1);
    assert_int_equal(f->err.code, ERR_MODEL);
    assert_int_equal(f->rec.n, 0); /* half a repetition is none */
    open_fake(f, "", &t, 1);
    f->rec.refuse_at = 0;
    assert_int_equal(speed_repeat(f->b, &t, 0, N_BATCH, 0, &f->rec.sink, &f->err), -1);
    assert_int_equal(f->err.code, ERR_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_holds_the_longest_test),
        TEST(a_prompt_goes_in_batches_and_waits_once),
        TEST(generation_waits_for_each_token),
        TEST(depth_is_filled_before_the_clock_starts),
        TEST(a_warm_up_is_a_prompt_and_one_token),
        TEST(tokens_are_in_the_vocabulary_and_repeatable),
        TEST(first_token_of_a_real_text),
        TEST(impossible_tests_are_refused),
        TEST(failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
