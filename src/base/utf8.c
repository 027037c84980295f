#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

#include "base/banned.h"

enum { REPLACEMENT = 0xfffd };

/* Bytes of the code point at s, or 0 where there is none. */
static size_t decode(const char *s, size_t n_bytes, int32_t *out)
{
    utf8proc_ssize_t room = n_bytes > 4 ? 4 : (utf8proc_ssize_t)n_bytes;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, room, out);
    return n > 0 ? (size_t)n : 0;
}

bool utf8_is_valid(const char *s, size_t n_bytes)
{
    int32_t c;
    for (size_t i = 0; i < n_bytes;) {
        size_t n = decode(s + i, n_bytes - i, &c);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

int32_t utf8_next(const char *s, size_t n_bytes, size_t *i)
{
    int32_t c;
    size_t n = decode(s + *i, n_bytes - *i, &c);
    *i += n ? n : 1;
    return n ? c : REPLACEMENT;
}

/* Sequences by their first byte: the range of the second, and how many follow the first (Unicode, table 3-7). */
static const struct {
    unsigned char first, last, low, high;
    size_t n_more;
} leads[] = {
    { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 }, { 0xe1, 0xec, 0x80, 0xbf, 2 },
    { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 }, { 0xf0, 0xf0, 0x90, 0xbf, 3 },
    { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

size_t utf8_bad_part(const char *s, size_t n_bytes)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t k = 0, n = 1;
    while (k < sizeof leads / sizeof *leads && (u[0] < leads[k].first || u[0] > leads[k].last))
        k++;
    if (k == sizeof leads / sizeof *leads || n_bytes < 2 || u[1] < leads[k].low || u[1] > leads[k].high)
        return 1;
    for (n = 2; n <= leads[k].n_more && n < n_bytes && u[n] >= 0x80 && u[n] <= 0xbf;)
        n++;
    return n;
}

size_t utf8_count(const char *s, size_t n_bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < n_bytes; count++)
        utf8_next(s, n_bytes, &i);
    return count;
}

int utf8_width(const char *s)
{
    size_t n_bytes = strlen(s);
    int width = 0;
    for (size_t i = 0; i < n_bytes;)
        width += utf8proc_charwidth(utf8_next(s, n_bytes, &i));
    return width;
}

void utf8_clean(struct buf *out, const char *s, size_t n_bytes)
{
    int32_t c;
    for (size_t i = 0; i < n_bytes;) {
        size_t n = decode(s + i, n_bytes - i, &c);
        if (n && c)
            buf_append(out, s + i, n);
        else
            buf_puts(out, "\xef\xbf\xbd");
        i += n ? n : utf8_bad_part(s + i, n_bytes - i);
    }
}
