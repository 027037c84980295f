#include "report/chart_rows.h"

#include <math.h>
#include <string.h>

#include "report/chart_panel.h"

#include "base/banned.h"

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

static yyjson_mut_val *cell_make(yyjson_mut_doc *doc, enum frame_kind kind, const struct frame *f, int row, int column)
{
    double v = chart_value(f, row, column);
    return kind == FRAME_TEXT ? yyjson_mut_strcpy(doc, chart_text(f, row, column))
           : !isfinite(v)     ? yyjson_mut_null(doc)
           : kind == FRAME_BOOL ? yyjson_mut_bool(doc, v != 0)
                                : yyjson_mut_real(doc, v);
}

yyjson_mut_val *chart_rows(yyjson_mut_doc *doc, const struct chart *chart,
                                 const struct frame *f, const bool *shown)
{
    yyjson_mut_val *rows = yyjson_mut_arr(doc);
    for (int r = 0; r < f->n_rows; r++) {
        yyjson_mut_val *obj = yyjson_mut_arr_add_obj(doc, rows);
        for (const struct chart_need *need = chart->needs; need->column; need++) {
            int c = frame_column(f, need->column);
            yyjson_mut_obj_add(obj, yyjson_mut_str(doc, need->column), cell_make(doc, need->kind, f, r, c));
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

yyjson_mut_val *chart_tooltip(yyjson_mut_doc *doc, const struct frame *f, const bool *shown)
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

void chart_rows_shown(bool *shown, const struct frame *f)
{
    for (int c = 0; c < f->n_columns; c++)
        shown[c] = is_tip(f, c);
}
