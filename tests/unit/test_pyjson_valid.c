/* test_pyjson_valid: what CPython 3.11's json.loads takes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tasks/pyjson_valid.h"

static const char *const yes[] = {"{}", "[]", " null\n", "true", "NaN", "-Infinity", "Infinity", "0", "-0.5e+10", "\"\"",
                                  "\"\\ud800\"", "\"\\u00e9\\n\"", "[1, 2]", "{\"a\" : [1,{}] }", "1e999", "\"\x7f\""};
static const char *const no[] = {"", " ", "01", "1.", "-", ".5", "+1", "nan", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "\"a",
                                 "\"\t\"", "\"\\x\"", "\"\\u12g4\"", "[1 2]", "{\"a\" 1}", "{} {}", "truex", "\xef\xbb\xbf{}",
                                 "1e", "[", "{\"a\":", "\"\\"};

static void as_json_loads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!pyjson_is_valid(yes[i], strlen(yes[i])))
            fail_msg("%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (pyjson_is_valid(no[i], strlen(no[i])))
            fail_msg("%s", no[i]);
}

static void limits(void **state)
{
    (void)state;
    enum { N = 4301 };
    char *text = malloc(N);
    memset(text, '1', N);
    assert_true(pyjson_is_valid(text, N - 1));
    assert_false(pyjson_is_valid(text, N)); /* int() takes 4300 digits */
    memset(text, '[', N);
    assert_false(pyjson_is_valid(text, N));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_json_loads), cmocka_unit_test(limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
