/*
 * matrix internals: what matrix.c (variants, tasks, which cells), matrix_items.c (scores), matrix_facts.c (size, memory,
 * speed, divergence) and matrix_find.c share while a matrix is made.
 */
#ifndef PERBIT_STUDY_MATRIX_INTERNAL_H
#define PERBIT_STUDY_MATRIX_INTERNAL_H

#include "base/map.h"
#include "core/kind.h"
#include "study/matrix.h"
#include "study/task_scores.h"

/* What a cell of a task says of it: fact "task". */
struct mx_fact {
    const char *leaf;          /* "mmlu_anatomy" */
    const struct task_metric *metrics; /* [n_metrics] name, aggregation */
    int n_metrics;
    const char *filter;        /* first one, or NULL */
    const char *const *groups; /* [n_groups] that pool its metric, as asked */
    int n_groups;
};

struct mx_cell {
    const struct cell_row *row;
    int i_store, variant;
    enum kind kind;
    bool is_done;
    const struct mx_fact *fact; /* of a task */
    int task;                   /* index in mx.tasks, or -1 */
};

/* A task in the making. */
struct mx_task {
    const char *name;
    const struct mx_fact *fact;  /* of any of its leaves */
    const char *metric;          /* that all of them have; "" none */
    int i_known;                 /* row of the table of known tasks, or -1 */
    const char **leaves;
    int n_leaves;
    struct mx_cell **cells;      /* [n_variants * n_leaves] chosen and done, or NULL */
    const char **why;            /* the same: why there is none, "" not run */
};

struct mx {
    struct matrix *m;
    struct arena *a;             /* the matrix's */
    struct arena scratch;
    const struct matrix_options *options;
    struct store *const *stores;
    int n_stores;
    struct mx_cell *cells;
    int n_cells;
    struct mx_task *tasks;
    int n_tasks;
};

void mx_note(struct mx *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Where a leaf has a metric, or -1. */
int mx_metric(const struct mx_fact *f, const char *name);

/* The cells of one kind that most variants have with equal settings; the others are noted and left out: is_done is made false. */
void mx_choose_kind(struct mx *x, enum kind kind);

int mx_read_facts(struct mx *x, struct err *err);  /* size, memory, speed, text of every variant */
int mx_read_items(struct mx *x, struct err *err);  /* tasks' items, scores, choices, clusters */

#endif
