#include <string.h>

#include "tasks/jinja.h"

#include "base/banned.h"

enum { DEPTH_MAX = 100 };

struct parser {
    struct arena *arena;
    const struct jinja_token *token; /* the one at hand; the last is TOKEN_END and stays */
    struct err *err;
    unsigned options;
    bool failed;
    int depth, n_loops;
};

static struct jinja_node *parse_expression(struct parser *p);
static struct jinja_node *parse_or(struct parser *p);
static struct jinja_node *parse_unary(struct parser *p, bool with_filter);
static void parse_body(struct parser *p, struct jinja_nodes *out, const char *const *ends);

/* ---- tokens and nodes */

static void fail(struct parser *p, enum err_code code, const char *what)
{
    const struct jinja_token *t = p->token;
    if (!p->failed)
        err_set(p->err, code, "line %d: %s at '%.*s'", t->line, what,
                (int)(t->text.n_bytes < 40 ? t->text.n_bytes : 40), t->text.s);
    p->failed = true;
}

static struct jinja_node *node(struct parser *p, enum jinja_kind kind)
{
    struct jinja_node *n = arena_alloc(p->arena, sizeof(*n));
    n->kind = kind;
    n->line = p->token->line;
    n->value = py_none();
    return n;
}

static void push(struct parser *p, struct jinja_nodes *list, struct jinja_node *n)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 4;
        struct jinja_node **more =
            arena_alloc(p->arena, (size_t)list->cap * sizeof(struct jinja_node *));
        if (list->n)
            memcpy(more, list->v, (size_t)list->n * sizeof(struct jinja_node *));
        list->v = more;
    }
    list->v[list->n++] = n;
}

static const struct jinja_token *next(struct parser *p)
{
    const struct jinja_token *t = p->token;
    p->token += t->type != TOKEN_END;
    return t;
}

static bool token_is(const struct jinja_token *t, enum jinja_token_type type, const char *text)
{
    return t->type == type && jinja_is(t->text, text);
}

static bool is_op(struct parser *p, const char *text)
{
    return token_is(p->token, TOKEN_OPERATOR, text);
}

static bool is_name(struct parser *p, const char *text)
{
    return token_is(p->token, TOKEN_NAME, text);
}

static bool take_op(struct parser *p, const char *text)
{
    return is_op(p, text) && next(p);
}

static bool take_name(struct parser *p, const char *text)
{
    return is_name(p, text) && next(p);
}

static void expect_op(struct parser *p, const char *text)
{
    char what[32] = "expected 'x'";
    what[10] = *text;
    if (!take_op(p, text))
        fail(p, ERR_FORMAT, what);
}

static void expect(struct parser *p, enum jinja_token_type type, const char *what)
{
    if (p->token->type == type)
        next(p);
    else
        fail(p, ERR_FORMAT, what);
}

static struct pystr expect_name(struct parser *p)
{
    struct pystr name = p->token->text;
    expect(p, TOKEN_NAME, "expected a name");
    return name;
}

/* Guards the recursion of nested expressions and blocks. */
static bool enter(struct parser *p)
{
    if (p->depth >= DEPTH_MAX)
        fail(p, ERR_UNSUPPORTED, "nested too deeply");
    p->depth++;
    return !p->failed;
}

/* ---- expressions: the functions of jinja2's parser.py, in its order */

/* Either an expression, or expressions with commas as a tuple; is_end says where an optional comma ends it. */
static struct jinja_node *parse_tuple(struct parser *p,
                                      struct jinja_node *(*parse)(struct parser *), const char *end,
                                      bool is_parenthesized)
{
    struct jinja_node *tuple = node(p, NODE_TUPLE);
    bool is_tuple = false;
    while (!p->failed) {
        enum jinja_token_type type = p->token->type;
        if (type == TOKEN_VARIABLE_END || type == TOKEN_BLOCK_END || is_op(p, ")") ||
            (end && is_name(p, end)))
            break;
        push(p, &tuple->args, parse(p));
        if (!take_op(p, ","))
            break;
        is_tuple = true;
    }
    if (!is_tuple && tuple->args.n)
        return tuple->args.v[0];
    if (!is_tuple && !is_parenthesized)
        fail(p, ERR_FORMAT, "expected an expression");
    return tuple;
}

/* The items of a list or a dict up to the closing bracket. */
static struct jinja_node *parse_items(struct parser *p, enum jinja_kind kind, const char *close)
{
    struct jinja_node *n = node(p, kind);
    next(p);
    while (!p->failed && !is_op(p, close)) {
        if (n->args.n)
            expect_op(p, ",");
        if (is_op(p, close))
            break;
        push(p, &n->args, parse_expression(p));
        if (kind == NODE_DICT) {
            enum jinja_kind key = n->args.v[n->args.n - 1]->kind;
            if (key == NODE_LIST || key == NODE_DICT)
                fail(p, ERR_FORMAT, "a list or dict as a key");
            expect_op(p, ":");
            push(p, &n->args, parse_expression(p));
        }
    }
    expect_op(p, close);
    return n;
}

static struct jinja_node *parse_name(struct parser *p)
{
    static const struct {
        const char *name;
        int value; /* 0 False, 1 True, -1 None */
    } constants[] = {{"true", 1},  {"True", 1},  {"false", 0},
                     {"False", 0}, {"none", -1}, {"None", -1}};
    struct jinja_node *n = node(p, NODE_NAME);
    n->text = next(p)->text;
    for (int i = 0; i < 6; i++)
        if (jinja_is(n->text, constants[i].name)) {
            n->kind = NODE_CONST;
            n->value = constants[i].value < 0 ? py_none() : py_bool(constants[i].value);
        }
    return n;
}

/* Neighbouring strings are one. */
static struct jinja_node *parse_value(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_CONST);
    n->value = next(p)->value;
    struct buf b = BUF_INIT;
    if (n->value.type == PY_STR && p->token->type == TOKEN_VALUE &&
        p->token->value.type == PY_STR) {
        py_print(&b, n->value);
        while (p->token->type == TOKEN_VALUE && p->token->value.type == PY_STR)
            py_print(&b, next(p)->value);
        n->value = py_str_of(p->arena, &b);
    }
    buf_release(&b);
    return n;
}

static struct jinja_node *parse_primary(struct parser *p)
{
    struct jinja_node *n;
    if (p->token->type == TOKEN_NAME)
        return parse_name(p);
    if (p->token->type == TOKEN_VALUE)
        return parse_value(p);
    if (is_op(p, "["))
        return parse_items(p, NODE_LIST, "]");
    if (is_op(p, "{"))
        return parse_items(p, NODE_DICT, "}");
    if (take_op(p, "(")) {
        n = parse_tuple(p, parse_expression, NULL, true);
        expect_op(p, ")");
        return n;
    }
    fail(p, ERR_FORMAT, "unexpected");
    return node(p, NODE_CONST);
}

static void parse_argument(struct parser *p, struct jinja_node *call)
{
    bool has_keyword = call->args.n && call->args.v[call->args.n - 1]->kind == NODE_KEYWORD;
    if (is_op(p, "*") || is_op(p, "**")) {
        fail(p, ERR_UNSUPPORTED, "* and ** arguments are not supported");
    } else if (p->token->type == TOKEN_NAME && token_is(p->token + 1, TOKEN_OPERATOR, "=")) {
        struct jinja_node *keyword = node(p, NODE_KEYWORD);
        keyword->text = next(p)->text;
        next(p);
        keyword->a = parse_expression(p);
        push(p, &call->args, keyword);
    } else if (has_keyword) {
        fail(p, ERR_FORMAT, "an argument after one with a name");
    } else {
        push(p, &call->args, parse_expression(p));
    }
}

static void parse_arguments(struct parser *p, struct jinja_node *call)
{
    expect_op(p, "(");
    for (bool comma = false; !p->failed && !is_op(p, ")"); comma = true) {
        if (comma)
            expect_op(p, ",");
        if (is_op(p, ")"))
            break;
        parse_argument(p, call);
    }
    expect_op(p, ")");
}

static struct jinja_node *parse_call(struct parser *p, struct jinja_node *callee)
{
    struct jinja_node *call = node(p, NODE_CALL);
    call->a = callee;
    parse_arguments(p, call);
    return call;
}

/* What stands between [ and ]: an expression or a slice. */
static struct jinja_node *parse_subscribed(struct parser *p)
{
    struct jinja_node *slice = node(p, NODE_SLICE), **part[] = {&slice->a, &slice->b, &slice->c};
    int n_colons = 0;
    while (!p->failed && n_colons < 3) {
        if (!is_op(p, ":") && !is_op(p, "]") && !is_op(p, ","))
            *part[n_colons] = parse_expression(p);
        if (n_colons == 2 || !take_op(p, ":"))
            break;
        n_colons++;
    }
    if (!n_colons && !slice->a)
        fail(p, ERR_FORMAT, "expected an expression");
    return n_colons ? slice : slice->a;
}

static struct jinja_node *parse_dot(struct parser *p, struct jinja_node *object)
{
    struct jinja_node *n = node(p, NODE_GETATTR);
    n->a = object;
    if (p->token->type == TOKEN_VALUE && p->token->value.type == PY_INT) {
        n->kind = NODE_GETITEM;
        n->b = parse_value(p);
        return n;
    }
    n->text = expect_name(p);
    return n;
}

static struct jinja_node *parse_postfix(struct parser *p, struct jinja_node *n)
{
    while (!p->failed) {
        if (take_op(p, "."))
            n = parse_dot(p, n);
        else if (take_op(p, "[")) {
            struct jinja_node *item = node(p, NODE_GETITEM);
            item->a = n;
            item->b = parse_subscribed(p);
            if (is_op(p, ","))
                fail(p, ERR_UNSUPPORTED, "a tuple as subscript is not supported");
            expect_op(p, "]");
            n = item;
        } else if (is_op(p, "("))
            n = parse_call(p, n);
        else
            break;
    }
    return n;
}

static struct pystr parse_dotted(struct parser *p)
{
    struct pystr name = expect_name(p);
    if (is_op(p, "."))
        fail(p, ERR_UNSUPPORTED, "a dotted filter or test is not known");
    return name;
}

/*
 * A filter or test that is not known is an error here, but in a chat template: there it may stand in a branch for
 * another program, and Python too fails only when it comes there.
 */
static void check_known(struct parser *p, bool is_known, struct pystr name, const char *what)
{
    if (is_known || p->failed || (p->options & TEMPLATE_CHAT))
        return;
    err_set(p->err, ERR_UNSUPPORTED, "line %d: the %s '%.*s' is not supported", p->token->line,
            what, (int)name.n_bytes, name.s);
    p->failed = true;
}

static struct jinja_node *parse_filter(struct parser *p, struct jinja_node *operand)
{
    struct jinja_node *n = node(p, NODE_FILTER);
    n->a = operand;
    n->text = parse_dotted(p);
    check_known(p, jinja_filter_find(n->text, p->options), n->text, "filter");
    if (is_op(p, "("))
        parse_arguments(p, n);
    return n;
}

static bool begins_test_argument(struct parser *p)
{
    if (p->token->type == TOKEN_NAME)
        return !is_name(p, "else") && !is_name(p, "or") && !is_name(p, "and");
    return p->token->type == TOKEN_VALUE || is_op(p, "[") || is_op(p, "{");
}

static struct jinja_node *negated(struct parser *p, struct jinja_node *n)
{
    struct jinja_node *negation = node(p, NODE_UNARY);
    negation->text = pystr_z("not");
    negation->a = n;
    return negation;
}

static struct jinja_node *parse_test(struct parser *p, struct jinja_node *operand)
{
    bool is_negated = take_name(p, "not");
    struct jinja_node *n = node(p, NODE_TEST);
    n->a = operand;
    n->text = parse_dotted(p);
    check_known(p, jinja_test_find(n->text), n->text, "test");
    if (is_op(p, "("))
        parse_arguments(p, n);
    else if (begins_test_argument(p)) {
        if (is_name(p, "is"))
            fail(p, ERR_FORMAT, "tests cannot be chained with 'is'");
        push(p, &n->args, parse_postfix(p, parse_primary(p)));
    }
    return is_negated ? negated(p, n) : n;
}

static struct jinja_node *parse_filters(struct parser *p, struct jinja_node *n)
{
    while (!p->failed) {
        if (take_op(p, "|"))
            n = parse_filter(p, n);
        else if (take_name(p, "is"))
            n = parse_test(p, n);
        else if (is_op(p, "("))
            n = parse_call(p, n);
        else
            break;
    }
    return n;
}

static struct jinja_node *parse_signed(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_UNARY);
    n->text = next(p)->text;
    if (enter(p))
        n->a = parse_unary(p, false);
    p->depth--;
    return n;
}

static struct jinja_node *parse_unary(struct parser *p, bool with_filter)
{
    struct jinja_node *n = is_op(p, "-") || is_op(p, "+") ? parse_signed(p) : parse_primary(p);
    n = parse_postfix(p, n);
    return with_filter ? parse_filters(p, n) : n;
}

static struct jinja_node *parse_operand(struct parser *p)
{
    return parse_unary(p, true);
}

/* left, then any number of (operator, right), grouped from the left. */
static struct jinja_node *parse_left(struct parser *p, const char *const *operators,
                                     struct jinja_node *(*parse)(struct parser *))
{
    struct jinja_node *left = parse(p);
    for (int i = 0; !p->failed && operators[i];) {
        if (!is_op(p, operators[i])) {
            i++;
            continue;
        }
        struct jinja_node *n = node(p, NODE_OP);
        n->text = next(p)->text;
        n->a = left;
        n->b = parse(p);
        left = n;
        i = 0;
    }
    return left;
}

static struct jinja_node *parse_pow(struct parser *p)
{
    static const char *const operators[] = {"**", NULL};
    return parse_left(p, operators, parse_operand);
}

static struct jinja_node *parse_math2(struct parser *p)
{
    static const char *const operators[] = {"*", "/", "//", "%", NULL};
    return parse_left(p, operators, parse_pow);
}

static struct jinja_node *parse_concat(struct parser *p)
{
    static const char *const operators[] = {"~", NULL};
    return parse_left(p, operators, parse_math2);
}

static struct jinja_node *parse_math1(struct parser *p)
{
    static const char *const operators[] = {"+", "-", NULL};
    return parse_left(p, operators, parse_concat);
}

/* The text of a comparison at hand, taken; an empty one: there is none. */
static struct pystr take_comparison(struct parser *p)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (int i = 0; i < 6; i++)
        if (take_op(p, operators[i]))
            return pystr_z(operators[i]);
    if (take_name(p, "in"))
        return pystr_z("in");
    if (is_name(p, "not") && token_is(p->token + 1, TOKEN_NAME, "in")) {
        next(p);
        next(p);
        return pystr_z("not in");
    }
    return pystr_z("");
}

static struct jinja_node *parse_compare(struct parser *p)
{
    struct jinja_node *compare = node(p, NODE_COMPARE);
    struct pystr operator;
    compare->a = parse_math1(p);
    while (!p->failed && (operator= take_comparison(p)).n_bytes) {
        struct jinja_node *right = node(p, NODE_OP);
        right->text = operator;
        right->a = parse_math1(p);
        push(p, &compare->args, right);
    }
    return compare->args.n ? compare : compare->a;
}

static struct jinja_node *parse_not(struct parser *p)
{
    if (!take_name(p, "not"))
        return parse_compare(p);
    struct jinja_node *n = enter(p) ? parse_not(p) : node(p, NODE_CONST);
    p->depth--;
    return negated(p, n);
}

static struct jinja_node *parse_logic(struct parser *p, enum jinja_kind kind, const char *name,
                                      struct jinja_node *(*parse)(struct parser *))
{
    struct jinja_node *left = parse(p);
    while (!p->failed && take_name(p, name)) {
        struct jinja_node *n = node(p, kind);
        n->a = left;
        n->b = parse(p);
        left = n;
    }
    return left;
}

static struct jinja_node *parse_and(struct parser *p)
{
    return parse_logic(p, NODE_AND, "and", parse_not);
}

static struct jinja_node *parse_or(struct parser *p)
{
    struct jinja_node *n =
        enter(p) ? parse_logic(p, NODE_OR, "or", parse_and) : node(p, NODE_CONST);
    p->depth--;
    return n;
}

static struct jinja_node *parse_choice(struct parser *p)
{
    struct jinja_node *n = parse_or(p);
    while (!p->failed && take_name(p, "if")) {
        struct jinja_node *choice = node(p, NODE_CHOICE);
        choice->a = n;
        choice->b = parse_or(p);
        if (take_name(p, "else"))
            choice->c = parse_expression(p);
        n = choice;
    }
    return n;
}

static struct jinja_node *parse_expression(struct parser *p)
{
    struct jinja_node *n = enter(p) ? parse_choice(p) : node(p, NODE_CONST);
    p->depth--;
    return n;
}

/* ---- statements */

static struct jinja_node *parse_target_item(struct parser *p)
{
    struct jinja_node *n = parse_primary(p);
    if (n->kind == NODE_NAME && take_op(p, ".")) {
        struct jinja_node *attribute = node(p, NODE_NAMESPACE_NAME);
        attribute->a = n;
        attribute->text = expect_name(p);
        return attribute;
    }
    return n;
}

static bool can_assign(const struct jinja_node *n)
{
    if (n->kind == NODE_NAME || n->kind == NODE_NAMESPACE_NAME)
        return true;
    bool all = n->kind == NODE_TUPLE;
    for (int i = 0; all && i < n->args.n; i++)
        all = can_assign(n->args.v[i]);
    return all;
}

static struct jinja_node *parse_target(struct parser *p, const char *end)
{
    struct jinja_node *n = parse_tuple(p, parse_target_item, end, false);
    if (!p->failed && !can_assign(n))
        fail(p, ERR_FORMAT, "cannot assign to what stands before");
    return n;
}

static void parse_body_of_tag(struct parser *p, struct jinja_nodes *out, const char *const *ends)
{
    take_op(p, ":");
    expect(p, TOKEN_BLOCK_END, "expected '%}'");
    parse_body(p, out, ends);
    if (p->token->type == TOKEN_END)
        fail(p, ERR_FORMAT, "a block without its end");
}

/* The body up to {% end %}, whose name is taken. */
static void parse_to_end(struct parser *p, struct jinja_nodes *out, const char *end)
{
    const char *const ends[] = {end, NULL};
    parse_body_of_tag(p, out, ends);
    next(p);
}

static struct jinja_node *parse_if(struct parser *p)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    struct jinja_node *n = node(p, NODE_IF);
    if (enter(p)) {
        n->a = parse_tuple(p, parse_or, NULL, false);
        parse_body_of_tag(p, &n->body, ends);
        if (take_name(p, "elif"))
            push(p, &n->orelse, parse_if(p));
        else if (take_name(p, "else"))
            parse_to_end(p, &n->orelse, "endif");
        else
            next(p);
    }
    p->depth--;
    return n;
}

static struct jinja_node *parse_for(struct parser *p)
{
    static const char *const ends[] = {"endfor", "else", NULL};
    struct jinja_node *n = node(p, NODE_FOR);
    n->a = parse_target(p, "in");
    if (!take_name(p, "in"))
        fail(p, ERR_FORMAT, "expected 'in'");
    n->b = parse_tuple(p, parse_or, "recursive", false);
    if (take_name(p, "if"))
        n->c = parse_expression(p);
    if (is_name(p, "recursive"))
        fail(p, ERR_UNSUPPORTED, "recursive loops are not supported");
    p->n_loops++;
    parse_body_of_tag(p, &n->body, ends);
    p->n_loops--;
    if (take_name(p, "else"))
        parse_to_end(p, &n->orelse, "endfor");
    else
        next(p);
    return n;
}

static struct jinja_node *body_node(struct parser *p)
{
    return node(p, NODE_BODY);
}

static struct jinja_node *parse_set(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_SET);
    n->a = parse_target(p, NULL);
    if (take_op(p, "=")) {
        n->b = parse_tuple(p, parse_expression, NULL, false);
        return n;
    }
    n->kind = NODE_SET_BLOCK;
    n->b = body_node(p);
    while (!p->failed && take_op(p, "|"))
        n->b = parse_filter(p, n->b);
    parse_to_end(p, &n->body, "endset");
    return n;
}

static struct jinja_node *parse_with(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_WITH);
    while (!p->failed && p->token->type != TOKEN_BLOCK_END) {
        if (n->args.n)
            expect_op(p, ",");
        push(p, &n->args, parse_target(p, NULL));
        expect_op(p, "=");
        push(p, &n->args, parse_expression(p));
    }
    parse_to_end(p, &n->body, "endwith");
    return n;
}

static void parse_signature(struct parser *p, struct jinja_node *macro)
{
    expect_op(p, "(");
    while (!p->failed && !is_op(p, ")")) {
        if (macro->args.n)
            expect_op(p, ",");
        struct jinja_node *name = node(p, NODE_NAME);
        name->text = expect_name(p);
        push(p, &macro->args, name);
        if (take_op(p, "="))
            push(p, &macro->orelse, parse_expression(p));
        else if (macro->orelse.n)
            fail(p, ERR_FORMAT, "an argument without a default after one with it");
    }
    expect_op(p, ")");
}

static struct jinja_node *parse_macro(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_MACRO);
    n->text = expect_name(p);
    parse_signature(p, n);
    int n_loops = p->n_loops; /* break and continue do not go out of a macro */
    p->n_loops = 0;
    parse_to_end(p, &n->body, "endmacro");
    p->n_loops = n_loops;
    return n;
}

static struct jinja_node *parse_filter_block(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_FILTER_BLOCK);
    n->b = parse_filter(p, body_node(p));
    while (!p->failed && take_op(p, "|"))
        n->b = parse_filter(p, n->b);
    parse_to_end(p, &n->body, "endfilter");
    return n;
}

static struct jinja_node *parse_generation(struct parser *p)
{
    struct jinja_node *n = node(p, NODE_GROUP);
    parse_to_end(p, &n->body, "endgeneration");
    return n;
}

static struct jinja_node *parse_break(struct parser *p)
{
    if (!p->n_loops)
        fail(p, ERR_FORMAT, "break or continue outside a loop");
    return node(p, NODE_BREAK);
}

static struct jinja_node *parse_continue(struct parser *p)
{
    struct jinja_node *n = parse_break(p);
    n->kind = NODE_CONTINUE;
    return n;
}

static const struct tag {
    const char *name;
    struct jinja_node *(*parse)(struct parser *p);
    bool is_chat; /* of transformers, not of lm-evaluation-harness */
} tags[] = {
    {"if", parse_if, false},
    {"for", parse_for, false},
    {"set", parse_set, false},
    {"with", parse_with, false},
    {"macro", parse_macro, false},
    {"filter", parse_filter_block, false},
    {"generation", parse_generation, true},
    {"break", parse_break, true},
    {"continue", parse_continue, true},
};

static void parse_statement(struct parser *p, struct jinja_nodes *out)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
        if ((!tags[i].is_chat || (p->options & TEMPLATE_CHAT)) && take_name(p, tags[i].name)) {
            if (enter(p))
                push(p, out, tags[i].parse(p));
            p->depth--;
            return;
        }
    fail(p, ERR_UNSUPPORTED, "a tag that is not known or not expected here");
}

static bool is_end(struct parser *p, const char *const *ends)
{
    for (int i = 0; ends && ends[i]; i++)
        if (is_name(p, ends[i]))
            return true;
    return false;
}

/* Up to one of the tags of ends, whose name becomes the token at hand; NULL: to the end of the template. */
static void parse_body(struct parser *p, struct jinja_nodes *out, const char *const *ends)
{
    while (!p->failed && p->token->type != TOKEN_END) {
        const struct jinja_token *t = next(p);
        struct jinja_node *n = node(p, t->type == TOKEN_DATA ? NODE_DATA : NODE_PRINT);
        n->line = t->line;
        if (t->type == TOKEN_BLOCK_BEGIN) {
            if (is_end(p, ends))
                return;
            parse_statement(p, out);
            expect(p, TOKEN_BLOCK_END, "expected '%}'");
            continue;
        }
        if (t->type == TOKEN_DATA)
            n->text = t->text;
        else {
            n->a = parse_tuple(p, parse_expression, NULL, false);
            expect(p, TOKEN_VARIABLE_END, "expected '}}'");
        }
        push(p, out, n);
    }
}

int jinja_parse(struct jinja_tree *out, struct arena *a, const struct jinja_tokens *tokens,
                unsigned options, struct err *err)
{
    struct parser p = {a, tokens->v, err, options, false, 0, 0};
    *out = (struct jinja_tree){0};
    parse_body(&p, &out->body, NULL);
    if (p.failed)
        return -1;
    out->names = jinja_scope_names(a, &out->body);
    return 0;
}
