/*
 * lmeval: what one model scored on the tasks of a plan, in the order and with the rules of lm-evaluation-harness's
 * results file. Private to study/lmeval_*.c; others use study/lmeval_files.h.
 *
 * task  [n_tasks]   tasks whose cell is done, in the order of the suite; metrics of a task in the order in which
 *                   lm-evaluation-harness makes them (order[])
 * group [n_groups]  groups of the suite that have a task here, a group before those inside it
 * se of a total     NaN where lm-evaluation-harness says "N/A", and for f1, mcc and perplexity, which it resamples
 *
 * Source  lm-evaluation-harness 0.4.13 evaluator_utils.py, api/group.py, config/task.py
 */
#ifndef PERBIT_STUDY_LMEVAL_H
#define PERBIT_STUDY_LMEVAL_H

#include "base/json.h"
#include "stats/describe.h"
#include "study/evaluation.h"
#include "study/plan.h"
#include "study/task_scores.h"

struct lmeval_task {
    const struct task *task;
    int i_task;                      /* of the evaluation */
    const struct plan_cell *cell;
    int64_t n_rows, n;               /* rows of the split, documents that were scored */
    int64_t n_cut;                   /* tokens that did not fit */
    struct estimate reasoning;       /* generation: mean number of tokens of reasoning an answer; 0 without any */
    int64_t n_limit, n_error;        /* generation: answers that ended at the token limit; documents without one */
    const char *filters[TASK_FILTERS_MAX]; /* [n_filters] */
    int n_filters;
    int order[TASK_METRICS_MAX];     /* [task->n_metrics] */
    /* [n_filters * task->n_metrics], metrics of a filter together: lmeval_at() */
    struct total total[TASK_SCORES_MAX];
    struct interval ci[TASK_SCORES_MAX]; /* 95 % */
    bool is_wilson[TASK_SCORES_MAX];     /* of right-or-wrong scores; else normal */
    char hash[65];                   /* of its samples; "" before they were written */
};

/* A metric of a group after one filter. */
struct lmeval_pooled {
    const char *metric, *filter;
    struct total total;
    struct estimate macro;           /* all tasks alike */
};

struct lmeval_group {
    const struct suite_group *group;
    const int *tasks;                /* [n_tasks] of lmeval.tasks */
    int n_tasks;
    int n_missing;                   /* tasks of the group that failed */
    const char *const *children;     /* [n_children] names of what stands directly in it */
    int n_children;
    struct lmeval_pooled *pooled;    /* [n_pooled] */
    int n_pooled;
};

struct lmeval {
    struct arena *a;
    const struct plan *plan;
    const struct plan_variant *variant;
    struct store *store;
    struct evaluation *evaluation;
    struct lmeval_task *tasks;
    int n_tasks;
    struct lmeval_group *groups;
    int n_groups;
    const char *name;                /* of the model, as the results file has it: the path of its file */
    const char *sanitized;           /* name as a folder's */
    bool is_synthetic;
    double start_s;                  /* since 1970 */
    double elapsed_s;
};

/* A task or a group with what the results file lists by name. */
struct lmeval_named {
    const char *name;
    const struct lmeval_task *task;
    const struct lmeval_group *group;
    int n_shots; /* below 0: nothing is said */
    int n_flags;
    const char *flag[TASK_METRICS_MAX];
    int is_higher[TASK_METRICS_MAX]; /* higher is better: 0, 1; -1: its members differ */
};

struct lmeval_names {
    struct lmeval_named *v; /* [n], sorted */
    int n;
};

/* Everything but names and hashes; n_tasks 0: nothing was done. */
int lmeval_read(struct lmeval *out, struct arena *a, const struct plan *p, const struct plan_variant *v,
                struct store *store, struct evaluation *e, struct err *err);
int lmeval_at(const struct lmeval_task *t, int i_filter, int m); /* index of total, ci, is_wilson */
const struct lmeval_task *lmeval_find(const struct lmeval *r, const char *name); /* NULL */
/* "acc,none", in the arena */
const char *lmeval_key(const struct lmeval *r, const char *metric, const char *suffix, const char *filter);

void lmeval_list(struct lmeval_names *out, const struct lmeval *r);
struct lmeval_named *lmeval_named(struct lmeval_names *all, const char *name); /* NULL */

/* The task file as TaskConfig.to_dict() has it; functions by the name that the file gives them. */
int lmeval_config(struct jw *w, const struct lmeval *r, const struct lmeval_task *t, struct err *err);
/* A YAML node as JSON. */
int lmeval_yaml(struct jw *w, const struct yaml_node *node, struct err *err);

/* The text of the results file. */
int lmeval_results(struct buf *out, const struct lmeval *r, struct err *err);
void lmeval_own(struct jw *w, const struct lmeval *r);
/* Its tables for people. */
void lmeval_tables(struct buf *out, const struct lmeval *r);
/* Writes the samples of a task to path and sets its hash. */
int lmeval_samples(struct lmeval_task *t, const struct lmeval *r, const char *path, struct err *err);

#endif
