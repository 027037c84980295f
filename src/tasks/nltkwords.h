/*
 * nltkwords: words and punctuation of an English text, as NLTK 3.10.4's word_tokenize splits them.
 *
 *   struct buf tokens = BUF_INIT;
 *   nltkwords_split(&tokens, text, n_bytes, err);       each token and a '\n'
 *   struct pystr_split it = pystr_split(pystr_of(tokens.data, tokens.len), NULL, -1);
 *
 * Sentences come from punkt.h; quotes become `` and '' as in the Penn Treebank.
 *
 * Errors  ERR_RANGE from the regular expressions
 * Cost    35 substitutions over each sentence
 * Source  nltk/tokenize/destructive.py of 3.10.4 (NLTKWordTokenizer)
 * Tests   unit/test_nltkwords.c, reference/sentences.py
 */
#ifndef PERBIT_TASKS_NLTKWORDS_H
#define PERBIT_TASKS_NLTKWORDS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

int nltkwords_split(struct buf *out, const char *text, size_t n_bytes, struct err *err);

#endif
