/*
 * pages: a store as something to read.
 *
 * pages_write       DIR/index.html (one file, no network; study/overview.h says what stands in it), DIR/<chart>.svg, and the
 *                   tables as DIR/data/<table>.csv
 * pages_live_html   the same page for perbit serve: charts are drawn in the browser, and it asks for new numbers; version is
 *                   what its data are of
 * pages_live_json   those numbers: {"data": of report/dashboard.h, "charts": {name: spec}}
 * A chart that has nothing to draw (speed was not measured) is left out.
 *
 * Errors  ERR_IO, ERR_STORE, ERR_RANGE nothing measured      Source  report/chart.h, report/svg.h
 */
#ifndef PERBIT_STUDY_PAGES_H
#define PERBIT_STUDY_PAGES_H

#include "study/matrix.h"
#include "study/settings.h"

struct pages_options {
    struct matrix_options matrix;
    double margin_pct; /* of verdicts, in points */
    const struct settings *rows; /* data, include_path: what flipped questions ask is shown too; NULL: only their numbers */
};
#define PAGES_DEFAULT { .matrix = MATRIX_DEFAULT, .margin_pct = 1 }

/* *out_page: path of the page (lives in a). */
int pages_write(struct store *s, const char *dir, const struct pages_options *options, struct arena *a, const char **out_page,
                struct err *err);
int pages_live_html(struct buf *out, struct store *s, const struct pages_options *options, const char *version, struct err *err);
int pages_live_json(struct buf *out, struct store *s, const struct pages_options *options, struct err *err);

#endif
