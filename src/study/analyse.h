/*
 * analyse: store -> figures -> frames. Everything here is computed anew at each reading; nothing is stored.
 *
 * analyse_levels: one row a (model, level), or several where a kind was measured with several settings: they are never
 * mixed (study/combine.h), and the column settings names what differs. Columns are named as charts (report/chart.h) want
 * them. What was not measured stays missing.
 * analyse_cells:  one row a cell: status, reason, attempts, times.
 * analyse_speed:  one row a (speed cell, test): llama-bench's fields under its names, in its order, then ours. JSON of it
 *                 has samples_ns and samples_ts as llama-bench's has, CSV and SQL have not; the frame is named
 *                 llama_bench, its table in SQL. What perbit does not set (cpu_mask, poll, tensor_split ...) has
 *                 llama-bench's default, which is what the engine did.
 * analyse_speed_md: the same as llama-bench's Markdown table, our columns after its own.
 * analyse_text:   one row a cell of a text kind: all figures of stats/perplexity_stats.h that people ask for.
 *
 * Errors  ERR_STORE, ERR_FORMAT (a store that lies)
 * Owns    frame_release by the caller
 * Source  docs/METHODS.md; tools/llama-bench/llama-bench.cpp of the pinned llama.cpp
 * Tests   flow/test_flow.c, cli/run_study.sh, cli/levels_settings.sh, cli/export_machines.sh, model/bench_formats.sh
 */
#ifndef PERBIT_STUDY_ANALYSE_H
#define PERBIT_STUDY_ANALYSE_H

#include "core/frame.h"
#include "store/query.h"

int analyse_levels(struct frame *out, struct store *s, struct err *err);
int analyse_cells(struct frame *out, struct store *s, struct err *err);
int analyse_speed(struct frame *out, struct store *s, struct err *err);
int analyse_speed_md(struct frame *out, struct store *s, struct err *err);
extern const char *const analyse_speed_shown[]; /* columns for people, NULL-terminated */
int analyse_text(struct frame *out, struct store *s, struct err *err);

#endif
