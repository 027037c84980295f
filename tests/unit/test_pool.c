/* pool: against the formulas written out by hand, and the cases that have no answer. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/pool.h"

static void a_pool_of_one_is_that_task(void **state)
{
    (void)state;
    const double value[] = { 0.3 }, se[] = { 0.01 };
    struct estimate macro = pool_macro(value, se, 1);
    assert_true(macro.value == 0.3 && fabs(macro.se - 0.01) < 1e-15);
}

static void macro_counts_tasks(void **state)
{
    (void)state;
    const double value[] = { 0.2, 0.6, 0.7 }, se[] = { 0.03, 0.04, 0.0 };
    struct estimate e = pool_macro(value, se, 3);
    assert_true(fabs(e.value - 0.5) < 1e-15);
    assert_true(fabs(e.se - 0.05 / 3) < 1e-15);
}

static void nothing_gives_no_number(void **state)
{
    (void)state;
    assert_true(isnan(pool_macro(NULL, NULL, 0).value));
}

static void normal_starts_at_guessing(void **state)
{
    (void)state;
    assert_true(pool_normal(0.25, 0.25) == 0.0);
    assert_true(pool_normal(0.1, 0.25) == 0.0);
    assert_true(pool_normal(1.0, 0.25) == 1.0);
    assert_true(fabs(pool_normal(0.625, 0.25) - 0.5) < 1e-15);
    assert_true(pool_normal(0.4, 0.0) == 0.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_of_one_is_that_task),
        cmocka_unit_test(macro_counts_tasks),     cmocka_unit_test(nothing_gives_no_number),
        cmocka_unit_test(normal_starts_at_guessing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
