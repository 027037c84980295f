/*
 * The filters, tests, methods and functions that templates may call, by name: a row a name. A row without a function
 * is a name that Python has and that is not supported: it must not be taken for an undefined one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/regex.h"
#include "base/utf8.h"
#include "tasks/jinja.h"

#include "base/banned.h"

#define FN(name)                                                                                   \
    static struct pyval name(struct jinja_run *r, struct pyval v, const struct jinja_bound *b)
#define UNUSED (void)r, (void)v, (void)b

/* ---- arguments */

static bool is_given(const struct pyval *p)
{
    return p && p->type != PY_NONE;
}

/* str(p), or the fallback when it is not given. */
static struct pystr text_or(struct jinja_run *r, const struct pyval *p, const char *fallback)
{
    return p ? jinja_text(r, *p) : pystr_z(fallback);
}

/* An argument that must be a str. */
static struct pystr need_text(struct jinja_run *r, const struct pyval *p)
{
    if (p && p->type == PY_STR)
        return p->s;
    jinja_fail(r, "an argument must be a text, not %s", p ? py_type_name(*p) : "missing");
    return pystr_z("");
}

static int64_t int_or(struct jinja_run *r, const struct pyval *p, int64_t fallback)
{
    if (!p)
        return fallback;
    if (p->type != PY_INT && p->type != PY_BOOL)
        jinja_fail(r, "an argument must be an integer, not %s", py_type_name(*p));
    return p->i;
}

static bool truth_or(struct jinja_run *r, const struct pyval *p, bool fallback)
{
    return p ? jinja_truth(r, *p) : fallback;
}

/* The text of a view, copied from nothing: it lives in the arena or the row already. */
static struct pyval text_like(struct pyval v, struct pystr s)
{
    struct pyval out = py_str(s);
    out.flag = v.type == PY_STR && v.flag;
    return out;
}

/* ---- attributes by a path such as "a.b.0" */

static struct pyval by_path(struct jinja_run *r, struct pyval v, struct pyval path)
{
    if (path.type == PY_INT)
        return jinja_getitem(r, v, path);
    struct pystr dot = pystr_z("."), part, text = need_text(r, &path);
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
static struct pyval sort_key(struct jinja_run *r, struct pyval v, const struct pyval *attribute,
                             bool is_cased)
{
    if (is_given(attribute)) {
        if (attribute->type == PY_STR && pystr_find_bytes(attribute->s, pystr_z(","), 0) >= 0)
            return jinja_fail(r, "several attributes to sort by are not supported");
        v = by_path(r, v, *attribute);
    }
    jinja_defined(r, v);
    return is_cased ? v : folded(r, v);
}

static struct pyval keys_of(struct jinja_run *r, struct pyval items, const struct pyval *attribute,
                            bool is_cased)
{
    struct pyval keys = py_list(r->arena, PY_LIST);
    for (int i = 0; i < items.list->n && !r->failed; i++)
        py_append(r->arena, keys, sort_key(r, items.list->v[i], attribute, is_cased));
    return keys;
}

static bool is_less(struct jinja_run *r, struct pyval a, struct pyval b)
{
    return jinja_compare(r, pystr_z("<"), a, b);
}

/* Stable, by insertion; reversed keeps the order of equals, as sorted(reverse=True) does. */
static void sort_by(struct jinja_run *r, struct pyval items, struct pyval keys, bool is_reversed)
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

/* ---- filters over text */

typedef void text_map(struct buf *out, struct pystr s);

static struct pyval map_text(struct jinja_run *r, struct pyval v, text_map *map)
{
    struct buf out = BUF_INIT;
    map(&out, jinja_text(r, v));
    return text_like(v, jinja_take(r, &out).s);
}

FN(f_string)
{
    (void)b;
    return text_like(v, jinja_text(r, v));
}

FN(f_lower)
{
    (void)b;
    return map_text(r, v, pystr_lower);
}

FN(f_upper)
{
    (void)b;
    return map_text(r, v, pystr_upper);
}

FN(f_capitalize)
{
    (void)b;
    return map_text(r, v, pystr_capitalize);
}

/* Of Jinja, not str.title(): words begin after spaces, dashes and opening brackets. */
static void title_words(struct buf *out, struct pystr s)
{
    bool is_start = true;
    size_t from = 0;
    for (size_t at = 0, end = 0; at <= s.n_bytes; at = end) {
        int32_t c = at < s.n_bytes ? utf8_next(s.s, s.n_bytes, &end) : ' ';
        bool is_between = pystr_is_space_code(c) || (c && c < 0x80 && strchr("-({[<", (int)c));
        if (!is_start && is_between)
            pystr_lower(out, pystr_of(s.s + from, at - from));
        if (at == s.n_bytes)
            return;
        if (is_between)
            buf_append(out, s.s + at, end - at);
        else if (is_start) {
            pystr_upper(out, pystr_of(s.s + at, end - at));
            from = end;
        }
        is_start = is_between;
    }
}

FN(f_title)
{
    (void)b;
    return map_text(r, v, title_words);
}

FN(f_trim)
{
    struct pystr chars = is_given(b->p[0]) ? need_text(r, b->p[0]) : pystr_z("");
    return text_like(v, pystr_strip(jinja_text(r, v), is_given(b->p[0]) ? &chars : NULL));
}

FN(f_replace)
{
    struct buf out = BUF_INIT;
    int64_t max = is_given(b->p[2]) ? int_or(r, b->p[2], -1) : -1;
    pystr_replace(&out, jinja_text(r, v), jinja_text(r, *b->p[0]), jinja_text(r, *b->p[1]), max);
    return jinja_take(r, &out);
}

/* str.splitlines: these end a line, and \r\n together. */
static bool ends_line(int32_t c)
{
    return (c >= 0xa && c <= 0xd) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

static bool next_line(struct pystr *rest, struct pystr *line)
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

FN(f_indent)
{
    struct pystr rest = need_text(r, &v), line;
    bool is_blank = truth_or(r, b->p[2], false), is_text = b->p[0] && b->p[0]->type == PY_STR;
    struct pyval width = py_int(is_text ? 0 : int_or(r, b->p[0], 4));
    struct pystr indent =
        is_text ? b->p[0]->s : jinja_op(r, pystr_z("*"), py_str(pystr_z(" ")), width).s;
    struct buf text = BUF_INIT, out = BUF_INIT;
    if (v.flag || r->failed)
        return jinja_fail(r, "'indent' of this value is not supported");
    buf_append(&text, rest.s, rest.n_bytes);
    buf_putc(&text, '\n');
    rest = pystr_of(text.data, text.len);
    for (int i = 0; next_line(&rest, &line); i++) {
        buf_puts(&out, i ? "\n" : "");
        if (i ? is_blank || line.n_bytes : truth_or(r, b->p[1], false))
            buf_append(&out, indent.s, indent.n_bytes);
        buf_append(&out, line.s, line.n_bytes);
    }
    buf_release(&text);
    return jinja_take(r, &out);
}

static void put_replacement(struct jinja_run *r, struct buf *out, struct pystr with,
                            struct pystr text, const struct regex_span *span, int n_groups)
{
    for (size_t i = 0; i < with.n_bytes; i++) {
        if (with.s[i] != '\\') {
            buf_putc(out, with.s[i]);
            continue;
        }
        int group = i + 1 < with.n_bytes ? with.s[i + 1] - '0' : -1;
        bool is_two = i + 2 < with.n_bytes && with.s[i + 2] >= '0' && with.s[i + 2] <= '9';
        if (group < 1 || group > 9 || group > n_groups || is_two) {
            jinja_fail(r, "'regex_replace' knows \\1 to \\9 alone in a replacement");
            return;
        }
        if (span[group].start != SIZE_MAX)
            buf_append(out, text.s + span[group].start, span[group].end - span[group].start);
        i++;
    }
}

/* lm-evaluation-harness's own: re.sub(pattern, with, text, count) */
FN(f_regex_replace)
{
    struct pystr text = need_text(r, &v), with = need_text(r, b->p[1]),
                 pattern = need_text(r, b->p[0]);
    int64_t max = int_or(r, b->p[2], 0);
    struct regex *re = NULL;
    struct regex_span span[10];
    struct buf out = BUF_INIT;
    struct err err = {0};
    size_t done = 0;
    int found = 0;
    if (r->failed)
        return py_none();
    char *z = arena_strndup(r->arena, pattern.s, pattern.n_bytes);
    if (strlen(z) != pattern.n_bytes || regex_compile(&re, z, 0, &err))
        return jinja_fail(r, "'regex_replace': %s", err.msg);
    struct regex_iter it = regex_each(re, text.s, text.n_bytes);
    for (int64_t n = 0;
         (max <= 0 || n < max) && !r->failed && (found = regex_next(&it, span, 10, &err)) > 0;
         n++) {
        buf_append(&out, text.s + done, span[0].start - done);
        put_replacement(r, &out, with, text, span, regex_n_groups(re));
        done = span[0].end;
    }
    if (found < 0)
        jinja_fail(r, "'regex_replace': %s", err.msg);
    buf_append(&out, text.s + done, text.n_bytes - done);
    regex_close(re);
    return jinja_take(r, &out);
}

FN(f_safe)
{
    UNUSED;
    struct pyval out = py_str(jinja_text(r, v));
    out.flag = true;
    return out;
}

/* ---- numbers out of text */

/* Digits with single underscores between them. */
static size_t skip_digits(const char *s, size_t i)
{
    while ((s[i] >= '0' && s[i] <= '9') || (s[i] == '_' && i && s[i - 1] != '_' && s[i - 1] >= '0'))
        i++;
    return i && s[i - 1] == '_' ? i - 1 : i;
}

/* The text without spaces around it and without underscores between digits, in the arena. */
static char *number_text(struct jinja_run *r, struct pystr s)
{
    s = pystr_strip(s, NULL);
    char *z = arena_alloc(r->arena, s.n_bytes + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n_bytes; i++) {
        if ((unsigned char)s.s[i] >= 0x80) {
            if (!pystr_isalpha(pystr_of(s.s, s.n_bytes)))
                jinja_fail(r, "a number of digits beyond ASCII is not supported");
            z[0] = '?';
            return z;
        }
        z[n++] = s.s[i];
    }
    return z;
}

static void drop_underscores(char *z)
{
    char *to = z;
    for (; *z; z++)
        if (*z != '_')
            *to++ = *z;
    *to = '\0';
}

/* int(text): false where Python says ValueError. */
static bool int_from_text(struct jinja_run *r, struct pystr s, int64_t *out)
{
    char *z = number_text(r, s);
    size_t sign = *z == '-' || *z == '+', end = skip_digits(z + sign, 0) + sign;
    if (end == sign || z[end] || strlen(z) != end)
        return false;
    drop_underscores(z);
    if (strlen(z) > 18)
        jinja_fail(r, "an integer beyond 64 bits");
    *out = strtoll(z, NULL, 10);
    return true;
}

static bool is_float_word(const char *z)
{
    return !strcasecmp(z, "inf") || !strcasecmp(z, "infinity") || !strcasecmp(z, "nan");
}

/* float(text) */
static bool float_from_text(struct jinja_run *r, struct pystr s, double *out)
{
    char *z = number_text(r, s);
    size_t sign = *z == '-' || *z == '+', at = sign, end = skip_digits(z + at, 0) + at;
    bool has_digits = end > at;
    if (z[end] == '.') {
        at = end + 1;
        end = at + skip_digits(z + at, 0);
        has_digits |= end > at;
    }
    if (has_digits && (z[end] | 0x20) == 'e') {
        at = end + 1 + (z[end + 1] == '-' || z[end + 1] == '+');
        size_t exponent = at + skip_digits(z + at, 0);
        has_digits = exponent > at;
        end = exponent;
    }
    if (!is_float_word(z + sign) && (!has_digits || z[end]))
        return false;
    drop_underscores(z);
    *out = strtod(z, NULL);
    return true;
}

static struct pyval truncated(struct jinja_run *r, double f, struct pyval fallback)
{
    if (isnan(f))
        return fallback;
    if (fabs(f) >= 0x1p63)
        return jinja_fail(r, "an integer beyond 64 bits");
    return py_int((int64_t)f);
}

FN(f_int)
{
    struct pyval fallback = b->p[0] ? *b->p[0] : py_int(0);
    int64_t i;
    double f;
    if (!jinja_defined(r, v) || int_or(r, b->p[1], 10) != 10)
        return jinja_fail(r, "'int' knows base 10 alone");
    if (v.type == PY_STR && int_from_text(r, v.s, &i))
        return py_int(i);
    if (v.type == PY_STR && float_from_text(r, v.s, &f))
        return isinf(f) ? fallback : truncated(r, f, fallback);
    if (v.type == PY_FLOAT)
        return truncated(r, v.f, fallback);
    return py_is_number(v) ? py_int(v.i) : fallback;
}

FN(f_float)
{
    double f;
    if (!jinja_defined(r, v))
        return py_none();
    if (py_is_number(v))
        return py_float(py_as_double(v));
    if (v.type == PY_STR && float_from_text(r, v.s, &f))
        return py_float(f);
    return b->p[0] ? *b->p[0] : py_float(0);
}

FN(f_abs)
{
    (void)b;
    if (!jinja_defined(r, v) || !py_is_number(v))
        return jinja_fail(r, "'abs' of a %s", py_type_name(v));
    bool is_negative = v.type == PY_FLOAT ? signbit(v.f) : v.i < 0;
    return jinja_unary(r, pystr_z(is_negative ? "-" : "+"), v);
}

FN(f_round)
{
    struct pystr how = text_or(r, b->p[1], "common");
    int64_t digits = int_or(r, b->p[0], 0);
    if (!jinja_defined(r, v) || !py_is_number(v) || digits < 0 || digits > 15)
        return jinja_fail(r, "'round' of a %s to %lld digits is not supported", py_type_name(v),
                          (long long)digits);
    double scale = pow(10, (double)digits), f = py_as_double(v);
    if (jinja_is(how, "common")) {
        if (v.type != PY_FLOAT)
            return py_int(v.i);
        struct buf text = BUF_INIT; /* printf rounds the exact value, as Python does */
        buf_printf(&text, "%.*f", (int)digits, f);
        f = strtod(text.data, NULL);
        buf_release(&text);
        return py_float(f);
    }
    if (!jinja_is(how, "ceil") && !jinja_is(how, "floor"))
        return jinja_fail(r, "'round' knows common, ceil and floor");
    f = jinja_is(how, "ceil") ? ceil(f * scale) : floor(f * scale);
    return fabs(f) < 0x1p53 ? py_float((f + 0.0) / scale)
                            : jinja_fail(r, "'round' of such a large number");
}

/* ---- filters over lists */

FN(f_length)
{
    (void)b;
    int64_t n = jinja_usable(r, v) ? py_length(v) : 0;
    return n < 0 ? jinja_fail(r, "a value of type %s has no length", py_type_name(v)) : py_int(n);
}

FN(f_list)
{
    (void)b;
    return jinja_items(r, v);
}

FN(f_join)
{
    struct pyval items = jinja_items(r, v);
    struct pystr between = text_or(r, b->p[0], "");
    struct buf out = BUF_INIT;
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item = items.list->v[i];
        if (is_given(b->p[1]))
            item = by_path(r, item, *b->p[1]);
        struct pystr text = jinja_text(r, item);
        buf_append(&out, between.s, i ? between.n_bytes : 0);
        buf_append(&out, text.s, text.n_bytes);
        jinja_grow(r, text.n_bytes + between.n_bytes);
    }
    return jinja_take(r, &out);
}

FN(f_first)
{
    (void)b;
    struct pyval items = jinja_items(r, v);
    return items.list->n ? items.list->v[0]
                         : jinja_undefined(r, "no first item, the sequence was empty");
}

FN(f_last)
{
    (void)b;
    if (v.type == PY_ITER)
        return jinja_fail(r, "'last' of a generator");
    struct pyval items = jinja_items(r, v);
    return items.list->n ? items.list->v[items.list->n - 1]
                         : jinja_undefined(r, "no last item, the sequence was empty");
}

FN(f_reverse)
{
    (void)b;
    struct pyval items = jinja_items(r, v),
                 out = py_list(r->arena, v.type == PY_ITER ? PY_LIST : PY_ITER);
    struct buf text = BUF_INIT;
    for (int i = items.list->n - 1; i >= 0; i--) {
        py_append(r->arena, out, items.list->v[i]);
        if (v.type == PY_STR)
            py_print(&text, items.list->v[i]);
    }
    struct pyval reversed = jinja_take(r, &text);
    return v.type == PY_STR ? text_like(v, reversed.s) : out;
}

FN(f_sort)
{
    struct pyval items = jinja_items(r, v);
    struct pyval keys = keys_of(r, items, b->p[2], truth_or(r, b->p[1], false));
    if (!r->failed)
        sort_by(r, items, keys, truth_or(r, b->p[0], false));
    return items;
}

FN(f_unique)
{
    struct pyval items = jinja_items(r, v), out = py_list(r->arena, PY_ITER),
                 seen = py_list(r->arena, PY_LIST);
    struct pyval keys = keys_of(r, items, b->p[1], truth_or(r, b->p[0], false));
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval key = keys.list->v[i];
        if (key.type == PY_LIST || key.type == PY_DICT)
            jinja_fail(r, "'unique' of lists or dicts");
        if (jinja_compare(r, pystr_z("in"), key, seen))
            continue;
        py_append(r->arena, seen, key);
        py_append(r->arena, out, items.list->v[i]);
    }
    return out;
}

static struct pyval extreme(struct jinja_run *r, struct pyval v, const struct jinja_bound *b,
                            bool is_max)
{
    struct pyval items = jinja_items(r, v);
    struct pyval keys = keys_of(r, items, b->p[1], truth_or(r, b->p[0], false));
    int best = 0;
    for (int i = 1; i < items.list->n && !r->failed; i++)
        if (is_max ? is_less(r, keys.list->v[best], keys.list->v[i])
                   : is_less(r, keys.list->v[i], keys.list->v[best]))
            best = i;
    return items.list->n ? items.list->v[best]
                         : jinja_undefined(r, "no aggregated item, the sequence was empty");
}

FN(f_min)
{
    return extreme(r, v, b, false);
}

FN(f_max)
{
    return extreme(r, v, b, true);
}

FN(f_sum)
{
    struct pyval items = jinja_items(r, v), sum = b->p[1] ? *b->p[1] : py_int(0);
    if (sum.type == PY_STR)
        return jinja_fail(r, "'sum' of texts");
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item = items.list->v[i];
        sum = jinja_op(r, pystr_z("+"), sum, is_given(b->p[0]) ? by_path(r, item, *b->p[0]) : item);
    }
    return sum;
}

static struct pyval pair(struct jinja_run *r, struct pyval key, struct pyval value)
{
    struct pyval tuple = py_list(r->arena, PY_TUPLE);
    py_append(r->arena, tuple, key);
    py_append(r->arena, tuple, value);
    return tuple;
}

static struct pyval pairs(struct jinja_run *r, struct pyval dict, enum py_type type)
{
    struct pyval out = py_list(r->arena, type);
    for (int i = 0; i < dict.dict->keys.n; i++)
        py_append(r->arena, out, pair(r, dict.dict->keys.v[i], dict.dict->values.v[i]));
    return out;
}

FN(f_items)
{
    (void)b;
    if (v.type == PY_UNDEFINED)
        return py_list(r->arena, PY_ITER);
    return v.type == PY_DICT ? pairs(r, v, PY_ITER)
                             : jinja_fail(r, "'items' of a %s", py_type_name(v));
}

FN(f_dictsort)
{
    struct pystr by = text_or(r, b->p[1], "key");
    if (v.type != PY_DICT || (!jinja_is(by, "key") && !jinja_is(by, "value")))
        return jinja_usable(r, v) ? jinja_fail(r, "'dictsort' sorts a dict by key or value")
                                  : py_none();
    struct pyval items = pairs(r, v, PY_LIST), keys = py_list(r->arena, PY_LIST);
    for (int i = 0; i < items.list->n; i++) {
        struct pyval key = items.list->v[i].list->v[jinja_is(by, "value")];
        py_append(r->arena, keys, sort_key(r, key, NULL, truth_or(r, b->p[0], false)));
    }
    sort_by(r, items, keys, truth_or(r, b->p[2], false));
    return items;
}

FN(f_batch)
{
    struct pyval items = jinja_items(r, v), out = py_list(r->arena, PY_ITER),
                 batch = py_list(r->arena, PY_LIST);
    int64_t size = int_or(r, b->p[0], 0);
    if (size < 1 || is_given(b->p[1]))
        return jinja_fail(r, "'batch' needs a size, and knows no fill");
    for (int i = 0; i < items.list->n; i++) {
        if (batch.list->n == size) {
            py_append(r->arena, out, batch);
            batch = py_list(r->arena, PY_LIST);
        }
        py_append(r->arena, batch, items.list->v[i]);
    }
    if (batch.list->n)
        py_append(r->arena, out, batch);
    return out;
}

FN(f_default)
{
    UNUSED;
    bool is_missing = v.type == PY_UNDEFINED || (truth_or(r, b->p[1], false) && !py_truth(v));
    return !is_missing ? v : b->p[0] ? *b->p[0] : py_str(pystr_z(""));
}

/* ---- filters that call others: map, select and their like */

/* The arguments from the first on, without those before it. */
static struct jinja_args rest_of(const struct jinja_args *all, int first)
{
    struct jinja_args rest = *all;
    rest.n = all->n > first ? all->n - first : 0;
    for (int i = 0; i < rest.n; i++)
        rest.v[i] = all->v[first + i];
    return rest;
}

static struct pyval map_attribute(struct jinja_run *r, struct pyval items,
                                  const struct jinja_args *args)
{
    struct pyval out = py_list(r->arena, PY_ITER);
    if (args->n_keys != 1 || !jinja_is(args->keys[0], "attribute"))
        return jinja_fail(r, "'map' takes a filter, or attribute= and nothing else");
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval v = by_path(r, items.list->v[i], args->values[0]);
        jinja_usable(r, v);
        py_append(r->arena, out, v);
    }
    return out;
}

/* map and select take what is false, such as None, as nothing. */
static struct pyval items_or_none(struct jinja_run *r, struct pyval v)
{
    return jinja_truth(r, v) ? jinja_items(r, v) : py_list(r->arena, PY_LIST);
}

FN(f_map)
{
    struct pyval items = items_or_none(r, v), out = py_list(r->arena, PY_ITER);
    if (!b->all->n)
        return map_attribute(r, items, b->all);
    struct jinja_args rest = rest_of(b->all, 1);
    const struct jinja_def *def = jinja_filter_find(need_text(r, &b->all->v[0]), r->options);
    if (!def)
        return jinja_raise(r, "'map' of a filter that does not exist");
    for (int i = 0; i < items.list->n && !r->failed; i++)
        py_append(r->arena, out, jinja_call_def(r, def, items.list->v[i], &rest));
    return out;
}

static struct pyval select_items(struct jinja_run *r, struct pyval v, const struct jinja_args *args,
                                 bool by_attribute, bool wanted)
{
    int n_first = by_attribute ? 1 : 0;
    struct pyval items = items_or_none(r, v), out = py_list(r->arena, PY_ITER);
    struct jinja_args rest = rest_of(args, n_first + 1);
    const struct jinja_def *def = NULL;
    if (args->n < n_first)
        return jinja_fail(r, "an attribute is missing");
    if (args->n > n_first && !(def = jinja_test_find(need_text(r, &args->v[n_first]))))
        return jinja_raise(r, "a selection by a test that does not exist");
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item =
            by_attribute ? by_path(r, items.list->v[i], args->v[0]) : items.list->v[i];
        if (jinja_truth(r, def ? jinja_call_def(r, def, item, &rest) : item) == wanted)
            py_append(r->arena, out, items.list->v[i]);
    }
    return out;
}

FN(f_select)
{
    return select_items(r, v, b->all, false, true);
}

FN(f_reject)
{
    return select_items(r, v, b->all, false, false);
}

FN(f_selectattr)
{
    return select_items(r, v, b->all, true, true);
}

FN(f_rejectattr)
{
    return select_items(r, v, b->all, true, false);
}

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
    struct pyval items = pairs(d->r, v, PY_LIST);
    if (d->is_sorted) {
        struct pyval keys = py_list(d->r->arena, PY_LIST);
        for (int i = 0; i < v.dict->keys.n; i++)
            py_append(d->r->arena, keys, v.dict->keys.v[i]);
        sort_by(d->r, items, keys, false);
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

FN(f_tojson)
{
    struct buf out = BUF_INIT;
    bool is_indented = is_given(b->p[1]);
    struct dump d = {r,
                     &out,
                     truth_or(r, b->p[0], false),
                     truth_or(r, b->p[3], false),
                     is_indented ? int_or(r, b->p[1], 0) : -1,
                     pystr_z(is_indented ? "," : ", "),
                     pystr_z(": ")};
    if (is_given(b->p[2])) {
        struct pyval pair_of = jinja_items(r, *b->p[2]);
        if (pair_of.list->n != 2)
            return jinja_fail(r, "'separators' has two texts");
        d.between = need_text(r, &pair_of.list->v[0]);
        d.colon = need_text(r, &pair_of.list->v[1]);
    }
    dump_value(&d, v, 0);
    return jinja_take(r, &out);
}

/* ---- methods of str */

FN(m_strip)
{
    return f_trim(r, v, b);
}

FN(m_lstrip)
{
    struct pystr chars = is_given(b->p[0]) ? need_text(r, b->p[0]) : pystr_z("");
    return py_str(pystr_lstrip(v.s, is_given(b->p[0]) ? &chars : NULL));
}

FN(m_rstrip)
{
    struct pystr chars = is_given(b->p[0]) ? need_text(r, b->p[0]) : pystr_z("");
    return py_str(pystr_rstrip(v.s, is_given(b->p[0]) ? &chars : NULL));
}

FN(m_title)
{
    (void)b;
    return map_text(r, v, pystr_title);
}

FN(m_split)
{
    struct pystr separator = is_given(b->p[0]) ? need_text(r, b->p[0]) : pystr_z(" "), part;
    struct pyval out = py_list(r->arena, PY_LIST);
    if (!separator.n_bytes)
        return jinja_fail(r, "an empty separator");
    struct pystr_split it =
        pystr_split(v.s, is_given(b->p[0]) ? &separator : NULL, int_or(r, b->p[1], -1));
    while (pystr_next(&it, &part))
        py_append(r->arena, out, py_str(part));
    return out;
}

/* From the right, with a separator: the last max ones. */
FN(m_rsplit)
{
    int64_t max = int_or(r, b->p[1], -1);
    if (max < 0)
        return m_split(r, v, b);
    if (!is_given(b->p[0]))
        return jinja_fail(r, "'rsplit' with a maximum needs a separator");
    struct pystr separator = need_text(r, b->p[0]), rest = v.s;
    struct pyval backwards = py_list(r->arena, PY_LIST), out = py_list(r->arena, PY_LIST);
    int64_t at;
    if (!separator.n_bytes)
        return jinja_fail(r, "an empty separator");
    for (; max > 0 && (at = pystr_rfind_bytes(rest, separator)) >= 0; max--) {
        size_t from = (size_t)at + separator.n_bytes;
        py_append(r->arena, backwards, py_str(pystr_of(rest.s + from, rest.n_bytes - from)));
        rest.n_bytes = (size_t)at;
    }
    py_append(r->arena, out, py_str(rest));
    for (int i = backwards.list->n - 1; i >= 0; i--)
        py_append(r->arena, out, backwards.list->v[i]);
    return out;
}

FN(m_splitlines)
{
    (void)b;
    struct pyval out = py_list(r->arena, PY_LIST);
    struct pystr rest = v.s, line;
    while (next_line(&rest, &line))
        py_append(r->arena, out, py_str(line));
    return out;
}

FN(m_replace)
{
    need_text(r, b->p[0]);
    need_text(r, b->p[1]);
    if (b->p[2])
        int_or(r, b->p[2], 0);
    return r->failed ? py_none() : f_replace(r, v, b);
}

/* One text or a tuple of them. */
static bool is_any(struct jinja_run *r, struct pyval v, const struct pyval *p,
                   bool (*is)(struct pystr, struct pystr))
{
    if (p->type != PY_TUPLE)
        return is(v.s, need_text(r, p));
    for (int i = 0; i < p->list->n; i++)
        if (is(v.s, need_text(r, &p->list->v[i])))
            return true;
    return false;
}

FN(m_startswith)
{
    return py_bool(is_any(r, v, b->p[0], pystr_startswith));
}

FN(m_endswith)
{
    return py_bool(is_any(r, v, b->p[0], pystr_endswith));
}

FN(m_find)
{
    return py_int(pystr_find(v.s, need_text(r, b->p[0])));
}

FN(m_rfind)
{
    return py_int(pystr_rfind(v.s, need_text(r, b->p[0])));
}

FN(m_count)
{
    return py_int(pystr_count(v.s, need_text(r, b->p[0])));
}

FN(m_index)
{
    int64_t at = pystr_find(v.s, need_text(r, b->p[0]));
    return at < 0 ? jinja_fail(r, "'index': the text is not there") : py_int(at);
}

FN(m_join)
{
    struct pyval items = jinja_items(r, *b->p[0]);
    for (int i = 0; i < items.list->n && !r->failed; i++)
        need_text(r, &items.list->v[i]);
    struct jinja_bound inner = {.p = {&v}, .all = b->all};
    return r->failed ? py_none() : f_join(r, items, &inner);
}

#define CLASS(name)                                                                                \
    FN(m_##name)                                                                                   \
    {                                                                                              \
        (void)r, (void)b;                                                                          \
        return py_bool(pystr_##name(v.s));                                                         \
    }
CLASS(isdigit)
CLASS(isdecimal)
CLASS(isspace)
CLASS(isalpha)
CLASS(isalnum)
CLASS(isupper)
CLASS(islower)

FN(m_removeprefix)
{
    struct pystr part = need_text(r, b->p[0]);
    bool has = pystr_startswith(v.s, part);
    return py_str(has ? pystr_of(v.s.s + part.n_bytes, v.s.n_bytes - part.n_bytes) : v.s);
}

FN(m_removesuffix)
{
    struct pystr part = need_text(r, b->p[0]);
    return py_str(pystr_endswith(v.s, part) ? pystr_of(v.s.s, v.s.n_bytes - part.n_bytes) : v.s);
}

/* The value of a replacement field such as {}, {0} or {name}; formats and conversions are refused. */
static struct pyval field(struct jinja_run *r, struct pystr name, const struct jinja_args *args,
                          int *n_auto)
{
    char *z = arena_strndup(r->arena, name.s, name.n_bytes);
    int i = *z ? atoi(z) : (*n_auto)++;
    if (!*z || pystr_isdigit(name))
        return *n_auto && *z ? jinja_fail(r, "'format' with both {} and {0}")
               : i >= args->n || name.n_bytes > 2
                   ? jinja_fail(r, "'format' has no value for {%s}", z)
                   : args->v[i];
    for (int k = 0; k < args->n_keys; k++)
        if (pystr_equal(args->keys[k], name))
            return args->values[k];
    return jinja_fail(r, "'format' knows {}, {0} and {name} alone, not {%s}", z);
}

FN(m_format)
{
    struct buf out = BUF_INIT;
    int n_auto = 0;
    for (size_t i = 0; i < v.s.n_bytes && !r->failed; i++) {
        char c = v.s.s[i];
        bool is_twice = i + 1 < v.s.n_bytes && v.s.s[i + 1] == c;
        if ((c != '{' && c != '}') || is_twice) {
            buf_putc(&out, c);
            i += c == '{' || c == '}';
            continue;
        }
        int64_t end = pystr_find_bytes(v.s, pystr_z("}"), i);
        if (c == '}' || end < 0) {
            jinja_fail(r, "'format' of a text with a single brace");
            break;
        }
        struct pystr text =
            jinja_text(r, field(r, pystr_of(v.s.s + i + 1, (size_t)end - i - 1), b->all, &n_auto));
        buf_append(&out, text.s, text.n_bytes);
        i = (size_t)end;
    }
    return jinja_take(r, &out);
}

/* ---- methods of lists and dicts */

FN(l_index)
{
    for (int i = 0; i < v.list->n && jinja_usable(r, *b->p[0]); i++)
        if (py_equal(v.list->v[i], *b->p[0]))
            return py_int(i);
    return jinja_fail(r, "'index': the value is not in the list");
}

FN(l_count)
{
    int n = 0;
    for (int i = 0; i < v.list->n && jinja_usable(r, *b->p[0]); i++)
        n += py_equal(v.list->v[i], *b->p[0]);
    return py_int(n);
}

FN(d_get)
{
    if (b->p[0]->type == PY_LIST || b->p[0]->type == PY_DICT || !jinja_usable(r, *b->p[0]))
        return jinja_fail(r, "a list or dict is no key");
    const struct pyval *found = py_dict_get(v, *b->p[0]);
    return found ? *found : b->p[1] ? *b->p[1] : py_none();
}

FN(d_items)
{
    (void)b;
    return pairs(r, v, PY_VIEW);
}

static struct pyval view(struct jinja_run *r, const struct pylist *list)
{
    struct pyval out = py_list(r->arena, PY_VIEW);
    for (int i = 0; i < list->n; i++)
        py_append(r->arena, out, list->v[i]);
    return out;
}

FN(d_keys)
{
    (void)b;
    return view(r, &v.dict->keys);
}

FN(d_values)
{
    (void)b;
    return view(r, &v.dict->values);
}

/* ---- loop */

FN(loop_cycle)
{
    const struct jinja_object *loop = v.object;
    return b->all->n ? b->all->v[loop->index % b->all->n] : jinja_fail(r, "'cycle' needs values");
}

FN(loop_changed)
{
    struct jinja_object *loop = (struct jinja_object *)v.object;
    struct pyval now = py_list(r->arena, PY_TUPLE);
    for (int i = 0; i < b->all->n; i++)
        py_append(r->arena, now, b->all->v[i]);
    bool changed = loop->last_changed.type != PY_TUPLE || !py_equal(loop->last_changed, now);
    loop->last_changed = now;
    return py_bool(changed);
}

/* ---- tests */

#define TEST(name, condition)                                                                      \
    FN(name)                                                                                       \
    {                                                                                              \
        UNUSED;                                                                                    \
        return py_bool(condition);                                                                 \
    }
TEST(t_defined, v.type != PY_UNDEFINED)
TEST(t_undefined, v.type == PY_UNDEFINED)
TEST(t_none, v.type == PY_NONE)
TEST(t_boolean, v.type == PY_BOOL)
TEST(t_true, v.type == PY_BOOL && v.i)
TEST(t_false, v.type == PY_BOOL && !v.i)
TEST(t_integer, v.type == PY_INT)
TEST(t_float, v.type == PY_FLOAT)
TEST(t_number, py_is_number(v))
TEST(t_string, v.type == PY_STR)
TEST(t_mapping, v.type == PY_DICT)
TEST(t_callable,
     v.type == PY_OBJECT && ((const struct jinja_object *)v.object)->kind <= OBJECT_MACRO)
TEST(t_sequence, jinja_usable(r, v) && (v.type == PY_STR || v.type == PY_DICT ||
                                        v.type == PY_UNDEFINED || py_is_sequence(v)))
TEST(t_iterable, jinja_usable(r, v) && (v.type == PY_STR || v.type == PY_DICT ||
                                        v.type == PY_UNDEFINED || py_has_list(v)))
TEST(t_lower, pystr_islower(jinja_text(r, v)))
TEST(t_upper, pystr_isupper(jinja_text(r, v)))
TEST(t_in, jinja_compare(r, pystr_z("in"), v, *b->p[0]))
TEST(t_eq, jinja_compare(r, pystr_z("=="), v, *b->p[0]))
TEST(t_ne, jinja_compare(r, pystr_z("!="), v, *b->p[0]))
TEST(t_lt, jinja_compare(r, pystr_z("<"), v, *b->p[0]))
TEST(t_le, jinja_compare(r, pystr_z("<="), v, *b->p[0]))
TEST(t_gt, jinja_compare(r, pystr_z(">"), v, *b->p[0]))
TEST(t_ge, jinja_compare(r, pystr_z(">="), v, *b->p[0]))

static struct pyval remainder_is(struct jinja_run *r, struct pyval v, struct pyval by,
                                 int64_t wanted)
{
    return py_bool(py_equal(jinja_op(r, pystr_z("%"), v, by), py_int(wanted)));
}

FN(t_odd)
{
    (void)b;
    return remainder_is(r, v, py_int(2), 1);
}

FN(t_even)
{
    (void)b;
    return remainder_is(r, v, py_int(2), 0);
}

FN(t_divisibleby)
{
    return remainder_is(r, v, *b->p[0], 0);
}

FN(t_sameas)
{
    (void)r;
    enum py_type type = v.type;
    if (type != PY_NONE && type != PY_BOOL && b->p[0]->type == type)
        return jinja_fail(r, "'sameas' is known for true, false and none alone");
    return py_bool(type == b->p[0]->type && py_equal(v, *b->p[0]));
}

/* ---- functions */

FN(g_range)
{
    UNUSED;
    int64_t start = b->p[1] ? int_or(r, b->p[0], 0) : 0, stop = int_or(r, b->p[b->p[1] ? 1 : 0], 0);
    int64_t step = int_or(r, b->p[2], 1);
    struct pyval out = py_list(r->arena, PY_RANGE);
    if (step == 0)
        return jinja_fail(r, "a range with step 0");
    for (int64_t i = start; (step > 0 ? i < stop : i > stop) && !r->failed;) {
        if (out.list->n == 100000) /* the limit of Jinja's sandbox */
            return jinja_fail(r, "a range of more than 100000 numbers");
        py_append(r->arena, out, py_int(i));
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    jinja_grow(r, (size_t)out.list->n * sizeof(struct pyval));
    return out;
}

FN(g_dict)
{
    (void)v;
    struct pyval out = py_dict(r->arena);
    const struct pyval *from = &b->all->v[0];
    if (b->all->n > 1 || (b->all->n && from->type != PY_DICT))
        return jinja_fail(r, "'dict' and 'namespace' of such arguments are not supported");
    for (int i = 0; b->all->n && i < from->dict->keys.n; i++)
        py_dict_set(r->arena, out, from->dict->keys.v[i], from->dict->values.v[i]);
    for (int i = 0; i < b->all->n_keys; i++)
        py_dict_set(r->arena, out, py_str(b->all->keys[i]), b->all->values[i]);
    return out;
}

FN(g_namespace)
{
    return jinja_object_new(
        r, (struct jinja_object){.kind = OBJECT_NAMESPACE, .dict = g_dict(r, v, b)});
}

FN(g_raise_exception)
{
    (void)v;
    struct pystr text = jinja_text(r, *b->p[0]);
    return jinja_raise(r, "%.*s", (int)text.n_bytes, text.s);
}

FN(g_strftime_now)
{
    (void)v;
    char text[256];
    time_t now = (time_t)r->now_s;
    struct tm tm;
    struct pystr format = need_text(r, b->p[0]);
    localtime_r(&now, &tm);
    char *z = arena_strndup(r->arena, format.s, format.n_bytes);
    size_t n = *z ? strftime(text, sizeof(text), z, &tm) : 0;
    if (!n && *z)
        return jinja_fail(r, "'strftime_now' of such a format");
    return py_str(pystr_of(arena_strndup(r->arena, text, n), n));
}

/* ---- the tables */

static const struct jinja_def filters[] = {
    {"string", f_string, 0, {0}},
    {"length", f_length, 0, {0}},
    {"count", f_length, 0, {0}},
    {"join", f_join, 0, {"d", "attribute"}},
    {"int", f_int, 0, {"default", "base"}},
    {"float", f_float, 0, {"default"}},
    {"replace", f_replace, 2, {"old", "new", "count"}},
    {"list", f_list, 0, {0}},
    {"map", f_map, -1, {0}},
    {"trim", f_trim, 0, {"chars"}},
    {"default", f_default, 0, {"default_value", "boolean"}},
    {"d", f_default, 0, {"default_value", "boolean"}},
    {"lower", f_lower, 0, {0}},
    {"upper", f_upper, 0, {0}},
    {"capitalize", f_capitalize, 0, {0}},
    {"title", f_title, 0, {0}},
    {"first", f_first, 0, {0}},
    {"last", f_last, 0, {0}},
    {"reverse", f_reverse, 0, {0}},
    {"sort", f_sort, 0, {"reverse", "case_sensitive", "attribute"}},
    {"unique", f_unique, 0, {"case_sensitive", "attribute"}},
    {"min", f_min, 0, {"case_sensitive", "attribute"}},
    {"max", f_max, 0, {"case_sensitive", "attribute"}},
    {"sum", f_sum, 0, {"attribute", "start"}},
    {"abs", f_abs, 0, {0}},
    {"round", f_round, 0, {"precision", "method"}},
    {"items", f_items, 0, {0}},
    {"dictsort", f_dictsort, 0, {"case_sensitive", "by", "reverse"}},
    {"batch", f_batch, 1, {"linecount", "fill_with"}},
    {"indent", f_indent, 0, {"width", "first", "blank"}},
    {"select", f_select, -1, {0}},
    {"reject", f_reject, -1, {0}},
    {"selectattr", f_selectattr, -1, {0}},
    {"rejectattr", f_rejectattr, -1, {0}},
};
static const struct jinja_def task_filters[] = {
    {"regex_replace", f_regex_replace, 2, {"pattern", "repl", "count"}},
};
static const struct jinja_def chat_filters[] = {
    {"safe", f_safe, 0, {0}},
    {"tojson", f_tojson, 0, {"ensure_ascii", "indent", "separators", "sort_keys"}},
};

static const struct jinja_def tests[] = {
    {"defined", t_defined, 0, {0}},
    {"undefined", t_undefined, 0, {0}},
    {"none", t_none, 0, {0}},
    {"boolean", t_boolean, 0, {0}},
    {"true", t_true, 0, {0}},
    {"false", t_false, 0, {0}},
    {"integer", t_integer, 0, {0}},
    {"float", t_float, 0, {0}},
    {"number", t_number, 0, {0}},
    {"string", t_string, 0, {0}},
    {"mapping", t_mapping, 0, {0}},
    {"sequence", t_sequence, 0, {0}},
    {"iterable", t_iterable, 0, {0}},
    {"callable", t_callable, 0, {0}},
    {"lower", t_lower, 0, {0}},
    {"upper", t_upper, 0, {0}},
    {"odd", t_odd, 0, {0}},
    {"even", t_even, 0, {0}},
    {"in", t_in, 1, {"seq"}},
    {"divisibleby", t_divisibleby, 1, {"num"}},
    {"eq", t_eq, 1, {"b"}},
    {"equalto", t_eq, 1, {"b"}},
    {"==", t_eq, 1, {"b"}},
    {"ne", t_ne, 1, {"b"}},
    {"!=", t_ne, 1, {"b"}},
    {"lt", t_lt, 1, {"b"}},
    {"lessthan", t_lt, 1, {"b"}},
    {"<", t_lt, 1, {"b"}},
    {"le", t_le, 1, {"b"}},
    {"<=", t_le, 1, {"b"}},
    {"gt", t_gt, 1, {"b"}},
    {"greaterthan", t_gt, 1, {"b"}},
    {">", t_gt, 1, {"b"}},
    {"ge", t_ge, 1, {"b"}},
    {">=", t_ge, 1, {"b"}},
    {"sameas", t_sameas, 1, {"other"}},
};

static const struct jinja_def str_methods[] = {
    {"strip", m_strip, 0, {"chars"}},
    {"lstrip", m_lstrip, 0, {"chars"}},
    {"rstrip", m_rstrip, 0, {"chars"}},
    {"split", m_split, 0, {"sep", "maxsplit"}},
    {"rsplit", m_rsplit, 0, {"sep", "maxsplit"}},
    {"splitlines", m_splitlines, 0, {0}},
    {"replace", m_replace, 2, {"old", "new", "count"}},
    {"startswith", m_startswith, 1, {"prefix"}},
    {"endswith", m_endswith, 1, {"suffix"}},
    {"lower", f_lower, 0, {0}},
    {"upper", f_upper, 0, {0}},
    {"capitalize", f_capitalize, 0, {0}},
    {"title", m_title, 0, {0}},
    {"find", m_find, 1, {"sub"}},
    {"rfind", m_rfind, 1, {"sub"}},
    {"index", m_index, 1, {"sub"}},
    {"count", m_count, 1, {"sub"}},
    {"join", m_join, 1, {"iterable"}},
    {"isdigit", m_isdigit, 0, {0}},
    {"isdecimal", m_isdecimal, 0, {0}},
    {"isspace", m_isspace, 0, {0}},
    {"isalpha", m_isalpha, 0, {0}},
    {"isalnum", m_isalnum, 0, {0}},
    {"isupper", m_isupper, 0, {0}},
    {"islower", m_islower, 0, {0}},
    {"removeprefix", m_removeprefix, 1, {"prefix"}},
    {"removesuffix", m_removesuffix, 1, {"suffix"}},
    {"format", m_format, -1, {0}},
};
static const struct jinja_def list_methods[] = {
    {"index", l_index, 1, {"value"}},
    {"count", l_count, 1, {"value"}},
};
static const struct jinja_def dict_methods[] = {
    {"get", d_get, 1, {"key", "default"}},
    {"items", d_items, 0, {0}},
    {"keys", d_keys, 0, {0}},
    {"values", d_values, 0, {0}},
};
static const struct jinja_def loop_methods[] = {
    {"cycle", loop_cycle, -1, {0}},
    {"changed", loop_changed, -1, {0}},
};
static const struct jinja_def functions[] = {
    {"range", g_range, 1, {"start", "stop", "step"}},
    {"dict", g_dict, -1, {0}},
    {"namespace", g_namespace, -1, {0}},
    {"lipsum", NULL, -1, {0}},
    {"cycler", NULL, -1, {0}},
    {"joiner", NULL, -1, {0}},
};
static const struct jinja_def chat_functions[] = {
    {"raise_exception", g_raise_exception, 1, {"message"}},
    {"strftime_now", g_strftime_now, 1, {"format"}},
};

/* The sandbox of chat templates forbids what changes a value. */
FN(changes)
{
    UNUSED;
    return r->options & TEMPLATE_CHAT
               ? jinja_raise(r, "a method that changes its value is not safe")
               : jinja_fail(r, "a method that changes its value is not supported");
}

static const struct jinja_def not_supported = {"an attribute that only Python has", NULL, -1, {0}};
static const struct jinja_def changing = {"a method that changes its value", changes, -1, {0}};

/* Attributes that the Python types have beyond the tables above, each with a space after it. */
static const struct {
    enum py_type type;
    const struct jinja_def *def;
    const char *names;
} others[] = {
    {PY_STR, &not_supported,
     "casefold center encode expandtabs format_map isascii isidentifier isnumeric "
     "isprintable istitle ljust "
     "maketrans partition rindex rjust rpartition swapcase translate zfill unescape "
     "striptags escape "},
    {PY_LIST, &changing, "append clear extend insert pop remove reverse sort "},
    {PY_LIST, &not_supported, "copy "},
    {PY_DICT, &changing, "clear pop popitem setdefault update "},
    {PY_DICT, &not_supported, "copy fromkeys "},
    {PY_RANGE, &not_supported, "index count start stop step "},
    {PY_VIEW, &not_supported, "mapping isdisjoint "},
    {PY_ITER, &not_supported,
     "send throw close gi_code gi_frame gi_running gi_suspended gi_yieldfrom "},
    {PY_INT, &not_supported,
     "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag "
     "numerator real to_bytes "},
    {PY_BOOL, &not_supported,
     "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag "
     "numerator real to_bytes "},
    {PY_FLOAT, &not_supported, "as_integer_ratio conjugate fromhex hex imag is_integer real "},
};

#define FIND(table, name) find(table, sizeof(table) / sizeof(*(table)), name)

static const struct jinja_def *find(const struct jinja_def *table, size_t n, struct pystr name)
{
    for (size_t i = 0; i < n; i++)
        if (jinja_is(name, table[i].name))
            return &table[i];
    return NULL;
}

const struct jinja_def *jinja_filter_find(struct pystr name, unsigned options)
{
    const struct jinja_def *def = FIND(filters, name);
    if (def)
        return def;
    return options & TEMPLATE_CHAT ? FIND(chat_filters, name) : FIND(task_filters, name);
}

const struct jinja_def *jinja_test_find(struct pystr name)
{
    return FIND(tests, name);
}

static const struct jinja_def *find_other(enum py_type type, struct pystr name)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        for (const char *at = others[i].names, *end;
             others[i].type == type && (end = strchr(at, ' ')); at = end + 1)
            if (pystr_equal(name, pystr_of(at, (size_t)(end - at))))
                return others[i].def;
    return NULL;
}

const struct jinja_def *jinja_method_find(enum py_type type, struct pystr name)
{
    const struct jinja_def *def = type == PY_STR                        ? FIND(str_methods, name)
                                  : type == PY_LIST || type == PY_TUPLE ? FIND(list_methods, name)
                                  : type == PY_DICT                     ? FIND(dict_methods, name)
                                  : type == PY_OBJECT                   ? FIND(loop_methods, name)
                                                                        : NULL;
    return def ? def : find_other(type, name);
}

const struct jinja_def *jinja_function_find(struct pystr name, unsigned options)
{
    const struct jinja_def *def = FIND(functions, name);
    return def || !(options & TEMPLATE_CHAT) ? def : FIND(chat_functions, name);
}
