/*
 * cell_settings: the settings that a task cell was measured with, to ask or score it again: what moves results comes from
 * the cell, where its files are from the caller.
 *
 *   cell_settings(&s, &arena, row, fact's root, given, err);   evaluation_open(&e, &s, err) ...
 *
 * fact     JSON of fact "task", or NULL: then given->tasks or the name in row->task must do
 * given    data, include_path, tasks (before those of the fact)
 * Owns     texts in the arena      Errors ERR_FORMAT      Tests  cli/rescore.sh, cli/verdicts.sh
 */
#ifndef PERBIT_STUDY_CELL_SETTINGS_H
#define PERBIT_STUDY_CELL_SETTINGS_H

#include "base/json.h"
#include "store/query.h"
#include "study/settings.h"

int cell_settings(struct settings *out, struct arena *a, const struct cell_row *row, yyjson_val *fact, const struct settings *given,
                  struct err *err);
/* "arc_challenge" of "arc_challenge:1.0:<sha256>", or as the fact has it. */
const char *cell_task_name(struct arena *a, const struct cell_row *row, yyjson_val *fact);

#endif
