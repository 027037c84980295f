/*
 * frame: a table of named columns with units. The hinge between store and report: the same frame
 * becomes text, Markdown, CSV, JSON, a chart or a data set.
 *
 *   struct frame f; frame_init(&f, "speed");
 *   int c = frame_add_column(&f, "prompt_tps", "t/s", FRAME_NUM);
 *   int r = frame_add_row(&f); frame_set_num(&f, r, c, 512.0);
 *
 * A cell that was never set is missing: empty in text and CSV, null in JSON.
 * is_synthetic travels with the frame: every page made from it says SYNTHETIC.
 * Owns    its strings until frame_release
 */
#ifndef PERBIT_CORE_FRAME_H
#define PERBIT_CORE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum frame_kind {
    FRAME_TEXT,
    FRAME_NUM,
    FRAME_INT,
    FRAME_BOOL, /* yes or no for people, true or false in JSON, 1 or 0 in CSV and SQL */
    FRAME_LIST, /* numbers, as a JSON array; CSV and SQL have no place for it and leave it out */
};

struct frame_cell {
    bool is_set;
    double num;
    int64_t i;        /* FRAME_INT, FRAME_BOOL */
    const char *text; /* FRAME_TEXT, FRAME_LIST */
};

struct frame_column {
    const char *name;  /* "bits_per_weight" */
    const char *unit;  /* "bit", "" */
    const char *label; /* heading for people; the name when NULL was given */
    enum frame_kind kind;
    int decimals;      /* digits after the point in text and Markdown; -1 = shortest */
};

struct frame {
    struct arena arena;
    const char *name;
    bool is_synthetic;
    int n_columns, n_rows;
    struct frame_column *columns;
    struct frame_cell *cells; /* [n_rows][n_columns] */
    int cap_rows, cap_columns;
};

void frame_init(struct frame *f, const char *name);
void frame_release(struct frame *f);
int frame_add_column(struct frame *f, const char *name, const char *unit, enum frame_kind kind); /* before rows */
void frame_set_label(struct frame *f, int column, const char *label, int decimals);
int frame_add_row(struct frame *f);
void frame_set_num(struct frame *f, int row, int column, double v);
void frame_set_int(struct frame *f, int row, int column, int64_t v);
void frame_set_text(struct frame *f, int row, int column, const char *v);
void frame_set_bool(struct frame *f, int row, int column, bool v);
void frame_set_list(struct frame *f, int row, int column, const double *v, int n); /* NaN: null */
/* Columns of a table of constants, and values by a column's name (which must be there); a number that is not finite
   stays missing. */
struct frame_spec {
    const char *name, *unit, *label;
    enum frame_kind kind;
    int decimals;
};
void frame_add_columns(struct frame *f, const struct frame_spec *c, int n);
/* frame_init with its columns. */
void frame_start(struct frame *f, const char *name, const struct frame_spec *c, int n, bool is_synthetic);
void frame_put_num(struct frame *f, int row, const char *name, double v);
void frame_put_int(struct frame *f, int row, const char *name, int64_t v);
void frame_put_text(struct frame *f, int row, const char *name, const char *v); /* NULL counts as "" */
int frame_column(const struct frame *f, const char *name); /* -1 when there is none */
const struct frame_cell *frame_at(const struct frame *f, int row, int column);
/* Appends a row of another frame that has the same columns. */
void frame_copy_row(struct frame *f, const struct frame *from, int row);
/* The named columns (NULL-terminated) of f as a frame of its own, without those that are missing or empty in every row. */
void frame_select(struct frame *out, const struct frame *f, const char *const *names);
/* The row as keys (column names) and values in an open JSON object; null when missing or not finite. */
void frame_put_json(struct jw *w, const struct frame *f, int row);
/* The value as text; "" when missing. shortest: full precision instead of the column's decimals. */
void frame_format_cell(struct buf *out, const struct frame *f, int row, int column, bool shortest);

#endif
