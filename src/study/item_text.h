/*
 * item_text: a question, its answer and its options as short texts for people: one line, cut.
 *
 * short      white space as single spaces, at most some 160 bytes, "..." where it was cut, never inside a character
 * question   what a row asks, by the column that usually has it ("question", "ctx" ...); else the end of the context,
 *            where examples come first and the question last; NULL: neither is there
 * asked      that of an item
 * gold       the right option, or the text that was expected
 *
 * Errors  none     Owns  texts in the arena     Tests  cli/verdicts.sh, unit/test_questions.c
 */
#ifndef PERBIT_STUDY_ITEM_TEXT_H
#define PERBIT_STUDY_ITEM_TEXT_H

#include <yyjson.h>

#include "base/arena.h"
#include "core/item.h"

const char *item_text_short(struct arena *a, const char *text, size_t n_bytes);
const char *item_text_question(struct arena *a, yyjson_val *doc, const char *context, size_t n_bytes);
const char *item_text_asked(struct arena *a, const struct item *item);
const char *item_text_choice(struct arena *a, const struct item *item, int i); /* NULL: there is no such option */
const char *item_text_gold(struct arena *a, const struct item *item);

#endif
