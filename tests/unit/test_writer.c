/* writer: each format read back by its own rules; hostile text stays text; synthetic is said in all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/json.h"
#include "base/utf8.h"
#include "report/writer.h"

static const char *written(struct buf *b, const char *format, const struct frame *f)
{
    const struct writer *w = writer_find(format);
    assert_non_null(w);
    buf_clear(b);
    w->write(b, f);
    return b->data;
}

/* Two rows; the second has only what is hard. */
static void sample(struct frame *f, const char *text)
{
    frame_init(f, "speed");
    int model = frame_add_column(f, "model", "", FRAME_TEXT);
    int tps = frame_add_column(f, "gen_tps", "t/s", FRAME_NUM);
    int n = frame_add_column(f, "n_gen", "", FRAME_INT);
    frame_set_label(f, model, "Model", -1);
    frame_set_label(f, tps, "Generation", 1);
    int r = frame_add_row(f);
    frame_set_text(f, r, model, "A");
    frame_set_num(f, r, tps, 12.3456);
    frame_set_int(f, r, n, INT64_MAX);
    r = frame_add_row(f);
    frame_set_text(f, r, model, text);
}

static void the_table_of_formats(void **state)
{
    (void)state;
    assert_int_equal(writer_n(), 6);
    for (int i = 0; i < writer_n(); i++) {
        const struct writer *w = writer_at(i);
        assert_ptr_equal(writer_find(w->name), w);
        assert_non_null(w->write);
        assert_true(strlen(w->help) > 0 && strlen(w->extension) > 0);
    }
    assert_null(writer_find("xml"));
}

static void text_is_aligned_by_display_width(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    sample(&f, "\xe6\xbc\xa2\xe5\xad\x97"); /* two wide characters: six bytes, four columns */
    assert_string_equal(written(&b, "text", &f), "Model  Generation (t/s)                n_gen\n"
                                                 "-----  ----------------  -------------------\n"
                                                 "A                  12.3  9223372036854775807\n"
                                                 "\xe6\xbc\xa2\xe5\xad\x97\n");
    frame_release(&f);
    sample(&f, "esc\x1b[31m\nnext");
    assert_null(strchr(written(&b, "text", &f), 0x1b));
    assert_non_null(strstr(b.data, "esc [31m next\n"));
    frame_release(&f);
    buf_release(&b);
}

static void markdown_escapes(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    sample(&f, "a|b\n<i>*&[x]`\\");
    assert_string_equal(written(&b, "md", &f),
                        "| Model | Generation (t/s) | n_gen |\n| --- | ---: | ---: |\n"
                        "| A | 12.3 | 9223372036854775807 |\n"
                        "| a\\|b &lt;i>\\*&amp;\\[x\\]\\`\\\\ |  |  |\n");
    frame_release(&f);
    buf_release(&b);
}

static void csv_is_rfc_4180(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    sample(&f, "say \"hi\", now\r\n");
    assert_string_equal(written(&b, "csv", &f),
                        "model,gen_tps,n_gen\r\nA,12.3456,9223372036854775807\r\n"
                        "\"say \"\"hi\"\", now\r\n\",,\r\n");
    frame_release(&f);
    sample(&f, "");
    assert_non_null(strstr(written(&b, "csv", &f), "\r\n\"\",,\r\n")); /* empty is not missing */
    frame_release(&f);
    buf_release(&b);
}

static void json_reads_back(void **state)
{
    (void)state;
    static const char hostile[] = "</script>\x01\"\\ \xe2\x82\xac";
    struct frame f;
    struct buf b = BUF_INIT;
    struct json *j = NULL;
    struct err err = {0};
    sample(&f, hostile);
    frame_set_num(&f, 1, 1, INFINITY);
    written(&b, "json", &f);
    assert_int_equal(json_parse(&j, b.data, b.len, "out", &err), 0);
    assert_int_equal(yyjson_arr_size(json_root(j)), 2);
    yyjson_val *first = yyjson_arr_get(json_root(j), 0), *second = yyjson_arr_get(json_root(j), 1);
    assert_true(json_num_or(first, "gen_tps", 0) == 12.3456);
    assert_true(json_int_or(first, "n_gen", 0) == INT64_MAX);
    assert_string_equal(json_str_or(second, "model", ""), hostile);
    assert_true(yyjson_is_null(yyjson_obj_get(second, "gen_tps"))); /* JSON has no infinity */
    assert_true(yyjson_is_null(yyjson_obj_get(second, "n_gen")));
    json_close(j);

    written(&b, "jsonl", &f);
    const char *newline = strchr(b.data, '\n');
    assert_int_equal(json_parse(&j, b.data, (size_t)(newline - b.data), "line 1", &err), 0);
    json_close(j);
    assert_int_equal(json_parse(&j, newline + 1, strlen(newline + 1), "line 2", &err), 0);
    assert_string_equal(json_str_or(json_root(j), "model", ""), hostile);
    json_close(j);
    frame_release(&f);
    buf_release(&b);
}

static void sql_runs_in_sqlite(void **state)
{
    (void)state;
    static const char hostile[] = "x'); DROP TABLE speed; --";
    struct frame f;
    struct buf b = BUF_INIT;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    sample(&f, hostile);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, written(&b, "sql", &f), NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, b.data, NULL, NULL, NULL),
                     SQLITE_OK); /* a second file appends */
    sqlite3_prepare_v2(db, "SELECT model, gen_tps, n_gen FROM speed ORDER BY rowid", -1, &stmt,
                       NULL);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_true(sqlite3_column_double(stmt, 1) == 12.3456);
    assert_true(sqlite3_column_int64(stmt, 2) == INT64_MAX);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), hostile);
    assert_int_equal(sqlite3_column_type(stmt, 1), SQLITE_NULL);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    frame_release(&f);
    buf_release(&b);
}

static void synthetic_is_said_in_every_format(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    sample(&f, "b");
    for (int i = 0; i < writer_n(); i++)
        assert_null(strstr(written(&b, writer_at(i)->name, &f), "SYNTHETIC"));
    f.is_synthetic = true;
    for (int i = 0; i < writer_n(); i++)
        assert_non_null(strstr(written(&b, writer_at(i)->name, &f), "SYNTHETIC"));
    assert_non_null(strstr(written(&b, "csv", &f), "data,model,"));
    assert_non_null(strstr(b.data, "\r\nSYNTHETIC,b,"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, written(&b, "sql", &f), NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    frame_release(&f);
    buf_release(&b);
}

static void no_rows(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    frame_init(&f, "none");
    frame_add_column(&f, "a", "", FRAME_TEXT);
    assert_string_equal(written(&b, "csv", &f), "a\r\n");
    assert_string_equal(written(&b, "text", &f), "a\n-\n");
    assert_string_equal(written(&b, "jsonl", &f), "");
    assert_int_equal(written(&b, "json", &f)[0], '[');
    frame_release(&f);
    buf_release(&b);
}

static void lists_are_for_json(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    frame_init(&f, "t");
    int list = frame_add_column(&f, "list", "", FRAME_LIST), flag = frame_add_column(&f, "flag", "", FRAME_BOOL);
    int text = frame_add_column(&f, "text", "", FRAME_TEXT);
    int r = frame_add_row(&f);
    frame_set_list(&f, r, list, (const double[]){ 1, 2.5 }, 2);
    frame_set_bool(&f, r, flag, true);
    frame_set_text(&f, r, text, "x");
    assert_string_equal(written(&b, "jsonl", &f), "{\"list\":[1,2.5],\"flag\":true,\"text\":\"x\"}\n");
    assert_string_equal(written(&b, "csv", &f), "flag,text\r\n1,x\r\n");
    assert_non_null(strstr(written(&b, "sql", &f), "(\"flag\" INTEGER, \"text\" TEXT)"));
    assert_non_null(strstr(b.data, "VALUES (1, 'x')"));
    f.is_synthetic = true;
    assert_string_equal(written(&b, "csv", &f), "data,flag,text\r\nSYNTHETIC,1,x\r\n");
    assert_non_null(strstr(written(&b, "sql", &f), "(\"data\" TEXT, \"flag\" INTEGER, \"text\" TEXT)"));
    assert_non_null(strstr(b.data, "VALUES ('SYNTHETIC', 1, 'x')"));
    frame_release(&f);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_formats),
        cmocka_unit_test(text_is_aligned_by_display_width),
        cmocka_unit_test(markdown_escapes),
        cmocka_unit_test(csv_is_rfc_4180),
        cmocka_unit_test(json_reads_back),
        cmocka_unit_test(sql_runs_in_sqlite),
        cmocka_unit_test(synthetic_is_said_in_every_format),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(lists_are_for_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
