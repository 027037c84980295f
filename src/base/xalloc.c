#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static _Noreturn void die_out_of_memory(size_t n_bytes)
{
    fprintf(stderr, "error: out of memory (asked for %zu bytes)\n", n_bytes);
    exit(1);
}

void *xmalloc(size_t n_bytes)
{
    void *p = malloc(n_bytes ? n_bytes : 1);
    if (!p)
        die_out_of_memory(n_bytes);
    return p;
}

void *xcalloc(size_t n, size_t size_bytes)
{
    void *p = n && size_bytes ? calloc(n, size_bytes) : calloc(1, 1);
    if (!p)
        die_out_of_memory(n * size_bytes);
    return p;
}

void *xaligned(size_t alignment, size_t n_bytes)
{
    void *p = aligned_alloc(alignment, n_bytes);
    if (!p)
        die_out_of_memory(n_bytes);
    return p;
}

void *xrealloc(void *p, size_t n_bytes)
{
    void *q = realloc(p, n_bytes ? n_bytes : 1);
    if (!q)
        die_out_of_memory(n_bytes);
    return q;
}

char *xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = xmalloc(len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        die_out_of_memory(0);
    return text;
}
