#include "tasks/pyjson.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include "tasks/pyvalue.h"

#include "base/banned.h"

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\f': return "\\f";
    case '\b': return "\\b";
    default: return NULL;
    }
}

void pyjson_text(struct buf *out, const char *s, size_t n_bytes)
{
    size_t from = 0;
    buf_putc(out, '"');
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char c = (unsigned char)s[i];
        const char *escape = escape_of(c);
        if (!escape && c >= 0x20)
            continue;
        buf_append(out, s + from, i - from);
        from = i + 1;
        if (escape)
            buf_puts(out, escape);
        else
            buf_printf(out, "\\u%04x", c);
    }
    buf_append(out, s + from, n_bytes - from);
    buf_putc(out, '"');
}

void pyjson_float(struct buf *out, double f)
{
    if (isnan(f))
        buf_puts(out, "NaN");
    else if (isinf(f))
        buf_puts(out, f < 0 ? "-Infinity" : "Infinity");
    else
        py_print_float(out, f);
}

static void number(struct buf *out, yyjson_val *v)
{
    if (yyjson_is_real(v))
        pyjson_float(out, yyjson_get_real(v));
    else if (yyjson_is_uint(v))
        buf_printf(out, "%" PRIu64, yyjson_get_uint(v));
    else
        buf_printf(out, "%" PRId64, yyjson_get_sint(v));
}

static void dump(struct buf *out, yyjson_val *v, int indent, int depth);

static void new_line(struct buf *out, int n_spaces)
{
    buf_printf(out, "\n%*s", n_spaces, "");
}

/* Between items: nothing before the first; Python leaves no space at the end of a line. */
static void separate(struct buf *out, bool is_first, int indent, int depth)
{
    if (!is_first)
        buf_puts(out, indent ? "," : ", ");
    if (indent)
        new_line(out, indent * depth);
}

static void list(struct buf *out, yyjson_val *v, int indent, int depth)
{
    size_t i, n;
    yyjson_val *item;
    buf_putc(out, '[');
    yyjson_arr_foreach(v, i, n, item) {
        separate(out, i == 0, indent, depth + 1);
        dump(out, item, indent, depth + 1);
    }
    if (indent && n)
        new_line(out, indent * depth);
    buf_putc(out, ']');
}

static void object(struct buf *out, yyjson_val *v, int indent, int depth)
{
    size_t i, n;
    yyjson_val *key, *item;
    buf_putc(out, '{');
    yyjson_obj_foreach(v, i, n, key, item) {
        separate(out, i == 0, indent, depth + 1);
        pyjson_text(out, yyjson_get_str(key), yyjson_get_len(key));
        buf_puts(out, ": ");
        dump(out, item, indent, depth + 1);
    }
    if (indent && n)
        new_line(out, indent * depth);
    buf_putc(out, '}');
}

static void dump(struct buf *out, yyjson_val *v, int indent, int depth)
{
    if (yyjson_is_str(v))
        pyjson_text(out, yyjson_get_str(v), yyjson_get_len(v));
    else if (yyjson_is_num(v))
        number(out, v);
    else if (yyjson_is_bool(v))
        buf_puts(out, yyjson_get_bool(v) ? "true" : "false");
    else if (yyjson_is_arr(v))
        list(out, v, indent, depth);
    else if (yyjson_is_obj(v))
        object(out, v, indent, depth);
    else
        buf_puts(out, "null");
}

void pyjson_dump(struct buf *out, yyjson_val *v, int indent)
{
    dump(out, v, indent, 0);
}
