/* test_think: reasoning and answer of texts as models write them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tasks/think.h"

static void check(const char *text, bool is_open, const char *reasoning, const char *answer)
{
    struct think t = think_split((struct text){ text, strlen(text) }, is_open);
    if (t.reasoning.n_bytes != strlen(reasoning) || memcmp(t.reasoning.s, reasoning, strlen(reasoning)) != 0)
        fail_msg("'%s': reasoning '%.*s'", text, (int)t.reasoning.n_bytes, t.reasoning.s);
    if (t.answer.n_bytes != strlen(answer) || memcmp(t.answer.s, answer, strlen(answer)) != 0)
        fail_msg("'%s': answer '%.*s'", text, (int)t.answer.n_bytes, t.answer.s);
}

static void splits(void **state)
{
    (void)state;
    check(" 42 ", false, "", " 42 "); /* no reasoning: whitespace stays */
    check("", false, "", "");
    check("<think>2 + 2</think>\n\n4 ", false, "2 + 2", "4 ");
    check("\n<think>a", false, "a", ""); /* no end: no answer */
    check("so it is</think> 4", true, "so it is", "4"); /* the prompt had the tag */
    check("so it is", true, "so it is", "");
    check("<think></think>4", false, "", "4");
    check("<think>a</think>b</think>c", false, "a</think>b", "c");
    check("I say <think> aloud", false, "", "I say <think> aloud");
}

static void prompts(void **state)
{
    (void)state;
    assert_true(think_is_open((struct text){ "<|assistant|><think>\n", 21 }));
    assert_false(think_is_open((struct text){ "<think></think>", 15 }));
    assert_false(think_is_open((struct text){ "", 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(splits), cmocka_unit_test(prompts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
