/*
 * sentences: claims in English. A sentence is a row of a table: the pattern of verdicts that it needs, and a text with
 * holes (report/mustache.h). What the verdicts do not support has no row, so it is not written.
 *
 *   sentences_of_losses(&w, &claims, i_measure, err);     writes {"text": "..."} objects into an open JSON array
 *
 * losses      one sentence for each pattern that a measure shows: levels that cost nothing measurable, that cost more than
 *             the margin, that are better, that are undecided, and each level that costs some models and not others
 * differences one sentence for a measure: which variants are shown to lose, or gain, more than the margin
 * choices     the lowest level that is safe for all models; the smallest level of each model that is shown to be the same as
 *             its base; for which models there is none
 * speeds      for each model the fastest of the levels that are shown to generate faster than its base, or that none is
 * gaps        what is missing, failed, or cannot be said: one model, one level, no tasks, no base
 *
 * The texts are plain: who writes LaTeX or Markdown escapes the whole sentence.
 * Errors  none (a text with a mistake in it is one: ERR_FORMAT)      Tests  unit/test_sentences.c, tests/reference/texts.sh
 */
#ifndef PERBIT_STUDY_SENTENCES_H
#define PERBIT_STUDY_SENTENCES_H

#include "base/json.h"
#include "study/claims.h"

int sentences_of_losses(struct jw *w, const struct claims *c, int i_measure, struct err *err);
int sentences_of_differences(struct jw *w, const struct claims *c, int i_measure, struct err *err);
int sentences_of_choices(struct jw *w, const struct claims *c, struct err *err);
int sentences_of_speeds(struct jw *w, const struct claims *c);
int sentences_of_gaps(struct jw *w, const struct claims *c, struct err *err);

#endif
