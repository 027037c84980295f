/*
 * items: the rows of a task as items, one at a time: what a plain run of lm-evaluation-harness would ask, byte by byte.
 *
 *   struct items_options o = ITEMS_OPTIONS;
 *   o.num_fewshot = 5;
 *   struct items *it;
 *   if (items_open(&it, task, eval_rows, pool_rows, &o, err))
 *       return -1;
 *   while ((ret = items_next(&item, it, &arena, err)) > 0) {
 *       ... item.requests ...
 *       arena_release(&arena);
 *   }
 *   items_close(it);
 *
 * Few-shot examples come from one random stream a task, which moves on over every document, asked or not: with a
 * limit, a sample, chosen documents or a resumed run each document has the examples that it has in a full run.
 * (lm-evaluation-harness's --samples differs: there the first document that is listed gets the first draw.)
 *
 * eval, pool   rows of task->eval_split and task->pool_split; pool may be NULL without examples and with
 *              task->samples. Both are borrowed, and must outlive the items
 * item         lives in the arena given to items_next; requests with one context share its pointer
 *   choices    of multiple choice; of generation the accepted targets when the task has several, else none
 *   gold       empty for ITEM_LOGLIKELIHOOD and ITEM_GENERATE
 *   target     str() of doc_to_target
 * Errors       ERR_FORMAT, ERR_RANGE: "TASK: doc N of SPLIT: file:line: key: ..." (N from 0)
 * Cost         examples are rendered once a row of the pool and kept up to 32 MiB
 * Threads      one stream a thread
 * Source       lm-evaluation-harness 0.4.13 api/task.py, api/samplers.py, api/utils.py
 * Tests        unit/test_items.c; tools/golden.sh: all requests of nine tasks; tests/reference/agree.py: other tasks
 */
#ifndef PERBIT_TASKS_ITEMS_H
#define PERBIT_TASKS_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/item.h"
#include "core/rowset.h"
#include "tasks/chat.h"
#include "tasks/task.h"

struct items_options {
    int num_fewshot;       /* -1: as the task says; never overrides a 0 of the task file */
    uint64_t fewshot_seed;
    bool is_fixed_fewshot; /* all documents get the first one's examples: another benchmark, much less to compute */
    double limit;          /* 0: all; below 1: that share, rounded up; else that many, from the first */
    int64_t sample;        /* 0: all; else so many chosen by sample_seed, the same for every model */
    uint64_t sample_seed;
    const int64_t *doc_ids; /* [n_doc_ids] or NULL: only these rows, in ascending order */
    int64_t n_doc_ids;
    int64_t first_doc;      /* go on from this row */
    const char *system_instruction; /* or NULL */
    const char *chat_template;      /* NULL: plain text */
    struct chat_options chat;       /* special tokens and time; adds_prompt and continues_last are set here */
    bool is_single_turn;            /* chat: examples in one user message (fewshot_as_multiturn false) */
};
#define ITEMS_OPTIONS { .num_fewshot = -1, .fewshot_seed = 1234 }

struct items;

int items_open(struct items **out, const struct task *task, const struct rowset *eval, const struct rowset *pool,
               const struct items_options *o, struct err *err);
void items_close(struct items *it); /* accepts NULL */
int items_next(struct item *out, struct items *it, struct arena *a, struct err *err); /* 1 an item, 0 the end, -1 */
int64_t items_n(const struct items *it);     /* items that a stream opened with these options gives */
int items_num_fewshot(const struct items *it);

/* The examples that a run of the task with this option has (items_options.num_fewshot). */
int items_effective_fewshot(const struct task *task, int num_fewshot);

#endif
