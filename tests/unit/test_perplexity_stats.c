/*
 * test_perplexity_stats: against llama-perplexity's own arithmetic, transcribed here from kl_divergence() in llama.cpp's
 * tools/perplexity/perplexity.cpp (running sums, mean_and_uncertainty, covariance, percentile), on made-up tokens;
 * and against properties.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rand.h"
#include "stats/perplexity_stats.h"

enum { N_CHUNKS = 12, N_PER_CHUNK = 85, N = N_CHUNKS * N_PER_CHUNK };

struct made_up {
    double nll[N], nll_base[N], kl[N], same_top[N];
    struct perplexity_tokens in;
};

static void make_up(struct made_up *m, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    for (int c = 0; c < N_CHUNKS; c++) {
        double topic = 0.3 * rand_normal(&r), harm = 0.02 + 0.02 * rand_normal(&r);
        for (int i = c * N_PER_CHUNK; i < (c + 1) * N_PER_CHUNK; i++) {
            m->nll_base[i] = fabs(2.3 + topic + 1.5 * rand_normal(&r)) + 1e-3;
            m->nll[i] = fabs(m->nll_base[i] + harm + 0.1 * rand_normal(&r)) + 1e-4;
            m->kl[i] = 0.01 * exp(rand_normal(&r));
            m->same_top[i] = rand_unit(&r) < 0.93;
        }
    }
    m->in = (struct perplexity_tokens){ .n_chunks = N_CHUNKS, .n_per_chunk = N_PER_CHUNK, .nll = m->nll,
                                        .nll_base = m->nll_base, .kl = m->kl, .same_top = m->same_top, .n_bytes = 4321 };
}

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

/* --- llama-perplexity, transcribed --- */
static struct estimate mean_and_uncertainty(double sum, double sum2, size_t count)
{
    double f = sum / (double)count;
    double df = sum2 / (double)count - f * f;
    df = df > 0 && count > 10 ? sqrt(df / (double)(count - 1)) : 0;
    return (struct estimate){ f, df };
}

static double covariance(double suma, double sumb, double sumab, size_t count)
{
    double var = sumab / (double)count - (suma / (double)count) * (sumb / (double)count);
    return var / (double)(count - 1);
}

static double percentile(const float *values, size_t n, float fraction)
{
    float p = fraction * (float)(n - 1);
    size_t ip = (size_t)p;
    p -= (float)ip;
    return (1 - p) * values[ip] + p * values[ip + 1 < n ? ip + 1 : n - 1];
}

static void sort_floats(float *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && x[j - 1] > x[j]; j--) {
            float t = x[j];
            x[j] = x[j - 1];
            x[j - 1] = t;
        }
}

static void equals_llama_perplexity(void **state)
{
    (void)state;
    static struct made_up m;
    static float kl[N], dp[N];
    make_up(&m, 1);
    double s = 0, s2 = 0, sb = 0, sb2 = 0, sab = 0, k = 0, k2 = 0, d = 0, d2 = 0, d4 = 0, same = 0;
    for (int i = 0; i < N; i++) {
        double v = m.nll[i], b = m.nll_base[i], diff = exp(-v) - exp(-b);
        s += v, s2 += v * v, sb += b, sb2 += b * b, sab += v * b;
        k += m.kl[i], k2 += m.kl[i] * m.kl[i];
        d += diff, d2 += diff * diff, d4 += diff * diff * diff * diff;
        same += m.same_top[i];
        kl[i] = (float)m.kl[i];
        dp[i] = (float)diff;
    }
    sort_floats(kl, N);
    sort_floats(dp, N);
    struct estimate log_ppl = mean_and_uncertainty(s, s2, N), log_base = mean_and_uncertainty(sb, sb2, N);
    double cov = covariance(s, sb, sab, N), ppl = exp(log_ppl.value), base = exp(log_base.value);
    double u = ppl * log_ppl.se, v = base * log_base.se;
    double ratio_unc = sqrt(log_ppl.se * log_ppl.se + log_base.se * log_base.se - 2 * cov);
    double diff_unc = sqrt(u * u + v * v - 2 * ppl * base * cov);
    struct estimate kl_div = mean_and_uncertainty(k, k2, N), p_diff = mean_and_uncertainty(d, d2, N);
    struct estimate mse = mean_and_uncertainty(d2, d4, N);
    double top = same / N;

    struct perplexity_stats o;
    struct err err;
    assert_int_equal(perplexity_stats_compute(&o, &m.in, &err), 0);
    assert_int_equal(o.n_tokens, N);
    close_to(o.ppl.value, ppl, 1e-12);
    close_to(o.ppl.se, u, 1e-10);
    close_to(o.ppl_base.value, base, 1e-12);
    close_to(o.ppl_base.se, v, 1e-10);
    close_to(o.correlation, cov / (log_ppl.se * log_base.se), 1e-10);
    close_to(o.ln_ratio.value, log_ppl.value - log_base.value, 1e-9);
    close_to(o.ln_ratio.se, ratio_unc, 1e-8);
    close_to(o.ratio.value, exp(log_ppl.value - log_base.value), 1e-12);
    close_to(o.ratio.se, exp(log_ppl.value - log_base.value) * ratio_unc, 1e-8);
    close_to(o.difference.value, ppl - base, 1e-9);
    close_to(o.difference.se, diff_unc, 1e-8);
    close_to(o.kl.value, kl_div.value, 1e-12);
    close_to(o.kl.se, kl_div.se, 1e-9);
    close_to(o.delta_p.value, p_diff.value, 1e-10);
    close_to(o.delta_p.se, p_diff.se, 1e-9);
    close_to(o.delta_p_rms.value, sqrt(mse.value), 1e-12);
    close_to(o.delta_p_rms.se, 0.5 / sqrt(mse.value) * mse.se, 1e-9);
    close_to(o.same_top.value, top, 1e-12);
    close_to(o.same_top.se, sqrt(top * (1 - top) / (N - 1)), 1e-12);

    /* percentiles: there in float */
    close_to(o.kl_spread.q999, percentile(kl, N, 0.999f), 1e-4);
    close_to(o.kl_spread.q99, percentile(kl, N, 0.99f), 1e-4);
    close_to(o.kl_spread.q95, percentile(kl, N, 0.95f), 1e-5);
    close_to(o.kl_spread.q90, percentile(kl, N, 0.9f), 1e-5);
    close_to(o.kl_spread.median, 0.5 * ((double)kl[N / 2] + (double)kl[N / 2 - 1]), 1e-6);
    close_to(o.kl_spread.q10, percentile(kl, N, 0.1f), 1e-5);
    close_to(o.kl_spread.q001, percentile(kl, N, 0.001f), 1e-4);
    close_to(o.kl_spread.min, kl[0], 1e-6);
    close_to(o.kl_spread.max, kl[N - 1], 1e-6);
    close_to(o.delta_p_spread.q05, percentile(dp, N, 0.05f), 1e-4);
    close_to(o.delta_p_spread.q75, percentile(dp, N, 0.75f), 1e-3);
    close_to(o.delta_p_spread.min, dp[0], 1e-6);
}

static void bits_and_bytes(void **state)
{
    (void)state;
    const double nll[] = { log(2), log(4), log(8), log(2) }; /* 7 bits */
    struct perplexity_tokens in = { .n_chunks = 2, .n_per_chunk = 2, .nll = nll, .n_bytes = 14 };
    struct perplexity_stats o;
    struct err err;
    assert_int_equal(perplexity_stats_compute(&o, &in, &err), 0);
    close_to(o.bits_per_byte, 0.5, 1e-14);
    close_to(o.ppl.value, pow(2, 7 / 4.0), 1e-14);
    assert_true(isnan(o.ln_ratio.value) && isnan(o.kl.value) && isnan(o.same_top.value) && isnan(o.kl_spread.q99));
    in.n_bytes = 0;
    assert_int_equal(perplexity_stats_compute(&o, &in, &err), 0);
    assert_true(isnan(o.bits_per_byte));
}

/* A model against itself: llama-perplexity's error is the root of a rounding error, sometimes of a negative one. */
static void against_itself(void **state)
{
    (void)state;
    static struct made_up m;
    static const double none[N];
    make_up(&m, 2);
    m.in.nll_base = m.nll;
    m.in.kl = none;
    struct perplexity_stats o;
    struct err err;
    assert_int_equal(perplexity_stats_compute(&o, &m.in, &err), 0);
    assert_true(o.ln_ratio.value == 0 && o.ln_ratio.se == 0 && o.ln_ratio_se_chunk == 0);
    assert_true(o.ratio.value == 1 && o.ratio.se == 0 && o.difference.value == 0 && o.difference.se == 0);
    close_to(o.correlation, 1, 1e-12);
    assert_true(o.delta_p_rms.value == 0 && isnan(o.delta_p_rms.se));
    assert_true(o.kl.value == 0 && o.kl.se == 0 && o.kl_spread.max == 0);
}

static void chunks_are_the_units(void **state)
{
    (void)state;
    static struct made_up m;
    make_up(&m, 3);
    double mean[N_CHUNKS] = { 0 }, kl[N_CHUNKS] = { 0 };
    for (int i = 0; i < N; i++) {
        mean[i / N_PER_CHUNK] += (m.nll[i] - m.nll_base[i]) / N_PER_CHUNK;
        kl[i / N_PER_CHUNK] += m.kl[i] / N_PER_CHUNK;
    }
    struct perplexity_stats o;
    struct err err;
    assert_int_equal(perplexity_stats_compute(&o, &m.in, &err), 0);
    close_to(o.ln_ratio_se_chunk, describe_se(mean, N_CHUNKS), 1e-9);
    close_to(o.kl_se_chunk, describe_se(kl, N_CHUNKS), 1e-9);
    assert_true(o.ln_ratio_se_chunk > 1.2 * o.ln_ratio.se); /* each chunk has its own harm */
    assert_true(o.ln_ppl_se_chunk > 1.2 * o.ln_ppl.se);
}

static void order_does_not_matter(void **state)
{
    (void)state;
    static struct made_up m, turned;
    make_up(&m, 4);
    turned = m;
    for (int i = 0; i < N; i++) { /* whole text backwards: chunks stay chunks */
        turned.nll[i] = m.nll[N - 1 - i];
        turned.nll_base[i] = m.nll_base[N - 1 - i];
        turned.kl[i] = m.kl[N - 1 - i];
    }
    turned.in.nll = turned.nll;
    turned.in.nll_base = turned.nll_base;
    turned.in.kl = turned.kl;
    turned.in.same_top = turned.same_top;
    struct perplexity_stats a, b;
    struct err err;
    assert_int_equal(perplexity_stats_compute(&a, &m.in, &err), 0);
    assert_int_equal(perplexity_stats_compute(&b, &turned.in, &err), 0);
    close_to(b.ln_ratio.se, a.ln_ratio.se, 1e-12);
    close_to(b.kl_se_chunk, a.kl_se_chunk, 1e-12);
    close_to(b.delta_p_spread.q25, a.delta_p_spread.q25, 0);
}

static void bad_input(void **state)
{
    (void)state;
    static struct made_up m;
    struct perplexity_stats o;
    struct err err;
    make_up(&m, 5);
    m.kl[N_PER_CHUNK * 3 + 7] = NAN;
    assert_int_equal(perplexity_stats_compute(&o, &m.in, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_non_null(strstr(err.msg, "KL divergence of chunk 3, scored token 7"));
    m.in.n_chunks = 0;
    assert_int_equal(perplexity_stats_compute(&o, &m.in, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_true(isnan(o.ppl.value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_llama_perplexity), cmocka_unit_test(bits_and_bytes),
        cmocka_unit_test(against_itself),          cmocka_unit_test(chunks_are_the_units),
        cmocka_unit_test(order_does_not_matter),   cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
