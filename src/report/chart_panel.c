#include "report/chart_panel.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

double chart_value(const struct frame *f, int row, int column)
{
    if (column < 0)
        return NAN;
    const struct frame_cell *c = frame_at(f, row, column);
    enum frame_kind kind = f->columns[column].kind;
    if (!c->is_set || kind == FRAME_TEXT || kind == FRAME_LIST)
        return NAN;
    return kind == FRAME_NUM ? c->num : (double)c->i;
}

const char *chart_text(const struct frame *f, int row, int column)
{
    const struct frame_cell *c = column < 0 ? NULL : frame_at(f, row, column);
    return c && c->is_set && c->text ? c->text : "";
}

const char *chart_str(yyjson_mut_val *obj, const char *key)
{
    const char *s = yyjson_mut_get_str(yyjson_mut_obj_get(obj, key));
    return s ? s : "";
}

yyjson_mut_val *chart_channel(yyjson_mut_val *layer, const char *name)
{
    return yyjson_mut_obj_get(yyjson_mut_obj_get(layer, "encoding"), name);
}

void panel_init(struct panel *p, yyjson_mut_val *spec, int by_column, const char *by_text, const struct frame *f)
{
    static const char *const axis_names[] = {"x", "y"}, *const size_names[] = {"width", "height"};
    *p = (struct panel){.spec = spec, .name = chart_str(spec, "name"), .by_column = by_column, .by_text = by_text};
    p->axes = yyjson_mut_arr_get_first(yyjson_mut_obj_get(spec, "layer"));
    for (int i = 0; i < 2; i++) {
        yyjson_mut_val *axis = chart_channel(p->axes, axis_names[i]);
        struct scale *s = i == 0 ? &p->x : &p->y;
        s->kind = scale_kind_of(axis);
        s->px = yyjson_mut_get_num(yyjson_mut_obj_get(spec, size_names[i]));
        *(i == 0 ? &p->x_column : &p->y_column) = frame_column(f, chart_str(axis, "field"));
    }
    bool is_table = p->x.kind == SCALE_BAND && p->y.kind == SCALE_BAND;
    yyjson_mut_val *marks = yyjson_mut_arr_get_first(yyjson_mut_obj_get(p->axes, "layer"));
    p->mark_column = is_table ? frame_column(f, chart_str(chart_channel(marks, "color"), "field")) : -1;
}

static bool axis_draws(const struct scale *s, int column, const struct frame *f, int row)
{
    return s->kind == SCALE_BAND ? chart_text(f, row, column)[0] != '\0'
                                 : scale_takes(s->kind, chart_value(f, row, column));
}

bool panel_draws(const struct panel *p, const struct frame *f, int row)
{
    return (p->by_column < 0 || strcmp(chart_text(f, row, p->by_column), p->by_text) == 0) &&
           axis_draws(&p->x, p->x_column, f, row) && axis_draws(&p->y, p->y_column, f, row) &&
           (p->mark_column < 0 || isfinite(chart_value(f, row, p->mark_column)));
}

static void widen(double *lo, double *hi, double v)
{
    *lo = fmin(*lo, v);
    *hi = fmax(*hi, v);
}

bool panel_fit(struct panel *p, const struct frame *f)
{
    bool is_drawn = false;
    double x_lo = INFINITY, x_hi = -INFINITY, y_lo = INFINITY, y_hi = -INFINITY;
    for (int r = 0; r < f->n_rows; r++) {
        if (!panel_draws(p, f, r))
            continue;
        is_drawn = true;
        widen(&x_lo, &x_hi, chart_value(f, r, p->x_column));
        widen(&y_lo, &y_hi, chart_value(f, r, p->y_column));
        size_t i, n;
        yyjson_mut_val *layer;
        yyjson_mut_arr_foreach(yyjson_mut_obj_get(p->axes, "layer"), i, n, layer) {
            static const char *const ends[] = {"y", "y2"};
            for (int e = 0; e < 2; e++) {
                double v = chart_value(f, r, frame_column(f, chart_str(chart_channel(layer, ends[e]), "field")));
                if (scale_takes(p->y.kind, v))
                    widen(&y_lo, &y_hi, v);
            }
        }
    }
    if (!is_drawn)
        return false;
    if (p->x.kind != SCALE_BAND)
        scale_fit(&p->x, x_lo, x_hi);
    if (p->y.kind != SCALE_BAND)
        scale_fit(&p->y, y_lo, y_hi);
    return true;
}

void panels_share_x(struct panel *panels, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            if (panels[i].x.kind != SCALE_BAND && panels[i].x_column == panels[k].x_column &&
                panels[i].x.kind == panels[k].x.kind)
                scale_include(&panels[i].x, &panels[k].x);
}
