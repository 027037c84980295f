#include "report/chart.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "report/chart_panel.h"
#include "report/chart_parts.h"
#include "report/chart_rows.h"
#include "report/textwidth.h"

#include "base/banned.h"

enum { WIDTH_PX = 560, LEGEND_FONT_PX = 12, CLASSES_MAX = 5 };

#define MODEL_LEVEL {"model", FRAME_TEXT, false}, {"level", FRAME_TEXT, false}
#define NUM(column) {column, FRAME_NUM, false}
#define NUM_OR_NONE(column) {column, FRAME_NUM, true}
#define WITH_INTERVAL(name, unit) NUM(name "_" unit), NUM(name "_lo_" unit), NUM(name "_hi_" unit)

static const struct chart charts[] = {
    {.name = "accuracy_size",
     .title = "Quality against size",
     .asset = "accuracy_size.vl.json",
     .needs = {MODEL_LEVEL, NUM("size_gb"), NUM_OR_NONE("ram_gb"), WITH_INTERVAL("composite", "pct")}},
    {.name = "score_bpw",
     .title = "Scores against bits per weight",
     .asset = "score_bpw.vl.json",
     .panel_by = "task",
     .needs = {MODEL_LEVEL, {"task", FRAME_TEXT, false}, {"is_base", FRAME_BOOL, false}, NUM("bpw"), WITH_INTERVAL("score", "pct")}},
    {.name = "speed_quality",
     .title = "Speed against size, with quality",
     .asset = "speed_quality.vl.json",
     .classes_of = "composite_pct",
     .needs = {MODEL_LEVEL, NUM("size_gb"), WITH_INTERVAL("gen", "tps"), NUM("composite_pct")}},
    {.name = "recovery",
     .title = "Quality recovered by adapters",
     .asset = "recovery.vl.json",
     .panel_by = "panel",
     .legend_of = "adapter",
     .needs = {MODEL_LEVEL, {"panel", FRAME_TEXT, false}, {"adapter", FRAME_TEXT, false}, WITH_INTERVAL("score", "pct")}},
    {.name = "retained",
     .title = "Share of the base's score",
     .asset = "retained.vl.json",
     .needs = {MODEL_LEVEL, NUM("bpw"), WITH_INTERVAL("retained", "pct")}},
    {.name = "flips",
     .title = "Answers that flipped",
     .asset = "flips.vl.json",
     .panel_by = "task",
     .needs = {MODEL_LEVEL, {"task", FRAME_TEXT, false}, NUM("flips_pct")}},
    {.name = "kl_flips",
     .title = "Divergence and flipped answers",
     .asset = "kl_flips.vl.json",
     .panel_by = "task",
     .needs = {MODEL_LEVEL, {"task", FRAME_TEXT, false}, NUM("kl_nat"), WITH_INTERVAL("flips", "pct")}},
    {.name = "perplexity_bpw",
     .title = "Perplexity and divergence against bits per weight",
     .asset = "perplexity_bpw.vl.json",
     .needs = {MODEL_LEVEL, NUM("bpw"), WITH_INTERVAL("loss", "pct"), WITH_INTERVAL("kl", "nat")}},
    {.name = "speed_size",
     .title = "Speed against file size",
     .asset = "speed_size.vl.json",
     .needs = {MODEL_LEVEL, NUM("size_gb"), WITH_INTERVAL("gen", "tps"), WITH_INTERVAL("prompt", "tps")}},
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

static int check_needs(const struct chart *chart, const struct frame *f, struct err *err)
{
    for (const struct chart_need *need = chart->needs; need->column; need++) {
        int c = frame_column(f, need->column);
        if (c < 0 && need->is_optional)
            continue;
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

static void panel_set_tooltip(yyjson_mut_doc *doc, struct panel *p, const struct frame *f,
                              const bool *shown)
{
    size_t i, n;
    yyjson_mut_val *layer;
    yyjson_mut_arr_foreach(yyjson_mut_obj_get(p->axes, "layer"), i, n, layer) {
        if (yyjson_mut_is_arr(chart_channel(layer, "tooltip")))
            yyjson_mut_obj_put(yyjson_mut_obj_get(layer, "encoding"),
                               yyjson_mut_str(doc, "tooltip"), chart_tooltip(doc, f, shown));
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
        if (!panel_draws(p, f, (int)i))
            continue;
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

static void legend_fit(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct chart *chart, const struct frame *f)
{
    int column = frame_column(f, chart->legend_of ? chart->legend_of : "model"), n_columns;
    double widest_px = 0;
    for (int r = 0; r < f->n_rows; r++)
        widest_px = fmax(widest_px, textwidth_px(chart_text(f, r, column), LEGEND_FONT_PX, false));
    n_columns = (int)(WIDTH_PX / (widest_px + 40));
    n_columns = n_columns < 1 ? 1 : n_columns > 5 ? 5 : n_columns;
    yyjson_mut_val *legend = yyjson_mut_obj_get(yyjson_mut_obj_get(root, "config"), "legend");
    yyjson_mut_obj_put(legend, yyjson_mut_str(doc, "columns"), yyjson_mut_int(doc, n_columns));
}

static void param_add(yyjson_mut_doc *doc, yyjson_mut_val *root, const char *name, double value)
{
    yyjson_mut_val *param = yyjson_mut_arr_add_obj(doc, yyjson_mut_obj_get(root, "params"));
    yyjson_mut_obj_add_str(doc, param, "name", name);
    yyjson_mut_obj_add_real(doc, param, "value", value);
}

/* Classes of equal, round width, at most CLASSES_MAX: parameters class_lo and class_step of the spec. */
static void classes_add(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct frame *f, int column)
{
    static const double steps[] = {1, 2, 5, 10, 20, 25, 50};
    double lo = INFINITY, hi = -INFINITY, step = steps[0];
    for (int r = 0; r < f->n_rows; r++) {
        double v = chart_value(f, r, column);
        if (isfinite(v)) {
            lo = fmin(lo, v);
            hi = fmax(hi, v);
        }
    }
    for (size_t i = 0; lo <= hi && i < sizeof steps / sizeof steps[0]; i++) {
        step = steps[i];
        if (floor(hi / step) - floor(lo / step) < CLASSES_MAX)
            break;
    }
    param_add(doc, root, "class_lo", lo <= hi ? floor(lo / step) * step : 0);
    param_add(doc, root, "class_step", step);
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
    char *marked = xasprintf("SYNTHETIC: %s", chart_str(title, "text"));
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
    snprintf(name, sizeof name, "%s_points", chart_str(yyjson_mut_arr_get_first(panels), "name"));
    yyjson_mut_val *param = yyjson_mut_arr_get_first(yyjson_mut_obj_get(root, "params"));
    if (!param || !yyjson_mut_obj_get(param, "views"))
        return;
    yyjson_mut_val *views = yyjson_mut_arr(doc);
    yyjson_mut_arr_add_strcpy(doc, views, name);
    yyjson_mut_obj_put(param, yyjson_mut_str(doc, "views"), views);
}

/* The places of a spec's panels: one list, under the name that Vega-Lite knows for its layout. */
static const char *panels_key(yyjson_mut_val *root)
{
    return yyjson_mut_obj_get(root, "concat") ? "concat" : "vconcat";
}

/* The texts of a column in the order of their first rows, each once. */
static int distinct_texts(const char **out, const struct frame *f, int column)
{
    int n = 0;
    for (int r = 0; r < f->n_rows; r++) {
        const char *s = chart_text(f, r, column);
        bool is_known = !s[0];
        for (int i = 0; i < n && !is_known; i++)
            is_known = strcmp(out[i], s) == 0;
        if (!is_known)
            out[n++] = s;
    }
    return n;
}

struct panels {
    struct panel *v;
    int n;
};

/* Adds a panel when it has something to draw. value NULL: it shows all rows. */
static int panel_add(struct panels *panels, yyjson_mut_doc *doc, yyjson_mut_val *template, yyjson_mut_val *parts,
                     const struct chart *chart, const char *value, int i_value, const struct frame *f, struct err *err)
{
    yyjson_mut_val *spec, *name = NULL;
    int by = value ? frame_column(f, chart->panel_by) : -1;
    if (value) {
        char text[64];
        snprintf(text, sizeof text, "%s_%d", chart->panel_by, i_value);
        name = yyjson_mut_strcpy(doc, text);
    }
    if (chart_panel_expand(&spec, doc, template, parts, yyjson_mut_get_str(name), value, err) < 0)
        return -1;
    struct panel *p = &panels->v[panels->n];
    panel_init(p, spec, by, value, f);
    panels->n += panel_fit(p, f);
    return 0;
}

static int panels_make(struct panels *panels, yyjson_mut_doc *doc, yyjson_mut_val *all, yyjson_mut_val *parts,
                       const struct chart *chart, const struct frame *f, struct err *err)
{
    const char **values = xcalloc((size_t)f->n_rows, sizeof *values);
    int n_values = chart->panel_by ? distinct_texts(values, f, frame_column(f, chart->panel_by)) : 1, rc = 0;
    size_t i, n;
    yyjson_mut_val *template;
    panels->v = xcalloc((size_t)n_values * yyjson_mut_arr_size(all), sizeof *panels->v);
    yyjson_mut_arr_foreach(all, i, n, template)
        for (int k = 0; k < n_values && rc == 0; k++)
            rc = panel_add(panels, doc, template, parts, chart, chart->panel_by ? values[k] : NULL, k, f, err);
    free(values);
    return rc;
}

static void panel_write(yyjson_mut_doc *doc, struct panel *p, const struct frame *f, yyjson_mut_val *rows,
                        const bool *shown)
{
    if (p->x.kind != SCALE_BAND)
        axis_write(doc, chart_channel(p->axes, "x"), &p->x);
    if (p->y.kind != SCALE_BAND)
        axis_write(doc, chart_channel(p->axes, "y"), &p->y);
    panel_set_tooltip(doc, p, f, shown);
    if (p->x.kind != SCALE_BAND && p->y.kind != SCALE_BAND)
        panel_set_labels(doc, p, f, rows);
}

/* Puts the panels that have something to draw in the place of their templates. */
static int panels_fill(yyjson_mut_val **out, yyjson_mut_doc *doc, yyjson_mut_val *root, const struct chart *chart,
                       const struct frame *f, yyjson_mut_val *rows, const bool *shown, struct err *err)
{
    struct panels panels = {0};
    const char *key = panels_key(root);
    yyjson_mut_val *parts, *all = yyjson_mut_obj_remove_key(root, key), *kept = yyjson_mut_arr(doc);
    int ret = -1;
    if (chart_asset(&parts, doc, "parts.json", err) < 0 ||
        panels_make(&panels, doc, all, parts, chart, f, err) < 0)
        goto done;
    panels_share_x(panels.v, panels.n);
    for (int i = 0; i < panels.n; i++) {
        panel_write(doc, &panels.v[i], f, rows, shown);
        yyjson_mut_arr_append(kept, panels.v[i].spec);
    }
    yyjson_mut_obj_add_val(doc, root, key, kept);
    *out = kept;
    ret = panels.n > 0 ? 0
                       : err_set(err, ERR_RANGE, "chart %s: no row of table '%s' has both values of a point",
                                 chart->name, f->name);
done:
    free(panels.v);
    return ret;
}

static int spec_fill(yyjson_mut_doc *doc, const struct chart *chart, const struct frame *f, const char *subtitle,
                     const bool *shown, struct err *err)
{
    yyjson_mut_val *root, *panels, *config;
    if (chart_asset(&root, doc, chart->asset, err) < 0 || chart_asset(&config, doc, "theme_light.json", err) < 0)
        return err_prefix(err, "chart %s: ", chart->name);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_val(doc, root, "config", config);
    yyjson_mut_val *rows = chart_rows(doc, chart, f, shown);
    yyjson_mut_obj_put(yyjson_mut_obj_get(root, "data"), yyjson_mut_str(doc, "values"), rows);
    if (panels_fill(&panels, doc, root, chart, f, rows, shown, err) < 0)
        return -1;
    param_bind(doc, root, panels);
    if (chart->classes_of)
        classes_add(doc, root, f, frame_column(f, chart->classes_of));
    legend_fit(doc, root, chart, f);
    if (subtitle)
        subtitle_add(doc, yyjson_mut_obj_get(yyjson_mut_obj_get(root, "title"), "subtitle"), subtitle);
    if (f->is_synthetic)
        mark_synthetic(doc, root, panels);
    return 0;
}

int chart_spec(struct buf *out, const struct chart *chart, const struct frame *f, const char *subtitle,
               struct err *err)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    char *text = NULL;
    bool *shown = xcalloc((size_t)f->n_columns + 1, sizeof *shown); /* [n_columns] has a line in tooltips */
    size_t n_bytes;
    int ret = -1;

    chart_rows_shown(shown, f);
    if (check_needs(chart, f, err) < 0 || spec_fill(doc, chart, f, subtitle, shown, err) < 0)
        goto done;
    text = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &n_bytes);
    assert(text);
    buf_append(out, text, n_bytes);
    ret = 0;
done:
    free(text);
    free(shown);
    yyjson_mut_doc_free(doc);
    return ret;
}
