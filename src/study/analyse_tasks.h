/*
 * analyse_tasks: scores of tasks, from the store: one row a (level of a model, task, metric), then its groups and the
 * composite of the Open LLM Leaderboard's first version.
 *
 *   unit "task"       mean over the documents; interval: Wilson's for right-or-wrong scores, else normal
 *        "group"      pooled over its tasks, every document alike, as lm-eval reports groups; row "macro" has
 *                     every task alike
 *        "composite"  row "raw": mean of MMLU acc, HellaSwag acc_norm, ARC-Challenge acc_norm, TruthfulQA mc2 and
 *                     GSM8K exact_match, when all five are there; row "normalised": the same after (x - b) / (1 - b)
 *                     with b = 0.25, of TruthfulQA mc2 0.464 (a uniform model on the 817 questions), of GSM8K 0
 * Cells of different settings stand in rows of their own; column settings says what they were measured with.
 *
 * Errors  ERR_STORE, ERR_FORMAT (a store that lies)     Owns  frame_release by the caller
 * Source  docs/METHODS.md                               Tests cli/eval_fake.sh, unit/test_pool.c
 */
#ifndef PERBIT_STUDY_ANALYSE_TASKS_H
#define PERBIT_STUDY_ANALYSE_TASKS_H

#include "core/frame.h"
#include "store/query.h"

/* The columns for people. */
extern const char *const analyse_tasks_shown[];

int analyse_tasks(struct frame *out, struct store *s, struct err *err);

#endif
