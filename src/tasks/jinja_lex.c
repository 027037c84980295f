#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tasks/jinja.h"

#include "base/banned.h"

enum { N_NESTED_MAX = 256 };

struct lexer {
    struct arena *arena;
    struct jinja_tokens *tokens;
    struct err *err;
    unsigned options;
    struct pystr s;
    size_t at;
    int line;
    size_t counted;     /* newlines before this byte are in line */
    bool line_starting; /* what was read last ends in a newline, or nothing was read */
    char nested[N_NESTED_MAX];
    int n_nested;
};

static int fail(struct lexer *lx, const char *what)
{
    return err_set(lx->err, ERR_FORMAT, "line %d: %s", lx->line, what);
}

static void count_lines(struct lexer *lx)
{
    for (; lx->counted < lx->at; lx->counted++)
        lx->line += lx->s.s[lx->counted] == '\n';
}

/* Goes on to byte `to`. */
static void advance(struct lexer *lx, size_t to)
{
    lx->line_starting = to > 0 && lx->s.s[to - 1] == '\n';
    lx->at = to;
    count_lines(lx);
}

static struct jinja_token *push(struct lexer *lx, enum jinja_token_type type, struct pystr text)
{
    struct jinja_tokens *t = lx->tokens;
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 32;
        struct jinja_token *more = arena_alloc(lx->arena, (size_t)t->cap * sizeof(*more));
        if (t->n)
            memcpy(more, t->v, (size_t)t->n * sizeof(*more));
        t->v = more;
    }
    t->v[t->n] = (struct jinja_token){.type = type, .line = lx->line, .text = text};
    return &t->v[t->n++];
}

/* \r\n and \r become \n; without the option to keep it, one newline at the end is dropped. */
static struct pystr normalize(struct arena *a, struct pystr text, unsigned options)
{
    char *s = arena_alloc(a, text.n_bytes + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n_bytes; i++) {
        bool is_cr = text.s[i] == '\r';
        s[n++] = is_cr ? '\n' : text.s[i];
        i += is_cr && i + 1 < text.n_bytes && text.s[i + 1] == '\n';
    }
    if ((options & TEMPLATE_TRIM) && n && s[n - 1] == '\n')
        n--;
    return pystr_of(s, n);
}

static bool has(const struct lexer *lx, size_t at, const char *z)
{
    size_t n = strlen(z);
    return at + n <= lx->s.n_bytes && !memcmp(lx->s.s + at, z, n);
}

static size_t skip_spaces(const struct lexer *lx, size_t at)
{
    for (size_t i = at;
         i < lx->s.n_bytes && pystr_is_space_code(utf8_next(lx->s.s, lx->s.n_bytes, &i));)
        at = i;
    return at;
}

/* The end of a tag's closing mark at `at`, such as %}; 0: there is none. */
static size_t closing(const struct lexer *lx, size_t at, const char *mark, bool may_plus,
                      bool may_trim)
{
    bool minus = has(lx, at, "-") && has(lx, at + 1, mark);
    bool plus = may_plus && has(lx, at, "+") && has(lx, at + 1, mark);
    if (minus)
        return skip_spaces(lx, at + 1 + strlen(mark));
    if (plus)
        return at + 1 + strlen(mark);
    if (!has(lx, at, mark))
        return 0;
    size_t end = at + strlen(mark);
    return end + (may_trim && (lx->options & TEMPLATE_TRIM) && has(lx, end, "\n"));
}

/* Text before a tag: "-" takes the whitespace before it, lstrip_blocks the line's indentation. */
static struct pystr before_tag(const struct lexer *lx, struct pystr text, char sign,
                               bool is_variable)
{
    if (sign == '-')
        return pystr_rstrip(text, NULL);
    if (sign == '+' || !(lx->options & TEMPLATE_TRIM) || is_variable)
        return text;
    size_t line = text.n_bytes;
    while (line > 0 && text.s[line - 1] != '\n')
        line--;
    if ((line > 0 || lx->line_starting) &&
        pystr_isspace(pystr_of(text.s + line, text.n_bytes - line)))
        return pystr_of(text.s, line);
    return text;
}

static void push_data(struct lexer *lx, struct pystr text)
{
    if (text.n_bytes)
        push(lx, TOKEN_DATA, text);
}

static char sign_at(const struct lexer *lx, size_t at)
{
    return has(lx, at, "-") || has(lx, at, "+") ? lx->s.s[at] : '\0';
}

/* The end of "{% raw %}" or "{% endraw %}" at `at`; 0: it is something else. */
static size_t raw_tag(const struct lexer *lx, size_t at, const char *name, bool is_end)
{
    if (!has(lx, at, "{%"))
        return 0;
    at += 2;
    at = skip_spaces(lx, at + (sign_at(lx, at) != '\0'));
    if (!has(lx, at, name))
        return 0;
    return closing(lx, skip_spaces(lx, at + strlen(name)), "%}", is_end, is_end);
}

static int lex_raw(struct lexer *lx)
{
    for (size_t at = lx->at; at < lx->s.n_bytes; at++) {
        size_t end = raw_tag(lx, at, "endraw", true);
        if (!end)
            continue;
        push_data(lx, before_tag(lx, pystr_of(lx->s.s + lx->at, at - lx->at), sign_at(lx, at + 2),
                                 false));
        advance(lx, end);
        return 0;
    }
    return fail(lx, "{% raw %} without {% endraw %}");
}

static int lex_comment(struct lexer *lx)
{
    for (size_t at = lx->at; at < lx->s.n_bytes; at++) {
        size_t end = closing(lx, at, "#}", true, true);
        if (end) {
            advance(lx, end);
            return 0;
        }
    }
    return fail(lx, "a comment without its end '#}'");
}

/* ---- inside a tag */

static size_t digits_end(const struct lexer *lx, size_t at, const char *allowed)
{
    size_t end = at;
    for (size_t i = at; i < lx->s.n_bytes; i++) {
        char c = lx->s.s[i];
        bool is_digit = c && strchr(allowed, c);
        if (is_digit)
            end = i + 1;
        else if (c != '_' || i == at || lx->s.s[i - 1] == '_')
            break;
    }
    return end;
}

static const char decimal[] = "0123456789";

/* The end of a float at `at`; 0: none. */
static size_t float_end(const struct lexer *lx, size_t at)
{
    size_t end = digits_end(lx, at, decimal), part;
    bool is_float = false;
    if (end == at || (at > 0 && lx->s.s[at - 1] == '.'))
        return 0;
    if (has(lx, end, ".") && (part = digits_end(lx, end + 1, decimal)) > end + 1) {
        end = part;
        is_float = true;
    }
    if (has(lx, end, "e") || has(lx, end, "E")) {
        size_t from = end + 1 + (sign_at(lx, end + 1) != '\0');
        if ((part = digits_end(lx, from, decimal)) > from) {
            end = part;
            is_float = true;
        }
    }
    return is_float ? end : 0;
}

/* Without its underscores. */
static char *number_text(struct lexer *lx, size_t at, size_t end)
{
    char *text = arena_alloc(lx->arena, end - at + 1), *to = text;
    for (; at < end; at++)
        if (lx->s.s[at] != '_')
            *to++ = lx->s.s[at];
    return text;
}

static size_t integer_end(const struct lexer *lx, size_t at, int *base)
{
    static const struct {
        char letter;
        int base;
        const char *digits;
    } prefixes[] = {{'b', 2, "01"}, {'o', 8, "01234567"}, {'x', 16, "0123456789abcdefABCDEF"}};
    *base = 10;
    if (lx->s.s[at] != '0')
        return digits_end(lx, at, decimal);
    for (int i = 0; i < 3 && at + 1 < lx->s.n_bytes; i++)
        if ((lx->s.s[at + 1] | 0x20) == prefixes[i].letter) {
            size_t from = at + 2 + has(lx, at + 2, "_"),
                   end = digits_end(lx, from, prefixes[i].digits);
            if (end > from) {
                *base = prefixes[i].base;
                return end;
            }
        }
    return digits_end(lx, at, "0");
}

static int lex_number(struct lexer *lx)
{
    int base;
    size_t at = lx->at, end = float_end(lx, at);
    if (end) {
        push(lx, TOKEN_VALUE, pystr_of(lx->s.s + at, end - at))->value =
            py_float(strtod(number_text(lx, at, end), NULL));
        advance(lx, end);
        return 0;
    }
    end = integer_end(lx, at, &base);
    errno = 0;
    long long i = strtoll(number_text(lx, at, end) + (base == 10 ? 0 : 2), NULL, base);
    if (errno)
        return fail(lx, "an integer beyond 64 bits");
    push(lx, TOKEN_VALUE, pystr_of(lx->s.s + at, end - at))->value = py_int(i);
    advance(lx, end);
    return 0;
}

static int lex_string(struct lexer *lx)
{
    char quote = lx->s.s[lx->at];
    size_t end = lx->at + 1;
    while (end < lx->s.n_bytes && lx->s.s[end] != quote)
        end += lx->s.s[end] == '\\' ? 2 : 1;
    if (end >= lx->s.n_bytes)
        return fail(lx, "a string without its closing quote");
    struct buf b = BUF_INIT;
    struct pystr inside = pystr_of(lx->s.s + lx->at + 1, end - lx->at - 1);
    const char *why = py_unescape(&b, inside, true);
    push(lx, TOKEN_VALUE, inside)->value = py_str_of(lx->arena, &b);
    buf_release(&b);
    if (why)
        return fail(lx, why);
    advance(lx, end + 1);
    return 0;
}

static size_t word_end(const struct lexer *lx, size_t at)
{
    for (size_t i = at;
         i < lx->s.n_bytes && pystr_is_word_code(utf8_next(lx->s.s, lx->s.n_bytes, &i));)
        at = i;
    return at;
}

static int lex_operator(struct lexer *lx)
{
    static const char *const operators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                            "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                            ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        if (!has(lx, lx->at, operators[i]))
            continue;
        const char *open = strchr("([{", *operators[i]), *close = strchr(")]}", *operators[i]);
        if (open && lx->n_nested == N_NESTED_MAX)
            return fail(lx, "brackets nested too deeply");
        if (open)
            lx->nested[lx->n_nested++] = ")]}"[open - "([{"];
        if (close && (!lx->n_nested || lx->nested[--lx->n_nested] != *close))
            return fail(lx, "a closing bracket that nothing opened");
        push(lx, TOKEN_OPERATOR, pystr_of(lx->s.s + lx->at, strlen(operators[i])));
        advance(lx, lx->at + strlen(operators[i]));
        return 0;
    }
    return fail(lx, "a character that no expression has");
}

static int lex_one(struct lexer *lx)
{
    char c = lx->s.s[lx->at];
    if (strchr(decimal, c) && c)
        return lex_number(lx);
    if (c == '\'' || c == '"')
        return lex_string(lx);
    size_t end = word_end(lx, lx->at);
    if (end == lx->at)
        return lex_operator(lx);
    struct pystr first = pystr_slice(pystr_of(lx->s.s + lx->at, end - lx->at), 0, 1);
    if (!pystr_isalpha(first) && !jinja_is(first, "_"))
        return fail(lx, "a name that begins with no letter");
    push(lx, TOKEN_NAME, pystr_of(lx->s.s + lx->at, end - lx->at));
    advance(lx, end);
    return 0;
}

/* The inside of {{ }} or {% %}, up to its closing mark. */
static int lex_tag(struct lexer *lx, bool is_variable)
{
    push(lx, is_variable ? TOKEN_VARIABLE_BEGIN : TOKEN_BLOCK_BEGIN,
         pystr_z(is_variable ? "{{" : "{%"));
    lx->n_nested = 0;
    for (;;) {
        size_t end = lx->n_nested  ? 0
                     : is_variable ? closing(lx, lx->at, "}}", false, false)
                                   : closing(lx, lx->at, "%}", true, true);
        if (end) {
            push(lx, is_variable ? TOKEN_VARIABLE_END : TOKEN_BLOCK_END,
                 pystr_z(is_variable ? "}}" : "%}"));
            advance(lx, end);
            return 0;
        }
        size_t next = skip_spaces(lx, lx->at);
        if (next > lx->at) {
            advance(lx, next);
            continue;
        }
        if (lx->at == lx->s.n_bytes)
            return fail(lx, is_variable ? "'{{' without '}}'" : "'{%' without '%}'");
        if (lex_one(lx))
            return -1;
    }
}

/* ---- between tags */

static size_t next_tag(const struct lexer *lx)
{
    for (size_t at = lx->at; at + 1 < lx->s.n_bytes; at++)
        if (lx->s.s[at] == '{' && lx->s.s[at + 1] && strchr("%{#", lx->s.s[at + 1]))
            return at;
    return lx->s.n_bytes;
}

int jinja_lex(struct jinja_tokens *out, struct arena *a, struct pystr text, unsigned options,
              struct err *err)
{
    struct lexer lx = {a, out, err, options, normalize(a, text, options), 0, 1, 0, true, {0}, 0};
    int ret = 0;
    *out = (struct jinja_tokens){0};
    while (!ret && lx.at < lx.s.n_bytes) {
        size_t tag = next_tag(&lx), raw = raw_tag(&lx, tag, "raw", false);
        struct pystr data = pystr_of(lx.s.s + lx.at, tag - lx.at);
        if (tag == lx.s.n_bytes) {
            push_data(&lx, data);
            break;
        }
        char kind = lx.s.s[tag + 1], sign = sign_at(&lx, tag + 2);
        push_data(&lx, before_tag(&lx, data, sign, kind == '{'));
        advance(&lx, raw ? raw : tag + 2 + (sign != '\0'));
        ret = raw ? lex_raw(&lx) : kind == '#' ? lex_comment(&lx) : lex_tag(&lx, kind == '{');
    }
    push(&lx, TOKEN_END, pystr_z("the end of the template"));
    return ret;
}
