/*
 * rescore: the measures of task cells once more, from stored answers and the rows: for a metric that a task file has got
 * since, or scoring that was mended. No model is opened.
 *
 * Of each cell that is done: the task is looked up (settings->tasks, else as the cell's run named it), its rows must
 * have the digest that the cell has, and the task must still ask the same. Then every metric of the task is computed
 * and stored, in one transaction a cell. A cell that cannot be rescored keeps what it has; cell_done says why.
 *
 * settings   data, include_path, tasks; what moves results comes from each cell
 * Errors     ERR_STORE; a cell's own are counted, not returned     Tests  cli/rescore.sh
 */
#ifndef PERBIT_STUDY_RESCORE_H
#define PERBIT_STUDY_RESCORE_H

#include "store/query.h"
#include "study/settings.h"

struct rescore_cell {
    const char *model, *level, *task;
    int64_t n_documents;
    int64_t n_changed, n_added; /* values that differ from the stored ones; that were not there */
    const char *reason;         /* why it could not be done, or NULL */
};

struct rescore_view {
    void (*cell)(void *ctx, const struct rescore_cell *c);
    void *ctx;
};

struct rescore_result {
    int n_done, n_failed;
    int64_t n_documents, n_changed, n_added;
};

int rescore_run(struct rescore_result *out, struct store *s, const struct settings *settings,
                const struct rescore_view *view, struct err *err);

#endif
