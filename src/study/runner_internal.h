/* runner internals: what runner.c, run_text.c, run_tasks.c, run_speed.c and run_files.c share. */
#ifndef PERBIT_STUDY_RUNNER_INTERNAL_H
#define PERBIT_STUDY_RUNNER_INTERNAL_H

#include "study/client.h"
#include "study/runner.h"

enum { LEVELS_MAX = PLAN_VARIANTS_MAX }; /* of one model, adapters counted */

struct runner {
    struct plan *plan;
    struct store *store;
    const struct run_view *view;
    struct run_result result;
    int n_cells;            /* to do in this run */
    double bandwidth;       /* bytes a second; 0: not measured yet */
    /* for the ETA: of cells finished in this run; of a byte in earlier runs of the store, 0: not known */
    double cost_s[KIND_COUNT], cost_bytes[KIND_COUNT];
    double before_s_per_byte[KIND_COUNT];
};

/* Where a worker's events go: slot -> cell. keep_slot: speed stores the slot as the test's number. */
struct route {
    struct runner *r;
    struct plan_cell *cells[JOB_SLOTS_MAX]; /* NULL: nobody wants this slot */
    bool keep_slot;
};
int route_put(void *route, const struct event *e, struct err *err);

bool cell_is_pending(const struct runner *r, const struct plan_cell *c);
/* The pending cell of a variant and kind, or NULL. */
struct plan_cell *cell_pending(struct runner *r, const struct plan_variant *v, enum kind k);
int cell_start(struct runner *r, struct plan_cell *c, bool forget, struct err *err);
/* job 0: done. job -1: failed with job_err's reason, or -1 again when the whole run must stop. */
int cell_end(struct runner *r, struct plan_cell *c, int job, const struct err *job_err, double elapsed_s,
             struct err *err);
/* Ctrl-C and the store's own errors end a run; anything else ends a cell. */
bool err_ends_run(const struct err *err);

struct job job_for(const struct runner *r, const char *name);
/* The file of a variant, with its adapter, as the job's next model. */
void job_add_variant(struct job *job, const struct plan_variant *v);
int64_t memory_budget(const struct runner *r);

/* 1: the file is there; 0: it is not, and the variant's cells have failed; -1: the run must stop. */
int run_file(struct runner *r, struct plan_variant *v, struct err *err);
int run_remove_file(struct plan_variant *v, struct err *err);
int run_text(struct runner *r, struct plan_variant **v, int n, struct err *err);
int run_tasks(struct runner *r, struct plan_variant *v, struct err *err);
int run_speed(struct runner *r, struct plan_variant **v, int n, struct err *err);
int run_memory(struct runner *r, struct plan_variant *v, struct err *err);

#endif
