/*
 * Domains, ticks and labels are computed here and not by Vega-Lite: one point or one level would give an
 * empty domain there, and Vega-Lite has no labels that avoid each other.
 */
#include "report/chart.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "report/assets.h"
#include "report/textwidth.h"

#include "base/banned.h"

enum { WIDTH_PX = 560, LABEL_FONT_PX = 10, LEGEND_FONT_PX = 12, TICKS_MAX = 10, PANELS_MAX = 8 };

static const struct chart charts[] = {
    {.name = "perplexity_bpw",
     .title = "Perplexity and divergence against bits per weight",
     .asset = "perplexity_bpw.vl.json",
     .needs = {{"model", FRAME_TEXT},
               {"level", FRAME_TEXT},
               {"bpw", FRAME_NUM},
               {"loss_pct", FRAME_NUM},
               {"loss_lo_pct", FRAME_NUM},
               {"loss_hi_pct", FRAME_NUM},
               {"kl_nat", FRAME_NUM},
               {"kl_lo_nat", FRAME_NUM},
               {"kl_hi_nat", FRAME_NUM}}},
    {.name = "speed_size",
     .title = "Speed against file size",
     .asset = "speed_size.vl.json",
     .needs = {{"model", FRAME_TEXT},
               {"level", FRAME_TEXT},
               {"size_gb", FRAME_NUM},
               {"gen_tps", FRAME_NUM},
               {"gen_lo_tps", FRAME_NUM},
               {"gen_hi_tps", FRAME_NUM},
               {"prompt_tps", FRAME_NUM},
               {"prompt_lo_tps", FRAME_NUM},
               {"prompt_hi_tps", FRAME_NUM}}},
};

int chart_n(void)
{
    return sizeof charts / sizeof charts[0];
}

const struct chart *chart_at(int i)
{
    return &charts[i];
}

const struct chart *chart_find(const char *name)
{
    for (int i = 0; i < chart_n(); i++)
        if (strcmp(charts[i].name, name) == 0)
            return &charts[i];
    return NULL;
}

/* ---- values of the frame ---- */

static double value(const struct frame *f, int row, int column)
{
    if (column < 0)
        return NAN;
    const struct frame_cell *c = frame_at(f, row, column);
    if (!c->is_set || f->columns[column].kind == FRAME_TEXT)
        return NAN;
    return f->columns[column].kind == FRAME_INT ? (double)c->i : c->num;
}

static const char *text(const struct frame *f, int row, int column)
{
    const struct frame_cell *c = column < 0 ? NULL : frame_at(f, row, column);
    return c && c->is_set && c->text ? c->text : "";
}

static int check_needs(const struct chart *chart, const struct frame *f, struct err *err)
{
    for (const struct chart_need *need = chart->needs; need->column; need++) {
        int c = frame_column(f, need->column);
        if (c < 0)
            return err_set(err, ERR_FORMAT, "chart %s: table '%s' has no column '%s'", chart->name,
                           f->name, need->column);
        if ((f->columns[c].kind == FRAME_TEXT) != (need->kind == FRAME_TEXT))
            return err_set(err, ERR_FORMAT, "chart %s: column '%s' of table '%s' must hold %s",
                           chart->name, need->column, f->name,
                           need->kind == FRAME_TEXT ? "text" : "numbers");
    }
    if (f->n_rows == 0)
        return err_set(err, ERR_RANGE, "chart %s: table '%s' has no rows", chart->name, f->name);
    return 0;
}

/* ---- scales: a value to a place on its axis ---- */

enum scale_kind { SCALE_LINEAR, SCALE_LOG, SCALE_SYMLOG };

struct scale {
    enum scale_kind kind;
    double lo, hi; /* domain */
    double px;     /* length of the axis */
};

static bool scale_takes(enum scale_kind kind, double v)
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

static double scale_px(const struct scale *s, double v)
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
static void scale_fit(struct scale *s, double lowest, double highest)
{
    double lo = scale_forward(s->kind, lowest), hi = scale_forward(s->kind, highest);
    double least = s->kind == SCALE_LINEAR ? 0.1 * fabs(hi) + 1e-9 : 0.3;
    double missing = least - (hi - lo) > 0 ? (least - (hi - lo)) / 2 : 0;
    double air = 0.05 * (hi - lo + 2 * missing);
    s->lo = rounded(scale_back(s->kind, lo - missing - air));
    s->hi = rounded(scale_back(s->kind, hi + missing + air));
}

/* ---- one panel of the spec ---- */

struct panel {
    yyjson_mut_val *spec; /* the panel */
    yyjson_mut_val *axes; /* panel.layer[0]: holds encoding.x and .y, and the data layers */
    const char *name;
    int x_column, y_column; /* of the frame */
    struct scale x, y;
};

static const char *str_of(yyjson_mut_val *obj, const char *key)
{
    const char *s = yyjson_mut_get_str(yyjson_mut_obj_get(obj, key));
    return s ? s : "";
}

static yyjson_mut_val *channel(yyjson_mut_val *layer, const char *name)
{
    return yyjson_mut_obj_get(yyjson_mut_obj_get(layer, "encoding"), name);
}

static void panel_init(struct panel *p, yyjson_mut_val *spec, const struct frame *f)
{
    static const char *const axis_names[] = {"x", "y"}, *const size_names[] = {"width", "height"};
    *p = (struct panel){.spec = spec, .name = str_of(spec, "name")};
    p->axes = yyjson_mut_arr_get_first(yyjson_mut_obj_get(spec, "layer"));
    for (int i = 0; i < 2; i++) {
        yyjson_mut_val *axis = channel(p->axes, axis_names[i]);
        const char *type = str_of(yyjson_mut_obj_get(axis, "scale"), "type");
        struct scale *s = i == 0 ? &p->x : &p->y;
        s->kind = strcmp(type, "log") == 0      ? SCALE_LOG
                  : strcmp(type, "symlog") == 0 ? SCALE_SYMLOG
                                                : SCALE_LINEAR;
        s->px = yyjson_mut_get_num(yyjson_mut_obj_get(spec, size_names[i]));
        *(i == 0 ? &p->x_column : &p->y_column) = frame_column(f, str_of(axis, "field"));
    }
}

static bool panel_draws(const struct panel *p, const struct frame *f, int row)
{
    return scale_takes(p->x.kind, value(f, row, p->x_column)) &&
           scale_takes(p->y.kind, value(f, row, p->y_column));
}

static void widen(double *lo, double *hi, double v)
{
    *lo = fmin(*lo, v);
    *hi = fmax(*hi, v);
}

/* The domains hold every point drawn and the ends of its bars. False: there is no point. */
static bool panel_fit(struct panel *p, const struct frame *f)
{
    double x_lo = INFINITY, x_hi = -INFINITY, y_lo = INFINITY, y_hi = -INFINITY;
    for (int r = 0; r < f->n_rows; r++) {
        if (!panel_draws(p, f, r))
            continue;
        widen(&x_lo, &x_hi, value(f, r, p->x_column));
        widen(&y_lo, &y_hi, value(f, r, p->y_column));
        size_t i, n;
        yyjson_mut_val *layer;
        yyjson_mut_arr_foreach(yyjson_mut_obj_get(p->axes, "layer"), i, n, layer) {
            static const char *const ends[] = {"y", "y2"};
            for (int e = 0; e < 2; e++) {
                double v = value(f, r, frame_column(f, str_of(channel(layer, ends[e]), "field")));
                if (scale_takes(p->y.kind, v))
                    widen(&y_lo, &y_hi, v);
            }
        }
    }
    if (!(x_lo <= x_hi))
        return false;
    scale_fit(&p->x, x_lo, x_hi);
    scale_fit(&p->y, y_lo, y_hi);
    return true;
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
static void axis_write(yyjson_mut_doc *doc, yyjson_mut_val *axis_channel, const struct scale *s)
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

/* ---- labels: the name of the level above or below its point, where there is room ---- */

enum label_place { LABEL_NONE, LABEL_ABOVE, LABEL_BELOW };

struct box {
    double x0, x1, y0, y1; /* px, y upwards */
};

static bool overlap(const struct box *a, const struct box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

static struct box box_around(double x, double y, double half_width, double half_height)
{
    return (struct box){x - half_width, x + half_width, y - half_height, y + half_height};
}

/*
 * Greedy, in the order of the rows: a label stays when its box is inside the panel and free of points
 * and of the labels before it. place [n_rows] of enum label_place. Cost rows^2, and rows are few.
 */
static void labels_place(int *place, const struct panel *p, const struct frame *f)
{
    static const double point_half_px = 4, offset_px = 13, half_height_px = 6;
    int level_column = frame_column(f, "level");
    struct box *taken = xcalloc((size_t)f->n_rows * 2 + 1, sizeof *taken);
    int n_taken = 0;

    for (int r = 0; r < f->n_rows; r++)
        if (panel_draws(p, f, r))
            taken[n_taken++] =
                box_around(scale_px(&p->x, value(f, r, p->x_column)),
                           scale_px(&p->y, value(f, r, p->y_column)), point_half_px, point_half_px);
    for (int r = 0; r < f->n_rows; r++) {
        place[r] = LABEL_NONE;
        const char *level = text(f, r, level_column);
        if (!panel_draws(p, f, r) || !level[0])
            continue;
        double x = scale_px(&p->x, value(f, r, p->x_column));
        double y = scale_px(&p->y, value(f, r, p->y_column));
        double half_width_px = textwidth_px(level, LABEL_FONT_PX, false) / 2 + 2;
        for (int side = LABEL_ABOVE; side <= LABEL_BELOW && place[r] == LABEL_NONE; side++) {
            double dy = side == LABEL_ABOVE ? offset_px : -offset_px;
            struct box b = box_around(x, y + dy, half_width_px, half_height_px);
            bool is_free = b.x0 >= 0 && b.x1 <= p->x.px && b.y0 >= 0 && b.y1 <= p->y.px;
            for (int i = 0; i < n_taken && is_free; i++)
                is_free = !overlap(&b, &taken[i]);
            if (is_free) {
                place[r] = side;
                taken[n_taken++] = b;
            }
        }
    }
    free(taken);
}

/* ---- data and tooltips ---- */

/* The column named like this one plus "_lo" (or "_hi", "_se") before its unit: gen_tps, gen_lo_tps. -1: none. */
static int column_beside(const struct frame *f, int column, const char *infix)
{
    char name[128];
    size_t n_infix = strlen(infix);
    for (int c = 0; c < f->n_columns; c++) {
        const char *at = strstr(f->columns[c].name, infix);
        if (!at || (at[n_infix] != '_' && at[n_infix] != '\0'))
            continue;
        snprintf(name, sizeof name, "%.*s%s", (int)(at - f->columns[c].name), f->columns[c].name,
                 at + n_infix);
        if (strcmp(name, f->columns[column].name) == 0)
            return c;
    }
    return -1;
}

/* A column stands in the tooltip when it has a value anywhere and is not the interval of another. */
static bool is_tip(const struct frame *f, int column)
{
    static const char *const infixes[] = {"_lo", "_hi", "_se"};
    for (int c = 0; c < f->n_columns; c++)
        for (int i = 0; i < 3; i++)
            if (c != column && column_beside(f, c, infixes[i]) == column)
                return false;
    for (int r = 0; r < f->n_rows; r++)
        if (frame_at(f, r, column)->is_set)
            return true;
    return false;
}

static bool format_tip(struct buf *out, const struct frame *f, int row, int column)
{
    if (column < 0 || !frame_at(f, row, column)->is_set)
        return false;
    frame_format_cell(out, f, row, column, false);
    return true;
}

/*
 * Vega would print a missing number as 0 in a tooltip: texts are made here, as the tables print them,
 * with the interval behind the value: "12.3 (11.9 to 12.6)".
 */
static void row_add_tips(yyjson_mut_doc *doc, yyjson_mut_val *obj, const struct frame *f, int row,
                         const bool *shown)
{
    struct buf tip = BUF_INIT, lo = BUF_INIT, hi = BUF_INIT, se = BUF_INIT;
    for (int c = 0; c < f->n_columns; c++) {
        if (!shown[c])
            continue;
        char key[24];
        snprintf(key, sizeof key, "tip_%d", c);
        buf_clear(&tip);
        buf_clear(&lo);
        buf_clear(&hi);
        buf_clear(&se);
        if (!format_tip(&tip, f, row, c))
            buf_puts(&tip, "not measured");
        else if (format_tip(&lo, f, row, column_beside(f, c, "_lo")) &&
                 format_tip(&hi, f, row, column_beside(f, c, "_hi")))
            buf_printf(&tip, " (%s to %s)", lo.data, hi.data);
        else if (format_tip(&se, f, row, column_beside(f, c, "_se")))
            buf_printf(&tip, " \xc2\xb1 %s", se.data);
        yyjson_mut_obj_add(obj, yyjson_mut_strcpy(doc, key),
                           yyjson_mut_strncpy(doc, tip.data, tip.len));
    }
    buf_release(&tip);
    buf_release(&lo);
    buf_release(&hi);
    buf_release(&se);
}

static yyjson_mut_val *rows_make(yyjson_mut_doc *doc, const struct chart *chart,
                                 const struct frame *f, const bool *shown)
{
    yyjson_mut_val *rows = yyjson_mut_arr(doc);
    for (int r = 0; r < f->n_rows; r++) {
        yyjson_mut_val *obj = yyjson_mut_arr_add_obj(doc, rows);
        for (const struct chart_need *need = chart->needs; need->column; need++) {
            int c = frame_column(f, need->column);
            double v = value(f, r, c);
            yyjson_mut_val *cell = need->kind == FRAME_TEXT ? yyjson_mut_strcpy(doc, text(f, r, c))
                                   : isfinite(v)            ? yyjson_mut_real(doc, v)
                                                            : yyjson_mut_null(doc);
            yyjson_mut_obj_add(obj, yyjson_mut_str(doc, need->column), cell);
        }
        row_add_tips(doc, obj, f, r, shown);
    }
    return rows;
}

/* Vega keeps tooltips by their title and would drop the second of two equal ones: it gets its name too. */
static void put_tip_title(struct buf *out, const struct frame *f, int column, const bool *shown)
{
    const struct frame_column *col = &f->columns[column];
    bool is_taken = false;
    for (int c = 0; c < column; c++)
        is_taken = is_taken || (shown[c] && strcmp(f->columns[c].label, col->label) == 0);
    buf_puts(out, col->label);
    if (is_taken)
        buf_printf(out, ", %s", col->name);
    if (col->unit[0])
        buf_printf(out, " (%s)", col->unit);
}

static yyjson_mut_val *tooltip_make(yyjson_mut_doc *doc, const struct frame *f, const bool *shown)
{
    yyjson_mut_val *tips = yyjson_mut_arr(doc);
    struct buf title = BUF_INIT;
    for (int c = 0; c < f->n_columns; c++) {
        if (!shown[c])
            continue;
        char field[24];
        snprintf(field, sizeof field, "tip_%d", c);
        buf_clear(&title);
        put_tip_title(&title, f, c, shown);
        yyjson_mut_val *tip = yyjson_mut_arr_add_obj(doc, tips);
        yyjson_mut_obj_add_strcpy(doc, tip, "field", field);
        yyjson_mut_obj_add_str(doc, tip, "type", "nominal");
        yyjson_mut_obj_add_strncpy(doc, tip, "title", title.data, title.len);
    }
    buf_release(&title);
    return tips;
}

static void panel_set_tooltip(yyjson_mut_doc *doc, struct panel *p, const struct frame *f,
                              const bool *shown)
{
    size_t i, n;
    yyjson_mut_val *layer;
    yyjson_mut_arr_foreach(yyjson_mut_obj_get(p->axes, "layer"), i, n, layer) {
        if (channel(layer, "tooltip"))
            yyjson_mut_obj_put(yyjson_mut_obj_get(layer, "encoding"),
                               yyjson_mut_str(doc, "tooltip"), tooltip_make(doc, f, shown));
    }
}

static void panel_set_labels(yyjson_mut_doc *doc, struct panel *p, const struct frame *f,
                             yyjson_mut_val *rows)
{
    int *place = xcalloc((size_t)f->n_rows, sizeof *place);
    labels_place(place, p, f);
    size_t i, n;
    yyjson_mut_val *row;
    yyjson_mut_arr_foreach(rows, i, n, row) {
        char key[64];
        snprintf(key, sizeof key, "label_%s", p->name);
        yyjson_mut_obj_add(row, yyjson_mut_strcpy(doc, key), yyjson_mut_int(doc, place[i]));
    }
    free(place);
}

/* ---- title, legend, synthetic ---- */

/* Adds the text to the subtitle, broken into lines that fit the width of the chart. */
static void subtitle_add(yyjson_mut_doc *doc, yyjson_mut_val *lines, const char *s)
{
    struct buf line = BUF_INIT, longer = BUF_INIT;
    while (*s) {
        size_t n_word = strcspn(s, " ");
        buf_clear(&longer);
        buf_append(&longer, line.data, line.len);
        if (line.len)
            buf_putc(&longer, ' ');
        buf_append(&longer, s, n_word);
        if (line.len && textwidth_px(longer.data, 12, false) > WIDTH_PX) {
            yyjson_mut_arr_add_strcpy(doc, lines, line.data);
            buf_clear(&line);
            buf_append(&line, s, n_word);
        } else {
            buf_clear(&line);
            buf_append(&line, longer.data, longer.len);
        }
        s += n_word;
        s += strspn(s, " ");
    }
    if (line.len)
        yyjson_mut_arr_add_strcpy(doc, lines, line.data);
    buf_release(&line);
    buf_release(&longer);
}

static void legend_fit(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct frame *f)
{
    int model_column = frame_column(f, "model"), n_columns;
    double widest_px = 0;
    for (int r = 0; r < f->n_rows; r++)
        widest_px = fmax(widest_px, textwidth_px(text(f, r, model_column), LEGEND_FONT_PX, false));
    n_columns = (int)(WIDTH_PX / (widest_px + 40));
    n_columns = n_columns < 1 ? 1 : n_columns > 5 ? 5 : n_columns;
    yyjson_mut_val *legend = yyjson_mut_obj_get(yyjson_mut_obj_get(root, "config"), "legend");
    yyjson_mut_obj_put(legend, yyjson_mut_str(doc, "columns"), yyjson_mut_int(doc, n_columns));
}

/* item.mark.group is the panel, whatever size a page gives it. */
static const char synthetic_layer[] =
    "{\"name\":\"synthetic\",\"data\":{\"values\":[{}]},"
    "\"mark\":{\"type\":\"text\",\"text\":\"SYNTHETIC\",\"tooltip\":null,"
    "\"x\":{\"expr\":\"item.mark.group.width / 2\"},\"y\":{\"expr\":\"item.mark.group.height / "
    "2\"},"
    "\"fontSize\":{\"expr\":\"item.mark.group.width / 7.5\"},\"fontWeight\":\"bold\",\"angle\":-24,"
    "\"align\":\"center\",\"baseline\":\"middle\",\"color\":\"#c00000\",\"opacity\":0.2}}";

static void mark_synthetic(yyjson_mut_doc *doc, yyjson_mut_val *root, yyjson_mut_val *panels)
{
    yyjson_mut_val *title = yyjson_mut_obj_get(root, "title"), *panel;
    char *marked = xasprintf("SYNTHETIC: %s", str_of(title, "text"));
    yyjson_mut_obj_put(title, yyjson_mut_str(doc, "text"), yyjson_mut_strcpy(doc, marked));
    free(marked);
    yyjson_mut_arr_prepend(yyjson_mut_obj_get(title, "subtitle"),
                           yyjson_mut_str(doc,
                                          "SYNTHETIC DATA: made up to test the program. Nothing "
                                          "here was measured."));
    yyjson_mut_val *meta = yyjson_mut_obj_add_obj(doc, root, "usermeta");
    yyjson_mut_obj_add_bool(doc, yyjson_mut_obj_add_obj(doc, meta, "perbit"), "synthetic", true);

    yyjson_doc *layer = yyjson_read(synthetic_layer, sizeof synthetic_layer - 1, 0);
    assert(layer);
    size_t i, n;
    yyjson_mut_arr_foreach(panels, i, n, panel) {
        yyjson_mut_val *copy = yyjson_val_mut_copy(doc, yyjson_doc_get_root(layer));
        yyjson_mut_arr_append(yyjson_mut_obj_get(panel, "layer"), copy);
    }
    yyjson_doc_free(layer);
}

/* The legend's filter belongs to one view: the points of the first panel that is left. */
static void param_bind(yyjson_mut_doc *doc, yyjson_mut_val *root, yyjson_mut_val *panels)
{
    char name[64];
    snprintf(name, sizeof name, "%s_points", str_of(yyjson_mut_arr_get_first(panels), "name"));
    yyjson_mut_val *param = yyjson_mut_arr_get_first(yyjson_mut_obj_get(root, "params"));
    yyjson_mut_val *views = yyjson_mut_arr(doc);
    yyjson_mut_arr_add_strcpy(doc, views, name);
    yyjson_mut_obj_put(param, yyjson_mut_str(doc, "views"), views);
}

static void scale_include(struct scale *s, const struct scale *other)
{
    widen(&s->lo, &s->hi, other->lo);
    widen(&s->lo, &s->hi, other->hi);
}

/* Panels of the same x column stand above each other: one domain, so that the eye can go down. */
static void panels_share_x(struct panel *panels, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            if (panels[i].x_column == panels[k].x_column && panels[i].x.kind == panels[k].x.kind)
                scale_include(&panels[i].x, &panels[k].x);
}

/* Fills the panels in; returns those with something to draw. */
static yyjson_mut_val *panels_fill(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct frame *f,
                                   yyjson_mut_val *rows, const bool *shown)
{
    struct panel panels[PANELS_MAX];
    yyjson_mut_val *all = yyjson_mut_obj_remove_key(root, "vconcat"), *spec;
    yyjson_mut_val *kept = yyjson_mut_arr(doc);
    int n = 0;
    while (n < PANELS_MAX && (spec = yyjson_mut_arr_remove_first(all))) {
        panel_init(&panels[n], spec, f);
        n += panel_fit(&panels[n], f);
    }
    panels_share_x(panels, n);
    for (int i = 0; i < n; i++) {
        struct panel *p = &panels[i];
        axis_write(doc, channel(p->axes, "x"), &p->x);
        axis_write(doc, channel(p->axes, "y"), &p->y);
        panel_set_tooltip(doc, p, f, shown);
        panel_set_labels(doc, p, f, rows);
        yyjson_mut_arr_append(kept, p->spec);
    }
    yyjson_mut_obj_add_val(doc, root, "vconcat", kept);
    return kept;
}

int chart_spec(struct buf *out, const struct chart *chart, const struct frame *f,
               const char *subtitle, struct err *err)
{
    struct json *json = NULL;
    yyjson_mut_doc *doc = NULL;
    char *text_out = NULL;
    bool *shown =
        xcalloc((size_t)f->n_columns + 1, sizeof *shown); /* [n_columns] has a line in tooltips */
    size_t n_bytes;
    int ret = -1;

    if (check_needs(chart, f, err) < 0)
        goto done;
    const struct asset *asset = asset_find(chart->asset);
    if (!asset) {
        err_set(err, ERR_UNSUPPORTED, "chart %s: this program was built without %s", chart->name,
                chart->asset);
        goto done;
    }
    if (json_parse(&json, asset->data, asset_size(asset), chart->asset, err) < 0)
        goto done;
    doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_val_mut_copy(doc, json_root(json));
    yyjson_mut_doc_set_root(doc, root);

    for (int c = 0; c < f->n_columns; c++)
        shown[c] = is_tip(f, c);
    yyjson_mut_val *rows = rows_make(doc, chart, f, shown);
    yyjson_mut_obj_put(yyjson_mut_obj_get(root, "data"), yyjson_mut_str(doc, "values"), rows);
    yyjson_mut_val *panels = panels_fill(doc, root, f, rows, shown);
    if (yyjson_mut_arr_size(panels) == 0) {
        err_set(err, ERR_RANGE, "chart %s: no row of table '%s' has both values of a point",
                chart->name, f->name);
        goto done;
    }
    param_bind(doc, root, panels);
    legend_fit(doc, root, f);
    if (subtitle)
        subtitle_add(doc, yyjson_mut_obj_get(yyjson_mut_obj_get(root, "title"), "subtitle"),
                     subtitle);
    if (f->is_synthetic)
        mark_synthetic(doc, root, panels);

    text_out = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &n_bytes);
    assert(text_out);
    buf_append(out, text_out, n_bytes);
    ret = 0;
done:
    free(text_out);
    free(shown);
    yyjson_mut_doc_free(doc);
    json_close(json);
    return ret;
}
