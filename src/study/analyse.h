/*
 * analyse: store -> figures -> frames. Everything here is computed anew at each reading; nothing is stored.
 *
 * analyse_levels: one row a (model, level); columns named as charts (report/chart.h) want them. What was not
 * measured stays missing. Where a kind was measured with several settings, the last finished cell stands in the row.
 * analyse_cells:  one row a cell: status, reason, attempts, times.
 * analyse_speed:  one row a (speed cell, test) names after llama-bench where it has the field.
 * analyse_text:   one row a cell of a text kind: all figures of stats/perplexity_stats.h that people ask for.
 *
 * Errors  ERR_STORE, ERR_FORMAT (a store that lies)   Owns  frame_release by the caller
 * Source  docs/METHODS.md                             Tests  flow/test_flow.c
 */
#ifndef PERBIT_STUDY_ANALYSE_H
#define PERBIT_STUDY_ANALYSE_H

#include "core/frame.h"
#include "store/query.h"

int analyse_levels(struct frame *out, struct store *s, struct err *err);
int analyse_cells(struct frame *out, struct store *s, struct err *err);
int analyse_speed(struct frame *out, struct store *s, struct err *err);
int analyse_text(struct frame *out, struct store *s, struct err *err);

#endif
