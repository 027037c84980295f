/* Recommendations from made stores whose best variant is known. */
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
#include "study/recommend.h"

static const double GIB = 1024.0 * 1024 * 1024;

struct fixture {
    struct made made;
    struct store *store;
    struct matrix *m;
    struct recommend *r;
    struct recommend_options o;
    int n_resamples;
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
    f->made.has_text = f->made.has_choices = false;
    f->made.n_leaves = 2;
    f->made.n_models = 5;
    f->made.n_tasks = 2;
    f->made.scale = 0.2;
    f->o = (struct recommend_options){ .ram_bytes = 8 * GIB, RECOMMEND_REST };
    f->n_resamples = 200;
    return f;
}

static void make(struct fixture *f)
{
    const struct matrix_options o = { .bootstrap = { f->n_resamples, 0.95, 1234 } };
    ok(f, store_open(&f->store, ":memory:", STORE_WRITE, &f->err));
    ok(f, made_write(f->store, &f->made, &f->err));
    ok(f, matrix_load(&f->m, &f->store, 1, &o, &f->err));
}

static void decide(struct fixture *f)
{
    recommend_close(f->r);
    f->r = NULL;
    ok(f, recommend_of(&f->r, f->m, &f->o, &f->err));
}

static void end(struct fixture *f)
{
    recommend_close(f->r);
    matrix_close(f->m);
    store_close(f->store);
    free(f);
}

static const struct matrix_variant *chosen(const struct fixture *f)
{
    assert_true(f->r->best == 0);
    return &f->m->variants[f->r->rows[0].variant];
}

static bool says(const struct recommend *r, const char *part)
{
    for (int i = 0; i < r->n_sentences; i++)
        if (strstr(r->sentences[i], part))
            return true;
    return false;
}

/* With room alpha at a high level; under 6 GiB less 1.5 what fits. */
static void best_that_fits(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    f->o.ram_bytes = 64 * GIB;
    decide(f);
    assert_string_equal(chosen(f)->model, "made-4b-alpha");
    near_to(f->r->reserve_bytes, 16 * GIB, 0);
    assert_int_equal(f->r->n_fit, 40);
    for (int i = 1; i < 40; i++)
        assert_true(f->r->rows[i].quality.low <= f->r->rows[i - 1].quality.low);
    const double best = f->r->rows[0].quality.low;
    f->o.ram_bytes = 6 * GIB;
    decide(f);
    near_to(f->r->budget_bytes, 4.5 * GIB, 0);
    assert_true(f->r->n_fit > 0 && f->r->n_fit < 40);
    for (int i = 0; i < f->r->n_rows; i++) {
        const struct recommend_row *x = &f->r->rows[i];
        const bool fits = f->m->variants[x->variant].memory_bytes <= 4.5 * GIB;
        assert_int_equal(fits, x->fits_memory);
        assert_int_equal(fits, !*x->why_not);
        assert_int_equal(fits, i < f->r->n_fit);
        assert_true(!fits || x->quality.low <= f->r->rows[0].quality.low);
    }
    assert_true(f->r->rows[0].quality.low <= best);
    assert_true(says(f->r, "(measured, at 4096 tokens of context)"));
    assert_true(says(f->r, "Runner-up: "));
    assert_true(says(f->r, "need too much memory"));
    end(f);
}

/* The three nearly lossless levels of alpha cannot be told apart, and gamma is surely worse. */
static void alike_and_worse(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    f->o.ram_bytes = 64 * GIB;
    decide(f);
    int n_alpha = 0;
    for (int i = 0; i < f->r->n_rows; i++) {
        const struct matrix_variant *v = &f->m->variants[f->r->rows[i].variant];
        n_alpha += f->r->rows[i].is_alike && strcmp(v->model, "made-4b-alpha") == 0;
        assert_false(f->r->rows[i].is_alike && strcmp(v->model, "made-3b-gamma") == 0);
    }
    assert_true(n_alpha >= 3);
    assert_true(says(f->r, "cannot tell it apart from made-4b-alpha "));
    end(f);
}

static void too_slow(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    f->o.ram_bytes = 64 * GIB;
    f->o.min_tps = 12; /* 40 GB/s: files up to some 3.3 GB */
    decide(f);
    for (int i = 0; i < f->r->n_fit; i++)
        assert_true(f->m->variants[f->r->rows[i].variant].gen_tps.low >= 12);
    assert_true(chosen(f)->tensor_bytes < 3.4e9);
    assert_true(says(f->r, "are too slow"));
    f->o.min_tps = 1e6;
    decide(f);
    assert_int_equal(f->r->best, -1);
    assert_true(says(f->r, "nothing that was measured can be recommended"));
    end(f);
}

static void nothing_fits(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    f->o.ram_bytes = 1.5 * GIB;
    decide(f);
    assert_int_equal(f->r->best, -1);
    assert_int_equal(f->r->n_fit, 0);
    near_to(f->r->reserve_bytes, GIB, 0);
    assert_true(says(f->r, "The smallest, made-3b-epsilon Q2_K, needs "));
    end(f);
}

/* Alpha's bits go where its cliff is; matched sizes never pair a model with itself. */
static void matched_sizes(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    decide(f);
    assert_true(f->r->n_matched > 0);
    for (int i = 0; i < f->r->n_matched; i++) {
        const struct matrix_variant *a = &f->m->variants[f->r->matched[i].big], *b = &f->m->variants[f->r->matched[i].small];
        assert_true(a->i_model != b->i_model && a->n_params > b->n_params && a->bpw < b->bpw);
        within(a->file_bytes / b->file_bytes, 1 / 1.1, 1.1);
        assert_true(f->r->matched[i].verdict == VERDICT_SAME || f->r->matched[i].verdict == VERDICT_UNDECIDED || f->r->matched[i].p_holm <= 0.05);
    }
    struct frame t;
    recommend_matched_frame(&t, f->r);
    assert_int_equal(t.n_rows, f->r->n_matched);
    assert_true(t.is_synthetic);
    frame_release(&t);
    end(f);
}

static void weights(void **state)
{
    (void)state;
    struct fixture *f = start();
    make(f);
    f->o.task_weights = "hellaswag=1";
    decide(f);
    assert_string_equal(f->r->quality_name, "1 hellaswag");
    for (int i = 0; i < f->r->n_rows; i++)
        near_to(f->r->rows[i].quality.value, matrix_value(f->m, f->r->rows[i].variant, 1), 1e-12);
    f->o.task_weights = "mmlu=3,hellaswag";
    decide(f);
    for (int i = 0; i < f->r->n_rows; i++) {
        const int v = f->r->rows[i].variant;
        near_to(f->r->rows[i].quality.value, 0.75 * matrix_value(f->m, v, 0) + 0.25 * matrix_value(f->m, v, 1), 1e-12);
    }
    static const char *const bad[] = { "nothing=1", "mmlu=-1", "mmlu=x", "mmlu=" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct recommend *none = NULL;
        f->o.task_weights = bad[i];
        assert_int_equal(recommend_of(&none, f->m, &f->o, &f->err), -1);
        assert_non_null(strstr(f->err.msg, "task_weights: "));
    }
    end(f);
}

/* Without speed and memory cells: memory by the file, no speed; a failed task: no quality, and the reason. */
static void what_is_missing_is_said(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.has_speed = false;
    f->made.fails = "hellaswag";
    make(f);
    f->o.ram_bytes = 64 * GIB;
    decide(f);
    assert_int_equal(chosen(f)->memory, MATRIX_MEMORY_FILE);
    assert_true(says(f->r, "weights and cache by the file alone, without buffers"));
    assert_true(isnan(f->r->rows[0].tps));
    const struct recommend_row *last = &f->r->rows[f->r->n_rows - 1];
    assert_string_equal(f->m->variants[last->variant].name, "made-4b-beta Q2_K");
    assert_string_equal(last->why_not, "no quality: hellaswag: failed: made to fail");
    f->o.min_tps = 5;
    decide(f);
    assert_int_equal(f->r->n_fit, 0);
    assert_string_equal(f->r->rows[0].why_not, "its speed is not known");
    end(f);
}

static void no_resamples(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->n_resamples = 0;
    make(f);
    decide(f);
    assert_int_equal(f->r->best, -1);
    assert_int_equal(f->r->n_matched, 0);
    end(f);
}

static void three_budgets(void **state)
{
    (void)state;
    static const double ram[] = { 4 * 1073741824.0, 8 * 1073741824.0, 16 * 1073741824.0 };
    struct fixture *f = start();
    struct frame t;
    make(f);
    ok(f, recommend_table(&t, f->m, &f->o, ram, 3, &f->err));
    assert_int_equal(t.n_rows, 3);
    double before = 0;
    for (int i = 0; i < 3; i++) {
        const double lo = frame_at(&t, i, frame_column(&t, "lo"))->num;
        assert_true(lo >= before);
        before = lo;
    }
    frame_release(&t);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_that_fits), cmocka_unit_test(alike_and_worse), cmocka_unit_test(too_slow),
        cmocka_unit_test(nothing_fits), cmocka_unit_test(matched_sizes), cmocka_unit_test(weights),
        cmocka_unit_test(what_is_missing_is_said), cmocka_unit_test(no_resamples), cmocka_unit_test(three_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
