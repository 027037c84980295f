/*
 * pages: a store as something to read: DIR/index.html (one file, no network) and DIR/<chart>.svg.
 * A chart that has nothing to draw (speed was not measured) is left out.
 *
 * Errors  ERR_IO, ERR_STORE, ERR_RANGE nothing measured      Source  report/chart.h, report/svg.h
 */
#ifndef PERBIT_STUDY_PAGES_H
#define PERBIT_STUDY_PAGES_H

#include "store/store.h"

/* *out_page: path of the page (lives in a). */
int pages_write(struct store *s, const char *dir, struct arena *a, const char **out_page, struct err *err);

#endif
