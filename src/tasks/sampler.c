#include "tasks/sampler.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

/* CPython: the size below which a copy of the pool is shuffled; 21, and 4^ceil(log4(3k)) more for k > 5. */
static int64_t set_size(int k)
{
    int64_t more = 1;
    if (k <= 5)
        return 21;
    while (more < 3 * (int64_t)k)
        more *= 4;
    return 21 + more;
}

static void draw_from_copy(int64_t *out, struct rand_mt *r, int64_t n_pool, int k)
{
    int64_t *pool = xmalloc((size_t)n_pool * sizeof(*pool));
    for (int64_t i = 0; i < n_pool; i++)
        pool[i] = i;
    for (int i = 0; i < k; i++) {
        uint64_t j = rand_below(r, (uint64_t)(n_pool - i));
        out[i] = pool[j];
        pool[j] = pool[n_pool - i - 1];
    }
    free(pool);
}

static bool is_drawn(const int64_t *drawn, int n, int64_t j)
{
    for (int i = 0; i < n; i++) {
        if (drawn[i] == j)
            return true;
    }
    return false;
}

static void draw_apart(int64_t *out, struct rand_mt *r, int64_t n_pool, int k)
{
    for (int i = 0; i < k; i++) {
        do
            out[i] = (int64_t)rand_below(r, (uint64_t)n_pool);
        while (is_drawn(out, i, out[i]));
    }
}

int sampler_python(int64_t *out, struct rand_mt *r, int64_t n_pool, int k, struct err *err)
{
    if (k > n_pool || n_pool > UINT32_MAX)
        return err_set(err, ERR_RANGE, "%d few-shot examples are to be drawn from a pool of %" PRId64 " rows", k, n_pool);
    if (n_pool <= set_size(k))
        draw_from_copy(out, r, n_pool, k);
    else
        draw_apart(out, r, n_pool, k);
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Fisher-Yates from the front: the first n places do not depend on n. */
void sampler_subset(int64_t *out, int64_t n, int64_t n_rows, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    int64_t *ids = xmalloc((size_t)(n_rows + 1) * sizeof(*ids));
    for (int64_t i = 0; i < n_rows; i++)
        ids[i] = i;
    for (int64_t i = 0; i < n && i < n_rows; i++) {
        int64_t j = i + (int64_t)rand_below(&r, (uint64_t)(n_rows - i));
        out[i] = ids[j];
        ids[j] = ids[i];
    }
    qsort(out, (size_t)(n < n_rows ? n : n_rows), sizeof(*out), compare_ids);
    free(ids);
}
