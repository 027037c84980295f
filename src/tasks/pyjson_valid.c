#include "tasks/pyjson_valid.h"

#include <string.h>

#include "base/banned.h"

enum { DEPTH_MAX = 1000, DIGITS_MAX = 4300 };

struct reader {
    const char *at, *end;
    int depth;
};

static bool value(struct reader *r);

static void skip_space(struct reader *r)
{
    while (r->at < r->end && *r->at && strchr(" \t\n\r", *r->at))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    if (r->at >= r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n))
        return false;
    r->at += n;
    return true;
}

static int digits(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (int)(r->at - from);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool escape(struct reader *r)
{
    if (r->at >= r->end)
        return false;
    char c = *r->at++;
    if (c != 'u')
        return c && strchr("\"\\/bfnrt", c);
    for (int i = 0; i < 4; i++, r->at++)
        if (r->at >= r->end || !is_hex(*r->at))
            return false;
    return true;
}

static bool string(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->at < r->end) {
        unsigned char c = (unsigned char)*r->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !escape(r)))
            return false;
    }
    return false;
}

/* A fraction or exponent that is not complete is left over, and so an error of what follows. */
static bool fraction(struct reader *r)
{
    const char *from = r->at;
    if (take(r, '.') && digits(r))
        return true;
    r->at = from;
    return false;
}

static bool exponent(struct reader *r)
{
    const char *from = r->at;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '-'))
            take(r, '+');
        if (digits(r))
            return true;
    }
    r->at = from;
    return false;
}

static bool number(struct reader *r)
{
    take(r, '-');
    int n = take(r, '0') ? 1 : digits(r);
    bool is_float = fraction(r);
    is_float = exponent(r) || is_float;
    return n > 0 && (is_float || n <= DIGITS_MAX);
}

static bool member(struct reader *r)
{
    if (!string(r))
        return false;
    skip_space(r);
    if (!take(r, ':'))
        return false;
    skip_space(r);
    return value(r);
}

/* The rest of an object or array, after its bracket. */
static bool items(struct reader *r, bool (*item)(struct reader *r), char close)
{
    skip_space(r);
    if (take(r, close))
        return true;
    do {
        skip_space(r);
        if (!item(r))
            return false;
        skip_space(r);
    } while (take(r, ','));
    return take(r, close);
}

static bool container(struct reader *r)
{
    bool is_object = *r->at++ == '{';
    if (++r->depth > DEPTH_MAX)
        return false;
    bool is = items(r, is_object ? member : value, is_object ? '}' : ']');
    r->depth--;
    return is;
}

static bool value(struct reader *r)
{
    static const char *const words[] = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};
    if (r->at >= r->end)
        return false;
    if (*r->at == '"')
        return string(r);
    if (*r->at == '{' || *r->at == '[')
        return container(r);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (take_word(r, words[i]))
            return true;
    return number(r);
}

bool pyjson_is_valid(const char *text, size_t n_bytes)
{
    struct reader r = {.at = text, .end = text + n_bytes};
    skip_space(&r);
    if (!value(&r))
        return false;
    skip_space(&r);
    return r.at == r.end;
}
