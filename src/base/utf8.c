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
