/* recorder: a sink for tests that keeps every event, and can refuse the n-th. */
#ifndef PERBIT_TESTS_RECORDER_H
#define PERBIT_TESTS_RECORDER_H

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "core/event.h"

struct recorder {
    struct arena arena;
    struct event *events; /* [n] */
    int n;
    int refuse_at;        /* index of the event that is refused; -1 none */
    struct sink sink;
};

static inline int recorder_put(void *ctx, const struct event *e, struct err *err)
{
    struct recorder *r = ctx;
    if (r->n == r->refuse_at)
        return err_set(err, ERR_CANCELLED, "refused");
    r->events = xrealloc(r->events, (size_t)(r->n + 1) * sizeof(*r->events));
    struct event *copy = &r->events[r->n++];
    *copy = *e;
    copy->key = arena_strdup(&r->arena, e->key);
    copy->text = arena_strdup(&r->arena, e->text);
    if (e->values)
        copy->values = arena_dup(&r->arena, e->values, (size_t)e->n * sizeof(*e->values));
    return 0;
}

static inline void recorder_init(struct recorder *r)
{
    *r = (struct recorder){ .refuse_at = -1 };
    arena_init(&r->arena);
    r->sink = (struct sink){ .put = recorder_put, .ctx = r };
}

static inline void recorder_release(struct recorder *r)
{
    arena_release(&r->arena);
    free(r->events);
    *r = (struct recorder){ .refuse_at = -1 };
}

/* The event of a metric at (slot, index), or NULL. */
static inline const struct event *recorder_find(const struct recorder *r, int slot, enum metric m, int64_t index)
{
    for (int i = 0; i < r->n; i++) {
        const struct event *e = &r->events[i];
        if ((e->kind == EVENT_MEASURE || e->kind == EVENT_SERIES) && e->slot == slot && e->metric == m &&
            e->index == index)
            return e;
    }
    return NULL;
}

static inline int recorder_count(const struct recorder *r, enum event_kind kind)
{
    int n = 0;
    for (int i = 0; i < r->n; i++)
        n += r->events[i].kind == kind;
    return n;
}

static inline const struct event *recorder_last(const struct recorder *r, enum event_kind kind)
{
    for (int i = r->n - 1; i >= 0; i--)
        if (r->events[i].kind == kind)
            return &r->events[i];
    return NULL;
}

/* Sum of a metric's series of a slot over all chunks, and how many values. */
static inline double recorder_sum(const struct recorder *r, int slot, enum metric m, double power, int64_t *out_n)
{
    double sum = 0;
    int64_t n = 0;
    for (int i = 0; i < r->n; i++) {
        const struct event *e = &r->events[i];
        if (e->kind != EVENT_SERIES || e->slot != slot || e->metric != m)
            continue;
        for (int k = 0; k < e->n; k++)
            sum += power == 2.0 ? e->values[k] * e->values[k] : e->values[k];
        n += e->n;
    }
    if (out_n)
        *out_n = n;
    return sum;
}

#endif
