/* test_err: one line, cut cleanly, prefixes, names of codes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

static void set_fills_code_and_message(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(err_set(&e, ERR_FORMAT, "%s:%d: bad", "a.json", 3), -1);
    assert_int_equal(e.code, ERR_FORMAT);
    assert_string_equal(e.msg, "a.json:3: bad");
    assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
}

static void prefix_goes_before_the_message(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_RANGE, "too long");
    assert_int_equal(err_prefix(&e, "task %s: ", "arc"), -1);
    assert_string_equal(e.msg, "task arc: too long");
    assert_int_equal(e.code, ERR_RANGE);
    assert_int_equal(err_prefix(NULL, "x"), -1);
}

static void errno_is_spelled_out(void **state)
{
    (void)state;
    struct err e = {0};
    errno = ENOSPC;
    assert_int_equal(err_errno(&e, ERR_IO, "%s", "out.bin"), -1);
    assert_string_equal(e.msg, "out.bin: No space left on device");
    assert_int_equal(err_errno(NULL, ERR_IO, "x"), -1);
}

static void the_own_message_may_be_an_argument(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_IO, "inner");
    err_set(&e, ERR_CHILD, "outer (%s)", e.msg);
    assert_string_equal(e.msg, "outer (inner)");
    err_prefix(&e, "%s, ", e.msg);
    assert_string_equal(e.msg, "outer (inner), outer (inner)");
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_FORMAT, "found '%s'", "a\nb\r\n\x1b[31mc\x7f");
    assert_string_equal(e.msg, "found 'a b   [31mc '");
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        char text[3000] = "";
        memset(text, 'x', shift);
        for (size_t i = 0; i < 500; i++)
            memcpy(text + shift + 4 * i, "\xf0\x9f\x98\x80", 4);
        struct err e = {0};
        err_set(&e, ERR_FORMAT, "%s", text);
        size_t len = strlen(e.msg);
        assert_true(len < sizeof(e.msg) && len > sizeof(e.msg) - 8);
        assert_string_equal(e.msg + len - 3, "...");
        assert_true(utf8_is_valid(e.msg, len));
        err_prefix(&e, "%s", text);
        assert_true(strlen(e.msg) < sizeof(e.msg));
    }
}

static void exactly_full_is_not_cut(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_FORMAT, "%*s", (int)sizeof(e.msg) - 1, "end");
    assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
    assert_string_equal(e.msg + sizeof(e.msg) - 4, "end");
    err_set(&e, ERR_FORMAT, "%*s", (int)sizeof(e.msg), "end");
    assert_string_equal(e.msg + strlen(e.msg) - 3, "...");
}

static void names_of_codes_go_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_CODE_COUNT; i++) {
        const char *name = err_code_name((enum err_code)i);
        assert_true(*name);
        assert_int_equal(err_code_find(name), i);
    }
    assert_string_equal(err_code_name(ERR_USAGE), "usage");
    assert_string_equal(err_code_name(ERR_CODE_COUNT), "unknown");
    assert_int_equal(err_code_find("nonsense"), ERR_CHILD);
    assert_int_equal(err_code_find(NULL), ERR_CHILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_code_and_message),
        cmocka_unit_test(prefix_goes_before_the_message),
        cmocka_unit_test(errno_is_spelled_out),
        cmocka_unit_test(the_own_message_may_be_an_argument),
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(exactly_full_is_not_cut),
        cmocka_unit_test(names_of_codes_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
