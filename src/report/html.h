/*
 * html: one page that is a whole report: facts, tables, charts. One file, no network: scripts, style and
 * data are inside, and the page's own content security policy forbids every request.
 *
 *   struct html_section s[] = {{.heading = "Speed", .text = "...", .frame = &frame,
 *                               .chart = spec.data, .svg = svg.data}};
 *   struct html_page page = {.title = "...", .sections = s, .n_sections = 1, .version = "0.1.0"};
 *   html_write(&out, &page, &err);
 *
 * With a dashboard (dashboard.h) the page begins with its table of variants, filters, advice and comparison; the charts follow
 * the filters (rows of a chart are known by model and level).
 *
 * Charts show the SVG at once; Vega replaces it by the interactive chart where scripts run. Without
 * scripts, and on paper, the SVG stays. Tables sort, filter and save as CSV.
 * Text is text: everything is escaped; an empty line starts a new paragraph.
 * Synthetic: if is_synthetic, a frame's flag or a chart's usermeta.perbit.synthetic says so, the page has a
 * banner, SYNTHETIC across every screen and printed page, and SYNTHETIC in title and table captions.
 *
 * Errors  ERR_FORMAT a chart is no JSON object, or an svg is no SVG. out is then unchanged
 * Owns    nothing; all pointers of struct html_page are borrowed during the call, any may be NULL
 * Cost    about 0.9 MB for Vega, and 0.1 to 0.6 MB a chart of 88 to 600 points
 * Tests   unit/test_html.c, browser/test_report.sh, browser/dashboard.sh
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
    const char *chart_name;    /* "accuracy_size": how perbit serve finds it again */
    const char *svg;           /* the same chart as SVG text (svg.h) */
    const struct frame *frame; /* table below the chart */
    bool is_folded;            /* shown as its heading alone until it is opened */
};

struct html_page {
    const char *title, *subtitle;
    const struct html_fact *facts;
    int n_facts;
    const struct html_section *sections;
    int n_sections;
    const char *notes;   /* what a reader must not conclude; last on the page */
    const char *version; /* of perbit */
    const char *dashboard;          /* JSON of dashboard.h; NULL: none */
    const struct frame *provenance; /* model files, engines, machines, commands: below the facts */
    const char *const *raw_data;    /* [n_raw_data] where the raw data are: addresses, or paths beside the page */
    int n_raw_data;
    const char *live_version;       /* of what perbit serve shows; NULL: the page is a file */
    bool is_synthetic;
    bool is_upcast; /* a base has more bits than its model's source: a banner says so */
};

int html_write(struct buf *out, const struct html_page *page, struct err *err);

/* Appends s with &, <, >, " and ' escaped; bytes that are not UTF-8 become U+FFFD, control characters spaces. */
void html_escape(struct buf *out, const char *s);

#endif
