/*
 * test_bootstrap: reproducibility, agreement with theory, and coverage on known data (the share of intervals that
 * hold the true value). Seeds are fixed: nothing here fails by chance.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/rand.h"
#include "stats/bootstrap.h"
#include "stats/describe.h"

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static void draw_normal(struct rand_mt *r, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = rand_normal(r);
}

static void same_seed_same_digits(void **state)
{
    (void)state;
    double x[40];
    struct rand_mt r;
    rand_seed(&r, 3);
    draw_normal(&r, x, 40);
    struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct bootstrap a, b;
    bootstrap_mean(&a, x, 40, &p);
    bootstrap_mean(&b, x, 40, &p);
    assert_memory_equal(&a, &b, sizeof a);
    p.seed++;
    bootstrap_mean(&b, x, 40, &p);
    assert_true(a.value == b.value && a.low != b.low);
}

/* The draws, one by one, as the header says: rand_below(n) each, in order. */
static void naive_median(void **state)
{
    (void)state;
    const double x[] = { 3, 1, 4, 1.5, 9, 2.6, 5 };
    enum { N = 7, B = 200 };
    struct bootstrap_params p = { B, 0.9, 77 };
    struct bootstrap found;
    bootstrap_median(&found, x, N, &p);

    struct rand_mt r;
    double medians[B];
    rand_seed(&r, 77);
    for (int b = 0; b < B; b++) {
        int n_below[N] = { 0 };
        double s[N];
        for (int i = 0; i < N; i++)
            s[i] = x[rand_below(&r, N)];
        for (int i = 0; i < N; i++) /* the median of 7 has at most 3 below it and at most 3 above */
            for (int j = 0; j < N; j++)
                n_below[i] += s[j] < s[i] || (s[j] == s[i] && j < i);
        for (int i = 0; i < N; i++)
            if (n_below[i] == 3)
                medians[b] = s[i];
    }
    close_to(found.value, 3, 0);
    close_to(found.low, describe_quantile(medians, B, 0.05), 1e-12);
    close_to(found.high, describe_quantile(medians, B, 0.95), 1e-12);
    close_to(found.se, describe_sd(medians, B), 1e-12);
}

static void mean_agrees_with_theory(void **state)
{
    (void)state;
    double x[400];
    struct rand_mt r;
    rand_seed(&r, 9);
    draw_normal(&r, x, 400);
    struct bootstrap_params p = { 4000, 0.95, 1 };
    struct bootstrap b;
    bootstrap_mean(&b, x, 400, &p);
    double se = describe_sd(x, 400) * sqrt(399.0 / 400) / 20; /* of the resampled mean, exactly */
    close_to(b.value, describe_mean(x, 400), 1e-13);
    close_to(b.se, se, 0.04);
    assert_true(fabs(b.low - (b.value - 1.96 * se)) < 0.1 * se && fabs(b.high - (b.value + 1.96 * se)) < 0.1 * se);
}

enum statistic { MEAN, MEDIAN };

static double coverage(enum statistic which, size_t n, int n_studies)
{
    struct bootstrap_params p = { 500, 0.95, 0 };
    struct rand_mt r;
    int n_held = 0;
    rand_seed(&r, 2024);
    for (int s = 0; s < n_studies; s++) {
        double x[64];
        struct bootstrap b;
        draw_normal(&r, x, n);
        p.seed = (uint64_t)s;
        if (which == MEAN)
            bootstrap_mean(&b, x, n, &p);
        else
            bootstrap_median(&b, x, n, &p);
        n_held += b.low <= 0 && b.high >= 0;
    }
    return (double)n_held / n_studies;
}

static void in_range(double found, double low, double high)
{
    if (!(found >= low && found <= high)) {
        print_error("expected %g .. %g, found %g\n", low, high, found);
        fail();
    }
}

static void coverage_on_known_data(void **state)
{
    (void)state;
    in_range(coverage(MEAN, 50, 400), 0.91, 0.97);
    in_range(coverage(MEDIAN, 31, 400), 0.91, 0.98);
    in_range(coverage(MEAN, 5, 1000), 0.80, 0.88);   /* known to be narrow: what the header says */
    in_range(coverage(MEDIAN, 5, 1000), 0.92, 0.96); /* [min, max]: 1 - 2^-4 = 0.9375 */
}

/* Values of a cluster share an offset: resampling values alone is far too sure, clusters are right. */
static void clusters_cover_single_values_do_not(void **state)
{
    (void)state;
    enum { G = 40, M = 25, N_STUDIES = 200 };
    static double x[G * M], zero[G * M];
    struct rand_mt r;
    int n_cluster = 0, n_single = 0;
    rand_seed(&r, 11);
    for (int s = 0; s < N_STUDIES; s++) {
        struct bootstrap_params p = { 300, 0.95, (uint64_t)s };
        struct bootstrap cluster, ratio, single;
        for (int c = 0; c < G; c++) {
            double offset = rand_normal(&r);
            for (int i = 0; i < M; i++)
                x[c * M + i] = offset + rand_normal(&r);
        }
        bootstrap_cluster_mean(&cluster, x, G, M, &p);
        bootstrap_ln_ratio(&ratio, x, zero, G, M, &p);
        assert_memory_equal(&cluster, &ratio, sizeof ratio);
        n_cluster += cluster.low <= 0 && cluster.high >= 0;
        if (s < 50) {
            bootstrap_mean(&single, x, G * M, &p);
            n_single += single.low <= 0 && single.high >= 0;
            close_to(cluster.value, single.value, 1e-9);
            close_to(cluster.se, describe_se_rows(x, G, M), 0.2);
        }
    }
    in_range((double)n_cluster / N_STUDIES, 0.90, 0.98);
    in_range((double)n_single / 50, 0, 0.7);
}

/* Pairing: the offset common to both models cancels. */
static void ln_ratio_is_paired(void **state)
{
    (void)state;
    enum { G = 30, M = 20 };
    static double nll[G * M], base[G * M], diff[G * M];
    struct rand_mt r;
    rand_seed(&r, 4);
    for (int i = 0; i < G * M; i++) {
        base[i] = 3 + 2 * rand_normal(&r);
        nll[i] = base[i] + 0.05 + 0.01 * rand_normal(&r);
        diff[i] = nll[i] - base[i];
    }
    struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct bootstrap b;
    bootstrap_ln_ratio(&b, nll, base, G, M, &p);
    close_to(b.value, describe_mean(diff, G * M), 1e-10);
    assert_true(b.low > 0.048 && b.high < 0.052 && b.low < b.value && b.value < b.high);
}

static void ratio_of_unequal_clusters(void **state)
{
    (void)state;
    const double nats[] = { 10, 20, 30, 45 }, bytes[] = { 10, 20, 30, 45 };
    struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct bootstrap b;
    bootstrap_ratio(&b, nats, bytes, 4, &p); /* each cluster has ratio 1: so has every resample */
    assert_true(b.value == 1 && b.low == 1 && b.high == 1 && b.se == 0);
}

static void few_values(void **state)
{
    (void)state;
    struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct bootstrap b;
    const double one = 7;
    bootstrap_mean(&b, NULL, 0, &p);
    assert_true(isnan(b.value) && isnan(b.low) && isnan(b.high) && isnan(b.se));
    bootstrap_median(&b, NULL, 0, &p);
    assert_true(isnan(b.value));
    bootstrap_cluster_mean(&b, NULL, 0, 0, &p);
    assert_true(isnan(b.value));
    bootstrap_median(&b, &one, 1, &p);
    assert_true(b.value == 7 && b.low == 7 && b.high == 7 && b.se == 0);
}

static void p_values(void **state)
{
    (void)state;
    double draws[4000];
    struct rand_mt r;
    rand_seed(&r, 21);
    for (int i = 0; i < 4000; i++)
        draws[i] = 2 + rand_normal(&r);
    in_range(bootstrap_p(2, draws, 4000, 1), 0.018, 0.028); /* P(Z > 2) = 0.0228 */
    in_range(bootstrap_p(2, draws, 4000, -1), 0.97, 0.985);
    in_range(bootstrap_p_two_sided(2, draws, 4000), 0.036, 0.056);
    for (int i = 0; i < 4000; i++)
        draws[i] = 6 + rand_normal(&r);
    in_range(bootstrap_p(6, draws, 4000, 1), 1e-10, 1e-8); /* no draw is below 0: the normal tail */
    for (int i = 0; i < 4000; i++)
        draws[i] = i < 400 ? -1 : 3; /* the tail at 2.6 / 1.2 would say 0.015 */
    assert_true(fabs(bootstrap_p(2.6, draws, 4000, 1) - 0.1) < 1e-15);
    const double flat[] = { 0, 0 }, above[] = { 1, 1 };
    assert_true(bootstrap_p(0, flat, 2, 1) == 1 && bootstrap_p_two_sided(0, flat, 2) == 1);
    assert_true(bootstrap_p(1, above, 2, 1) == 0 && bootstrap_p(1, above, 2, -1) == 1);
    assert_true(isnan(bootstrap_p(NAN, above, 2, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_digits),   cmocka_unit_test(naive_median),
        cmocka_unit_test(mean_agrees_with_theory), cmocka_unit_test(coverage_on_known_data),
        cmocka_unit_test(clusters_cover_single_values_do_not), cmocka_unit_test(ln_ratio_is_paired),
        cmocka_unit_test(ratio_of_unequal_clusters), cmocka_unit_test(few_values), cmocka_unit_test(p_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
