/* test_rouge: rouge-score 0.1.2 through lm-evaluation-harness's truthfulqa/utils.py printed these. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tasks/rouge.h"

static const struct {
    const char *reference, *candidate;
    struct rouge score;
} cases[] = {
    {"The cat sat on the mat.", "The cat sat on the mat.", {100, 100, 100}},
    {"The cat sat on the mat.", "The cat is on the mat", {83.33333333333334, 60, 83.33333333333334}},
    {"It costs 3,5 or $4.", "It costs 3,5 or $ 4 .", {100, 100, 100}},
    {"a b\na b", "a b", {66.66666666666666, 50, 66.66666666666666}}, /* no word counts twice */
    {"x y z w", "a b c d", {0, 0, 0}},
    {"First one . Second one.\nThird", "Second one first . Third one", {100, 25, 100}},
    {"x", "", {0, 0, 0}},
    {"", "x", {0, 0, 0}},
};

static void as_rouge_score(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rouge r = rouge(pystr_z(cases[i].candidate), pystr_z(cases[i].reference));
        assert_true(r.rouge1 == cases[i].score.rouge1);
        assert_true(r.rouge2 == cases[i].score.rouge2);
        assert_true(r.rougelsum == cases[i].score.rougelsum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_rouge_score)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
