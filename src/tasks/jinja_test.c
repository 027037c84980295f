/* The tests after `is`, and the functions that templates may call: a row a name. */
#include <string.h>
#include <time.h>

#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- tests */

#define TEST(name, condition)                                                                      \
    FN(name)                                                                                       \
    {                                                                                              \
        UNUSED;                                                                                    \
        return py_bool(condition);                                                                 \
    }
TEST(is_defined, v.type != PY_UNDEFINED)
TEST(is_undefined, v.type == PY_UNDEFINED)
TEST(is_none, v.type == PY_NONE)
TEST(is_boolean, v.type == PY_BOOL)
TEST(is_true, v.type == PY_BOOL && v.i)
TEST(is_false, v.type == PY_BOOL && !v.i)
TEST(is_integer, v.type == PY_INT)
TEST(is_float, v.type == PY_FLOAT)
TEST(is_number, py_is_number(v))
TEST(is_string, v.type == PY_STR)
TEST(is_mapping, v.type == PY_DICT)
TEST(is_callable,
     v.type == PY_OBJECT && ((const struct jinja_object *)v.object)->kind <= OBJECT_MACRO)
TEST(is_sequence, jinja_usable(r, v) && (v.type == PY_STR || v.type == PY_DICT ||
                                         v.type == PY_UNDEFINED || py_is_sequence(v)))
TEST(is_iterable, jinja_usable(r, v) && (v.type == PY_STR || v.type == PY_DICT ||
                                         v.type == PY_UNDEFINED || py_has_list(v)))
TEST(is_lower, pystr_islower(jinja_text(r, v)))
TEST(is_upper, pystr_isupper(jinja_text(r, v)))
TEST(is_in, jinja_compare(r, pystr_z("in"), v, *b->p[0]))
TEST(is_eq, jinja_compare(r, pystr_z("=="), v, *b->p[0]))
TEST(is_ne, jinja_compare(r, pystr_z("!="), v, *b->p[0]))
TEST(is_lt, jinja_compare(r, pystr_z("<"), v, *b->p[0]))
TEST(is_le, jinja_compare(r, pystr_z("<="), v, *b->p[0]))
TEST(is_gt, jinja_compare(r, pystr_z(">"), v, *b->p[0]))
TEST(is_ge, jinja_compare(r, pystr_z(">="), v, *b->p[0]))

static struct pyval remainder_is(struct jinja_run *r, struct pyval v, struct pyval by,
                                 int64_t wanted)
{
    return py_bool(py_equal(jinja_op(r, pystr_z("%"), v, by), py_int(wanted)));
}

FN(is_odd)
{
    (void)b;
    return remainder_is(r, v, py_int(2), 1);
}

FN(is_even)
{
    (void)b;
    return remainder_is(r, v, py_int(2), 0);
}

FN(is_divisibleby)
{
    return remainder_is(r, v, *b->p[0], 0);
}

FN(is_sameas)
{
    (void)r;
    enum py_type type = v.type;
    if (type != PY_NONE && type != PY_BOOL && b->p[0]->type == type)
        return jinja_fail(r, "'sameas' is known for true, false and none alone");
    return py_bool(type == b->p[0]->type && py_equal(v, *b->p[0]));
}

/* ---- functions */

FN(make_range)
{
    UNUSED;
    int64_t start = b->p[1] ? jinja_int_or(r, b->p[0], 0) : 0,
            stop = jinja_int_or(r, b->p[b->p[1] ? 1 : 0], 0);
    int64_t step = jinja_int_or(r, b->p[2], 1);
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

FN(make_dict)
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

FN(make_namespace)
{
    return jinja_object_new(
        r, (struct jinja_object){.kind = OBJECT_NAMESPACE, .dict = make_dict(r, v, b)});
}

FN(raise_exception)
{
    (void)v;
    struct pystr text = jinja_text(r, *b->p[0]);
    return jinja_raise(r, "%.*s", (int)text.n_bytes, text.s);
}

FN(strftime_now)
{
    (void)v;
    char text[256];
    time_t now = (time_t)r->now_s;
    struct tm tm;
    struct pystr format = jinja_need_text(r, b->p[0]);
    localtime_r(&now, &tm);
    char *z = arena_strndup(r->arena, format.s, format.n_bytes);
    size_t n = *z ? strftime(text, sizeof(text), z, &tm) : 0;
    if (!n && *z)
        return jinja_fail(r, "'strftime_now' of such a format");
    return py_str(pystr_of(arena_strndup(r->arena, text, n), n));
}

/* ---- the tables */

static const struct jinja_def tests[] = {
    {"defined", is_defined, 0, {0}},
    {"undefined", is_undefined, 0, {0}},
    {"none", is_none, 0, {0}},
    {"boolean", is_boolean, 0, {0}},
    {"true", is_true, 0, {0}},
    {"false", is_false, 0, {0}},
    {"integer", is_integer, 0, {0}},
    {"float", is_float, 0, {0}},
    {"number", is_number, 0, {0}},
    {"string", is_string, 0, {0}},
    {"mapping", is_mapping, 0, {0}},
    {"sequence", is_sequence, 0, {0}},
    {"iterable", is_iterable, 0, {0}},
    {"callable", is_callable, 0, {0}},
    {"lower", is_lower, 0, {0}},
    {"upper", is_upper, 0, {0}},
    {"odd", is_odd, 0, {0}},
    {"even", is_even, 0, {0}},
    {"in", is_in, 1, {"seq"}},
    {"divisibleby", is_divisibleby, 1, {"num"}},
    {"eq", is_eq, 1, {"b"}},
    {"equalto", is_eq, 1, {"b"}},
    {"==", is_eq, 1, {"b"}},
    {"ne", is_ne, 1, {"b"}},
    {"!=", is_ne, 1, {"b"}},
    {"lt", is_lt, 1, {"b"}},
    {"lessthan", is_lt, 1, {"b"}},
    {"<", is_lt, 1, {"b"}},
    {"le", is_le, 1, {"b"}},
    {"<=", is_le, 1, {"b"}},
    {"gt", is_gt, 1, {"b"}},
    {"greaterthan", is_gt, 1, {"b"}},
    {">", is_gt, 1, {"b"}},
    {"ge", is_ge, 1, {"b"}},
    {">=", is_ge, 1, {"b"}},
    {"sameas", is_sameas, 1, {"other"}},
};

static const struct jinja_def functions[] = {
    {"range", make_range, 1, {"start", "stop", "step"}},
    {"dict", make_dict, -1, {0}},
    {"namespace", make_namespace, -1, {0}},
    {"lipsum", NULL, -1, {0}},
    {"cycler", NULL, -1, {0}},
    {"joiner", NULL, -1, {0}},
};
static const struct jinja_def chat_functions[] = {
    {"raise_exception", raise_exception, 1, {"message"}},
    {"strftime_now", strftime_now, 1, {"format"}},
};

const struct jinja_def *jinja_test_find(struct pystr name)
{
    return JINJA_FIND(tests, name);
}

const struct jinja_def *jinja_function_find(struct pystr name, unsigned options)
{
    const struct jinja_def *def = JINJA_FIND(functions, name);
    return def || !(options & TEMPLATE_CHAT) ? def : JINJA_FIND(chat_functions, name);
}
