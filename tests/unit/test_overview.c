/* overview: the frames of a dashboard against the matrix that they are of. */
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
#include "study/overview.h"

struct fixture {
    struct store *store;
    struct overview o;
};

static const struct matrix_options few = { .has_text = true, .bootstrap = { 200, 0.95, 1 } };

static struct fixture *start(const char *fails)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct made made = MADE_DEFAULT;
    struct err err = {0};
    made.n_models = 3;
    made.n_levels = 4;
    made.n_leaves = 3;
    made.scale = 0.02;
    made.fails = fails;
    if (store_open(&f->store, ":memory:", STORE_WRITE, &err) < 0 || made_write(f->store, &made, &err) < 0 ||
        overview_load(&f->o, f->store, &few, 2.5, &err) < 0)
        fail_msg("%s", err.msg);
    return f;
}

static void end(struct fixture *f)
{
    overview_release(&f->o);
    store_close(f->store);
    free(f);
}

static const struct frame_cell *cell(const struct frame *f, int row, const char *column)
{
    assert_true(frame_column(f, column) >= 0);
    return frame_at(f, row, frame_column(f, column));
}

static void figures_are_the_matrix(void **state)
{
    (void)state;
    struct fixture *f = start(NULL);
    const struct matrix *m = f->o.matrix;
    const struct frame *v = &f->o.variants, *s = &f->o.scores;
    assert_int_equal(v->n_rows, 12);
    assert_int_equal(s->n_rows, 12 * m->n_tasks);
    assert_true(v->is_synthetic && s->is_synthetic && f->o.levels.is_synthetic && f->o.tasks.is_synthetic);
    for (int i = 0; i < 12; i++) {
        struct bootstrap d;
        assert_string_equal(cell(v, i, "model")->text, m->models[m->variants[i].i_model]);
        near_to(cell(v, i, "score_pct")->num, 100 * matrix_value(m, i, m->n_tasks), 1e-12);
        assert_int_equal(cell(v, i, "diff_pct")->is_set, m->variants[i].base != i);
        if (m->variants[i].base == i)
            continue;
        joint_difference(&d, m->joint, (size_t)i, (size_t)m->variants[i].base, joint_composite(m->joint));
        near_to(cell(v, i, "diff_lo_pct")->num, 100 * d.low, 1e-12);
        near_to(cell(v, i, "margin_pct")->num, 2.5, 0);
    }
    end(f);
}

static void flips_are_of_the_same_questions(void **state)
{
    (void)state;
    struct fixture *f = start(NULL);
    const struct matrix *m = f->o.matrix;
    const struct frame *s = &f->o.scores;
    for (int r = 0; r < s->n_rows; r++) {
        int v = (int)cell(s, r, "variant")->i, t = matrix_find_task(m, cell(s, r, "task")->text), n = 0;
        const double *a = m->tasks[t].whole[m->variants[v].base], *b = m->tasks[t].whole[v];
        if (m->variants[v].base == v)
            continue;
        for (int i = 0; i < m->tasks[t].n_items; i++)
            n += (a[i] > 0.5) != (b[i] > 0.5);
        near_to(cell(s, r, "flips_pct")->num, 100.0 * n / m->tasks[t].n_items, 1e-9);
    }
    end(f);
}

/* Places are shared: nobody surely better is behind, and rank <= rank_hi. */
static void ranks_are_shared(void **state)
{
    (void)state;
    struct fixture *f = start(NULL);
    const struct frame *v = &f->o.variants;
    int n_first = 0;
    for (int i = 0; i < v->n_rows; i++) {
        int64_t rank = cell(v, i, "rank")->i, last = cell(v, i, "rank_hi")->i;
        assert_true(rank >= 1 && rank <= last && last <= v->n_rows);
        n_first += rank == 1;
    }
    assert_true(n_first >= 1);
    end(f);
}

static void what_failed_is_named(void **state)
{
    (void)state;
    struct fixture *f = start("gsm8k");
    const struct frame *v = &f->o.variants;
    int n = 0;
    for (int i = 0; i < v->n_rows; i++)
        if (cell(v, i, "missing")->text[0]) {
            assert_non_null(strstr(cell(v, i, "missing")->text, "gsm8k"));
            assert_false(cell(v, i, "score_pct")->is_set);
            n++;
        }
    assert_int_equal(n, 1);
    end(f);
}

static void charts_have_their_frames(void **state)
{
    (void)state;
    struct fixture *f = start(NULL);
    assert_int_equal(overview_frame(&f->o, "accuracy_size")->n_rows, 12);
    assert_ptr_equal(overview_frame(&f->o, "flips"), &f->o.tasks);
    assert_null(overview_frame(&f->o, "speed_size"));
    for (int r = 0; r < 12; r++)
        assert_true(cell(&f->o.levels, r, "composite_pct")->num == cell(&f->o.variants, r, "score_pct")->num);
    assert_true(f->o.provenance.n_rows == 3);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_the_matrix),
        cmocka_unit_test(flips_are_of_the_same_questions),
        cmocka_unit_test(ranks_are_shared),
        cmocka_unit_test(what_failed_is_named),
        cmocka_unit_test(charts_have_their_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
