/*
 * text_tables: a matrix as tables for texts: for each model one of size, loss, speed and memory, and one (or more, six tasks
 * each) of scores. Objects of an open JSON array: caption, align ("lrr"), head and rows of cells {text, more, is_text}; more is
 * false in the first cell of a row. A column without any value is left out, a table without one too.
 * Errors  none     Tests  cli/texts.sh, tests/reference/texts.sh
 */
#ifndef PERBIT_STUDY_TEXT_TABLES_H
#define PERBIT_STUDY_TEXT_TABLES_H

#include "base/json.h"
#include "study/claims.h"

void text_tables(struct jw *w, const struct claims *c);

#endif
