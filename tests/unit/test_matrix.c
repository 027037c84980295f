/* The matrix of a made store: every figure against what was put in, and against the joint bootstrap by itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "madestore.h"
#include "near.h"
#include "study/matrix.h"
#include "study/rank.h"

struct fixture {
    struct made made;
    struct store *store;
    struct matrix *m;
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
    f->made.n_models = 3;
    f->made.n_levels = 3;
    f->made.n_leaves = 3;
    f->made.scale = 0.01;
    ok(f, store_open(&f->store, ":memory:", STORE_WRITE, &f->err));
    return f;
}

static void load(struct fixture *f, const struct matrix_options *o)
{
    matrix_close(f->m);
    f->m = NULL;
    ok(f, matrix_load(&f->m, &f->store, 1, o, &f->err));
}

static void end(struct fixture *f)
{
    matrix_close(f->m);
    store_close(f->store);
    free(f);
}

static const struct matrix_options few = { .has_text = true, .has_choices = true, .bootstrap = { 50, 0.95, 1 } };

static void shape_and_order(void **state)
{
    (void)state;
    struct fixture *f = start();
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    const struct matrix *m = f->m;
    assert_int_equal(m->n_variants, 9);
    assert_int_equal(m->n_models, 3);
    assert_int_equal(m->n_levels, 3);
    assert_true(m->is_synthetic);
    assert_int_equal(m->n_notes, 0);
    for (int v = 0; v < 9; v++) {
        assert_string_equal(m->variants[v].model, made_models[v / 3].name);
        assert_string_equal(m->variants[v].level, made_levels[v % 3].name);
        assert_int_equal(m->variants[v].base, v - v % 3);
        assert_string_equal(m->variants[v].missing, "");
        assert_true(m->variants[v].is_synthetic && !m->variants[v].is_upcast);
        near_to(m->variants[v].bpw, made_levels[v % 3].bpw, 1e-6);
        near_to(m->variants[v].n_params, made_models[v / 3].params, 0);
    }
    assert_string_equal(m->variants[4].name, "made-4b-beta Q8_0");
    assert_int_equal(m->n_tasks, MADE_TASKS);
    static const char *const order[] = { "mmlu", "hellaswag", "gsm8k", "truthfulqa_mc2", "arc_challenge", "ifeval", "winogrande" };
    for (int t = 0; t < MADE_TASKS; t++)
        assert_string_equal(m->tasks[t].name, order[t]);
    assert_string_equal(m->tasks[1].metric, "acc_norm");
    assert_string_equal(m->tasks[2].filter, "strict-match");
    end(f);
}

/* Every score and choice is where its model, level, leaf and document are. */
static void items_as_put(void **state)
{
    (void)state;
    struct fixture *f = start();
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    for (int t = 0; t < f->m->n_tasks; t++) {
        const struct matrix_task *task = &f->m->tasks[t];
        assert_int_equal(task->n_leaves, t == 0 ? 3 : 1);
        for (int v = 0; v < f->m->n_variants; v++) {
            int at = 0;
            for (int l = 0; l < task->n_leaves; l++) {
                struct made_answers a;
                made_answer(&a, &f->made, v / 3, v % 3, t, l, made_n_items(&f->made, t, l, task->n_leaves));
                for (int i = 0; i < a.n; i++, at++) {
                    assert_int_equal(task->leaf[at], l);
                    assert_int_equal(task->doc[at], i);
                    assert_true(task->whole[v][at] == a.score[i]);
                    if (made_tasks[t].is_choice)
                        assert_int_equal(task->choice[v][at], a.choice[i]);
                    else
                        assert_null(task->choice[v]);
                }
                made_answers_release(&a);
            }
            assert_int_equal(at, task->n_items);
        }
        assert_int_equal(task->is_binary, !made_tasks[t].is_real);
        assert_int_equal(task->n_whole, 9);
        assert_true(task->in_composite);
    }
    assert_int_equal(f->m->tasks[1].n_clusters, 30);
    assert_null(f->m->tasks[0].cluster);
    assert_true(f->m->tasks[3].baseline == 0.464 && f->m->tasks[0].baseline == 0.25);
    end(f);
}

static void figures_as_put(void **state)
{
    (void)state;
    struct fixture *f = start();
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    for (int v = 0; v < 9; v++) {
        const struct matrix_variant *x = &f->m->variants[v];
        const double bytes = made_bytes(v / 3, v % 3);
        assert_int_equal(x->memory, MATRIX_MEMORY_MEASURED);
        near_to(x->memory_bytes, bytes + 9.5e8, 1e-9);
        assert_int_equal(x->memory_ctx, 4096);
        near_to(x->gen_tps.value, 4e10 / bytes, 0.03);
        assert_true(x->gen_tps.low <= x->gen_tps.value && x->gen_tps.value <= x->gen_tps.high);
        assert_true(x->ttft_s > 0 && x->prompt_tps.value > 0 && x->ppl > 1);
        assert_true(v % 3 == 0 ? x->kl_nat.value == 0 : x->kl_nat.low < x->kl_nat.value && x->kl_nat.value < x->kl_nat.high);
        double mean = 0;
        for (int i = 0; i < f->m->tasks[0].n_items; i++)
            mean += f->m->tasks[0].whole[v][i] / f->m->tasks[0].n_items;
        near_to(matrix_value(f->m, v, 0), mean, 1e-12);
        assert_true(isfinite(matrix_value(f->m, v, f->m->n_tasks)));
    }
    end(f);
}

/* A failed cell: its variant stays, has no composite, and says why; the others do not change. */
static void failed_cell(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.fails = "gsm8k";
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    assert_int_equal(f->m->n_variants, 9);
    assert_string_equal(f->m->variants[5].missing, "gsm8k: failed: made to fail");
    assert_null(f->m->tasks[2].score[5]);
    assert_int_equal(f->m->tasks[2].n_whole, 8);
    assert_true(f->m->tasks[2].in_composite && isnan(matrix_value(f->m, 5, f->m->n_tasks)));
    assert_true(isfinite(matrix_value(f->m, 4, f->m->n_tasks)) && isfinite(matrix_value(f->m, 5, 0)));
    /* without the task there is a composite of the rest */
    struct matrix_options o = few;
    o.composite = "mmlu,hellaswag";
    load(f, &o);
    assert_true(isfinite(matrix_value(f->m, 5, f->m->n_tasks)));
    o.composite = "mmlu,nothing";
    struct matrix *none = NULL;
    assert_int_equal(matrix_load(&none, &f->store, 1, &o, &f->err), -1);
    assert_string_equal(f->err.msg, "composite: no task 'nothing' in the store");
    end(f);
}

/* One part of mmlu missing: a score with holes, which is not whole. */
static void missing_part(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.fails = "mmlu_part_01";
    f->made.n_tasks = 1;
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    const struct matrix_task *t = &f->m->tasks[0];
    assert_string_equal(f->m->variants[5].missing, "mmlu: 1 of 3 parts failed: made to fail");
    assert_null(t->whole[5]);
    for (int i = 0; i < t->n_items; i++)
        assert_int_equal(isnan(t->score[5][i]), t->leaf[i] == 1);
    assert_true(isnan(matrix_value(f->m, 5, 0)) && isfinite(matrix_value(f->m, 4, 0)));
    end(f);
}

/* The same study with 5 examples and with 0: never mixed, the larger one is taken, the other can be asked for. */
static void settings_are_not_mixed(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_tasks = 2;
    f->made.has_speed = f->made.has_text = false;
    ok(f, made_write(f->store, &f->made, &f->err));
    f->made.num_fewshot = 5;
    f->made.seed = 99;
    f->made.n_models = 1;
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    assert_int_equal(f->m->n_variants, 9);
    assert_int_equal(f->m->tasks[0].n_whole, 9);
    assert_int_equal(f->m->n_notes, 2);
    assert_string_equal(f->m->notes[0], "mmlu: 9 cells with num_fewshot=5 left out: there are more, 27 cells with num_fewshot=-1.");
    struct made first = f->made;
    struct made_answers a, b;
    first.seed = 7;
    made_answer(&a, &first, 0, 0, 1, 0, f->m->tasks[1].n_items);
    made_answer(&b, &f->made, 0, 0, 1, 0, f->m->tasks[1].n_items);
    assert_memory_equal(f->m->tasks[1].whole[0], a.score, (size_t)a.n * sizeof *a.score);
    assert_memory_not_equal(a.score, b.score, (size_t)a.n * sizeof *a.score);
    struct matrix_options o = few;
    o.where = "num_fewshot=5";
    load(f, &o);
    assert_memory_equal(f->m->tasks[1].whole[0], b.score, (size_t)b.n * sizeof *b.score);
    made_answers_release(&a);
    made_answers_release(&b);
    assert_int_equal(f->m->n_notes, 0);
    assert_int_equal(f->m->tasks[0].n_whole, 3);
    assert_non_null(f->m->tasks[0].whole[2]);
    o.where = "num_fewshot";
    struct matrix *none = NULL;
    assert_int_equal(matrix_load(&none, &f->store, 1, &o, &f->err), -1);
    end(f);
}

/* As many cells with a limit, which came first: all documents are taken. */
static void a_short_try_is_left_out(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_tasks = 1;
    f->made.n_models = 1;
    f->made.limit = 5;
    ok(f, made_write(f->store, &f->made, &f->err));
    f->made.limit = 0;
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    assert_string_equal(f->m->notes[0], "mmlu: 9 cells with limit=5 left out: there are as many, 9 cells with limit=0.");
    assert_int_equal(f->m->tasks[0].n_items, 141);
    end(f);
}

/* --- damaged stores ---------------------------------------------------------------------------- */

static void change(const char *path, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static void remove_store(const char *path)
{
    static const char *const more[] = { "", "-wal", "-shm", ".lock" };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, more[i]);
        unlink(name);
    }
}

/* What a damaged file may say is an error of one line, or less than there was; never a crash. */
static void damaged_stores(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE fact SET text = '[]' WHERE key = 'task'",
        "UPDATE fact SET text = '{\"name\":5,\"metrics\":[{\"name\":null,\"aggregation\":99}],\"groups\":[7]}' WHERE key = 'task'",
        "UPDATE fact SET text = '{' WHERE key = 'task'",
        "DELETE FROM fact",
        "UPDATE cell SET settings = '[]'",
        "UPDATE cell SET task = ''",
        "UPDATE cell SET kind = 'task'",
        "UPDATE variant SET info = '{}'",
        "UPDATE variant SET info = NULL",
        "UPDATE variant SET level = 'no such level ' || id",
        "UPDATE measure SET value = NULL",
        "UPDATE measure SET value = 1e308",
        "UPDATE measure SET idx = idx - 9000000000000000000",
        "DELETE FROM measure WHERE idx % 2 = 0 AND cell_id % 2 = 0",
        "UPDATE series SET vals = x'000000000000f07f', n = 1 WHERE metric = 'choice'",
        "DELETE FROM series",
        "UPDATE cell SET status = 'running'",
        "UPDATE model SET name = ''",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct fixture *f = xcalloc(1, sizeof *f);
        struct matrix_options o = few;
        struct err err = { 0 };
        char path[64];
        const char *tmp = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.32s/perbit-matrix.%d.db", tmp ? tmp : "/tmp", (int)getpid());
        f->made = (struct made)MADE_DEFAULT;
        f->made.n_models = f->made.n_levels = f->made.n_leaves = 2;
        f->made.scale = 0.005;
        ok(f, store_open(&f->store, path, STORE_WRITE, &f->err));
        ok(f, made_write(f->store, &f->made, &f->err));
        store_close(f->store);
        change(path, changes[i]);
        ok(f, store_open(&f->store, path, STORE_READ, &f->err));
        o.where = i % 2 ? "num_fewshot=-1,engine=made" : NULL;
        if (matrix_load(&f->m, &f->store, 1, &o, &err) < 0)
            assert_true(err.msg[0] != '\0' && !strchr(err.msg, '\n'));
        else
            rank_close(rank_of(f->m, &(struct rank_options)RANK_DEFAULT));
        end(f);
        remove_store(path);
    }
}

/* --- other metrics, put in by hand ------------------------------------------------------------- */

static int64_t put_cell(struct fixture *f, struct made_place *p, const char *name, const char *metrics)
{
    int64_t cell = 0;
    ok(f, made_cell(&cell, p, KIND_TASK, arena_printf(&p->arena, "%s:1:x", name)));
    const char *fact = arena_printf(&p->arena, "{\"name\":\"%s\",\"metrics\":[%s],\"groups\":[]}", name, metrics);
    ok(f, made_put(p, cell, (struct event){ .kind = EVENT_FACT, .key = "task", .text = fact }));
    return cell;
}

static void put_series(struct fixture *f, struct made_place *p, int64_t cell, enum metric m, int64_t doc, const double *v, int n)
{
    ok(f, made_put(p, cell, (struct event){ .kind = EVENT_SERIES, .metric = m, .index = doc, .values = v, .n = n }));
}

/* A rubric: equal ratings, an unreadable one is not; instructions: the share; unknown options: what guessing scores, and the
   most probable option as the choice. */
static void rubrics_instructions_and_options(void **state)
{
    (void)state;
    struct fixture *f = start();
    f->made.n_models = 1;
    f->made.n_levels = 1;
    f->made.n_tasks = 1;
    ok(f, made_write(f->store, &f->made, &f->err));
    struct made_place p = { .m = &f->made, .store = f->store, .model_sha256 = "made0", .err = &f->err };
    arena_init(&p.arena);
    opt_defaults(&settings_table, &p.settings, &p.arena);
    p.variant = 1;
    int64_t cell = put_cell(f, &p, "essays", "{\"name\":\"quadratic_weighted_kappa\",\"aggregation\":5},{\"name\":\"exact_agreement\",\"aggregation\":6}");
    static const double pairs[3][2] = { { 3, 3 }, { 3, 4 }, { 2, NAN } };
    for (int i = 0; i < 3; i++)
        put_series(f, &p, cell, METRIC_RATING, i, pairs[i], 2);
    ok(f, store_cell_finish(f->store, cell, NULL, &f->err));
    cell = put_cell(f, &p, "orders", "{\"name\":\"inst_level_strict_acc\",\"aggregation\":4}");
    put_series(f, &p, cell, METRIC_INST_STRICT, 4, (const double[]){ 1, 0, 1, 1 }, 4);
    ok(f, store_cell_finish(f->store, cell, NULL, &f->err));
    cell = put_cell(f, &p, "quiz", "{\"name\":\"acc\",\"aggregation\":0}");
    for (int i = 0; i < 2; i++) {
        put_series(f, &p, cell, METRIC_LOGPROB, i, (const double[]){ -3, -1, -2, -5, -9 }, i ? 5 : 2);
        ok(f, made_put(&p, cell, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_ACC, .index = i, .value = i }));
    }
    ok(f, store_cell_finish(f->store, cell, NULL, &f->err));
    load(f, &few);
    const struct matrix_task *essays = &f->m->tasks[matrix_find_task(f->m, "essays")], *orders = &f->m->tasks[matrix_find_task(f->m, "orders")],
                             *quiz = &f->m->tasks[matrix_find_task(f->m, "quiz")];
    assert_string_equal(essays->metric, "exact");
    assert_int_equal(essays->n_items, 3);
    assert_true(essays->whole[0][0] == 1 && essays->whole[0][1] == 0 && essays->whole[0][2] == 0);
    assert_true(orders->whole[0][0] == 0.75 && orders->doc[0] == 4 && !orders->is_binary);
    near_to(quiz->baseline, (0.5 + 0.2) / 2, 1e-12);
    assert_int_equal(quiz->choice[0][0], 1);
    assert_int_equal(quiz->choice[0][1], 1);
    arena_release(&p.arena);
    end(f);
}

static void finds_variants(void **state)
{
    (void)state;
    struct fixture *f = start();
    int v;
    f->made.n_tasks = 1;
    ok(f, made_write(f->store, &f->made, &f->err));
    load(f, &few);
    ok(f, matrix_find(&v, f->m, -1, "made-4b-beta@Q8_0", &f->err));
    assert_int_equal(v, 4);
    ok(f, matrix_find(&v, f->m, -1, "gamma@q6_k", &f->err));
    assert_int_equal(v, 8);
    ok(f, matrix_find(&v, f->m, -1, "made-3b-gamma Q8_0", &f->err));
    assert_int_equal(v, 7);
    assert_int_equal(matrix_find(&v, f->m, -1, "Q8_0", &f->err), -1);
    assert_string_equal(f->err.msg, "'Q8_0' is several variants: made-4b-alpha@Q8_0, made-4b-beta@Q8_0, made-3b-gamma@Q8_0");
    assert_int_equal(matrix_find(&v, f->m, -1, "delta@Q8_0", &f->err), -1);
    assert_non_null(strstr(f->err.msg, "no variant 'delta@Q8_0'; there are: made-4b-alpha@BF16, "));
    assert_int_equal(matrix_at(f->m, 2, "BF16"), 6);
    assert_int_equal(matrix_at(f->m, 2, "Q2_K"), -1);
    end(f);
}

static void empty_store(void **state)
{
    (void)state;
    struct fixture *f = start();
    load(f, &few);
    assert_int_equal(f->m->n_variants, 0);
    assert_int_equal(f->m->n_tasks, 0);
    assert_null(f->m->joint);
    end(f);
}

/* Two stores with the same model: variants of each, told apart by their store. */
static void two_stores(void **state)
{
    (void)state;
    struct fixture *f = start();
    struct store *other;
    f->made.n_models = 1;
    f->made.n_tasks = 1;
    ok(f, made_write(f->store, &f->made, &f->err));
    ok(f, store_open(&other, ":memory:", STORE_WRITE, &f->err));
    ok(f, made_write(other, &f->made, &f->err));
    struct store *const both[] = { f->store, other };
    ok(f, matrix_load(&f->m, both, 2, &few, &f->err));
    assert_int_equal(f->m->n_variants, 6);
    assert_int_equal(f->m->n_models, 2);
    assert_int_equal(f->m->tasks[0].n_whole, 6);
    assert_string_equal(f->m->variants[0].name, "made-4b-alpha BF16 in :memory:");
    int v;
    ok(f, matrix_find(&v, f->m, 1, "alpha@Q8_0", &f->err));
    assert_int_equal(v, 4);
    store_close(other);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_and_order), cmocka_unit_test(items_as_put), cmocka_unit_test(figures_as_put),
        cmocka_unit_test(failed_cell), cmocka_unit_test(missing_part), cmocka_unit_test(settings_are_not_mixed),
        cmocka_unit_test(a_short_try_is_left_out), cmocka_unit_test(damaged_stores),
        cmocka_unit_test(rubrics_instructions_and_options), cmocka_unit_test(finds_variants), cmocka_unit_test(empty_store), cmocka_unit_test(two_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
