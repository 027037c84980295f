/*
 * combine: what a store holds of one level, measured with several settings, as rows that do not mix them.
 *
 *   struct combination *rows = combine_cells(&arena, cells, n_cells, &n_rows);
 *   rows[0].cells[0 .. rows[0].n_cells - 1] ... rows[0].settings is "n_ctx 1024"
 *
 * A row has at most one cell of a kind and data set, and its cells agree in every setting that they share: kl at two n_ctx and speed once
 * make two rows, speed in both. Cells of tasks, whose settings stand elsewhere (study/analyse_tasks.h), all go into one row. Every cell is in a row. Rows come in the order of the cells.
 * settings names what is not the same in all rows ("" when all is): settings, engine, text (first digits of its SHA-256),
 * base, machine of speed and memory; imatrix where one level has two. A level with an adapter is another level than without.
 *
 * cells    [n] as query_cells gives them
 * Owns     everything lives in the arena     Cost  n^2 comparisons of settings at worst
 * Tests    unit/test_combine.c, cli/levels_settings.sh
 */
#ifndef PERBIT_STUDY_COMBINE_H
#define PERBIT_STUDY_COMBINE_H

#include "store/query.h"

struct combination {
    const struct cell_row **cells; /* [n_cells], at least one, all of one model, level and adapter */
    int n_cells;
    const char *settings;
};

struct combination *combine_cells(struct arena *a, const struct cell_row *cells, int n, int *out_n);
/* A row for each cell. */
struct combination *combine_none(struct arena *a, const struct cell_row *cells, int n, int *out_n);

#endif
