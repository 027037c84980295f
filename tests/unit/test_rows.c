/* test_rows: JSON lines and lists, packed files, names, digests, what is said of broken files; the real data sets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "data/rows.h"
#include "data/valbuf.h"
#include "unit/fakeroot.h"

static char dir[FAKEROOT_BYTES];

static int setup(void **state)
{
    (void)state;
    fakeroot_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fakeroot_remove(dir);
    return 0;
}

static char *put(const char *name, const void *data, size_t n_bytes)
{
    char *path = xasprintf("%s/%s", dir, name);
    assert_int_equal(fs_write(path, data, n_bytes, NULL), 0);
    return path;
}

static struct rowset *load(const char *name, const char *text, size_t n_bytes)
{
    struct rowset *rs = NULL;
    struct err err = {0};
    char *path = put(name, text, n_bytes);
    if (rows_load(&rs, path, &err))
        fail_msg("%s", err.msg);
    free(path);
    return rs;
}

static void assert_rows(const struct rowset *rs, const char *expected)
{
    char *all = xstrdup("");
    for (int64_t i = 0; i < rs->n; i++) {
        char *row = yyjson_val_write(rs->row[i], YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
        char *more = xasprintf("%s%s\n", all, row);
        free(row);
        free(all);
        all = more;
    }
    assert_string_equal(all, expected);
    free(all);
}

static void expect(const char *name, const char *text, const char *rows)
{
    struct rowset *rs = load(name, text, strlen(text));
    assert_rows(rs, rows);
    rowset_close(rs);
}

static void expect_error(const char *name, const char *text, enum err_code code, const char *message)
{
    struct rowset *rs = NULL;
    struct err err = {0};
    char *path = put(name, text, strlen(text)), *full = xasprintf("%s%s", path, message);
    assert_int_equal(rows_load(&rs, path, &err), -1);
    assert_null(rs);
    assert_int_equal(err.code, code);
    if (strncmp(err.msg, full, strlen(full)))
        fail_msg("'%s' does not begin with '%s'", err.msg, full);
    free(path);
    free(full);
}

static void lines(void **state)
{
    (void)state;
    expect("a.jsonl", "{\"i\":1}\n{\"i\":2}\n", "{\"i\":1}\n{\"i\":2}\n");
    expect("a.jsonl", "{\"i\":1}\n{\"i\":2}", "{\"i\":1}\n{\"i\":2}\n");
    expect("a.jsonl", "\xef\xbb\xbf{\"i\":1}\r\n \t\r\n\n{\"i\":2}\r\n", "{\"i\":1}\n{\"i\":2}\n");
    expect("a.jsonl", "", "");
    expect("a.jsonl", "\n\n", "");
    expect("a.ndjson", " {}\n", "{}\n");
    /* U+2028, U+0085 and \v end no line */
    expect("a.jsonl",
           "{\"s\":\"a\xe2\x80\xa8"
           "b\xc2\x85"
           "c\"}\n",
           "{\"s\":\"a\xe2\x80\xa8"
           "b\xc2\x85"
           "c\"}\n");
    expect("a.jsonl", "{\"s\":\"\\u00e9\\n\\ud83d\\ude42\\\\\"}\n{\"s\":\"\"}",
           "{\"s\":\"\xc3\xa9\\n\xf0\x9f\x99\x82\\\\\"}\n{\"s\":\"\"}\n");
    expect("a.jsonl", "{\"big\":18446744073709551615,\"neg\":-9223372036854775808,\"x\":0.1}\n",
           "{\"big\":18446744073709551615,\"neg\":-9223372036854775808,\"x\":0.1}\n");
    expect("a.jsonl", "{\"x\":NaN,\"y\":-Infinity,\"z\":1e999}\n",
           "{\"x\":NaN,\"y\":-Infinity,\"z\":Infinity}\n"); /* as Python has it */
}

static void lines_with_nul_in_text(void **state)
{
    (void)state;
    struct rowset *rs = load("a.jsonl", "{\"s\":\"a\\u0000b\"}", 16);
    assert_int_equal(yyjson_get_len(yyjson_obj_get(rs->row[0], "s")), 3);
    rowset_close(rs);
}

static void lists(void **state)
{
    (void)state;
    expect("a.json", "[{\"i\":1},\n {\"i\":[2,{}]}]", "{\"i\":1}\n{\"i\":[2,{}]}\n");
    expect("a.json", "{\"n\":2, \"data\":[{\"i\":1}]}", "{\"i\":1}\n");
    expect("a.json", "{\n \"data\": [\n {\"i\": 1}\n]}\n", "{\"i\":1}\n");
    expect("a.json", "{\"i\":1}\n{\"i\":2}\n", "{\"i\":1}\n{\"i\":2}\n"); /* lines after all */
    expect("a.json", "{\"i\":1}", "{\"i\":1}\n");
    expect("a.json", "[]", "");
}

static void errors_name_file_and_row(void **state)
{
    (void)state;
    expect_error("a.jsonl", "{\"i\":1}\n\n{\"i\" 2}\n", ERR_FORMAT, ": row 2 (3:6): not JSON: ");
    expect_error("a.jsonl", "{\"i\":1}\n[1]\n", ERR_FORMAT, ": row 2 (line 2): expected an object, found a list");
    expect_error("a.jsonl", "{\"i\":1}\n\"x\"\n", ERR_FORMAT, ": row 2 (line 2): expected an object, found text");
    expect_error("a.jsonl", "{\"i\":1}\n{\"i\":", ERR_FORMAT, ": row 2 (2:6): not JSON: "); /* cut */
    expect_error("a.jsonl", "{\"i\":1\n}\n", ERR_FORMAT, ": row 1 (1:7): not JSON: ");      /* no row over two lines */
    expect_error("a.jsonl", "{\"i\":\"\xff\"}\n", ERR_FORMAT, ": row 1 (1:7): not JSON: invalid UTF-8");
    expect_error("a.jsonl", "{\"i\":1} {\"i\":2}\n", ERR_FORMAT, ": row 1 (1:9): not JSON: ");
    expect_error("a.jsonl", "{}\n{\"a\":{\"b\":1,\"c\":2,\"b\":3}}\n", ERR_FORMAT,
                 ": row 2 (line 2): the key 'b' comes twice in one object");
    expect_error("a.json", "[{\"i\":1},\n 2]", ERR_FORMAT, ": row 2: expected an object, found a number");
    expect_error("a.json", "[{\"i\":1},\n {\"i\":}]", ERR_FORMAT, ":2:7: not JSON: ");
    expect_error("a.json", "[{\"i\":1}", ERR_FORMAT, ":1:9: not JSON: ");
    expect_error("a.json", "{\"data\":\n 3}", ERR_FORMAT,
                 ": expected a list of objects, or an object with such a list as 'data'");
    expect_error("a.txt", "", ERR_UNSUPPORTED, ": expected a name in .jsonl, ");
    expect_error("a.parquet", "PAR1", ERR_FORMAT, ": not a whole Parquet file (");
}

/* Keys over the limit up to which each is compared with each. */
static void many_keys(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_puts(&text, "{");
    for (int i = 0; i < 40; i++)
        buf_printf(&text, "\"k%d\":{\"x\":[%d]},", i, i);
    char *good = xasprintf("%s\"k40\":0}", text.data), *bad = xasprintf("%s\"k7\":0}", text.data);
    struct rowset *rs = load("a.jsonl", good, strlen(good));
    assert_int_equal(yyjson_obj_size(rs->row[0]), 41);
    rowset_close(rs);
    expect_error("a.jsonl", bad, ERR_FORMAT, ": row 1 (line 1): the key 'k7' comes twice in one object");
    free(good);
    free(bad);
    buf_release(&text);
}

static void missing_files(void **state)
{
    (void)state;
    struct rowset *rs = NULL;
    struct err err = {0};
    assert_int_equal(rows_load(&rs, "/nowhere/a.jsonl", &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.msg, "/nowhere/a.jsonl: No such file or directory");
    char *path = xasprintf("%s/folder.jsonl", dir);
    assert_int_equal(fs_mkdirs(path, NULL), 0);
    assert_int_equal(rows_load(&rs, path, &err), -1);
    assert_non_null(strstr(err.msg, "/folder.jsonl: expected a file, found a folder"));
    free(path);
}

static size_t gzip(char *out, size_t room, const char *text)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text,
                  .avail_in = (unsigned)strlen(text),
                  .next_out = (Bytef *)out,
                  .avail_out = (unsigned)room};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void packed_error(const char *name, const char *data, size_t n_bytes, const char *message)
{
    struct rowset *rs = NULL;
    struct err err = {0};
    char *path = put(name, data, n_bytes);
    assert_int_equal(rows_load(&rs, path, &err), -1);
    if (!strstr(err.msg, message) || strncmp(err.msg, path, strlen(path)))
        fail_msg("'%s' has no '%s'", err.msg, message);
    free(path);
}

static void packed_files(void **state)
{
    (void)state;
    static const char a[] = "{\"i\":1}\n{\"i\":2", b[] = "}\n{\"i\":3}\n";
    static const char rows[] = "{\"i\":1}\n{\"i\":2}\n{\"i\":3}\n";
    char gz[512], zst[512];
    size_t na = gzip(gz, sizeof(gz), a), n = na + gzip(gz + na, sizeof(gz) - na, b);
    struct rowset *rs = load("a.jsonl.gz", gz, n);
    assert_rows(rs, rows);
    char digest[SHA256_HEX_BYTES];
    sha256_bytes(digest, gz, n); /* of the file as it lies there: what a hub says of it */
    assert_string_equal(rs->sha256, digest);
    rowset_close(rs);
    packed_error("b.jsonl.gz", gz, n - 5, "the gzip data ends early");
    packed_error("b.jsonl.gz", "", 0, "the gzip data ends early");
    gz[na / 2] ^= 4;
    packed_error("b.jsonl.gz", gz, n, "the gzip data is damaged");
    na = ZSTD_compress(zst, sizeof(zst), a, strlen(a), 3);
    n = na + ZSTD_compress(zst + na, sizeof(zst) - na, b, strlen(b), 3);
    rs = load("a.jsonl.zst", zst, n);
    assert_rows(rs, rows);
    rowset_close(rs);
    packed_error("b.jsonl.zst", zst, n - 5, "the zstd data ends early");
    packed_error("b.jsonl.zst", "", 0, "the zstd data ends early");
    packed_error("b.jsonl.zst", "hello world", 11, "the zstd data is damaged: ");
}

static void shards_follow_one_another(void **state)
{
    (void)state;
    char *a = put("s0.jsonl", "{\"i\":1}\n", 8), *b = put("s1.csv", "i\n2\n3\n", 6),
         *bad = put("s2.jsonl", "{}\n3\n", 5);
    const char *paths[] = {a, b}, *bad_paths[] = {a, bad};
    struct rowset *rs = NULL;
    struct err err = {0};
    assert_int_equal(rows_load_files(&rs, "test", paths, 2, &err), 0);
    assert_rows(rs, "{\"i\":1}\n{\"i\":2}\n{\"i\":3}\n");
    assert_string_equal(rs->split, "test");
    assert_string_equal(rs->file, a);
    char da[SHA256_HEX_BYTES], db[SHA256_HEX_BYTES], both[SHA256_HEX_BYTES];
    sha256_bytes(da, "{\"i\":1}\n", 8);
    sha256_bytes(db, "i\n2\n3\n", 6);
    char *text = xasprintf("%s  s0.jsonl\n%s  s1.csv\n", da, db);
    sha256_bytes(both, text, strlen(text));
    assert_string_equal(rs->sha256, both);
    rowset_close(rs);
    /* a row's number in a message is that in its own file */
    assert_int_equal(rows_load_files(&rs, "test", bad_paths, 2, &err), -1);
    assert_non_null(strstr(err.msg, "s2.jsonl: row 2 (line 2): expected an object"));
    free(text);
    free(a);
    free(b);
    free(bad);
}

static void names(void **state)
{
    (void)state;
    size_t stem = 0;
    assert_int_equal(rows_format("test.jsonl", &stem), 0);
    assert_int_equal(stem, 4);
    assert_int_equal(rows_format("test-00000-of-00001.PARQUET", &stem), 5);
    assert_int_equal(stem, 19);
    assert_int_equal(rows_format("a.json.zst", &stem), 2);
    assert_int_equal(stem, 1);
    assert_int_equal(rows_format("README.md", &stem), -1);
    assert_int_equal(rows_format(".jsonl", &stem), -1);
    assert_int_equal(rows_format("a.gz", &stem), -1);
}

/* Rows that other code makes. */
static void rows_from_values(void **state)
{
    (void)state;
    struct rowset *rs = rowset_new("test", "made");
    struct valbuf v = VALBUF_INIT;
    for (int i = 0; i < 3000; i++) {
        valbuf_clear(&v);
        size_t row = valbuf_open(&v, YYJSON_TYPE_OBJ);
        valbuf_str(&v, "i", 1);
        valbuf_int(&v, i - 1);
        valbuf_str(&v, "l", 1);
        size_t list = valbuf_open(&v, YYJSON_TYPE_ARR);
        valbuf_str(&v, rowset_text(rs, "text", 4), 4);
        valbuf_bool(&v, i % 2);
        valbuf_close(&v, list, 2);
        valbuf_close(&v, row, 2);
        rowset_add(rs, v.values, v.n);
    }
    assert_int_equal(rs->n, 3000);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(yyjson_get_int(yyjson_obj_get(rs->row[i], "i")), i - 1);
        yyjson_val *list = yyjson_obj_get(rs->row[i], "l");
        assert_string_equal(yyjson_get_str(yyjson_arr_get_first(list)), "text");
        assert_int_equal(yyjson_get_bool(yyjson_arr_get(list, 1)), i % 2);
    }
    valbuf_release(&v);
    rowset_close(rs);
    rowset_close(NULL);
}

static void real_data_sets(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int64_t n;
        const char *key;
    } sets[] = {
        {"arc_challenge/test.jsonl", 1172, "answerKey"},
        {"arc_challenge/train.jsonl", 1119, "choices"},
        {"arc_challenge/validation.jsonl", 299, "id"},
        {"gsm8k/test.jsonl", 1319, "answer"},
        {"gsm8k/train.jsonl", 7473, "question"},
        {"hellaswag/train.jsonl", 39905, "endings"},
        {"hellaswag/validation.jsonl", 10042, "label"},
        {"ifeval/train.jsonl", 541, "kwargs"},
        {"mmlu/dev.jsonl", 285, "choices"},
        {"mmlu/test.jsonl", 14042, "subject"},
        {"mmlu/validation.jsonl", 1531, "answer"},
        {"truthfulqa_gen/validation.jsonl", 817, "best_answer"},
        {"truthfulqa_mc/validation.jsonl", 817, "mc1_targets"},
    };
    const char *shared = getenv("PERBIT_SHARED");
    if (!shared)
        fail_msg("PERBIT_SHARED is not set");
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        struct rowset *rs = NULL;
        struct err err = {0};
        char digest[SHA256_HEX_BYTES], *path = xasprintf("%s/data/%s", shared, sets[i].file);
        if (rows_load(&rs, path, &err) || sha256_file(digest, path, &err))
            fail_msg("%s", err.msg);
        assert_int_equal(rs->n, sets[i].n);
        for (int64_t k = 0; k < rs->n; k++)
            assert_non_null(yyjson_obj_get(rs->row[k], sets[i].key));
        assert_string_equal(rs->sha256, digest);
        rowset_close(rs);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),          cmocka_unit_test(lines_with_nul_in_text),
        cmocka_unit_test(lists),          cmocka_unit_test(errors_name_file_and_row),
        cmocka_unit_test(many_keys),      cmocka_unit_test(missing_files),
        cmocka_unit_test(packed_files),   cmocka_unit_test(shards_follow_one_another),
        cmocka_unit_test(names),          cmocka_unit_test(rows_from_values),
        cmocka_unit_test(real_data_sets),
    };
    return cmocka_run_group_tests_name("rows", tests, setup, teardown);
}
