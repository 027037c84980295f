#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tasks/jinja.h"

#include "base/banned.h"

enum { DEPTH_MAX = 400, N_STEPS_MAX = 10 * 1000 * 1000, N_BYTES_MAX = 256 << 20 };

bool jinja_is(struct pystr s, const char *z)
{
    return pystr_equal(s, pystr_z(z));
}

/* ---- failing */

static struct pyval vfail(struct jinja_run *r, enum err_code code, const char *fmt, va_list ap)
{
    if (!r->failed) {
        err_vset(r->err, code, fmt, ap);
        if (r->at)
            err_prefix(r->err, "line %d: ", r->at->line);
    }
    r->failed = true;
    return py_none();
}

struct pyval jinja_raise(struct jinja_run *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(r, ERR_FORMAT, fmt, ap);
    va_end(ap);
    return py_none();
}

struct pyval jinja_fail(struct jinja_run *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(r, ERR_UNSUPPORTED, fmt, ap);
    va_end(ap);
    return py_none();
}

struct pyval jinja_undefined(struct jinja_run *r, const char *fmt, ...)
{
    struct buf b = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    struct pyval v = py_str_of(r->arena, &b);
    buf_release(&b);
    v.type = PY_UNDEFINED;
    v.flag = !(r->options & TEMPLATE_LAX);
    return v;
}

bool jinja_defined(struct jinja_run *r, struct pyval v)
{
    if (v.type == PY_UNDEFINED)
        jinja_raise(r, "%.*s", (int)v.s.n_bytes, v.s.s);
    return !r->failed;
}

bool jinja_usable(struct jinja_run *r, struct pyval v)
{
    return v.type == PY_UNDEFINED && v.flag ? jinja_defined(r, v) : !r->failed;
}

bool jinja_grow(struct jinja_run *r, size_t n_bytes)
{
    if (n_bytes > N_BYTES_MAX || (r->n_bytes += n_bytes) > N_BYTES_MAX)
        jinja_fail(r, "the template makes too much text");
    return !r->failed;
}

static bool step(struct jinja_run *r)
{
    if (++r->n_steps > N_STEPS_MAX)
        jinja_fail(r, "the template runs for too long");
    return !r->failed;
}

/* ---- helpers of all parts */

struct pyval jinja_take(struct jinja_run *r, struct buf *b)
{
    struct pyval v = jinja_grow(r, b->len) ? py_str_of(r->arena, b) : py_none();
    buf_release(b);
    return v;
}

struct pystr jinja_text(struct jinja_run *r, struct pyval v)
{
    if (!jinja_usable(r, v))
        return pystr_z("");
    if (v.type == PY_STR)
        return v.s;
    struct buf b = BUF_INIT;
    const char *why = py_print(&b, v);
    if (why)
        jinja_fail(r, "%s", why);
    v = jinja_take(r, &b);
    return v.type == PY_STR ? v.s : pystr_z("");
}

bool jinja_truth(struct jinja_run *r, struct pyval v)
{
    return jinja_usable(r, v) && py_truth(v);
}

struct pyval jinja_items(struct jinja_run *r, struct pyval v)
{
    struct pyval items = py_list(r->arena, PY_LIST);
    if (!jinja_usable(r, v))
        return items;
    const char *why = py_items(r->arena, v, &items);
    if (why)
        jinja_fail(r, "a value of type %s: %s", py_type_name(v), why);
    jinja_grow(r, (size_t)items.list->n * sizeof(struct pyval));
    return items;
}

struct pyval jinja_object_new(struct jinja_run *r, struct jinja_object object)
{
    return (struct pyval){.type = PY_OBJECT,
                          .object = arena_dup(r->arena, &object, sizeof(object))};
}

/* ---- names */

static struct jinja_scope *push_scope(struct jinja_run *r, struct jinja_scope *parent,
                                      const struct jinja_name *names)
{
    struct jinja_scope *scope = arena_alloc(r->arena, sizeof(*scope));
    scope->parent = parent;
    scope->names = names;
    jinja_grow(r, sizeof(*scope));
    return scope;
}

static struct jinja_binding *find_in(struct jinja_scope *scope, struct pystr name)
{
    for (struct jinja_binding *b = scope->first; b; b = b->next)
        if (pystr_equal(b->name, name))
            return b;
    return NULL;
}

static void set_in(struct jinja_run *r, struct jinja_scope *scope, struct pystr name,
                   struct pyval v)
{
    struct jinja_binding *b = find_in(scope, name);
    if (!b) {
        b = arena_alloc(r->arena, sizeof(*b));
        b->name = name;
        b->next = scope->first;
        scope->first = b;
        jinja_grow(r, sizeof(*b));
    }
    b->value = v;
}

static struct pyval unknown_name(struct jinja_run *r, struct pystr name)
{
    struct buf b = BUF_INIT;
    buf_printf(&b, "'%.*s' is undefined", (int)name.n_bytes, name.s);
    if (!(r->options & TEMPLATE_LAX)) {
        const char *between = "; the row has: ";
        yyjson_val *key;
        yyjson_obj_iter it = yyjson_obj_iter_with(r->doc);
        while ((key = yyjson_obj_iter_next(&it))) {
            buf_printf(&b, "%s%s", between, yyjson_get_str(key));
            between = ", ";
        }
    }
    struct pyval v = jinja_undefined(r, "%s", b.data);
    buf_release(&b);
    return v;
}

/* Whether a scope around the one at hand sets the name later: see jinja_scope.c. */
static bool is_set_later(const struct jinja_run *r, struct pystr name)
{
    for (const struct jinja_scope *s = r->scope->parent; s; s = s->parent)
        for (const struct jinja_name *n = s->names; n; n = n->next)
            if (n->is_set_first && pystr_equal(n->text, name))
                return true;
    return false;
}

static struct pyval from_doc(struct jinja_run *r, struct pystr name, yyjson_val *json)
{
    struct jinja_binding *made = find_in(&r->row, name);
    struct pyval v = py_none();
    if (made)
        return made->value;
    if (py_from_json(r->arena, json, &v))
        return jinja_fail(r, "'%.*s' holds an integer beyond 64 bits", (int)name.n_bytes, name.s);
    set_in(r, &r->row, name, v);
    return v;
}

/* A variable of the row, or a function. */
static struct pyval from_outside(struct jinja_run *r, struct pystr name)
{
    yyjson_val *json = yyjson_obj_getn(r->doc, name.s, name.n_bytes);
    const struct jinja_def *function;
    if (is_set_later(r, name))
        return jinja_undefined(r, "'%.*s' is not set yet", (int)name.n_bytes, name.s);
    if (json)
        return from_doc(r, name, json);
    if ((function = jinja_function_find(name, r->options)))
        return jinja_object_new(r, (struct jinja_object){.kind = OBJECT_FUNCTION, .def = function});
    if (jinja_is(name, "varargs") || jinja_is(name, "kwargs") || jinja_is(name, "caller") ||
        jinja_is(name, "self"))
        return jinja_fail(r, "'%.*s' of Jinja is not supported", (int)name.n_bytes, name.s);
    return unknown_name(r, name);
}

static struct pyval lookup(struct jinja_run *r, struct pystr name)
{
    for (struct jinja_scope *s = r->scope; s; s = s->parent) {
        struct jinja_binding *b = find_in(s, name);
        if (b)
            return b->value;
    }
    return from_outside(r, name);
}

static void assign(struct jinja_run *r, const struct jinja_node *target, struct pyval v);

static void assign_tuple(struct jinja_run *r, const struct jinja_node *target, struct pyval v)
{
    struct pyval items = jinja_items(r, v);
    if (!r->failed && items.list->n != target->args.n)
        jinja_fail(r, "%d values for %d names", items.list->n, target->args.n);
    for (int i = 0; i < target->args.n && !r->failed; i++)
        assign(r, target->args.v[i], items.list->v[i]);
}

static void assign_attribute(struct jinja_run *r, const struct jinja_node *target, struct pyval v)
{
    struct pyval space = jinja_eval(r, target->a);
    const struct jinja_object *object = space.type == PY_OBJECT ? space.object : NULL;
    if (!object || object->kind != OBJECT_NAMESPACE)
        jinja_raise(r, "cannot assign an attribute to a value that is no namespace");
    else if (target->text.s[0] == '_')
        jinja_raise(r, "an attribute of a namespace must not begin with an underscore");
    else
        py_dict_set(r->arena, object->dict, py_str(target->text), v);
}

static void assign(struct jinja_run *r, const struct jinja_node *target, struct pyval v)
{
    if (r->failed)
        return;
    if (target->kind == NODE_NAME)
        set_in(r, r->scope, target->text, v);
    else if (target->kind == NODE_TUPLE)
        assign_tuple(r, target, v);
    else
        assign_attribute(r, target, v);
}

/* ---- calls */

static void eval_args(struct jinja_run *r, const struct jinja_node *node, struct jinja_args *args)
{
    args->n = args->n_keys = 0;
    for (int i = 0; i < node->args.n && !r->failed; i++) {
        const struct jinja_node *arg = node->args.v[i];
        if (args->n == JINJA_ARGS_MAX || args->n_keys == JINJA_ARGS_MAX) {
            jinja_fail(r, "more than %d arguments", JINJA_ARGS_MAX);
        } else if (arg->kind == NODE_KEYWORD) {
            args->keys[args->n_keys] = arg->text;
            args->values[args->n_keys++] = jinja_eval(r, arg->a);
        } else {
            args->v[args->n++] = jinja_eval(r, arg);
        }
    }
}

static int param_index(const struct jinja_def *def, struct pystr key)
{
    for (int i = 0; i < JINJA_PARAMS_MAX && def->params[i]; i++)
        if (jinja_is(key, def->params[i]))
            return i;
    return -1;
}

static void bind(struct jinja_run *r, const struct jinja_def *def, struct jinja_bound *b)
{
    for (int i = 0; i < b->all->n && !r->failed; i++)
        if (i == JINJA_PARAMS_MAX || !def->params[i])
            jinja_fail(r, "too many arguments for '%s'", def->name);
        else
            b->p[i] = &b->all->v[i];
    for (int i = 0; i < b->all->n_keys && !r->failed; i++) {
        int k = param_index(def, b->all->keys[i]);
        if (k < 0 || b->p[k])
            jinja_fail(r, "'%s' takes no argument '%.*s' here", def->name,
                       (int)b->all->keys[i].n_bytes, b->all->keys[i].s);
        else
            b->p[k] = &b->all->values[i];
    }
    for (int i = 0; i < def->n_required && !r->failed; i++)
        if (!b->p[i])
            jinja_fail(r, "'%s' needs its argument '%s'", def->name, def->params[i]);
}

struct pyval jinja_call_def(struct jinja_run *r, const struct jinja_def *def, struct pyval self,
                            const struct jinja_args *args)
{
    struct jinja_bound b = {.all = args};
    if (!def->fn)
        return jinja_fail(r, "'%s' is not supported", def->name);
    if (def->n_required >= 0)
        bind(r, def, &b);
    return r->failed ? py_none() : def->fn(r, self, &b);
}

static void exec_all(struct jinja_run *r, const struct jinja_nodes *body);

/* What the body prints, run in a scope of its own. */
static struct pyval printed(struct jinja_run *r, struct jinja_scope *scope,
                            const struct jinja_nodes *body)
{
    struct buf b = BUF_INIT, *out = r->out;
    struct jinja_scope *outer = r->scope;
    r->out = &b;
    r->scope = scope;
    exec_all(r, body);
    r->scope = outer;
    r->out = out;
    return jinja_take(r, &b);
}

static const struct pyval *macro_argument(const struct jinja_node *macro,
                                          const struct jinja_args *args, int i, int *n_used)
{
    if (i < args->n)
        return &args->v[i];
    for (int k = 0; k < args->n_keys; k++)
        if (pystr_equal(args->keys[k], macro->args.v[i]->text)) {
            ++*n_used;
            return &args->values[k];
        }
    return NULL;
}

static struct pyval call_macro(struct jinja_run *r, const struct jinja_object *object,
                               const struct jinja_args *args)
{
    const struct jinja_node *macro = object->macro;
    struct jinja_scope *scope = push_scope(r, object->scope, macro->names), *outer = r->scope;
    int n_used = 0, first_default = macro->args.n - macro->orelse.n;
    r->scope = scope; /* a default may use the arguments before it */
    for (int i = 0; i < macro->args.n && !r->failed; i++) {
        struct pystr name = macro->args.v[i]->text;
        const struct pyval *given = macro_argument(macro, args, i, &n_used);
        set_in(r, scope, name,
               given                ? *given
               : i >= first_default ? jinja_eval(r, macro->orelse.v[i - first_default])
                                    : jinja_undefined(r, "parameter '%.*s' was not provided",
                                                      (int)name.n_bytes, name.s));
    }
    r->scope = outer;
    if (args->n > macro->args.n || n_used < args->n_keys)
        return jinja_fail(r, "arguments that the macro '%.*s' does not take",
                          (int)macro->text.n_bytes, macro->text.s);
    enum jinja_flow flow = r->flow;
    struct pyval v = printed(r, scope, &macro->body);
    r->flow = flow;
    return v;
}

struct pyval jinja_call(struct jinja_run *r, struct pyval callee, const struct jinja_args *args)
{
    const struct jinja_object *object = callee.type == PY_OBJECT ? callee.object : NULL;
    if (!jinja_defined(r, callee))
        return py_none();
    if (object && object->kind == OBJECT_FUNCTION)
        return jinja_call_def(r, object->def, object->self, args);
    if (object && object->kind == OBJECT_MACRO)
        return call_macro(r, object, args);
    return jinja_fail(r, "a value of type %s cannot be called", py_type_name(callee));
}

/* ---- expressions */

static struct pyval eval_list(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval list = py_list(r->arena, node->kind == NODE_LIST ? PY_LIST : PY_TUPLE);
    for (int i = 0; i < node->args.n && !r->failed; i++) {
        struct pyval v = jinja_eval(r, node->args.v[i]);
        jinja_usable(r, v); /* Python would show it as the word Undefined */
        py_append(r->arena, list, v);
    }
    return list;
}

static struct pyval eval_dict(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval dict = py_dict(r->arena);
    for (int i = 0; i + 1 < node->args.n && !r->failed; i += 2) {
        struct pyval key = jinja_eval(r, node->args.v[i]), v = jinja_eval(r, node->args.v[i + 1]);
        jinja_usable(r, v);
        if (jinja_defined(r, key) && (key.type == PY_LIST || key.type == PY_DICT))
            jinja_fail(r, "a list or dict as a key");
        py_dict_set(r->arena, dict, key, v);
    }
    return dict;
}

static struct pyval eval_compare(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval left = jinja_eval(r, node->a);
    for (int i = 0; i < node->args.n && !r->failed; i++) {
        struct pyval right = jinja_eval(r, node->args.v[i]->a);
        if (!jinja_compare(r, node->args.v[i]->text, left, right))
            return py_bool(false);
        left = right;
    }
    return py_bool(true);
}

static struct pyval eval_choice(struct jinja_run *r, const struct jinja_node *node)
{
    if (jinja_truth(r, jinja_eval(r, node->b)))
        return jinja_eval(r, node->a);
    if (node->c)
        return jinja_eval(r, node->c);
    return jinja_undefined(r, "an inline 'if' without 'else' was false");
}

static struct pyval eval_item(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval v = jinja_eval(r, node->a);
    if (node->b->kind != NODE_SLICE) {
        struct pyval key = jinja_eval(r, node->b);
        return r->failed ? py_none() : jinja_getitem(r, v, key);
    }
    const struct jinja_node *const parts[] = {node->b->a, node->b->b, node->b->c};
    struct pyval part[3];
    for (int i = 0; i < 3; i++)
        part[i] = parts[i] ? jinja_eval(r, parts[i]) : py_none();
    return r->failed ? py_none() : jinja_slice(r, v, part);
}

static struct pyval eval_call(struct jinja_run *r, const struct jinja_node *node)
{
    struct jinja_args args;
    struct pyval callee = jinja_eval(r, node->a);
    eval_args(r, node, &args);
    return r->failed ? py_none() : jinja_call(r, callee, &args);
}

/* A filter or a test. */
static struct pyval eval_named(struct jinja_run *r, const struct jinja_node *node,
                               const struct jinja_def *def)
{
    struct jinja_args args;
    if (!def)
        return jinja_raise(r, "there is no filter or test '%.*s'", (int)node->text.n_bytes,
                           node->text.s);
    struct pyval v = jinja_eval(r, node->a);
    eval_args(r, node, &args);
    return r->failed ? py_none() : jinja_call_def(r, def, v, &args);
}

static struct pyval eval_unary(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval v = jinja_eval(r, node->a);
    if (jinja_is(node->text, "not"))
        return py_bool(!jinja_truth(r, v));
    return r->failed ? py_none() : jinja_unary(r, node->text, v);
}

static struct pyval eval_op(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval a = jinja_eval(r, node->a), b = jinja_eval(r, node->b);
    return r->failed ? py_none() : jinja_op(r, node->text, a, b);
}

static struct pyval eval_logic(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval a = jinja_eval(r, node->a);
    return jinja_truth(r, a) == (node->kind == NODE_AND) ? jinja_eval(r, node->b) : a;
}

static struct pyval eval_node(struct jinja_run *r, const struct jinja_node *node)
{
    switch (node->kind) {
    case NODE_CONST: return node->value;
    case NODE_BODY: return r->body;
    case NODE_NAME: return lookup(r, node->text);
    case NODE_LIST:
    case NODE_TUPLE: return eval_list(r, node);
    case NODE_DICT: return eval_dict(r, node);
    case NODE_OP: return eval_op(r, node);
    case NODE_UNARY: return eval_unary(r, node);
    case NODE_COMPARE: return eval_compare(r, node);
    case NODE_AND:
    case NODE_OR: return eval_logic(r, node);
    case NODE_CHOICE: return eval_choice(r, node);
    case NODE_GETATTR: return jinja_getattr(r, jinja_eval(r, node->a), node->text);
    case NODE_GETITEM: return eval_item(r, node);
    case NODE_CALL: return eval_call(r, node);
    case NODE_FILTER: return eval_named(r, node, jinja_filter_find(node->text, r->options));
    case NODE_TEST: return eval_named(r, node, jinja_test_find(node->text));
    default: return jinja_fail(r, "no expression");
    }
}

struct pyval jinja_eval(struct jinja_run *r, const struct jinja_node *node)
{
    if (!step(r))
        return py_none();
    if (r->depth >= DEPTH_MAX)
        return jinja_fail(r, "the template nests too deeply");
    r->depth++;
    struct pyval v = eval_node(r, node);
    r->depth--;
    return r->failed ? py_none() : v;
}

/* ---- statements */

static void exec_print(struct jinja_run *r, const struct jinja_node *node)
{
    struct pystr text = jinja_text(r, jinja_eval(r, node->a));
    if (!r->failed && jinja_grow(r, text.n_bytes))
        buf_append(r->out, text.s, text.n_bytes);
}

/* The items for which the loop's condition holds. */
static struct pyval filtered(struct jinja_run *r, const struct jinja_node *node, struct pyval items)
{
    struct pyval kept = py_list(r->arena, PY_LIST);
    struct jinja_scope *outer = r->scope;
    for (int i = 0; i < items.list->n && !r->failed; i++) {
        r->scope = push_scope(r, outer, NULL);
        assign(r, node->a, items.list->v[i]);
        if (jinja_truth(r, jinja_eval(r, node->c)))
            py_append(r->arena, kept, items.list->v[i]);
    }
    r->scope = outer;
    return kept;
}

static void exec_for(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval items = jinja_items(r, jinja_eval(r, node->b));
    struct jinja_scope *outer = r->scope;
    if (node->c && !r->failed)
        items = filtered(r, node, items);
    struct jinja_object *loop = arena_alloc(r->arena, sizeof(*loop));
    *loop = (struct jinja_object){.kind = OBJECT_LOOP, .items = items, .depth = r->n_loops++};
    for (; loop->index < items.list->n && r->flow != FLOW_BREAK && step(r); loop->index++) {
        r->flow = FLOW_ON;
        r->scope = push_scope(r, outer, node->names);
        set_in(r, r->scope, pystr_z("loop"), (struct pyval){.type = PY_OBJECT, .object = loop});
        assign(r, node->a, items.list->v[loop->index]);
        exec_all(r, &node->body);
    }
    r->n_loops--;
    r->flow = FLOW_ON;
    r->scope = push_scope(r, outer, NULL);
    if (!items.list->n)
        exec_all(r, &node->orelse);
    r->scope = outer;
}

static void exec_with(struct jinja_run *r, const struct jinja_node *node)
{
    struct jinja_scope *outer = r->scope, *inner = push_scope(r, outer, node->names);
    for (int i = 0; i + 1 < node->args.n && !r->failed; i += 2) {
        struct pyval v = jinja_eval(r, node->args.v[i + 1]); /* in the scope outside */
        r->scope = inner;
        assign(r, node->args.v[i], v);
        r->scope = outer;
    }
    r->scope = inner;
    exec_all(r, &node->body);
    r->scope = outer;
}

/* {% set x %}, {% filter %}: the body's text goes through the filters. */
static void exec_body_block(struct jinja_run *r, const struct jinja_node *node)
{
    struct pyval outer = r->body, v;
    r->body = printed(r, push_scope(r, r->scope, node->names), &node->body);
    v = r->failed ? py_none() : jinja_eval(r, node->b);
    r->body = outer;
    if (node->kind == NODE_SET_BLOCK) {
        assign(r, node->a, v);
        return;
    }
    struct pystr text = jinja_text(r, v);
    buf_append(r->out, text.s, text.n_bytes);
}

static void exec_group(struct jinja_run *r, const struct jinja_node *node)
{
    struct jinja_scope *outer = r->scope;
    r->scope = push_scope(r, outer, node->names);
    exec_all(r, &node->body);
    r->scope = outer;
}

static void exec_macro(struct jinja_run *r, const struct jinja_node *node)
{
    struct jinja_object macro = {.kind = OBJECT_MACRO, .macro = node, .scope = r->scope};
    set_in(r, r->scope, node->text, jinja_object_new(r, macro));
}

static void exec(struct jinja_run *r, const struct jinja_node *node)
{
    switch (node->kind) {
    case NODE_DATA:
        if (jinja_grow(r, node->text.n_bytes))
            buf_append(r->out, node->text.s, node->text.n_bytes);
        break;
    case NODE_PRINT: exec_print(r, node); break;
    case NODE_IF:
        exec_all(r, jinja_truth(r, jinja_eval(r, node->a)) ? &node->body : &node->orelse);
        break;
    case NODE_FOR: exec_for(r, node); break;
    case NODE_SET: assign(r, node->a, jinja_eval(r, node->b)); break;
    case NODE_WITH: exec_with(r, node); break;
    case NODE_GROUP: exec_group(r, node); break;
    case NODE_MACRO: exec_macro(r, node); break;
    case NODE_BREAK: r->flow = FLOW_BREAK; break;
    case NODE_CONTINUE: r->flow = FLOW_CONTINUE; break;
    default: exec_body_block(r, node); break;
    }
}

static void exec_all(struct jinja_run *r, const struct jinja_nodes *body)
{
    const struct jinja_node *at = r->at;
    if (r->depth >= DEPTH_MAX)
        jinja_fail(r, "the template nests too deeply");
    r->depth++;
    for (int i = 0; i < body->n && step(r) && r->flow == FLOW_ON; i++) {
        r->at = body->v[i];
        exec(r, body->v[i]);
    }
    r->depth--;
    r->at = at;
}

int jinja_render(const struct jinja_tree *tree, unsigned options, yyjson_val *doc, int64_t now_s,
                 struct buf *out, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct jinja_scope root = {.names = tree->names};
    struct jinja_run r = {.arena = &arena,
                          .err = err,
                          .options = options,
                          .doc = doc,
                          .now_s = now_s,
                          .scope = &root,
                          .out = out};
    size_t n_before = out->len;
    exec_all(&r, &tree->body);
    arena_release(&arena);
    if (!r.failed)
        return 0;
    if (out->len > n_before) {
        out->len = n_before;
        out->data[n_before] = '\0';
    }
    return -1;
}
