/* test_utf8: validity, counting, width, invalid bytes one at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"

static const struct {
    const char *text;
    size_t n_bytes;
    bool is_valid;
    size_t count;
} cases[] = {
    {"", 0, true, 0},
    {"abc", 3, true, 3},
    {"a\0b", 3, true, 3},
    {"\xc3\xa9", 2, true, 1},
    {"\xe2\x82\xac", 3, true, 1},
    {"\xf0\x9f\x98\x80", 4, true, 1},
    {"\xf4\x8f\xbf\xbf", 4, true, 1},  /* U+10FFFF */
    {"\xf4\x90\x80\x80", 4, false, 4}, /* above it */
    {"\xed\xa0\x80", 3, false, 3},     /* a surrogate */
    {"\xc0\x80", 2, false, 2},         /* overlong NUL */
    {"\xe0\x80\xaf", 3, false, 3},     /* overlong '/' */
    {"\x80", 1, false, 1},             /* a continuation alone */
    {"\xff", 1, false, 1},
    {"\xe2\x82", 2, false, 2}, /* cut */
    {"a\xe2\x82z", 4, false, 4},
    {"\xf0\x9f\x98\x80", 3, false, 3}, /* the fourth byte is beyond the end */
};

static void validity_and_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(utf8_is_valid(cases[i].text, cases[i].n_bytes), cases[i].is_valid);
        assert_int_equal(utf8_count(cases[i].text, cases[i].n_bytes), cases[i].count);
    }
}

static void next_walks_over_bad_bytes(void **state)
{
    (void)state;
    static const int32_t expected[] = {'a', 0x20ac, 0xfffd, 0xfffd, 'z', 0x1f600};
    const char *text = "a\xe2\x82\xac\xe2\x82z\xf0\x9f\x98\x80";
    size_t at = 0;
    for (int i = 0; i < 6; i++)
        assert_int_equal(utf8_next(text, strlen(text), &at), expected[i]);
    assert_int_equal(at, strlen(text));
}

/* expected: lengths after which Python's bytes.decode(errors="replace") puts a new U+FFFD */
static void bad_parts(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } parts[] = {
        {"\x80", 1}, {"\xff", 1}, {"\xc3", 1}, {"\xc3z", 1}, {"\xe2\x82", 2}, {"\xe2\x82z", 2}, {"\xe2z", 1},
        {"\xf0\x9f\x98", 3}, {"\xf0\x9f\x98z", 3}, {"\xf0\x9fz", 2}, {"\xf0\x80\x80\x80", 1}, {"\xf4\x90\x80\x80", 1},
        {"\xf4\x8f\xbfz", 3}, {"\xed\xa0\x80", 1}, {"\xed\x9f", 2}, {"\xe0\x80\xaf", 1}, {"\xe0\xa0", 2}, {"\xc0\x80", 1},
        {"\xf5\x80", 1},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        assert_int_equal(utf8_bad_part(parts[i].bytes, strlen(parts[i].bytes)), parts[i].n);
}

static void width_in_columns(void **state)
{
    (void)state;
    assert_int_equal(utf8_width(""), 0);
    assert_int_equal(utf8_width("abc"), 3);
    assert_int_equal(utf8_width("caf\xc3\xa9"), 4);
    assert_int_equal(utf8_width("e\xcc\x81"), 1);                /* combining accent */
    assert_int_equal(utf8_width("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* two wide characters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validity_and_count),
        cmocka_unit_test(next_walks_over_bad_bytes),
        cmocka_unit_test(bad_parts),
        cmocka_unit_test(width_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
