/*
 * test_binomial: intervals and exact tests. References: Python 3.11 (statistics.NormalDist, and fractions for
 * exact binomial sums), sums of the definition, and properties of the intervals.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "stats/binomial.h"
#include "stats/normal.h"

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static void normal_distribution(void **state)
{
    (void)state;
    static const struct { double p, z; } inverse[] = { /* NormalDist().inv_cdf(p) */
        { 1e-300, -37.0470962993612 }, { 1e-20, -9.262340089798405 }, { 1e-6, -4.753424308822899 },
        { 0.01, -2.3263478740408408 }, { 0.025, -1.9599639845400538 }, { 0.3, -0.5244005127080407 },
        { 0.9, 1.2815515655446008 },   { 0.975, 1.9599639845400536 },  { 0.9999, 3.7190164854557084 },
    };
    for (size_t i = 0; i < sizeof inverse / sizeof *inverse; i++)
        close_to(normal_quantile(inverse[i].p), inverse[i].z, 1e-14);
    assert_true(normal_quantile(0.5) == 0);
    assert_true(isinf(normal_quantile(0)) && isinf(normal_quantile(1)) && isnan(normal_quantile(1.5)));
    close_to(normal_cdf(-8), 6.220960574271819e-16, 1e-12); /* Python: 0.5 * erfc(8 / sqrt(2)) */
    close_to(normal_cdf(-1.96), 0.024997895148220428, 1e-13);
    close_to(normal_cdf(0.5), 0.6914624612740131, 1e-14);
    for (double z = -6; z < 6; z += 0.37)
        close_to(normal_quantile(normal_cdf(z)), z, 1e-6);
    close_to(normal_two_sided(0.95), 1.9599639845400536, 1e-14);
}

/* The limits are where the score test has exactly z: (p_hat - p)^2 = z^2 p (1 - p) / n. */
static void wilson_solves_its_equation(void **state)
{
    (void)state;
    static const int cases[][2] = { { 1, 10 }, { 5, 10 }, { 81, 263 }, { 9999, 10000 }, { 10, 14042 } };
    const double z = normal_two_sided(0.95);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double n = cases[i][1], hat = cases[i][0] / n;
        struct interval ci = binomial_wilson(cases[i][0], cases[i][1], 0.95);
        close_to((hat - ci.low) * (hat - ci.low), z * z * ci.low * (1 - ci.low) / n, 1e-9);
        close_to((hat - ci.high) * (hat - ci.high), z * z * ci.high * (1 - ci.high) / n, 1e-9);
        assert_true(ci.low < hat && hat < ci.high);
    }
    /* 81 of 263: Newcombe 1998, table I, method 3 (score): 0.2553 .. 0.3662 */
    struct interval newcombe = binomial_wilson(81, 263, 0.95);
    assert_true(fabs(newcombe.low - 0.2553) < 5e-5 && fabs(newcombe.high - 0.3662) < 5e-5);
}

static void wilson_limits(void **state)
{
    (void)state;
    for (int n = 1; n <= 40; n++)
        for (int k = 0; k <= n; k++) {
            struct interval ci = binomial_wilson(k, n, 0.95), other = binomial_wilson(n - k, n, 0.95);
            assert_true(ci.low >= 0 && ci.high <= 1 && ci.low < ci.high);
            assert_true(fabs(ci.low - (1 - other.high)) < 1e-14); /* symmetric */
            assert_true(k > 0 || ci.low == 0);
            assert_true(k < n || ci.high == 1);
            struct interval wide = binomial_wilson(k, n, 0.99);
            assert_true(wide.low <= ci.low && wide.high >= ci.high);
        }
    assert_true(isnan(binomial_wilson(0, 0, 0.95).low));
}

/* I_x(a, b) for whole a, b is a binomial tail: sum over j >= a of C(a+b-1, j) x^j (1-x)^(a+b-1-j). */
static void beta_is_a_binomial_tail(void **state)
{
    (void)state;
    for (int a = 1; a <= 12; a++)
        for (int b = 1; b <= 12; b++)
            for (double x = 0.05; x < 1; x += 0.09) {
                double sum = 0, c = 1;
                int n = a + b - 1;
                for (int j = 0; j <= n; j++) {
                    if (j >= a)
                        sum += c * pow(x, j) * pow(1 - x, n - j);
                    c = c * (n - j) / (j + 1);
                }
                close_to(binomial_beta(a, b, x), sum, 1e-11);
            }
    close_to(binomial_beta(0.5, 0.5, 0.3), 2 / acos(-1) * asin(sqrt(0.3)), 1e-13); /* the arcsine law */
    assert_true(binomial_beta(2, 3, 0) == 0 && binomial_beta(2, 3, 1) == 1);
    close_to(binomial_beta(70000, 70000, 0.5), 0.5, 1e-9);
}

/* The limits are the p with P(X >= k) = 2.5 % and P(X <= k) = 2.5 %: sums of the definition. */
static void clopper_pearson_solves_its_tails(void **state)
{
    (void)state;
    static const int cases[][2] = { { 1, 10 }, { 5, 10 }, { 9, 10 }, { 81, 263 }, { 3, 1000 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int k = cases[i][0], n = cases[i][1];
        struct interval ci = binomial_clopper_pearson(k, n, 0.95), w = binomial_wilson(k, n, 0.95);
        double above = 0, below = 0;
        for (int j = 0; j <= n; j++) {
            above += j >= k ? binomial_pmf(j, n, ci.low) : 0;
            below += j <= k ? binomial_pmf(j, n, ci.high) : 0;
        }
        close_to(above, 0.025, 1e-9);
        close_to(below, 0.025, 1e-9);
        assert_true(ci.high - ci.low > w.high - w.low); /* conservative */
    }
    struct interval none = binomial_clopper_pearson(0, 20, 0.95), all = binomial_clopper_pearson(20, 20, 0.95);
    assert_true(none.low == 0 && all.high == 1);
    close_to(none.high, 1 - pow(0.025, 1 / 20.0), 1e-12); /* closed form */
    close_to(all.low, pow(0.025, 1 / 20.0), 1e-12);
}

static void exact_test(void **state)
{
    (void)state;
    static const struct { int k, n; double p, value; } cases[] = { /* fractions: sum of all pmf <= pmf(k) */
        { 7, 20, 0.3, 0.6294979666766777 },    { 0, 10, 0.5, 0.001953125 },
        { 2, 20, 0.25, 0.1930722893876009 },   { 14, 15, 0.5, 0.0009765625 },
        { 682, 925, 0.75, 0.3824915595748517 }, /* also the example of R's help page for binom.test */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        close_to(binomial_test(cases[i].k, cases[i].n, cases[i].p), cases[i].value, 1e-11);
    close_to(binomial_test(5, 10, 0.5), 1, 1e-12);
    assert_true(isnan(binomial_test(0, 0, 0.5)));
}

static void distribution(void **state)
{
    (void)state;
    double sum = 0;
    for (int k = 0; k <= 30; k++) {
        sum += binomial_pmf(k, 30, 0.37);
        close_to(binomial_cdf(k, 30, 0.37), sum, 1e-12);
    }
    assert_true(binomial_cdf(-1, 30, 0.37) == 0 && binomial_cdf(30, 30, 0.37) == 1);
    assert_true(binomial_pmf(0, 5, 0) == 1 && binomial_pmf(1, 5, 0) == 0 && binomial_pmf(5, 5, 1) == 1);
    assert_true(binomial_pmf(6, 5, 0.5) == 0);
    assert_true(binomial_cdf(0, 0, 0.5) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_distribution),   cmocka_unit_test(wilson_solves_its_equation),
        cmocka_unit_test(wilson_limits),         cmocka_unit_test(beta_is_a_binomial_tail),
        cmocka_unit_test(clopper_pearson_solves_its_tails), cmocka_unit_test(exact_test),
        cmocka_unit_test(distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
