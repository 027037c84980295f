#include "convert/ggufout.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/xalloc.h"

#include "base/banned.h"

/* GGUFValueType */
enum { KV_U32 = 4, KV_I32 = 5, KV_F32 = 6, KV_BOOL = 7, KV_STR = 8, KV_ARR = 9 };

struct kv {
    char *key;
    struct buf value; /* type and value, as in the file; empty: dropped */
};

struct info {
    char *name;
    enum wtype type;
    int n_dims;
    int64_t dims[GGUF_DIMS_MAX];
    int64_t n_elements;
};

struct ggufout {
    struct kv **kvs;
    int n_kvs;
    struct map by_key;
    struct info *infos;
    int n_infos;
};

struct ggufout *ggufout_open(void)
{
    return xcalloc(1, sizeof(struct ggufout));
}

void ggufout_close(struct ggufout *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->n_kvs; i++) {
        free(g->kvs[i]->key);
        buf_release(&g->kvs[i]->value);
        free(g->kvs[i]);
    }
    for (int i = 0; i < g->n_infos; i++)
        free(g->infos[i].name);
    free(g->kvs);
    free(g->infos);
    map_release(&g->by_key);
    free(g);
}

/* ---- little endian ---- */

static void put_uint(struct buf *out, uint64_t v, int n_bytes)
{
    char bytes[8];
    for (int i = 0; i < n_bytes; i++)
        bytes[i] = (char)(v >> 8 * i);
    buf_append(out, bytes, (size_t)n_bytes);
}

static void put_f32(struct buf *out, float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    put_uint(out, u, 4);
}

static void put_text(struct buf *out, struct pystr s)
{
    put_uint(out, s.n_bytes, 8);
    buf_append(out, s.s, s.n_bytes);
}

/* ---- keys ---- */

static struct buf *value_of(struct ggufout *g, const char *key, int type)
{
    struct kv *kv = map_find(&g->by_key, key);
    if (kv && kv->value.len == 0) { /* dropped before: it comes back at the end */
        for (int i = 0, k = 0; i < g->n_kvs; i++)
            if (g->kvs[i] != kv)
                g->kvs[k++] = g->kvs[i];
        g->kvs[g->n_kvs - 1] = kv;
    }
    if (!kv) {
        kv = xcalloc(1, sizeof *kv);
        kv->key = xstrdup(key);
        buf_init(&kv->value);
        g->kvs = xrealloc(g->kvs, (size_t)(g->n_kvs + 1) * sizeof(struct kv *));
        g->kvs[g->n_kvs++] = kv;
        map_put(&g->by_key, key, kv);
    }
    buf_clear(&kv->value);
    put_uint(&kv->value, (uint64_t)type, 4);
    return &kv->value;
}

void ggufout_text(struct ggufout *g, const char *key, struct pystr value)
{
    if (value.n_bytes > 0)
        put_text(value_of(g, key, KV_STR), value);
}

void ggufout_str(struct ggufout *g, const char *key, const char *value)
{
    if (value)
        ggufout_text(g, key, pystr_z(value));
}

void ggufout_u32(struct ggufout *g, const char *key, int64_t value)
{
    put_uint(value_of(g, key, KV_U32), (uint64_t)value, 4);
}

void ggufout_i32(struct ggufout *g, const char *key, int64_t value)
{
    put_uint(value_of(g, key, KV_I32), (uint64_t)value, 4);
}

void ggufout_f32(struct ggufout *g, const char *key, double value)
{
    put_f32(value_of(g, key, KV_F32), (float)value);
}

void ggufout_bool(struct ggufout *g, const char *key, bool value)
{
    put_uint(value_of(g, key, KV_BOOL), value, 1);
}

static struct buf *list_of(struct ggufout *g, const char *key, int type, int n)
{
    struct buf *v = value_of(g, key, KV_ARR);
    put_uint(v, (uint64_t)type, 4);
    put_uint(v, (uint64_t)n, 8);
    return v;
}

void ggufout_strs(struct ggufout *g, const char *key, const struct pystr *values, int n)
{
    struct buf *v = n > 0 ? list_of(g, key, KV_STR, n) : NULL;
    for (int i = 0; i < n; i++)
        put_text(v, values[i]);
}

void ggufout_i32s(struct ggufout *g, const char *key, const int32_t *values, int n)
{
    struct buf *v = n > 0 ? list_of(g, key, KV_I32, n) : NULL;
    for (int i = 0; i < n; i++)
        put_uint(v, (uint32_t)values[i], 4);
}

void ggufout_f32s(struct ggufout *g, const char *key, const float *values, int n)
{
    struct buf *v = n > 0 ? list_of(g, key, KV_F32, n) : NULL;
    for (int i = 0; i < n; i++)
        put_f32(v, values[i]);
}

void ggufout_drop(struct ggufout *g, const char *key)
{
    struct kv *kv = map_find(&g->by_key, key);
    if (kv)
        buf_clear(&kv->value);
}

bool ggufout_has(const struct ggufout *g, const char *key)
{
    const struct kv *kv = map_find(&g->by_key, key);
    return kv && kv->value.len > 0;
}

/* ---- tensors ---- */

void ggufout_tensor(struct ggufout *g, const char *name, enum wtype type, const int64_t *dims, int n_dims)
{
    struct info *t;
    g->infos = xrealloc(g->infos, (size_t)(g->n_infos + 1) * sizeof *g->infos);
    t = &g->infos[g->n_infos++];
    *t = (struct info){ .name = xstrdup(name), .type = type, .n_dims = n_dims, .n_elements = 1 };
    for (int i = 0; i < n_dims; i++) {
        t->dims[i] = dims[i];
        t->n_elements *= dims[i];
    }
}

int64_t ggufout_n_params(const struct ggufout *g)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_infos; i++)
        n += g->infos[i].n_elements;
    return n;
}

int64_t ggufout_padded(int64_t n_bytes)
{
    return (n_bytes + GGUF_ALIGNMENT - 1) / GGUF_ALIGNMENT * GGUF_ALIGNMENT;
}

int64_t ggufout_data_bytes(const struct ggufout *g)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_infos; i++)
        n += ggufout_padded(wtype_bytes(g->infos[i].type, g->infos[i].n_elements));
    return n;
}

static void put_infos(const struct ggufout *g, struct buf *out)
{
    int64_t offset = 0;
    for (int i = 0; i < g->n_infos; i++) {
        const struct info *t = &g->infos[i];
        put_text(out, pystr_z(t->name));
        put_uint(out, (uint64_t)t->n_dims, 4);
        for (int k = t->n_dims - 1; k >= 0; k--)
            put_uint(out, (uint64_t)t->dims[k], 8);
        put_uint(out, (uint64_t)t->type, 4);
        put_uint(out, (uint64_t)offset, 8);
        offset += ggufout_padded(wtype_bytes(t->type, t->n_elements));
    }
}

void ggufout_header(const struct ggufout *g, struct buf *out)
{
    int n_kvs = 0;
    for (int i = 0; i < g->n_kvs; i++)
        n_kvs += g->kvs[i]->value.len > 0;
    buf_append(out, "GGUF", 4);
    put_uint(out, 3, 4);
    put_uint(out, (uint64_t)g->n_infos, 8);
    put_uint(out, (uint64_t)n_kvs, 8);
    for (int i = 0; i < g->n_kvs; i++)
        if (g->kvs[i]->value.len > 0) {
            put_text(out, pystr_z(g->kvs[i]->key));
            buf_append(out, g->kvs[i]->value.data, g->kvs[i]->value.len);
        }
    put_infos(g, out);
    while (out->len % GGUF_ALIGNMENT)
        buf_putc(out, '\0');
}
