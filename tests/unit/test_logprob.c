/* logprob: against long double and the reference's loop, with ties, masked tokens and rows of every length. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "engine/logprob.h"

enum { N_MAX = 5003 };

/* Logits as a model gives them: normal with deviation 4, a few high. */
static void fill(float *row, int n, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    for (int i = 0; i < n; i++)
        row[i] = (float)(4.0 * rand_normal(&r) + (i % 97 == 0 ? 8.0 : 0.0) - 3.0);
}

static long double lse_exact(const float *row, int n)
{
    long double max = row[0], sum = 0;
    for (int i = 1; i < n; i++)
        max = row[i] > max ? row[i] : max;
    for (int i = 0; i < n; i++)
        sum += expl(row[i] - max);
    return max + logl(sum);
}

static long double kl_exact(const float *base, const float *row, int n)
{
    const long double lb = lse_exact(base, n), lr = lse_exact(row, n);
    long double sum = 0;
    for (int i = 0; i < n; i++)
        if (expl(base[i] - lb) > 0)
            sum += expl(base[i] - lb) * ((base[i] - lb) - (row[i] - lr));
    return sum;
}

/* llama-perplexity's log_softmax(), word for word. */
static double nll_reference(int n_vocab, const float *logits, int tok)
{
    float max_logit = logits[0];
    for (int i = 1; i < n_vocab; ++i)
        max_logit = logits[i] > max_logit ? logits[i] : max_logit;
    double sum_exp = 0.0;
    for (int i = 0; i < n_vocab; ++i)
        sum_exp += expf(logits[i] - max_logit);
    return -(logits[tok] - max_logit - log(sum_exp));
}

static double kl(const float *base, const float *row, int n)
{
    double *p = xmalloc((size_t)n * sizeof(*p));
    const double base_lse = logprob_softmax_f64(p, base, n);
    const double out = logprob_kl_f64(p, base, base_lse, row, logprob_lse_f64(row, n), n);
    free(p);
    return out;
}

static void nll_has_the_reference_bits(void **state)
{
    (void)state;
    static float row[N_MAX];
    for (int n = 1; n < 40; n++) {
        fill(row, n, (uint64_t)n);
        for (int tok = 0; tok < n; tok += 3)
            assert_true(logprob_nll(row, n, tok) == nll_reference(n, row, tok));
    }
    for (uint64_t seed = 1; seed < 20; seed++) {
        fill(row, N_MAX, seed);
        assert_true(logprob_nll(row, N_MAX, 17) == nll_reference(N_MAX, row, 17));
        assert_true(fabs(logprob_nll(row, N_MAX, 17) - (double)(lse_exact(row, N_MAX) - (long double)row[17])) < 2e-6);
    }
}

static void several_rows_have_the_bits_of_one(void **state)
{
    (void)state;
    enum { N_ROWS = 11 };
    static float rows[N_ROWS][N_MAX];
    const float *row[N_ROWS];
    int32_t token[N_ROWS];
    double out[N_ROWS];
    for (int i = 0; i < N_ROWS; i++) {
        fill(rows[i], N_MAX, (uint64_t)(100 + i));
        rows[i][i] = -INFINITY;
        row[i] = rows[i];
        token[i] = 31 * i;
    }
    static const int widths[] = { 33, 64, 1000, N_MAX };
    for (size_t w = 0; w < sizeof(widths) / sizeof(*widths); w++)
        for (int n = 0; n <= N_ROWS && widths[w] > 31 * (n - 1); n++) {
            logprob_nlls(out, row, token, n, widths[w]);
            for (int i = 0; i < n; i++)
                assert_true(out[i] == logprob_nll(row[i], widths[w], token[i]));
        }
}

/* One logit a row: the sum is its exponential. Every 4099th float from 0 down to where e^x is no float any more. */
static void exp_has_the_bits_of_libm(void **state)
{
    (void)state;
    int n_differ = 0;
    for (uint32_t bits = 0x80000000u; bits < 0xc3200000u; bits += 4099) {
        float x;
        memcpy(&x, &bits, sizeof(x));
        n_differ += logprob_log_sum(&x, 1, 0.0f) != log((double)expf(x));
    }
    assert_int_equal(n_differ, 0);
    static const float far[] = { -160.5f, -1e4f, -3e38f, -INFINITY };
    for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++)
        assert_true(logprob_log_sum(&far[i], 1, 0.0f) == log(0.0));
}

static void lse_and_softmax_are_double(void **state)
{
    (void)state;
    static float row[N_MAX];
    static double p[N_MAX];
    for (int n = 1; n <= N_MAX; n = n < 20 ? n + 1 : n * 3 + 2) {
        fill(row, n, 100 + (uint64_t)n);
        const long double exact = lse_exact(row, n);
        assert_true(fabsl(logprob_lse_f64(row, n) - exact) < 1e-14L * (1 + fabsl(exact)));
        double sum = 0;
        assert_true(logprob_softmax_f64(p, row, n) == logprob_lse_f64(row, n));
        for (int i = 0; i < n; i++) {
            const long double want = expl(row[i] - exact);
            assert_true(fabsl(p[i] - want) <= 2e-14L * want);
            sum += p[i];
        }
        assert_true(fabs(sum - 1.0) < 1e-12);
    }
}

static void kl_is_exact_also_when_small(void **state)
{
    (void)state;
    static float base[N_MAX], row[N_MAX];
    static const float scale[] = { 3.0f, 0.1f, 1e-3f, 1e-5f };
    for (size_t s = 0; s < sizeof(scale) / sizeof(*scale); s++) {
        fill(base, N_MAX, 7);
        fill(row, N_MAX, 8);
        for (int i = 0; i < N_MAX; i++)
            row[i] = base[i] + scale[s] * row[i];
        const long double want = kl_exact(base, row, N_MAX);
        assert_true(fabsl(kl(base, row, N_MAX) - want) < 1e-14L + 1e-12L * fabsl(want));
        assert_true(want > 0);
    }
}

static void kl_of_a_row_with_itself_is_zero(void **state)
{
    (void)state;
    static float row[N_MAX], shifted[N_MAX];
    fill(row, N_MAX, 3);
    assert_true(kl(row, row, N_MAX) == 0.0);
    for (int i = 0; i < N_MAX; i++) {
        row[i] = rintf(row[i] * 64) / 64; /* so that the shift below is exact */
        shifted[i] = row[i] + 32.0f;
    }
    assert_true(fabs(kl(row, shifted, N_MAX)) < 1e-13);
}

static void masked_tokens_count_nothing(void **state)
{
    (void)state;
    float base[11] = { 1, 2, -INFINITY, 4, 0, 1, 2, -INFINITY, 1, -900, 2 };
    float row[11] = { 2, 1, -INFINITY, 4, 1, 0, 2, 5, 1, 0, 2 };
    double p[11];
    assert_true(fabsl(kl(base, row, 11) - kl_exact(base, row, 11)) < 1e-14L);
    logprob_softmax_f64(p, base, 11);
    assert_true(p[2] == 0.0 && p[7] == 0.0 && p[9] == 0.0);
    assert_true(isinf(logprob_nll(base, 11, 2)));
    row[3] = -INFINITY; /* the base's most probable token is impossible here */
    assert_true(isinf(kl(base, row, 11)) && kl(base, row, 11) > 0);
}

static void the_first_of_equals_is_the_top(void **state)
{
    (void)state;
    float row[19] = { 0 };
    assert_int_equal(logprob_argmax(row, 19), 0);
    for (int i = 18; i >= 0; i--) {
        row[i] = 5.0f;
        assert_int_equal(logprob_argmax(row, 19), i);
        assert_true(logprob_max(row, 19) == 5.0f);
    }
    row[18] = 6.0f;
    assert_int_equal(logprob_argmax(row, 19), 18);
    assert_int_equal(logprob_argmax(row, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nll_has_the_reference_bits),
        cmocka_unit_test(several_rows_have_the_bits_of_one),
        cmocka_unit_test(exp_has_the_bits_of_libm),
        cmocka_unit_test(lse_and_softmax_are_double),
        cmocka_unit_test(kl_is_exact_also_when_small),
        cmocka_unit_test(kl_of_a_row_with_itself_is_zero),
        cmocka_unit_test(masked_tokens_count_nothing),
        cmocka_unit_test(the_first_of_equals_is_the_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
