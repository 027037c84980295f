/*
 * chart_panel: one panel of a chart's spec over the rows of a frame; used by chart.c alone.
 *
 * A panel is {name, width, height, layer: [{transform, encoding: {x, y}, layer: [...]}]}: layer[0] holds the axes and the
 * layers of data. by_column, by_text: it shows only rows with that text there (a panel a task).
 *
 * Errors  none     Owns  nothing     Tests  unit/test_chart.c
 */
#ifndef PERBIT_REPORT_CHART_PANEL_H
#define PERBIT_REPORT_CHART_PANEL_H

#include "core/frame.h"
#include "report/chart_axis.h"

enum { LABEL_FONT_PX = 10 };

struct panel {
    yyjson_mut_val *spec; /* the panel */
    yyjson_mut_val *axes; /* panel.layer[0] */
    const char *name;
    int by_column; /* -1: all rows */
    const char *by_text;
    int x_column, y_column; /* of the frame */
    int mark_column;        /* what the marks show when both axes are names, else -1 */
    struct scale x, y;
};

/* Cells of a frame, missing ones as NaN and "". column may be -1. */
double chart_value(const struct frame *f, int row, int column);
const char *chart_text(const struct frame *f, int row, int column);
/* A key's text, "" when there is none; a layer's channel, NULL when there is none. */
const char *chart_str(yyjson_mut_val *obj, const char *key);
yyjson_mut_val *chart_channel(yyjson_mut_val *layer, const char *name);

void panel_init(struct panel *p, yyjson_mut_val *spec, int by_column, const char *by_text, const struct frame *f);
bool panel_draws(const struct panel *p, const struct frame *f, int row);
/* Domains that hold every point drawn and the ends of its bars. False: there is no point. */
bool panel_fit(struct panel *p, const struct frame *f);
/* Panels of the same x column get one domain, so that the eye can go down. */
void panels_share_x(struct panel *panels, int n);

/*
 * Where the name of a row's level stands, so that no two names or points overlap: greedy in the order of the rows.
 * place [n_rows]; LABEL_NONE: no room, or the row is not drawn. Cost rows^2 (and rows are few)
 */
enum label_place { LABEL_NONE, LABEL_ABOVE, LABEL_BELOW };
void labels_place(int *place, const struct panel *p, const struct frame *f);

#endif
