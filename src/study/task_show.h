/*
 * task_show: one task for people: its settings, where it is written, and a document exactly as a model is asked it.
 *
 * The context stands as it is between two lines of its own; continuations are quoted, with \n and its like as escapes,
 * and a star marks what is right. Without data, a line says why no document is shown.
 *
 * e        opened with the settings' tasks           i   of the evaluation
 * Errors   none: what cannot be shown is said in the text      Tests  cli/tasks.sh
 */
#ifndef PERBIT_STUDY_TASK_SHOW_H
#define PERBIT_STUDY_TASK_SHOW_H

#include "base/json.h"
#include "study/evaluation.h"

void task_show_text(struct buf *out, struct evaluation *e, int i);
/* The same as an object with the keys of perbit tasks, and document: {doc_id, target, requests, gold, choices}. */
void task_show_json(struct jw *w, struct evaluation *e, int i);

#endif
