#include "data/parquet_write.h"

#include <carquet/carquet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { ROWS_A_GROUP = 1 << 16, HEAD_COLUMNS = 1 };

struct output {
    carquet_writer_t *writer;
    const struct frame *f;
    int from, to; /* rows of this group */
    struct err *err;
};

/* What a column is in the file, by the kind of the frame's. */
static const struct {
    carquet_physical_type_t type;
    size_t n_bytes; /* of a value in memory */
} types[] = {
    [FRAME_TEXT] = {CARQUET_PHYSICAL_BYTE_ARRAY, sizeof(carquet_byte_array_t)},
    [FRAME_NUM] = {CARQUET_PHYSICAL_DOUBLE, sizeof(double)},
    [FRAME_INT] = {CARQUET_PHYSICAL_INT64, sizeof(int64_t)},
    [FRAME_BOOL] = {CARQUET_PHYSICAL_BOOLEAN, sizeof(uint8_t)},
    [FRAME_LIST] = {CARQUET_PHYSICAL_DOUBLE, sizeof(double)},
};

static int check(carquet_status_t status, const char *what, struct err *err)
{
    if (status == CARQUET_OK)
        return 0;
    return err_set(err, ERR_IO, "parquet: %s: %s", what, carquet_status_string(status));
}

/* --- the schema -------------------------------------------------------------------------------- */

static int add_column(carquet_schema_t *schema, const char *name, enum frame_kind kind, struct err *err)
{
    static const carquet_logical_type_t text = {.id = CARQUET_LOGICAL_STRING};
    if (kind == FRAME_LIST)
        return carquet_schema_add_list(schema, name, types[kind].type, NULL, CARQUET_REPETITION_OPTIONAL, 0, 0) < 0
                   ? err_set(err, ERR_IO, "parquet: column %s could not be added", name)
                   : 0;
    return check(carquet_schema_add_column(schema, name, types[kind].type, kind == FRAME_TEXT ? &text : NULL,
                                           CARQUET_REPETITION_OPTIONAL, 0, 0),
                 name, err);
}

static int add_columns(carquet_schema_t *schema, const struct frame *f, struct err *err)
{
    if (f->is_synthetic && add_column(schema, "data", FRAME_TEXT, err) < 0)
        return -1;
    for (int c = 0; c < f->n_columns; c++)
        if (add_column(schema, f->columns[c].name, f->columns[c].kind, err) < 0)
            return -1;
    return 0;
}

static int add_metadata(struct output *o)
{
    struct buf units = BUF_INIT;
    struct jw w;
    jw_init(&w, &units);
    jw_object(&w);
    for (int c = 0; c < o->f->n_columns; c++)
        if (o->f->columns[c].unit && o->f->columns[c].unit[0])
            jw_kstr(&w, o->f->columns[c].name, o->f->columns[c].unit);
    jw_end(&w);
    int rc = check(carquet_writer_add_metadata(o->writer, "perbit.name", o->f->name), "metadata", o->err);
    if (rc == 0)
        rc = check(carquet_writer_add_metadata(o->writer, "perbit.units", units.data), "metadata", o->err);
    if (rc == 0 && o->f->is_synthetic)
        rc = check(carquet_writer_add_metadata(o->writer, "perbit.synthetic", "true"), "metadata", o->err);
    buf_release(&units);
    return rc;
}

/* --- values ------------------------------------------------------------------------------------ */

static carquet_byte_array_t bytes_of(const char *text)
{
    union { /* carquet's struct has no const; it only reads */
        const char *text;
        uint8_t *data;
    } p = {.text = text};
    return (carquet_byte_array_t){p.data, (int32_t)strlen(text)};
}

static void put_value(void *values, int i, enum frame_kind kind, const struct frame_cell *cell)
{
    switch (kind) {
    case FRAME_TEXT: ((carquet_byte_array_t *)values)[i] = bytes_of(cell->text); break;
    case FRAME_NUM: ((double *)values)[i] = cell->num; break;
    case FRAME_INT: ((int64_t *)values)[i] = cell->i; break;
    default: ((uint8_t *)values)[i] = cell->i != 0;
    }
}

static int write_plain(struct output *o, int column, int leaf)
{
    const enum frame_kind kind = o->f->columns[column].kind;
    const int n = o->to - o->from;
    void *values = xcalloc((size_t)n, types[kind].n_bytes);
    int16_t *is_there = xcalloc((size_t)n, sizeof *is_there);
    int n_values = 0;
    for (int i = 0; i < n; i++) {
        const struct frame_cell *cell = frame_at(o->f, o->from + i, column);
        is_there[i] = cell->is_set && (kind != FRAME_TEXT || cell->text);
        if (is_there[i])
            put_value(values, n_values++, kind, cell);
    }
    int rc = check(carquet_writer_write_batch(o->writer, leaf, values, n, is_there, NULL), o->f->columns[column].name, o->err);
    free(values);
    free(is_there);
    return rc;
}

/* Lists of rows as Arrow has them: all values one behind the other, where each list begins, and what is there. */
struct lists {
    int32_t *offsets;          /* [n + 1] */
    uint8_t *has_list, *has_value;
    double *values;
    int32_t n_values, cap;
};

static void reserve_value(struct lists *l)
{
    if (l->n_values < l->cap)
        return;
    l->cap = l->cap ? 2 * l->cap : 1024;
    l->values = xrealloc(l->values, (size_t)l->cap * sizeof *l->values);
    l->has_value = xrealloc(l->has_value, (size_t)l->cap / 8);
}

static void add_value(struct lists *l, yyjson_val *v)
{
    reserve_value(l);
    const int i = l->n_values++;
    if (i % 8 == 0)
        l->has_value[i / 8] = 0;
    l->has_value[i / 8] |= (uint8_t)(yyjson_is_num(v) << i % 8);
    l->values[i] = yyjson_is_num(v) ? yyjson_get_num(v) : 0.0;
}

static int add_list(struct lists *l, const char *text, struct err *err)
{
    struct json *j;
    size_t i, n;
    yyjson_val *v;
    if (json_parse(&j, text, strlen(text), "parquet: a list", err) < 0)
        return -1;
    int rc = yyjson_is_arr(json_root(j)) ? 0 : err_set(err, ERR_FORMAT, "parquet: a list that is no JSON array");
    yyjson_arr_foreach(json_root(j), i, n, v)
        add_value(l, v);
    json_close(j);
    return rc;
}

static int write_lists(struct output *o, int column, int leaf)
{
    const int n = o->to - o->from;
    struct lists l = {.offsets = xcalloc((size_t)n + 1, sizeof *l.offsets), .has_list = xcalloc((size_t)n / 8 + 1, 1)};
    carquet_error_t why = CARQUET_ERROR_INIT;
    int rc = 0;
    reserve_value(&l); /* carquet wants an array, also of nothing */
    for (int i = 0; rc == 0 && i < n; i++) {
        const struct frame_cell *cell = frame_at(o->f, o->from + i, column);
        if (cell->is_set) {
            l.has_list[i / 8] |= (uint8_t)(1 << i % 8);
            rc = add_list(&l, cell->text, o->err);
        }
        l.offsets[i + 1] = l.n_values;
    }
    if (rc == 0)
        rc = check(carquet_writer_write_list_column(o->writer, leaf, n, l.offsets, l.has_list, l.values, l.has_value, &why),
                   o->f->columns[column].name, o->err);
    free(l.offsets);
    free(l.has_list);
    free(l.has_value);
    free(l.values);
    return rc;
}

static int write_mark(struct output *o)
{
    const int n = o->to - o->from;
    carquet_byte_array_t *values = xcalloc((size_t)n, sizeof *values);
    int16_t *is_there = xcalloc((size_t)n, sizeof *is_there);
    for (int i = 0; i < n; i++) {
        values[i] = bytes_of("SYNTHETIC");
        is_there[i] = 1;
    }
    int rc = check(carquet_writer_write_batch(o->writer, 0, values, n, is_there, NULL), "data", o->err);
    free(values);
    free(is_there);
    return rc;
}

static int write_group(struct output *o)
{
    const int n_head = o->f->is_synthetic ? HEAD_COLUMNS : 0;
    if (n_head && write_mark(o) < 0)
        return -1;
    for (int c = 0; c < o->f->n_columns; c++) {
        bool is_list = o->f->columns[c].kind == FRAME_LIST;
        if ((is_list ? write_lists : write_plain)(o, c, n_head + c) < 0)
            return -1;
    }
    return 0;
}

static int write_rows(struct output *o)
{
    for (o->from = 0; o->from < o->f->n_rows; o->from = o->to) {
        o->to = o->from + ROWS_A_GROUP < o->f->n_rows ? o->from + ROWS_A_GROUP : o->f->n_rows;
        if (o->from > 0 && check(carquet_writer_new_row_group(o->writer), "row group", o->err) < 0)
            return -1;
        if (write_group(o) < 0)
            return -1;
    }
    return 0;
}

/* Names repeat in every row: a dictionary makes each of them a number. */
static int set_encodings(struct output *o)
{
    const int n_head = o->f->is_synthetic ? HEAD_COLUMNS : 0;
    for (int c = -n_head; c < o->f->n_columns; c++)
        if ((c < 0 || o->f->columns[c].kind == FRAME_TEXT) &&
            check(carquet_writer_set_column_encoding(o->writer, n_head + c, CARQUET_ENCODING_RLE_DICTIONARY), "encoding", o->err) < 0)
            return -1;
    return 0;
}

/* --- the file ---------------------------------------------------------------------------------- */

static int write_to(FILE *file, const struct frame *f, struct err *err)
{
    struct output o = {.f = f, .err = err};
    carquet_error_t why = CARQUET_ERROR_INIT;
    carquet_writer_options_t options;
    carquet_schema_t *schema = carquet_schema_create(&why);
    int ret = -1;
    carquet_writer_options_init(&options);
    options.compression = CARQUET_COMPRESSION_ZSTD;
    options.created_by = "perbit";
    options.async_io = false;
    if (!schema) {
        err_set(err, ERR_IO, "parquet: %s", why.message);
        goto done;
    }
    if (add_columns(schema, f, err) < 0)
        goto done;
    o.writer = carquet_writer_create_file(file, schema, &options, &why);
    if (!o.writer) {
        err_set(err, ERR_IO, "parquet: %s", why.message);
        goto done;
    }
    if (set_encodings(&o) < 0 || add_metadata(&o) < 0 || write_rows(&o) < 0)
        goto done;
    ret = check(carquet_writer_close(o.writer), "end of file", err);
    o.writer = NULL;
done:
    if (o.writer)
        carquet_writer_abort(o.writer);
    if (schema)
        carquet_schema_free(schema);
    return ret;
}

int parquet_write(struct buf *out, const struct frame *f, struct err *err)
{
    char *data = NULL;
    size_t n_bytes = 0;
    FILE *file = open_memstream(&data, &n_bytes);
    if (!file)
        return err_errno(err, ERR_IO, "parquet");
    int rc = write_to(file, f, err);
    if (fclose(file) != 0 && rc == 0)
        rc = err_errno(err, ERR_IO, "parquet");
    if (rc == 0)
        buf_append(out, data, n_bytes);
    free(data);
    return rc;
}
