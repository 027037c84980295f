/*
 * map: text -> pointer. Keys are copied; values are borrowed. Walks in the order of first
 * insertion, so that output never depends on a hash.
 *
 *   struct map m = MAP_INIT;
 *   map_put(&m, "q4_k_m", level);
 *   struct level *l = map_find(&m, "q4_k_m");
 *   for (int i = 0; i < m.n; i++)
 *       use(m.entries[i].key, m.entries[i].value);
 *   map_release(&m);
 *
 * Owns    keys, not values        Cost  O(1) a call; nothing is ever removed
 * Tests   unit/test_map.c
 */
#ifndef PERBIT_BASE_MAP_H
#define PERBIT_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct map_entry {
    char *key;
    void *value;
    uint64_t hash; /* private */
};

struct map {
    struct map_entry *entries; /* [n], in insertion order */
    int n;
    int cap;     /* private: room in entries */
    int *slots;  /* private: [n_slots], index into entries or -1 */
    int n_slots; /* private: a power of two, or 0 */
};

#define MAP_INIT { 0 }

void map_init(struct map *m);
void map_release(struct map *m); /* accepts a zeroed map; leaves an empty one */

void *map_find(const struct map *m, const char *key); /* NULL when absent */
bool map_has(const struct map *m, const char *key);   /* tells an absent key from a NULL value */
/* Returns the value it replaced, or NULL. */
void *map_put(struct map *m, const char *key, void *value);

#endif
