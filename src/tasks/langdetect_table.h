/*
 * langdetect_table: the profiles of langdetect 1.0.9, inside the program (tools/make_tables.py made them at set-up).
 *
 * A language is a number from 0 to langdetect_n_langs() - 1, in the alphabetical order of the codes. A gram is a
 * number too; what is known of it are pairs (language, probability), a language without a pair has probability 0.
 *
 * Owns    nothing: all is constant      Cost  langdetect_gram_find: O(log n) of about 66 000 grams
 */
#ifndef PERBIT_TASKS_LANGDETECT_TABLE_H
#define PERBIT_TASKS_LANGDETECT_TABLE_H

#include <stdint.h>

enum { LANGDETECT_LANGS_MAX = 64 };

int langdetect_n_langs(void);
const char *langdetect_lang(int lang); /* "en", "zh-cn" */

/* The gram of 1 to 3 code points, or -1. */
int langdetect_gram_find(const int32_t *codes, int n_codes);
/* prob[lang] of each language. */
void langdetect_gram_probs(int gram, double prob[LANGDETECT_LANGS_MAX]);

/* The Kanji that stands for c's class, or c. */
int32_t langdetect_kanji(int32_t c);
/* Vietnamese: the one code point for letter + mark, or 0. */
int32_t langdetect_compose(int32_t letter, int32_t mark);

#endif
