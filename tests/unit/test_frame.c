/* frame: cells keep their values, missing ones stay empty, numbers read as people expect. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/frame.h"

static const char *cell(struct buf *b, const struct frame *f, int row, int column, bool shortest)
{
    buf_clear(b);
    frame_format_cell(b, f, row, column, shortest);
    return b->data;
}

static void columns(void **state)
{
    (void)state;
    struct frame f;
    char name[] = "speed";
    frame_init(&f, name);
    name[0] = 'X'; /* the frame has its own copy */
    assert_string_equal(f.name, "speed");
    for (int i = 0; i < 40; i++) {
        char text[16];
        snprintf(text, sizeof(text), "c%d", i);
        assert_int_equal(frame_add_column(&f, text, i % 2 ? "s" : NULL, FRAME_NUM), i);
    }
    assert_int_equal(frame_column(&f, "c39"), 39);
    assert_int_equal(frame_column(&f, "c40"), -1);
    assert_string_equal(f.columns[3].unit, "s");
    assert_string_equal(f.columns[2].unit, "");
    assert_string_equal(f.columns[2].label, "c2");
    frame_set_label(&f, 2, "Heading", 3);
    assert_string_equal(f.columns[2].label, "Heading");
    frame_set_label(&f, 2, NULL, 1);
    assert_string_equal(f.columns[2].label, "c2");
    assert_int_equal(f.columns[2].decimals, 1);
    frame_release(&f);
    frame_release(&f); /* a released frame may be released again */
}

static void cells_and_missing_ones(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    frame_init(&f, "t");
    int num = frame_add_column(&f, "num", "s", FRAME_NUM);
    int whole = frame_add_column(&f, "int", "", FRAME_INT);
    int text = frame_add_column(&f, "text", "", FRAME_TEXT);
    for (int i = 0; i < 500; i++) {
        char s[16];
        snprintf(s, sizeof(s), "row %d", i);
        int r = frame_add_row(&f);
        assert_int_equal(r, i);
        if (i % 3 == 0)
            continue;
        frame_set_num(&f, r, num, i + 0.5);
        frame_set_int(&f, r, whole, INT64_MAX - i);
        frame_set_text(&f, r, text, s);
    }
    for (int i = 0; i < 500; i++) {
        char s[16];
        snprintf(s, sizeof(s), "row %d", i);
        assert_int_equal(frame_at(&f, i, num)->is_set, i % 3 != 0);
        if (i % 3 == 0) {
            assert_string_equal(cell(&b, &f, i, text, false), "");
            assert_string_equal(cell(&b, &f, i, num, true), "");
            continue;
        }
        assert_true(frame_at(&f, i, num)->num == i + 0.5);
        assert_true(frame_at(&f, i, whole)->i == INT64_MAX - i);
        assert_string_equal(cell(&b, &f, i, text, false), s);
    }
    assert_string_equal(cell(&b, &f, 1, whole, false), "9223372036854775806");
    frame_set_num(&f, 1, num, NAN); /* no value */
    assert_false(frame_at(&f, 1, num)->is_set);
    frame_set_text(&f, 1, text, NULL);
    assert_false(frame_at(&f, 1, text)->is_set);
    buf_release(&b);
    frame_release(&f);
}

static void numbers_as_text(void **state)
{
    (void)state;
    static const struct { double v; int decimals; const char *fixed, *shortest; } cases[] = {
        { 512.0, 2, "512.00", "512" },
        { 512.0, -1, "512", "512" },
        { 0.1, 3, "0.100", "0.1" },
        { 1.0 / 3.0, 2, "0.33", "0.3333333333333333" },
        { -0.001, 2, "0.00", "-0.001" },
        { -0.0, 1, "0.0", "-0" },
        { -0.006, 2, "-0.01", "-0.006" },
        { 1e22, 0, "10000000000000000000000", "1e+22" },
        { 5e-324, 1, "0.0", "4.94066e-324" },
        { 123456789.0, 0, "123456789", "123456789" },
    };
    struct frame f;
    struct buf b = BUF_INIT;
    frame_init(&f, "t");
    int c = frame_add_column(&f, "v", "", FRAME_NUM);
    int r = frame_add_row(&f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        frame_set_label(&f, c, NULL, cases[i].decimals);
        frame_set_num(&f, r, c, cases[i].v);
        assert_string_equal(cell(&b, &f, r, c, false), cases[i].fixed);
        assert_string_equal(cell(&b, &f, r, c, true), cases[i].shortest);
        assert_true(strtod(b.data, NULL) == cases[i].v);
    }
    frame_set_label(&f, c, NULL, 3);
    frame_set_num(&f, r, c, -1.7976931348623157e308); /* the longest text of all */
    assert_int_equal(strlen(cell(&b, &f, r, c, false)), 1 + 309 + 1 + 3);
    buf_release(&b);
    frame_release(&f);
}

static void yes_no_and_lists(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    struct jw w;
    frame_init(&f, "t");
    int flag = frame_add_column(&f, "flag", "", FRAME_BOOL), list = frame_add_column(&f, "list", "", FRAME_LIST);
    int r = frame_add_row(&f);
    frame_set_bool(&f, r, flag, true);
    frame_set_list(&f, r, list, (const double[]){ 5166379724.0, 1e9, 0.25, NAN }, 4);
    assert_string_equal(cell(&b, &f, r, flag, false), "yes");
    assert_string_equal(cell(&b, &f, r, flag, true), "1");
    buf_clear(&b);
    jw_init(&w, &b);
    jw_object(&w);
    frame_put_json(&w, &f, r);
    jw_end(&w);
    assert_string_equal(b.data, "{\"flag\":true,\"list\":[5166379724,1000000000,0.25,null]}");
    frame_set_bool(&f, r, flag, false);
    assert_string_equal(cell(&b, &f, r, flag, false), "no");
    frame_set_list(&f, r, list, NULL, 0);
    assert_string_equal(cell(&b, &f, r, list, true), "[]");
    buf_release(&b);
    frame_release(&f);
}

static void selected_columns(void **state)
{
    (void)state;
    struct frame f, few;
    struct buf b = BUF_INIT;
    frame_init(&f, "t");
    int text = frame_add_column(&f, "text", "", FRAME_TEXT), empty = frame_add_column(&f, "empty", "", FRAME_TEXT);
    int num = frame_add_column(&f, "num", "s", FRAME_NUM);
    frame_add_column(&f, "unset", "", FRAME_INT);
    frame_set_label(&f, num, "Time", 1);
    f.is_synthetic = true;
    for (int i = 0; i < 3; i++) {
        int r = frame_add_row(&f);
        frame_set_text(&f, r, text, "a");
        frame_set_text(&f, r, empty, "");
        if (i == 1)
            frame_set_num(&f, r, num, 2.5);
    }
    frame_select(&few, &f, (const char *const[]){ "num", "unset", "nosuch", "empty", "text", NULL });
    frame_release(&f); /* few has its own texts */
    assert_int_equal(few.n_columns, 2);
    assert_int_equal(few.n_rows, 3);
    assert_true(few.is_synthetic);
    assert_string_equal(few.columns[0].label, "Time");
    assert_string_equal(cell(&b, &few, 1, 0, false), "2.5");
    assert_false(frame_at(&few, 0, 0)->is_set);
    assert_string_equal(cell(&b, &few, 2, 1, false), "a");
    buf_release(&b);
    frame_release(&few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),
        cmocka_unit_test(cells_and_missing_ones),
        cmocka_unit_test(numbers_as_text),
        cmocka_unit_test(yes_no_and_lists),
        cmocka_unit_test(selected_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
