/* test_kendall: counts of pairs by hand, ties, missing values. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "stats/kendall.h"

static void orders(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, 4, 5 }, reverse[] = { 5, 4, 3, 2, 1 }, swapped[] = { 1, 3, 2, 4, 5 };
    near_to(kendall_tau_b(x, x, 5), 1, 0);
    near_to(kendall_tau_b(x, reverse, 5), -1, 0);
    near_to(kendall_tau_b(x, swapped, 5), 0.8, 1e-15); /* one of ten pairs */
}

static void ties(void **state)
{
    (void)state;
    const double x[] = { 12, 2, 1, 12, 2 }, y[] = { 1, 4, 7, 1, 0 }; /* scipy's example: -0.47140452079103173 */
    struct kendall k;
    kendall_of(&k, x, y, 5);
    assert_int_equal(k.tied_both, 1);
    assert_int_equal(k.tied_x, 1);
    assert_int_equal(k.tied_y, 0);
    assert_int_equal(k.concordant, 2);
    assert_int_equal(k.discordant, 6);
    near_to(k.tau_b, -0.47140452079103173, 1e-14);
}

static void missing(void **state)
{
    (void)state;
    const double x[] = { 1, NAN, 3, 4 }, y[] = { 1, 9, NAN, 2 }, flat[] = { 1, 1, 1, 1 };
    struct kendall k;
    kendall_of(&k, x, y, 4);
    assert_int_equal(k.concordant, 1);
    near_to(k.tau_b, 1, 0);
    assert_true(isnan(kendall_tau_b(x, flat, 4)) && isnan(kendall_tau_b(x, y, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(orders), cmocka_unit_test(ties), cmocka_unit_test(missing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
