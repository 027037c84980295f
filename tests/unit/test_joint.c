/* test_joint: the draws as the header states them, bitsets against plain sums, clusters, composites, and coverage.
   valgrind: no, the simulation takes minutes there */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include <stdlib.h>

#include "base/rand.h"
#include "stats/describe.h"
#include "stats/joint.h"
#include "stats/pool.h"

enum { N = 150, B = 40 };

struct data {
    double zero_one[N], real[N], other[N];
    int cluster[N];
};

static void fill(struct data *d, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    for (int i = 0; i < N; i++) {
        d->zero_one[i] = rand_unit(&r) < 0.6;
        d->other[i] = rand_unit(&r) < 0.4;
        d->real[i] = rand_unit(&r);
        d->cluster[i] = 2 * (int)rand_below(&r, 12); /* odd numbers have no item */
    }
}

/* rand_below(units), unit by unit, resample by resample. */
static void naive(double *draws, const double *x, const int *cluster, int n_units, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    for (int b = 0; b < B; b++) {
        double sum = 0, n = 0;
        for (int k = 0; k < n_units; k++) {
            const int unit = (int)rand_below(&r, (uint64_t)n_units);
            for (int i = 0; i < N; i++)
                if ((cluster != NULL ? cluster[i] : i) == unit) {
                    sum += x[i];
                    n++;
                }
        }
        draws[b] = sum / n;
    }
}

static void same_draws(const struct joint *j, size_t cell, size_t column, const double *expected)
{
    for (int b = 0; b < B; b++)
        near_to(joint_draws(j, cell, column)[b], expected[b], 1e-13);
}

static void as_the_header_says(void **state)
{
    (void)state;
    static struct data d;
    double expected[B];
    int unit[N], n_units = 0, number[24];
    fill(&d, 1);
    for (int c = 0; c < 24; c++)
        number[c] = -1;
    for (int i = 0; i < N; i++) { /* units in order of first appearance */
        if (number[d.cluster[i]] < 0)
            number[d.cluster[i]] = n_units++;
        unit[i] = number[d.cluster[i]];
    }
    const double *const score[] = { d.zero_one, d.real, NULL };
    const struct joint_task tasks[] = {
        { .n_items = N, .score = score, .in_composite = true, .baseline = 0.25 },
        { .n_items = N, .score = score, .cluster = d.cluster, .n_clusters = 24, .in_composite = true },
    };
    const struct bootstrap_params p = { B, 0.95, 99 };
    struct joint *j;
    joint_run(&j, tasks, 2, 3, &p);
    naive(expected, d.zero_one, NULL, N, 99);
    same_draws(j, 0, 0, expected);
    naive(expected, d.real, NULL, N, 99);
    same_draws(j, 1, 0, expected);
    naive(expected, d.zero_one, unit, n_units, 100);
    same_draws(j, 0, 1, expected);
    naive(expected, d.real, unit, n_units, 100);
    same_draws(j, 1, 1, expected);
    near_to(joint_value(j, 1, 1), describe_mean(d.real, N), 1e-14);
    assert_true(isnan(joint_value(j, 2, 0)) && isnan(joint_draws(j, 2, 0)[0]));
    assert_true(isnan(joint_value(j, 2, joint_composite(j))));
    joint_close(j);
}

static void composites(void **state)
{
    (void)state;
    static struct data d;
    fill(&d, 2);
    const double *const score[] = { d.zero_one, d.other }, *const partly[] = { d.real, NULL };
    const struct joint_task tasks[] = {
        { .n_items = N, .score = score, .in_composite = true, .baseline = 0.5 },
        { .n_items = N, .score = partly, .in_composite = true, .baseline = 0 },
        { .n_items = N, .score = score, .in_composite = false },
    };
    const struct bootstrap_params p = { B, 0.95, 3 };
    struct joint *j;
    joint_run(&j, tasks, 3, 2, &p);
    const size_t raw = joint_composite(j), normal = joint_composite_normal(j);
    for (int b = 0; b < B; b++) {
        const double x = joint_draws(j, 0, 0)[b], y = joint_draws(j, 0, 1)[b];
        near_to(joint_draws(j, 0, raw)[b], (x + y) / 2, 1e-14);
        near_to(joint_draws(j, 0, normal)[b], (pool_normal(x, 0.5) + y) / 2, 1e-14);
    }
    assert_true(isnan(joint_value(j, 1, raw)) && isnan(joint_draws(j, 1, normal)[0]));
    assert_false(isnan(joint_value(j, 1, 0)));
    joint_close(j);
}

/* The other cells and tasks must not change a cell's draws, and equal cells have equal draws. */
static void draws_depend_on_nothing_else(void **state)
{
    (void)state;
    static struct data d;
    fill(&d, 4);
    const double *const one[] = { d.zero_one }, *const three[] = { d.real, d.zero_one, d.zero_one };
    const struct joint_task small[] = { { .n_items = N, .score = one } },
                            large[] = { { .n_items = N, .score = three }, { .n_items = N, .score = three } };
    const struct bootstrap_params p = { B, 0.95, 7 };
    struct joint *a, *b;
    struct bootstrap difference;
    joint_run(&a, small, 1, 1, &p);
    joint_run(&b, large, 2, 3, &p);
    assert_memory_equal(joint_draws(a, 0, 0), joint_draws(b, 1, 0), B * sizeof(double));
    joint_difference(&difference, b, 1, 2, 0);
    assert_true(difference.value == 0 && difference.se == 0 && difference.low == 0 && difference.high == 0);
    assert_true(isnan(joint_value(a, 0, joint_composite(a)))); /* no task in it */
    joint_close(a);
    joint_close(b);
}

static void nothing_there(void **state)
{
    (void)state;
    const double *const none[] = { NULL };
    const double empty[1] = { 0 }, *const no_items[] = { empty };
    const struct joint_task tasks[] = { { .n_items = 5, .score = none, .in_composite = true },
                                        { .n_items = 0, .score = no_items, .in_composite = true } };
    const struct bootstrap_params p = { B, 0.95, 7 };
    struct joint *j;
    struct bootstrap b;
    joint_run(&j, tasks, 2, 1, &p);
    joint_mean(&b, j, 0, 1);
    assert_true(isnan(b.value) && isnan(b.low) && isnan(b.se));
    joint_close(j);
    joint_run(&j, tasks, 0, 0, &p);
    joint_close(j);
    joint_close(NULL);
}

/* 2,000 synthetic studies of two levels of one model on two tasks, one of them with four questions a source. */
struct held {
    int mean, difference, composite, clustered, single;
};

static bool holds(const struct bootstrap *b, double truth)
{
    return b->low <= truth && truth <= b->high;
}

enum { ITEMS = 240, PER_SOURCE = 4, STUDIES = 2000 };

static void one_study(struct held *h, struct rand_mt *r, uint64_t seed)
{
    static double base[ITEMS], level[ITEMS], base2[ITEMS], level2[ITEMS];
    static int source[ITEMS];
    double ease = 0;
    for (int i = 0; i < ITEMS; i++) {
        base[i] = rand_unit(r) < 0.6;
        level[i] = rand_unit(r) < 0.15 ? rand_unit(r) < 0.5 : base[i]; /* true means 0.6 and 0.585 */
        source[i] = i / PER_SOURCE;
        if (i % PER_SOURCE == 0)
            ease = rand_unit(r);
        base2[i] = rand_unit(r) < ease; /* 0.5 */
        level2[i] = rand_unit(r) < ease * ease; /* 1/3 */
    }
    const double *const one[] = { base, level }, *const two[] = { base2, level2 };
    const struct joint_task tasks[] = {
        { .n_items = ITEMS, .score = one, .in_composite = true },
        { .n_items = ITEMS, .score = two, .cluster = source, .n_clusters = ITEMS / PER_SOURCE, .in_composite = true },
        { .n_items = ITEMS, .score = two },
    };
    const struct bootstrap_params p = { 500, 0.95, seed };
    struct joint *j;
    struct bootstrap b;
    joint_run(&j, tasks, 3, 2, &p);
    joint_mean(&b, j, 0, 0);
    h->mean += holds(&b, 0.6);
    joint_difference(&b, j, 1, 0, 0);
    h->difference += holds(&b, -0.015);
    joint_mean(&b, j, 0, joint_composite(j));
    h->composite += holds(&b, 0.55);
    joint_mean(&b, j, 0, 1);
    h->clustered += holds(&b, 0.5);
    joint_mean(&b, j, 0, 2);
    h->single += holds(&b, 0.5);
    joint_close(j);
}

static void coverage(void **state)
{
    (void)state;
    struct held h = { 0 };
    struct rand_mt r;
    rand_seed(&r, 2026);
    for (int s = 0; s < STUDIES; s++)
        one_study(&h, &r, (uint64_t)s * 1000);
    print_message("coverage of 95 %%: mean %.2f, paired difference %.2f, composite %.2f, clustered %.2f; clusters ignored "
                  "%.2f %%\n", h.mean / 20.0, h.difference / 20.0, h.composite / 20.0, h.clustered / 20.0, h.single / 20.0);
    within(h.mean / (double)STUDIES, 0.93, 0.97);
    within(h.difference / (double)STUDIES, 0.93, 0.97);
    within(h.composite / (double)STUDIES, 0.93, 0.97);
    within(h.clustered / (double)STUDIES, 0.93, 0.97);
    within(h.single / (double)STUDIES, 0.5, 0.9); /* too narrow: clusters matter here */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_header_says), cmocka_unit_test(composites),
        cmocka_unit_test(draws_depend_on_nothing_else), cmocka_unit_test(nothing_there), cmocka_unit_test(coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
