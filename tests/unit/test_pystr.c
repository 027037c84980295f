/*
 * test_pystr: every code point's case and classes against python3, which runs here; texts against vectors that
 * Python 3.11 printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/pystr.h"

/* A code point a line: hex, its classes, three cases, before a final sigma, repr, all as hex of UTF-8. */
static const char script[] =
    "python3 -c 'import unicodedata as u\n"
    "h = lambda s: s.encode().hex()\n"
    "for c in range(0x110000):\n"
    "    s = chr(c)\n"
    "    if u.category(s) == \"Cs\" or c > 0x33000 and u.category(s) == \"Cn\": continue\n"
    "    f = [s.isspace(), s.isdigit(), s.isdecimal(), s.isalpha(), "
    "s.isalnum(), s.isupper(), s.islower()]\n"
    "    print(\"%x\" % c, \"\".join(str(int(x)) for x in f), "
    "h(s.lower()), h(s.upper()), h(s.title()),\n"
    "        h((\"A\" + s + \"\\u03a3\").lower()), h(repr(s)))'";

static void to_hex(char *out, size_t n_out, const struct buf *b)
{
    assert_true(n_out > 2 * b->len);
    for (size_t i = 0; i < b->len; i++)
        snprintf(out + 2 * i, 3, "%02x", (unsigned char)b->data[i]);
}

static struct pystr code_text(char *out, unsigned c)
{
    if (c < 0x80)
        return *out = (char)c, pystr_of(out, 1);
    int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n) | c);
    return pystr_of(out, (size_t)n);
}

static void assert_case(void (*map)(struct buf *, struct pystr), struct pystr s,
                        const char *expected, unsigned c)
{
    struct buf b = BUF_INIT;
    char hex[64];
    map(&b, s);
    to_hex(hex, sizeof(hex), &b);
    if (strcmp(hex, expected) != 0)
        fail_msg("U+%04X: '%s', python3 has '%s'", c, hex, expected);
    buf_release(&b);
}

static void every_code_point(void **state)
{
    (void)state;
    FILE *python = popen(script, "r");
    assert_non_null(python);
    char line[512], flags[16], lower[64], upper[64], title[64], sigma[64], repr[64];
    unsigned c, n = 0;
    while (fgets(line, sizeof(line), python)) {
        assert_int_equal(sscanf(line, "%x %15s %63s %63s %63s %63s %63s", &c, flags, lower, upper,
                                title, sigma, repr),
                         7);
        char bytes[4], around[16], has[8];
        struct pystr s = code_text(bytes, c);
        snprintf(has, sizeof(has), "%d%d%d%d%d%d%d", pystr_isspace(s), pystr_isdigit(s),
                 pystr_isdecimal(s), pystr_isalpha(s), pystr_isalnum(s), pystr_isupper(s),
                 pystr_islower(s));
        if (strcmp(has, flags) != 0)
            fail_msg("U+%04X: %s, python3 has %s", c, has, flags);
        assert_case(pystr_lower, s, lower, c);
        assert_case(pystr_upper, s, upper, c);
        assert_case(pystr_title, s, title, c);
        assert_case(pystr_repr, s, repr, c);
        memcpy(around, "A", 1);
        memcpy(around + 1, bytes, s.n_bytes);
        memcpy(around + 1 + s.n_bytes, "\xce\xa3", 2);
        assert_case(pystr_lower, pystr_of(around, s.n_bytes + 3), sigma, c);
        n++;
    }
    assert_int_equal(pclose(python), 0);
    assert_true(n > 330000);
}

/* From Python 3.11: [s, s.lower(), s.upper(), s.capitalize(), s.title()] */
static const char *const cases[][5] = {
    {"", "", "", "", ""},
    {"they're bill's", "they're bill's", "THEY'RE BILL'S", "They're bill's", "They'Re Bill'S"},
    {"ΟΔΥΣΣΕΥΣ ΣΑΣ.", "οδυσσευς σας.", "ΟΔΥΣΣΕΥΣ ΣΑΣ.", "Οδυσσευς σας.", "Οδυσσευς Σας."},
    {"Σ", "σ", "Σ", "Σ", "Σ"},
    {"aΣ\xcc\x81 aΣ\xcc\x81z", "aς\xcc\x81 aσ\xcc\x81z", "AΣ\xcc\x81 AΣ\xcc\x81Z",
     "Aς\xcc\x81 aσ\xcc\x81z", "Aς\xcc\x81 Aσ\xcc\x81Z"},
    {"ǆ ﬁx straße İ", "ǆ ﬁx straße i\xcc\x87", "Ǆ FIX STRASSE İ", "ǅ ﬁx straße i\xcc\x87",
     "ǅ Fix Straße İ"},
    {"a1b 2c", "a1b 2c", "A1B 2C", "A1b 2c", "A1B 2C"},
};

static void case_of_texts(void **state)
{
    (void)state;
    static void (*const maps[])(struct buf *, struct pystr) = {pystr_lower, pystr_upper,
                                                               pystr_capitalize, pystr_title};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        for (int k = 0; k < 4; k++) {
            struct buf b = BUF_INIT;
            maps[k](&b, pystr_z(cases[i][0]));
            assert_string_equal(b.data, cases[i][k + 1]);
            buf_release(&b);
        }
}

static void bad_bytes_stay(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    pystr_upper(&b, pystr_z("a\xff\xc3z"));
    assert_string_equal(b.data, "A\xff\xc3Z");
    assert_int_equal(pystr_len(pystr_z("a\xff\xc3z")), 4);
    buf_release(&b);
}

static void assert_text(struct pystr s, const char *expected)
{
    if (!pystr_equal(s, pystr_z(expected)))
        fail_msg("'%.*s', expected '%s'", (int)s.n_bytes, s.s, expected);
}

static void strips(void **state)
{
    (void)state;
    struct pystr s = pystr_z("\xe3\x80\x80\x1f a\xc2\xa0 \n\xe2\x80\xa9");
    assert_text(pystr_strip(s, NULL), "a");
    assert_text(pystr_lstrip(s, NULL), "a\xc2\xa0 \n\xe2\x80\xa9");
    assert_int_equal(pystr_n_trailing_space(s), 4);
    assert_int_equal(pystr_n_trailing_space(pystr_z("a\xe2\x80\x8b")),
                     0); /* zero width space is none */
    struct pystr chars = pystr_z("é.");
    assert_text(pystr_strip(pystr_z(".éaé.b.é"), &chars), "aé.b");
    assert_text(pystr_rstrip(pystr_z("..."), &chars), "");
    assert_text(pystr_rstrip(pystr_z("\xff. "), NULL), "\xff.");
}

static void slices_and_places(void **state)
{
    (void)state;
    struct pystr s = pystr_z("añ€😀z");
    assert_text(pystr_slice(s, 0, 2), "añ");
    assert_text(pystr_slice(s, 2, 4), "€😀");
    assert_text(pystr_slice(s, 4, 99), "z");
    assert_text(pystr_slice(s, 7, 9), "");
    assert_text(pystr_slice(s, 3, 1), "");
    assert_int_equal(pystr_find(s, pystr_z("😀")), 3);
    assert_int_equal(pystr_find_bytes(s, pystr_z("😀"), 0), 6);
    assert_int_equal(pystr_find(s, pystr_z("y")), -1);
    assert_int_equal(pystr_rfind(pystr_z("€a€"), pystr_z("€")), 2);
    assert_int_equal(pystr_rfind(pystr_z("€"), pystr_z("")), 1);
    assert_int_equal(pystr_count(pystr_z("aaaa"), pystr_z("aa")), 2);
    assert_int_equal(pystr_count(s, pystr_z("")), 6);
    assert_true(pystr_startswith(s, pystr_z("añ")) && !pystr_startswith(s, pystr_z("n")));
    assert_true(pystr_endswith(s, pystr_z("")) && pystr_endswith(s, pystr_z("😀z")));
}

static void replaces(void **state)
{
    (void)state;
    static const struct {
        const char *s, *old, *with, *expected;
        int64_t max;
    } rows[] = {
        {"aXbXc", "X", "--", "a--b--c", -1},
        {"aXbXc", "X", "", "abXc", 1},
        {"añ", "", ".", ".a.ñ.", -1},
        {"añ", "", ".", ".añ", 1},
        {"", "", "x", "x", -1},
        {"abc", "b", "z", "abc", 0},
        {"añ", "", ".", ".a.ñ.", 3},
        {"añ", "", ".", ".a.ñ", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf b = BUF_INIT;
        pystr_replace(&b, pystr_z(rows[i].s), pystr_z(rows[i].old), pystr_z(rows[i].with),
                      rows[i].max);
        assert_string_equal(b.data, rows[i].expected);
        buf_release(&b);
    }
}

static void splits(void **state)
{
    (void)state;
    static const struct {
        const char *s, *separator, *joined;
        int64_t max;
    } rows[] = {
        {" a  b\tc ", NULL, "a|b|c", -1},
        {" a b  c  ", NULL, "a|b  c  ", 1},
        {"  ", NULL, "", -1},
        {" a b ", NULL, "a b ", 0},
        {"a,b,,c", ",", "a|b||c", -1},
        {"a,b,,c", ",", "a|b,,c", 1},
        {"", ",", "", -1},
        {",", ",", "|", -1},
        {"a\xc2\xa0z", NULL, "a|z", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct pystr separator = pystr_z(rows[i].separator ? rows[i].separator : ""), part;
        struct pystr_split it =
            pystr_split(pystr_z(rows[i].s), rows[i].separator ? &separator : NULL, rows[i].max);
        struct buf b = BUF_INIT;
        for (int n = 0; pystr_next(&it, &part); n++) {
            buf_puts(&b, n ? "|" : "");
            buf_append(&b, part.s, part.n_bytes);
        }
        assert_string_equal(b.data, rows[i].joined);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(case_of_texts),
        cmocka_unit_test(bad_bytes_stay),
        cmocka_unit_test(strips),
        cmocka_unit_test(slices_and_places),
        cmocka_unit_test(replaces),
        cmocka_unit_test(splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
