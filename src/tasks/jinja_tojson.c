#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- tojson: json.dumps as transformers calls it */

struct dump {
    struct jinja_run *r;
    struct buf *out;
    bool is_ascii, is_sorted;
    int64_t indent; /* -1: all on one line */
    struct pystr between, colon;
};

static void dump_value(struct dump *d, struct pyval v, int depth);

static void dump_escape(struct dump *d, int32_t c)
{
    static const char codes[] = "\"\\\n\r\t\f\b", letters[] = "\"\\nrtfb";
    const char *known = c && c < 0x80 ? strchr(codes, (int)c) : NULL;
    if (known)
        buf_printf(d->out, "\\%c", letters[known - codes]);
    else if (c >= 0x10000)
        buf_printf(d->out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10),
                   0xdc00 + (unsigned)(c & 0x3ff));
    else
        buf_printf(d->out, "\\u%04x", (unsigned)c);
}

static void dump_text(struct dump *d, struct pystr s)
{
    buf_putc(d->out, '"');
    for (size_t at = 0, end = 0; at < s.n_bytes; at = end) {
        int32_t c = utf8_next(s.s, s.n_bytes, &end);
        if (c < 0x20 || c == '"' || c == '\\' || (d->is_ascii && c > 0x7e))
            dump_escape(d, c);
        else
            buf_append(d->out, s.s + at, end - at);
    }
    buf_putc(d->out, '"');
}

static void dump_line(struct dump *d, int depth)
{
    if (d->indent < 0)
        return;
    buf_putc(d->out, '\n');
    for (int64_t i = 0; i < d->indent * depth && jinja_grow(d->r, 1); i++)
        buf_putc(d->out, ' ');
}

static void dump_separator(struct dump *d, int i, int depth)
{
    if (i)
        buf_append(d->out, d->between.s, d->between.n_bytes);
    dump_line(d, depth);
}

static void dump_key(struct dump *d, struct pyval key)
{
    struct buf text = BUF_INIT;
    if (key.type == PY_STR) {
        dump_text(d, key.s);
        return;
    }
    if (key.type == PY_NONE || key.type == PY_BOOL)
        buf_puts(&text, key.type == PY_NONE ? "null" : key.i ? "true" : "false");
    else if (!py_is_number(key) || py_print(&text, key))
        jinja_fail(d->r, "such a key is not JSON");
    dump_text(d, pystr_of(text.data, text.len));
    buf_release(&text);
}

static void dump_dict(struct dump *d, struct pyval v, int depth)
{
    struct pyval items = jinja_pairs(d->r, v, PY_LIST);
    if (d->is_sorted) {
        struct pyval keys = py_list(d->r->arena, PY_LIST);
        for (int i = 0; i < v.dict->keys.n; i++)
            py_append(d->r->arena, keys, v.dict->keys.v[i]);
        jinja_sort_by(d->r, items, keys, false);
    }
    buf_putc(d->out, '{');
    for (int i = 0; i < items.list->n && !d->r->failed; i++) {
        dump_separator(d, i, depth + 1);
        dump_key(d, items.list->v[i].list->v[0]);
        buf_append(d->out, d->colon.s, d->colon.n_bytes);
        dump_value(d, items.list->v[i].list->v[1], depth + 1);
    }
    if (items.list->n)
        dump_line(d, depth);
    buf_putc(d->out, '}');
}

static void dump_list(struct dump *d, struct pyval v, int depth)
{
    buf_putc(d->out, '[');
    for (int i = 0; i < v.list->n && !d->r->failed; i++) {
        dump_separator(d, i, depth + 1);
        dump_value(d, v.list->v[i], depth + 1);
    }
    if (v.list->n)
        dump_line(d, depth);
    buf_putc(d->out, ']');
}

static void dump_float(struct buf *out, double f)
{
    if (isfinite(f))
        py_print_float(out, f);
    else
        buf_puts(out, isnan(f) ? "NaN" : f < 0 ? "-Infinity" : "Infinity");
}

static void dump_value(struct dump *d, struct pyval v, int depth)
{
    switch (v.type) {
    case PY_NONE: buf_puts(d->out, "null"); break;
    case PY_BOOL: buf_puts(d->out, v.i ? "true" : "false"); break;
    case PY_INT: buf_printf(d->out, "%lld", (long long)v.i); break;
    case PY_FLOAT: dump_float(d->out, v.f); break;
    case PY_STR: dump_text(d, v.s); break;
    case PY_LIST:
    case PY_TUPLE: dump_list(d, v, depth); break;
    case PY_DICT: dump_dict(d, v, depth); break;
    default: jinja_fail(d->r, "a value of type %s is not JSON", py_type_name(v));
    }
}

JINJA_FN(filter_tojson)
{
    struct buf out = BUF_INIT;
    bool is_indented = jinja_given(b->p[1]);
    struct dump d = {r,
                     &out,
                     jinja_truth_or(r, b->p[0], false),
                     jinja_truth_or(r, b->p[3], false),
                     is_indented ? jinja_int_or(r, b->p[1], 0) : -1,
                     pystr_z(is_indented ? "," : ", "),
                     pystr_z(": ")};
    if (jinja_given(b->p[2])) {
        struct pyval pair_of = jinja_items(r, *b->p[2]);
        if (pair_of.list->n != 2)
            return jinja_fail(r, "'separators' has two texts");
        d.between = jinja_need_text(r, &pair_of.list->v[0]);
        d.colon = jinja_need_text(r, &pair_of.list->v[1]);
    }
    dump_value(&d, v, 0);
    return jinja_take(r, &out);
}
