/*
 * chart_rows: the rows of a frame as a chart's data, and its tooltips; used by chart.c alone.
 *
 * shown [n_columns]  which columns stand in tooltips: those with a value that are not the interval of another
 *
 * Errors  none     Tests  unit/test_chart.c
 */
#ifndef PERBIT_REPORT_CHART_ROWS_H
#define PERBIT_REPORT_CHART_ROWS_H

#include <stdbool.h>

#include "report/chart.h"

void chart_rows_shown(bool *shown, const struct frame *f);
yyjson_mut_val *chart_rows(yyjson_mut_doc *doc, const struct chart *chart, const struct frame *f, const bool *shown);
yyjson_mut_val *chart_tooltip(yyjson_mut_doc *doc, const struct frame *f, const bool *shown);

#endif
