/* Rankings of made stores: what was planted is found, and nothing is claimed on noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "madestore.h"
#include "near.h"
#include "study/rank.h"

struct fixture {
    struct made made;
    struct store *store;
    struct matrix *m;
    struct rank *r;
    struct err err;
};

static void ok(struct fixture *f, int rc)
{
    if (rc < 0)
        fail_msg("%s", f->err.msg);
}

static struct fixture *start(void)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->made = (struct made)MADE_DEFAULT;
    f->made.has_speed = f->made.has_text = f->made.has_choices = false;
    f->made.n_leaves = 2;
    return f;
}

static void make(struct fixture *f, int n_resamples)
{
    const struct matrix_options o = { .bootstrap = { n_resamples, 0.95, 1234 } };
    ok(f, store_open(&f->store, ":memory:", STORE_WRITE, &f->err));
    ok(f, made_write(f->store, &f->made, &f->err));
    ok(f, matrix_load(&f->m, &f->store, 1, &o, &f->err));
    f->r = rank_of(f->m, &(struct rank_options)RANK_DEFAULT);
}

static void end(struct fixture *f)
{
    rank_close(f->r);
    matrix_close(f->m);
    store_close(f->store);
    free(f);
}

/* Alpha and beta trade places at Q3_K_M and Q2_K, and no other pair of the first five does anywhere. */
static void planted_inversion_is_found_alone(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_models = 5;
    f->made.n_tasks = 2;
    f->made.scale = 0.25;
    make(f, 500);
    const struct rank_column *c = &f->r->columns[0];
    assert_string_equal(c->name, "composite");
    assert_int_equal(c->n_levels, 7);
    for (int l = 0; l < c->n_levels; l++) {
        const struct ranking *k = &c->levels[l].ranking;
        assert_int_equal(k->n_pairs, 10);
        for (size_t i = 0; i < k->n_pairs; i++) {
            const bool is_planted = k->pair[i].a == 0 && k->pair[i].b == 1 && strcmp(c->levels[l].level, "Q2_K") == 0;
            const bool may_be = k->pair[i].a == 0 && made_inverts(l + 1);
            assert_true(!is_planted || k->pair[i].is_claimed);
            assert_true(may_be || !k->pair[i].is_claimed);
        }
    }
    assert_non_null(strstr(f->r->answer, "Not at "));
    assert_non_null(strstr(f->r->answer, "Q2_K: "));
    struct frame t;
    rank_inversions_frame(&t, f->r, true);
    assert_true(t.is_synthetic && t.n_rows > 0);
    assert_string_equal(frame_at(&t, 0, frame_column(&t, "ahead_at_base"))->text, "made-4b-alpha");
    frame_release(&t);
    end(f);
}

/* The cliff of alpha is where it was put; gamma and delta have none. */
static void planted_cliff_is_found(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_models = 4;
    f->made.n_tasks = 2;
    f->made.scale = 0.5;
    make(f, 500);
    const struct rank_cliff *x = f->r->columns[0].cliffs;
    assert_int_equal(x[0].cliff.outcome, CLIFF_FOUND);
    assert_true(x[0].is_claimed);
    assert_true(x[0].cliff.low <= 4.7 && 4.7 <= x[0].cliff.high);
    within(x[0].cliff.at, 4.4, 5.0);
    within(x[0].cliff.slope, 7, 11); /* 12 points a bit on mmlu, 6 on hellaswag */
    assert_int_equal(x[2].cliff.outcome, CLIFF_FLAT);
    assert_false(x[2].is_claimed || x[3].is_claimed);
    assert_non_null(strstr(x[0].sentence, "composite, made-4b-alpha: it loses from 4."));
    assert_non_null(strstr(x[2].sentence, "no level loses more than noise does"));
    /* mmlu is twice as sensitive as hellaswag */
    const struct bootstrap *mmlu = &f->r->columns[1].sensitivity, *hellaswag = &f->r->columns[2].sensitivity;
    assert_true(mmlu->low > 0 && mmlu->value > hellaswag->value);
    end(f);
}

static double all_alike(int model, int level, int task)
{
    (void)model;
    (void)level;
    return 0.5 + made_tasks[task].easier;
}

/* Twelve studies of models that are all alike: orders turn over everywhere, and nothing is claimed. */
static void nothing_is_claimed_on_noise(void **state)
{
    (void)state;
    size_t n_seen = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct fixture *f = start();
        f->made.seed = seed;
        f->made.n_models = 5;
        f->made.n_levels = 5;
        f->made.n_tasks = 3;
        f->made.scale = 0.02;
        f->made.accuracy = all_alike;
        make(f, 200);
        for (int c = 0; c < f->r->n_columns; c++)
            for (int l = 0; l < f->r->columns[c].n_levels; l++) {
                n_seen += f->r->columns[c].levels[l].ranking.n_inverted;
                assert_int_equal(f->r->columns[c].levels[l].ranking.n_claimed, 0);
            }
        const struct rank_level *l = &f->r->columns[0].levels[0];
        if (l->n_open_base == 10) /* nobody is surely better: one shared place */
            for (int k = 0; k < 5; k++)
                assert_int_equal(l->place_base[k], 1);
        assert_null(strstr(f->r->answer, "Not at"));
        end(f);
    }
    assert_true(n_seen > 100);
}

/* Places: alpha above beta above the two that are alike. */
static void places_are_shared(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_models = 4;
    f->made.n_levels = 2;
    f->made.n_tasks = 1;
    f->made.seed = 11;
    make(f, 500);
    assert_string_equal(f->r->columns[0].name, "mmlu"); /* one task: no composite */
    const struct rank_level *l = &f->r->columns[0].levels[0];
    assert_int_equal(l->place_base[0], 1);
    assert_int_equal(l->place_base[1], 2);
    assert_int_equal(l->place_base[2], 3);
    assert_int_equal(l->place_base[3], 3);
    assert_int_equal(l->n_open_base, 1);
    assert_int_equal(f->r->columns[0].cliffs[0].cliff.outcome, CLIFF_FEW);
    end(f);
}

static void too_little_says_so(void **state)
{
    (void)state;
    static const struct {
        int n_models, n_levels, n_tasks, n_resamples;
        const char *answer;
    } cases[] = {
        { 1, 3, 2, 50, "No ranking: there is one model alone, and nothing to rank it against." },
        { 3, 1, 2, 50, "No ranking: there is one level alone, and nothing to compare it with." },
        { 3, 3, 0, 50, "No ranking: no task was measured." },
        { 0, 3, 2, 50, "No ranking: the store has no variant." },
        { 3, 3, 2, 0, "No ranking: there are no resamples." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = start();
        f->made.n_models = cases[i].n_models;
        f->made.n_levels = cases[i].n_levels;
        f->made.n_tasks = cases[i].n_tasks;
        f->made.has_text = true;
        f->made.scale = 0.01;
        make(f, cases[i].n_resamples);
        assert_string_equal(f->r->answer, cases[i].answer);
        end(f);
    }
}

static double perfect(int model, int level, int task)
{
    (void)model;
    (void)level;
    (void)task;
    return 1.0;
}

/* Everything right everywhere: ties, no tau, no flips, nothing claimed. */
static void all_correct(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_models = 3;
    f->made.n_levels = 6;
    f->made.n_tasks = 3;
    f->made.scale = 0.01;
    f->made.accuracy = perfect;
    make(f, 50);
    const struct rank_level *l = &f->r->columns[0].levels[0];
    assert_true(isnan(l->ranking.tau.value));
    assert_int_equal(l->ranking.n_claimed, 0);
    assert_int_equal(l->n_open, 3);
    assert_int_equal(l->place[0] + l->place[1] + l->place[2], 3);
    assert_null(strstr(l->sentence, "tau"));
    assert_int_equal(f->r->columns[0].cliffs[0].cliff.outcome, CLIFF_FLAT);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_inversion_is_found_alone), cmocka_unit_test(planted_cliff_is_found),
        cmocka_unit_test(nothing_is_claimed_on_noise), cmocka_unit_test(places_are_shared),
        cmocka_unit_test(too_little_says_so), cmocka_unit_test(all_correct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
