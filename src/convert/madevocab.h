/*
 * madevocab: tokenizer.* keys of a vocabulary that is made up: as many tokens as the model has, and a tokenizer that works,
 * for models whose weights are made up too (shape.h).
 *
 * "bpe": GPT-2's 256 byte tokens, then words of the letters a to z in the order aa, ab .. zz, aaa ..; n_merges merges that build
 * them (0: one a word), and four control tokens at the end. "sentencepiece": control tokens, 256 byte tokens, words.
 * A vocabulary takes as much memory as its number of tokens and merges says: short texts all take the same.
 * Errors  ERR_RANGE too few or too many tokens       Tests  unit/test_shape.c, model/preview.sh (the engine reads it)
 */
#ifndef PERBIT_CONVERT_MADEVOCAB_H
#define PERBIT_CONVERT_MADEVOCAB_H

#include "base/err.h"
#include "convert/ggufout.h"

int madevocab_put(struct ggufout *g, const char *kind, int64_t n_tokens, int64_t n_merges, struct err *err);

#endif
