/*
 * chart_parts: what specs have in common (charts/parts.json, charts/theme_light.json), put where a spec asks for it; used by
 * chart.c alone.
 *
 *   {"part": "ci", "lo": "gen_lo_tps", "hi": "gen_hi_tps"}   in a list of layers becomes the layers of that name;
 *   "@lo@" in their texts becomes "gen_lo_tps". Known everywhere in a panel: @panel@ its name, @x@ and @y@ the fields of
 *   its axes, @value@ the text that a panel of many stands for.
 *
 * Errors  ERR_FORMAT a part that is not there     Tests  unit/test_chart.c
 */
#ifndef PERBIT_REPORT_CHART_PARTS_H
#define PERBIT_REPORT_CHART_PARTS_H

#include <yyjson.h>

#include "base/err.h"

/* The JSON of an asset, copied into doc. */
int chart_asset(yyjson_mut_val **out, yyjson_mut_doc *doc, const char *name, struct err *err);
/* A copy of the panel with its parts. name NULL: as it is called; else with that name, for `value`. */
int chart_panel_expand(yyjson_mut_val **out, yyjson_mut_doc *doc, yyjson_mut_val *panel, yyjson_mut_val *parts,
                       const char *name, const char *value, struct err *err);

#endif
