#include "convert/modelid.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pystr.h"
#include "base/regex.h"

#include "base/banned.h"

enum { PARTS_MAX = 64 };
enum { IS_BASENAME = 1, IS_SIZE = 2, IS_FINETUNE = 4, IS_VERSION = 8, IS_TYPE = 16 };

static const char version_pattern[] = "^(?:(v|iter)?\\d+([.]\\d+)*)\\Z";
static const char type_pattern[] = "^(?:i?q\\d(_\\w)*|b?fp?(16|32))\\Z";
static const char size_pattern[] = "^(?:(([A]|\\d+[x])?\\d+([._]\\d+)?[KMBT][\\d]?|small|mini|medium|large|x?xl))\\Z";
static const char finetune_pattern[] = "^(?:chat|instruct|vision|lora)\\Z";
static const char no_title_pattern[] = "^(v\\d+(?:\\.\\d+)*|\\d.*)$";

struct parts {
    char *v[PARTS_MAX];
    unsigned kinds[PARTS_MAX];
    int n;
};

static bool matches(const char *pattern, unsigned flags, const char *text)
{
    struct regex *re;
    struct regex_span span;
    if (regex_compile(&re, pattern, flags, NULL))
        return false;
    struct regex_iter it = regex_each(re, text, strlen(text));
    const bool is_match = regex_next(&it, &span, 1, NULL) > 0;
    regex_close(re);
    return is_match;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- sizes ---- */

/* 7b1 is 7.1B; 1_5b is 1.5B; a letter after a digit is a capital. */
static char *normal_size(struct arena *a, const char *part)
{
    char *s = arena_strdup(a, part);
    for (char *c = s; *c; c++)
        if (*c == '_')
            *c = '.';
    size_t n = strlen(s);
    if (is_digit(s[n - 1])) {
        const char letter = s[n - 2], digit = s[n - 1];
        s = arena_printf(a, "%.*s.%c%c", (int)(n - 2), s, digit, letter);
        n++;
    }
    if (n > 1 && is_digit(s[n - 2]) && strchr("kmbt", s[n - 1]))
        s[n - 1] = (char)toupper((unsigned char)s[n - 1]);
    return s;
}

/* Python's float() of what stands before the letter. */
static bool size_of(double *out, const char *part)
{
    const size_t n = strlen(part) - 1;
    char text[64], *end;
    const char *const units = " KMBT", *unit = strchr(units, part[n]);
    if (n == 0 || n >= sizeof text || !is_digit(part[0]))
        return false;
    memcpy(text, part, n);
    text[n] = '\0';
    const double x = strtod(text, &end);
    if (*end != '\0')
        return false;
    *out = x * pow(1000, unit ? (double)(unit - units) : -1);
    return true;
}

static void annotate_size(struct parts *p, int i, struct arena *a, int64_t n_params)
{
    char *part = normal_size(a, p->v[i]);
    double size;
    if (n_params > 0 && size_of(&size, part) && fabs(size - (double)n_params) > (double)(7 * n_params / 8)) {
        const size_t n = strlen(part);
        p->kinds[i] |= IS_FINETUNE; /* likely a context length */
        part[n - 1] = (char)tolower((unsigned char)part[n - 1]);
    }
    if (p->kinds[i] == 0)
        p->kinds[i] |= IS_SIZE;
    p->v[i] = part;
}

/* ---- parts ---- */

static void split(struct parts *p, struct arena *a, const char *name)
{
    while (*name && p->n < PARTS_MAX) {
        const size_t n = strcspn(name, "-");
        if (n > 0)
            p->v[p->n++] = arena_strndup(a, name, n);
        name += n + (name[n] == '-');
    }
}

static void annotate(struct parts *p, struct arena *a, int64_t n_params)
{
    for (int i = 0; i < p->n; i++) {
        if (matches(version_pattern, REGEX_IGNORECASE, p->v[i])) {
            p->kinds[i] |= IS_VERSION;
        } else if (matches(type_pattern, REGEX_IGNORECASE, p->v[i])) {
            p->kinds[i] |= IS_TYPE;
            for (char *c = p->v[i]; *c; c++)
                *c = (char)toupper((unsigned char)*c);
        } else if (i > 0 && matches(size_pattern, REGEX_IGNORECASE, p->v[i])) {
            annotate_size(p, i, a, n_params);
        } else if (i > 0 && matches(finetune_pattern, REGEX_IGNORECASE, p->v[i])) {
            p->kinds[i] |= IS_FINETUNE;
        }
    }
}

/* "mini" is no size where a number says one. */
static void drop_word_sizes(struct parts *p)
{
    bool has_number = false;
    for (int i = 0; i < p->n; i++)
        has_number |= (p->kinds[i] & IS_SIZE) && strpbrk(p->v[i], "0123456789");
    for (int i = 0; i < p->n && has_number; i++)
        if ((p->kinds[i] & IS_SIZE) && pystr_isalpha(pystr_z(p->v[i])))
            p->kinds[i] &= ~(unsigned)IS_SIZE;
}

static void find_basename(struct parts *p)
{
    bool at_start = true;
    for (int i = 0; i < p->n; i++) {
        const struct pystr first = pystr_slice(pystr_z(p->v[i]), 0, 1);
        if (at_start && ((p->kinds[i] == 0 && pystr_isalpha(first)) || (p->kinds[i] & IS_VERSION))) {
            p->kinds[i] |= IS_BASENAME;
            continue;
        }
        at_start = false;
        if (p->kinds[i] == 0)
            p->kinds[i] |= IS_FINETUNE;
    }
    for (int i = p->n - 1; i >= 0 && (p->kinds[i] & IS_BASENAME) && p->kinds[i] != IS_BASENAME; i--)
        p->kinds[i] &= ~(unsigned)IS_BASENAME; /* a version at the end is none of the base name */
}

static bool stands_before(const struct parts *p, int at, unsigned kind)
{
    for (int i = 0; i < at; i++)
        if ((p->kinds[i] & kind) && strcmp(p->v[i], p->v[at]) == 0)
            return true;
    return false;
}

/* The parts of a kind, joined; NULL when there are none. */
static const char *joined(const struct parts *p, struct arena *a, unsigned kind, unsigned without, bool once)
{
    const char *out = NULL;
    for (int i = 0; i < p->n; i++)
        if ((p->kinds[i] & kind) && !(p->kinds[i] & without) && !(once && stands_before(p, i, kind)))
            out = out ? arena_printf(a, "%s-%s", out, p->v[i]) : p->v[i];
    return out;
}

void modelid_parse(struct modelid *out, struct arena *a, const char *id, int64_t n_params)
{
    const char *slash = strchr(id, '/');
    struct parts p = { 0 };
    *out = (struct modelid){ .full = arena_strdup(a, id) };
    if (strchr(id, ' '))
        return;
    if (slash) {
        out->org = slash > id && id[0] != '.' ? arena_strndup(a, id, (size_t)(slash - id)) : NULL;
        out->full = arena_strdup(a, slash + 1);
    }
    split(&p, a, out->full);
    annotate(&p, a, n_params);
    drop_word_sizes(&p);
    find_basename(&p);
    out->basename = joined(&p, a, IS_BASENAME, 0, false);
    out->size_label = joined(&p, a, IS_SIZE, 0, true);
    out->finetune = joined(&p, a, IS_FINETUNE, 0, false);
    out->version = joined(&p, a, IS_VERSION, IS_BASENAME, false);
    if (!out->size_label && !out->finetune && !out->version)
        out->basename = NULL; /* too ambiguous */
}

const char *modelid_title(struct arena *a, const char *name)
{
    struct buf spaced = BUF_INIT, text = BUF_INIT;
    struct pystr word;
    pystr_replace(&spaced, pystr_strip(pystr_z(name), NULL), pystr_z("-"), pystr_z(" "), -1);
    struct pystr_split it = pystr_split(pystr_of(spaced.data, spaced.len), NULL, -1);
    while (pystr_next(&it, &word)) {
        const char *copy = arena_strndup(a, word.s, word.n_bytes);
        if (text.len > 0)
            buf_putc(&text, ' ');
        if (pystr_islower(word) && !matches(no_title_pattern, 0, copy))
            pystr_title(&text, word);
        else
            buf_puts(&text, copy);
    }
    const char *out = arena_strdup(a, text.data);
    buf_release(&spaced);
    buf_release(&text);
    return out;
}

const char *modelid_size_label(struct arena *a, int64_t n_params)
{
    static const struct {
        double above, scale;
        char unit;
    } units[] = { { 1e12, 1e-12, 'T' }, { 1e9, 1e-9, 'B' }, { 1e6, 1e-6, 'M' }, { -1, 1e-3, 'K' } };
    int i = 0;
    while ((double)n_params <= units[i].above)
        i++;
    const double x = (double)n_params * units[i].scale;
    const char *whole = arena_printf(a, "%.0f", rint(x));
    const int n_digits = whole[0] == '0' ? 0 : (int)strlen(whole);
    return arena_printf(a, "%.*f%c", n_digits < 2 ? 2 - n_digits : 0, x, units[i].unit);
}
