/*
 * ifeval: does an answer follow the instructions of a row of google/IFEval?
 *
 *   struct measures m = {0};
 *   ifeval_score(&m, row, answer, n_bytes, err);
 *       prompt_level_strict_acc  inst_level_strict_acc  prompt_level_loose_acc  inst_level_loose_acc
 *
 * Strict: the answer is not blank and its checker says yes. Loose: one of eight forms of the answer is (without its
 * first line, its last line, both; each also without asterisks). Loose is never less than strict here; in
 * lm-evaluation-harness it can be, by its unseeded parts.
 *
 * doc        a row: key, prompt, instruction_id_list, kwargs (one object an instruction; null, 0 and "" are absent)
 * response   the answer as generated, not stripped; bytes that are not UTF-8 count as U+FFFD
 *
 * Errors  ERR_FORMAT an unknown instruction, or an argument that is missing or senseless: lm-evaluation-harness
 *         draws such arguments at random
 * Source  lm-evaluation-harness 0.4.13 tasks/ifeval (Zhou et al. 2023)
 * Differs keywords:letter_frequency counts the character that the row names also where it is no letter (keys 1122
 *         and 1129 of the data set: "#" and "!"), where lm-evaluation-harness draws a letter anew each time;
 *         languages are found with seed 0 (tasks/langdetect.h)
 * Tests   unit/test_ifeval.c, reference/ifeval.py, fuzz/fuzz_ifeval.c
 */
#ifndef PERBIT_TASKS_IFEVAL_H
#define PERBIT_TASKS_IFEVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <yyjson.h>

#include "base/err.h"
#include "tasks/measures.h"

enum { IFEVAL_INSTRUCTIONS_MAX = 32 }; /* of one row; the data set has at most 3 */

struct ifeval_verdict {
    int n;
    bool strict[IFEVAL_INSTRUCTIONS_MAX], loose[IFEVAL_INSTRUCTIONS_MAX];
};

/* Instruction by instruction, in the order of the row. */
int ifeval_check(struct ifeval_verdict *out, yyjson_val *doc, const char *response, size_t n_bytes, struct err *err);
int ifeval_score(struct measures *out, yyjson_val *doc, const char *response, size_t n_bytes, struct err *err);

#endif
