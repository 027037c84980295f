/* query: what was put comes back, in its order, bit by bit; what was never put is nothing; damage is an error. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/store_fixture.h"

static void values_come_back_bit_by_bit(void **state)
{
    struct store_fixture *f = *state;
    const double chunks[3][4] = {
        { 0.1, -0.0, 5e-324, 1.7976931348623157e308 }, { NAN, INFINITY, -INFINITY, 1.0 / 3.0 }, { 1, 2, 3, 4 },
    };
    struct store_cell cell = store_fixture_cell(f, "kl");
    double *got;
    int n, width;
    for (int i = 2; i >= 0; i--) /* the order of indices counts, not of putting */
        store_fixture_series(f, cell.id, METRIC_NLL, i, chunks[i], 4);
    store_fixture_ok(f, store_commit(f->store, &f->err));
    store_fixture_reopen(f, STORE_READ);
    store_fixture_ok(f, query_values(f->store, cell.id, METRIC_NLL, 0, &got, &n, &width, &f->err));
    assert_int_equal(n, 12);
    assert_int_equal(width, 4);
    assert_memory_equal(got, chunks, sizeof chunks);
    free(got);
}

static void scalars_and_slots(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "speed");
    double *got;
    int n, width;
    for (int slot = 0; slot < 2; slot++)
        for (int i = 0; i < 20; i++) /* 10 comes after 9, not after 1 */
            store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_GEN_S, .slot = slot, .index = i,
                                                          .value = i == 5 ? NAN : 100 * slot + i });
    for (int slot = 0; slot < 2; slot++) {
        store_fixture_ok(f, query_values(f->store, cell.id, METRIC_GEN_S, slot, &got, &n, &width, &f->err));
        assert_int_equal(n, 20);
        assert_int_equal(width, 1);
        for (int i = 0; i < n; i++)
            assert_true(i == 5 ? isnan(got[i]) : got[i] == 100 * slot + i);
        free(got);
    }
}

static void what_was_never_put_is_nothing(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "kl");
    struct arena a;
    double *got;
    int n, width;
    const char *text;
    arena_init(&a);
    store_fixture_ok(f, query_values(f->store, cell.id, METRIC_KL, 0, &got, &n, &width, &f->err));
    assert_int_equal(n, 0);
    free(got);
    store_fixture_ok(f, query_values(f->store, 999, METRIC_GEN_S, 0, &got, &n, NULL, &f->err));
    assert_int_equal(n, 0);
    free(got);
    store_fixture_ok(f, query_fact(f->store, &a, cell.id, "none", &text, &f->err));
    assert_null(text);
    store_fixture_ok(f, query_machine(f->store, &a, "none", &text, &f->err));
    assert_null(text);
    arena_release(&a);
}

static void facts_and_machines(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "kl");
    struct arena a;
    const char *text;
    arena_init(&a);
    store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_FACT, .key = "types", .text = "q4_K 92 %, \xc3\xa9" });
    store_fixture_ok(f, query_fact(f->store, &a, cell.id, "types", &text, &f->err));
    assert_string_equal(text, "q4_K 92 %, \xc3\xa9");
    store_fixture_ok(f, query_machine(f->store, &a, "m1", &text, &f->err));
    assert_string_equal(text, "{\"cpu\":\"none\"}");
    arena_release(&a);
}

static void cells_in_order_with_their_nouns(void **state)
{
    struct store_fixture *f = *state;
    struct arena a;
    struct cell_row *rows;
    int64_t variant;
    int n;
    arena_init(&a);
    struct store_cell kl = store_fixture_cell(f, "kl");
    store_fixture_ok(f, store_cell_finish(f->store, kl.id, "no luck", &f->err));
    struct store_cell_spec q4 = store_fixture_spec(f, "kl");
    store_fixture_ok(f, store_put_variant(f->store, f->model, "Q4_0", "ii", "q4.gguf", "qq", &store_fixture_model, &variant,
                                          &f->err));
    q4.variant_id = variant;
    q4.identity.level = "Q4_0";
    q4.is_synthetic = true;
    struct store_cell cell;
    store_fixture_ok(f, store_cell_claim(f->store, &q4, &cell, &f->err));
    store_fixture_cell(f, "speed"); /* of the first variant: comes before the second's */
    store_fixture_ok(f, query_cells(f->store, &a, &rows, &n, &f->err));
    assert_int_equal(n, 3);
    assert_string_equal(rows[0].kind, "kl");
    assert_string_equal(rows[0].status, "failed");
    assert_string_equal(rows[0].reason, "no luck");
    assert_non_null(rows[0].finished);
    assert_null(rows[0].variant_info);
    assert_string_equal(rows[1].kind, "speed");
    assert_string_equal(rows[1].status, "running");
    assert_null(rows[1].finished);
    assert_int_equal(rows[1].attempts, 1);
    assert_false(rows[1].is_synthetic);
    assert_string_equal(rows[2].level, "Q4_0");
    assert_string_equal(rows[2].imatrix_sha256, "ii");
    assert_string_equal(rows[2].variant_sha256, "qq");
    assert_non_null(strstr(rows[2].variant_info, "\"bf16\""));
    assert_true(rows[2].is_synthetic);
    for (int i = 0; i < n; i++) {
        assert_string_equal(rows[i].model, "m");
        assert_string_equal(rows[i].model_sha256, "aa");
        assert_string_equal(rows[i].engine, "build 1");
        assert_string_equal(rows[i].machine_id, "m1");
        assert_string_equal(rows[i].data_sha256, "dd");
    }
    arena_release(&a);
}

static void assert_damaged(struct store_fixture *f, int64_t cell, const char *sql)
{
    double *got;
    int n, width;
    store_close(f->store);
    f->store = NULL;
    store_fixture_sql(f, sql);
    store_fixture_ok(f, store_open(&f->store, f->path, STORE_READ, &f->err));
    assert_int_equal(query_values(f->store, cell, METRIC_NLL, 0, &got, &n, &width, &f->err), -1);
    free(got);
    assert_int_equal(f->err.code, ERR_STORE);
    assert_non_null(strstr(f->err.msg, "damaged: a series says"));
}

/* The schema's CHECK guards writing only: a file may say more than it holds. */
static void a_series_that_lies(void **state)
{
    struct store_fixture *f = *state;
    const double chunk[] = { 1, 2, 3 };
    struct store_cell cell = store_fixture_cell(f, "kl");
    for (int i = 0; i < 2; i++)
        store_fixture_series(f, cell.id, METRIC_NLL, i, chunk, 3);
    store_fixture_ok(f, store_commit(f->store, &f->err));
    assert_damaged(f, cell.id, "PRAGMA ignore_check_constraints = 1; UPDATE series SET n = 300 WHERE idx = 0");
    assert_damaged(f, cell.id, "PRAGMA ignore_check_constraints = 1; UPDATE series SET n = -1 WHERE idx = 0");
    assert_damaged(f, cell.id, "PRAGMA ignore_check_constraints = 1; UPDATE series SET n = 4294967299 WHERE idx = 0");
    assert_damaged(f, cell.id, "PRAGMA ignore_check_constraints = 1; UPDATE series SET n = 3, vals = x'0011' WHERE idx = 0");
    /* a chunk of another length than the first */
    assert_damaged(f, cell.id, "UPDATE series SET n = 3, vals = zeroblob(24) WHERE idx = 0; UPDATE series SET n = 2, "
                               "vals = zeroblob(16) WHERE idx = 1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_come_back_bit_by_bit),
        TEST(scalars_and_slots),
        TEST(what_was_never_put_is_nothing),
        TEST(facts_and_machines),
        TEST(cells_in_order_with_their_nouns),
        TEST(a_series_that_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
