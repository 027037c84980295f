#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#endif

#ifdef HAVE_ASAN
enum { BLOCK_BYTES = 0 }; /* no piece fits a shared block, so each gets its own */
#else
enum { BLOCK_BYTES = 64 * 1024 };
#endif

struct arena_block {
    struct arena_block *next;
    size_t used, cap; /* bytes of data */
    _Alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
    a->head = NULL;
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->head; b;) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
    a->head = NULL;
}

static struct arena_block *new_block(size_t cap)
{
    struct arena_block *b = xmalloc(sizeof(*b) + cap);
    b->used = 0;
    b->cap = cap;
    return b;
}

/* A large piece goes behind the head, so that the head's free room is not lost. */
static struct arena_block *add_own_block(struct arena *a, size_t n_bytes)
{
    struct arena_block *b = new_block(n_bytes);
    if (a->head) {
        b->next = a->head->next;
        a->head->next = b;
    } else {
        b->next = NULL;
        a->head = b;
    }
    return b;
}

static struct arena_block *block_for(struct arena *a, size_t n_bytes)
{
    if (a->head && a->head->cap - a->head->used >= n_bytes)
        return a->head;
    if (n_bytes > BLOCK_BYTES / 4)
        return add_own_block(a, n_bytes);
    struct arena_block *b = new_block(BLOCK_BYTES);
    b->next = a->head;
    a->head = b;
    return b;
}

/* Under ASan the room is exact, so that one byte too far is seen. */
static size_t room_for(size_t n_bytes)
{
    size_t align = BLOCK_BYTES ? _Alignof(max_align_t) : 1;
    return n_bytes > SIZE_MAX / 2 ? n_bytes : (n_bytes + align - 1) / align * align;
}

void *arena_alloc(struct arena *a, size_t n_bytes)
{
    if (!n_bytes)
        n_bytes = 1;
    size_t room = room_for(n_bytes);
    struct arena_block *b = block_for(a, room);
    void *p = b->data + b->used;
    b->used += room;
    return memset(p, 0, n_bytes);
}

void *arena_dup(struct arena *a, const void *p, size_t n_bytes)
{
    void *copy = arena_alloc(a, n_bytes);
    if (n_bytes)
        memcpy(copy, p, n_bytes);
    return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (!s)
        return NULL;
    size_t len = strnlen(s, n);
    char *copy = arena_alloc(a, len + 1);
    memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, ap2;
    va_start(ap, fmt);
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0)
        vsnprintf(text, (size_t)n + 1, fmt, ap2);
    va_end(ap2);
    return text;
}
