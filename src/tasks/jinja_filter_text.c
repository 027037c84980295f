/* Filters over text and numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/regex.h"
#include "base/utf8.h"
#include "tasks/jinja_call.h"

#include "base/banned.h"

/* ---- filters over text */

JINJA_FN(filter_string)
{
    (void)b;
    return jinja_text_like(v, jinja_text(r, v));
}

JINJA_FN(filter_lower)
{
    (void)b;
    return jinja_map_text(r, v, pystr_lower);
}

JINJA_FN(filter_upper)
{
    (void)b;
    return jinja_map_text(r, v, pystr_upper);
}

JINJA_FN(filter_capitalize)
{
    (void)b;
    return jinja_map_text(r, v, pystr_capitalize);
}

/* Of Jinja, not str.title(): words begin after spaces, dashes and opening brackets. */
static void title_words(struct buf *out, struct pystr s)
{
    bool is_start = true;
    size_t from = 0;
    for (size_t at = 0, end = 0; at <= s.n_bytes; at = end) {
        int32_t c = at < s.n_bytes ? utf8_next(s.s, s.n_bytes, &end) : ' ';
        bool is_between = pystr_is_space_code(c) || (c && c < 0x80 && strchr("-({[<", (int)c));
        if (!is_start && is_between)
            pystr_lower(out, pystr_of(s.s + from, at - from));
        if (at == s.n_bytes)
            return;
        if (is_between)
            buf_append(out, s.s + at, end - at);
        else if (is_start) {
            pystr_upper(out, pystr_of(s.s + at, end - at));
            from = end;
        }
        is_start = is_between;
    }
}

JINJA_FN(filter_title)
{
    (void)b;
    return jinja_map_text(r, v, title_words);
}

JINJA_FN(filter_trim)
{
    struct pystr chars = jinja_given(b->p[0]) ? jinja_need_text(r, b->p[0]) : pystr_z("");
    return jinja_text_like(v, pystr_strip(jinja_text(r, v), jinja_given(b->p[0]) ? &chars : NULL));
}

JINJA_FN(filter_replace)
{
    struct buf out = BUF_INIT;
    int64_t max = jinja_given(b->p[2]) ? jinja_int_or(r, b->p[2], -1) : -1;
    pystr_replace(&out, jinja_text(r, v), jinja_text(r, *b->p[0]), jinja_text(r, *b->p[1]), max);
    return jinja_take(r, &out);
}

JINJA_FN(filter_indent)
{
    struct pystr rest = jinja_need_text(r, &v), line;
    bool is_blank = jinja_truth_or(r, b->p[2], false), is_text = b->p[0] && b->p[0]->type == PY_STR;
    struct pyval width = py_int(is_text ? 0 : jinja_int_or(r, b->p[0], 4));
    struct pystr indent =
        is_text ? b->p[0]->s : jinja_op(r, pystr_z("*"), py_str(pystr_z(" ")), width).s;
    struct buf text = BUF_INIT, out = BUF_INIT;
    if (v.flag || r->failed)
        return jinja_fail(r, "'indent' of this value is not supported");
    buf_append(&text, rest.s, rest.n_bytes);
    buf_putc(&text, '\n');
    rest = pystr_of(text.data, text.len);
    for (int i = 0; jinja_next_line(&rest, &line); i++) {
        buf_puts(&out, i ? "\n" : "");
        if (i ? is_blank || line.n_bytes : jinja_truth_or(r, b->p[1], false))
            buf_append(&out, indent.s, indent.n_bytes);
        buf_append(&out, line.s, line.n_bytes);
    }
    buf_release(&text);
    return jinja_take(r, &out);
}

static void put_replacement(struct jinja_run *r, struct buf *out, struct pystr with,
                            struct pystr text, const struct regex_span *span, int n_groups)
{
    for (size_t i = 0; i < with.n_bytes; i++) {
        if (with.s[i] != '\\') {
            buf_putc(out, with.s[i]);
            continue;
        }
        int group = i + 1 < with.n_bytes ? with.s[i + 1] - '0' : -1;
        bool is_two = i + 2 < with.n_bytes && with.s[i + 2] >= '0' && with.s[i + 2] <= '9';
        if (group < 1 || group > 9 || group > n_groups || is_two) {
            jinja_fail(r, "'regex_replace' knows \\1 to \\9 alone in a replacement");
            return;
        }
        if (span[group].start != SIZE_MAX)
            buf_append(out, text.s + span[group].start, span[group].end - span[group].start);
        i++;
    }
}

/* lm-evaluation-harness's own: re.sub(pattern, with, text, count) */
JINJA_FN(filter_regex_replace)
{
    struct pystr text = jinja_need_text(r, &v), with = jinja_need_text(r, b->p[1]),
                 pattern = jinja_need_text(r, b->p[0]);
    int64_t max = jinja_int_or(r, b->p[2], 0);
    struct regex *re = NULL;
    struct regex_span span[10];
    struct buf out = BUF_INIT;
    struct err err = {0};
    size_t done = 0;
    int found = 0;
    if (r->failed)
        return py_none();
    char *z = arena_strndup(r->arena, pattern.s, pattern.n_bytes);
    if (strlen(z) != pattern.n_bytes || regex_compile(&re, z, 0, &err))
        return jinja_fail(r, "'regex_replace': %s", err.msg);
    struct regex_iter it = regex_each(re, text.s, text.n_bytes);
    for (int64_t n = 0;
         (max <= 0 || n < max) && !r->failed && (found = regex_next(&it, span, 10, &err)) > 0;
         n++) {
        buf_append(&out, text.s + done, span[0].start - done);
        put_replacement(r, &out, with, text, span, regex_n_groups(re));
        done = span[0].end;
    }
    if (found < 0)
        jinja_fail(r, "'regex_replace': %s", err.msg);
    buf_append(&out, text.s + done, text.n_bytes - done);
    regex_close(re);
    return jinja_take(r, &out);
}

JINJA_FN(filter_safe)
{
    UNUSED;
    struct pyval out = py_str(jinja_text(r, v));
    out.flag = true;
    return out;
}

/* ---- numbers out of text */

/* Digits with single underscores between them. */
static size_t skip_digits(const char *s, size_t i)
{
    while ((s[i] >= '0' && s[i] <= '9') || (s[i] == '_' && i && s[i - 1] != '_' && s[i - 1] >= '0'))
        i++;
    return i && s[i - 1] == '_' ? i - 1 : i;
}

/* The text without spaces around it, in the arena; "?", which is no number, where it is not ASCII. */
static char *number_text(struct jinja_run *r, struct pystr s)
{
    s = pystr_strip(s, NULL);
    char *z = arena_alloc(r->arena, s.n_bytes + 2);
    bool is_ascii = true;
    for (size_t at = 0, end = 0; at < s.n_bytes; at = end) {
        is_ascii &= utf8_next(s.s, s.n_bytes, &end) < 0x80;
        if (end - at > 1 && pystr_isdecimal(pystr_of(s.s + at, end - at)))
            jinja_fail(r, "a number of digits beyond ASCII is not supported");
        memcpy(z + at, s.s + at, end - at);
    }
    if (!is_ascii)
        memcpy(z, "?", 2);
    return z;
}

static void drop_underscores(char *z)
{
    char *to = z;
    for (; *z; z++)
        if (*z != '_')
            *to++ = *z;
    *to = '\0';
}

/* int(text): false where Python says ValueError. */
static bool int_from_text(struct jinja_run *r, struct pystr s, int64_t *out)
{
    char *z = number_text(r, s);
    size_t sign = *z == '-' || *z == '+', end = skip_digits(z + sign, 0) + sign;
    if (end == sign || z[end] || strlen(z) != end)
        return false;
    drop_underscores(z);
    if (strlen(z) > 18)
        jinja_fail(r, "an integer beyond 64 bits");
    *out = strtoll(z, NULL, 10);
    return true;
}

static bool is_float_word(const char *z)
{
    return !strcasecmp(z, "inf") || !strcasecmp(z, "infinity") || !strcasecmp(z, "nan");
}

/* float(text) */
static bool float_from_text(struct jinja_run *r, struct pystr s, double *out)
{
    char *z = number_text(r, s);
    size_t sign = *z == '-' || *z == '+', at = sign, end = skip_digits(z + at, 0) + at;
    bool has_digits = end > at;
    if (z[end] == '.') {
        at = end + 1;
        end = at + skip_digits(z + at, 0);
        has_digits |= end > at;
    }
    if (has_digits && (z[end] | 0x20) == 'e') {
        at = end + 1 + (z[end + 1] == '-' || z[end + 1] == '+');
        size_t exponent = at + skip_digits(z + at, 0);
        has_digits = exponent > at;
        end = exponent;
    }
    if (!is_float_word(z + sign) && (!has_digits || z[end]))
        return false;
    drop_underscores(z);
    *out = strtod(z, NULL);
    return true;
}

static struct pyval truncated(struct jinja_run *r, double f, struct pyval fallback)
{
    if (isnan(f))
        return fallback;
    if (fabs(f) >= 0x1p63)
        return jinja_fail(r, "an integer beyond 64 bits");
    return py_int((int64_t)f);
}

JINJA_FN(filter_int)
{
    struct pyval fallback = b->p[0] ? *b->p[0] : py_int(0);
    int64_t i;
    double f;
    if (!jinja_defined(r, v) || jinja_int_or(r, b->p[1], 10) != 10)
        return jinja_fail(r, "'int' knows base 10 alone");
    if (v.type == PY_STR && int_from_text(r, v.s, &i))
        return py_int(i);
    if (v.type == PY_STR && float_from_text(r, v.s, &f))
        return isinf(f) ? fallback : truncated(r, f, fallback);
    if (v.type == PY_FLOAT)
        return truncated(r, v.f, fallback);
    return py_is_number(v) ? py_int(v.i) : fallback;
}

JINJA_FN(filter_float)
{
    double f;
    if (!jinja_defined(r, v))
        return py_none();
    if (py_is_number(v))
        return py_float(py_as_double(v));
    if (v.type == PY_STR && float_from_text(r, v.s, &f))
        return py_float(f);
    return b->p[0] ? *b->p[0] : py_float(0);
}

JINJA_FN(filter_abs)
{
    (void)b;
    if (!jinja_defined(r, v) || !py_is_number(v))
        return jinja_fail(r, "'abs' of a %s", py_type_name(v));
    bool is_negative = v.type == PY_FLOAT ? signbit(v.f) : v.i < 0;
    return jinja_unary(r, pystr_z(is_negative ? "-" : "+"), v);
}

JINJA_FN(filter_round)
{
    struct pystr how = jinja_text_or(r, b->p[1], "common");
    int64_t digits = jinja_int_or(r, b->p[0], 0);
    if (!jinja_defined(r, v) || !py_is_number(v) || digits < 0 || digits > 15)
        return jinja_fail(r, "'round' of a %s to %lld digits is not supported", py_type_name(v),
                          (long long)digits);
    double scale = pow(10, (double)digits), f = py_as_double(v);
    if (jinja_is(how, "common")) {
        if (v.type != PY_FLOAT)
            return py_int(v.i);
        struct buf text = BUF_INIT; /* printf rounds the exact value, as Python does */
        buf_printf(&text, "%.*f", (int)digits, f);
        f = strtod(text.data, NULL);
        buf_release(&text);
        return py_float(f);
    }
    if (!jinja_is(how, "ceil") && !jinja_is(how, "floor"))
        return jinja_fail(r, "'round' knows common, ceil and floor");
    f = jinja_is(how, "ceil") ? ceil(f * scale) : floor(f * scale);
    return fabs(f) < 0x1p53 ? py_float((f + 0.0) / scale)
                            : jinja_fail(r, "'round' of such a large number");
}
