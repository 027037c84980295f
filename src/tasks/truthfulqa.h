/*
 * truthfulqa: scores of an answer to a question of TruthfulQA (generation).
 *
 *   bleu_max bleu_acc bleu_diff rouge1_max ... rouge2_max ... rougeL_max rougeL_acc rougeL_diff
 *
 * max: the best score against the right answers; diff: less the best against the wrong ones; acc: 1 if it is above 0.
 *
 * doc     a row after lm-evaluation-harness's process_docs: correct_answers, incorrect_answers (lists of texts, neither
 *         empty)
 * Errors  ERR_FORMAT
 * Source  lm-evaluation-harness 0.4.13 tasks/truthfulqa/utils.py (process_results_gen); BLEURT is left out there too
 * Cost    words of the answer times words of all references
 * Tests   unit/test_truthfulqa.c, reference/generation.py
 */
#ifndef PERBIT_TASKS_TRUTHFULQA_H
#define PERBIT_TASKS_TRUTHFULQA_H

#include <stddef.h>
#include <yyjson.h>

#include "base/err.h"
#include "tasks/measures.h"

int truthfulqa_score(struct measures *out, yyjson_val *doc, const char *response, size_t n_bytes, struct err *err);

#endif
