/*
 * task_scores: from scores to stored measures and back: the one place that knows where a metric of a task is kept.
 *
 * Of most metrics one number a document is stored, under the number of the filter as slot; of f1 and mcc, which are made
 * of all documents together, the class of the document and the one chosen; of IFEval's instructions one number each; of a
 * rubric one pair for all its metrics, the human's score and the model's. Of every document also the option that each metric
 * takes (METRIC_CHOICE) and its source (METRIC_SOURCE), where there are such: for changes of answers and for clusters.
 *
 *   task_scores_put(&sink, slot, grader, item, &given, err);          one event a filter and metric
 *   task_scores_read(&scores, &n, store, cell_id, &task->metrics[m], i_filter, err);
 *   task_scores_total(&total, &task->metrics[m], step, scores, n, err);   ...   free(scores)
 *
 * step     of the rubric's scale; any for other metrics
 * total.n  documents; of a rubric those whose score can be read
 * Errors   ERR_UNSUPPORTED a metric that has no place in the store; those of grader_score; ERR_STORE
 * Owns     *out of task_scores_read: free()      Threads one      Tests  cli/eval_fake.sh, cli/rescore.sh, cli/generate.sh
 */
#ifndef PERBIT_STUDY_TASK_SCORES_H
#define PERBIT_STUDY_TASK_SCORES_H

#include "core/event.h"
#include "stats/describe.h"
#include "store/query.h"
#include "tasks/grader.h"

enum { TASK_METRICS_MAX = GRADER_METRICS_MAX, TASK_FILTERS_MAX = GRADER_FILTERS_MAX, TASK_SCORES_MAX = GRADER_SCORES_MAX };

int task_scores_put(const struct sink *sink, int slot, struct grader *g, const struct item *item, const struct given *given,
                    struct err *err);
/* Document by document; *n = 0 and no error: the cell has no values of this metric. */
int task_scores_read(struct score **out, int *n, struct store *s, int64_t cell_id, const struct task_metric *metric,
                     int i_filter, struct err *err);
int task_scores_total(struct total *out, const struct task_metric *metric, double step, const struct score *scores, int n,
                      struct err *err);
/* The 95 % interval of a total: Wilson's (*is_wilson) for right-or-wrong scores, the bootstrap's of a rubric's figures
   (drawn with a fixed seed), else the normal one. */
struct interval task_scores_interval(bool *is_wilson, const struct total *total, const struct task_metric *metric, double step,
                                     const struct score *scores, int n);
/* The stored metric that holds it; METRIC_COUNT for none. Metrics of a rubric share one. */
enum metric task_scores_place(const struct task_metric *metric);

#endif
