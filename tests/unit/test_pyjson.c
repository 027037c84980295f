/* Expected texts are what CPython 3.11's json.dumps(v, ensure_ascii=False) gives. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "tasks/pyjson.h"

static void check(const char *json, int indent, const char *want)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    struct buf out = BUF_INIT;
    assert_non_null(doc);
    pyjson_dump(&out, yyjson_doc_get_root(doc), indent);
    assert_string_equal(out.data, want);
    buf_release(&out);
    yyjson_doc_free(doc);
}

static void one_line(void **state)
{
    (void)state;
    check("{\"a\":[1,-2,3.0,1e-7,1e16,0.1],\"b\":{},\"c\":[],\"d\":null,\"e\":true,\"f\":false}", 0,
          "{\"a\": [1, -2, 3.0, 1e-07, 1e+16, 0.1], \"b\": {}, \"c\": [], \"d\": null, \"e\": true, \"f\": false}");
    check("[18446744073709551615,-9223372036854775808,-0.0]", 0, "[18446744073709551615, -9223372036854775808, -0.0]");
}

static void indented(void **state)
{
    (void)state;
    check("{\"a\":[1,{\"b\":\"x\"}],\"c\":[],\"d\":{}}", 2,
          "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\"\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}");
    check("[]", 2, "[]");
}

static void texts(void **state)
{
    (void)state;
    check("\"\\\"\\\\\\/\\n\\r\\t\\f\\b\\u0001\\u001f\\u007f\\u2028\\u00e9\"", 0,
          "\"\\\"\\\\/\\n\\r\\t\\f\\b\\u0001\\u001f\x7f\xe2\x80\xa8\xc3\xa9\"");
    check("\"a\\u0000b\"", 0, "\"a\\u0000b\"");
}

static void not_finite(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    pyjson_float(&out, NAN);
    buf_putc(&out, ' ');
    pyjson_float(&out, -INFINITY);
    buf_putc(&out, ' ');
    pyjson_float(&out, INFINITY);
    assert_string_equal(out.data, "NaN -Infinity Infinity");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line), cmocka_unit_test(indented), cmocka_unit_test(texts), cmocka_unit_test(not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
