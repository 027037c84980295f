/*
 * ifeval_check: the 25 checkers, private to ifeval*.c. Each says in *out whether the text follows the instruction;
 * -1 where an argument is missing or senseless. A text is never blank here.
 *
 * kwargs   the row's arguments of this instruction; NULL and falsy values are absent, as in lm-evaluation-harness
 */
#ifndef PERBIT_TASKS_IFEVAL_CHECK_H
#define PERBIT_TASKS_IFEVAL_CHECK_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/err.h"
#include "base/pystr.h"

typedef int ifeval_check_fn(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err);

ifeval_check_fn ifeval_existence, ifeval_frequency, ifeval_forbidden_words, ifeval_letter_frequency;
ifeval_check_fn ifeval_number_sentences, ifeval_number_paragraphs, ifeval_number_words, ifeval_nth_paragraph;
ifeval_check_fn ifeval_placeholders, ifeval_postscript, ifeval_bullets, ifeval_constrained, ifeval_highlights,
    ifeval_sections, ifeval_json, ifeval_title;
ifeval_check_fn ifeval_language, ifeval_english_capital, ifeval_english_lowercase, ifeval_capital_words,
    ifeval_two_responses, ifeval_repeat_prompt, ifeval_end, ifeval_quotation, ifeval_no_comma;

/* Arguments: -1 with the argument's name in the message. */
int ifeval_text(struct pystr *out, yyjson_val *kwargs, const char *key, struct err *err);
int ifeval_list(yyjson_val **out, yyjson_val *kwargs, const char *key, struct err *err); /* of texts */
int ifeval_number(double *out, yyjson_val *kwargs, const char *key, struct err *err);    /* > 0 */
/* *out = count < or >= the number, as the relation says ("less than", "at least"). */
int ifeval_compare(bool *out, size_t count, yyjson_val *kwargs, const char *number, const char *relation,
                   struct err *err);

/* str.strip */
struct pystr ifeval_strip(struct pystr s);
bool ifeval_is_blank(struct pystr s);

#endif
