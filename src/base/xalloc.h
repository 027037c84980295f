/*
 * xalloc: memory or exit. Out of memory ends the process here (status 1, one line) and nowhere
 * else, so callers never check. Free with free().
 */
#ifndef PERBIT_BASE_XALLOC_H
#define PERBIT_BASE_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t n_bytes);
void *xcalloc(size_t n, size_t size_bytes);
void *xaligned(size_t alignment, size_t n_bytes); /* alignment: a power of two, n_bytes a multiple of it */
void *xrealloc(void *p, size_t n_bytes);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
