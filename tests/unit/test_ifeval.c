/*
 * test_ifeval: verdicts that lm-evaluation-harness 0.4.13 gave (langdetect with seed 0, NLTK 3.10.4), each checker;
 * 70 000 more are compared in tests/reference.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "tasks/ifeval.h"

static const struct {
    const char *id, *kwargs, *response;
    int strict, loose;
} cases[] = {
    {"keywords:existence", "{\"keywords\": [\"cat\", \"Dog\"]}",
     "The CAT and the dog", true, true},
    {"keywords:existence", "{\"keywords\": [\"cat\", \"Dog\"]}",
     "cats only", false, false},
    {"keywords:existence", "{\"keywords\": [\"cat\", \"Dog\"]}",
     "Cat\ndog", true, true},
    {"keywords:existence", "{\"keywords\": [\"istanbul\", \"k+\"]}",
     "\304\260STANBUL \342\204\252", true, true},
    {"keywords:existence", "{\"keywords\": [\"istanbul\", \"k+\"]}",
     "istanbul", false, false},
    {"keywords:frequency", "{\"keyword\": \"no \", \"frequency\": 2, \"relation\": \"at least\"}",
     "no nonsense", true, true},
    {"keywords:frequency", "{\"keyword\": \"no \", \"frequency\": 2, \"relation\": \"at least\"}",
     "No.", false, false},
    {"keywords:frequency", "{\"keyword\": \"no \", \"frequency\": 2, \"relation\": \"at least\"}",
     "n o", false, false},
    {"keywords:frequency", "{\"keyword\": \"aa\", \"frequency\": 3, \"relation\": \"less than\"}",
     "aaaaa", true, true},
    {"keywords:frequency", "{\"keyword\": \"aa\", \"frequency\": 3, \"relation\": \"less than\"}",
     "aaaaaa", false, false},
    {"keywords:forbidden_words", "{\"forbidden_words\": [\"rock\", \"caf\\u00e9\"]}",
     "rocks and rocket", true, true},
    {"keywords:forbidden_words", "{\"forbidden_words\": [\"rock\", \"caf\\u00e9\"]}",
     "a Rock.", false, false},
    {"keywords:forbidden_words", "{\"forbidden_words\": [\"rock\", \"caf\\u00e9\"]}",
     "CAF\303\211!", false, false},
    {"keywords:forbidden_words", "{\"forbidden_words\": [\"rock\", \"caf\\u00e9\"]}",
     "rock*s", false, true},
    {"keywords:letter_frequency", "{\"letter\": \"Q\", \"let_frequency\": 2, \"let_relation\": \"at least\"}",
     "Quick q", true, true},
    {"keywords:letter_frequency", "{\"letter\": \"Q\", \"let_frequency\": 2, \"let_relation\": \"at least\"}",
     "quick", false, false},
    {"language:response_language", "{\"language\": \"hi\"}",
     "\340\244\250\340\244\256\340\244\270\340\245\215\340\244\244\340\245\207 \340\244\246\340\245\201\340\244\250\340\244\277\340\244\257\340\244\276\340\245\244 \340\244\257\340\244\271 \340\244\271\340\244\277\340\244\250\340\245\215\340\244\246\340\245\200 \340\244\256\340\245\207\340\244\202 \340\244\262\340\244\277\340\244\226\340\244\276 \340\244\271\340\245\201\340\244\206 \340\244\217\340\244\225 \340\244\265\340\244\276\340\244\225\340\245\215\340\244\257 \340\244\271\340\245\210\340\245\244", true, true},
    {"language:response_language", "{\"language\": \"hi\"}",
     "Hello there, this is English", false, false},
    {"language:response_language", "{\"language\": \"hi\"}",
     "12345", true, true},
    {"length_constraints:number_sentences", "{\"num_sentences\": 3, \"relation\": \"at least\"}",
     "Mr. Smith left. He was late! Why?", true, true},
    {"length_constraints:number_sentences", "{\"num_sentences\": 3, \"relation\": \"at least\"}",
     "One. Two.", false, false},
    {"length_constraints:number_sentences", "{\"num_sentences\": 3, \"relation\": \"at least\"}",
     "1. First item\n2. Second item\nNo end", true, true},
    {"length_constraints:number_paragraphs", "{\"num_paragraphs\": 2}",
     "a *** b", true, true},
    {"length_constraints:number_paragraphs", "{\"num_paragraphs\": 2}",
     "*** a *** b ***", true, true},
    {"length_constraints:number_paragraphs", "{\"num_paragraphs\": 2}",
     "a *** *** b", false, false},
    {"length_constraints:number_paragraphs", "{\"num_paragraphs\": 2}",
     "a\n***\nb\n***\nc", false, true},
    {"length_constraints:number_words", "{\"num_words\": 3, \"relation\": \"less than\"}",
     "one two", true, true},
    {"length_constraints:number_words", "{\"num_words\": 3, \"relation\": \"less than\"}",
     "it's one", false, false},
    {"length_constraints:number_words", "{\"num_words\": 3, \"relation\": \"less than\"}",
     "\340\244\250\340\244\256\340\244\270\340\245\215\340\244\244\340\245\207 \340\244\271\340\244\277\340\244\250\340\245\215\340\244\246\340\245\200", true, true},
    {"length_constraints:number_words", "{\"num_words\": 3, \"relation\": \"less than\"}",
     "\302\275 \302\275 \302\275", true, true},
    {"length_constraints:nth_paragraph_first_word", "{\"num_paragraphs\": 2, \"nth_paragraph\": 2, \"first_word\": \"Weekend\"}",
     "Hi\n\n'\"weekend's here", true, true},
    {"length_constraints:nth_paragraph_first_word", "{\"num_paragraphs\": 2, \"nth_paragraph\": 2, \"first_word\": \"Weekend\"}",
     "weekend\n\nno", false, false},
    {"length_constraints:nth_paragraph_first_word", "{\"num_paragraphs\": 2, \"nth_paragraph\": 2, \"first_word\": \"Weekend\"}",
     "a\n\nb\n\nweekend", false, true},
    {"length_constraints:nth_paragraph_first_word", "{\"num_paragraphs\": 2, \"nth_paragraph\": 2, \"first_word\": \"Weekend\"}",
     "a\n\n\n\nweekend", false, false},
    {"detectable_content:number_placeholders", "{\"num_placeholders\": 2}",
     "[a] [b]", true, true},
    {"detectable_content:number_placeholders", "{\"num_placeholders\": 2}",
     "[a\nb] [c]", false, false},
    {"detectable_content:number_placeholders", "{\"num_placeholders\": 2}",
     "[[a]]", false, false},
    {"detectable_content:number_placeholders", "{\"num_placeholders\": 2}",
     "[] []", true, true},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.S.\"}",
     "bye P. s. x", true, true},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.S.\"}",
     "PS. x", false, false},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.S.\"}",
     "p.\302\240s.", true, true},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.P.S\"}",
     "P.P.S yes", true, true},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.P.S\"}",
     "p.p. s", true, true},
    {"detectable_content:postscript", "{\"postscript_marker\": \"P.P.S\"}",
     "P.S.", false, false},
    {"detectable_format:number_bullet_lists", "{\"num_bullets\": 2}",
     "* a\n* b", true, true},
    {"detectable_format:number_bullet_lists", "{\"num_bullets\": 2}",
     "- a\n\n\n  * b", true, true},
    {"detectable_format:number_bullet_lists", "{\"num_bullets\": 2}",
     "*\nx\n- y\n", true, true},
    {"detectable_format:number_bullet_lists", "{\"num_bullets\": 2}",
     "**a**\n* b\n---", true, true},
    {"detectable_format:number_bullet_lists", "{\"num_bullets\": 2}",
     "* a\015\n* b\015\n* c", false, true},
    {"detectable_format:constrained_response", "{}",
     " My answer is no. ok", true, true},
    {"detectable_format:constrained_response", "{}",
     "my answer is no.", false, false},
    {"detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}",
     "*a* and *b*", true, true},
    {"detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}",
     "**a** **b**", true, true},
    {"detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}",
     "***a***", true, true},
    {"detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}",
     "* * *b*", false, false},
    {"detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}",
     "*a\nb* *c*", false, false},
    {"detectable_format:multiple_sections", "{\"section_spliter\": \"SECTION\", \"num_sections\": 2}",
     "SECTION 1\na\nSECTION2 b", true, true},
    {"detectable_format:multiple_sections", "{\"section_spliter\": \"SECTION\", \"num_sections\": 2}",
     "Section 1 Section 2", false, false},
    {"detectable_format:multiple_sections", "{\"section_spliter\": \"SECTION\", \"num_sections\": 2}",
     "SECTION \331\243 SECTION 4", true, true},
    {"detectable_format:json_format", "{}",
     "```json\n{\"a\": [1, NaN]}\n```", true, true},
    {"detectable_format:json_format", "{}",
     "{\"a\": 1,}", false, false},
    {"detectable_format:json_format", "{}",
     "```JSON\n\"x\"```", true, true},
    {"detectable_format:json_format", "{}",
     "{\"a\": \"\011\"}", false, false},
    {"detectable_format:json_format", "{}",
     "[1e5, \"\\ud800\"]", true, true},
    {"detectable_format:json_format", "{}",
     "01", false, false},
    {"detectable_format:title", "{}",
     "<<A title>>", true, true},
    {"detectable_format:title", "{}",
     "<< >>", false, false},
    {"detectable_format:title", "{}",
     "<<a\n>>", false, false},
    {"detectable_format:title", "{}",
     "x <<<b> >>", true, true},
    {"combination:two_responses", "{}",
     "a ****** b", true, true},
    {"combination:two_responses", "{}",
     "a ****** a", false, false},
    {"combination:two_responses", "{}",
     "******a******b******", true, true},
    {"combination:two_responses", "{}",
     "a ****** ****** b", false, false},
    {"combination:repeat_prompt", "{\"prompt_to_repeat\": \"Write it.\"}",
     "\nwrite IT. Done", true, true},
    {"combination:repeat_prompt", "{\"prompt_to_repeat\": \"Write it.\"}",
     "Done. Write it.", false, false},
    {"startend:end_checker", "{\"end_phrase\": \"Any questions?\"}",
     "So \"any QUESTIONS?\"\n", true, true},
    {"startend:end_checker", "{\"end_phrase\": \"Any questions?\"}",
     "Any questions? No.", false, false},
    {"startend:end_checker", "{\"end_phrase\": \"Any questions?\"}",
     "Any questions?\nNo.", false, true},
    {"startend:quotation", "{}",
     "\"a\"\n", true, true},
    {"startend:quotation", "{}",
     "\"", false, false},
    {"startend:quotation", "{}",
     "\342\200\234a\342\200\235", false, false},
    {"startend:quotation", "{}",
     "x\n\"a\"", false, true},
    {"change_case:capital_word_frequency", "{\"capital_frequency\": 2, \"capital_relation\": \"at least\"}",
     "NASA met the FBI.", true, true},
    {"change_case:capital_word_frequency", "{\"capital_frequency\": 2, \"capital_relation\": \"at least\"}",
     "A dog", false, false},
    {"change_case:capital_word_frequency", "{\"capital_frequency\": 2, \"capital_relation\": \"at least\"}",
     "CAN'T", true, true},
    {"change_case:english_capital", "{}",
     "THIS IS AN ENGLISH SENTENCE WITH MANY WORDS.", false, false},
    {"change_case:english_capital", "{}",
     "This is English.", false, false},
    {"change_case:english_capital", "{}",
     "DAS IST EIN DEUTSCHER SATZ MIT VIELEN W\303\226RTERN.", false, false},
    {"change_case:english_lowercase", "{}",
     "this is an english sentence with many words.", true, true},
    {"change_case:english_lowercase", "{}",
     "this Is english.", false, false},
    {"change_case:english_lowercase", "{}",
     "\321\215\321\202\320\276 \320\277\321\200\320\265\320\264\320\273\320\276\320\266\320\265\320\275\320\270\320\265", false, false},
    {"punctuation:no_comma", "{}",
     "a; b", true, true},
    {"punctuation:no_comma", "{}",
     "a, b", false, false},
    {"punctuation:no_comma", "{}",
     "one\ntwo, three", false, true},
};

static struct json *row_of(const char *id, const char *kwargs)
{
    struct json *j;
    struct buf b = BUF_INIT;
    struct err err = {0};
    buf_printf(&b, "{\"key\": 7, \"prompt\": \"p\", \"instruction_id_list\": [\"%s\"], \"kwargs\": [%s]}", id, kwargs);
    if (json_parse(&j, b.data, b.len, "row", &err))
        fail_msg("%s", err.msg);
    buf_release(&b);
    return j;
}

static void as_lm_eval(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *j = row_of(cases[i].id, cases[i].kwargs);
        struct ifeval_verdict v;
        struct err err = {0};
        if (ifeval_check(&v, json_root(j), cases[i].response, strlen(cases[i].response), &err))
            fail_msg("%s", err.msg);
        if (v.n != 1 || v.strict[0] != cases[i].strict || v.loose[0] != cases[i].loose)
            fail_msg("%s %s on '%s': strict %d, loose %d", cases[i].id, cases[i].kwargs, cases[i].response,
                     v.strict[0], v.loose[0]);
        json_close(j);
    }
}

/* lm-evaluation-harness draws a letter here; perbit counts the character. */
static void a_letter_that_is_none(void **state)
{
    (void)state;
    struct json *j = row_of("keywords:letter_frequency",
                            "{\"letter\": \"#\", \"let_frequency\": 2, \"let_relation\": \"at least\"}");
    struct ifeval_verdict v;
    struct err err = {0};
    assert_int_equal(ifeval_check(&v, json_root(j), "# a #b", 6, &err), 0);
    assert_true(v.strict[0]);
    assert_int_equal(ifeval_check(&v, json_root(j), "# eeee", 6, &err), 0);
    assert_false(v.strict[0]);
    json_close(j);
}

static const struct {
    const char *id, *kwargs, *message;
} errors[] = {
    {"no:such", "{}", "IFEval row with key 7: unknown instruction 'no:such'"},
    {"length_constraints:number_words", "{\"num_words\": 0, \"relation\": \"at least\"}",
     "IFEval row with key 7, instruction length_constraints:number_words: argument 'num_words': expected a number above 0"},
    {"length_constraints:number_words", "{\"num_words\": 3, \"relation\": \"about\"}",
     "IFEval row with key 7, instruction length_constraints:number_words: argument 'relation': expected 'less than' or "
     "'at least'"},
    {"keywords:existence", "{\"keywords\": []}",
     "IFEval row with key 7, instruction keywords:existence: argument 'keywords': expected a list of texts"},
    {"length_constraints:nth_paragraph_first_word",
     "{\"num_paragraphs\": 1, \"nth_paragraph\": 2, \"first_word\": \"a\"}",
     "IFEval row with key 7, instruction length_constraints:nth_paragraph_first_word: argument 'nth_paragraph': expected"
     " at most 'num_paragraphs', 1"},
    {"startend:end_checker", "{\"end_phrase\": null}",
     "IFEval row with key 7, instruction startend:end_checker: argument 'end_phrase': expected text that is not empty"},
};

static void bad_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct json *j = row_of(errors[i].id, errors[i].kwargs);
        struct ifeval_verdict v;
        struct err err = {0};
        assert_int_equal(ifeval_check(&v, json_root(j), "text", 4, &err), -1);
        assert_string_equal(err.msg, errors[i].message);
        json_close(j);
    }
}

static void measures_of_a_row(void **state)
{
    (void)state;
    struct json *j;
    struct err err = {0};
    static const char row[] = "{\"key\": 1, \"instruction_id_list\": [\"punctuation:no_comma\", \"startend:quotation\"], "
                              "\"kwargs\": [{}, {}]}";
    assert_int_equal(json_parse(&j, row, strlen(row), "row", &err), 0);
    struct measures m = {0};
    assert_int_equal(ifeval_score(&m, json_root(j), "x\n\"a\"", 5, &err), 0);
    static const struct measure expected[] = {{"prompt_level_strict_acc", 0, 1},
                                              {"inst_level_strict_acc", 1, 2},
                                              {"prompt_level_loose_acc", 1, 1},
                                              {"inst_level_loose_acc", 2, 2}};
    assert_int_equal(m.n, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(m.v[i].name, expected[i].name);
        assert_true(m.v[i].sum == expected[i].sum);
        assert_int_equal(m.v[i].n, expected[i].n);
    }
    json_close(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_lm_eval), cmocka_unit_test(a_letter_that_is_none),
                                       cmocka_unit_test(bad_rows), cmocka_unit_test(measures_of_a_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
