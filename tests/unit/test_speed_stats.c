/*
 * test_speed_stats: llama-bench's avg() and stdev() (tools/llama-bench/llama-bench.cpp), transcribed, and hand-made cases.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "stats/speed_stats.h"

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static void equals_llama_bench(void **state)
{
    (void)state;
    const double seconds[] = { 1.25, 1.30, 1.21, 1.6, 1.24 };
    enum { N = 5 };
    double sum = 0, sq_sum = 0;
    for (int i = 0; i < N; i++) {
        double ts = 128 / seconds[i];
        sum += ts;
        sq_sum += ts * ts;
    }
    double mean = sum / N, stdev = sqrt(sq_sum / (N - 1) - mean * mean * N / (N - 1));

    struct speed_stats s;
    struct err err;
    assert_int_equal(speed_stats_compute(&s, seconds, N, 128, 1, &err), 0);
    assert_int_equal(s.n, N);
    close_to(s.mean_tps, mean, 1e-14);
    close_to(s.sd_tps, stdev, 1e-11);
    close_to(s.median_tps, 128 / 1.25, 1e-15);
    close_to(s.min_tps, 128 / 1.6, 1e-15);
    close_to(s.max_tps, 128 / 1.21, 1e-15);
    close_to(s.median_s, 1.25, 0);
    close_to(s.median_ci.low, 128 / 1.6, 1e-12); /* five repetitions: the whole range */
    close_to(s.median_ci.high, 128 / 1.21, 1e-12);
}

/* One slow repetition moves the mean, not the median; with more repetitions not its interval either. */
static void outlier(void **state)
{
    (void)state;
    double seconds[21];
    struct speed_stats calm, hit;
    struct err err;
    for (int i = 0; i < 21; i++)
        seconds[i] = 1 + 0.001 * ((i * 8) % 21);
    assert_int_equal(speed_stats_compute(&calm, seconds, 21, 100, 7, &err), 0);
    seconds[10] = 30;
    assert_int_equal(speed_stats_compute(&hit, seconds, 21, 100, 7, &err), 0);
    close_to(hit.median_tps, calm.median_tps, 0.002);
    assert_true(hit.mean_tps < 0.97 * calm.mean_tps && hit.sd_tps > 10 * calm.sd_tps);
    assert_true(hit.median_ci.low > 97 && hit.median_ci.high < 101);
    assert_true(hit.median_ci.low <= hit.median_tps && hit.median_tps <= hit.median_ci.high);
}

static void one_repetition(void **state)
{
    (void)state;
    const double one = 2;
    struct speed_stats s;
    struct err err;
    assert_int_equal(speed_stats_compute(&s, &one, 1, 512, 1, &err), 0);
    assert_true(s.mean_tps == 256 && s.median_tps == 256 && isnan(s.sd_tps) && s.mad_tps == 0);
}

static void latency(void **state)
{
    (void)state;
    double token_s[101];
    struct latency_stats l;
    struct err err;
    for (int i = 0; i <= 100; i++)
        token_s[i] = 0.001 * ((i * 37) % 101 + 1); /* 1 .. 101 ms in a mixed order */
    assert_int_equal(speed_stats_latency(&l, token_s, 101, &err), 0);
    assert_int_equal(l.n, 101);
    close_to(l.p50_s, 0.051, 1e-12);
    close_to(l.p95_s, 0.096, 1e-12);
    close_to(l.p99_s, 0.100, 1e-12);
    close_to(l.max_s, 0.101, 1e-12);
    close_to(l.mean_s, 0.051, 1e-12);
}

static void bad_input(void **state)
{
    (void)state;
    const double seconds[] = { 1, 0, 2 };
    struct speed_stats s;
    struct latency_stats l;
    struct err err;
    assert_int_equal(speed_stats_compute(&s, seconds, 3, 10, 1, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_non_null(strstr(err.msg, "repetition 1 took 0 s"));
    assert_int_equal(speed_stats_compute(&s, seconds, 0, 10, 1, &err), -1);
    assert_int_equal(speed_stats_compute(&s, seconds, 1, 0, 1, &err), -1);
    assert_int_equal(speed_stats_latency(&l, NULL, 0, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_llama_bench), cmocka_unit_test(outlier),   cmocka_unit_test(one_repetition),
        cmocka_unit_test(latency),            cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
