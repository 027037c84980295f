/*
 * test_agreement: kappa of two small tables by hand (Cohen 1968's formula) and of one that
 * sklearn.metrics.cohen_kappa_score(a, b, labels=range(5), weights="quadratic") printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "stats/agreement.h"

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) < 1e-12))
        fail_msg("%.17g, expected %.17g", found, expected);
}

static void equal_raters(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 3, 6};
    struct agreement g;
    agreement_of(&g, a, a, 4, 1);
    assert_near(g.kappa, 1);
    assert_near(g.exact, 1);
    assert_near(g.mae, 0);
}

static void by_hand(void **state)
{
    (void)state;
    static const double a[] = {0, 0, 1, 1}, b[] = {0, 1, 0, 1};
    struct agreement g;
    agreement_of(&g, a, b, 4, 1);
    assert_near(g.kappa, 0); /* half agree, half would by chance */
    assert_near(g.exact, 0.5);
    assert_near(g.adjacent, 1);
    static const double c[] = {0, 1, 2}, d[] = {2, 1, 0};
    agreement_of(&g, c, d, 3, 1);
    assert_near(g.kappa, 1 - (8. / 3) / (4. / 3));
    assert_near(g.adjacent, 1. / 3);
    assert_near(g.mae, 4. / 3);
    assert_near(g.bias, 0);
}

static void as_sklearn(void **state)
{
    (void)state;
    static const double a[] = {0, 1, 2, 3, 4, 4, 2, 1}, b[] = {1, 1, 2, 4, 4, 3, 0, 1};
    struct agreement g;
    agreement_of(&g, a, b, 8, 1);
    assert_near(g.kappa, 0.7741935483870968);
    assert_near(g.bias, 1. / 8);
}

static void nothing_to_say(void **state)
{
    (void)state;
    static const double a[] = {3, 3};
    struct agreement g;
    agreement_of(&g, a, a, 2, 1);
    assert_true(isnan(g.kappa));
    assert_near(g.exact, 1);
    agreement_of(&g, a, a, 0, 1);
    assert_true(isnan(g.kappa) && isnan(g.exact) && isnan(g.mae));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_raters), cmocka_unit_test(by_hand),
                                       cmocka_unit_test(as_sklearn), cmocka_unit_test(nothing_to_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
