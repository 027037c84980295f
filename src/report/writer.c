#include "report/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

#define SYNTHETIC_LINE "SYNTHETIC DATA: made up to test the program. Nothing here was measured."
static const char synthetic_key[] = "data", synthetic_value[] = "SYNTHETIC";

static bool is_missing(const struct frame *f, int row, int column)
{
    const struct frame_cell *c = frame_at(f, row, column);
    return !c->is_set || (f->columns[column].kind == FRAME_NUM && !isfinite(c->num));
}

static bool is_left(const struct frame *f, int column)
{
    return f->columns[column].kind == FRAME_TEXT || f->columns[column].kind == FRAME_LIST;
}

/* The columns that a format without lists has. */
static bool is_flat(const struct frame *f, int column)
{
    return f->columns[column].kind != FRAME_LIST;
}

static void put_heading(struct buf *out, const struct frame_column *c)
{
    buf_puts(out, c->label);
    if (c->unit[0])
        buf_printf(out, " (%s)", c->unit);
}

/* ---- text ---- */

/* A control character in a name must not move the cursor of a terminal, nor break a line of a table. */
static void put_plain(struct buf *out, const char *s)
{
    for (; *s; s++)
        buf_putc(out, (unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s);
}

/* The text of row, or of the heading for row -1, into cell. */
static void text_cell(struct buf *cell, const struct frame *f, int row, int column)
{
    struct buf raw = BUF_INIT;
    if (row < 0)
        put_heading(&raw, &f->columns[column]);
    else if (!is_missing(f, row, column))
        frame_format_cell(&raw, f, row, column, false);
    buf_clear(cell);
    put_plain(cell, raw.data);
    buf_release(&raw);
}

static void put_repeated(struct buf *out, char c, int n)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, c);
}

static void text_line(struct buf *out, const struct frame *f, int row, const int *widths)
{
    struct buf cell = BUF_INIT;
    int owed = 0; /* spaces not written yet: a line does not end in them */
    for (int c = 0; c < f->n_columns; c++) {
        text_cell(&cell, f, row, c);
        int pad = widths[c] - utf8_width(cell.data);
        owed += (c > 0 ? 2 : 0) + (is_left(f, c) ? 0 : pad);
        if (cell.len) {
            put_repeated(out, ' ', owed);
            owed = 0;
        }
        buf_append(out, cell.data, cell.len);
        owed += is_left(f, c) ? pad : 0;
    }
    buf_putc(out, '\n');
    buf_release(&cell);
}

static void write_text(struct buf *out, const struct frame *f)
{
    int *widths = xcalloc((size_t)f->n_columns + 1, sizeof *widths);
    struct buf cell = BUF_INIT;
    for (int c = 0; c < f->n_columns; c++)
        for (int r = -1; r < f->n_rows; r++) {
            text_cell(&cell, f, r, c);
            int width = utf8_width(cell.data);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    if (f->is_synthetic)
        buf_puts(out, SYNTHETIC_LINE "\n");
    text_line(out, f, -1, widths);
    for (int c = 0; c < f->n_columns; c++) {
        put_repeated(out, ' ', c > 0 ? 2 : 0);
        put_repeated(out, '-', widths[c]);
    }
    buf_putc(out, '\n');
    for (int r = 0; r < f->n_rows; r++)
        text_line(out, f, r, widths);
    buf_release(&cell);
    free(widths);
}

/* ---- Markdown ---- */

static void put_markdown(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            buf_puts(out, "&lt;");
        else if (*s == '&')
            buf_puts(out, "&amp;");
        else if (strchr("\\`*|[]", *s))
            buf_printf(out, "\\%c", *s);
        else
            buf_putc(out, (unsigned char)*s < 0x20 ? ' ' : *s);
    }
}

static void write_markdown(struct buf *out, const struct frame *f)
{
    struct buf cell = BUF_INIT;
    if (f->is_synthetic)
        buf_puts(out, "**" SYNTHETIC_LINE "**\n\n");
    for (int r = -1; r < f->n_rows; r++) {
        buf_putc(out, '|');
        for (int c = 0; c < f->n_columns; c++) {
            text_cell(&cell, f, r, c);
            buf_putc(out, ' ');
            put_markdown(out, cell.data);
            buf_puts(out, " |");
        }
        buf_putc(out, '\n');
        if (r >= 0)
            continue;
        buf_putc(out, '|');
        for (int c = 0; c < f->n_columns; c++)
            buf_puts(out, is_left(f, c) ? " --- |" : " ---: |");
        buf_putc(out, '\n');
    }
    buf_release(&cell);
}

/* ---- CSV ---- */

static void put_csv(struct buf *out, const char *s)
{
    if (s[0] && !strpbrk(s, ",\"\r\n")) {
        buf_puts(out, s);
        return;
    }
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"')
            buf_putc(out, '"');
        buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static void write_csv(struct buf *out, const struct frame *f)
{
    struct buf cell = BUF_INIT;
    for (int r = -1; r < f->n_rows; r++) {
        bool is_first = !f->is_synthetic;
        if (f->is_synthetic)
            buf_puts(out, r < 0 ? synthetic_key : synthetic_value);
        for (int c = 0; c < f->n_columns; c++) {
            if (!is_flat(f, c))
                continue;
            if (!is_first)
                buf_putc(out, ',');
            is_first = false;
            if (r < 0) {
                put_csv(out, f->columns[c].name);
            } else if (!is_missing(f, r, c)) {
                buf_clear(&cell);
                frame_format_cell(&cell, f, r, c, true);
                put_csv(out, cell.data);
            }
        }
        buf_puts(out, "\r\n");
    }
    buf_release(&cell);
}

/* ---- JSON ---- */

static void put_object(struct jw *w, const struct frame *f, int row)
{
    jw_object(w);
    if (f->is_synthetic)
        jw_kstr(w, synthetic_key, synthetic_value);
    frame_put_json(w, f, row);
    jw_end(w);
}

static void write_json(struct buf *out, const struct frame *f)
{
    struct jw w;
    jw_init(&w, out);
    jw_pretty(&w);
    jw_array(&w);
    for (int r = 0; r < f->n_rows; r++)
        put_object(&w, f, r);
    jw_end(&w);
    buf_putc(out, '\n');
}

static void write_jsonl(struct buf *out, const struct frame *f)
{
    for (int r = 0; r < f->n_rows; r++) {
        struct jw w;
        jw_init(&w, out);
        put_object(&w, f, r);
        buf_putc(out, '\n');
    }
}

/* ---- SQL ---- */

static void put_quoted(struct buf *out, const char *s, char quote)
{
    buf_putc(out, quote);
    for (; *s; s++) {
        if (*s == quote)
            buf_putc(out, quote);
        buf_putc(out, *s);
    }
    buf_putc(out, quote);
}

static void sql_columns(struct buf *out, const struct frame *f, bool with_types)
{
    static const char *const types[] = {
        [FRAME_TEXT] = " TEXT", [FRAME_NUM] = " DOUBLE PRECISION", [FRAME_INT] = " BIGINT", [FRAME_BOOL] = " INTEGER"};
    bool is_first = !f->is_synthetic;
    if (f->is_synthetic)
        buf_printf(out, "\"%s\"%s", synthetic_key, with_types ? types[FRAME_TEXT] : "");
    for (int c = 0; c < f->n_columns; c++) {
        if (!is_flat(f, c))
            continue;
        buf_puts(out, is_first ? "" : ", ");
        is_first = false;
        put_quoted(out, f->columns[c].name, '"');
        if (with_types)
            buf_puts(out, types[f->columns[c].kind]);
    }
}

static void write_sql(struct buf *out, const struct frame *f)
{
    struct buf cell = BUF_INIT;
    if (f->is_synthetic)
        buf_puts(out, "-- " SYNTHETIC_LINE "\n");
    buf_puts(out, "BEGIN;\nCREATE TABLE IF NOT EXISTS ");
    put_quoted(out, f->name, '"');
    buf_puts(out, " (");
    sql_columns(out, f, true);
    buf_puts(out, ");\n");
    for (int r = 0; r < f->n_rows; r++) {
        buf_puts(out, "INSERT INTO ");
        put_quoted(out, f->name, '"');
        buf_puts(out, " (");
        sql_columns(out, f, false);
        buf_puts(out, ") VALUES (");
        bool is_first = !f->is_synthetic;
        if (f->is_synthetic)
            put_quoted(out, synthetic_value, '\'');
        for (int c = 0; c < f->n_columns; c++) {
            if (!is_flat(f, c))
                continue;
            buf_puts(out, is_first ? "" : ", ");
            is_first = false;
            buf_clear(&cell);
            frame_format_cell(&cell, f, r, c, true);
            if (is_missing(f, r, c))
                buf_puts(out, "NULL");
            else if (f->columns[c].kind == FRAME_TEXT)
                put_quoted(out, cell.data, '\'');
            else
                buf_append(out, cell.data, cell.len);
        }
        buf_puts(out, ");\n");
    }
    buf_puts(out, "COMMIT;\n");
    buf_release(&cell);
}

/* ---- the table ---- */

static const struct writer writers[] = {
    {"text", "txt", "aligned columns for a terminal", write_text},
    {"md", "md", "a Markdown table", write_markdown},
    {"csv", "csv", "comma-separated values (RFC 4180)", write_csv},
    {"json", "json", "an array of objects", write_json},
    {"jsonl", "jsonl", "an object a line", write_jsonl},
    {"sql", "sql", "CREATE TABLE and INSERT statements", write_sql},
};

int writer_n(void)
{
    return sizeof writers / sizeof writers[0];
}

const struct writer *writer_at(int i)
{
    return &writers[i];
}

const struct writer *writer_find(const char *name)
{
    for (int i = 0; i < writer_n(); i++)
        if (strcmp(writers[i].name, name) == 0)
            return &writers[i];
    return NULL;
}
