/* test_flips: both ways, answers that change from wrong to wrong, nothing changed, nothing there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "stats/binomial.h"
#include "stats/flips.h"
#include "stats/paired.h"

static void both_ways(void **state)
{
    (void)state;
    const double base[] = { 1, 1, 1, 0, 0, 0, 1, 0 }, level[] = { 1, 0, 0, 1, 0, 0, 1, 0 };
    const int answer_base[] = { 0, 1, 2, 3, 0, 1, 2, 3 }, answer_level[] = { 0, 0, 0, 2, 1, 1, 2, 3 };
    struct flips f;
    flips_of(&f, base, level, answer_base, answer_level, 8, 0.95);
    assert_int_equal(f.lost, 2);
    assert_int_equal(f.gained, 1);
    assert_int_equal(f.both, 2);
    assert_int_equal(f.neither, 3);
    assert_int_equal(f.n_changed, 4); /* three flips and one wrong answer for another */
    near_to(f.changed_share, 0.5, 0);
    near_to(f.share, 0.375, 0);
    near_to(f.difference, -0.125, 0);
    near_to(f.p, paired_mcnemar(2, 1), 0);
    near_to(f.share_ci.low, binomial_wilson(3, 8, 0.95).low, 0);
    assert_true(f.ci.low < f.difference && f.difference < f.ci.high);
    assert_true(f.ci.low < -f.ci.high); /* towards a loss */
}

static void nothing(void **state)
{
    (void)state;
    const double base[] = { 1, 0 };
    struct flips f;
    flips_of(&f, base, base, NULL, NULL, 2, 0.95);
    assert_true(f.share == 0 && f.p == 1 && f.p_mid == 1 && f.n_changed == -1 && isnan(f.changed_share));
    flips_of(&f, base, base, NULL, NULL, 0, 0.95);
    assert_true(isnan(f.share) && isnan(f.p) && isnan(f.ci.low) && isnan(f.share_ci.low));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(both_ways), cmocka_unit_test(nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
