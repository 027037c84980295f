/* test_regex: findall as in CPython 3.11 (each expected list was printed by re.findall). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/regex.h"

/* All matches of group `group` as "[a][b]"; "-" for a group that took no part. */
static void find_all(struct buf *out, const struct regex *re, const char *text, size_t len,
                     int group)
{
    struct regex_iter it = regex_each(re, text, len);
    struct regex_span span[4];
    struct err e = {0};
    int ret;
    while ((ret = regex_next(&it, span, 4, &e)) > 0) {
        buf_putc(out, '[');
        if (span[group].start == SIZE_MAX)
            buf_putc(out, '-');
        else
            buf_append(out, text + span[group].start, span[group].end - span[group].start);
        buf_putc(out, ']');
    }
    if (ret)
        fail_msg("%s", e.msg);
}

static const struct {
    const char *pattern;
    unsigned flags;
    int group;
    const char *text, *expected;
} cases[] = {
    {"[0-9]+", 0, 0, "a 12 b 345", "[12][345]"},
    {"x", 0, 0, "", ""},
    {"", 0, 0, "ab", "[][][]"},
    {"a*", 0, 0, "baac", "[][aa][][]"},
    {"a|b*", 0, 0, "abb", "[a][bb][]"},
    {"\\b|x", 0, 0, "x y", "[][x][][][]"},
    {"#### (\\-?[0-9\\.\\,]+)", 0, 1, "so\n#### -1,234.5\n", "[-1,234.5]"},
    {"(a)|(b)", 0, 2, "ab", "[-][b]"},
    {"^x", 0, 0, "x\nx", "[x]"},
    {"^x", REGEX_MULTILINE, 0, "x\nx", "[x][x]"},
    {"x$", 0, 0, "x\n", "[x]"},
    {"x\\Z", 0, 0, "x\n", ""},
    {"x\\Z", 0, 0, "xx", "[x]"},
    {"a.b", 0, 0, "a\nb a\rb", "[a\rb]"},
    {"a.b", REGEX_DOTALL, 0, "a\nb", "[a\nb]"},
    {"\xc3\x84", REGEX_IGNORECASE, 0, "\xc3\xa4", "[\xc3\xa4]"},
    {"\\w+", 0, 0, "caf\xc3\xa9 \xe6\x97\xa5", "[caf\xc3\xa9][\xe6\x97\xa5]"},
    {"\\u00e9", 0, 0, "caf\xc3\xa9", "[\xc3\xa9]"},
    {"ba{,2}", 0, 0, "baaa b", "[baa][b]"},
    {"[{,2}]+", 0, 0, "a,2}b", "[,2}]"},
    {"[]Z]+", 0, 0, "a]Zb", "[]Z]"},
    {"[^]]+", 0, 0, "a]b", "[a][b]"},
    {"a\\sb", 0, 0, "a\x1c" "b a\xc2\x85" "b a\xe1\xa0\x8e" "b", "[a\x1c" "b][a\xc2\x85" "b]"},
    {"[\\s,]+", 0, 0, "a,\x1f b", "[,\x1f ]"},
    {"\\S+", 0, 0, "a\x1d" "b\xe1\xa0\x8e", "[a][b\xe1\xa0\x8e]"},
    {"[^\\s]", 0, 0, " \x1e" "a", "[a]"},
    {"\\\\Z", 0, 0, "\\Z", "[\\Z]"},
    {"(?P<n>[A-D])", 0, 1, "(B)", "[B]"},
    {"", 0, 0, "\xc3\xa9", "[][]"},
};

static void findall_equals_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct regex *re = NULL;
        struct err e = {0};
        struct buf found = BUF_INIT;
        if (regex_compile(&re, cases[i].pattern, cases[i].flags, &e))
            fail_msg("%s", e.msg);
        find_all(&found, re, cases[i].text, strlen(cases[i].text), cases[i].group);
        assert_string_equal(found.data, cases[i].expected);
        buf_release(&found);
        regex_close(re);
    }
}

static void bytes_that_are_not_utf8_never_match(void **state)
{
    (void)state;
    struct regex *re = NULL;
    struct buf found = BUF_INIT;
    assert_int_equal(regex_compile(&re, "[a-z]+|.", 0, NULL), 0);
    find_all(&found, re,
             "ab\xff"
             "cd\xe2\x82",
             7, 0);
    assert_string_equal(found.data, "[ab][cd]");
    buf_release(&found);
    regex_close(re);
}

static void bad_patterns_are_named(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(", "a)", "[a", "*", "(?<n>x)(?<n>y)", "\xff"};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        struct regex *re = NULL;
        struct err e = {0};
        assert_int_equal(regex_compile(&re, patterns[i], 0, &e), -1);
        assert_int_equal(e.code, ERR_FORMAT);
        assert_non_null(strstr(e.msg, patterns[i]));
        assert_null(re);
    }
    regex_close(NULL);
}

static void a_runaway_pattern_is_an_error(void **state)
{
    (void)state;
    struct regex *re = NULL;
    struct err e = {0};
    struct regex_span span[1];
    const char *text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
    assert_int_equal(regex_compile(&re, "(a+)+$", 0, &e), 0);
    struct regex_iter it = regex_each(re, text, strlen(text));
    assert_int_equal(regex_next(&it, span, 1, &e), -1);
    assert_int_equal(e.code, ERR_RANGE);
    regex_close(re);
}

static void groups_are_counted(void **state)
{
    (void)state;
    struct regex *re = NULL;
    assert_int_equal(regex_compile(&re, "(a)(?:b)(c(d))", 0, NULL), 0);
    assert_int_equal(regex_n_groups(re), 3);
    regex_close(re);
}

static const struct {
    const char *pattern, *with, *text, *expected;
} replacements[] = {
    {"([^.])(\\.)", "\\1 \\2", "a.b..", "a .b .."},
    {"\\.{2,}", " \\g<0> ", "a...b..", "a ... b .. "},
    {"(a)|(b)", "<\\1\\2>", "abc", "<a><b>c"},
    {"x*", "-", "abxd", "-a-b--d-"},
    {"a", "\\g \\0 \\", "a", "\\g \\0 \\"},
    {"b", "", "a\xff" "b", "a\xff"}, /* not UTF-8 */
};

static void sub_as_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
        struct regex *re;
        struct buf out = BUF_INIT;
        struct err e = {0};
        size_t n;
        const char *text = replacements[i].text;
        assert_int_equal(regex_compile(&re, replacements[i].pattern, 0, &e), 0);
        assert_int_equal(regex_sub(&out, re, replacements[i].with, text, strlen(text), &e), 0);
        assert_string_equal(out.data, replacements[i].expected);
        assert_int_equal(regex_count(re, text, strlen(text), &n, &e), 0);
        assert_true(n > 0);
        regex_close(re);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findall_equals_python),
        cmocka_unit_test(bytes_that_are_not_utf8_never_match),
        cmocka_unit_test(bad_patterns_are_named),
        cmocka_unit_test(a_runaway_pattern_is_an_error),
        cmocka_unit_test(groups_are_counted),
        cmocka_unit_test(sub_as_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
