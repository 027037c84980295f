/* test_pyliteral: what ast.literal_eval of Python 3.11 reads, and repr. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tasks/pyliteral.h"

/* literal, json.dumps(ast.literal_eval(literal)) */
static const char *const good[][2] = {
    {"['a', \"it's\", 'x\\n\\u00e9']", "[\"a\",\"it's\",\"x\\né\"]"},
    {"('a', 1, -2.5, None, True)", "[\"a\",1,-2.5,null,true]"},
    {"[1,]", "[1]"},
    {"'a' 'b'", "\"ab\""},
    {"  ['x', ['y', ('z',)], {'k': [1]}]", "[\"x\",[\"y\",[\"z\"]],{\"k\":[1]}]"},
    {"1, 2", "[1,2]"},
    {"[]", "[]"},
    {"()", "[]"},
    {"(1)", "1"},
    {"r'\\n'", "\"\\\\n\""},
    {"'''a\nb'''", "\"a\\nb\""},
    {"1e5", "100000.0"},
    {"-0", "0"},
    {"[ 'a' ,\n 'b' ]", "[\"a\",\"b\"]"},
    {"u'x'", "\"x\""},
    {"3 ", "3"},
    {"\n1", "1"},
    {"['a\\\nb']", "[\"ab\"]"},
    {"[1]\n\n", "[1]"},
    {"['a\\0b']", "[\"a\\u0000b\"]"},
    {"[1,\n2\n]", "[1,2]"},
    {"1.", "1.0"},
    {"[-1, - 1]", "[-1,-1]"},
    {"+1", "1"},
};

/* Not read: the last two because JSON has no such keys, and hexadecimal numbers are not supported. */
static const char *const bad[] = {"",
                                  "yes",
                                  "['a'",
                                  "[a]",
                                  "['a' 'b' 'c', 1",
                                  "{1, 2}",
                                  "b'x'",
                                  "1+2",
                                  "007",
                                  "[1] 2",
                                  "'a",
                                  "None1",
                                  "--1",
                                  "[1,,2]",
                                  "{'a' 1}",
                                  "99999999999999999999",
                                  "1\n2",
                                  "ur'x'",
                                  "'a\nb'",
                                  "1.2.3",
                                  "1e",
                                  "[True, False",
                                  "(,)",
                                  "[,]",
                                  "\n 1",
                                  "'\\x1'",
                                  "{1: 2}",
                                  "0x10"};

static void reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        yyjson_doc *doc;
        struct err err = {0};
        if (pyliteral_parse(&doc, pystr_z(good[i][0]), "x.yaml:3", &err))
            fail_msg("%s: %s", good[i][0], err.msg);
        char *json = yyjson_write(doc, 0, NULL);
        assert_string_equal(json, good[i][1]);
        free(json);
        yyjson_doc_free(doc);
    }
}

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        yyjson_doc *doc;
        struct err err = {0};
        if (!pyliteral_parse(&doc, pystr_z(bad[i]), "x.yaml:3", &err))
            fail_msg("'%s' was read", bad[i]);
        assert_null(doc);
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.msg, "x.yaml:3: no Python literal: "));
    }
}

static void deep_ones_are_refused(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    yyjson_doc *doc;
    struct err err = {0};
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, '[');
    assert_int_equal(pyliteral_parse(&doc, pystr_of(b.data, b.len), "x", &err), -1);
    buf_release(&b);
}

/* From Python: str(json.loads(s)), repr(json.loads(s)) */
static const char *const printed[][3] = {
    {"\"it's\"", "it's", "\"it's\""},
    {"[\"a\\n\", null, true, 1.0, 1e16, 1e-5, -0.0, 123456789.125]",
     "['a\\n', None, True, 1.0, 1e+16, 1e-05, -0.0, 123456789.125]",
     "['a\\n', None, True, 1.0, 1e+16, 1e-05, -0.0, 123456789.125]"},
    {"{\"k\": [1, {\"é\": \"'\\\"\\u2028\"}]}", "{'k': [1, {'é': '\\'\"\\u2028'}]}",
     "{'k': [1, {'é': '\\'\"\\u2028'}]}"},
    {"[5e-324, 1.7976931348623157e308, 0.1, 100.0, 1e22, 9007199254740993]",
     "[5e-324, 1.7976931348623157e+308, 0.1, 100.0, 1e+22, 9007199254740993]",
     "[5e-324, 1.7976931348623157e+308, 0.1, 100.0, 1e+22, 9007199254740993]"},
};

static void prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(printed) / sizeof(*printed); i++) {
        yyjson_doc *doc = yyjson_read(printed[i][0], strlen(printed[i][0]), 0);
        struct buf s = BUF_INIT, r = BUF_INIT;
        struct err err = {0};
        assert_non_null(doc);
        assert_int_equal(pyliteral_str(&s, yyjson_doc_get_root(doc), &err), 0);
        assert_int_equal(pyliteral_repr(&r, yyjson_doc_get_root(doc), &err), 0);
        assert_string_equal(s.data, printed[i][1]);
        assert_string_equal(r.data, printed[i][2]);
        buf_release(&s);
        buf_release(&r);
        yyjson_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(deep_ones_are_refused),
        cmocka_unit_test(prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
