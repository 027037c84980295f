#include "engine/stops.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

static bool has(const struct stops *s, struct text t)
{
    for (int i = 0; i < s->n; i++)
        if (s->texts[i].n_bytes == t.n_bytes && memcmp(s->texts[i].s, t.s, t.n_bytes) == 0)
            return true;
    return false;
}

static void add(struct stops *s, struct text t)
{
    if (t.n_bytes > 0 && !has(s, t))
        s->texts[s->n++] = t;
}

void stops_init(struct stops *s, const char *const *until, int n_until, struct text eos)
{
    *s = (struct stops){ .texts = xcalloc((size_t)n_until + 1, sizeof *s->texts) };
    for (int i = 0; i < n_until; i++)
        add(s, (struct text){ .s = until[i], .n_bytes = strlen(until[i]) });
    add(s, eos);
}

void stops_release(struct stops *s)
{
    free(s->texts);
    *s = (struct stops){ 0 };
}

bool stops_found(const struct stops *s, const char *text, size_t n_bytes, size_t n_new)
{
    for (int i = 0; i < s->n; i++) {
        const struct text *t = &s->texts[i];
        const size_t n = n_new + t->n_bytes - 1 < n_bytes ? n_new + t->n_bytes - 1 : n_bytes;
        if (memmem(text + (n_bytes - n), n, t->s, t->n_bytes))
            return true;
    }
    return false;
}

size_t stops_cut(const struct stops *s, const char *text, size_t n_bytes)
{
    for (int i = 0; i < s->n; i++) {
        const char *at = memmem(text, n_bytes, s->texts[i].s, s->texts[i].n_bytes);
        n_bytes = at ? (size_t)(at - text) : n_bytes;
    }
    return n_bytes;
}
