/* Filters over lists and dicts, and the table of all filters: a row a name. */
#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- filters over lists */

static struct pyval keys_of(struct jinja_run *r, struct pyval items, const struct pyval *attribute,
                            bool is_cased)
{
    struct pyval keys = py_list(r->arena, PY_LIST);
    for (int i = 0; i < items.list->n && !r->failed; i++)
        py_append(r->arena, keys, jinja_sort_key(r, items.list->v[i], attribute, is_cased));
    return keys;
}

static bool is_less(struct jinja_run *r, struct pyval a, struct pyval b)
{
    return jinja_compare(r, pystr_z("<"), a, b);
}

FN(filter_length)
{
    (void)b;
    int64_t n = jinja_usable(r, v) ? py_length(v) : 0;
    return n < 0 ? jinja_fail(r, "a value of type %s has no length", py_type_name(v)) : py_int(n);
}

FN(filter_list)
{
    (void)b;
    return jinja_items(r, v);
}

JINJA_FN(filter_join)
{
    struct pyval items = jinja_items(r, v);
    struct pystr between = jinja_text_or(r, b->p[0], "");
    struct buf out = BUF_INIT;
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item = items.list->v[i];
        if (jinja_given(b->p[1]))
            item = jinja_by_path(r, item, *b->p[1]);
        struct pystr text = jinja_text(r, item);
        buf_append(&out, between.s, i ? between.n_bytes : 0);
        buf_append(&out, text.s, text.n_bytes);
        jinja_grow(r, text.n_bytes + between.n_bytes);
    }
    return jinja_take(r, &out);
}

FN(filter_first)
{
    (void)b;
    struct pyval items = jinja_items(r, v);
    return items.list->n ? items.list->v[0]
                         : jinja_undefined(r, "no first item, the sequence was empty");
}

FN(filter_last)
{
    (void)b;
    if (v.type == PY_ITER)
        return jinja_fail(r, "'last' of a generator");
    struct pyval items = jinja_items(r, v);
    return items.list->n ? items.list->v[items.list->n - 1]
                         : jinja_undefined(r, "no last item, the sequence was empty");
}

FN(filter_reverse)
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
    return v.type == PY_STR ? jinja_text_like(v, reversed.s) : out;
}

FN(filter_sort)
{
    struct pyval items = jinja_items(r, v);
    struct pyval keys = keys_of(r, items, b->p[2], jinja_truth_or(r, b->p[1], false));
    if (!r->failed)
        jinja_sort_by(r, items, keys, jinja_truth_or(r, b->p[0], false));
    return items;
}

FN(filter_unique)
{
    struct pyval items = jinja_items(r, v), out = py_list(r->arena, PY_ITER),
                 seen = py_list(r->arena, PY_LIST);
    struct pyval keys = keys_of(r, items, b->p[1], jinja_truth_or(r, b->p[0], false));
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
    struct pyval keys = keys_of(r, items, b->p[1], jinja_truth_or(r, b->p[0], false));
    int best = 0;
    for (int i = 1; i < items.list->n && !r->failed; i++)
        if (is_max ? is_less(r, keys.list->v[best], keys.list->v[i])
                   : is_less(r, keys.list->v[i], keys.list->v[best]))
            best = i;
    return items.list->n ? items.list->v[best]
                         : jinja_undefined(r, "no aggregated item, the sequence was empty");
}

FN(filter_min)
{
    return extreme(r, v, b, false);
}

FN(filter_max)
{
    return extreme(r, v, b, true);
}

FN(filter_sum)
{
    struct pyval items = jinja_items(r, v), sum = b->p[1] ? *b->p[1] : py_int(0);
    if (sum.type == PY_STR)
        return jinja_fail(r, "'sum' of texts");
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item = items.list->v[i];
        sum = jinja_op(r, pystr_z("+"), sum,
                       jinja_given(b->p[0]) ? jinja_by_path(r, item, *b->p[0]) : item);
    }
    return sum;
}

FN(filter_items)
{
    (void)b;
    if (v.type == PY_UNDEFINED)
        return py_list(r->arena, PY_ITER);
    return v.type == PY_DICT ? jinja_pairs(r, v, PY_ITER)
                             : jinja_fail(r, "'items' of a %s", py_type_name(v));
}

FN(filter_dictsort)
{
    struct pystr by = jinja_text_or(r, b->p[1], "key");
    if (v.type != PY_DICT || (!jinja_is(by, "key") && !jinja_is(by, "value")))
        return jinja_usable(r, v) ? jinja_fail(r, "'dictsort' sorts a dict by key or value")
                                  : py_none();
    struct pyval items = jinja_pairs(r, v, PY_LIST), keys = py_list(r->arena, PY_LIST);
    for (int i = 0; i < items.list->n; i++) {
        struct pyval key = items.list->v[i].list->v[jinja_is(by, "value")];
        py_append(r->arena, keys, jinja_sort_key(r, key, NULL, jinja_truth_or(r, b->p[0], false)));
    }
    jinja_sort_by(r, items, keys, jinja_truth_or(r, b->p[2], false));
    return items;
}

FN(filter_batch)
{
    struct pyval items = jinja_items(r, v), out = py_list(r->arena, PY_ITER),
                 batch = py_list(r->arena, PY_LIST);
    int64_t size = jinja_int_or(r, b->p[0], 0);
    if (size < 1 || jinja_given(b->p[1]))
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

FN(filter_default)
{
    UNUSED;
    bool is_missing = v.type == PY_UNDEFINED || (jinja_truth_or(r, b->p[1], false) && !py_truth(v));
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
        struct pyval v = jinja_by_path(r, items.list->v[i], args->values[0]);
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

FN(filter_map)
{
    struct pyval items = items_or_none(r, v), out = py_list(r->arena, PY_ITER);
    if (!b->all->n)
        return map_attribute(r, items, b->all);
    struct jinja_args rest = rest_of(b->all, 1);
    const struct jinja_def *def = jinja_filter_find(jinja_need_text(r, &b->all->v[0]), r->options);
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
    if (args->n > n_first && !(def = jinja_test_find(jinja_need_text(r, &args->v[n_first]))))
        return jinja_raise(r, "a selection by a test that does not exist");
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        struct pyval item =
            by_attribute ? jinja_by_path(r, items.list->v[i], args->v[0]) : items.list->v[i];
        if (jinja_truth(r, def ? jinja_call_def(r, def, item, &rest) : item) == wanted)
            py_append(r->arena, out, items.list->v[i]);
    }
    return out;
}

FN(filter_select)
{
    return select_items(r, v, b->all, false, true);
}

FN(filter_reject)
{
    return select_items(r, v, b->all, false, false);
}

FN(filter_selectattr)
{
    return select_items(r, v, b->all, true, true);
}

FN(filter_rejectattr)
{
    return select_items(r, v, b->all, true, false);
}

/* ---- the table */

static const struct jinja_def filters[] = {
    {"string", filter_string, 0, {0}},
    {"length", filter_length, 0, {0}},
    {"count", filter_length, 0, {0}},
    {"join", filter_join, 0, {"d", "attribute"}},
    {"int", filter_int, 0, {"default", "base"}},
    {"float", filter_float, 0, {"default"}},
    {"replace", filter_replace, 2, {"old", "new", "count"}},
    {"list", filter_list, 0, {0}},
    {"map", filter_map, -1, {0}},
    {"trim", filter_trim, 0, {"chars"}},
    {"default", filter_default, 0, {"default_value", "boolean"}},
    {"d", filter_default, 0, {"default_value", "boolean"}},
    {"lower", filter_lower, 0, {0}},
    {"upper", filter_upper, 0, {0}},
    {"capitalize", filter_capitalize, 0, {0}},
    {"title", filter_title, 0, {0}},
    {"first", filter_first, 0, {0}},
    {"last", filter_last, 0, {0}},
    {"reverse", filter_reverse, 0, {0}},
    {"sort", filter_sort, 0, {"reverse", "case_sensitive", "attribute"}},
    {"unique", filter_unique, 0, {"case_sensitive", "attribute"}},
    {"min", filter_min, 0, {"case_sensitive", "attribute"}},
    {"max", filter_max, 0, {"case_sensitive", "attribute"}},
    {"sum", filter_sum, 0, {"attribute", "start"}},
    {"abs", filter_abs, 0, {0}},
    {"round", filter_round, 0, {"precision", "method"}},
    {"items", filter_items, 0, {0}},
    {"dictsort", filter_dictsort, 0, {"case_sensitive", "by", "reverse"}},
    {"batch", filter_batch, 1, {"linecount", "fill_with"}},
    {"indent", filter_indent, 0, {"width", "first", "blank"}},
    {"select", filter_select, -1, {0}},
    {"reject", filter_reject, -1, {0}},
    {"selectattr", filter_selectattr, -1, {0}},
    {"rejectattr", filter_rejectattr, -1, {0}},
};
static const struct jinja_def task_filters[] = {
    {"regex_replace", filter_regex_replace, 2, {"pattern", "repl", "count"}},
};
static const struct jinja_def chat_filters[] = {
    {"safe", filter_safe, 0, {0}},
    {"tojson", filter_tojson, 0, {"ensure_ascii", "indent", "separators", "sort_keys"}},
};

const struct jinja_def *jinja_filter_find(struct pystr name, unsigned options)
{
    const struct jinja_def *def = JINJA_FIND(filters, name);
    if (def)
        return def;
    return options & TEMPLATE_CHAT ? JINJA_FIND(chat_filters, name)
                                   : JINJA_FIND(task_filters, name);
}
