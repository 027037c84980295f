/* test_student: quantiles of printed tables and scipy.stats.t; the normal limit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "stats/normal.h"
#include "stats/student.h"

static void known(void **state)
{
    (void)state;
    near_to(student_two_sided(0.95, 1), 12.706204736174694, 1e-12);
    near_to(student_two_sided(0.95, 10), 2.228138851986274, 1e-12);
    near_to(student_two_sided(0.99, 30), 2.7499956535672254, 1e-12);
    near_to(student_cdf(1, 1), 0.75, 1e-14); /* Cauchy */
    near_to(student_cdf(-1, 1), 0.25, 1e-14);
    near_to(student_cdf(0, 7), 0.5, 1e-14);
    near_to(student_cdf(-2.228138851986274, 10), 0.025, 1e-12);
}

static void limits(void **state)
{
    (void)state;
    near_to(student_two_sided(0.95, 1e7), normal_two_sided(0.95), 1e-6);
    assert_true(isnan(student_cdf(NAN, 3)) && isnan(student_cdf(1, 0)) && isnan(student_two_sided(0.95, 0)));
    assert_true(student_cdf(INFINITY, 3) == 1 && student_cdf(-INFINITY, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known), cmocka_unit_test(limits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
