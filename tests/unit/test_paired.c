/*
 * test_paired: differences of pairs and McNemar. References: Python 3.11's statistics (covariance, correlation)
 * and fractions (exact binomial sums).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/rand.h"
#include "stats/normal.h"
#include "stats/paired.h"

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static const double x[] = { 0.5, 2.25, -1.75, 8.0, 3.5, 3.5, 10.125, -0.25, 6.0, 1.0, 4.75 };
static const double y[] = { 0.25, 2.5, -2.0, 7.0, 4.5, 3.0, 9.0, 0.0, 6.5, 0.5, 5.0 };
enum { N = sizeof x / sizeof *x };

static void differences(void **state)
{
    (void)state;
    struct paired p;
    paired_compare(&p, x, y, N, 0.95);
    assert_int_equal(p.n, N);
    close_to(p.difference, 0.125, 1e-15);
    close_to(p.se, 0.1943813028793945, 1e-14); /* stdev(x - y) / sqrt(n) */
    close_to(p.ci.low, 0.125 - 1.9599639845400536 * 0.1943813028793945, 1e-13);
    close_to(p.ci.high, 0.125 + 1.9599639845400536 * 0.1943813028793945, 1e-13);
    close_to(p.p, 2 * normal_cdf(-0.125 / 0.1943813028793945), 1e-13);
    close_to(p.covariance, 12.188352272727274, 1e-14);
    close_to(p.correlation, 0.9845321456428502, 1e-14);
    /* the identity that pairing rests on: var(x - y) = var x + var y - 2 cov */
    close_to(p.se * p.se * N, describe_var(x, N) + describe_var(y, N) - 2 * p.covariance, 1e-12);
    assert_true(p.se < 0.2 * describe_se(x, N)); /* most of the variance was common */
}

static void same_and_few(void **state)
{
    (void)state;
    struct paired p;
    paired_compare(&p, x, x, N, 0.95);
    assert_true(p.difference == 0 && p.se == 0 && isnan(p.p));
    close_to(p.correlation, 1, 1e-15);
    paired_compare(&p, x, y, 1, 0.95);
    assert_true(isnan(p.se) && isnan(p.covariance) && p.difference == 0.25);
    paired_compare(&p, x, y, 0, 0.95);
    assert_true(isnan(p.difference));
    const double flat[N] = { 0 };
    assert_true(isnan(paired_correlation(x, flat, N)));
}

/* Equal clusters: the t test of the clusters' means. Every pair its own cluster: the paired t test. */
static void clustered(void **state)
{
    (void)state;
    enum { G = 6, M = 4 };
    double a[G * M], zero[G * M] = { 0 }, means[G] = { 0 };
    int cluster[G * M], own[G * M];
    struct rand_mt r;
    rand_seed(&r, 6);
    for (int i = 0; i < G * M; i++) {
        cluster[i] = 2 * (i / M); /* odd numbers have no pair */
        own[i] = i;
        a[i] = i / M + rand_normal(&r);
        means[i / M] += a[i] / M;
    }
    struct paired p, single;
    paired_compare_clustered(&p, a, zero, cluster, G * M, 2 * G, 0.95);
    close_to(p.se, describe_se(means, G), 1e-12);
    close_to(p.ci.high - p.difference, 2.5705818356363146 * p.se, 1e-9); /* t of 5 degrees of freedom */
    paired_compare_clustered(&single, a, zero, NULL, G * M, 0, 0.95);
    paired_compare_clustered(&p, a, zero, own, G * M, G * M, 0.95);
    close_to(single.se, p.se, 1e-12);
    close_to(single.p, p.p, 1e-9);
    close_to(p.ci.high - p.difference, 2.0686576104190477 * p.se, 1e-9); /* 23 */
    paired_compare_clustered(&p, a, zero, cluster, 0, 2 * G, 0.95);
    assert_true(isnan(p.se) && isnan(p.ci.low) && isnan(p.p));
}

static void counts(void **state)
{
    (void)state;
    const double a[] = { 1, 1, 0, 0, 1, 0, 1 }, b[] = { 1, 0, 1, 0, 0, 1, 0 };
    struct discordant d;
    paired_count(&d, a, b, 7);
    assert_int_equal(d.both, 1);
    assert_int_equal(d.b, 3);
    assert_int_equal(d.c, 2);
    assert_int_equal(d.neither, 1);
}

static void mcnemar(void **state)
{
    (void)state;
    static const struct { int b, c; double p, mid; } cases[] = { /* fractions: min(1, 2 sum C(b+c, i) / 2^(b+c)) */
        { 0, 0, 1, 1 },
        { 1, 0, 1, 0.5 },
        { 5, 5, 1, 1 },
        { 3, 10, 0.09228515625, 0.057373046875 },
        { 10, 3, 0.09228515625, 0.057373046875 },
        { 25, 40, 0.08168153394154005, 0.06401750413722564 },
        { 700, 800, 0.010559255466711544, 0.009824629369101714 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        close_to(paired_mcnemar(cases[i].b, cases[i].c), cases[i].p, 1e-10);
        close_to(paired_mcnemar_mid(cases[i].b, cases[i].c), cases[i].mid, 1e-10);
    }
    close_to(paired_mcnemar(0, 1000), pow(2, -999), 1e-9);
}

/* A level of 5 % is kept where both models are equally good: the exact test never exceeds it. */
static void mcnemar_keeps_its_level(void **state)
{
    (void)state;
    enum { N_STUDIES = 4000, N_DISCORDANT = 50 };
    struct rand_mt r;
    int n_rejected = 0;
    rand_seed(&r, 1);
    for (int s = 0; s < N_STUDIES; s++) {
        int b = 0;
        for (int i = 0; i < N_DISCORDANT; i++)
            b += rand_unit(&r) < 0.5;
        n_rejected += paired_mcnemar(b, N_DISCORDANT - b) < 0.05;
    }
    assert_in_range(n_rejected, 60, 200); /* exact: 3.3 % = 131 */
}

static void bonett_price(void **state)
{
    (void)state;
    struct interval ci = paired_bonett_price(30, 10, 500, 0.95);
    double p1 = 31 / 502.0, p2 = 11 / 502.0; /* the formula, written out */
    double half = 1.9599639845400536 * sqrt((p1 + p2 - (p1 - p2) * (p1 - p2)) / 502);
    close_to(ci.low, p1 - p2 - half, 1e-13);
    close_to(ci.high, p1 - p2 + half, 1e-13);
    ci = paired_bonett_price(0, 0, 100, 0.95);
    assert_true(ci.low < 0 && ci.high > 0 && fabs(ci.low + ci.high) < 1e-15); /* no flip is not certainty */
    ci = paired_bonett_price(1, 0, 1, 0.95);
    assert_true(ci.low >= -1 && ci.high <= 1);
    assert_true(isnan(paired_bonett_price(0, 0, 0, 0.95).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences), cmocka_unit_test(same_and_few),            cmocka_unit_test(counts),
        cmocka_unit_test(mcnemar),     cmocka_unit_test(mcnemar_keeps_its_level), cmocka_unit_test(bonett_price), cmocka_unit_test(clustered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
