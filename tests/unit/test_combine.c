/* combine: cells of a level with several settings become rows that do not mix them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "study/combine.h"

static struct cell_row cell(const char *level, const char *kind, const char *settings)
{
    return (struct cell_row){ .model = "m", .model_sha256 = "aa", .level = level, .imatrix_sha256 = "", .kind = kind,
                              .settings = settings, .data_sha256 = "", .base = "", .engine = "e1", .machine_id = "m1",
                              .adapter = "", .adapter_sha256 = "" };
}

static struct cell_row adapted(const char *kind, const char *settings, double scale)
{
    struct cell_row c = cell("Q8_0", kind, settings);
    c.adapter = "maths";
    c.adapter_sha256 = "ab";
    c.adapter_scale = scale;
    return c;
}

/* "kl,speed: n_ctx 64" for each row, '|' between. */
static const char *combined(struct arena *a, const struct cell_row *c, int n)
{
    int n_rows;
    const char *text = "";
    const struct combination *r = combine_cells(a, c, n, &n_rows);
    for (int i = 0; i < n_rows; i++) {
        text = arena_printf(a, "%s%s", text, i ? "|" : "");
        for (int k = 0; k < r[i].n_cells; k++)
            text = arena_printf(a, "%s%s%s", text, k ? "," : "", r[i].cells[k]->kind);
        text = arena_printf(a, "%s:%s%s", text, r[i].settings[0] ? " " : "", r[i].settings);
    }
    return text;
}

static void one_setting_is_one_row(void **state)
{
    struct arena *a = *state;
    const struct cell_row c[] = { cell("Q8_0", "quantize", "{}"), cell("Q8_0", "kl", "{\"n_ctx\":512,\"n_batch\":8}"),
                                  cell("Q8_0", "speed", "{\"n_batch\":8,\"n_gen\":3}"), cell("Q4_0", "kl", "{\"n_ctx\":512}") };
    assert_string_equal(combined(a, c, 4), "quantize,kl,speed:|kl:");
    assert_string_equal(combined(a, c, 0), "");
}

static void tasks_make_no_rows(void **state)
{
    struct arena *a = *state;
    struct cell_row c[] = { cell("Q8_0", "task", "{\"num_fewshot\":5}"), cell("Q8_0", "task", "{\"num_fewshot\":25}"),
                            cell("Q8_0", "kl", "{\"n_ctx\":64}"), cell("Q4_0", "task", "{\"num_fewshot\":5}") };
    c[1].data_sha256 = "dd";
    assert_string_equal(combined(a, c, 4), "task,task,kl:|task:");
}

static void a_kind_with_two_settings_is_two_rows(void **state)
{
    struct arena *a = *state;
    const struct cell_row c[] = { cell("Q8_0", "kl", "{\"n_ctx\":512}"), cell("Q8_0", "speed", "{\"n_gen\":3}"),
                                  cell("Q8_0", "kl", "{\"n_ctx\":64}"), cell("Q4_0", "kl", "{\"n_ctx\":64}") };
    assert_string_equal(combined(a, c, 4), "kl,speed: n_ctx 512|kl,speed: n_ctx 64|kl: n_ctx 64");
}

static void shared_settings_join_only_equals(void **state)
{
    struct arena *a = *state;
    const struct cell_row c[] = { cell("Q8_0", "kl", "{\"n_batch\":8}"), cell("Q8_0", "kl", "{\"n_batch\":16}"),
                                  cell("Q8_0", "speed", "{\"n_batch\":16}"), cell("Q8_0", "memory", "{\"n_batch\":4}") };
    assert_string_equal(combined(a, c, 4), "kl: n_batch 8|kl,speed: n_batch 16|memory: n_batch 4");
}

static void other_things_that_differ(void **state)
{
    struct arena *a = *state;
    struct cell_row c[] = { cell("Q8_0", "speed", "{\"fa\":\"on\"}"), cell("Q8_0", "speed", "{\"fa\":\"on\"}") };
    c[1].machine_id = "0123456789abcdef";
    assert_string_equal(combined(a, c, 2), "speed: machine m1|speed: machine 01234567");
    c[1].kind = c[0].kind = "perplexity"; /* where a text was read says nothing */
    c[0].data_sha256 = "deadbeefdeadbeef";
    c[1].data_sha256 = "cafe";
    assert_string_equal(combined(a, c, 2), "perplexity: text deadbeef|perplexity: text cafe");
    c[1].data_sha256 = c[0].data_sha256;
    c[1].engine = "e2";
    assert_string_equal(combined(a, c, 2), "perplexity: engine e1|perplexity: engine e2");
    c[1].engine = "e1";
    c[1].imatrix_sha256 = "0123456789abcdef";
    assert_string_equal(combined(a, c, 2), "perplexity: imatrix none|perplexity: imatrix 01234567");
    c[1].level = "Q4_0"; /* levels of a study differ in it by nature */
    assert_string_equal(combined(a, c, 2), "perplexity:|perplexity:");
    c[1].level = "Q8_0";
    c[1].imatrix_sha256 = "";
    c[0].kind = c[1].kind = "kl";
    c[0].base = "level:BF16";
    c[1].base = "sha256:0123456789abcdef";
    assert_string_equal(combined(a, c, 2), "kl: base BF16|kl: base 01234567");
    c[0].kind = "of a newer perbit";
    assert_string_equal(combined(a, c, 2), "kl:");
}

static void alone(void **state)
{
    struct arena *a = *state;
    int n;
    const struct cell_row c[] = { cell("Q8_0", "kl", "{\"n_ctx\":512}"), cell("Q8_0", "kl_self", "{\"n_ctx\":512}"),
                                  cell("Q8_0", "kl", "{\"n_ctx\":64}") };
    const struct combination *r = combine_none(a, c, 3, &n);
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(r[i].cells[0], &c[i]);
        assert_int_equal(r[i].n_cells, 1);
        assert_string_equal(r[i].settings, i < 2 ? "n_ctx 512" : "n_ctx 64");
    }
}

static void an_adapter_is_another_level(void **state)
{
    struct arena *a = *state;
    const struct cell_row c[] = { cell("Q8_0", "kl", "{\"n_ctx\":512}"), adapted("kl", "{\"n_ctx\":512}", 1),
                                  adapted("speed", "{\"n_gen\":3}", 1), adapted("kl", "{\"n_ctx\":512}", 0.5),
                                  cell("Q8_0", "speed", "{\"n_gen\":3}") };
    assert_string_equal(combined(a, c, 5), "kl,speed:|kl,speed:|kl:");
}

static int set_up(void **state)
{
    static struct arena a;
    arena_init(&a);
    *state = &a;
    return 0;
}

static int tear_down(void **state)
{
    arena_release(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_setting_is_one_row),
        cmocka_unit_test(tasks_make_no_rows),
        cmocka_unit_test(a_kind_with_two_settings_is_two_rows),
        cmocka_unit_test(shared_settings_join_only_equals),
        cmocka_unit_test(other_things_that_differ),
        cmocka_unit_test(alone),
        cmocka_unit_test(an_adapter_is_another_level),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
