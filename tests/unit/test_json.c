/* test_json: messages with a place, typed lookups, the writer, numbers that keep their bits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

static struct json *parse(const char *text)
{
    struct json *j = NULL;
    struct err e = {0};
    if (json_parse(&j, text, strlen(text), "doc", &e))
        fail_msg("%s", e.msg);
    return j;
}

static void errors_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"", "doc: expected JSON"},
        {"\xef\xbb\xbf", "doc: expected JSON"},
        {"{", "doc:1:2: "},
        {"{\"a\": 1,\n  b: 2}", "doc:2:3: "},
        {"[1, 2,]", "doc:1:6: "},
        {"{} x", "doc:1:4: "},
        {"\"\xc3\"", "doc:1:2: "}, /* not UTF-8 */
        {"[1e400]", "doc:1:2: "},  /* no silent infinity */
        {"[NaN]", "doc:1:2: "},
        {"\"\xc3\xa9\xc3\xa9\" x", "doc:1:6: "}, /* columns are characters */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct json *j = NULL;
        struct err e = {0};
        assert_int_equal(json_parse(&j, cases[i].text, strlen(cases[i].text), "doc", &e), -1);
        assert_int_equal(e.code, ERR_FORMAT);
        assert_null(j);
        if (strncmp(e.msg, cases[i].place, strlen(cases[i].place)))
            fail_msg("'%s' does not begin with '%s'", e.msg, cases[i].place);
    }
}

static void text_is_copied_and_needs_no_nul(void **state)
{
    (void)state;
    char text[] = {'"', 'a', 'b', '"', '!'};
    struct json *j = NULL;
    assert_int_equal(json_parse(&j, text, 4, "doc", NULL), 0);
    memset(text, 'x', sizeof(text));
    assert_string_equal(yyjson_get_str(json_root(j)), "ab");
    assert_string_equal(json_name(j), "doc");
    json_close(j);
    json_close(NULL);
    j = parse("\xef\xbb\xbf[]"); /* a byte order mark is passed over */
    assert_true(yyjson_is_arr(json_root(j)));
    json_close(j);
}

static void lookups_give_values(void **state)
{
    (void)state;
    struct json *j = parse("{\"s\":\"t\",\"i\":-3,\"r\":2.5,\"w\":10.0,\"b\":true,\"n\":null}");
    yyjson_val *o = json_root(j);
    const char *s = NULL;
    int64_t i = 0;
    double d = 0;
    assert_int_equal(json_get_str(j, o, "s", &s, NULL), 0);
    assert_string_equal(s, "t");
    assert_int_equal(json_get_int(j, o, "i", &i, NULL), 0);
    assert_int_equal(i, -3);
    assert_int_equal(json_get_int(j, o, "w", &i, NULL), 0);
    assert_int_equal(i, 10);
    assert_int_equal(json_get_num(j, o, "r", &d, NULL), 0);
    assert_true(d == 2.5);
    assert_int_equal(json_get_num(j, o, "i", &d, NULL), 0);
    assert_true(d == -3);
    assert_string_equal(json_str_or(o, "s", "f"), "t");
    assert_string_equal(json_str_or(o, "n", "f"), "f");
    assert_int_equal(json_int_or(o, "none", 7), 7);
    assert_int_equal(json_int_or(o, "r", 7), 7);
    assert_true(json_num_or(o, "n", 0.5) == 0.5);
    assert_true(json_num_or(o, "i", 0.5) == -3);
    assert_true(json_bool_or(o, "b", false));
    assert_true(json_bool_or(o, "none", true));
    json_close(j);
}

static void lookup_errors_name_document_and_key(void **state)
{
    (void)state;
    struct json *j = parse("{\"s\":\"t\",\"r\":2.5,\"big\":18446744073709551615,\"l\":[]}");
    yyjson_val *o = json_root(j);
    const char *s = NULL;
    int64_t i = 0;
    double d = 0;
    struct err e = {0};
    assert_int_equal(json_get_str(j, o, "x", &s, &e), -1);
    assert_string_equal(e.msg, "doc: missing key 'x' (text)");
    assert_int_equal(e.code, ERR_FORMAT);
    assert_int_equal(json_get_str(j, o, "l", &s, &e), -1);
    assert_string_equal(e.msg, "doc: key 'l': expected text, found a list");
    assert_int_equal(json_get_int(j, o, "s", &i, &e), -1);
    assert_string_equal(e.msg, "doc: key 's': expected a whole number, found text");
    assert_int_equal(json_get_int(j, o, "r", &i, &e), -1);
    assert_string_equal(e.msg, "doc: key 'r': expected a whole number below 2^63, found 2.5");
    assert_int_equal(json_get_int(j, o, "big", &i, &e), -1);
    assert_int_equal(json_get_num(j, o, "s", &d, &e), -1);
    assert_int_equal(json_get_num(j, yyjson_obj_get(o, "l"), "k", &d, &e), -1);
    assert_string_equal(e.msg, "doc: expected an object with the key 'k', found a list");
    assert_int_equal(json_get_num(j, NULL, "k", &d, &e), -1);
    json_close(j);
}

static void a_file_is_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/perbit-json-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"n\":\n x}", 9), 9);
    close(fd);
    struct json *j = NULL;
    struct err e = {0};
    assert_int_equal(json_load(&j, path, &e), -1);
    assert_int_equal(e.code, ERR_FORMAT);
    assert_memory_equal(e.msg, path, strlen(path));
    assert_memory_equal(e.msg + strlen(path), ":2:2: ", 6);
    unlink(path);
    assert_int_equal(json_load(&j, path, &e), -1);
    assert_int_equal(e.code, ERR_IO);
}

static void objects_and_arrays_are_written(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    jw_kint(&w, "n", INT64_MIN);
    jw_key(&w, "list");
    jw_array(&w);
    jw_num(&w, 0.1);
    jw_bool(&w, false);
    jw_null(&w);
    jw_object(&w);
    jw_end(&w);
    jw_end(&w);
    jw_kstr(&w, "s", NULL);
    jw_knum(&w, "x", NAN);
    jw_kbool(&w, "b", true);
    jw_key(&w, "raw");
    jw_raw(&w, "[1]");
    jw_end(&w);
    assert_string_equal(b.data, "{\"n\":-9223372036854775808,\"list\":[0.1,false,null,{}],"
                                "\"s\":null,\"x\":null,\"b\":true,\"raw\":[1]}");
    buf_release(&b);
}

static void pretty_is_indented_by_two(void **state)
{
    (void)state;
    struct json *j = parse("{\"a\":[1,{\"b\":\"x\\ny\"}],\"e\":[]}");
    struct buf b = BUF_INIT;
    struct jw w;
    jw_init(&w, &b);
    jw_pretty(&w);
    jw_object(&w);
    jw_key(&w, "empty");
    jw_object(&w);
    jw_end(&w);
    jw_key(&w, "copy");
    jw_val(&w, json_root(j));
    jw_end(&w);
    assert_string_equal(b.data, "{\n"
                                "  \"empty\": {},\n"
                                "  \"copy\": {\n"
                                "    \"a\": [\n"
                                "      1,\n"
                                "      {\n"
                                "        \"b\": \"x\\ny\"\n"
                                "      }\n"
                                "    ],\n"
                                "    \"e\": []\n"
                                "  }\n"
                                "}");
    buf_release(&b);
    json_close(j);
}

static void strings_are_escaped_and_mended(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\b\t\n\f\r\x01\x1f\x7f", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\""},
        {"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
        {"\xef\xbf\xbd", "\"\xef\xbf\xbd\""}, /* U+FFFD itself stays one */
        {"a\xffz", "\"a\xef\xbf\xbdz\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf b = BUF_INIT;
        struct jw w;
        jw_init(&w, &b);
        jw_str(&w, cases[i].text);
        assert_string_equal(b.data, cases[i].json);
        struct json *j = parse(b.data); /* what is written can be read */
        json_close(j);
        buf_release(&b);
    }
}

static void values_are_copied_however_deep(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    char *text = malloc(2 * DEPTH + 1);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[2 * DEPTH] = '\0';
    struct json *j = parse(text);
    struct buf b = BUF_INIT;
    struct jw w;
    jw_init(&w, &b);
    jw_val(&w, json_root(j));
    assert_string_equal(b.data, text);
    buf_release(&b);
    json_close(j);
    free(text);
}

static void numbers_keep_their_bits(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {3, "3.0"},
        {-0.0, "-0.0"},
        {1e300, "1e300"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {1.0 / 3, "0.3333333333333333"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        json_format_num(text, sizeof(text), cases[i].v);
        assert_string_equal(text, cases[i].text);
    }
    uint64_t bits = 88172645463325252u; /* xorshift64 over all of the doubles */
    for (int i = 0; i < 20000; i++) {
        double v, back;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&v, &bits, sizeof(v));
        if (!isfinite(v))
            continue;
        json_format_num(text, sizeof(text), v);
        back = strtod(text, NULL);
        assert_memory_equal(&back, &v, sizeof(v));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(text_is_copied_and_needs_no_nul),
        cmocka_unit_test(lookups_give_values),
        cmocka_unit_test(lookup_errors_name_document_and_key),
        cmocka_unit_test(a_file_is_loaded),
        cmocka_unit_test(objects_and_arrays_are_written),
        cmocka_unit_test(pretty_is_indented_by_two),
        cmocka_unit_test(strings_are_escaped_and_mended),
        cmocka_unit_test(values_are_copied_however_deep),
        cmocka_unit_test(numbers_keep_their_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
