#include "data/column.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/valbuf.h"

#include "base/banned.h"

/* How a text reads as a number. pandas lets the first text of a column that is none decide what is tried next. */
enum parsed { PARSED, TOO_LARGE, NOT_ONE };

struct column {
    yyjson_val *const *row;
    int64_t n;
    size_t index;
    bool has_null;
};

static yyjson_val *cell(const struct column *c, int64_t i)
{
    return c->row[i] + 2 + 2 * c->index; /* the object, pairs of key and text */
}

/* ---- null ---- */

static const char *const null_texts[] = {"",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
                                         "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
                                         "NaN",  "None",   "n/a",      "nan",  "null"};

static bool is_null_text(yyjson_val *v)
{
    enum { LONGEST_BYTES = 8 };
    if (unsafe_yyjson_get_len(v) > LONGEST_BYTES)
        return false;
    for (size_t i = 0; i < sizeof(null_texts) / sizeof(*null_texts); i++)
        if (unsafe_yyjson_equals_str(v, null_texts[i]))
            return true;
    return false;
}

/* Makes nulls of the texts that mean it; gives how many texts are left. */
static int64_t set_nulls(struct column *c)
{
    int64_t left = 0;
    for (int64_t i = 0; i < c->n; i++) {
        yyjson_val *v = cell(c, i);
        if (is_null_text(v))
            *v = (yyjson_val){.tag = YYJSON_TYPE_NULL};
        else
            left++;
    }
    c->has_null = left < c->n;
    return left;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_space(const char *s)
{
    while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        s++;
    return s;
}

static const char *skip_digits(const char *s)
{
    while (is_digit(*s))
        s++;
    return s;
}

/* The whole text is one number and white space; a NUL inside it is neither. */
static bool ends_here(const char *s, yyjson_val *v)
{
    return skip_space(s) == unsafe_yyjson_get_str(v) + unsafe_yyjson_get_len(v);
}

/* Sign and size of a whole number up to 2^64 - 1. */
static enum parsed parse_whole(yyjson_val *v, bool *out_negative, uint64_t *out)
{
    const char *s = skip_space(unsafe_yyjson_get_str(v));
    *out_negative = *s == '-';
    s += *s == '-' || *s == '+';
    if (!is_digit(*s))
        return NOT_ONE;
    for (*out = 0; is_digit(*s); s++)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, (uint64_t)(*s - '0'), out))
            return TOO_LARGE;
    return ends_here(s, v) ? PARSED : NOT_ONE;
}

static enum parsed parse_int(yyjson_val *v, int64_t *out)
{
    bool negative;
    uint64_t size;
    enum parsed p = parse_whole(v, &negative, &size);
    if (p != PARSED)
        return p;
    if (size > (uint64_t)INT64_MAX + negative)
        return TOO_LARGE;
    *out = (int64_t)(negative ? 0 - size : size);
    return PARSED;
}

static bool is_infinity(const char *s, size_t *out_n)
{
    *out_n = !strncasecmp(s, "infinity", 8) ? 8 : 3;
    return !strncasecmp(s, "inf", 3);
}

/* strtod() alone would take hexadecimal and "nan(x)" too. */
static bool parse_real(yyjson_val *v, double *out)
{
    const char *start = skip_space(unsafe_yyjson_get_str(v)), *s = start;
    size_t n;
    s += *s == '-' || *s == '+';
    if (is_infinity(s, &n)) {
        *out = strtod(start, NULL);
        return ends_here(s + n, v);
    }
    const char *digits = s;
    s = skip_digits(s);
    bool has_digits = s > digits;
    if (*s == '.') {
        const char *after = s + 1;
        s = skip_digits(after);
        has_digits = has_digits || s > after;
    }
    if (!has_digits)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        if (!is_digit(*s))
            return false;
        s = skip_digits(s);
    }
    *out = strtod(start, NULL);
    return ends_here(s, v);
}

static bool parse_bool(yyjson_val *v, bool *out)
{
    size_t n = unsafe_yyjson_get_len(v);
    const char *s = unsafe_yyjson_get_str(v);
    *out = n == 4;
    return (n == 4 && !strncasecmp(s, "true", 4)) || (n == 5 && !strncasecmp(s, "false", 5));
}

/* ---- which type ---- */

static enum parsed all_ints(const struct column *c)
{
    int64_t ignored;
    for (int64_t i = 0; i < c->n; i++) {
        enum parsed p = yyjson_is_null(cell(c, i)) ? PARSED : parse_int(cell(c, i), &ignored);
        if (p != PARSED)
            return p;
    }
    return PARSED;
}

/* TOO_LARGE also for what no unsigned column can hold: negative numbers and nulls. */
static enum parsed all_uints(const struct column *c)
{
    bool any_negative = false, negative;
    uint64_t size;
    for (int64_t i = 0; i < c->n; i++) {
        enum parsed p = yyjson_is_null(cell(c, i)) ? PARSED : parse_whole(cell(c, i), &negative, &size);
        if (p != PARSED)
            return p;
        any_negative |= !yyjson_is_null(cell(c, i)) && negative;
    }
    return any_negative || c->has_null ? TOO_LARGE : PARSED;
}

static bool all_reals(const struct column *c)
{
    double ignored;
    for (int64_t i = 0; i < c->n; i++)
        if (!yyjson_is_null(cell(c, i)) && !parse_real(cell(c, i), &ignored))
            return false;
    return true;
}

static bool all_bools(const struct column *c)
{
    bool ignored;
    for (int64_t i = 0; i < c->n; i++)
        if (!yyjson_is_null(cell(c, i)) && !parse_bool(cell(c, i), &ignored))
            return false;
    return true;
}

/* ---- rewriting: each is called when all texts of the column parse ---- */

static void set_int(yyjson_val *v)
{
    int64_t i = 0;
    parse_int(v, &i);
    value_set_int(v, i);
}

static void set_uint(yyjson_val *v)
{
    bool negative;
    uint64_t size = 0;
    parse_whole(v, &negative, &size);
    unsafe_yyjson_set_uint(v, size);
}

static void set_real(yyjson_val *v)
{
    double d = 0;
    parse_real(v, &d);
    unsafe_yyjson_set_tag(v, YYJSON_TYPE_NUM, YYJSON_SUBTYPE_REAL, 0);
    v->uni.f64 = d;
}

static void set_bool(yyjson_val *v)
{
    bool b = false;
    parse_bool(v, &b);
    *v = (yyjson_val){0};
    unsafe_yyjson_set_bool(v, b);
}

static void rewrite(const struct column *c, void (*set)(yyjson_val *v))
{
    for (int64_t i = 0; i < c->n; i++)
        if (!yyjson_is_null(cell(c, i)))
            set(cell(c, i));
}

void column_infer(yyjson_val *const *row, int64_t n, size_t index)
{
    struct column c = {.row = row, .n = n, .index = index};
    if (!set_nulls(&c))
        return;
    enum parsed ints = all_ints(&c);
    enum parsed uints = ints == TOO_LARGE ? all_uints(&c) : NOT_ONE;
    if (ints == PARSED)
        rewrite(&c, c.has_null ? set_real : set_int);
    else if (uints == PARSED)
        rewrite(&c, set_uint);
    else if (uints != TOO_LARGE && all_reals(&c))
        rewrite(&c, set_real);
    else if (all_bools(&c))
        rewrite(&c, set_bool);
}
