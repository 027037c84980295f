/* test_punkt: sentences as NLTK 3.10.4 printed them; all of WikiText-2 is compared in tests/reference. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tasks/punkt.h"
#include "tasks/punkt_table.h"

static const struct {
    const char *text, *sentences; /* with | behind each */
} cases[] = {
    {"Wait... What? No! \"Yes.\" she said. (Done.) Next", "Wait... What?|No!|\"Yes.\"|she said.|(Done.)|Next|"},
    {"1. First item\n2. Second item\nNo end", "1.|First item\n2.|Second item\nNo end|"},
    {"He said \xe2\x80\x9cHi there.\xe2\x80\x9d Then left. U.S. Army. J. R. Bach. Version 2.5. End",
     "He said \xe2\x80\x9cHi there.\xe2\x80\x9d|Then left.|U.S. Army.|J. R. Bach.|Version 2.5.|End|"},
    {"Hello!!! Really?! Yes.", "Hello!!!|Really?!|Yes.|"},
    {"Dr. Smith went to Washington. He arrived at 5 p.m. on Friday.",
     "Dr. Smith went to Washington.|He arrived at 5 p.m. on Friday.|"},
    {"A. . . B. c", "A. .|.|B. c|"},
    {"(a.) 'b.' c", "(a.)|'b.'|c|"},
    {"\x1cMr. LESS", "\x1cMr.|LESS|"}, /* no space to the regex module, hence no known abbreviation */
    {"a.\xc2\xa0.\xc2\xa0.x The", "a.\xc2\xa0.|.x The|"},
    {"Mr.\xc2\xa0.\xc2\xa0.\xc2\xa0" "B c", "Mr.\xc2\xa0.\xc2\xa0.|B c|"},
    {"etc.\xc2\xa0.\xc2\xa0.\xc2\xa0most. b", "etc.\xc2\xa0.\xc2\xa0.\xc2\xa0most.|b|"},
    {"", ""},
    {" \n", ""},
    {"  x. ", "  x.|"},
};

static void as_nltk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = BUF_INIT;
        struct pystr *v;
        size_t n = punkt_split(&v, cases[i].text, strlen(cases[i].text));
        for (size_t k = 0; k < n; k++) {
            buf_append(&out, v[k].s, v[k].n_bytes);
            buf_putc(&out, '|');
        }
        assert_string_equal(out.data, cases[i].sentences);
        assert_int_equal(punkt_count(cases[i].text, strlen(cases[i].text)), n);
        free(v);
        buf_release(&out);
    }
}

static void table_is_there(void **state)
{
    (void)state;
    assert_int_equal(punkt_flags_of("mr", 2) & PUNKT_ABBREVIATION, PUNKT_ABBREVIATION);
    assert_int_equal(punkt_flags_of("most", 4) & PUNKT_STARTER, PUNKT_STARTER);
    assert_int_equal(punkt_flags_of("less", 4), PUNKT_BEG_UC | PUNKT_MID_UC | PUNKT_MID_LC); /* 38 in punkt_tab */
    assert_int_equal(punkt_flags_of("qqqq", 4), 0);
    assert_int_equal(punkt_flags_of("", 0), 0);
    assert_true(punkt_is_collocation("##number##\trj", 13));
    assert_false(punkt_is_collocation("rj\t##number##", 13));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_nltk), cmocka_unit_test(table_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
