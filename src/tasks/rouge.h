/*
 * rouge: ROUGE-1, ROUGE-2 and ROUGE-Lsum of a text against one reference: F-measures, 0 to 100.
 *
 * Words are runs of a-z and 0-9 of the lower-cased text, without stemming. " . " becomes ".\n" first, and Lsum takes
 * lines for sentences: for each of the reference's, the union of its longest common subsequences with each of the
 * text's, no word counted more often than either text has it.
 *
 * Source  Lin 2004; rouge-score 0.1.2 (RougeScorer without stemmer), lm-evaluation-harness's truthfulqa/utils.py
 * Cost    ROUGE-Lsum: words of the text times words of the reference
 * Tests   unit/test_rouge.c, reference/generation.py
 */
#ifndef PERBIT_TASKS_ROUGE_H
#define PERBIT_TASKS_ROUGE_H

#include "base/pystr.h"

struct rouge {
    double rouge1, rouge2, rougelsum;
};

struct rouge rouge(struct pystr candidate, struct pystr reference);

#endif
