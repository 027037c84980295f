/*
 * task_list: tasks, groups and tags as rows of a frame: what can be asked, and of what cannot, why.
 *
 *   task_list(&frame, catalog, "mmlu_*");    names that match; NULL: all, and files that could not be read
 *   task_list_of(&frame, catalog, "mmlu", err);   a group or tag, and every task below it as it makes it
 *
 * reason   why perbit refuses a task, group or file; "" for what it can ask
 * Errors   task_list_of: those of suite_open       Owns  frame_release by the caller     Tests  cli/tasks.sh
 */
#ifndef PERBIT_STUDY_TASK_LIST_H
#define PERBIT_STUDY_TASK_LIST_H

#include "core/frame.h"
#include "tasks/catalog.h"

void task_list(struct frame *out, const struct catalog *c, const char *pattern);
int task_list_of(struct frame *out, const struct catalog *c, const char *name, struct err *err);

/* The file that names the task; what it includes may be elsewhere. */
const char *task_source(const struct task *t);
/* "multiple_choice", "loglikelihood", "generate_until" */
const char *task_kind_name(const struct task *t);
/* "acc, acc_norm", in a */
const char *task_metric_names(const struct task *t, struct arena *a);

#endif
