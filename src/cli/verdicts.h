/*
 * verdicts: what compare, rank and recommend have in common: stores to a matrix, sentences and tables to stdout.
 *
 * For people (text, md) sentences come first, then tables; every other format has the one table, sentences in a column or
 * not at all. What was left out (matrix notes) goes to stderr.
 */
#ifndef PERBIT_CLI_VERDICTS_H
#define PERBIT_CLI_VERDICTS_H

#include "cli/measure.h"
#include "study/matrix.h"

/* The matrix of a STORE or STUDY.yaml (argument, --store or perbit.db). */
int verdicts_load(struct matrix **out, struct invocation *in, const char *argument, bool has_choices, struct err *err);
struct matrix_options verdicts_options(const struct settings *s, bool has_choices);
void verdicts_notes(const struct matrix *m);

bool verdicts_for_people(const struct settings *s);
/* Sentences, each on lines of its own of at most 100 columns; a list in md. */
void verdicts_say(const struct settings *s, const char *const *sentences, int n, bool is_synthetic);
/* A table under a heading, when it has rows; its own line about synthetic data is left to verdicts_say. */
int verdicts_table(const char *heading, struct frame *f, const struct settings *s, const char *const *only, struct err *err);

#endif
