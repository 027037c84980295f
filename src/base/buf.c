#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { CAP_MIN_BYTES = 64 };

char buf_empty[1];

void buf_init(struct buf *b)
{
    *b = (struct buf)BUF_INIT;
}

void buf_release(struct buf *b)
{
    if (b->cap)
        free(b->data);
    buf_init(b);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->cap) /* the shared empty string is never written: threads may read it */
        b->data[0] = '\0';
}

void buf_reserve(struct buf *b, size_t more)
{
    if (b->cap && more < b->cap - b->len)
        return;
    if (more > SIZE_MAX / 4)
        xmalloc(SIZE_MAX); /* reports out of memory */
    size_t cap = b->cap ? b->cap * 2 : CAP_MIN_BYTES;
    if (cap < b->len + more + 1)
        cap = b->len + more + 1;
    b->data = xrealloc(b->cap ? b->data : NULL, cap);
    b->cap = cap;
    b->data[b->len] = '\0';
}

void buf_append(struct buf *b, const void *p, size_t n)
{
    if (!n)
        return;
    buf_reserve(b, n);
    memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
    buf_append(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n > 0) {
        buf_reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

char *buf_detach(struct buf *b)
{
    char *text = b->cap ? b->data : xstrdup("");
    buf_init(b);
    return text;
}
