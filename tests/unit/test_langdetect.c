/* test_langdetect: probabilities as langdetect 1.0.9 printed them, seed 0, profiles in the order of their names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tasks/langdetect.h"
#include "tasks/langdetect_table.h"

static const struct {
    const char *text, *lang;
    double probability;
} cases[] = {
    {"hello world", "en", 0.5714265064335504},
    {"This is an English sentence.", "en", 0.9999965199539704},
    {"THE QUICK BROWN FOX IST GUT", "en", 0.8571405988644888}, /* of words in capitals only the first letters count */
    {"Das ist ein deutscher Satz.", "de", 0.9999975739159883},
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87\xe3\x81\xa7\xe3\x81\x99\xe3\x80\x82", "ja",
     0.9999969166530919},
    {"Ti\xc3\xaa\xcc\x81ng Vi\xc3\xaa\xcc\xa3t", "vi", 0.9999998320850776}, /* letters and marks apart */
};

static void as_langdetect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct langdetect_guess g[LANGDETECT_GUESSES_MAX];
        assert_true(langdetect_guesses(g, cases[i].text, strlen(cases[i].text)) >= 1);
        assert_string_equal(g[0].lang, cases[i].lang);
        assert_true(g[0].probability == cases[i].probability);
        assert_string_equal(langdetect(cases[i].text, strlen(cases[i].text)), cases[i].lang);
    }
}

static void two_guesses(void **state)
{
    (void)state;
    struct langdetect_guess g[LANGDETECT_GUESSES_MAX];
    assert_int_equal(langdetect_guesses(g, "hello world", 11), 2);
    assert_string_equal(g[1].lang, "nl");
    assert_true(g[1].probability == 0.42857349119222704);
}

static void nothing_to_see(void **state)
{
    (void)state;
    assert_null(langdetect("", 0));
    assert_null(langdetect("123 !", 5));
    assert_null(langdetect("http://example.com/a me@example.com", 35));
}

static void tables(void **state)
{
    (void)state;
    int32_t the[] = {'t', 'h', 'e'}, none[] = {'q', 'q', 'q'};
    double prob[LANGDETECT_LANGS_MAX];
    assert_int_equal(langdetect_n_langs(), 55);
    assert_string_equal(langdetect_lang(54), "zh-tw");
    assert_int_equal(langdetect_gram_find(none, 3), -1);
    int gram = langdetect_gram_find(the, 3);
    assert_true(gram >= 0);
    langdetect_gram_probs(gram, prob);
    assert_string_equal(langdetect_lang(10), "en");
    assert_true(prob[10] > prob[8] && prob[8] > 0); /* de */
    assert_int_equal(langdetect_compose('a', 0x301), 0xe1);
    assert_int_equal(langdetect_compose('b', 0x301), 0);
    assert_int_equal(langdetect_kanji(0x6934), 0x4f7c);
    assert_int_equal(langdetect_kanji(0x4e00 + 0x51ff), 0x4e00 + 0x51ff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_langdetect), cmocka_unit_test(two_guesses),
                                       cmocka_unit_test(nothing_to_see), cmocka_unit_test(tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
