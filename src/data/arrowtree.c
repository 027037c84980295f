#include "data/arrowtree.h"

#include <carquet/carquet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

#include "base/banned.h"

enum { DEPTH_MAX = 64 };

struct kind;

struct arrow_tree {
    const struct kind *kind;
    const char *path; /* "choices.text" */
    const char *name; /* "text"; lives in rs: it is the key of every row */
    size_t name_bytes;
    const char *format;
    int width; /* bytes of a fixed-size binary */
    struct rowset *rs;
    struct arrow_tree **children; /* [n_children] */
    int64_t n_children;
};

typedef int put_fn(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                   struct err *err);

struct kind {
    const char *format; /* as Arrow writes it; one that ends in ':' is a beginning */
    int n_buffers;
    int n_children; /* -1: any */
    put_fn *put;
};

/* ---- numbers ---- */

#define PUT_NUMBER(type, name, put)                                                                                    \
    static int put_##name(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,       \
                          struct err *err)                                                                             \
    {                                                                                                                  \
        (void)t, (void)err;                                                                                            \
        put(out, ((const type *)a->buffers[1])[i]);                                                                    \
        return 0;                                                                                                      \
    }

PUT_NUMBER(int8_t, i8, valbuf_int)
PUT_NUMBER(uint8_t, u8, valbuf_int)
PUT_NUMBER(int16_t, i16, valbuf_int)
PUT_NUMBER(uint16_t, u16, valbuf_int)
PUT_NUMBER(int32_t, i32, valbuf_int)
PUT_NUMBER(uint32_t, u32, valbuf_int)
PUT_NUMBER(int64_t, i64, valbuf_int)
PUT_NUMBER(uint64_t, u64, valbuf_uint)
PUT_NUMBER(float, f32, valbuf_real)
PUT_NUMBER(double, f64, valbuf_real)

/* IEEE binary16 */
static double half_to_double(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double size = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                 : ldexp(fraction, -24);
    return h & 0x8000 ? -size : size;
}

static int put_f16(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                   struct err *err)
{
    (void)t, (void)err;
    valbuf_real(out, half_to_double(((const uint16_t *)a->buffers[1])[i]));
    return 0;
}

static bool bit(const void *bits, int64_t i)
{
    return ((const uint8_t *)bits)[i / 8] >> (i % 8) & 1;
}

static int put_bool(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                    struct err *err)
{
    (void)t, (void)err;
    valbuf_bool(out, bit(a->buffers[1], i));
    return 0;
}

/* ---- text ---- */

static int put_text(const struct arrow_tree *t, const char *s, int64_t n_bytes, struct valbuf *out, struct err *err)
{
    if (n_bytes < 0 || !utf8_is_valid(s, (size_t)n_bytes))
        return err_set(err, ERR_FORMAT, "column '%s': expected text, found bytes that are not UTF-8", t->path);
    valbuf_str(out, rowset_text(t->rs, s, (size_t)n_bytes), (size_t)n_bytes);
    return 0;
}

static int put_string(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                      struct err *err)
{
    const int32_t *at = a->buffers[1];
    return put_text(t, (const char *)a->buffers[2] + at[i], (int64_t)at[i + 1] - at[i], out, err);
}

static int put_fixed(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                     struct err *err)
{
    return put_text(t, (const char *)a->buffers[1] + i * t->width, t->width, out, err);
}

/* ---- dates ---- */

static int put_time(const struct arrow_tree *t, int64_t unix_s, bool is_date, const char *end, struct valbuf *out,
                    struct err *err)
{
    char text[128];
    struct tm tm;
    time_t when = (time_t)unix_s;
    if (!gmtime_r(&when, &tm) || tm.tm_year + 1900 < 1 || tm.tm_year + 1900 > 9999)
        return err_set(err, ERR_FORMAT, "column '%s': a date outside the years 1 to 9999", t->path);
    int n = snprintf(text, sizeof(text), "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    if (!is_date)
        n += snprintf(text + n, sizeof(text) - (size_t)n, " %02d:%02d:%02d%s", tm.tm_hour, tm.tm_min, tm.tm_sec, end);
    return put_text(t, text, n, out, err);
}

static int put_date(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                    struct err *err)
{
    return put_time(t, ((const int32_t *)a->buffers[1])[i] * INT64_C(86400), true, "", out, err);
}

/* 1234 with 1000 in a second: 1 s and 0.234, both rounded down. */
static void split_time(int64_t when, int64_t per_s, int64_t *out_s, int64_t *out_ns)
{
    *out_s = when / per_s - (when % per_s < 0);
    *out_ns = (when - *out_s * per_s) * (1000000000 / per_s);
}

/* Python's str(datetime): microseconds only when there are some; pandas' nanoseconds likewise. */
static int put_timestamp(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                         struct err *err)
{
    char unit = t->format[2], end[32] = "";
    int64_t s, ns, per_s = unit == 'm' ? 1000 : unit == 'u' ? 1000000 : 1000000000;
    split_time(((const int64_t *)a->buffers[1])[i], per_s, &s, &ns);
    const char *zone = t->format[4] ? "+00:00" : "";
    if (ns % 1000)
        snprintf(end, sizeof(end), ".%09lld%s", (long long)ns, zone);
    else if (ns)
        snprintf(end, sizeof(end), ".%06lld%s", (long long)ns / 1000, zone);
    else
        snprintf(end, sizeof(end), "%s", zone);
    return put_time(t, s, false, end, out, err);
}

/* ---- nested ---- */

static int put_list(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                    struct err *err)
{
    const int32_t *at = a->buffers[1];
    if (at[i] < 0 || at[i] > at[i + 1] || at[i + 1] > a->children[0]->length)
        return err_set(err, ERR_FORMAT, "column '%s': a damaged list", t->path);
    size_t place = valbuf_open(out, YYJSON_TYPE_ARR);
    for (int64_t k = at[i]; k < at[i + 1]; k++)
        if (arrow_tree_put(t->children[0], a->children[0], k, out, err))
            return -1;
    valbuf_close(out, place, (size_t)(at[i + 1] - at[i]));
    return 0;
}

static int put_struct(const struct arrow_tree *t, const struct ArrowArray *a, int64_t i, struct valbuf *out,
                      struct err *err)
{
    size_t place = valbuf_open(out, YYJSON_TYPE_OBJ);
    for (int64_t k = 0; k < t->n_children; k++) {
        valbuf_str(out, t->children[k]->name, t->children[k]->name_bytes);
        if (arrow_tree_put(t->children[k], a->children[k], i, out, err))
            return -1;
    }
    valbuf_close(out, place, (size_t)t->n_children);
    return 0;
}

/* ---- the tree ---- */

static const struct kind kinds[] = {
    {"b", 2, 0, put_bool},         {"c", 2, 0, put_i8},           {"C", 2, 0, put_u8},
    {"s", 2, 0, put_i16},          {"S", 2, 0, put_u16},          {"i", 2, 0, put_i32},
    {"I", 2, 0, put_u32},          {"l", 2, 0, put_i64},          {"L", 2, 0, put_u64},
    {"e", 2, 0, put_f16},          {"f", 2, 0, put_f32},          {"g", 2, 0, put_f64},
    {"u", 3, 0, put_string},       {"z", 3, 0, put_string},       {"w:", 2, 0, put_fixed},
    {"tdD", 2, 0, put_date},       {"tsm:", 2, 0, put_timestamp}, {"tsu:", 2, 0, put_timestamp},
    {"tsn:", 2, 0, put_timestamp}, {"+s", 1, -1, put_struct},     {"+l", 2, 1, put_list},
    {"+m", 2, 1, put_list},
};

static const struct kind *find_kind(const char *format)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        size_t n = strlen(kinds[i].format);
        bool is_beginning = kinds[i].format[n - 1] == ':';
        if (is_beginning ? !strncmp(format, kinds[i].format, n) : !strcmp(format, kinds[i].format))
            return &kinds[i];
    }
    return NULL;
}

static struct arrow_tree *new_node(struct arena *a, struct rowset *rs, const struct ArrowSchema *schema,
                                   const char *parent, int depth, struct err *err)
{
    struct arrow_tree *t = arena_alloc(a, sizeof(*t));
    const char *name = schema->name ? schema->name : "";
    t->path = *parent ? arena_printf(a, "%s.%s", parent, name) : arena_strdup(a, name);
    t->kind = find_kind(schema->format);
    t->rs = rs;
    if (!utf8_is_valid(name, strlen(name))) {
        err_set(err, ERR_FORMAT, "the name of a column is not UTF-8");
        return NULL;
    }
    if (!t->kind || depth > DEPTH_MAX || (t->kind->n_children >= 0 && t->kind->n_children != schema->n_children)) {
        err_set(err, ERR_UNSUPPORTED, "column '%s': no JSON form for values of type '%s'", t->path, schema->format);
        return NULL;
    }
    t->format = arena_strdup(a, schema->format);
    t->width = !strncmp(t->format, "w:", 2) ? atoi(t->format + 2) : 0;
    t->name_bytes = strlen(name);
    t->name = rowset_text(rs, name, t->name_bytes);
    t->n_children = schema->n_children;
    t->children = arena_alloc(a, (size_t)t->n_children * sizeof(struct arrow_tree *));
    for (int64_t i = 0; i < t->n_children; i++) {
        t->children[i] = new_node(a, rs, schema->children[i], t->path, depth + 1, err);
        if (!t->children[i])
            return NULL;
    }
    return t;
}

struct arrow_tree *arrow_tree_new(struct arena *a, struct rowset *rs, const struct ArrowSchema *schema, struct err *err)
{
    return new_node(a, rs, schema, "", 0, err);
}

static bool is_null(const struct ArrowArray *a, int64_t i)
{
    return a->buffers[0] && !bit(a->buffers[0], i);
}

/* What a damaged file makes of an array is looked at before it is read. */
int arrow_tree_put(const struct arrow_tree *tree, const struct ArrowArray *array, int64_t i, struct valbuf *out,
                   struct err *err)
{
    if (i >= array->length || array->n_buffers < tree->kind->n_buffers || array->n_children != tree->n_children)
        return err_set(err, ERR_FORMAT, "column '%s': damaged", tree->path);
    if (is_null(array, i)) {
        valbuf_null(out);
        return 0;
    }
    return tree->kind->put(tree, array, i, out, err);
}
