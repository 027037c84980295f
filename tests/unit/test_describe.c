/*
 * test_describe: against Python's statistics module (3.11; quantiles: method='inclusive', which is type 7)
 * and against naive formulas.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/rand.h"
#include "stats/describe.h"

/* cmocka compares floats in single precision only. */
static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected) + 1e-300)) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static const double sample[] = { 0.5, 2.25, -1.75, 8.0, 3.5, 3.5, 10.125, -0.25, 6.0, 1.0, 4.75 };
enum { N_SAMPLE = sizeof sample / sizeof *sample };

static void python_statistics(void **state)
{
    (void)state;
    close_to(describe_mean(sample, N_SAMPLE), 3.4204545454545454, 1e-15);
    close_to(describe_sd(sample, N_SAMPLE), 3.610000314782157, 1e-15);
    close_to(describe_var(sample, N_SAMPLE), 13.032102272727272, 1e-15);
    close_to(describe_se(sample, N_SAMPLE), 3.610000314782157 / sqrt(11), 1e-15);
    close_to(describe_median(sample, N_SAMPLE), 3.5, 0);
    close_to(describe_mad(sample, N_SAMPLE), 2.5, 0);
    close_to(describe_min(sample, N_SAMPLE), -1.75, 0);
    close_to(describe_max(sample, N_SAMPLE), 10.125, 0);
    /* statistics.quantiles(x, n=20, method='inclusive') */
    static const double q20[] = { -1.0, -0.25, 0.125, 0.5, 0.75, 1.0, 1.625, 2.25, 2.875, 3.5,
                                  3.5, 3.5, 4.125, 4.75, 5.375, 6.0, 7.0, 8.0, 9.0625 };
    for (int i = 1; i < 20; i++)
        close_to(describe_quantile(sample, N_SAMPLE, i / 20.0), q20[i - 1], 1e-14);
}

static void summary_is_the_single_figures(void **state)
{
    (void)state;
    struct summary s;
    describe_summary(&s, sample, N_SAMPLE);
    assert_int_equal(s.n, N_SAMPLE);
    close_to(s.mean, describe_mean(sample, N_SAMPLE), 0);
    close_to(s.se, describe_se(sample, N_SAMPLE), 0);
    close_to(s.q05, -1.0, 1e-14);
    close_to(s.q25, 0.75, 1e-14);
    close_to(s.median, 3.5, 0);
    close_to(s.q75, 5.375, 1e-14);
    close_to(s.q95, 9.0625, 1e-14);
    close_to(s.mad, 2.5, 0);
    describe_summary(&s, NULL, 0);
    assert_true(isnan(s.mean) && isnan(s.sd) && isnan(s.median) && isnan(s.min) && isnan(s.mad));
}

static void too_few_values(void **state)
{
    (void)state;
    const double one = 7;
    assert_true(describe_sum(NULL, 0) == 0);
    assert_true(isnan(describe_mean(NULL, 0)) && isnan(describe_median(NULL, 0)) && isnan(describe_max(NULL, 0)));
    assert_true(isnan(describe_quantile(NULL, 0, 0.5)) && isnan(describe_mad(NULL, 0)));
    assert_true(isnan(describe_sd(&one, 1)) && isnan(describe_se(&one, 1)));
    for (int i = 0; i <= 4; i++)
        close_to(describe_quantile(&one, 1, i / 4.0), 7, 0);
    close_to(describe_mad(&one, 1), 0, 0);
}

static void quantile_edges(void **state)
{
    (void)state;
    const double two[] = { 4, 2 };
    close_to(describe_quantile(two, 2, 0), 2, 0);
    close_to(describe_quantile(two, 2, 1), 4, 0);
    close_to(describe_quantile(two, 2, 0.25), 2.5, 1e-15);
    const double endless[] = { 1, INFINITY, 0 };
    close_to(describe_quantile(endless, 3, 0.5), 1, 0); /* not 0 * inf */
    const double unknown[] = { 1, NAN, 0 };
    assert_true(isnan(describe_median(unknown, 3)) && isnan(describe_min(unknown, 3)) && isnan(describe_mean(unknown, 3)));
    assert_true(isnan(describe_max(unknown, 3)));
}

static void sums_keep_their_digits(void **state)
{
    (void)state;
    const double hard[] = { 1, 1e100, 1, -1e100 }; /* Kahan's sum gives 0, a plain one too */
    close_to(describe_sum(hard, 4), 2, 0);
    double *tenths = malloc(1000000 * sizeof *tenths);
    for (int i = 0; i < 1000000; i++)
        tenths[i] = 0.1;
    close_to(describe_sum(tenths, 1000000), 100000, 1e-16);
    free(tenths);
    const double big[] = { 1e9 + 1, 1e9 + 2, 1e9 + 3 }; /* E x^2 - (E x)^2 gives 0 or worse */
    close_to(describe_var(big, 3), 1, 1e-12);
    const double endless[] = { INFINITY, 1 };
    assert_true(isinf(describe_sum(endless, 2)));
}

/* The definition, clusters found by comparing all pairs. */
static double naive_se_clustered(const double *x, const int *cluster, size_t n, int g)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (cluster[i] == cluster[j])
                sum += (x[i] - mean) * (x[j] - mean);
    return sqrt(sum * g / (g - 1)) / (double)n;
}

static void clustered_errors(void **state)
{
    (void)state;
    enum { N = 60 };
    double x[N];
    int cluster[N], own[N];
    struct rand_mt r;
    rand_seed(&r, 5);
    for (int i = 0; i < N; i++) {
        cluster[i] = (i * i) % 7 == 0 ? 0 : i % 5; /* unequal sizes, mixed order */
        own[i] = i;
        x[i] = rand_normal(&r) + cluster[i];
    }
    close_to(describe_se_clustered(x, cluster, N, 5), naive_se_clustered(x, cluster, N, 5), 1e-12);
    close_to(describe_se_clustered(x, cluster, N, 50), describe_se_clustered(x, cluster, N, 5), 0); /* 45 empty ones */
    close_to(describe_se_clustered(x, own, N, N), describe_se(x, N), 1e-12);
    assert_true(isnan(describe_se_clustered(x, cluster, N, 1)) && isnan(describe_se_rows(x, 1, N)));

    double means[6] = { 0 };
    for (int i = 0; i < N; i++) {
        means[i / 10] += x[i] / 10;
        own[i] = i / 10;
    }
    close_to(describe_se_rows(x, 6, 10), describe_se(means, 6), 1e-12);
    close_to(describe_se_rows(x, 6, 10), describe_se_clustered(x, own, N, 6), 1e-12);
}

/* Copies of one value a cluster: m-fold data is no more information. */
static void copies_do_not_help(void **state)
{
    (void)state;
    double x[11 * 20];
    for (int i = 0; i < 11 * 20; i++)
        x[i] = sample[i / 20];
    close_to(describe_se_rows(x, 11, 20), describe_se(sample, 11), 1e-12);
    assert_true(describe_se(x, 220) < 0.3 * describe_se(sample, 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_statistics),     cmocka_unit_test(summary_is_the_single_figures),
        cmocka_unit_test(too_few_values),        cmocka_unit_test(quantile_edges),
        cmocka_unit_test(sums_keep_their_digits), cmocka_unit_test(clustered_errors),
        cmocka_unit_test(copies_do_not_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
