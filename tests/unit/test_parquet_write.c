/* test_parquet_write: frames written as Parquet and read again by parquet.h. tests/reference/export.sh compares with pyarrow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/parquet.h"
#include "data/parquet_write.h"

static void write_frame(struct buf *out, const struct frame *f)
{
    struct err err = {0};
    if (parquet_write(out, f, &err) < 0)
        fail_msg("%s", err.msg);
}

static struct rowset *read_back(const struct frame *f)
{
    struct buf file = BUF_INIT;
    struct err err = {0};
    struct rowset *rs = rowset_new("", "f");
    write_frame(&file, f);
    if (parquet_parse(rs, &file, "f", &err) < 0)
        fail_msg("%s", err.msg);
    buf_release(&file);
    assert_int_equal(rs->n, f->n_rows);
    return rs;
}

static void assert_row(const struct rowset *rs, int64_t i, const char *json)
{
    char *text = yyjson_val_write(rs->row[i], YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
    assert_string_equal(text, json);
    free(text);
}

static const struct frame_spec columns[] = {
    {"name", "", "name", FRAME_TEXT, 0}, {"size", "GB", "size", FRAME_NUM, 2}, {"n", "", "n", FRAME_INT, 0},
    {"ok", "", "ok", FRAME_BOOL, 0},     {"list", "s", "list", FRAME_LIST, 0},
};

static void make(struct frame *f)
{
    frame_init(f, "made");
    frame_add_columns(f, columns, 5);
}

static void every_kind_and_what_is_missing(void **state)
{
    (void)state;
    struct frame f;
    make(&f);
    for (int r = 0; r < 3; r++)
        frame_add_row(&f);
    frame_set_text(&f, 0, 0, "na\xc3\xafve, \"x\"\n");
    frame_set_num(&f, 0, 1, 0.1);
    frame_set_int(&f, 0, 2, INT64_MIN);
    frame_set_bool(&f, 0, 3, true);
    frame_set_list(&f, 0, 4, (double[]){1.5, NAN, -2}, 3);
    frame_set_text(&f, 2, 0, "");
    frame_set_bool(&f, 2, 3, false);
    frame_set_list(&f, 2, 4, NULL, 0);
    struct rowset *rs = read_back(&f);
    assert_row(rs, 0, "{\"name\":\"na\xc3\xafve, \\\"x\\\"\\n\",\"size\":0.1,\"n\":-9223372036854775808,\"ok\":true,\"list\":[1.5,null,-2.0]}");
    assert_row(rs, 1, "{\"name\":null,\"size\":null,\"n\":null,\"ok\":null,\"list\":null}");
    assert_row(rs, 2, "{\"name\":\"\",\"size\":null,\"n\":null,\"ok\":false,\"list\":[]}");
    rowset_close(rs);
    frame_release(&f);
}

static void synthetic_frames_say_so(void **state)
{
    (void)state;
    struct frame f;
    make(&f);
    f.is_synthetic = true;
    frame_set_int(&f, frame_add_row(&f), 2, 7);
    struct rowset *rs = read_back(&f);
    assert_row(rs, 0, "{\"data\":\"SYNTHETIC\",\"name\":null,\"size\":null,\"n\":7,\"ok\":null,\"list\":null}");
    rowset_close(rs);
    frame_release(&f);
}

static void no_row_at_all(void **state)
{
    (void)state;
    struct frame f;
    make(&f);
    rowset_close(read_back(&f));
    frame_release(&f);
}

/* More than a group of rows, lists of other lengths, a name that repeats. */
static void many_rows(void **state)
{
    (void)state;
    enum { N = 150000 };
    struct frame f;
    make(&f);
    for (int i = 0; i < N; i++) {
        int r = frame_add_row(&f);
        const double v[3] = {i, i / 8.0, -i};
        frame_set_text(&f, r, 0, i % 3 ? "often" : "rarely");
        if (i % 5)
            frame_set_num(&f, r, 1, i / 7.0);
        frame_set_list(&f, r, 4, v, i % 4);
    }
    struct rowset *rs = read_back(&f);
    for (int i = 0; i < N; i++) {
        yyjson_val *size = yyjson_obj_get(rs->row[i], "size"), *list = yyjson_obj_get(rs->row[i], "list");
        assert_string_equal(yyjson_get_str(yyjson_obj_get(rs->row[i], "name")), i % 3 ? "often" : "rarely");
        assert_true(i % 5 ? yyjson_get_num(size) == i / 7.0 : yyjson_is_null(size));
        assert_int_equal(yyjson_arr_size(list), i % 4);
        if (i % 4 == 3)
            assert_true(yyjson_get_num(yyjson_arr_get(list, 2)) == -i);
    }
    rowset_close(rs);
    frame_release(&f);
}

static void the_same_bytes(void **state)
{
    (void)state;
    struct frame f;
    struct buf a = BUF_INIT, b = BUF_INIT;
    make(&f);
    for (int i = 0; i < 1000; i++)
        frame_set_num(&f, frame_add_row(&f), 1, i * 0.37);
    write_frame(&a, &f);
    write_frame(&b, &f);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buf_release(&a);
    buf_release(&b);
    frame_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_what_is_missing), cmocka_unit_test(synthetic_frames_say_so),
        cmocka_unit_test(no_row_at_all), cmocka_unit_test(many_rows), cmocka_unit_test(the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
