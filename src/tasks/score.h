/*
 * score: what an item's answers are worth, and what many such numbers say together. Pure: no model, no files.
 *
 *   struct score s[16];
 *   score_item(s, task, &item, answers, err);          one a metric of the task, in its order
 *   score_total(&total, &task->metrics[m], column, n, err);
 *
 * Rules of lm-evaluation-harness 0.4.13: the first of equal log-probabilities wins; acc_norm divides by code points of
 * the choice, acc_bytes by its bytes, both without the delimiter; several gold choices are all right; truthfulqa_mc2
 * is the share of probability on true choices. inst_level_acc of IFEval is the share of all instructions together.
 *
 * answers  [item->n_requests]      nat
 * Errors   ERR_UNSUPPORTED  metrics of generation and of process_results functions: tasks/grader.h; totals of a rubric:
 *          study/task_scores.h; ERR_RANGE f1 of classes other than 0 and 1
 * Differs  the standard error of f1, mcc and perplexity is NaN: lm-evaluation-harness resamples at random
 * Source   lm-evaluation-harness 0.4.13 api/task.py process_results, api/metrics.py, api/group.py; sklearn 1.x f1, mcc
 * Tests    unit/test_score.c
 */
#ifndef PERBIT_TASKS_SCORE_H
#define PERBIT_TASKS_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/item.h"
#include "tasks/catalog.h"
#include "tasks/task.h"

/* A metric of one item. */
struct score {
    double value;   /* acc ... 0 or 1; perplexity: the log-probability; f1 and mcc: 1 if pred is gold */
    int gold, pred; /* choices, of f1 and mcc */
    uint32_t parts; /* of AGGREGATE_FLAT_MEAN: bit i is 1 if part i (an instruction) is right; value is their share */
    int n_parts;
    double human, model; /* of a rubric; model NaN: unreadable */
};

/* out [task->n_metrics] */
int score_item(struct score *out, const struct task *task, const struct item *item, const struct answer *answers,
               struct err *err);
/* The choice that acc, acc_norm or acc_bytes takes as the model's. */
int score_choice(enum task_measure measure, const struct item *item, const struct answer *answers);

struct total {
    double value;
    double se; /* of the mean; NaN for one item and for other aggregations */
    int64_t n; /* items */
};

/* scores [n] of one metric, n > 0 */
int score_total(struct total *out, const struct task_metric *metric, const struct score *scores, int64_t n,
                struct err *err);

/*
 * A group's number of its tasks' numbers [n_tasks]: weighted by items (its standard error is pooled, as of all items
 * together) or all tasks alike. A task without items (n = 0) does not count; none left: NaN.
 */
struct total score_group(const struct suite_metric *metric, const struct total *tasks, int n_tasks);

#endif
