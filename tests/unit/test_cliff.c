/* test_cliff: exact hinges, lines and constants; how often noise is called a cliff, and how often its place is held.
   valgrind: no, the simulation takes minutes there */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "base/rand.h"
#include "stats/cliff.h"

/* Measured bits per weight of a 3B model's levels, Q8_0 .. Q2_K. */
static const double bpw[] = { 8.52, 6.58, 5.9, 5.03, 4.78, 4.21, 3.39 };
static const double se[] = { 0.15, 0.2, 0.22, 0.3, 0.35, 0.5, 0.8 };
enum { N = 7 };
static const struct bootstrap_params few = { 300, 0.95, 11 };

static void losses(double *y, double plateau, double at, double slope, struct rand_mt *r, double noise)
{
    for (int i = 0; i < N; i++)
        y[i] = plateau + slope * fmax(0, at - bpw[i]) + (r != NULL ? noise * se[i] * rand_normal(r) : 0);
}

static void find(struct cliff *c, const double *y)
{
    const struct cliff_data d = { N, bpw, y, se, NULL };
    cliff_find(c, &d, &few, 0.05);
}

static void exact_hinge(void **state)
{
    (void)state;
    static const double places[] = { 4.5, 5, 5.03, 5.5, 6.0 };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        double y[N];
        struct cliff c;
        losses(y, 0.3, places[i], 6, NULL, 0);
        find(&c, y);
        near_to(c.at, places[i], 1e-9);
        near_to(c.slope, 6, 1e-9);
        near_to(c.plateau, 0.3, 1e-8);
        assert_true(c.chi2_hinge < 1e-15 && c.outcome == CLIFF_FOUND && c.bic_gain > 0);
        assert_true(c.low <= c.at && c.at <= c.high && c.high - c.low < 2);
    }
}

/* All is lost at the lowest level: its place is anywhere between that level and the next. */
static void only_the_lowest(void **state)
{
    (void)state;
    const double y[N] = { 0.1, -0.1, 0.2, 0, 0.1, 0.3, 25 };
    struct cliff c;
    find(&c, y);
    assert_int_equal(c.outcome, CLIFF_FOUND);
    near_to(c.at, 4.21, 0.02);
    near_to(c.low, 3.39, 1e-12);
    assert_true(c.high >= 4.2);
}

static void flat_and_line(void **state)
{
    (void)state;
    double y[N];
    struct cliff c;
    losses(y, 0, 0, 0, NULL, 0);
    find(&c, y);
    assert_int_equal(c.outcome, CLIFF_FLAT);
    assert_true(isnan(c.at));
    losses(y, 0, 9, 1.5, NULL, 0); /* from above the highest level on: a line */
    find(&c, y);
    assert_int_equal(c.outcome, CLIFF_LINE);
    for (int i = 0; i < N; i++)
        y[i] = bpw[i]; /* better with fewer bits */
    find(&c, y);
    near_to(c.chi2_line, c.chi2_flat, 0); /* no line of a gain */
    assert_int_equal(c.outcome, CLIFF_FLAT);
}

static void few_levels(void **state)
{
    (void)state;
    const double x[] = { 8, 6, 5, NAN }, y[] = { 0, 0, 9, 9 }, s[] = { 0, 0, 0, 0 };
    struct cliff c;
    const struct cliff_data d = { 4, x, y, s, NULL }, none = { 0, NULL, NULL, NULL, NULL };
    cliff_find(&c, &d, &few, 0.05);
    assert_true(c.outcome == CLIFF_FEW && isnan(c.at));
    cliff_find(&c, &none, &few, 0.05);
    assert_int_equal(c.outcome, CLIFF_FEW);
    struct bootstrap b;
    cliff_sensitivity(&b, &none, &few);
    assert_true(isnan(b.value));
    cliff_sensitivity(&b, &d, &few);
    assert_false(isnan(b.value));
}

/* No loss and a line must not be called cliffs more often than stated; a true place is in its interval. */
static void rates(void **state)
{
    (void)state;
    enum { STUDIES = 300 };
    struct rand_mt r;
    int n_flat = 0, n_line = 0, n_found = 0, n_held = 0;
    rand_seed(&r, 77);
    for (int s = 0; s < STUDIES; s++) {
        double y[N];
        struct cliff c;
        losses(y, 0, 0, 0, &r, 1);
        find(&c, y);
        n_flat += c.outcome != CLIFF_FLAT;
        losses(y, 0, 9, 1.5, &r, 1);
        find(&c, y);
        n_line += c.outcome == CLIFF_FOUND;
        losses(y, 0, 4.9, 8, &r, 1);
        find(&c, y);
        n_found += c.outcome == CLIFF_FOUND;
        n_held += c.low <= 4.9 && 4.9 <= c.high;
    }
    print_message("false losses %.1f %%, lines called cliffs %.1f %%; cliffs found %.1f %%, place held %.1f %%\n",
                  n_flat / 3.0, n_line / 3.0, n_found / 3.0, n_held / 3.0);
    within(n_flat / (double)STUDIES, 0.02, 0.08);
    within(n_line / (double)STUDIES, 0.02, 0.08);
    within(n_found / (double)STUDIES, 0.95, 1);
    within(n_held / (double)STUDIES, 0.92, 0.98);
}

/* Levels share their base: a common error moves all losses and neither place nor slope. */
static void draws_keep_the_pairing(void **state)
{
    (void)state;
    static double draw[N][300];
    const double *pointers[N];
    double y[N];
    struct rand_mt r;
    rand_seed(&r, 3);
    losses(y, 0, 4.9, 8, NULL, 0);
    for (int b = 0; b < 300; b++) {
        const double common = rand_normal(&r);
        for (int i = 0; i < N; i++) {
            draw[i][b] = y[i] + common;
            pointers[i] = draw[i];
        }
    }
    struct cliff c;
    struct bootstrap s;
    const struct cliff_data paired = { N, bpw, y, se, pointers }, apart = { N, bpw, y, se, NULL };
    cliff_find(&c, &paired, &few, 0.05);
    assert_true(fabs(c.low - 4.9) < 1e-9 && fabs(c.high - 4.9) < 1e-9);
    cliff_sensitivity(&s, &paired, &few);
    assert_true(s.se < 1e-12 && s.value > 0);
    cliff_sensitivity(&s, &apart, &few);
    double sw = 0, swx = 0, sxx = 0; /* var(slope) = 1 / sum w (x - mean)^2 */
    for (int i = 0; i < N; i++) {
        sw += 1 / (se[i] * se[i]);
        swx += bpw[i] / (se[i] * se[i]);
    }
    for (int i = 0; i < N; i++)
        sxx += (bpw[i] - swx / sw) * (bpw[i] - swx / sw) / (se[i] * se[i]);
    near_to(s.se, 1 / sqrt(sxx), 0.15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_hinge), cmocka_unit_test(only_the_lowest), cmocka_unit_test(flat_and_line),
        cmocka_unit_test(few_levels),  cmocka_unit_test(rates),           cmocka_unit_test(draws_keep_the_pairing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
