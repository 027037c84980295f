#include "tasks/jsonarena.h"

#include <string.h>

#include "base/banned.h"

static void *alc_malloc(void *ctx, size_t n_bytes)
{
    return arena_alloc(ctx, n_bytes);
}

static void *alc_realloc(void *ctx, void *p, size_t old_bytes, size_t n_bytes)
{
    void *grown = arena_alloc(ctx, n_bytes);
    memcpy(grown, p, old_bytes < n_bytes ? old_bytes : n_bytes);
    return grown;
}

static void alc_free(void *ctx, void *p)
{
    (void)ctx, (void)p; /* with the arena */
}

yyjson_alc jsonarena(struct arena *a)
{
    return (yyjson_alc){alc_malloc, alc_realloc, alc_free, a};
}

yyjson_val *jsonarena_copy(struct arena *a, const yyjson_doc *doc)
{
    yyjson_alc alc = jsonarena(a);
    yyjson_mut_doc *copy = yyjson_doc_mut_copy((yyjson_doc *)doc, &alc);
    return yyjson_doc_get_root(yyjson_mut_doc_imut_copy(copy, &alc));
}
