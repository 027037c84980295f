/*
 * punkt: sentences of an English text, as NLTK 3.10.4's sent_tokenize finds them.
 *
 *   struct pystr *sentences;
 *   size_t n = punkt_split(&sentences, text, n_bytes);
 *   ... sentences[i].s, sentences[i].n_bytes ...
 *   free(sentences);
 *
 * Bytes that are not UTF-8 count as U+FFFD.
 *
 * Owns    *out by the caller; its texts are views of text
 * Cost    O(n), and a binary search in 20 000 words at each . ? !
 * Source  Kiss and Strunk 2006; nltk/tokenize/punkt.py of 3.10.4 (its regular expressions differ from 3.9's),
 *         tables of punkt_tab/english
 * Tests   unit/test_punkt.c, reference/sentences.py (WikiText-2 and made texts against NLTK), fuzz/fuzz_punkt.c
 */
#ifndef PERBIT_TASKS_PUNKT_H
#define PERBIT_TASKS_PUNKT_H

#include <stddef.h>

#include "base/pystr.h"

/* At least 1 for a text that is not blank; *out is NULL when it is 0. */
size_t punkt_split(struct pystr **out, const char *text, size_t n_bytes);
size_t punkt_count(const char *text, size_t n_bytes);

#endif
