/*
 * The methods of values, a row a name; and the names of Python's methods that are not here, which must not be taken
 * for undefined ones.
 */
#include <stdlib.h>
#include <string.h>

#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- methods of str */

FN(str_strip)
{
    return filter_trim(r, v, b);
}

FN(str_lstrip)
{
    struct pystr chars = jinja_given(b->p[0]) ? jinja_need_text(r, b->p[0]) : pystr_z("");
    return py_str(pystr_lstrip(v.s, jinja_given(b->p[0]) ? &chars : NULL));
}

FN(str_rstrip)
{
    struct pystr chars = jinja_given(b->p[0]) ? jinja_need_text(r, b->p[0]) : pystr_z("");
    return py_str(pystr_rstrip(v.s, jinja_given(b->p[0]) ? &chars : NULL));
}

FN(str_title)
{
    (void)b;
    return jinja_map_text(r, v, pystr_title);
}

FN(str_split)
{
    struct pystr separator = jinja_given(b->p[0]) ? jinja_need_text(r, b->p[0]) : pystr_z(" "),
                 part;
    struct pyval out = py_list(r->arena, PY_LIST);
    if (!separator.n_bytes)
        return jinja_fail(r, "an empty separator");
    struct pystr_split it =
        pystr_split(v.s, jinja_given(b->p[0]) ? &separator : NULL, jinja_int_or(r, b->p[1], -1));
    while (pystr_next(&it, &part))
        py_append(r->arena, out, py_str(part));
    return out;
}

/* From the right, with a separator: the last max ones. */
FN(str_rsplit)
{
    int64_t max = jinja_int_or(r, b->p[1], -1);
    if (max < 0)
        return str_split(r, v, b);
    if (!jinja_given(b->p[0]))
        return jinja_fail(r, "'rsplit' with a maximum needs a separator");
    struct pystr separator = jinja_need_text(r, b->p[0]), rest = v.s;
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

FN(str_splitlines)
{
    (void)b;
    struct pyval out = py_list(r->arena, PY_LIST);
    struct pystr rest = v.s, line;
    while (jinja_next_line(&rest, &line))
        py_append(r->arena, out, py_str(line));
    return out;
}

FN(str_replace)
{
    jinja_need_text(r, b->p[0]);
    jinja_need_text(r, b->p[1]);
    if (b->p[2])
        jinja_int_or(r, b->p[2], 0);
    return r->failed ? py_none() : filter_replace(r, v, b);
}

/* One text or a tuple of them. */
static bool is_any(struct jinja_run *r, struct pyval v, const struct pyval *p,
                   bool (*is)(struct pystr, struct pystr))
{
    if (p->type != PY_TUPLE)
        return is(v.s, jinja_need_text(r, p));
    for (int i = 0; i < p->list->n; i++)
        if (is(v.s, jinja_need_text(r, &p->list->v[i])))
            return true;
    return false;
}

FN(str_startswith)
{
    return py_bool(is_any(r, v, b->p[0], pystr_startswith));
}

FN(str_endswith)
{
    return py_bool(is_any(r, v, b->p[0], pystr_endswith));
}

FN(str_find)
{
    return py_int(pystr_find(v.s, jinja_need_text(r, b->p[0])));
}

FN(str_rfind)
{
    return py_int(pystr_rfind(v.s, jinja_need_text(r, b->p[0])));
}

FN(str_count)
{
    return py_int(pystr_count(v.s, jinja_need_text(r, b->p[0])));
}

FN(str_index)
{
    int64_t at = pystr_find(v.s, jinja_need_text(r, b->p[0]));
    return at < 0 ? jinja_fail(r, "'index': the text is not there") : py_int(at);
}

FN(str_join)
{
    struct pyval items = jinja_items(r, *b->p[0]);
    for (int i = 0; i < items.list->n && !r->failed; i++)
        jinja_need_text(r, &items.list->v[i]);
    struct jinja_bound inner = {.p = {&v}, .all = b->all};
    return r->failed ? py_none() : filter_join(r, items, &inner);
}

#define CLASS(name)                                                                                \
    FN(str_##name)                                                                                 \
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

FN(str_removeprefix)
{
    struct pystr part = jinja_need_text(r, b->p[0]);
    bool has = pystr_startswith(v.s, part);
    return py_str(has ? pystr_of(v.s.s + part.n_bytes, v.s.n_bytes - part.n_bytes) : v.s);
}

FN(str_removesuffix)
{
    struct pystr part = jinja_need_text(r, b->p[0]);
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

FN(str_format)
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

FN(list_index)
{
    for (int i = 0; i < v.list->n && jinja_usable(r, *b->p[0]); i++)
        if (py_equal(v.list->v[i], *b->p[0]))
            return py_int(i);
    return jinja_fail(r, "'index': the value is not in the list");
}

FN(list_count)
{
    int n = 0;
    for (int i = 0; i < v.list->n && jinja_usable(r, *b->p[0]); i++)
        n += py_equal(v.list->v[i], *b->p[0]);
    return py_int(n);
}

FN(dict_get)
{
    if (b->p[0]->type == PY_LIST || b->p[0]->type == PY_DICT || !jinja_usable(r, *b->p[0]))
        return jinja_fail(r, "a list or dict is no key");
    const struct pyval *found = py_dict_get(v, *b->p[0]);
    return found ? *found : b->p[1] ? *b->p[1] : py_none();
}

FN(dict_items)
{
    (void)b;
    return jinja_pairs(r, v, PY_VIEW);
}

static struct pyval view(struct jinja_run *r, const struct pylist *list)
{
    struct pyval out = py_list(r->arena, PY_VIEW);
    for (int i = 0; i < list->n; i++)
        py_append(r->arena, out, list->v[i]);
    return out;
}

FN(dict_keys)
{
    (void)b;
    return view(r, &v.dict->keys);
}

FN(dict_values)
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

/* ---- the tables */

static const struct jinja_def str_methods[] = {
    {"strip", str_strip, 0, {"chars"}},
    {"lstrip", str_lstrip, 0, {"chars"}},
    {"rstrip", str_rstrip, 0, {"chars"}},
    {"split", str_split, 0, {"sep", "maxsplit"}},
    {"rsplit", str_rsplit, 0, {"sep", "maxsplit"}},
    {"splitlines", str_splitlines, 0, {0}},
    {"replace", str_replace, 2, {"old", "new", "count"}},
    {"startswith", str_startswith, 1, {"prefix"}},
    {"endswith", str_endswith, 1, {"suffix"}},
    {"lower", filter_lower, 0, {0}},
    {"upper", filter_upper, 0, {0}},
    {"capitalize", filter_capitalize, 0, {0}},
    {"title", str_title, 0, {0}},
    {"find", str_find, 1, {"sub"}},
    {"rfind", str_rfind, 1, {"sub"}},
    {"index", str_index, 1, {"sub"}},
    {"count", str_count, 1, {"sub"}},
    {"join", str_join, 1, {"iterable"}},
    {"isdigit", str_isdigit, 0, {0}},
    {"isdecimal", str_isdecimal, 0, {0}},
    {"isspace", str_isspace, 0, {0}},
    {"isalpha", str_isalpha, 0, {0}},
    {"isalnum", str_isalnum, 0, {0}},
    {"isupper", str_isupper, 0, {0}},
    {"islower", str_islower, 0, {0}},
    {"removeprefix", str_removeprefix, 1, {"prefix"}},
    {"removesuffix", str_removesuffix, 1, {"suffix"}},
    {"format", str_format, -1, {0}},
};
static const struct jinja_def list_methods[] = {
    {"index", list_index, 1, {"value"}},
    {"count", list_count, 1, {"value"}},
};
static const struct jinja_def dict_methods[] = {
    {"get", dict_get, 1, {"key", "default"}},
    {"items", dict_items, 0, {0}},
    {"keys", dict_keys, 0, {0}},
    {"values", dict_values, 0, {0}},
};
static const struct jinja_def loop_methods[] = {
    {"cycle", loop_cycle, -1, {0}},
    {"changed", loop_changed, -1, {0}},
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
    const struct jinja_def *def = type == PY_STR ? JINJA_FIND(str_methods, name)
                                  : type == PY_LIST || type == PY_TUPLE
                                      ? JINJA_FIND(list_methods, name)
                                  : type == PY_DICT   ? JINJA_FIND(dict_methods, name)
                                  : type == PY_OBJECT ? JINJA_FIND(loop_methods, name)
                                                      : NULL;
    return def ? def : find_other(type, name);
}
