#include "data/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "data/column.h"
#include "data/valbuf.h"

#include "base/banned.h"

struct field {
    char *s;
    size_t n_bytes;
};

struct reader {
    struct rowset *rs;
    const char *name;
    char delimiter;
    char *at, *end;       /* *end is NUL and ours */
    int64_t line;         /* of at, from 1 */
    int64_t row_line;     /* where the record just read begins */
    int64_t first;        /* rows of rs before this file */
    struct field *fields; /* [n_fields] of the record just read */
    size_t n_fields, fields_cap;
    struct field *header; /* [n_columns] */
    size_t n_columns;
    struct valbuf values;
};

static int row_error(const struct reader *r, const char *what, struct err *err)
{
    if (!r->header)
        return err_set(err, ERR_FORMAT, "%s: header (line %lld): %s", r->name, (long long)r->row_line, what);
    return err_set(err, ERR_FORMAT, "%s: row %lld (line %lld): %s", r->name, (long long)(r->rs->n - r->first + 1),
                   (long long)r->row_line, what);
}

/* ---- fields ---- */

static bool at_line_end(const struct reader *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == '\r';
}

/* "\r\n", "\n" and "\r" end a line. */
static void skip_line_end(struct reader *r)
{
    if (r->at == r->end)
        return;
    if (r->at[0] == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
        r->at++;
    r->at++;
    r->line++;
}

static void skip_blank_lines(struct reader *r)
{
    for (;;) {
        char *start = r->at;
        while (r->at < r->end && (*r->at == ' ' || *r->at == '\t') && *r->at != r->delimiter)
            r->at++;
        if (r->at == r->end)
            return;
        if (!at_line_end(r)) {
            r->at = start;
            return;
        }
        skip_line_end(r);
    }
}

/* Moves what is quoted to to; r->at stands behind the opening quote, then behind the closing one. */
static char *read_quoted(struct reader *r, char *to)
{
    while (r->at < r->end) {
        char c = *r->at++;
        if (c == '"' && (r->at == r->end || *r->at != '"'))
            return to;
        if (c == '"')
            r->at++;
        else if (c == '\n' || (c == '\r' && (r->at == r->end || *r->at != '\n')))
            r->line++;
        *to++ = c;
    }
    return NULL;
}

/* The field at r->at, in place. Quotes inside unquoted text are text, and so is what follows closing quotes. */
static int read_field(struct reader *r, struct field *f, struct err *err)
{
    char *to = f->s = r->at;
    if (r->at < r->end && *r->at == '"') {
        r->at++;
        to = read_quoted(r, to);
        if (!to)
            return row_error(r, "expected closing quotes, found the end of the file", err);
    }
    while (!at_line_end(r) && *r->at != r->delimiter)
        *to++ = *r->at++;
    f->n_bytes = (size_t)(to - f->s);
    return utf8_is_valid(f->s, f->n_bytes) ? 0 : row_error(r, "not UTF-8", err);
}

static struct field *next_field(struct reader *r)
{
    if (r->n_fields == r->fields_cap) {
        r->fields_cap = r->fields_cap ? r->fields_cap * 2 : 16;
        r->fields = xrealloc(r->fields, r->fields_cap * sizeof(*r->fields));
    }
    return &r->fields[r->n_fields++];
}

/* A field's NUL may lie on the delimiter behind it, so that is written when the delimiter has been seen. */
static int read_record(struct reader *r, struct err *err)
{
    r->n_fields = 0;
    r->row_line = r->line;
    for (;;) {
        struct field *f = next_field(r);
        if (read_field(r, f, err))
            return -1;
        bool is_last = at_line_end(r);
        if (is_last)
            skip_line_end(r);
        else
            r->at++;
        f->s[f->n_bytes] = '\0';
        if (is_last)
            return 0;
    }
}

/* ---- header ---- */

/* As pandas does it: no name that another column was given in the file. */
static const char *unique_name(struct arena *a, const struct map *given, const struct map *taken, const char *name)
{
    const char *unique = name;
    for (int n = 1; map_has(taken, unique) || (n > 1 && map_has(given, unique)); n++)
        unique = arena_printf(a, "%s.%d", name, n);
    return unique;
}

static void name_columns(struct reader *r, struct arena *a)
{
    struct map given = MAP_INIT, taken = MAP_INIT;
    for (size_t i = 0; i < r->n_fields; i++)
        map_put(&given, r->fields[i].s, NULL);
    for (size_t i = 0; i < r->n_columns; i++) {
        const char *name = r->fields[i].n_bytes ? r->fields[i].s : arena_printf(a, "Unnamed: %zu", i);
        name = unique_name(a, &given, &taken, name);
        map_put(&taken, name, NULL);
        r->header[i].n_bytes = strlen(name);
        r->header[i].s = rowset_text(r->rs, name, r->header[i].n_bytes);
    }
    map_release(&given);
    map_release(&taken);
}

static int read_header(struct reader *r, struct err *err)
{
    struct arena a;
    skip_blank_lines(r);
    if (r->at == r->end)
        return err_set(err, ERR_FORMAT, "%s: expected a line with the names of the columns, found nothing", r->name);
    if (read_record(r, err))
        return -1;
    arena_init(&a);
    r->n_columns = r->n_fields;
    r->header = xcalloc(r->n_columns, sizeof(*r->header));
    name_columns(r, &a);
    arena_release(&a);
    return 0;
}

/* ---- rows ---- */

static int add_row(struct reader *r, struct err *err)
{
    if (r->n_fields > r->n_columns) {
        char what[96];
        snprintf(what, sizeof(what), "expected %zu columns, found %zu", r->n_columns, r->n_fields);
        return row_error(r, what, err);
    }
    valbuf_clear(&r->values);
    size_t row = valbuf_open(&r->values, YYJSON_TYPE_OBJ);
    for (size_t i = 0; i < r->n_columns; i++) {
        valbuf_str(&r->values, r->header[i].s, r->header[i].n_bytes);
        if (i < r->n_fields)
            valbuf_str(&r->values, r->fields[i].s, r->fields[i].n_bytes);
        else
            valbuf_str(&r->values, "", 0);
    }
    valbuf_close(&r->values, row, r->n_columns);
    rowset_add(r->rs, r->values.values, r->values.n);
    return 0;
}

static int read_rows(struct reader *r, struct err *err)
{
    for (skip_blank_lines(r); r->at < r->end; skip_blank_lines(r))
        if (read_record(r, err) || add_row(r, err))
            return -1;
    for (size_t i = 0; i < r->n_columns && r->rs->n > r->first; i++)
        column_infer(r->rs->row + r->first, r->rs->n - r->first, i);
    return 0;
}

static int parse(struct rowset *rs, struct buf *text, char delimiter, const char *name, struct err *err)
{
    size_t len = text->len;
    char *s = rowset_take(rs, text);
    size_t mark = len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3) ? 3 : 0;
    struct reader r = {
        .rs = rs, .name = name, .delimiter = delimiter, .at = s + mark, .end = s + len, .line = 1, .first = rs->n};
    int ret = read_header(&r, err);
    if (!ret)
        ret = read_rows(&r, err);
    valbuf_release(&r.values);
    free(r.header);
    free(r.fields);
    return ret;
}

int csv_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err)
{
    return parse(rs, text, ',', name, err);
}

int tsv_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err)
{
    return parse(rs, text, '\t', name, err);
}
