/* test_nltkwords: tokens as NLTK 3.10.4's word_tokenize printed them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tasks/nltkwords.h"

static const struct {
    const char *text, *tokens;
} cases[] = {
    {"\"I can't,\" he said, 'tis gonna cost $3.88--cannot!",
     "``\nI\nca\nn't\n,\n''\nhe\nsaid\n,\n'\ntis\ngon\nna\ncost\n$\n3.88\n--\ncan\nnot\n!\n"},
    {"They'll say it's O'Neil's (ok).", "They\n'll\nsay\nit\n's\nO'Neil\n's\n(\nok\n)\n.\n"},
    {"a:b, 1:2 :c,", "a\n:\nb\n,\n1:2\n:\nc\n,\n"},
    {"\xe2\x80\x98x\xe2\x80\x99 a\xe2\x80\x94" "b...",
     "\xe2\x80\x98\nx\n\xe2\x80\x99\na\n\xe2\x80\x94\nb\n...\n"},
    {"", ""},
};

static void as_nltk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        assert_int_equal(nltkwords_split(&out, cases[i].text, strlen(cases[i].text), &err), 0);
        assert_string_equal(out.data, cases[i].tokens);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_nltk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
