#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

#include "base/banned.h"

struct regex {
    pcre2_code *code;
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
        if (!in_class && !strncmp(s, "\\Z", 2))
            buf_puts(out, "\\z");
        else if (!in_class && is_open_range(s))
            buf_puts(out, "{0");
        else
            buf_append(out, s, n);
        s += n;
    }
}

static uint32_t pcre2_options(unsigned flags)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
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
static pcre2_code *compile_text(const struct buf *text, unsigned flags, int *code, size_t *at)
{
    pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
    if (!ctx)
        return NULL;
    pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
    pcre2_set_compile_extra_options(ctx, PCRE2_EXTRA_ALT_BSUX);
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)text->data, text->len, pcre2_options(flags), code, at, ctx);
    pcre2_compile_context_free(ctx);
    return re;
}

int regex_compile(struct regex **out, const char *pattern, unsigned flags, struct err *err)
{
    int ret = -1, code = PCRE2_ERROR_NOMEMORY;
    size_t at = 0;
    struct buf text = BUF_INIT;
    translate(&text, pattern);
    pcre2_code *re = compile_text(&text, flags, &code, &at);
    if (!re) {
        char why[200] = "";
        message_of(code, why, sizeof(why));
        err_set(err, ERR_FORMAT, "regular expression '%s', character %zu: %s", pattern, at + 1,
                why);
        goto done;
    }
    *out = xmalloc(sizeof(**out));
    **out = (struct regex){.code = re, .match = pcre2_match_data_create_from_pattern(re, NULL)};
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
    return (struct regex_iter){.re = re, .text = text, .len = len};
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
    uint32_t options = it->after_empty ? PCRE2_NOTEMPTY_ATSTART : 0;
    int n = pcre2_match(re->code, (PCRE2_SPTR)it->text, it->len, it->at, options, re->match, NULL);
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
