#include "core/frame.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

void frame_init(struct frame *f, const char *name)
{
    *f = (struct frame){ 0 };
    arena_init(&f->arena);
    f->name = arena_strdup(&f->arena, name);
}

void frame_release(struct frame *f)
{
    arena_release(&f->arena);
    free(f->columns);
    free(f->cells);
    *f = (struct frame){ 0 };
}

int frame_add_column(struct frame *f, const char *name, const char *unit, enum frame_kind kind)
{
    assert(f->n_rows == 0);
    if (f->n_columns == f->cap_columns) {
        f->cap_columns = f->cap_columns > 0 ? 2 * f->cap_columns : 8;
        f->columns = xrealloc(f->columns, (size_t)f->cap_columns * sizeof(*f->columns));
    }
    const char *own = arena_strdup(&f->arena, name);
    f->columns[f->n_columns] = (struct frame_column){
        .name = own,
        .unit = arena_strdup(&f->arena, unit ? unit : ""),
        .label = own,
        .kind = kind,
        .decimals = -1,
    };
    return f->n_columns++;
}

void frame_set_label(struct frame *f, int column, const char *label, int decimals)
{
    assert(column >= 0 && column < f->n_columns);
    f->columns[column].label = label ? arena_strdup(&f->arena, label) : f->columns[column].name;
    f->columns[column].decimals = decimals;
}

int frame_add_row(struct frame *f)
{
    size_t row_bytes = (size_t)f->n_columns * sizeof(*f->cells);
    assert(row_bytes > 0);
    if (f->n_rows == f->cap_rows) {
        f->cap_rows = f->cap_rows > 0 ? 2 * f->cap_rows : 16;
        f->cells = xrealloc(f->cells, (size_t)f->cap_rows * row_bytes);
    }
    memset(f->cells + (size_t)f->n_rows * (size_t)f->n_columns, 0, row_bytes);
    return f->n_rows++;
}

static struct frame_cell *cell_at(const struct frame *f, int row, int column)
{
    assert(row >= 0 && row < f->n_rows && column >= 0 && column < f->n_columns);
    return &f->cells[(size_t)row * (size_t)f->n_columns + (size_t)column];
}

void frame_set_num(struct frame *f, int row, int column, double v)
{
    assert(f->columns[column].kind == FRAME_NUM);
    *cell_at(f, row, column) = (struct frame_cell){ .is_set = !isnan(v), .num = v };
}

void frame_set_int(struct frame *f, int row, int column, int64_t v)
{
    assert(f->columns[column].kind == FRAME_INT);
    *cell_at(f, row, column) = (struct frame_cell){ .is_set = true, .num = (double)v, .i = v };
}

void frame_set_text(struct frame *f, int row, int column, const char *v)
{
    assert(f->columns[column].kind == FRAME_TEXT);
    *cell_at(f, row, column) = (struct frame_cell){ .is_set = v != NULL, .text = arena_strdup(&f->arena, v) };
}

void frame_add_columns(struct frame *f, const struct frame_spec *c, int n)
{
    for (int i = 0; i < n; i++)
        frame_set_label(f, frame_add_column(f, c[i].name, c[i].unit, c[i].kind), c[i].label, c[i].decimals);
}

void frame_start(struct frame *f, const char *name, const struct frame_spec *c, int n, bool is_synthetic)
{
    frame_init(f, name);
    frame_add_columns(f, c, n);
    f->is_synthetic = is_synthetic;
}

void frame_put_num(struct frame *f, int row, const char *name, double v)
{
    if (isfinite(v))
        frame_set_num(f, row, frame_column(f, name), v);
}

void frame_put_int(struct frame *f, int row, const char *name, int64_t v)
{
    frame_set_int(f, row, frame_column(f, name), v);
}

void frame_put_text(struct frame *f, int row, const char *name, const char *v)
{
    frame_set_text(f, row, frame_column(f, name), v ? v : "");
}

void frame_set_bool(struct frame *f, int row, int column, bool v)
{
    assert(f->columns[column].kind == FRAME_BOOL);
    *cell_at(f, row, column) = (struct frame_cell){ .is_set = true, .num = v, .i = v };
}

void frame_set_list(struct frame *f, int row, int column, const double *v, int n)
{
    struct buf text = BUF_INIT;
    struct jw w;
    assert(f->columns[column].kind == FRAME_LIST);
    jw_init(&w, &text);
    jw_array(&w);
    for (int i = 0; i < n; i++) {
        if (fabs(v[i]) < 1e15 && v[i] == floor(v[i]))
            jw_int(&w, (int64_t)v[i]); /* 1000000000, not 1e+09: readers tell whole numbers by their looks */
        else
            jw_num(&w, v[i]);
    }
    jw_end(&w);
    *cell_at(f, row, column) = (struct frame_cell){ .is_set = true, .text = arena_strdup(&f->arena, text.data) };
    buf_release(&text);
}

int frame_column(const struct frame *f, const char *name)
{
    for (int i = 0; i < f->n_columns; i++) {
        if (strcmp(f->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}

const struct frame_cell *frame_at(const struct frame *f, int row, int column)
{
    return cell_at(f, row, column);
}

static bool column_is_empty(const struct frame *f, int column)
{
    for (int r = 0; r < f->n_rows; r++) {
        const struct frame_cell *c = frame_at(f, r, column);
        if (c->is_set && (f->columns[column].kind != FRAME_TEXT || c->text[0]))
            return false;
    }
    return true;
}

static void copy_cell(struct frame *out, int row, int column, const struct frame_cell *c)
{
    struct frame_cell copy = *c;
    copy.text = arena_strdup(&out->arena, c->text);
    *cell_at(out, row, column) = copy;
}

void frame_copy_row(struct frame *f, const struct frame *from, int row)
{
    int to = frame_add_row(f);
    assert(f->n_columns == from->n_columns);
    for (int c = 0; c < f->n_columns; c++)
        copy_cell(f, to, c, frame_at(from, row, c));
}

static void copy_column(struct frame *out, int to, const struct frame *f, int from)
{
    for (int r = 0; r < f->n_rows; r++)
        copy_cell(out, r, to, frame_at(f, r, from));
}

void frame_select(struct frame *out, const struct frame *f, const char *const *names)
{
    frame_init(out, f->name);
    out->is_synthetic = f->is_synthetic;
    for (const char *const *name = names; *name; name++) {
        int from = frame_column(f, *name);
        if (from < 0 || column_is_empty(f, from))
            continue;
        const struct frame_column *c = &f->columns[from];
        frame_set_label(out, frame_add_column(out, c->name, c->unit, c->kind), c->label, c->decimals);
    }
    for (int r = 0; r < f->n_rows; r++)
        frame_add_row(out);
    for (int to = 0; to < out->n_columns; to++)
        copy_column(out, to, f, frame_column(f, out->columns[to].name));
}

/* The fewest significant digits that read back to the same double. */
static void format_shortest(char *out, size_t out_bytes, double v)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, out_bytes, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

/* A value that rounds to zero loses its sign: "-0.00" reads as an error. */
static void format_fixed(char *out, size_t out_bytes, double v, int decimals)
{
    snprintf(out, out_bytes, "%.*f", decimals, v);
    if (out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1))
        memmove(out, out + 1, strlen(out));
}

void frame_format_cell(struct buf *out, const struct frame *f, int row, int column, bool shortest)
{
    const struct frame_cell *c = cell_at(f, row, column);
    const struct frame_column *col = &f->columns[column];
    if (!c->is_set)
        return;
    char text[400]; /* "%.*f" of the largest double has 309 digits before the point */
    switch (col->kind) {
    case FRAME_TEXT:
    case FRAME_LIST:
        buf_puts(out, c->text);
        return;
    case FRAME_BOOL:
        buf_puts(out, shortest ? (c->i ? "1" : "0") : (c->i ? "yes" : "no"));
        return;
    case FRAME_INT:
        buf_printf(out, "%" PRId64, c->i);
        return;
    case FRAME_NUM:
        if (shortest || col->decimals < 0)
            format_shortest(text, sizeof(text), c->num);
        else
            format_fixed(text, sizeof(text), c->num, col->decimals);
        buf_puts(out, text);
        return;
    }
}

static void put_json_value(struct jw *w, const struct frame_cell *c, enum frame_kind kind)
{
    if (!c->is_set)
        jw_null(w);
    else if (kind == FRAME_TEXT)
        jw_str(w, c->text);
    else if (kind == FRAME_INT)
        jw_int(w, c->i);
    else if (kind == FRAME_BOOL)
        jw_bool(w, c->i != 0);
    else if (kind == FRAME_LIST)
        jw_raw(w, c->text);
    else
        jw_num(w, c->num); /* null when not finite */
}

void frame_put_json(struct jw *w, const struct frame *f, int row)
{
    for (int c = 0; c < f->n_columns; c++) {
        jw_key(w, f->columns[c].name);
        put_json_value(w, frame_at(f, row, c), f->columns[c].kind);
    }
}
