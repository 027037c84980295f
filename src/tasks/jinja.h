/*
 * jinja: the inside of the template engine: tokens, the tree, a run. Private to tasks/jinja_*.c and tasks/template.c;
 * others use tasks/template.h.
 *
 * text -> jinja_lex() -> tokens -> jinja_parse() -> tree -> jinja_render() -> text
 *
 * It is Jinja2 3.1.6 by construction: the lexer's rules, the grammar of its parser function by function, and Python's
 * values below (pyvalue.h). What is not here is refused, by name and place, never rendered differently: includes and
 * inheritance, autoescape, and what only Python objects have.
 *
 * Errors of a run are sticky: jinja_fail() keeps the first, evaluation then goes on with None and stops at the next
 * statement, so that no call needs a check of its own.
 *
 * Source  jinja2 3.1.6: lexer.py, parser.py, compiler.py (scopes), filters.py, tests.py, runtime.py, sandbox.py
 */
#ifndef PERBIT_TASKS_JINJA_H
#define PERBIT_TASKS_JINJA_H

#include "base/err.h"
#include "tasks/pyvalue.h"
#include "tasks/template.h"

/* ---- tokens */

enum jinja_token_type {
    TOKEN_END,
    TOKEN_DATA,
    TOKEN_VARIABLE_BEGIN,
    TOKEN_VARIABLE_END,
    TOKEN_BLOCK_BEGIN,
    TOKEN_BLOCK_END,
    TOKEN_NAME,
    TOKEN_VALUE, /* a string or a number */
    TOKEN_OPERATOR
};

struct jinja_token {
    enum jinja_token_type type;
    int line;
    struct pystr text;
    struct pyval value;
};

struct jinja_tokens {
    struct jinja_token *v; /* [n], the last is TOKEN_END */
    int n, cap;
};

/* text must outlive the tokens. */
int jinja_lex(struct jinja_tokens *out, struct arena *a, struct pystr text, unsigned options,
              struct err *err);

/* ---- tree */

enum jinja_kind {
    NODE_DATA,         /* text */
    NODE_PRINT,        /* a */
    NODE_IF,           /* a test, body, orelse */
    NODE_FOR,          /* a target, b what is gone through, c test, body, orelse */
    NODE_SET,          /* a target, b value */
    NODE_SET_BLOCK,    /* a target, body, b filter over NODE_BODY */
    NODE_WITH,         /* args: targets and values in turns, body */
    NODE_MACRO,        /* text, args: names, orelse: defaults of the last ones, body */
    NODE_FILTER_BLOCK, /* b filter over NODE_BODY, body */
    NODE_GROUP,        /* body in a scope of its own */
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_BODY,           /* as an expression: what the body of the block at hand printed */
    NODE_CONST,          /* value */
    NODE_NAME,           /* text */
    NODE_NAMESPACE_NAME, /* target: text of the namespace a */
    NODE_LIST,           /* args */
    NODE_TUPLE,
    NODE_DICT,    /* args: keys and values in turns */
    NODE_OP,      /* text: operator; a b */
    NODE_UNARY,   /* text: - + not */
    NODE_COMPARE, /* a; args in turns: NODE_OP with the operator in text and its right side in a */
    NODE_AND,
    NODE_OR,
    NODE_CHOICE,  /* a if b else c */
    NODE_GETATTR, /* a.text */
    NODE_GETITEM, /* a[b] */
    NODE_SLICE,   /* a:b:c */
    NODE_CALL,    /* a(args) */
    NODE_FILTER,  /* a | text(args) */
    NODE_TEST,    /* a is text(args) */
    NODE_KEYWORD  /* in args: text = a */
};

struct jinja_node;
struct jinja_nodes {
    struct jinja_node **v;
    int n, cap;
};

struct jinja_name {
    struct pystr text;
    bool is_set_first;
    const struct jinja_name *next;
};

struct jinja_node {
    enum jinja_kind kind;
    int line;
    struct pystr text;
    struct pyval value;
    struct jinja_node *a, *b, *c;
    struct jinja_nodes args, body, orelse;
    const struct jinja_name *names; /* of the scope that the body is */
};

struct jinja_tree {
    struct jinja_nodes body;
    const struct jinja_name *names;
};

int jinja_parse(struct jinja_tree *out, struct arena *a, const struct jinja_tokens *tokens,
                unsigned options, struct err *err);

/* The names that a body uses directly, and whether it sets them first; marks the scopes inside as well. */
const struct jinja_name *jinja_scope_names(struct arena *a, const struct jinja_nodes *body);

/* ---- a run */

struct jinja_binding {
    struct pystr name;
    struct pyval value;
    struct jinja_binding *next;
};

struct jinja_scope {
    struct jinja_scope *parent;
    const struct jinja_name *names;
    struct jinja_binding *first;
};

enum jinja_flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

struct jinja_run {
    struct arena *arena;
    struct err *err;
    bool failed;
    const struct jinja_node *at; /* the statement at hand, for messages */
    unsigned options;            /* enum template_options */
    yyjson_val *doc;
    struct jinja_scope row; /* values made of doc */
    int64_t now_s;          /* of strftime_now, since 1970 */
    struct jinja_scope *scope;
    struct buf *out;
    struct pyval body; /* of NODE_BODY */
    enum jinja_flow flow;
    int depth, n_loops;
    int64_t n_steps;
    size_t n_bytes; /* made so far, a limit against runaway templates */
};

enum { JINJA_PARAMS_MAX = 4, JINJA_ARGS_MAX = 16 };

/* Arguments of a call, a filter or a test, as written. */
struct jinja_args {
    struct pyval v[JINJA_ARGS_MAX];
    int n;
    struct pystr keys[JINJA_ARGS_MAX]; /* of those with a name */
    struct pyval values[JINJA_ARGS_MAX];
    int n_keys;
};

/* The same by parameter; NULL: not given. */
struct jinja_bound {
    const struct pyval *p[JINJA_PARAMS_MAX];
    const struct jinja_args *all;
};

/* A filter, test, method or function in a table. */
struct jinja_def {
    const char *name;
    struct pyval (*fn)(struct jinja_run *r, struct pyval self,
                       const struct jinja_bound *b); /* NULL: not supported */
    int n_required;                                  /* -1: fn looks at b->all itself */
    const char *params[JINJA_PARAMS_MAX];
};

enum jinja_object_kind { OBJECT_FUNCTION, OBJECT_MACRO, OBJECT_NAMESPACE, OBJECT_LOOP };

struct jinja_object {
    enum jinja_object_kind kind;
    const struct jinja_def *def; /* function or method */
    struct pyval self;
    const struct jinja_node *macro;
    struct jinja_scope *scope; /* where the macro stands */
    struct pyval dict;         /* namespace: attributes */
    struct pyval items;        /* loop */
    int index, depth;          /* from 0 */
    struct pyval last_changed; /* loop.changed: a tuple */
};

int jinja_render(const struct jinja_tree *tree, unsigned options, yyjson_val *doc, int64_t now_s,
                 struct buf *out, struct err *err);

/*
 * The first failure stays; both return None. raise: what Python raises as a TemplateError (ERR_FORMAT), which
 * lm-evaluation-harness catches in places; fail: other errors of Python, and what is not supported (ERR_UNSUPPORTED).
 */
struct pyval jinja_raise(struct jinja_run *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct pyval jinja_fail(struct jinja_run *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct pyval jinja_undefined(struct jinja_run *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool jinja_usable(struct jinja_run *r,
                  struct pyval v); /* fails for an undefined value that must not be used */
bool jinja_defined(struct jinja_run *r, struct pyval v); /* fails for any undefined value */

struct pyval jinja_eval(struct jinja_run *r, const struct jinja_node *node);
struct pyval jinja_call(struct jinja_run *r, struct pyval callee, const struct jinja_args *args);
struct pyval jinja_call_def(struct jinja_run *r, const struct jinja_def *def, struct pyval self,
                            const struct jinja_args *args);
struct pyval jinja_object_new(struct jinja_run *r, struct jinja_object object);

struct pyval jinja_getitem(struct jinja_run *r, struct pyval v, struct pyval key);
struct pyval jinja_getattr(struct jinja_run *r, struct pyval v, struct pystr name);
struct pyval jinja_slice(struct jinja_run *r, struct pyval v, const struct pyval part[3]);
struct pyval jinja_op(struct jinja_run *r, struct pystr op, struct pyval a, struct pyval b);
struct pyval jinja_unary(struct jinja_run *r, struct pystr op, struct pyval v);
bool jinja_compare(struct jinja_run *r, struct pystr op, struct pyval a, struct pyval b);
bool jinja_truth(struct jinja_run *r, struct pyval v);
struct pyval jinja_items(struct jinja_run *r, struct pyval v); /* a list of its own */
struct pystr jinja_text(struct jinja_run *r, struct pyval v);  /* str(v) */
struct pyval jinja_take(struct jinja_run *r, struct buf *b);   /* a str of b's text; releases b */
bool jinja_grow(struct jinja_run *r, size_t n_bytes); /* counts memory; fails beyond the limit */

/* NULL: no such name */
const struct jinja_def *jinja_filter_find(struct pystr name, unsigned options);
const struct jinja_def *jinja_test_find(struct pystr name);
const struct jinja_def *jinja_method_find(enum py_type type, struct pystr name);
const struct jinja_def *jinja_function_find(struct pystr name, unsigned options);

bool jinja_is(struct pystr s, const char *z);

#endif
