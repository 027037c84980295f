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
#include <stdio.h>

#include "base/rand.h"
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

/* A human's score of 0 to 5 and a model's, one apart at most, upwards more often. */
static void rate(double *a, double *b, int n, struct rand_mt *r)
{
    for (int i = 0; i < n; i++) {
        const double noise = rand_unit(r), human = (double)rand_below(r, 6);
        const double model = human + (noise < 0.3 ? 1 : noise < 0.4 ? -1 : 0);
        b[i] = human;
        a[i] = model < 0 ? 0 : model > 5 ? 5 : model;
    }
}

static void intervals_cover(void **state)
{
    (void)state;
    enum { N_STUDIES = 400, N = 60, N_LARGE = 200000 };
    static double a[N_LARGE], b[N_LARGE];
    const struct bootstrap_params p = { 400, 0.95, 7 };
    struct agreement truth;
    struct rand_mt r;
    int n_covered[AGREEMENT_FIGURES] = { 0 };
    rand_seed(&r, 5);
    rate(a, b, N_LARGE, &r);
    agreement_of(&truth, a, b, N_LARGE, 1);
    const double of[AGREEMENT_FIGURES] = { truth.kappa, truth.exact, truth.adjacent, truth.mae };
    for (int s = 0; s < N_STUDIES; s++) {
        struct bootstrap out[AGREEMENT_FIGURES];
        rate(a, b, N, &r);
        agreement_bootstrap(out, a, b, N, 1, &p);
        for (int f = 0; f < AGREEMENT_FIGURES; f++)
            n_covered[f] += out[f].low <= of[f] && of[f] <= out[f].high;
    }
    for (int f = 0; f < AGREEMENT_FIGURES; f++)
        printf("figure %d: %d of %d intervals cover\n", f, n_covered[f], N_STUDIES);
    assert_in_range(n_covered[0], N_STUDIES * 91 / 100, N_STUDIES * 98 / 100);
    assert_in_range(n_covered[1], N_STUDIES * 91 / 100, N_STUDIES * 98 / 100);
    assert_int_equal(n_covered[2], N_STUDIES); /* always adjacent */
    assert_in_range(n_covered[3], N_STUDIES * 91 / 100, N_STUDIES * 98 / 100);
}

static void one_score_for_all_is_not_certain(void **state)
{
    (void)state;
    static const double a[] = { 3, 3, 3, 3, 3, 3 }, b[] = { 3, 3, 3, 3, 3, 4 };
    const struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct bootstrap out[AGREEMENT_FIGURES];
    agreement_bootstrap(out, a, b, 6, 1, &p);
    assert_near(out[0].value, 0);
    assert_near(out[0].low, -1);
    agreement_bootstrap(out, a, a, 6, 1, &p);
    assert_true(isnan(out[0].value) && isnan(out[0].low) && isnan(out[0].se));
    assert_near(out[1].low, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_raters), cmocka_unit_test(by_hand),
                                       cmocka_unit_test(as_sklearn), cmocka_unit_test(nothing_to_say),
                                       cmocka_unit_test(intervals_cover), cmocka_unit_test(one_score_for_all_is_not_certain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
