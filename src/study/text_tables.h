/*
 * text_tables: a matrix as tables for texts: for each model one of size and loss, one of speed and memory, and one (or more,
 * six tasks each) of scores; text_frame: any frame, with its labels and decimals. Objects of an open JSON array: caption, align ("lrr"), head and rows of cells {text, more, is_text}; more is
 * false in the first cell of a row. A column without any value is left out, a table without one too.
 * Errors  none     Tests  cli/texts.sh, tests/reference/texts.sh
 */
#ifndef PERBIT_STUDY_TEXT_TABLES_H
#define PERBIT_STUDY_TEXT_TABLES_H

#include "base/json.h"
#include "core/frame.h"
#include "study/claims.h"

void text_tables(struct jw *w, const struct claims *c);
/* Nothing when the frame has no rows; columns that are empty in every row are left out. */
void text_frame(struct jw *w, const char *caption, const struct frame *f);

#endif
