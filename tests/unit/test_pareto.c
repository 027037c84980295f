/* test_pareto: dominated, equal, missing; membership against a count by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "base/rand.h"
#include "stats/pareto.h"

static void frontier(void **state)
{
    (void)state;
    /*                       on  dominated  on  equal pair  dearer   cost tie    missing */
    const double cost[] = { 1, 2, 3, 4, 4, 5, 3, 0.5, NAN };
    const double quality[] = { 10, 9, 20, 30, 30, 30, 19, NAN, 99 };
    const bool expected[] = { true, false, true, true, true, false, false, false, false };
    bool is_on[9];
    pareto_frontier(is_on, cost, quality, 9);
    for (int i = 0; i < 9; i++)
        assert_int_equal(is_on[i], expected[i]);
    pareto_frontier(NULL, NULL, NULL, 0);
}

static void membership(void **state)
{
    (void)state;
    const double cost[] = { 1, 2 }, a[] = { 1, 2, 3, 4 }, b[] = { 2, 2, 2, 9 };
    const double *const quality[] = { a, b };
    double p[2];
    pareto_membership(p, cost, NULL, quality, 2, 4);
    near_to(p[0], 1, 1e-15);   /* the cheapest always */
    near_to(p[1], 0.5, 1e-15); /* 2 > 1 and 9 > 4 */
    const double c0[] = { 1, 1, 3, 3 }, c1[] = { 2, 2, 2, 2 };
    const double *const costs[] = { c0, c1 };
    pareto_membership(p, cost, costs, quality, 2, 4);
    near_to(p[0], 0.75, 1e-15); /* not in the last, where it costs more and is worse */
    near_to(p[1], 0.75, 1e-15);
}

/* Two equally good models, one of them cheaper: the dearer is on the frontier by luck, in half of the resamples. */
static void by_luck(void **state)
{
    (void)state;
    static double a[4000], b[4000];
    struct rand_mt r;
    rand_seed(&r, 8);
    for (int i = 0; i < 4000; i++) {
        a[i] = rand_normal(&r);
        b[i] = rand_normal(&r);
    }
    const double cost[] = { 1, 2 };
    const double *const quality[] = { a, b };
    double p[2];
    pareto_membership(p, cost, NULL, quality, 2, 4000);
    within(p[1], 0.47, 0.53);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(frontier), cmocka_unit_test(membership), cmocka_unit_test(by_luck) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
