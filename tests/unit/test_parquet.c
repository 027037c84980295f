/* test_parquet: the seeds of fuzz_parquet as rows, and damaged copies of them. tests/reference/rows.sh compares with pyarrow. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "data/parquet.h"

static char *seed_path(const char *name)
{
    const char *src = getenv("PERBIT_SRC");
    if (!src)
        fail_msg("PERBIT_SRC is not set");
    return xasprintf("%s/tests/fuzz/seeds/parquet/%s.parquet", src, name);
}

static void read_seed(struct buf *out, const char *name)
{
    struct err err = {0};
    char *path = seed_path(name);
    if (fs_read(out, path, &err))
        fail_msg("%s", err.msg);
    free(path);
}

static int parse(struct rowset **out, struct buf *text, struct err *err)
{
    *out = rowset_new("", "f");
    return parquet_parse(*out, text, "f", err);
}

static struct rowset *load(const char *name)
{
    struct buf text = BUF_INIT;
    struct rowset *rs;
    struct err err = {0};
    read_seed(&text, name);
    if (parse(&rs, &text, &err))
        fail_msg("%s", err.msg);
    buf_release(&text); /* rows do not need it */
    return rs;
}

static void assert_row(const struct rowset *rs, int64_t i, const char *json)
{
    char *text = yyjson_val_write(rs->row[i], YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
    assert_string_equal(text, json);
    free(text);
}

static void nested_columns_and_row_groups(void **state)
{
    (void)state;
    struct rowset *rs = load("arc");
    assert_int_equal(rs->n, 4);
    assert_row(
        rs, 0,
        "{\"id\":\"M_1\",\"choices\":{\"text\":[\"hot\",\"cold\"],\"label\":[\"A\",\"B\"]},\"answerKey\":\"A\"}");
    assert_row(rs, 1, "{\"id\":\"M_2\",\"choices\":{\"text\":[],\"label\":null},\"answerKey\":null}");
    assert_row(rs, 2, "{\"id\":\"M_3\",\"choices\":null,\"answerKey\":\"na\xc3\xafve \xe6\x9d\xb1\xe4\xba\xac\"}");
    assert_row(rs, 3, "{\"id\":\"\",\"choices\":{\"text\":[null,\"\"],\"label\":[\"1\",\"2\"]},\"answerKey\":\"B\"}");
    rowset_close(rs);
}

static void dictionaries(void **state)
{
    (void)state;
    struct rowset *rs = load("mmlu");
    assert_int_equal(rs->n, 20);
    assert_row(
        rs, 13,
        "{\"question\":\"question 1\",\"subject\":\"virology\",\"choices\":[\"a\",\"b\",\"c\",\"d\"],\"answer\":1}");
    rowset_close(rs);
}

static void types(void **state)
{
    (void)state;
    struct rowset *rs = load("types");
    assert_int_equal(rs->n, 3);
    assert_row(rs, 0,
               "{\"yes\":true,\"small\":-128,\"u16\":65535,\"big\":9223372036854775807,\"u64\":18446744073709551615,"
               "\"half\":1.5,\"float\":0.5,\"double\":0.1,\"nothing\":null,\"bytes\":\"text\",\"day\":\"1969-12-31\","
               "\"when\":\"1969-12-31 23:59:59.007000\",\"deep\":[[1],[]],\"map\":[{\"key\":\"a\",\"value\":1}]}");
    assert_row(rs, 1,
               "{\"yes\":null,\"small\":127,\"u16\":0,\"big\":-9223372036854775808,\"u64\":0,\"half\":null,"
               "\"float\":Infinity,\"double\":5e-324,\"nothing\":null,\"bytes\":\"\",\"day\":\"0999-02-03\","
               "\"when\":\"2024-02-29 00:00:00\",\"deep\":null,\"map\":[]}");
    assert_row(rs, 2,
               "{\"yes\":false,\"small\":null,\"u16\":1,\"big\":0,\"u64\":null,\"half\":-0.25,\"float\":null,"
               "\"double\":-0.0,\"nothing\":null,\"bytes\":null,\"day\":null,\"when\":null,\"deep\":[null,[2,3]],"
               "\"map\":null}");
    rowset_close(rs);
}

static void expect_error(const char *seed, size_t n_bytes, enum err_code code, const char *message)
{
    struct buf text = BUF_INIT;
    struct rowset *rs;
    struct err err = {0};
    read_seed(&text, seed);
    text.len = n_bytes < text.len ? n_bytes : text.len;
    assert_int_equal(parse(&rs, &text, &err), -1);
    assert_int_equal(err.code, code);
    if (strncmp(err.msg, message, strlen(message)))
        fail_msg("'%s' does not begin with '%s'", err.msg, message);
    rowset_close(rs);
    buf_release(&text);
}

static void what_has_no_json_form_is_named(void **state)
{
    (void)state;
    expect_error("decimal", SIZE_MAX, ERR_UNSUPPORTED, "f: column 'price' is a decimal, which has no JSON form");
    expect_error("image", SIZE_MAX, ERR_FORMAT,
                 "f: row 2: column 'image': expected text, found bytes that are not UTF-8");
}

static void types_and_buffers_agree(void **state)
{
    (void)state;
    expect_error("half_of_one_byte", SIZE_MAX, ERR_FORMAT, "f: column '");
}

static void cut_files_are_no_files(void **state)
{
    (void)state;
    expect_error("arc", 0, ERR_FORMAT, "f: not a whole Parquet file (");
    expect_error("arc", 4, ERR_FORMAT, "f: not a whole Parquet file (");
    expect_error("arc", 700, ERR_FORMAT, "f: not a whole Parquet file (");
}

/* One to eight bytes changed, or cut in the middle with the footer kept. */
static void damage(struct buf *text, struct rand_mt *r)
{
    int how = (int)rand_below(r, 3);
    if (how == 0) {
        size_t at = 4 + rand_below(r, text->len - 12), n = 1 + rand_below(r, 64);
        if (at + n > text->len - 8)
            n = text->len - 8 - at;
        memmove(text->data + at, text->data + at + n, text->len - at - n);
        text->len -= n;
        return;
    }
    for (int n = how == 1 ? 1 : 8; n > 0; n--)
        text->data[rand_below(r, text->len)] ^= (char)(1 << rand_below(r, 8));
}

/* Whatever happens under the sanitizers, and an error always has its text and the file's name. */
static void damaged_files_never_crash(void **state)
{
    (void)state;
    static const char *const seeds[] = {"arc", "types", "mmlu"};
    int n_errors = 0;
    struct rand_mt r;
    rand_seed(&r, 1);
    for (int i = 0; i < 600; i++) {
        struct buf text = BUF_INIT;
        struct rowset *rs;
        struct err err = {0};
        read_seed(&text, seeds[i % 3]);
        damage(&text, &r);
        int ret = parse(&rs, &text, &err);
        assert_true(!ret || !strncmp(err.msg, "f: ", 3));
        n_errors += ret != 0;
        rowset_close(rs);
        buf_release(&text);
    }
    assert_in_range(n_errors, 300, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_columns_and_row_groups),
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(types),
        cmocka_unit_test(what_has_no_json_form_is_named),
        cmocka_unit_test(types_and_buffers_agree),
        cmocka_unit_test(cut_files_are_no_files),
        cmocka_unit_test(damaged_files_never_crash),
    };
    return cmocka_run_group_tests_name("parquet", tests, NULL, NULL);
}
