/*
 * arena: things loaded together are freed together. The caller passes an arena; what lives in it is
 * valid until arena_release(). With ASan every piece is its own malloc, so an overrun is seen.
 *
 *   struct arena a;
 *   arena_init(&a);
 *   const char *name = arena_printf(&a, "%s-%s", model, level);
 *   arena_release(&a);
 *
 * Owns    every piece        Threads  one arena a thread        Tests  unit/test_arena.c
 */
#ifndef PERBIT_BASE_ARENA_H
#define PERBIT_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head; /* newest first; private */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a); /* accepts a zeroed arena; leaves an empty one */

void *arena_alloc(struct arena *a, size_t n_bytes);          /* zeroed, aligned for any type */
void *arena_dup(struct arena *a, const void *p, size_t n_bytes);
char *arena_strdup(struct arena *a, const char *s);          /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
