#include "tasks/pyvalue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#include "base/banned.h"

/* ---- making */

struct pyval py_none(void)
{
    return (struct pyval){.type = PY_NONE};
}

struct pyval py_bool(bool b)
{
    return (struct pyval){.type = PY_BOOL, .i = b};
}

struct pyval py_int(int64_t i)
{
    return (struct pyval){.type = PY_INT, .i = i};
}

struct pyval py_float(double f)
{
    return (struct pyval){.type = PY_FLOAT, .f = f};
}

struct pyval py_str(struct pystr s)
{
    return (struct pyval){.type = PY_STR, .s = s};
}

struct pyval py_str_of(struct arena *a, const struct buf *b)
{
    return py_str(pystr_of(arena_strndup(a, b->data, b->len), b->len));
}

struct pyval py_list(struct arena *a, enum py_type type)
{
    return (struct pyval){.type = type, .list = arena_alloc(a, sizeof(struct pylist))};
}

struct pyval py_dict(struct arena *a)
{
    return (struct pyval){.type = PY_DICT, .dict = arena_alloc(a, sizeof(struct pydict))};
}

static void push(struct arena *a, struct pylist *list, struct pyval v)
{
    if (list->n == list->cap) {
        int cap = list->cap ? 2 * list->cap : 4;
        struct pyval *more = arena_alloc(a, (size_t)cap * sizeof(*more));
        if (list->n)
            memcpy(more, list->v, (size_t)list->n * sizeof(*more));
        list->v = more;
        list->cap = cap;
    }
    list->v[list->n++] = v;
}

void py_append(struct arena *a, struct pyval list, struct pyval v)
{
    push(a, list.list, v);
}

static int key_index(const struct pydict *dict, struct pyval key)
{
    for (int i = 0; i < dict->keys.n; i++)
        if (py_equal(dict->keys.v[i], key))
            return i;
    return -1;
}

void py_dict_set(struct arena *a, struct pyval dict, struct pyval key, struct pyval value)
{
    int i = key_index(dict.dict, key);
    if (i >= 0) {
        dict.dict->values.v[i] = value;
        return;
    }
    push(a, &dict.dict->keys, key);
    push(a, &dict.dict->values, value);
}

const struct pyval *py_dict_get(struct pyval dict, struct pyval key)
{
    int i = key_index(dict.dict, key);
    return i < 0 ? NULL : &dict.dict->values.v[i];
}

const struct pyval *py_dict_find(struct pyval dict, const char *key)
{
    return py_dict_get(dict, py_str(pystr_z(key)));
}

/* ---- JSON */

static int array_from_json(struct arena *a, yyjson_val *json, struct pyval *out)
{
    *out = py_list(a, PY_LIST);
    yyjson_val *item;
    yyjson_arr_iter it = yyjson_arr_iter_with(json);
    while ((item = yyjson_arr_iter_next(&it))) {
        struct pyval v;
        if (py_from_json(a, item, &v))
            return -1;
        py_append(a, *out, v);
    }
    return 0;
}

static int object_from_json(struct arena *a, yyjson_val *json, struct pyval *out)
{
    *out = py_dict(a);
    yyjson_val *key;
    yyjson_obj_iter it = yyjson_obj_iter_with(json);
    while ((key = yyjson_obj_iter_next(&it))) {
        struct pyval v;
        if (py_from_json(a, yyjson_obj_iter_get_val(key), &v))
            return -1;
        py_dict_set(a, *out, py_str(pystr_of(yyjson_get_str(key), yyjson_get_len(key))), v);
    }
    return 0;
}

int py_from_json(struct arena *a, yyjson_val *json, struct pyval *out)
{
    *out = py_none();
    switch (yyjson_get_type(json)) {
    case YYJSON_TYPE_BOOL: *out = py_bool(yyjson_get_bool(json)); return 0;
    case YYJSON_TYPE_STR:
        *out = py_str(pystr_of(yyjson_get_str(json), yyjson_get_len(json)));
        return 0;
    case YYJSON_TYPE_ARR: return array_from_json(a, json, out);
    case YYJSON_TYPE_OBJ: return object_from_json(a, json, out);
    case YYJSON_TYPE_NUM:
        if (yyjson_is_real(json))
            *out = py_float(yyjson_get_real(json));
        else if (yyjson_is_uint(json) && yyjson_get_uint(json) > INT64_MAX)
            return -1;
        else
            *out = py_int(yyjson_get_sint(json));
        return 0;
    default: return 0;
    }
}

static yyjson_mut_val *list_to_json(yyjson_mut_doc *doc, const struct pylist *list)
{
    yyjson_mut_val *arr = yyjson_mut_arr(doc);
    for (int i = 0; i < list->n; i++) {
        yyjson_mut_val *v = py_to_json(doc, list->v[i]);
        if (!v)
            return NULL;
        yyjson_mut_arr_append(arr, v);
    }
    return arr;
}

static yyjson_mut_val *dict_to_json(yyjson_mut_doc *doc, const struct pydict *dict)
{
    yyjson_mut_val *obj = yyjson_mut_obj(doc);
    for (int i = 0; i < dict->keys.n; i++) {
        yyjson_mut_val *v = py_to_json(doc, dict->values.v[i]);
        if (!v || dict->keys.v[i].type != PY_STR)
            return NULL;
        yyjson_mut_obj_put(obj, py_to_json(doc, dict->keys.v[i]), v);
    }
    return obj;
}

yyjson_mut_val *py_to_json(yyjson_mut_doc *doc, struct pyval v)
{
    switch (v.type) {
    case PY_NONE: return yyjson_mut_null(doc);
    case PY_BOOL: return yyjson_mut_bool(doc, v.i);
    case PY_INT: return yyjson_mut_sint(doc, v.i);
    case PY_FLOAT: return isfinite(v.f) ? yyjson_mut_real(doc, v.f) : NULL;
    case PY_STR: return yyjson_mut_strncpy(doc, v.s.s ? v.s.s : "", v.s.n_bytes);
    case PY_LIST:
    case PY_TUPLE: return list_to_json(doc, v.list);
    case PY_DICT: return dict_to_json(doc, v.dict);
    default: return NULL;
    }
}

/* ---- asking */

bool py_is_number(struct pyval v)
{
    return v.type == PY_BOOL || v.type == PY_INT || v.type == PY_FLOAT;
}

bool py_is_sequence(struct pyval v)
{
    return v.type == PY_LIST || v.type == PY_TUPLE || v.type == PY_RANGE;
}

bool py_has_list(struct pyval v)
{
    return py_is_sequence(v) || v.type == PY_VIEW || v.type == PY_ITER;
}

double py_as_double(struct pyval v)
{
    return v.type == PY_FLOAT ? v.f : (double)v.i;
}

const char *py_type_name(struct pyval v)
{
    static const char *const names[] = {
        [PY_UNDEFINED] = "Undefined", [PY_NONE] = "NoneType",
        [PY_BOOL] = "bool",           [PY_INT] = "int",
        [PY_FLOAT] = "float",         [PY_STR] = "str",
        [PY_LIST] = "list",           [PY_TUPLE] = "tuple",
        [PY_RANGE] = "range",         [PY_VIEW] = "view",
        [PY_ITER] = "generator",      [PY_DICT] = "dict",
        [PY_OBJECT] = "object",
    };
    return names[v.type];
}

int64_t py_length(struct pyval v)
{
    switch (v.type) {
    case PY_STR: return (int64_t)pystr_len(v.s);
    case PY_DICT: return v.dict->keys.n;
    case PY_ITER: return -1;
    case PY_UNDEFINED: return 0;
    default: return py_has_list(v) ? v.list->n : -1;
    }
}

bool py_truth(struct pyval v)
{
    switch (v.type) {
    case PY_UNDEFINED:
    case PY_NONE: return false;
    case PY_BOOL:
    case PY_INT: return v.i != 0;
    case PY_FLOAT: return v.f != 0;
    case PY_STR: return v.s.n_bytes != 0;
    case PY_ITER:
    case PY_OBJECT: return true;
    default: return py_length(v) != 0;
    }
}

/* Exact: long double holds every int64 (64 bits of mantissa or more). */
static int compare_numbers(struct pyval a, struct pyval b)
{
    if (a.type != PY_FLOAT && b.type != PY_FLOAT)
        return (a.i > b.i) - (a.i < b.i);
    long double x = a.type == PY_FLOAT ? (long double)a.f : (long double)a.i;
    long double y = b.type == PY_FLOAT ? (long double)b.f : (long double)b.i;
    return (x > y) - (x < y);
}

static bool has_nan(struct pyval a, struct pyval b)
{
    return (a.type == PY_FLOAT && isnan(a.f)) || (b.type == PY_FLOAT && isnan(b.f));
}

static bool equal_lists(const struct pylist *a, const struct pylist *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (!py_equal(a->v[i], b->v[i]))
            return false;
    return true;
}

static bool equal_dicts(struct pyval a, struct pyval b)
{
    if (a.dict->keys.n != b.dict->keys.n)
        return false;
    for (int i = 0; i < a.dict->keys.n; i++) {
        const struct pyval *other = py_dict_get(b, a.dict->keys.v[i]);
        if (!other || !py_equal(a.dict->values.v[i], *other))
            return false;
    }
    return true;
}

bool py_equal(struct pyval a, struct pyval b)
{
    if (py_is_number(a) && py_is_number(b))
        return !has_nan(a, b) && compare_numbers(a, b) == 0;
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case PY_STR: return pystr_equal(a.s, b.s);
    case PY_LIST:
    case PY_TUPLE:
    case PY_RANGE: return equal_lists(a.list, b.list);
    case PY_DICT: return equal_dicts(a, b);
    case PY_NONE:
    case PY_UNDEFINED: return true;
    default: return a.object == b.object;
    }
}

bool py_compare(struct pyval a, struct pyval b, int *order)
{
    if (py_is_number(a) && py_is_number(b)) {
        *order = compare_numbers(a, b);
        return !has_nan(a, b);
    }
    if (a.type != b.type || (a.type != PY_STR && a.type != PY_LIST && a.type != PY_TUPLE))
        return false;
    if (a.type == PY_STR) {
        *order = pystr_compare(a.s, b.s);
        return true;
    }
    for (int i = 0; i < a.list->n && i < b.list->n; i++)
        if (!py_equal(a.list->v[i], b.list->v[i]))
            return py_compare(a.list->v[i], b.list->v[i], order);
    *order = (a.list->n > b.list->n) - (a.list->n < b.list->n);
    return true;
}

/* ---- str and repr */

/* The fewest digits that read back as f, placed as Python places them: an exponent from 1e16 and below 1e-4. */
void py_print_float(struct buf *out, double f)
{
    char digits[32];
    if (!isfinite(f)) {
        buf_puts(out, isnan(f) ? "nan" : f < 0 ? "-inf" : "inf");
        return;
    }
    int n = 0;
    do
        snprintf(digits, sizeof(digits), "%.*e", n, f);
    while (n++ < 17 && strtod(digits, NULL) != f);
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 16) {
        *strchr(digits, 'e') = '\0';
        buf_printf(out, "%se%c%02d", digits, exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    int n_decimals = n - 1 - exponent;
    buf_printf(out, "%.*f", n_decimals > 1 ? n_decimals : 1, f);
}

static const char *repr_list(struct buf *out, const struct pylist *list, const char *open,
                             const char *close)
{
    const char *why = NULL;
    buf_puts(out, open);
    for (int i = 0; i < list->n && !why; i++) {
        buf_puts(out, i ? ", " : "");
        why = py_repr(out, list->v[i]);
    }
    buf_puts(out, close);
    return why;
}

static const char *repr_dict(struct buf *out, const struct pydict *dict)
{
    const char *why = NULL;
    buf_putc(out, '{');
    for (int i = 0; i < dict->keys.n && !why; i++) {
        buf_puts(out, i ? ", " : "");
        why = py_repr(out, dict->keys.v[i]);
        buf_puts(out, ": ");
        if (!why)
            why = py_repr(out, dict->values.v[i]);
    }
    buf_putc(out, '}');
    return why;
}

const char *py_repr(struct buf *out, struct pyval v)
{
    switch (v.type) {
    case PY_UNDEFINED:
        return v.flag ? "an undefined value inside a list" : (buf_puts(out, "Undefined"), NULL);
    case PY_NONE: return buf_puts(out, "None"), NULL;
    case PY_BOOL: return buf_puts(out, v.i ? "True" : "False"), NULL;
    case PY_INT: return buf_printf(out, "%lld", (long long)v.i), NULL;
    case PY_FLOAT: return py_print_float(out, v.f), NULL;
    case PY_STR: return v.flag ? "a text marked safe inside a list" : (pystr_repr(out, v.s), NULL);
    case PY_LIST: return repr_list(out, v.list, "[", "]");
    case PY_TUPLE: return repr_list(out, v.list, "(", v.list->n == 1 ? ",)" : ")");
    case PY_DICT: return repr_dict(out, v.dict);
    default: return "a function, a range or a generator is no text";
    }
}

const char *py_print(struct buf *out, struct pyval v)
{
    if (v.type == PY_STR)
        buf_append(out, v.s.s, v.s.n_bytes);
    else if (v.type != PY_UNDEFINED)
        return py_repr(out, v);
    return NULL;
}

/* ---- items */

static void letters(struct arena *a, struct pystr s, struct pyval items)
{
    for (size_t at = 0, end = 0; at < s.n_bytes; at = end) {
        utf8_next(s.s, s.n_bytes, &end);
        py_append(a, items, py_str(pystr_of(s.s + at, end - at)));
    }
}

const char *py_items(struct arena *a, struct pyval v, struct pyval *items)
{
    *items = py_list(a, PY_LIST);
    if (v.type == PY_STR)
        letters(a, v.s, *items);
    else if (v.type == PY_DICT || py_has_list(v)) {
        struct pylist *list = v.type == PY_DICT ? &v.dict->keys : v.list;
        for (int i = 0; i < list->n; i++)
            py_append(a, *items, list->v[i]);
        if (v.type == PY_ITER)
            list->n = 0;
    } else if (v.type != PY_UNDEFINED || v.flag)
        return "it has no items to go through";
    return NULL;
}

/* ---- escapes of string literals */

static void put_code(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
        return;
    }
    int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    buf_putc(out, (char)((0xf00 >> n) | (c >> (6 * (n - 1)))));
    for (int shift = 6 * (n - 2); shift >= 0; shift -= 6)
        buf_putc(out, (char)(0x80 | ((c >> shift) & 0x3f)));
}

/* Up to max digits of the base; how many there were. */
static size_t read_digits(const char *s, size_t n, size_t max, int base, uint32_t *code)
{
    size_t i = 0;
    *code = 0;
    for (; i < n && i < max; i++) {
        const char *all = "0123456789abcdef",
                   *digit = s[i] ? strchr(all, s[i] | (s[i] >= 'A' ? 0x20 : 0)) : NULL;
        if (!digit || digit - all >= base)
            break;
        *code = *code * (uint32_t)base + (uint32_t)(digit - all);
    }
    return i;
}

/* s[0] is the letter after the backslash; *used counts it and its digits. */
static const char *unescape_code(struct buf *out, const char *s, size_t n, size_t *used)
{
    uint32_t code;
    if (*s >= '0' && *s <= '7')
        *used = read_digits(s, n, 3, 8, &code);
    else {
        size_t want = *s == 'x' ? 2 : *s == 'u' ? 4 : 8;
        if (read_digits(s + 1, n - 1, want, 16, &code) != want)
            return "a truncated \\x, \\u or \\U escape";
        *used = want + 1;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return "an escape that is no character";
    put_code(out, code);
    return NULL;
}

const char *py_unescape(struct buf *out, struct pystr inside, bool is_template)
{
    static const char names[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    for (size_t i = 0; i < inside.n_bytes; i++) {
        const char *s = inside.s + i + 1, *name, *why = NULL;
        size_t left = inside.n_bytes - i - 1, used = 1;
        if (inside.s[i] != '\\') {
            buf_putc(out, inside.s[i]);
            continue;
        }
        if (!left)
            return "a backslash at the end";
        if (*s == 'N' || (is_template && (unsigned char)*s >= 0x80))
            return "an escape that is not supported (\\N, or a backslash before a letter beyond "
                   "ASCII)";
        if (*s && (name = strchr(names, *s)))
            buf_putc(out, values[name - names]);
        else if (*s && strchr("01234567xuU", *s))
            why = unescape_code(out, s, left, &used);
        else if (*s != '\n') {
            buf_putc(out, '\\');
            buf_putc(out, *s);
        }
        if (why)
            return why;
        i += used;
    }
    return NULL;
}
