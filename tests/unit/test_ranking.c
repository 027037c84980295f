/* test_ranking: a planted inversion is found, noise claims no more than the stated rate. Seeds are fixed.
   valgrind: no, the simulation takes minutes there */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/joint.h"
#include "stats/kendall.h"
#include "stats/ranking.h"

enum { MODELS = 6, ITEMS = 400, RESAMPLES = 400 };

/* Cells: the models at the base, then at the level. A model's level is its base with `flip` of its answers drawn anew,
   each right with chance `level`. */
struct study {
    double score[2 * MODELS][ITEMS];
    const double *pointer[2 * MODELS];
    struct joint *joint;
    double value[2 * MODELS];
    const double *draw[2 * MODELS];
    struct ranking_side base, level;
};

static void study_open(struct study *s, const double *base, const double *level, double flip, struct rand_mt *r,
                       uint64_t seed)
{
    for (int i = 0; i < ITEMS; i++)
        for (int m = 0; m < MODELS; m++) {
            s->score[m][i] = rand_unit(r) < base[m];
            s->score[MODELS + m][i] = rand_unit(r) < flip ? rand_unit(r) < level[m] : s->score[m][i];
        }
    for (int c = 0; c < 2 * MODELS; c++)
        s->pointer[c] = s->score[c];
    const struct joint_task task = { .n_items = ITEMS, .score = s->pointer, .in_composite = true };
    const struct bootstrap_params p = { RESAMPLES, 0.95, seed };
    joint_run(&s->joint, &task, 1, 2 * MODELS, &p);
    for (size_t c = 0; c < 2 * MODELS; c++) {
        s->value[c] = joint_value(s->joint, c, 0);
        s->draw[c] = joint_draws(s->joint, c, 0);
    }
    s->base = (struct ranking_side){ s->value, s->draw };
    s->level = (struct ranking_side){ s->value + MODELS, s->draw + MODELS };
}

static void compare(struct ranking *out, const struct study *s)
{
    ranking_compare(out, &s->base, &s->level, MODELS, RESAMPLES, 0.95, 0.05);
}

/* Model 0 leads model 1 by 20 points at the base and is 20 points behind at the level; the others keep far apart. */
static void planted_inversion(void **state)
{
    (void)state;
    static const double base[MODELS] = { 0.8, 0.6, 0.45, 0.32, 0.2, 0.1 }, level[MODELS] = { 0.6, 0.8, 0.45, 0.32, 0.2, 0.1 };
    struct study *s = xmalloc(sizeof *s);
    struct rand_mt r;
    struct ranking k;
    rand_seed(&r, 1);
    study_open(s, base, level, 1, &r, 1);
    compare(&k, s);
    assert_int_equal(k.n_pairs, 15);
    assert_int_equal(k.n_claimed, 1);
    assert_int_equal(k.n_inverted, 1);
    near_to(k.tau.value, 13.0 / 15, 1e-14);
    struct bootstrap again;
    bootstrap_of_draws(&again, k.tau.value, k.tau_draw, RESAMPLES, 0.95);
    assert_memory_equal(&again, &k.tau, sizeof again);
    assert_true(k.tau.low <= k.tau.value && k.tau.high >= k.tau.value);
    for (size_t i = 0; i < k.n_pairs; i++) {
        const struct ranking_pair *p = &k.pair[i];
        if (!p->is_claimed) {
            assert_true(p->p_holm > 0.5 && p->probability < 0.01);
            continue;
        }
        assert_true(p->a == 0 && p->b == 1 && p->gap_base > 0.1 && p->gap_level < -0.1);
        assert_true(p->probability > 0.99 && p->p_holm < 1e-3);
    }
    ranking_release(&k);
    joint_close(s->joint);
    free(s);
}

/* Share of studies in which any inversion is claimed, and in which any is seen. */
static void rates(double *claimed, double *seen, const double *base, const double *level, double flip, int n_studies)
{
    struct study *s = xmalloc(sizeof *s);
    struct rand_mt r;
    int n_claimed = 0, n_seen = 0;
    rand_seed(&r, 42);
    for (int i = 0; i < n_studies; i++) {
        struct ranking k;
        study_open(s, base, level, flip, &r, (uint64_t)i);
        compare(&k, s);
        n_claimed += k.n_claimed > 0;
        n_seen += k.n_inverted > 0;
        ranking_release(&k);
        joint_close(s->joint);
    }
    *claimed = (double)n_claimed / n_studies;
    *seen = (double)n_seen / n_studies;
    free(s);
}

/* All models alike, at the base and at the level: inversions are seen in nearly every study and claimed in none. */
static void pure_noise(void **state)
{
    (void)state;
    static const double alike[MODELS] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 };
    double claimed, seen;
    rates(&claimed, &seen, alike, alike, 0.3, 300);
    print_message("noise: inversions seen in %.1f %%, claimed in %.2f %% of studies\n", 100 * seen, 100 * claimed);
    assert_true(seen > 0.9 && claimed <= 0.05);
}

/* The worst case of "no inversion": all far apart at the base, all alike at the level, so that each pair's order at the
   level is pure noise against a sure order at the base. Here the rate is near what is stated, not far below. */
static void noise_at_the_level(void **state)
{
    (void)state;
    static const double base[MODELS] = { 0.9, 0.75, 0.6, 0.45, 0.3, 0.15 }, alike[MODELS] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 };
    double claimed, seen;
    rates(&claimed, &seen, base, alike, 1, 600);
    print_message("worst case: seen in %.1f %%, claimed in %.2f %% of studies\n", 100 * seen, 100 * claimed);
    assert_true(seen > 0.9);
    within(claimed, 0.01, 0.05 + 2 * 0.0089); /* two standard errors of 600 studies */
}

static void missing_models(void **state)
{
    (void)state;
    const double base[] = { 3, NAN, 1, 2 }, level[] = { 1, 2, NAN, 3 };
    const double d3[] = { 3, 3 }, d1[] = { 1, 1 }, d2[] = { 2, 2 }, dn[] = { NAN, NAN };
    const double *const base_draw[] = { d3, dn, d1, d2 }, *const level_draw[] = { d1, d2, dn, d3 };
    const struct ranking_side b = { base, base_draw }, l = { level, level_draw };
    struct ranking k;
    ranking_compare(&k, &b, &l, 4, 2, 0.95, 0.05);
    assert_int_equal(k.n_pairs, 1);
    assert_int_equal(k.n_claimed, 1); /* draws without any spread */
    assert_true(k.tau.value == -1 && k.pair[0].a == 0 && k.pair[0].b == 3 && k.pair[0].probability == 1);
    ranking_release(&k);
    ranking_compare(&k, &b, &l, 0, 2, 0.95, 0.05);
    assert_true(k.n_pairs == 0 && isnan(k.tau.value));
    ranking_release(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(planted_inversion), cmocka_unit_test(pure_noise),
                                        cmocka_unit_test(noise_at_the_level), cmocka_unit_test(missing_models) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
