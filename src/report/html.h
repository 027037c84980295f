/*
 * html: one page that is a whole report: facts, tables, charts. One file, no network: scripts, style and
 * data are inside, and the page's own content security policy forbids every request.
 *
 *   struct html_section s[] = {{.heading = "Speed", .text = "...", .frame = &frame,
 *                               .chart = spec.data, .svg = svg.data}};
 *   struct html_page page = {.title = "...", .sections = s, .n_sections = 1, .version = "0.1.0"};
 *   html_write(&out, &page, &err);
 *
 * Charts show the SVG at once; Vega replaces it by the interactive chart where scripts run. Without
 * scripts, and on paper, the SVG stays. Tables sort, filter and save as CSV.
 * Text is text: everything is escaped; an empty line starts a new paragraph.
 * Synthetic: if is_synthetic, a frame's flag or a chart's usermeta.perbit.synthetic says so, the page has a
 * banner, SYNTHETIC across every screen and printed page, and SYNTHETIC in title and table captions.
 *
 * Errors  ERR_FORMAT a chart is no JSON object, or an svg is no SVG. out is then unchanged
 * Owns    nothing; all pointers of struct html_page are borrowed during the call, any may be NULL
 * Cost    about 0.9 MB a page with charts, 20 KB without
 * Tests   unit/test_html.c, browser/test_report.sh
 */
#ifndef PERBIT_REPORT_HTML_H
#define PERBIT_REPORT_HTML_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/frame.h"

struct html_fact {
    const char *key, *value; /* "Processor", "..."; a value of several lines is shown as a command */
};

struct html_section {
    const char *heading;
    const char *text;
    const char *chart;         /* Vega-Lite spec, JSON text (chart.h) */
    const char *svg;           /* the same chart as SVG text (svg.h) */
    const struct frame *frame; /* table below the chart */
};

struct html_page {
    const char *title, *subtitle;
    const struct html_fact *facts;
    int n_facts;
    const struct html_section *sections;
    int n_sections;
    const char *notes;   /* what a reader must not conclude; last on the page */
    const char *version; /* of perbit */
    bool is_synthetic;
};

int html_write(struct buf *out, const struct html_page *page, struct err *err);

/* Appends s with &, <, >, " and ' escaped; bytes that are not UTF-8 become U+FFFD, control characters spaces. */
void html_escape(struct buf *out, const char *s);

#endif
