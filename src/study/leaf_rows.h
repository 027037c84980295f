/*
 * leaf_rows: the evaluation that a stored cell was measured with, opened again for its rows; the 57 parts of MMLU share one.
 *
 *   struct leaf_rows r;
 *   leaf_rows_init(&r, &settings);
 *   if (leaf_rows_find(&e, &i_task, &r, store, row, "mmlu_anatomy", err) == 0)
 *       ... evaluation_items(&items, e, i_task, 0, NULL, err) ...          until the next find
 *   leaf_rows_release(&r);
 *
 * settings  data, include_path, and tasks that are not in the catalog; borrowed
 * Errors    ERR_STORE; ERR_USAGE a task that is not known; those of evaluation_open     Tests  cli/verdicts.sh, cli/texts.sh
 */
#ifndef PERBIT_STUDY_LEAF_ROWS_H
#define PERBIT_STUDY_LEAF_ROWS_H

#include "study/evaluation.h"
#include "store/query.h"

struct leaf_rows { /* private */
    const struct settings *given;
    struct evaluation *e; /* of key */
    const char *key;
    struct arena arena;
};

void leaf_rows_init(struct leaf_rows *r, const struct settings *given);
void leaf_rows_release(struct leaf_rows *r);
int leaf_rows_find(struct evaluation **out, int *out_task, struct leaf_rows *r, struct store *store, const struct cell_row *row,
                   const char *leaf, struct err *err);

#endif
