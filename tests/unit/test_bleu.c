/* test_bleu: sacrebleu 2.6.0 (intl, exp) printed these; and n-grams shared by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tasks/bleu.h"
#include "tasks/tokens.h"

static const struct {
    const char *reference, *candidate;
    double score;
} cases[] = {
    {"The cat sat on the mat.", "The cat sat on the mat.", 100.00000000000004},
    {"The cat sat on the mat.", "The cat is on the mat", 32.159351091190125},
    {"It costs 3,5 or $4.", "It costs 3,5 or $ 4 .", 61.47881529512643},
    {"a b", "a b", 0},
    {"x y z w", "a b c d", 0},
    {"First one . Second one.\nThird", "Second one first . Third one", 20.547995616750768},
    {"x", "", 0},
};

static void as_sacrebleu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double found = bleu(pystr_z(cases[i].candidate), pystr_z(cases[i].reference));
        if (found != cases[i].score)
            fail_msg("'%s': %.17g, sacrebleu has %.17g", cases[i].candidate, found, cases[i].score);
    }
}

static void shared_ngrams(void **state)
{
    (void)state;
    static const char *const a[] = {"x", "y", "x", "y", "z"}, *const b[] = {"x", "y", "x", "w"};
    struct tokens s = {0}, t = {0};
    for (int i = 0; i < 5; i++)
        tokens_add(&s, pystr_z(a[i]));
    for (int i = 0; i < 4; i++)
        tokens_add(&t, pystr_z(b[i]));
    tokens_number(&s, &t);
    assert_int_equal(tokens_shared_ngrams(&s, &t, 1), 3); /* x twice, y once */
    assert_int_equal(tokens_shared_ngrams(&s, &t, 2), 2); /* xy once, yx */
    assert_int_equal(tokens_shared_ngrams(&s, &t, 3), 1);
    assert_int_equal(tokens_shared_ngrams(&s, &t, 5), 0);
    tokens_release(&s);
    tokens_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_sacrebleu), cmocka_unit_test(shared_ngrams)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
