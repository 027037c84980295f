/*
 * task_scores: from answers to stored measures and back: the one place that knows where a metric of a task is kept.
 *
 * Of most metrics one number a document is stored; of f1 and mcc, which are made of all documents together, the class
 * of the document and the one chosen.
 *
 *   task_scores_put(&sink, slot, task, &item, answers, err);           one event a metric of the task
 *   task_scores_read(&scores, &n, store, cell_id, &task->metrics[m], err);   ... score_total(...)   free(scores)
 *
 * answers  [item->n_requests]
 * Errors   ERR_UNSUPPORTED a metric that has no place in the store; those of score_item; ERR_STORE
 * Owns     *out of task_scores_read: free()      Threads one      Tests  cli/eval_fake.sh, cli/rescore.sh
 */
#ifndef PERBIT_STUDY_TASK_SCORES_H
#define PERBIT_STUDY_TASK_SCORES_H

#include "core/event.h"
#include "store/query.h"
#include "tasks/score.h"

enum { TASK_METRICS_MAX = 16 };

int task_scores_put(const struct sink *sink, int slot, const struct task *t, const struct item *item,
                    const struct answer *answers, struct err *err);
/* Document by document; *n = 0 and no error: the cell has no values of this metric. */
int task_scores_read(struct score **out, int *n, struct store *s, int64_t cell_id, const struct task_metric *metric,
                     struct err *err);

#endif
