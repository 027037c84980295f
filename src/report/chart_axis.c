#include "report/chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { TICKS_MAX = 10, TICK_ROOM_PX = 26 };

static bool str_is(yyjson_mut_val *obj, const char *key, const char *value)
{
    const char *s = yyjson_mut_get_str(yyjson_mut_obj_get(obj, key));
    return s && strcmp(s, value) == 0;
}

enum scale_kind scale_kind_of(yyjson_mut_val *axis_channel)
{
    yyjson_mut_val *scale = yyjson_mut_obj_get(axis_channel, "scale");
    return !str_is(axis_channel, "type", "quantitative") ? SCALE_BAND
           : str_is(scale, "type", "log")                ? SCALE_LOG
           : str_is(scale, "type", "symlog")             ? SCALE_SYMLOG
                                                         : SCALE_LINEAR;
}

bool scale_takes(enum scale_kind kind, double v)
{
    return isfinite(v) && (kind != SCALE_LOG || v > 0);
}

static double scale_forward(enum scale_kind kind, double v)
{
    return kind == SCALE_LOG ? log10(v) : kind == SCALE_SYMLOG ? copysign(log1p(fabs(v)), v) : v;
}

static double scale_back(enum scale_kind kind, double t)
{
    return kind == SCALE_LOG ? pow(10, t) : kind == SCALE_SYMLOG ? copysign(expm1(fabs(t)), t) : t;
}

double scale_px(const struct scale *s, double v)
{
    double lo = scale_forward(s->kind, s->lo), hi = scale_forward(s->kind, s->hi);
    return s->px * (scale_forward(s->kind, v) - lo) / (hi - lo);
}

/* Four digits: exp and log of two C libraries may differ in the last one, and a chart must not. */
static double rounded(double v)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.4g", v);
    return strtod(digits, NULL);
}

/* 5 % of air on each side; a single value gets room around it. */
void scale_fit(struct scale *s, double lowest, double highest)
{
    double lo = scale_forward(s->kind, lowest), hi = scale_forward(s->kind, highest);
    double least = s->kind == SCALE_LINEAR ? 0.1 * fabs(hi) + 1e-9 : 0.3;
    double missing = least - (hi - lo) > 0 ? (least - (hi - lo)) / 2 : 0;
    double air = 0.05 * (hi - lo + 2 * missing);
    s->lo = rounded(scale_back(s->kind, lo - missing - air));
    s->hi = rounded(scale_back(s->kind, hi + missing + air));
}

void scale_include(struct scale *s, const struct scale *other)
{
    s->lo = fmin(s->lo, other->lo);
    s->hi = fmax(s->hi, other->hi);
}

static bool is_power_of_ten(double v)
{
    double e = log10(fabs(v));
    return v == 0 || fabs(e - round(e)) < 1e-9;
}

/* About four round values, where the spec's list has fewer than two inside a short domain. */
static void ticks_add(yyjson_mut_doc *doc, yyjson_mut_val *ticks, const struct scale *s)
{
    double raw = (s->hi - s->lo) / 4, unit = pow(10, floor(log10(raw)));
    double step = unit * (raw > 5 * unit ? 10 : raw > 2 * unit ? 5 : raw > unit ? 2 : 1);
    for (double i = ceil(s->lo / step); i * step <= s->hi; i++)
        yyjson_mut_arr_add_real(doc, ticks, rounded(i * step));
}

/* The spec lists more ticks than fit: those inside the domain stay, when many only powers of ten. */
void axis_write(yyjson_mut_doc *doc, yyjson_mut_val *axis_channel, const struct scale *s)
{
    yyjson_mut_val *scale = yyjson_mut_obj_get(axis_channel, "scale");
    yyjson_mut_val *domain = yyjson_mut_arr(doc);
    yyjson_mut_arr_add_real(doc, domain, s->lo);
    yyjson_mut_arr_add_real(doc, domain, s->hi);
    yyjson_mut_obj_add_val(doc, scale, "domain", domain);

    yyjson_mut_val *axis = yyjson_mut_obj_get(axis_channel, "axis");
    yyjson_mut_val *all = yyjson_mut_obj_remove_key(axis, "values"), *tick;
    int n_inside = 0, n_kept = 0;
    size_t i, n;
    yyjson_mut_arr_foreach(all, i, n, tick) {
        double v = yyjson_mut_get_num(tick);
        n_inside += v >= s->lo && v <= s->hi;
    }
    yyjson_mut_val *kept = yyjson_mut_arr(doc);
    yyjson_mut_arr_foreach(all, i, n, tick) {
        double v = yyjson_mut_get_num(tick);
        if (v >= s->lo && v <= s->hi && (n_inside <= TICKS_MAX || is_power_of_ten(v))) {
            yyjson_mut_arr_add_real(doc, kept, v);
            n_kept++;
        }
    }
    if (n_kept < 2) {
        yyjson_mut_arr_clear(kept);
        ticks_add(doc, kept, s);
    }
    yyjson_mut_obj_add_val(doc, axis, "values", kept);
}
