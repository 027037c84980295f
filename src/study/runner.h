/*
 * runner: does the cells of a plan: makes files, starts workers, stores what they say, deletes files again.
 *
 * Order: model by model. Within a model all levels together (keep_files) or one level at a time. kl cells of several
 * levels share one worker and one pass of the base, as many as fit memory_budget; speed cells of several levels take
 * turns, repetition by repetition, so that drift of the machine hits all alike.
 * A cell that fails keeps its reason and the run goes on; a group that fails is tried again cell by cell.
 *
 * Errors  ERR_CANCELLED (Ctrl-C; run again to go on), ERR_STORE. Failed cells are no error: see run_result
 * Threads one              Tests  flow/test_flow.c, cli/: run_study kill_resume failed_cells one_at_a_time eta
 */
#ifndef PERBIT_STUDY_RUNNER_H
#define PERBIT_STUDY_RUNNER_H

#include "study/plan.h"

struct run_progress {
    int i_cell, n_cells;  /* cells of this run that are finished, and all of them */
    const char *model, *level, *kind;
    int64_t done, total;  /* units of the cell in work; total 0: not known */
    const char *unit;
    double tps;           /* tokens generated a second; 0: not said */
    double eta_s;         /* to the end of the run; 0: not known */
    bool eta_is_partial;  /* there are kinds of cells left that were never timed: eta_s is of the others */
    int64_t n_scored;     /* documents of a task so far */
    double score_sum;     /* of their accuracies */
};

/* What the command line shows; both may be NULL. */
struct run_view {
    void (*progress)(void *ctx, const struct run_progress *p);
    void (*finished)(void *ctx, const struct plan_cell *c, const struct run_progress *p, double elapsed_s);
    void *ctx;
};

struct run_result {
    int n_done, n_failed, n_kept; /* kept: were done before */
    double elapsed_s, decode_s;   /* wall time; time inside the engine's decode calls */
};

int runner_run(struct plan *p, struct store *store, const struct run_view *view, struct run_result *out,
               struct err *err);

#endif
