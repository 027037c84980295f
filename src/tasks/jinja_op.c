/* Operators, comparisons, items and attributes of values, as Python and Jinja define them. */
#include <math.h>
#include <string.h>

#include "tasks/jinja.h"

#include "base/banned.h"

enum { EXACT_BITS = 53 }; /* integers up to 2^53 are doubles */

/* ---- attributes and items */

/* Its attributes; loop.previtem and the like are made on demand. */
static struct pyval loop_attribute(struct jinja_run *r, const struct jinja_object *loop,
                                   struct pystr name)
{
    int n = loop->items.list->n, i = loop->index;
    const struct {
        const char *name;
        int64_t value;
        bool is_bool;
    } numbers[] = {
        {"index", i + 1, false},         {"index0", i, false}, {"first", i == 0, true},
        {"last", i + 1 == n, true},      {"length", n, false}, {"revindex", n - i, false},
        {"revindex0", n - i - 1, false}, {"depth", 1, false},  {"depth0", 0, false},
    };
    for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
        if (jinja_is(name, numbers[k].name))
            return numbers[k].is_bool ? py_bool(numbers[k].value) : py_int(numbers[k].value);
    if (jinja_is(name, "previtem"))
        return i > 0 ? loop->items.list->v[i - 1] : jinja_undefined(r, "there is no previous item");
    if (jinja_is(name, "nextitem"))
        return i + 1 < n ? loop->items.list->v[i + 1] : jinja_undefined(r, "there is no next item");
    return jinja_fail(r, "'loop.%.*s' is not supported", (int)name.n_bytes, name.s);
}

static struct pyval no_attribute(struct jinja_run *r, struct pyval v, struct pystr name)
{
    return jinja_undefined(r, "'%s object' has no attribute '%.*s'", py_type_name(v),
                           (int)name.n_bytes, name.s);
}

static struct pyval object_attribute(struct jinja_run *r, struct pyval v, struct pystr name)
{
    const struct jinja_object *object = v.object;
    const struct pyval *found = NULL;
    if (object->kind == OBJECT_LOOP) {
        const struct jinja_def *def = jinja_method_find(PY_OBJECT, name);
        struct jinja_object method = {.kind = OBJECT_FUNCTION, .def = def, .self = v};
        return def ? jinja_object_new(r, method) : loop_attribute(r, object, name);
    }
    if (object->kind != OBJECT_NAMESPACE)
        return jinja_fail(r, "attributes of a function are not supported");
    found = py_dict_get(object->dict, py_str(name));
    return found ? *found : no_attribute(r, v, name);
}

/* Text that is marked safe is Jinja's Markup, whose methods and operators escape: they are not here. */
static bool is_safe_text(struct jinja_run *r, struct pyval v)
{
    if (v.type == PY_STR && v.flag)
        jinja_fail(r, "a text that is marked safe can only be printed");
    return r->failed;
}

/* A method by its name; false: the type has none of it. */
static bool method(struct jinja_run *r, struct pyval v, struct pystr name, struct pyval *out)
{
    const struct jinja_def *def = jinja_method_find(v.type, name);
    if (is_safe_text(r, v))
        def = NULL;
    if (name.n_bytes >= 2 && !memcmp(name.s, "__", 2)) {
        *out =
            jinja_raise(r, "the attribute '%.*s' is not for templates", (int)name.n_bytes, name.s);
        return true;
    }
    if (def)
        *out = jinja_object_new(
            r, (struct jinja_object){.kind = OBJECT_FUNCTION, .def = def, .self = v});
    return def;
}

struct pyval jinja_getattr(struct jinja_run *r, struct pyval v, struct pystr name)
{
    struct pyval out;
    const struct pyval *found = NULL;
    if (!jinja_defined(r, v))
        return py_none();
    if (v.type == PY_OBJECT)
        return object_attribute(r, v, name);
    if (method(r, v, name, &out))
        return out;
    if (v.type == PY_DICT)
        found = py_dict_get(v, py_str(name));
    return found ? *found : no_attribute(r, v, name);
}

static struct pyval item_at(struct jinja_run *r, struct pyval v, int64_t i)
{
    int64_t n = py_length(v);
    if (i < 0)
        i += n;
    if (i < 0 || i >= n)
        return jinja_undefined(r, "a %s of %lld items has no item %lld", py_type_name(v),
                               (long long)n, (long long)i);
    if (v.type == PY_STR)
        return py_str(pystr_slice(v.s, (size_t)i, (size_t)i + 1));
    return v.list->v[i];
}

struct pyval jinja_getitem(struct jinja_run *r, struct pyval v, struct pyval key)
{
    struct pyval out;
    const struct pyval *found;
    if (!jinja_defined(r, v) || !jinja_usable(r, key) || is_safe_text(r, v))
        return py_none();
    if ((py_is_sequence(v) || v.type == PY_STR) && (key.type == PY_INT || key.type == PY_BOOL))
        return item_at(r, v, key.i);
    if (v.type == PY_DICT && (found = py_dict_get(v, key)))
        return *found;
    if (key.type == PY_STR && v.type == PY_OBJECT)
        return object_attribute(r, v, key.s);
    if (key.type == PY_STR && method(r, v, key.s, &out))
        return out;
    if (key.type == PY_STR)
        return no_attribute(r, v, key.s);
    return jinja_undefined(r, "'%s object' has no such item", py_type_name(v));
}

/* Python's PySlice_AdjustIndices for one end. */
static int64_t clamp(struct pyval part, int64_t fallback, int64_t n, int64_t step)
{
    if (part.type == PY_NONE)
        return fallback;
    int64_t i = part.i < 0 ? part.i + n : part.i;
    if (i < 0)
        return step < 0 ? -1 : 0;
    return i >= n ? (step < 0 ? n - 1 : n) : i;
}

static bool is_slice_part(struct pyval v)
{
    return v.type == PY_NONE || v.type == PY_INT || v.type == PY_BOOL;
}

struct pyval jinja_slice(struct jinja_run *r, struct pyval v, const struct pyval part[3])
{
    if (!jinja_defined(r, v) || is_safe_text(r, v))
        return py_none();
    bool is_text = v.type == PY_STR;
    if (!is_text && !py_is_sequence(v))
        return jinja_undefined(r, "'%s object' cannot be sliced", py_type_name(v));
    if (!is_slice_part(part[0]) || !is_slice_part(part[1]) || !is_slice_part(part[2]) ||
        (part[2].type != PY_NONE && part[2].i == 0))
        return jinja_fail(r, "a slice needs integers, and a step that is not 0");
    struct pyval items = is_text ? jinja_items(r, v) : v,
                 out = py_list(r->arena, is_text ? PY_LIST : v.type);
    int64_t n = items.list->n, step = part[2].type == PY_NONE ? 1 : part[2].i;
    if (step > n || step < -n)
        step = step > 0 ? n + 1 : -n - 1; /* the same items, and no overflow */
    int64_t i = clamp(part[0], step < 0 ? n - 1 : 0, n, step),
            stop = clamp(part[1], step < 0 ? -1 : n, n, step);
    struct buf text = BUF_INIT;
    for (; (step > 0 ? i < stop : i > stop) && !r->failed; i += step) {
        py_append(r->arena, out, items.list->v[i]);
        if (is_text)
            py_print(&text, items.list->v[i]);
    }
    return is_text ? jinja_take(r, &text) : out;
}

/* ---- arithmetic */

static struct pyval wrong_types(struct jinja_run *r, struct pystr op, struct pyval a,
                                struct pyval b)
{
    return jinja_fail(r, "'%.*s' between %s and %s", (int)op.n_bytes, op.s, py_type_name(a),
                      py_type_name(b));
}

static struct pyval too_large(struct jinja_run *r)
{
    return jinja_fail(r, "an integer beyond 64 bits");
}

static bool int_pow(int64_t base, int64_t exponent, int64_t *out)
{
    *out = 1;
    if (base == 0 || base == 1 || base == -1) {
        *out = exponent == 0 || (base == -1 && exponent % 2 == 0) ? 1 : base;
        return true;
    }
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(*out, base, out))
            return false;
    return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool is_exact(int64_t i)
{
    return i <= (int64_t)1 << EXACT_BITS && i >= -((int64_t)1 << EXACT_BITS);
}

static struct pyval int_op(struct jinja_run *r, struct pystr op, int64_t a, int64_t b)
{
    int64_t out = 0;
    bool over = false;
    if (jinja_is(op, "+"))
        over = __builtin_add_overflow(a, b, &out);
    else if (jinja_is(op, "-"))
        over = __builtin_sub_overflow(a, b, &out);
    else if (jinja_is(op, "*"))
        over = __builtin_mul_overflow(a, b, &out);
    else if (jinja_is(op, "**") && b >= 0)
        over = !int_pow(a, b, &out);
    else if (jinja_is(op, "**"))
        return a ? py_float(pow((double)a, (double)b)) : jinja_fail(r, "0 to a negative power");
    else if (b == 0)
        return jinja_fail(r, "division by zero");
    else if (jinja_is(op, "/"))
        return is_exact(a) && is_exact(b) ? py_float((double)a / (double)b) : too_large(r);
    else if (a == INT64_MIN && b == -1)
        over = jinja_is(op, "//");
    else
        out = jinja_is(op, "//") ? floor_div(a, b) : a - floor_div(a, b) * b;
    return over ? too_large(r) : py_int(out);
}

/* CPython's float_divmod */
static struct pyval float_divmod(double a, double b, bool is_mod)
{
    double mod = fmod(a, b), div = (a - mod) / b;
    if (mod != 0 && (b < 0) != (mod < 0)) {
        mod += b;
        div -= 1;
    } else if (mod == 0)
        mod = copysign(0, b);
    if (is_mod)
        return py_float(mod);
    if (div == 0)
        return py_float(copysign(0, a / b));
    double whole = floor(div);
    return py_float(div - whole > 0.5 ? whole + 1 : whole);
}

static struct pyval float_op(struct jinja_run *r, struct pystr op, double a, double b)
{
    if (jinja_is(op, "+"))
        return py_float(a + b);
    if (jinja_is(op, "-"))
        return py_float(a - b);
    if (jinja_is(op, "*"))
        return py_float(a * b);
    if (jinja_is(op, "**")) {
        double out = pow(a, b);
        bool is_plain = isfinite(a) && isfinite(b) && isfinite(out);
        return is_plain ? py_float(out) : jinja_fail(r, "a power that is no finite number");
    }
    if (b == 0)
        return jinja_fail(r, "division by zero");
    return jinja_is(op, "/") ? py_float(a / b) : float_divmod(a, b, jinja_is(op, "%"));
}

static struct pyval join(struct jinja_run *r, struct pyval a, struct pyval b)
{
    if (a.type == PY_STR) {
        struct buf text = BUF_INIT;
        buf_append(&text, a.s.s, a.s.n_bytes);
        buf_append(&text, b.s.s, b.s.n_bytes);
        return jinja_take(r, &text);
    }
    struct pyval out = py_list(r->arena, a.type);
    for (int i = 0; i < a.list->n; i++)
        py_append(r->arena, out, a.list->v[i]);
    for (int i = 0; i < b.list->n; i++)
        py_append(r->arena, out, b.list->v[i]);
    jinja_grow(r, (size_t)out.list->n * sizeof(struct pyval));
    return out;
}

static bool is_joinable(struct pyval v)
{
    return v.type == PY_STR || v.type == PY_LIST || v.type == PY_TUPLE;
}

static struct pyval repeat(struct jinja_run *r, struct pyval v, int64_t times)
{
    struct pyval out = v.type == PY_STR ? py_str(pystr_z("")) : py_list(r->arena, v.type);
    size_t size = v.type == PY_STR ? v.s.n_bytes : (size_t)v.list->n * sizeof(struct pyval);
    struct buf text = BUF_INIT;
    if (times <= 0 || !size || ((size_t)times > SIZE_MAX / size) ||
        !jinja_grow(r, size * (size_t)times))
        return times > 0 && size ? jinja_fail(r, "the template makes too much text") : out;
    for (int64_t t = 0; t < times; t++) {
        if (v.type == PY_STR)
            buf_append(&text, v.s.s, v.s.n_bytes);
        for (int i = 0; v.type != PY_STR && i < v.list->n; i++)
            py_append(r->arena, out, v.list->v[i]);
    }
    return v.type == PY_STR ? jinja_take(r, &text) : out;
}

static bool is_integer(struct pyval v)
{
    return v.type == PY_INT || v.type == PY_BOOL;
}

static struct pyval concat(struct jinja_run *r, struct pyval a, struct pyval b)
{
    return join(r, py_str(jinja_text(r, a)), py_str(jinja_text(r, b)));
}

struct pyval jinja_op(struct jinja_run *r, struct pystr op, struct pyval a, struct pyval b)
{
    if (jinja_is(op, "~"))
        return concat(r, a, b); /* of plain texts, also where they are marked safe */
    if (is_safe_text(r, a) || is_safe_text(r, b))
        return py_none();
    if (!jinja_defined(r, a) || !jinja_defined(r, b))
        return py_none();
    if (is_integer(a) && is_integer(b))
        return int_op(r, op, a.i, b.i);
    if (py_is_number(a) && py_is_number(b))
        return float_op(r, op, py_as_double(a), py_as_double(b));
    if (jinja_is(op, "+") && a.type == b.type && is_joinable(a))
        return join(r, a, b);
    if (jinja_is(op, "*") && is_joinable(a) && is_integer(b))
        return repeat(r, a, b.i);
    if (jinja_is(op, "*") && is_integer(a) && is_joinable(b))
        return repeat(r, b, a.i);
    if (jinja_is(op, "%") && a.type == PY_STR)
        return jinja_fail(r, "%% formatting of text is not supported");
    return wrong_types(r, op, a, b);
}

struct pyval jinja_unary(struct jinja_run *r, struct pystr op, struct pyval v)
{
    bool is_minus = jinja_is(op, "-");
    if (!jinja_defined(r, v))
        return py_none();
    if (v.type == PY_FLOAT)
        return py_float(is_minus ? -v.f : v.f);
    if (!is_integer(v))
        return jinja_fail(r, "a sign before a %s", py_type_name(v));
    if (is_minus && v.i == INT64_MIN)
        return too_large(r);
    return py_int(is_minus ? -v.i : v.i);
}

/* ---- comparison */

static bool contains(struct jinja_run *r, struct pyval item, struct pyval v)
{
    if (!jinja_usable(r, v))
        return false;
    if (v.type == PY_STR) {
        if (item.type != PY_STR)
            jinja_fail(r, "'in' of a text needs a text before it, not %s", py_type_name(item));
        return item.type == PY_STR && pystr_find_bytes(v.s, item.s, 0) >= 0;
    }
    if (v.type == PY_DICT && (item.type == PY_LIST || item.type == PY_DICT)) {
        jinja_fail(r, "a list or dict is no key");
        return false;
    }
    struct pyval items = jinja_items(r, v);
    for (int i = 0; i < items.list->n && jinja_usable(r, item) && jinja_usable(r, items.list->v[i]);
         i++)
        if (py_equal(items.list->v[i], item))
            return !r->failed;
    return false;
}

static bool in_order(struct jinja_run *r, struct pystr op, struct pyval a, struct pyval b)
{
    int order = 0;
    if (!jinja_defined(r, a) || !jinja_defined(r, b))
        return false;
    if (!py_compare(a, b, &order)) {
        if (!py_is_number(a) || !py_is_number(b)) /* else a NaN: no order holds */
            wrong_types(r, op, a, b);
        return false;
    }
    bool has_equal = op.n_bytes == 2;
    return *op.s == '<' ? order < has_equal : order > -(int)has_equal;
}

bool jinja_compare(struct jinja_run *r, struct pystr op, struct pyval a, struct pyval b)
{
    if (r->failed)
        return false;
    if (jinja_is(op, "in"))
        return contains(r, a, b);
    if (jinja_is(op, "not in"))
        return !contains(r, a, b) && !r->failed;
    if (!jinja_is(op, "==") && !jinja_is(op, "!="))
        return in_order(r, op, a, b);
    return jinja_usable(r, a) && jinja_usable(r, b) && py_equal(a, b) == jinja_is(op, "==");
}
