/*
 * test_unicode: every assigned code point's \w, \d and case-blind equals against python3's re, which runs here; the
 * regex module's \w and \s against what it printed. valgrind: no, a million code points
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"

/* "w HEX WORD DECIMAL" of each code point; "f HEX HEX..." of each cased one: those that match it under re.I. */
static const char script[] =
    "python3 -c 'import re, unicodedata as u\n"
    "w, d, cased = re.compile(r\"\\w\"), re.compile(r\"\\d\"), []\n"
    "for c in range(0x110000):\n"
    "    s = chr(c)\n"
    "    if u.category(s) in (\"Cn\", \"Cs\"): continue\n"
    "    print(\"w %x %d %d\" % (c, bool(w.match(s)), bool(d.match(s))))\n"
    "    if s.lower() != s or s.upper() != s: cased.append(s)\n"
    "all = \"\".join(cased)\n"
    "for s in cased:\n"
    "    print(\"f %x\" % ord(s), *(\"%x\" % ord(m) for m in re.findall(re.escape(s), all, re.I)))'";

enum { CODES = 0x110000 };

static void check_class(const char *line)
{
    unsigned c;
    int is_word, is_decimal;
    assert_int_equal(sscanf(line, "w %x %d %d", &c, &is_word, &is_decimal), 3);
    if (unicode_is_word((int32_t)c) != is_word || unicode_is_decimal((int32_t)c) != is_decimal)
        fail_msg("U+%04X: python3 has word %d, decimal %d", c, is_word, is_decimal);
}

/* All equals of the first have its fold; *n counts them. */
static void check_equals(const char *line, unsigned *n_equal)
{
    char *at;
    unsigned first = (unsigned)strtoul(line + 2, &at, 16);
    for (char *end = at;; at = end) {
        unsigned c = (unsigned)strtoul(at, &end, 16);
        if (end == at)
            return;
        if (unicode_fold((int32_t)c) != unicode_fold((int32_t)first))
            fail_msg("U+%04X and U+%04X match in python3", first, c);
        n_equal[first]++;
    }
}

/* And no others: those of one fold are as many as those that match. */
static void check_no_more(const unsigned *n_equal)
{
    unsigned *n_fold = calloc(CODES, sizeof(*n_fold));
    for (int32_t c = 0; c < CODES; c++)
        if (n_equal[c])
            n_fold[unicode_fold(c)]++;
    for (int32_t c = 0; c < CODES; c++)
        if (n_equal[c] && n_equal[c] != n_fold[unicode_fold(c)])
            fail_msg("U+%04X has the fold of %u, python3 matches %u", (unsigned)c, n_fold[unicode_fold(c)], n_equal[c]);
    free(n_fold);
}

static void every_code_point(void **state)
{
    (void)state;
    char line[512];
    int n = 0;
    unsigned *n_equal = calloc(CODES, sizeof(*n_equal));
    FILE *python = popen(script, "r");
    assert_non_null(python);
    while (fgets(line, sizeof(line), python)) {
        n++;
        if (line[0] == 'w')
            check_class(line);
        else
            check_equals(line, n_equal);
    }
    assert_int_equal(pclose(python), 0);
    assert_true(n > 140000);
    check_no_more(n_equal);
    free(n_equal);
}

/* regex 2026.11.15 */
static void classes_of_the_regex_module(void **state)
{
    (void)state;
    static const int32_t words[] = {'a', '_', '5', 0x301, 0x94d, 0x24b6, 0x1f170, 0x200c, 0x203f, 0x2168};
    static const int32_t others[] = {0xbd, 0xb2, '-', ' ', 0x200b, 0x2460, 0x1f600};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_true(unicode_is_word_tr18(words[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(unicode_is_word_tr18(others[i]));
    assert_true(unicode_is_space_tr18(0x85));
    assert_true(unicode_is_space_tr18(0x2028));
    assert_false(unicode_is_space_tr18(0x1c));
    assert_false(unicode_is_space_tr18(0x200b));
}

static void case_and_category(void **state)
{
    (void)state;
    assert_true(unicode_is_upper('A'));
    assert_true(unicode_is_upper(0x2160));
    assert_false(unicode_is_upper(0x1c5)); /* title case */
    assert_true(unicode_is_lower(0xaa));
    assert_false(unicode_is_lower('A'));
    assert_int_equal(unicode_major(0x201c), 'P');
    assert_int_equal(unicode_major('+'), 'S');
    assert_int_equal(unicode_major(0xbd), 'N');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(classes_of_the_regex_module),
        cmocka_unit_test(case_and_category),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
