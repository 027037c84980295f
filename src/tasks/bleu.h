/*
 * bleu: BLEU of one sentence against one reference, 0 to 100, as TruthfulQA's generation task computes it.
 *
 * Words are split at punctuation and symbols (sacrebleu's tokenizer "intl"), 1- to 4-grams, brevity penalty, smoothing
 * "exp" (the k-th order without a match counts 1 / 2^k of a match), no effective order: a text of fewer than four
 * words has 0 (nearly), and one without any match exactly 0.
 *
 * Source  Papineni et al. 2002; sacrebleu 2.6.0 corpus_bleu of one sentence
 * Differs the properties of code points are utf8proc's (Unicode 15 for 2.8; the regex module of sacrebleu has a newer one)
 * Cost    O(n log n)        Tests   unit/test_bleu.c, reference/generation.py
 */
#ifndef PERBIT_TASKS_BLEU_H
#define PERBIT_TASKS_BLEU_H

#include "base/pystr.h"

double bleu(struct pystr candidate, struct pystr reference);

#endif
