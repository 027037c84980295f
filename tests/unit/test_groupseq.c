/* test_groupseq: bounds against published ones, error rates by simulation with and without a finite population.
   valgrind: no, the simulation takes a minute there */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/groupseq.h"

enum { LOOKS = 10 };
static const double tenths[LOOKS] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 };

static void known_bounds(void **state)
{
    (void)state;
    double b[LOOKS];
    static const double five[] = { 4.877, 3.357, 2.680, 2.290, 2.031 }; /* Lan-DeMets, 5 looks, one-sided 2.5 % */
    static const double fifths[] = { 0.2, 0.4, 0.6, 0.8, 1 };
    groupseq_plan(b, fifths, 5, GROUPSEQ_MANY, 0.025);
    for (int k = 0; k < 5; k++)
        near_to(b[k], five[k], 1e-3);
    groupseq_plan(b, fifths + 4, 1, GROUPSEQ_MANY, 0.025);
    near_to(b[0], 1.9599639845400536, 1e-6); /* one look is the plain test */
    static const double ten[] = { 8, 4.20, 3.42, 2.90, 2.58, 2.35, 2.16, 2.02, 1.90, 1.80 }; /* one-sided 5 %, by simulation */
    groupseq_plan(b, tenths, LOOKS, GROUPSEQ_MANY, 0.05);
    for (int k = 1; k < LOOKS; k++)
        near_to(b[k], ten[k], 0.03);
}

/* Share of runs that claim "safe" where the truth is the margin: n questions with mean 0.01 -/+ noise, looked at in tenths. */
static double wrongly_safe(enum groupseq_sampling sampling, const double *bound, int n_runs)
{
    enum { N = 1000 };
    double *d = xmalloc(N * sizeof *d);
    struct rand_mt r;
    int n_safe = 0;
    rand_seed(&r, 12);
    for (int run = 0; run < n_runs; run++) {
        double sum = 0, mean_all = 0;
        for (int i = 0; i < N; i++) {
            d[i] = rand_normal(&r);
            mean_all += d[i] / N;
        }
        for (int i = 0, k = 0; i < N; i++) {
            sum += d[i] - (sampling == GROUPSEQ_ALL ? mean_all : 0); /* exactly the margin over all, 0 */
            if ((i + 1) % (N / LOOKS) != 0)
                continue;
            const double n = i + 1, share = n / N;
            if (sampling == GROUPSEQ_ALL && k == LOOKS - 1)
                break; /* nothing is unknown: the loss is the margin, not below it */
            const double z = groupseq_z(0, sum / n, sqrt((sampling == GROUPSEQ_ALL ? 1 - share : 1) / n));
            if (z >= bound[k++]) {
                n_safe++;
                break;
            }
        }
    }
    free(d);
    return (double)n_safe / n_runs;
}

static void error_rates(void **state)
{
    (void)state;
    double many[LOOKS], all[LOOKS];
    groupseq_plan(many, tenths, LOOKS, GROUPSEQ_MANY, 0.05);
    groupseq_plan(all, tenths, LOOKS, GROUPSEQ_ALL, 0.05);
    assert_true(all[LOOKS - 1] == 0);
    const double at_many = wrongly_safe(GROUPSEQ_MANY, many, 8000), at_all = wrongly_safe(GROUPSEQ_ALL, all, 8000);
    const double mixed = wrongly_safe(GROUPSEQ_ALL, many, 8000);
    print_message("wrongly safe: %.2f %% of many, %.2f %% of all, %.2f %% of all with the bounds of many\n", 100 * at_many,
                  100 * at_all, 100 * mixed);
    within(at_many, 0.043, 0.057);
    within(at_all, 0.025, 0.055); /* what is left to spend at the last look is not needed */
    assert_true(mixed > at_all);
}

static void without_error(void **state)
{
    (void)state;
    assert_true(groupseq_z(0.01, 0, 0) == INFINITY && groupseq_z(0.01, 0.02, 0) == -INFINITY);
    near_to(groupseq_z(0.01, 0.002, 0.004), 2, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_bounds), cmocka_unit_test(error_rates),
                                        cmocka_unit_test(without_error) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
