#include "base/map.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { SLOTS_MIN = 16 };

/* FNV-1a. */
static uint64_t hash_text(const char *s)
{
    uint64_t h = 14695981039346656037u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h;
}

void map_init(struct map *m)
{
    *m = (struct map)MAP_INIT;
}

void map_release(struct map *m)
{
    for (int i = 0; i < m->n; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    map_init(m);
}

/* The slot that holds key, or the empty one where it would go. */
static int find_slot(const struct map *m, const char *key, uint64_t hash)
{
    uint64_t mask = (uint64_t)m->n_slots - 1;
    for (uint64_t i = hash & mask;; i = (i + 1) & mask) {
        int at = m->slots[i];
        if (at < 0 || (m->entries[at].hash == hash && !strcmp(m->entries[at].key, key)))
            return (int)i;
    }
}

static const struct map_entry *find_entry(const struct map *m, const char *key)
{
    if (!m->n)
        return NULL;
    int at = m->slots[find_slot(m, key, hash_text(key))];
    return at < 0 ? NULL : &m->entries[at];
}

void *map_find(const struct map *m, const char *key)
{
    const struct map_entry *e = find_entry(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
    return find_entry(m, key) != NULL;
}

/* Keeps the table at most half full: probing stays short and always meets an empty slot. */
static void grow_slots(struct map *m)
{
    assert(m->n_slots <= INT_MAX / 2);
    m->n_slots = m->n_slots ? m->n_slots * 2 : SLOTS_MIN;
    m->slots = xrealloc(m->slots, sizeof(*m->slots) * (size_t)m->n_slots);
    for (int i = 0; i < m->n_slots; i++)
        m->slots[i] = -1;
    for (int i = 0; i < m->n; i++)
        m->slots[find_slot(m, m->entries[i].key, m->entries[i].hash)] = i;
}

static int add_entry(struct map *m, const char *key, uint64_t hash, void *value)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : SLOTS_MIN / 2;
        m->entries = xrealloc(m->entries, sizeof(*m->entries) * (size_t)m->cap);
    }
    m->entries[m->n] = (struct map_entry){.key = xstrdup(key), .value = value, .hash = hash};
    return m->n++;
}

void *map_put(struct map *m, const char *key, void *value)
{
    if (m->n >= m->n_slots / 2)
        grow_slots(m);
    uint64_t hash = hash_text(key);
    int slot = find_slot(m, key, hash);
    int at = m->slots[slot];
    if (at < 0) {
        m->slots[slot] = add_entry(m, key, hash, value);
        return NULL;
    }
    void *old = m->entries[at].value;
    m->entries[at].value = value;
    return old;
}
