/* test_csv: fields, headers, types of columns, and what is said of broken files. tests/reference/rows.sh compares with pandas. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"

static int parse(struct rowset **out, const char *s, size_t n_bytes, struct err *err)
{
    struct buf text = BUF_INIT;
    buf_append(&text, s, n_bytes);
    *out = rowset_new("", "f.csv");
    int ret = csv_parse(*out, &text, "f.csv", err);
    buf_release(&text);
    return ret;
}

/* All rows, one JSON text a line. */
static void expect(const char *csv, const char *rows)
{
    struct err err = {0};
    struct rowset *rs;
    struct buf all = BUF_INIT;
    if (parse(&rs, csv, strlen(csv), &err))
        fail_msg("%s", err.msg);
    for (int64_t i = 0; i < rs->n; i++) {
        char *row = yyjson_val_write(rs->row[i], YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
        buf_printf(&all, "%s\n", row);
        free(row);
    }
    assert_string_equal(all.data, rows);
    buf_release(&all);
    rowset_close(rs);
}

static void expect_error(const char *csv, const char *message)
{
    struct err err = {0};
    struct rowset *rs;
    assert_int_equal(parse(&rs, csv, strlen(csv), &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    assert_string_equal(err.msg, message);
    rowset_close(rs);
}

static void fields(void **state)
{
    (void)state;
    expect("a,b\n1,x\n2,y\n", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
    expect("a,b\r\n1,x\r\n\r\n2,y", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
    expect("a,b\r1,x\r", "{\"a\":1,\"b\":\"x\"}\n");
    expect("\xef\xbb\xbf"
           "a\nx\n",
           "{\"a\":\"x\"}\n");
    expect("a,b\n\"x, \"\"y\"\"\nz\",\"\"\n", "{\"a\":\"x, \\\"y\\\"\\nz\",\"b\":null}\n");
    expect("a,b\n\"x\"y,z\"\"\n", "{\"a\":\"xy\",\"b\":\"z\\\"\\\"\"}\n");
    expect("a,b\n  \n x,y \n", "{\"a\":\" x\",\"b\":\"y \"}\n");
    expect("a,b\nx,\xe2\x80\xa8y\n", "{\"a\":\"x\",\"b\":\"\xe2\x80\xa8y\"}\n"); /* U+2028 ends no line */
    expect("a,b\nx\n", "{\"a\":\"x\",\"b\":null}\n");
    expect("a,b\n", "");
}

static void names(void **state)
{
    (void)state;
    expect("a,,a,a.1,a\n1,2,3,4,5\n", "{\"a\":1,\"Unnamed: 1\":2,\"a.2\":3,\"a.1\":4,\"a.3\":5}\n");
    expect("\n\n\"a,\nb\"\n1\n", "{\"a,\\nb\":1}\n");
}

static void types(void **state)
{
    (void)state;
    expect("a\n1\n-2\n 03 \n", "{\"a\":1}\n{\"a\":-2}\n{\"a\":3}\n");
    expect("a,b\n1,x\nNA,x\n", "{\"a\":1.0,\"b\":\"x\"}\n{\"a\":null,\"b\":\"x\"}\n");
    expect("a\n.5\n1e3\n-inf\n", "{\"a\":0.5}\n{\"a\":1000.0}\n{\"a\":-Infinity}\n");
    expect("a\nTrue\nfalse\n\"\"\n", "{\"a\":true}\n{\"a\":false}\n{\"a\":null}\n");
    expect("a\nTrue\n1\n", "{\"a\":\"True\"}\n{\"a\":\"1\"}\n");
    expect("a\n9223372036854775807\n", "{\"a\":9223372036854775807}\n");
    expect("a\n-9223372036854775808\n", "{\"a\":-9223372036854775808}\n");
    expect("a\n18446744073709551615\n5\n", "{\"a\":18446744073709551615}\n{\"a\":5}\n");
    expect("a\n9223372036854775808\n-1\n", "{\"a\":\"9223372036854775808\"}\n{\"a\":\"-1\"}\n");
    expect("a\n1.5\n9223372036854775808\n", "{\"a\":1.5}\n{\"a\":9223372036854776000.0}\n");
    expect("a\n18446744073709551616\n", "{\"a\":\"18446744073709551616\"}\n");
    expect("a\n\"\"\nNA\nnull\nnan\n<NA>\nNone\n",
           "{\"a\":null}\n{\"a\":null}\n{\"a\":null}\n{\"a\":null}\n{\"a\":null}\n"
           "{\"a\":null}\n");
    static const char *const texts[] = {"0x10", "1_0",  "1e",     "1e+", ".",   "-",
                                        "- 1",  "infx", "nan(1)", "NAN", "1 2", "yes"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char csv[64], rows[64];
        snprintf(csv, sizeof(csv), "a\n%s\n", texts[i]);
        snprintf(rows, sizeof(rows), "{\"a\":\"%s\"}\n", texts[i]);
        expect(csv, rows);
    }
}

static void nul_bytes_are_text(void **state)
{
    (void)state;
    static const char csv[] = "a,b\n1\0,2\n";
    struct rowset *rs;
    assert_int_equal(parse(&rs, csv, sizeof(csv) - 1, NULL), 0);
    assert_int_equal(yyjson_get_len(yyjson_obj_get(rs->row[0], "a")), 2);
    assert_int_equal(yyjson_get_int(yyjson_obj_get(rs->row[0], "b")), 2);
    rowset_close(rs);
}

static void errors_name_row_and_line(void **state)
{
    (void)state;
    expect_error("", "f.csv: expected a line with the names of the columns, found nothing");
    expect_error(" \n\r\n", "f.csv: expected a line with the names of the columns, found nothing");
    expect_error("a,b\n\"x\ny\",1\n\n1,2,3\n", "f.csv: row 2 (line 5): expected 2 columns, found 3");
    expect_error("a,b\n1,2\n3,\"4\n", "f.csv: row 2 (line 3): expected closing quotes, found the end of the file");
    expect_error("a,\"b\n", "f.csv: header (line 1): expected closing quotes, found the end of the file");
    expect_error("a\nx\n\xff\n", "f.csv: row 2 (line 3): not UTF-8");
    expect_error("a\nx\n\xe2\x82\n", "f.csv: row 2 (line 3): not UTF-8"); /* cut in the middle */
}

static void tabs(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct rowset *rs = rowset_new("", "f.tsv");
    buf_puts(&text, "a\tb\n1,5\t2\n\t\n");
    assert_int_equal(tsv_parse(rs, &text, "f.tsv", NULL), 0);
    assert_int_equal(rs->n, 2);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(rs->row[0], "a")), "1,5");
    assert_true(yyjson_is_null(yyjson_obj_get(rs->row[1], "a")));
    rowset_close(rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(names),
        cmocka_unit_test(types),
        cmocka_unit_test(nul_bytes_are_text),
        cmocka_unit_test(errors_name_row_and_line),
        cmocka_unit_test(tabs),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
