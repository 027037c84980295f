/* test_holm: an example worked by hand, order, ties, NaN; and that the chance of any false claim is held. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "base/rand.h"
#include "stats/holm.h"

static void by_hand(void **state)
{
    (void)state;
    const double p[] = { 0.01, 0.04, 0.03, NAN, 0.005 };
    double a[5];
    holm_adjust(a, p, 5);
    near_to(a[4], 0.02, 1e-15); /* 4 * 0.005 */
    near_to(a[0], 0.03, 1e-15); /* 3 * 0.01 */
    near_to(a[2], 0.06, 1e-15); /* 2 * 0.03 */
    near_to(a[1], 0.06, 1e-15); /* 0.04 alone would be below the one before */
    assert_true(isnan(a[3]));
}

static void bounds(void **state)
{
    (void)state;
    double p[] = { 0.6, 0.6, 0.9 };
    holm_adjust(p, p, 3);
    assert_true(p[0] == 1 && p[1] == 1 && p[2] == 1);
    holm_adjust(NULL, NULL, 0);
}

static void keeps_the_rate(void **state)
{
    (void)state;
    enum { N_STUDIES = 4000, N = 20 };
    struct rand_mt r;
    int n_any = 0, n_any_raw = 0;
    rand_seed(&r, 5);
    for (int s = 0; s < N_STUDIES; s++) {
        double p[N], a[N];
        int any = 0, any_raw = 0;
        for (int i = 0; i < N; i++)
            p[i] = rand_unit(&r);
        holm_adjust(a, p, N);
        for (int i = 0; i < N; i++) {
            any |= a[i] <= 0.05;
            any_raw |= p[i] <= 0.05;
        }
        n_any += any;
        n_any_raw += any_raw;
    }
    within((double)n_any / N_STUDIES, 0.04, 0.06);
    within((double)n_any_raw / N_STUDIES, 0.6, 0.7); /* 1 - 0.95^20 */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(by_hand), cmocka_unit_test(bounds),
                                        cmocka_unit_test(keeps_the_rate) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
