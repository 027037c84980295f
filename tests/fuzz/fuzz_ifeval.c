/*
 * ifeval, filters and metrics of generated text on any bytes: the first byte picks the instruction, the rest is the
 * answer. A row that is right gives a verdict, the same each time, and what passes strictly passes loosely.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tasks/bleu.h"
#include "tasks/exact_match.h"
#include "tasks/ifeval.h"
#include "tasks/rouge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROW(id, kwargs) "{\"key\": 1, \"instruction_id_list\": [\"" id "\"], \"kwargs\": [" kwargs "]}"
static const char *const rows[] = {
    ROW("keywords:existence", "{\"keywords\": [\"cat\", \"i.\"]}"),
    ROW("keywords:frequency", "{\"keyword\": \"is\", \"frequency\": 2, \"relation\": \"at least\"}"),
    ROW("keywords:forbidden_words", "{\"forbidden_words\": [\"rock\"]}"),
    ROW("keywords:letter_frequency", "{\"letter\": \"q\", \"let_frequency\": 2, \"let_relation\": \"less than\"}"),
    ROW("language:response_language", "{\"language\": \"de\"}"),
    ROW("length_constraints:number_sentences", "{\"num_sentences\": 3, \"relation\": \"at least\"}"),
    ROW("length_constraints:number_paragraphs", "{\"num_paragraphs\": 2}"),
    ROW("length_constraints:number_words", "{\"num_words\": 5, \"relation\": \"less than\"}"),
    ROW("length_constraints:nth_paragraph_first_word",
        "{\"num_paragraphs\": 2, \"nth_paragraph\": 2, \"first_word\": \"it\"}"),
    ROW("detectable_content:number_placeholders", "{\"num_placeholders\": 2}"),
    ROW("detectable_content:postscript", "{\"postscript_marker\": \"P.S.\"}"),
    ROW("detectable_content:postscript", "{\"postscript_marker\": \"P.P.S\"}"),
    ROW("detectable_format:number_bullet_lists", "{\"num_bullets\": 2}"),
    ROW("detectable_format:constrained_response", "{}"),
    ROW("detectable_format:number_highlighted_sections", "{\"num_highlights\": 2}"),
    ROW("detectable_format:multiple_sections", "{\"section_spliter\": \"SECTION\", \"num_sections\": 2}"),
    ROW("detectable_format:json_format", "{}"),
    ROW("detectable_format:title", "{}"),
    ROW("combination:two_responses", "{}"),
    ROW("combination:repeat_prompt", "{\"prompt_to_repeat\": \"Say it\"}"),
    ROW("startend:end_checker", "{\"end_phrase\": \"The end.\"}"),
    ROW("startend:quotation", "{}"),
    ROW("change_case:capital_word_frequency", "{\"capital_frequency\": 2, \"capital_relation\": \"at least\"}"),
    ROW("change_case:english_capital", "{}"),
    ROW("change_case:english_lowercase", "{}"),
    ROW("punctuation:no_comma", "{}"),
};

static void promise(int is_kept, const char *what)
{
    if (is_kept)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static void check_instruction(const char *row, const char *text, size_t n)
{
    struct json *j;
    struct err err = {0};
    struct ifeval_verdict v, again;
    promise(json_parse(&j, row, strlen(row), "row", &err) == 0, err.msg);
    promise(ifeval_check(&v, json_root(j), text, n, &err) == 0, err.msg);
    promise(ifeval_check(&again, json_root(j), text, n, &err) == 0, err.msg);
    promise(v.n == 1 && (v.loose[0] || !v.strict[0]), "strict and not loose");
    promise(v.strict[0] == again.strict[0] && v.loose[0] == again.loose[0], "the same answer, another verdict");
    json_close(j);
}

static void check_metrics(const char *text, size_t n)
{
    struct pystr whole = pystr_of(text, n), half = pystr_of(text, n / 2);
    struct exact_match_options o = {.ignore_case = true, .ignore_punctuation = true};
    struct err err = {0};
    double score = -1, b = bleu(whole, half);
    struct rouge r = rouge(half, whole);
    promise(exact_match(&score, &o, whole, whole, &err) == 0 && score == 1, "a text is itself");
    promise(b >= 0 && b < 100.001, "BLEU from 0 to 100");
    promise(r.rouge1 >= 0 && r.rouge1 < 100.001 && r.rougelsum <= r.rouge1 + 0.001, "ROUGE from 0 to 100");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *row = rows[data[0] % (sizeof(rows) / sizeof(rows[0]))];
    check_instruction(row, (const char *)data + 1, size - 1);
    check_metrics((const char *)data + 1, size - 1 < 2000 ? size - 1 : 2000);
    return 0;
}
