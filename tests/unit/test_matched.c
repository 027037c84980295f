/* test_matched: which variants are pairs, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include <stdlib.h>

#include "base/rand.h"
#include "stats/matched.h"

enum { B = 2000 };

static void pairs(void **state)
{
    (void)state;
    static double draws[6][B];
    static const double value[] = { 60, 57, 63, 50, 60.2, NAN };
    struct rand_mt r;
    rand_seed(&r, 2);
    for (int v = 0; v < 6; v++)
        for (int b = 0; b < B; b++)
            draws[v][b] = value[v] + 0.4 * rand_normal(&r);
    const struct matched_variant v[] = {
        { 0, 4e9, 2.0e9, 4.0, value[0], draws[0] },  /* big */
        { 1, 1.9e9, 1.9e9, 8.0, value[1], draws[1] },  /* small, 5 % fewer bytes: the big one wins */
        { 0, 4e9, 3.0e9, 6.0, value[2], draws[2] },  /* of the big model, too large for any */
        { 1, 1.9e9, 1.0e9, 4.2, value[3], draws[3] },  /* too small for any */
        { 2, 3e9, 2.1e9, 5.6, value[4], draws[4] },  /* against 0: alike; against 1: better */
        { 3, 1e9, 2.0e9, 16, value[5], draws[5] },   /* not measured */
    };
    struct matched *m;
    const struct matched_params p = { .tolerance = 0.11, .margin = 1, .confidence = 0.95, .n_resamples = B };
    const size_t n = matched_pairs(&m, v, 6, &p);
    assert_int_equal(n, 3);
    assert_true(m[0].big == 0 && m[0].small == 1 && m[1].big == 0 && m[1].small == 4 && m[2].big == 4 && m[2].small == 1);
    assert_int_equal(m[0].verdict, VERDICT_BETTER);
    assert_int_equal(m[1].verdict, VERDICT_UNDECIDED); /* -0.2 with an se of 0.57 */
    assert_int_equal(m[2].verdict, VERDICT_BETTER);
    near_to(m[0].size_ratio, 2.0 / 1.9, 1e-14);
    near_to(m[0].difference.value, 3, 1e-14);
    near_to(m[0].difference.se, 0.4 * sqrt(2), 0.05);
    assert_true(m[0].p < 1e-4 && m[0].p_holm >= 2 * m[0].p && m[1].p > 0.5 && m[1].p_holm == m[1].p);
    free(m);
    const struct matched_params narrow = { .tolerance = 0.01, .margin = 1, .confidence = 0.95, .n_resamples = B };
    assert_int_equal(matched_pairs(&m, v, 6, &narrow), 0);
    free(m);
    /* more parameters and more bits too: not the question asked */
    const struct matched_variant both[] = { v[1], { 4, 2.0e9, 2.05e9, 8.2, value[0], draws[0] } };
    assert_int_equal(matched_pairs(&m, both, 2, &p), 0);
    free(m);
    assert_int_equal(matched_pairs(&m, NULL, 0, &narrow), 0);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(pairs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
