/*
 * chart: a frame and a Vega-Lite spec (charts/NAME.vl.json) make one chart: JSON text for svg.h and html.h.
 *
 *   chart_spec(&spec, chart_find("speed_size"), &frame, "CPU X, 8 threads, pp512 tg128", &err);
 *
 * What is filled in: data.values, one object a row; scale domains and tick values (the same wherever the
 * chart is drawn); which points carry the name of their level, so that no two names overlap; tooltips with
 * every column of the frame that has a value, X_lo and X_hi (or X_se) behind X; the columns of the legend. A panel without any value is left out.
 * A synthetic frame: title, subtitle and a large diagonal text over each panel say SYNTHETIC, and
 * usermeta.perbit.synthetic is true.
 *
 * Frame   one row a (model, level), for charts with a panel a task one row a (model, level, task); an unset cell draws
 *         nothing. X_lo and X_hi are the ends of the 95 % interval of X. Columns besides model and level:
 *         accuracy_size   size_gb ram_gb  composite_pct composite_lo_pct composite_hi_pct
 *         score_bpw       task is_base bpw  score_pct score_lo_pct score_hi_pct
 *         speed_quality   size_gb  gen_tps gen_lo_tps gen_hi_tps  composite_pct
 *         recovery        panel ("MODEL, TASK") adapter ("none", or its name)  score_pct score_lo_pct score_hi_pct
 *         retained        bpw  retained_pct retained_lo_pct retained_hi_pct
 *         flips           task flips_pct
 *         kl_flips        task kl_nat  flips_pct flips_lo_pct flips_hi_pct
 *         perplexity_bpw  bpw  loss_pct loss_lo_pct loss_hi_pct  kl_nat kl_lo_nat kl_hi_nat
 *                         loss_pct = 100 * (PPL / PPL of the base - 1)
 *         speed_size      size_gb  gen_tps gen_lo_tps gen_hi_tps  prompt_tps prompt_lo_tps prompt_hi_tps
 *                         size_gb = file bytes / 1e9
 * Order   of models in the legend: the order of their first rows
 * Errors  ERR_FORMAT a column is missing or has the wrong kind; ERR_RANGE nothing to draw
 * Owns    nothing after return     Tests  unit/test_chart.c, browser/test_report.sh
 *
 * Add a chart: charts/NAME.vl.json, one row in assets.c and one in chart.c. The spec keeps to the form of those that
 * exist: vconcat (or concat) of panels, panel.layer[0] holds x and y and the data layers; colours and fonts come from
 * charts/theme_light.json, layers that charts share from charts/parts.json (chart_parts.h).
 */
#ifndef PERBIT_REPORT_CHART_H
#define PERBIT_REPORT_CHART_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/frame.h"

enum { CHART_NEEDS_MAX = 16 };

struct chart {
    const char *name;  /* "perplexity_bpw" */
    const char *title; /* for headings and lists */
    const char *asset; /* name in assets.h */
    const char *panel_by;   /* a panel for each text of this column, after the spec's one panel of that name */
    const char *legend_of;  /* column whose texts the legend has; NULL: model */
    const char *classes_of; /* column cut into classes of equal width: parameters class_lo and class_step */
    struct chart_need {
        const char *column;
        enum frame_kind kind; /* FRAME_NUM accepts FRAME_INT too */
        bool is_optional;     /* a frame without it is one where nothing was measured */
    } needs[CHART_NEEDS_MAX]; /* ends with column NULL */
};

int chart_n(void);
const struct chart *chart_at(int i);
const struct chart *chart_find(const char *name); /* NULL when there is none */

/* Appends the spec. subtitle: what the reader must know (corpus, machine, settings); may be NULL. */
int chart_spec(struct buf *out, const struct chart *chart, const struct frame *f, const char *subtitle,
               struct err *err);

#endif
