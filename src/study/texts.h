/*
 * texts: a store as a section of a paper and as a post, every number and every claim from the store:
 *   DIR/paper/section.tex   gap, method, findings, implication, references; compiles alone and inside a paper
 *   DIR/paper/<chart>.pdf   the charts of the report, from the same SVG
 *   DIR/post.md             the same as a post, with
 *   DIR/<chart>.png         them
 *   DIR/texts.json          all that the templates (texts/) were filled with
 * A sentence is written only where verdicts support it (study/sentences.h); what is missing is listed. Synthetic data
 * says so in both, in the PDF on every page.
 *
 * texts_clear   before the charts are drawn: those of an earlier report go, so that none is taken that this store has not
 * texts_write   after pages_write: takes the SVG files that it drew. settings: the group "verdicts" counts: which cells, tasks of
 *               the composite, margin of a score, resamples
 *
 * Errors  ERR_IO, ERR_STORE, ERR_FORMAT     Cost  that of study/matrix.h
 * Tests   cli/texts.sh, cli/texts_gaps.sh, tests/reference/texts.sh (pdflatex, pdftotext), unit/test_sentences.c
 */
#ifndef PERBIT_STUDY_TEXTS_H
#define PERBIT_STUDY_TEXTS_H

#include "store/store.h"
#include "study/settings.h"

int texts_clear(const char *dir, struct err *err);
int texts_write(struct store *s, const char *dir, const struct settings *settings, struct err *err);

#endif
