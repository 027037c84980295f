/*
 * chart_axis: a value's place on an axis, the axis' domain and its ticks. Computed here and not by Vega-Lite, which gives one
 * point or one level an empty domain; used by chart.c alone.
 *
 * Units   px along the axis, from its start     Errors  none     Tests  unit/test_chart.c
 */
#ifndef PERBIT_REPORT_CHART_AXIS_H
#define PERBIT_REPORT_CHART_AXIS_H

#include <stdbool.h>
#include <yyjson.h>

enum scale_kind { SCALE_LINEAR, SCALE_LOG, SCALE_SYMLOG, SCALE_BAND /* names, which Vega-Lite places */ };

struct scale {
    enum scale_kind kind;
    double lo, hi; /* domain */
    double px;     /* length of the axis */
};

enum scale_kind scale_kind_of(yyjson_mut_val *axis_channel);
bool scale_takes(enum scale_kind kind, double v);
double scale_px(const struct scale *s, double v);
/* The domain around these values, with some air. */
void scale_fit(struct scale *s, double lowest, double highest);
void scale_include(struct scale *s, const struct scale *other);
/* Writes domain and ticks into the channel; the spec lists more ticks than fit. */
void axis_write(yyjson_mut_doc *doc, yyjson_mut_val *axis_channel, const struct scale *s);

#endif
