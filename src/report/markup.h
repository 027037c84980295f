/*
 * markup: plain text as LaTeX and as Markdown: whatever a model is called, it reads as its name and breaks nothing.
 *
 * markup_latex  for pdflatex with T1: the special characters, "--" and quotes that would join, a bracket or star after \\.
 *               Characters that T1 has stay; common signs become their commands; others read [U+6A21]
 * markup_md     for CommonMark and GitHub's tables: < > & as entities, the rest by backslash
 * A line break becomes a space. Both take UTF-8 and append.
 * Errors  none     Tests  unit/test_markup.c, tests/reference/texts.sh (pdflatex)
 */
#ifndef PERBIT_REPORT_MARKUP_H
#define PERBIT_REPORT_MARKUP_H

#include "base/buf.h"

void markup_latex(struct buf *out, const char *text);
void markup_md(struct buf *out, const char *text);

#endif
