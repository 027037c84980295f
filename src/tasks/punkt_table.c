/*
 * punkt_english.bin, little-endian, one part after the other:
 *   "PBPUNKT\0", u32 n_types, n_pairs
 *   u32 starts[n_types + n_pairs + 1]   of the texts, in bytes
 *   u8  flags[n_types]
 *   the texts: types, then pairs; each in the order of its bytes
 */
#include "tasks/punkt_table.h"

#include <stdint.h>
#include <string.h>

#include "base/banned.h"

extern const unsigned char punkt_english_bin[];

enum { HEAD = 16 };

static uint32_t u32_at(size_t at)
{
    const unsigned char *p = punkt_english_bin + at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t n_types(void)
{
    return u32_at(8);
}

static size_t n_pairs(void)
{
    return u32_at(12);
}

static size_t flags_at(void)
{
    return HEAD + 4 * (n_types() + n_pairs() + 1);
}

static int compare(size_t i, const char *text, size_t n_bytes)
{
    size_t start = u32_at(HEAD + 4 * i), n = u32_at(HEAD + 4 * (i + 1)) - start;
    int order = memcmp(punkt_english_bin + flags_at() + n_types() + start, text, n < n_bytes ? n : n_bytes);
    return order ? order : (n > n_bytes) - (n < n_bytes);
}

/* The text's place among those from low to high, or SIZE_MAX. */
static size_t find(size_t low, size_t high, const char *text, size_t n_bytes)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(middle, text, n_bytes);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

unsigned punkt_flags_of(const char *type, size_t n_bytes)
{
    size_t i = find(0, n_types(), type, n_bytes);
    return i == SIZE_MAX ? 0 : punkt_english_bin[flags_at() + i];
}

bool punkt_is_collocation(const char *pair, size_t n_bytes)
{
    return find(n_types(), n_types() + n_pairs(), pair, n_bytes) != SIZE_MAX;
}
