/*
 * perplexity against llama-perplexity of the same tree: every printed digit of what `perbit perplexity` prints of
 * 20 chunks of WikiText-2; over libllama every digit in other layouts, the bytes of the base-logits file, every digit
 * of the KL statistics over that file; in lockstep the exact KL, which differs from the printed one by the file's
 * rounding only.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/perplexity.h"
#include "engine/quantize.h"
#include "model/reference.h"
#include "recorder.h"

enum { N_CTX = 512, N_CHUNKS = 20, N_CHUNKS_FILE = 4, N_CHUNKS_SMALL = 6 };

struct fixture {
    struct reference ref;
    const char *q8_0, *q4_k_m; /* levels of the real model */
    struct buf text;
    struct recorder rec;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    reference_open(&f->ref);
    recorder_init(&f->rec);
    buf_init(&f->text);
    f->q8_0 = fs_join(&f->ref.arena, f->ref.dir, "q8_0.gguf");
    f->q4_k_m = fs_join(&f->ref.arena, f->ref.dir, "q4_k_m.gguf");
    struct quantize_params p = { .in = f->ref.real, .out = f->q8_0, .level = "Q8_0", .n_threads = reference_threads() };
    if (quantize_file(&p, &f->rec.sink, &f->err))
        return -1;
    p.out = f->q4_k_m;
    p.level = "Q4_K_M";
    if (quantize_file(&p, &f->rec.sink, &f->err))
        return -1;
    *state = f;
    return fs_read(&f->text, f->ref.text, &f->err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    buf_release(&f->text);
    recorder_release(&f->rec);
    reference_close(&f->ref);
    free(f);
    return 0;
}

static struct backend *open_model(struct fixture *f, const char *path, int n_batch)
{
    struct backend_params p = {
        .n_ubatch = 512, .n_threads = reference_threads(), .flash_attn = "auto", .type_k = "f16", .type_v = "f16",
        .load_mode = "mmap", .repack = true,
    };
    struct backend *b = NULL;
    perplexity_backend_params(&p, N_CTX, n_batch);
    if (backend_open(&b, path, &p, &f->err))
        fail_msg("%s", f->err.msg);
    return b;
}

/* Runs n models in lockstep and says how long was spent outside the engine. */
static void run(struct fixture *f, const char *const *paths, int n, struct perplexity_params p)
{
    struct backend *b[4] = { NULL };
    double decode_s = 0;
    for (int i = 0; i < n; i++)
        b[i] = open_model(f, paths[i], p.n_batch);
    recorder_release(&f->rec);
    recorder_init(&f->rec);
    const double start_s = clock_s();
    if (perplexity_run(b, n, &p, f->text.data, f->text.len, &f->rec.sink, &f->err))
        fail_msg("%s", f->err.msg);
    const double all_s = clock_s() - start_s;
    for (int i = 0; i < n; i++) {
        decode_s += b[i]->decode_s;
        backend_close(b[i]);
    }
    print_message("%d model(s)%s%s: %.2f s, outside decode %.2f s (%.1f %%)\n", n, p.base_file ? ", base file" : "",
                  p.save_file ? ", saving" : "", all_s, all_s - decode_s, 100 * (all_s - decode_s) / decode_s);
}

/* What llama-perplexity prints of a slot: "PPL = 17.1234 +/- 0.98765". */
static void format_estimate(char *out, size_t out_bytes, const struct fixture *f, int slot)
{
    int64_t count;
    const double nll = recorder_sum(&f->rec, slot, METRIC_NLL, 1, &count) / (double)count;
    const double nll2 = recorder_sum(&f->rec, slot, METRIC_NLL, 2, NULL) / (double)count - nll * nll;
    const double ppl = exp(nll);
    snprintf(out, out_bytes, "PPL = %.4lf +/- %.5lf", ppl, sqrt(nll2 / (double)(count - 1)) * ppl);
}

/*
 * llama-perplexity adds its threads' sums in the order in which they end, so its own sum moves in the last bit of a
 * double. A random model's perplexity of 10 digits prints 15 and shows that bit; a real model's never does.
 */
static bool equal_as_doubles(const char *got, const char *want)
{
    double g[2], w[2];
    if (sscanf(got, "PPL = %lf +/- %lf", &g[0], &g[1]) != 2 || sscanf(want, "PPL = %lf +/- %lf", &w[0], &w[1]) != 2)
        return false;
    return w[0] >= 1e8 && fabs(g[0] - w[0]) <= 1e-12 * w[0] && fabs(g[1] - w[1]) <= 1e-12 * w[1];
}

static void assert_estimate(struct fixture *f, int slot, const struct buf *printed)
{
    char want[128] = "none", got[128];
    const char *at = strstr(printed->data, "PPL = ");
    if (at)
        snprintf(want, sizeof(want), "%.*s", (int)strcspn(at, "\n"), at);
    format_estimate(got, sizeof(got), f, slot);
    if (!equal_as_doubles(got, want))
        assert_string_equal(got, want);
}

static void reference_ppl(struct buf *out, struct fixture *f, const char *model, int n_batch, int n_chunks,
                          const char *more)
{
    reference_run(out, "'%s/llama-perplexity' -m '%s' -f '%s' -c %d -b %d --chunks %d -t %d -ngl 0 %s", f->ref.bin, model,
                  f->ref.text, N_CTX, n_batch, n_chunks, reference_threads(), more);
}

/* The last line of the program's table ends in PPL, its error and bits per byte. */
static void format_program(char *out, size_t out_bytes, const struct buf *printed)
{
    const char *at = printed->data + printed->len - 1;
    char ppl[32] = "none", se[32] = "none";
    while (at > printed->data && at[-1] != '\n')
        at--;
    const char *columns = strstr(at, " 20 "); /* chunks */
    if (columns)
        sscanf(columns, " 20 %31s %31s", ppl, se);
    snprintf(out, out_bytes, "PPL = %s +/- %s", ppl, se);
}

static void perplexity_to_the_last_digit(void **state)
{
    struct fixture *f = *state;
    const char *const models[] = { f->ref.real, f->q8_0, f->q4_k_m };
    const char *text = reference_whole_text(&f->ref);
    struct buf printed = BUF_INIT;
    char want[128] = "", got[128];
    for (int i = 0; i < 3; i++) {
        reference_run(&printed, "'%s/llama-perplexity' -m '%s' -f '%s' --chunks %d -t %d -ngl 0", f->ref.bin, models[i], text,
                      N_CHUNKS, reference_threads());
        const char *at = strstr(printed.data, "PPL = ");
        assert_non_null(at);
        snprintf(want, sizeof(want), "%.*s", (int)strcspn(at, "\n"), at);
        reference_run(&printed, "'%s' perplexity -q '%s' -f '%s' --chunks %d -t %d -ngl 0", f->ref.perbit, models[i], text,
                      N_CHUNKS, reference_threads());
        format_program(got, sizeof(got), &printed);
        assert_string_equal(got, want);
    }
    buf_release(&printed);
}

/* n_batch 100: six batches a chunk. 20 chunks would be 5 groups; 6 end in a group that is not full. */
static void other_layouts_and_a_bos(void **state)
{
    struct fixture *f = *state;
    static const int n_batches[] = { 2048, 512, 100 };
    const char *const models[] = { f->ref.random, f->ref.bos };
    struct buf printed = BUF_INIT;
    for (int m = 0; m < 2; m++)
        for (int i = m; i < 3; i += 2 - m) {
            const int n = n_batches[i] < N_CTX ? 3 : N_CHUNKS_SMALL;
            run(f, &models[m], 1, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = n_batches[i], .n_chunks = n });
            reference_ppl(&printed, f, models[m], n_batches[i], n, "");
            assert_estimate(f, 0, &printed);
        }
    buf_release(&printed);
}

/* The number after a label, as text. */
static const char *number_after(struct fixture *f, const struct buf *printed, const char *label)
{
    const char *at = strstr(printed->data, label);
    if (!at)
        fail_msg("llama-perplexity does not print %s", label);
    at += strlen(label);
    at += strspn(at, " :");
    return arena_strndup(&f->ref.arena, at, strcspn(at, " \n%"));
}

static void assert_number(struct fixture *f, const struct buf *printed, const char *label, const char *format, double v)
{
    char got[64];
    const char *want = number_after(f, printed, label);
    snprintf(got, sizeof(got), format, v);
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s, llama-perplexity has %s", label, got, want);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void assert_kl_statistics(struct fixture *f, int slot, const struct buf *printed)
{
    int64_t n, at = 0;
    const double kl = recorder_sum(&f->rec, slot, METRIC_KL, 1, &n) / (double)n;
    const double nll = recorder_sum(&f->rec, slot, METRIC_NLL, 1, NULL) / (double)n;
    const double nll_base = recorder_sum(&f->rec, slot, METRIC_NLL_BASE, 1, NULL) / (double)n;
    const double same = recorder_sum(&f->rec, slot, METRIC_SAME_TOP, 1, NULL) / (double)n;
    double *sorted = xmalloc((size_t)n * sizeof(*sorted));
    for (int i = 0; i < f->rec.n; i++) {
        const struct event *e = &f->rec.events[i];
        if (e->kind == EVENT_SERIES && e->metric == METRIC_KL && e->slot == slot) {
            memcpy(sorted + at, e->values, (size_t)e->n * sizeof(*sorted));
            at += e->n;
        }
    }
    qsort(sorted, (size_t)n, sizeof(*sorted), compare_doubles);
    assert_number(f, printed, "Mean PPL(Q)  ", "%.6lf", exp(nll));
    assert_number(f, printed, "Mean PPL(base)", "%.6lf", exp(nll_base));
    assert_number(f, printed, "Mean ln(PPL(Q)/PPL(base))", "%.6lf", nll - nll_base);
    assert_number(f, printed, "Mean    KLD", "%.6lf", kl);
    assert_number(f, printed, "Maximum KLD", "%.6f", (double)(float)sorted[n - 1]);
    assert_number(f, printed, "Minimum KLD", "%.6f", (double)(float)sorted[0]);
    assert_number(f, printed, "Same top p:", "%.3lf", 100 * same);
    free(sorted);
}

static void base_logits_file(void **state)
{
    struct fixture *f = *state;
    const char *want = fs_join(&f->ref.arena, f->ref.dir, "want.kld"), *got = fs_join(&f->ref.arena, f->ref.dir, "got.kld");
    const char *const models[] = { f->ref.real, f->q8_0, f->q4_k_m };
    struct buf printed = BUF_INIT;
    double exact[3] = { 0 };
    int64_t n;

    reference_ppl(&printed, f, models[0], 2048, N_CHUNKS_FILE, arena_printf(&f->ref.arena, "--save-all-logits '%s'", want));
    run(f, models, 3, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = 2048, .n_chunks = N_CHUNKS_FILE, .save_file = got });
    assert_true(reference_same_bytes(want, got));
    unlink(want);
    assert_estimate(f, 0, &printed);
    for (int i = 1; i < 3; i++) {
        exact[i] = recorder_sum(&f->rec, i, METRIC_KL, 1, &n);
        exact[i] /= (double)n;
        for (int k = 0; k < f->rec.n; k++)
            if (f->rec.events[k].kind == EVENT_SERIES && f->rec.events[k].metric == METRIC_KL)
                for (int j = 0; j < f->rec.events[k].n; j++)
                    assert_true(f->rec.events[k].values[j] > 0);
    }
    run(f, models + 1, 2, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = 2048, .n_chunks = -1, .base_file = got });
    for (int i = 1; i < 3; i++) {
        reference_run(&printed, "'%s/llama-perplexity' -m '%s' -c %d -b 2048 -t %d -ngl 0 --kl-divergence "
                      "--kl-divergence-base '%s'", f->ref.bin, models[i], N_CTX, reference_threads(), got);
        assert_kl_statistics(f, i - 1, &printed);
        const double with_file = recorder_sum(&f->rec, i - 1, METRIC_KL, 1, &n) / (double)n;
            assert_true(fabs(exact[i] - with_file) < 2e-4);
    }
    unlink(got);
    buf_release(&printed);
}

/* A BOS stands in no file: tokens are the text's, the swap is made when decoding. */
static void base_logits_file_with_a_bos(void **state)
{
    struct fixture *f = *state;
    const char *want = fs_join(&f->ref.arena, f->ref.dir, "want.kld"), *got = fs_join(&f->ref.arena, f->ref.dir, "got.kld");
    const char *level = fs_join(&f->ref.arena, f->ref.dir, "bos-q4.gguf");
    struct quantize_params q = { .in = f->ref.bos, .out = level, .level = "Q4_K_M", .n_threads = reference_threads() };
    struct buf printed = BUF_INIT;
    if (quantize_file(&q, &f->rec.sink, &f->err))
        fail_msg("%s", f->err.msg);
    reference_ppl(&printed, f, f->ref.bos, 1024, 3, arena_printf(&f->ref.arena, "--save-all-logits '%s'", want));
    run(f, &f->ref.bos, 1, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = 1024, .n_chunks = 3, .save_file = got });
    assert_true(reference_same_bytes(want, got));
    run(f, &level, 1, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = 1024, .n_chunks = -1, .base_file = got });
    reference_run(&printed, "'%s/llama-perplexity' -m '%s' -c %d -b 1024 -t %d -ngl 0 --kl-divergence "
                  "--kl-divergence-base '%s'", f->ref.bin, level, N_CTX, reference_threads(), got);
    assert_kl_statistics(f, 0, &printed);
    unlink(want);
    unlink(got);
    buf_release(&printed);
}

/* The floor of a model with itself is exactly 0 in lockstep. */
static void a_model_against_itself(void **state)
{
    struct fixture *f = *state;
    const char *const models[] = { f->ref.random, f->ref.random };
    run(f, models, 2, (struct perplexity_params){ .n_ctx = N_CTX, .n_batch = 1024, .n_chunks = 2 });
    int64_t n;
    assert_true(recorder_sum(&f->rec, 1, METRIC_KL, 1, &n) == 0.0);
    assert_int_equal(n, 2 * 255);
    assert_true(recorder_sum(&f->rec, 1, METRIC_SAME_TOP, 1, NULL) == 2 * 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perplexity_to_the_last_digit),
        cmocka_unit_test(other_layouts_and_a_bos),
        cmocka_unit_test(base_logits_file),
        cmocka_unit_test(base_logits_file_with_a_bos),
        cmocka_unit_test(a_model_against_itself),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
