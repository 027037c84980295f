/* test_verdict: every place of an interval against the margin. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "near.h"
#include "stats/verdict.h"

static void places(void **state)
{
    (void)state;
    static const struct { double low, high, margin; const char *name; } cases[] = {
        { -0.5, 0.5, 1, "same" },       { -0.9, -0.2, 1, "same" },       { -1, 1, 1, "same" },
        { -1.5, 0.5, 1, "undecided" },  { -1.5, -0.5, 1, "undecided" },  { -2, 2, 1, "undecided" },
        { -3, -1.5, 1, "worse" },       { 1.1, 2, 1, "better" },         { 0.5, 1.5, 1, "undecided" },
        { -0.9, -0.2, 0, "worse" },     { 0.1, 0.2, 0, "better" },       { -0.1, 0.2, 0, "undecided" },
        { 0, 0, 0, "same" },            { NAN, NAN, 1, "undecided" },    { -1.5, -1, 1, "undecided" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(
            verdict_name(verdict_of((struct interval){ cases[i].low, cases[i].high }, cases[i].margin)), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(places) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
