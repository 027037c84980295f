#include "tasks/pyliteral.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/pyvalue.h"

#include "base/banned.h"

enum { DEPTH_MAX = 90 };

struct reader {
    struct arena *arena;
    struct pystr s;
    size_t at;
    int depth;
    const char *why; /* the first failure */
    size_t why_at;
};

static struct pyval read_value(struct reader *rd);

static struct pyval fail(struct reader *rd, const char *why)
{
    if (!rd->why) {
        rd->why = why;
        rd->why_at = rd->at;
    }
    return py_none();
}

static char peek(const struct reader *rd)
{
    return rd->at < rd->s.n_bytes ? rd->s.s[rd->at] : '\0';
}

static bool has(const struct reader *rd, const char *z)
{
    return pystr_startswith(pystr_of(rd->s.s + rd->at, rd->s.n_bytes - rd->at), pystr_z(z));
}

/* A newline only counts as space inside brackets. */
static void skip_spaces(struct reader *rd)
{
    const char *spaces = rd->depth ? " \t\f\n\r" : " \t\f";
    while (peek(rd) && strchr(spaces, peek(rd)))
        rd->at++;
}

static bool take(struct reader *rd, char c)
{
    skip_spaces(rd);
    if (peek(rd) != c)
        return false;
    rd->at++;
    skip_spaces(rd);
    return true;
}

/* ---- texts */

static bool begins_text(const struct reader *rd)
{
    char c = peek(rd), after = rd->at + 1 < rd->s.n_bytes ? rd->s.s[rd->at + 1] : '\0';
    bool is_quote_after = after == '\'' || after == '"';
    return c == '\'' || c == '"' ||
           ((c == 'r' || c == 'R' || c == 'u' || c == 'U') && is_quote_after);
}

static void read_one_text(struct reader *rd, struct buf *out)
{
    bool is_raw = (peek(rd) | 0x20) == 'r';
    rd->at += peek(rd) != '\'' && peek(rd) != '"';
    char quote = peek(rd), three[4] = {quote, quote, quote, '\0'}, one[2] = {quote, '\0'};
    const char *close = has(rd, three) ? three : one;
    size_t from = rd->at + strlen(close);
    for (rd->at = from; rd->at < rd->s.n_bytes && !has(rd, close);
         rd->at += rd->s.s[rd->at] == '\\' ? 2 : 1)
        if (close == one && rd->s.s[rd->at] == '\n')
            break;
    if (rd->at >= rd->s.n_bytes || !has(rd, close)) {
        fail(rd, "a text without its closing quote");
        return;
    }
    struct pystr inside = pystr_of(rd->s.s + from, rd->at - from);
    rd->at += strlen(close);
    if (is_raw)
        buf_append(out, inside.s, inside.n_bytes);
    else {
        const char *why = py_unescape(out, inside, false);
        if (why)
            fail(rd, why);
    }
}

static struct pyval read_text(struct reader *rd)
{
    struct buf b = BUF_INIT;
    do {
        read_one_text(rd, &b);
        skip_spaces(rd);
    } while (!rd->why && begins_text(rd));
    struct pyval v = py_str_of(rd->arena, &b);
    buf_release(&b);
    return v;
}

/* ---- numbers and names */

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static struct pyval read_number(struct reader *rd)
{
    char *end, text[64], sign = peek(rd);
    size_t from = rd->at += sign == '-' || sign == '+';
    skip_spaces(rd);
    from = rd->at;
    while (is_word(peek(rd)) || peek(rd) == '.' ||
           ((peek(rd) == '-' || peek(rd) == '+') && rd->at > from &&
            (rd->s.s[rd->at - 1] | 0x20) == 'e'))
        rd->at++;
    size_t n = rd->at - from;
    if (!n || n >= sizeof(text) - 1)
        return fail(rd, "expected a value");
    text[0] = sign == '-' ? '-' : '+';
    memcpy(text + 1, rd->s.s + from, n);
    text[n + 1] = '\0';
    const char *digits = text + 1;
    if (strspn(digits, "0123456789.eE+-") != n)
        return fail(rd, "a number that is not plain decimal, or an unknown name");
    errno = 0;
    if (strpbrk(digits, ".eE")) {
        double f = strtod(text, &end);
        return *end || end == text ? fail(rd, "no number") : py_float(f);
    }
    if (digits[0] == '0' && strspn(digits, "0") != n)
        return fail(rd, "an integer with a zero before it");
    long long i = strtoll(text, &end, 10);
    return errno || *end ? fail(rd, "an integer beyond 64 bits") : py_int(i);
}

static struct pyval read_name(struct reader *rd)
{
    static const struct {
        const char *name;
        int value; /* 0 False, 1 True, -1 None */
    } names[] = {{"True", 1}, {"False", 0}, {"None", -1}};
    size_t from = rd->at;
    while (is_word(peek(rd)))
        rd->at++;
    struct pystr name = pystr_of(rd->s.s + from, rd->at - from);
    for (int i = 0; i < 3; i++)
        if (pystr_equal(name, pystr_z(names[i].name)))
            return names[i].value < 0 ? py_none() : py_bool(names[i].value);
    rd->at = from;
    return fail(rd, "expected a value");
}

/* ---- brackets */

/* Up to the closing bracket; a single value in parentheses without a comma is that value. */
static struct pyval read_list(struct reader *rd, char close)
{
    struct pyval list = py_list(rd->arena, close == ']' ? PY_LIST : PY_TUPLE);
    bool has_comma = false;
    while (!rd->why && !take(rd, close)) {
        if (list.list->n && !has_comma)
            return fail(rd, close == ']' ? "expected ',' or ']'" : "expected ',' or ')'");
        py_append(rd->arena, list, read_value(rd));
        has_comma = take(rd, ',');
    }
    return close == ')' && list.list->n == 1 && !has_comma ? list.list->v[0] : list;
}

static struct pyval read_dict(struct reader *rd)
{
    struct pyval dict = py_dict(rd->arena);
    bool has_comma = true;
    while (!rd->why && !take(rd, '}')) {
        if (!has_comma)
            return fail(rd, "expected ',' or '}'");
        struct pyval key = read_value(rd);
        if (!rd->why && (key.type != PY_STR || !take(rd, ':')))
            return fail(rd, "expected a text as key, and ':'");
        py_dict_set(rd->arena, dict, key, read_value(rd));
        has_comma = take(rd, ',');
    }
    return dict;
}

static struct pyval read_brackets(struct reader *rd)
{
    char open = peek(rd);
    struct pyval v;
    if (rd->depth == DEPTH_MAX)
        return fail(rd, "nested too deeply");
    rd->at++;
    rd->depth++;
    v = open == '{' ? read_dict(rd) : read_list(rd, open == '[' ? ']' : ')');
    rd->depth--;
    return v;
}

static struct pyval read_value(struct reader *rd)
{
    char c = peek(rd);
    if (rd->why)
        return py_none();
    if (c && strchr("[({", c))
        return read_brackets(rd);
    if (begins_text(rd))
        return read_text(rd);
    return c && strchr("+-.0123456789", c) ? read_number(rd) : read_name(rd);
}

/* At the top a tuple needs no parentheses. */
static struct pyval read_all(struct reader *rd)
{
    struct pyval first = read_value(rd);
    skip_spaces(rd);
    if (rd->why || peek(rd) != ',')
        return first;
    struct pyval tuple = py_list(rd->arena, PY_TUPLE);
    py_append(rd->arena, tuple, first);
    while (!rd->why && take(rd, ',') && rd->at < rd->s.n_bytes)
        py_append(rd->arena, tuple, read_value(rd));
    return tuple;
}

int pyliteral_parse(yyjson_doc **out, struct pystr text, const char *place, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct pystr chars = pystr_z(" \t");
    struct pystr plain = pystr_rstrip(pystr_lstrip(text, &chars), NULL);
    struct reader rd = {.arena = &arena, .s = plain};
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    *out = NULL;
    struct pyval v = read_all(&rd);
    if (!rd.why && rd.at < plain.n_bytes)
        fail(&rd, "something after the value");
    yyjson_mut_val *root = rd.why ? NULL : py_to_json(doc, v);
    if (!rd.why && !root)
        fail(&rd, "a value that JSON has not");
    if (root) {
        yyjson_mut_doc_set_root(doc, root);
        *out = yyjson_mut_doc_imut_copy(doc, NULL);
    } else {
        int n_shown = plain.n_bytes - rd.why_at < 40 ? (int)(plain.n_bytes - rd.why_at) : 40;
        err_set(err, ERR_FORMAT, "%s: no Python literal: %s at '%.*s'", place, rd.why, n_shown,
                plain.s + rd.why_at);
    }
    yyjson_mut_doc_free(doc);
    arena_release(&arena);
    return *out ? 0 : -1;
}

static int print(struct buf *out, yyjson_val *v, const char *(*as)(struct buf *, struct pyval),
                 struct err *err)
{
    struct arena arena;
    struct pyval value;
    arena_init(&arena);
    int ret = py_from_json(&arena, v, &value);
    if (ret)
        err_set(err, ERR_RANGE, "an integer beyond 64 bits");
    else
        as(out, value);
    arena_release(&arena);
    return ret;
}

int pyliteral_str(struct buf *out, yyjson_val *v, struct err *err)
{
    return print(out, v, py_print, err);
}

int pyliteral_repr(struct buf *out, yyjson_val *v, struct err *err)
{
    return print(out, v, py_repr, err);
}
