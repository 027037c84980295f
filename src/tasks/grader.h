/*
 * grader: everything that a task says about answers, ready to be used: filters, metrics' options, functions, rubric.
 *
 *   struct grader *g;
 *   struct score s[GRADER_SCORES_MAX];
 *   if (grader_open(&g, task, err))
 *       return -1;
 *   grader_score(s, g, &item, &given, err);      s[f * task->n_metrics + m]: metric m after filter f
 *   grader_close(g);
 *
 * given      log-probabilities of the item's requests, or, of a generation task, the texts that the model wrote: one a
 *            repeat, without reasoning (tasks/think.h)
 * filters    those of the task's filter_list; one, "none" or what the task calls it, for tasks of log-probabilities
 *
 * Errors     opening: ERR_FORMAT, ERR_UNSUPPORTED a filter, a metric's option; scoring: ERR_FORMAT, ERR_RANGE "TASK: ..."
 * Owns       *out until grader_close()      Threads  one      Cost  a text passes every filter once
 * Source     lm-evaluation-harness 0.4.13 evaluator.py, api/task.py process_results
 * Tests      unit/test_grader.c, tests/reference/files.py
 */
#ifndef PERBIT_TASKS_GRADER_H
#define PERBIT_TASKS_GRADER_H

#include "tasks/filter.h"
#include "tasks/score.h"

enum { GRADER_FILTERS_MAX = 8, GRADER_METRICS_MAX = 16, GRADER_SCORES_MAX = GRADER_FILTERS_MAX * GRADER_METRICS_MAX };

struct given {
    const struct answer *answers; /* [item->n_requests] */
    const struct text *texts;     /* [n_texts] of a generation task */
    int n_texts;
};

struct grader;

int grader_open(struct grader **out, const struct task *task, struct err *err);
void grader_close(struct grader *g); /* accepts NULL */

const struct task *grader_task(const struct grader *g);
int grader_n_filters(const struct grader *g);
const char *grader_filter(const struct grader *g, int i);

/* out [n_filters * task->n_metrics] */
int grader_score(struct score *out, struct grader *g, const struct item *item, const struct given *given,
                 struct err *err);
/* What filter i makes of the texts, for samples files; s NULL is Python's None. Lives until the next call with g. */
int grader_filtered(struct pystr *out, struct grader *g, int i, const struct given *given, struct err *err);

#endif
