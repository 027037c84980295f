#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- arguments */

bool jinja_given(const struct pyval *p)
{
    return p && p->type != PY_NONE;
}

/* str(p), or the fallback when it is not given. */
struct pystr jinja_text_or(struct jinja_run *r, const struct pyval *p, const char *fallback)
{
    return p ? jinja_text(r, *p) : pystr_z(fallback);
}

/* An argument that must be a str. */
struct pystr jinja_need_text(struct jinja_run *r, const struct pyval *p)
{
    if (p && p->type == PY_STR)
        return p->s;
    jinja_fail(r, "an argument must be a text, not %s", p ? py_type_name(*p) : "missing");
    return pystr_z("");
}

int64_t jinja_int_or(struct jinja_run *r, const struct pyval *p, int64_t fallback)
{
    if (!p)
        return fallback;
    if (p->type != PY_INT && p->type != PY_BOOL)
        jinja_fail(r, "an argument must be an integer, not %s", py_type_name(*p));
    return p->i;
}

bool jinja_truth_or(struct jinja_run *r, const struct pyval *p, bool fallback)
{
    return p ? jinja_truth(r, *p) : fallback;
}

/* The text of a view, copied from nothing: it lives in the arena or the row already. */
struct pyval jinja_text_like(struct pyval v, struct pystr s)
{
    struct pyval out = py_str(s);
    out.flag = v.type == PY_STR && v.flag;
    return out;
}

/* ---- attributes by a path such as "a.b.0" */

struct pyval jinja_by_path(struct jinja_run *r, struct pyval v, struct pyval path)
{
    if (path.type == PY_INT)
        return jinja_getitem(r, v, path);
    struct pystr dot = pystr_z("."), part, text = jinja_need_text(r, &path);
    struct pystr_split it = pystr_split(text, &dot, -1);
    while (!r->failed && pystr_next(&it, &part)) {
        struct pyval key = py_str(part);
        if (pystr_isdigit(part)) {
            if (part.n_bytes > 9 || !pystr_isdecimal(part) || pystr_len(part) != part.n_bytes)
                return jinja_fail(r, "an attribute path with such a number");
            char digits[16] = {0};
            memcpy(digits, part.s, part.n_bytes);
            key = py_int(atoi(digits));
        }
        v = jinja_getitem(r, v, key);
    }
    return v;
}

static struct pyval folded(struct jinja_run *r, struct pyval v)
{
    if (v.type != PY_STR)
        return v;
    struct buf b = BUF_INIT;
    pystr_lower(&b, v.s);
    return jinja_take(r, &b);
}

/* The key that sort, unique, min and max compare by. */
struct pyval jinja_sort_key(struct jinja_run *r, struct pyval v, const struct pyval *attribute,
                            bool is_cased)
{
    if (jinja_given(attribute)) {
        if (attribute->type == PY_STR && pystr_find_bytes(attribute->s, pystr_z(","), 0) >= 0)
            return jinja_fail(r, "several attributes to sort by are not supported");
        v = jinja_by_path(r, v, *attribute);
    }
    jinja_defined(r, v);
    return is_cased ? v : folded(r, v);
}

static bool is_less(struct jinja_run *r, struct pyval a, struct pyval b)
{
    return jinja_compare(r, pystr_z("<"), a, b);
}

/* Stable, by insertion; reversed keeps the order of equals, as sorted(reverse=True) does. */
void jinja_sort_by(struct jinja_run *r, struct pyval items, struct pyval keys, bool is_reversed)
{
    struct pyval *v = items.list->v, *k = keys.list->v;
    for (int i = 1; i < items.list->n && !r->failed; i++) {
        struct pyval item = v[i], key = k[i];
        int j = i;
        for (; j > 0 && ++r->n_steps &&
               (is_reversed ? is_less(r, k[j - 1], key) : is_less(r, key, k[j - 1]));
             j--) {
            v[j] = v[j - 1];
            k[j] = k[j - 1];
        }
        v[j] = item;
        k[j] = key;
    }
}

/* ---- lists and lines */

static struct pyval pair(struct jinja_run *r, struct pyval key, struct pyval value)
{
    struct pyval tuple = py_list(r->arena, PY_TUPLE);
    py_append(r->arena, tuple, key);
    py_append(r->arena, tuple, value);
    return tuple;
}

struct pyval jinja_pairs(struct jinja_run *r, struct pyval dict, enum py_type type)
{
    struct pyval out = py_list(r->arena, type);
    for (int i = 0; i < dict.dict->keys.n; i++)
        py_append(r->arena, out, pair(r, dict.dict->keys.v[i], dict.dict->values.v[i]));
    return out;
}

/* str.splitlines: these end a line, and \r\n together. */
static bool ends_line(int32_t c)
{
    return (c >= 0xa && c <= 0xd) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

bool jinja_next_line(struct pystr *rest, struct pystr *line)
{
    if (!rest->n_bytes)
        return false;
    for (size_t at = 0, end = 0; at < rest->n_bytes; at = end) {
        int32_t c = utf8_next(rest->s, rest->n_bytes, &end);
        if (!ends_line(c) && end < rest->n_bytes)
            continue;
        *line = pystr_of(rest->s, ends_line(c) ? at : end);
        end += c == '\r' && end < rest->n_bytes && rest->s[end] == '\n';
        *rest = pystr_of(rest->s + end, rest->n_bytes - end);
        break;
    }
    return true;
}

struct pyval jinja_map_text(struct jinja_run *r, struct pyval v, jinja_text_map *map)
{
    struct buf out = BUF_INIT;
    map(&out, jinja_text(r, v));
    return jinja_text_like(v, jinja_take(r, &out).s);
}

/* ---- tables */

const struct jinja_def *jinja_def_find(const struct jinja_def *table, size_t n, struct pystr name)
{
    for (size_t i = 0; i < n; i++)
        if (jinja_is(name, table[i].name))
            return &table[i];
    return NULL;
}
