/*
 * buf: a growing byte string, always NUL-terminated (the NUL is not counted in len).
 *
 *   struct buf b = BUF_INIT;
 *   buf_printf(&b, "%d chunks", n);
 *   puts(b.data);
 *   buf_release(&b);
 *
 * data is never NULL, also before the first append. Owns its bytes until buf_release or buf_detach.
 */
#ifndef PERBIT_BASE_BUF_H
#define PERBIT_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t len; /* bytes */
    size_t cap; /* bytes; 0 while data is the shared empty string */
};

extern char buf_empty[1];
#define BUF_INIT { buf_empty, 0, 0 }

void buf_init(struct buf *b);
void buf_release(struct buf *b);              /* leaves an empty buf */
void buf_clear(struct buf *b);                /* len 0, memory kept */
void buf_reserve(struct buf *b, size_t more); /* room for more bytes and the NUL */
void buf_append(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
char *buf_detach(struct buf *b); /* the caller owns the string; b is empty */

#endif
