#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

/* str.isspace's set, inside brackets; PCRE2's \s lacks four control characters and has U+180E. */
#define SPACES                                                                                     \
    "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"

struct regex {
    pcre2_code *code;     /* for text that is UTF-8: each search would check all of it again */
    pcre2_code *code_any; /* for any bytes */
    pcre2_match_data *match; /* reused by each search: hence one thread a regex */
};

/* "{,3}" means {0,3} in Python; PCRE2 before 10.43 takes it for plain text. */
static bool is_open_range(const char *s)
{
    if (s[0] != '{' || s[1] != ',')
        return false;
    size_t n_digits = strspn(s + 2, "0123456789");
    return n_digits && s[2 + n_digits] == '}';
}

/* Where the text after an opening '[' goes on: a ']' there is a plain character. */
static size_t class_head_len(const char *s)
{
    size_t n = 1 + (s[1] == '^');
    return n + (s[n] == ']');
}

/* What PCRE2 has to be told instead of the n bytes at s, or NULL. */
static const char *translation(const char *s, bool in_class)
{
    if (!strncmp(s, "\\s", 2))
        return in_class ? SPACES : "[" SPACES "]";
    if (in_class)
        return NULL;
    if (!strncmp(s, "\\S", 2))
        return "[^" SPACES "]";
    if (!strncmp(s, "\\Z", 2))
        return "\\z";
    return is_open_range(s) ? "{0" : NULL;
}

static void translate(struct buf *out, const char *s)
{
    bool in_class = false;
    while (*s) {
        size_t n = 1;
        if (*s == '\\' && s[1]) {
            n = 2;
        } else if (!in_class && *s == '[') {
            in_class = true;
            n = class_head_len(s);
        } else if (*s == ']') {
            in_class = false;
        }
        const char *other = translation(s, in_class);
        if (other)
            buf_puts(out, other);
        else
            buf_append(out, s, n);
        s += n;
    }
}

static uint32_t pcre2_options(unsigned flags)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP;
    if (flags & REGEX_IGNORECASE)
        options |= PCRE2_CASELESS;
    if (flags & REGEX_MULTILINE)
        options |= PCRE2_MULTILINE;
    if (flags & REGEX_DOTALL)
        options |= PCRE2_DOTALL;
    return options;
}

static void message_of(int code, char *out, size_t out_bytes)
{
    pcre2_get_error_message(code, (PCRE2_UCHAR *)out, out_bytes);
}

/* Debian's PCRE2 takes LF as the newline, others may not; Python's '.' and '$' know only LF. */
static pcre2_code *compile_text(const struct buf *text, uint32_t options, int *code, size_t *at)
{
    pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
    if (!ctx)
        return NULL;
    pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
    pcre2_set_compile_extra_options(ctx, PCRE2_EXTRA_ALT_BSUX);
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)text->data, text->len, options, code, at, ctx);
    pcre2_compile_context_free(ctx);
    return re;
}

int regex_compile(struct regex **out, const char *pattern, unsigned flags, struct err *err)
{
    int ret = -1, code = PCRE2_ERROR_NOMEMORY;
    size_t at = 0;
    struct buf text = BUF_INIT;
    translate(&text, pattern);
    uint32_t options = pcre2_options(flags);
    pcre2_code *re = compile_text(&text, options, &code, &at);
    pcre2_code *any = re ? compile_text(&text, options | PCRE2_MATCH_INVALID_UTF, &code, &at) : NULL;
    if (!any) {
        char why[200] = "";
        message_of(code, why, sizeof(why));
        err_set(err, ERR_FORMAT, "regular expression '%s', character %zu: %s", pattern, at + 1,
                why);
        pcre2_code_free(re);
        goto done;
    }
    *out = xmalloc(sizeof(**out));
    **out = (struct regex){.code = re, .code_any = any};
    (*out)->match = pcre2_match_data_create_from_pattern(re, NULL);
    ret = 0;
done:
    buf_release(&text);
    return ret;
}

void regex_close(struct regex *re)
{
    if (!re)
        return;
    pcre2_match_data_free(re->match);
    pcre2_code_free(re->code);
    pcre2_code_free(re->code_any);
    free(re);
}

int regex_n_groups(const struct regex *re)
{
    uint32_t n = 0;
    pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &n);
    return (int)n;
}

struct regex_iter regex_each(const struct regex *re, const char *text, size_t len)
{
    return (struct regex_iter){.re = re, .text = text, .len = len, .is_utf8 = utf8_is_valid(text, len)};
}

static void copy_spans(const struct regex *re, int n_found, struct regex_span *span, int n_span)
{
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(re->match);
    for (int i = 0; i < n_span; i++) {
        bool took_part = i < n_found && v[2 * i] != PCRE2_UNSET;
        span[i].start = took_part ? v[2 * i] : SIZE_MAX;
        span[i].end = took_part ? v[2 * i + 1] : SIZE_MAX;
    }
}

/* After an empty match the same place is tried again for one that is not empty, as sre does. */
int regex_next(struct regex_iter *it, struct regex_span *span, int n_span, struct err *err)
{
    const struct regex *re = it->re;
    uint32_t options = (it->after_empty ? PCRE2_NOTEMPTY_ATSTART : 0) | (it->is_utf8 ? PCRE2_NO_UTF_CHECK : 0);
    const pcre2_code *code = it->is_utf8 ? re->code : re->code_any;
    int n = pcre2_match(code, (PCRE2_SPTR)it->text, it->len, it->at, options, re->match, NULL);
    if (n == PCRE2_ERROR_NOMATCH)
        return 0;
    if (n < 0) {
        char why[200] = "";
        message_of(n, why, sizeof(why));
        return err_set(err, ERR_RANGE, "regular expression: %s", why);
    }
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(re->match);
    it->at = v[1];
    it->after_empty = v[0] >= v[1];
    copy_spans(re, n, span, n_span);
    return 1;
}

/* One piece of a replacement at *w: a group of the match, or a byte; moves *w on. */
static void put_piece(struct buf *out, const char **w, const char *text, const struct regex_span *span)
{
    const char *s = *w;
    int group = -1;
    if (!strncmp(s, "\\g<0>", 5)) {
        group = 0;
        *w += 5;
    } else if (s[0] == '\\' && s[1] >= '1' && s[1] <= '9') {
        group = s[1] - '0';
        *w += 2;
    } else {
        buf_putc(out, s[0]);
        *w += 1;
    }
    if (group >= 0 && span[group].start != SIZE_MAX)
        buf_append(out, text + span[group].start, span[group].end - span[group].start);
}

int regex_sub(struct buf *out, const struct regex *re, const char *with, const char *text, size_t len,
              struct err *err)
{
    struct regex_iter it = regex_each(re, text, len);
    struct regex_span span[10];
    size_t from = 0;
    int ret;
    while ((ret = regex_next(&it, span, 10, err)) > 0) {
        buf_append(out, text + from, span[0].start - from);
        for (const char *w = with; *w;)
            put_piece(out, &w, text, span);
        from = span[0].end;
    }
    if (ret == 0)
        buf_append(out, text + from, len - from);
    return ret;
}

int regex_count(const struct regex *re, const char *text, size_t len, size_t *out_n, struct err *err)
{
    struct regex_iter it = regex_each(re, text, len);
    struct regex_span span;
    int ret;
    *out_n = 0;
    while ((ret = regex_next(&it, &span, 1, err)) > 0)
        ++*out_n;
    return ret;
}
