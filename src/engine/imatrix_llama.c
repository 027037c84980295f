#include "engine/imatrix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ggml.h>
#include <gguf.h>

#include "base/buf.h"
#include "base/fs.h"

#include "base/banned.h"

static const char SUMS[] = ".in_sum2", COUNTS[] = ".counts";

/* ---- GGUF ---- */

static int load_metadata(struct imatrix *out, struct arena *a, const struct gguf_context *g, const char *path,
                         struct err *err)
{
    const int64_t datasets = gguf_find_key(g, "imatrix.datasets");
    const int64_t n_chunks = gguf_find_key(g, "imatrix.chunk_count");
    if (datasets < 0 || n_chunks < 0 || gguf_find_key(g, "imatrix.chunk_size") < 0)
        return err_set(err, ERR_FORMAT, "%s: no importance matrix: imatrix.datasets, imatrix.chunk_count or "
                       "imatrix.chunk_size is missing", path);
    if (gguf_get_kv_type(g, n_chunks) != GGUF_TYPE_UINT32)
        return err_set(err, ERR_FORMAT, "%s: imatrix.chunk_count is not an unsigned 32-bit number", path);
    out->n_chunks = (int)gguf_get_val_u32(g, n_chunks);
    if (gguf_get_kv_type(g, datasets) != GGUF_TYPE_ARRAY || gguf_get_arr_type(g, datasets) != GGUF_TYPE_STRING)
        return 0;
    const size_t n = gguf_get_arr_n(g, datasets);
    const char **names = arena_alloc(a, (n + 1) * sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = arena_strdup(a, gguf_get_arr_str(g, datasets, i));
    out->datasets = names;
    out->n_datasets = (int)n;
    return 0;
}

/* counts [n_counts]: one for all columns, or one an expert; 0 = never used, then every column weighs 1. */
static int load_entry(struct imatrix_entry *e, struct arena *a, const struct ggml_tensor *sums,
                      const struct ggml_tensor *counts, const char *name, const char *path, struct err *err)
{
    if (!counts)
        return err_set(err, ERR_FORMAT, "%s: %s has sums and no counts", path, name);
    if (sums->type != GGML_TYPE_F32 || counts->type != GGML_TYPE_F32)
        return err_set(err, ERR_FORMAT, "%s: %s: sums and counts must be f32", path, name);
    const int64_t n = ggml_nelements(sums), n_counts = ggml_nelements(counts);
    if (n < 1 || n_counts < 1 || n % n_counts != 0)
        return err_set(err, ERR_FORMAT, "%s: %s has %lld sums and %lld counts", path, name, (long long)n,
                       (long long)n_counts);
    const float *sum = sums->data, *count = counts->data;
    const int64_t n_columns = n / n_counts;
    float *data = arena_alloc(a, (size_t)n * sizeof *data);
    for (int64_t i = 0; i < n; i++) {
        const float c = (float)lroundf(count[i / n_columns]);
        data[i] = c > 0.0f ? sum[i] / c : 1.0f;
    }
    *e = (struct imatrix_entry){ .name = arena_strdup(a, name), .data = data, .n = (int)n };
    return 0;
}

static bool strip_suffix(char *out, size_t out_bytes, const char *name, const char *suffix)
{
    const size_t n = strlen(name), n_suffix = strlen(suffix);
    if (n <= n_suffix || n - n_suffix >= out_bytes || strcmp(name + n - n_suffix, suffix) != 0)
        return false;
    snprintf(out, out_bytes, "%.*s", (int)(n - n_suffix), name);
    return true;
}

static int load_gguf(struct imatrix *out, struct arena *a, const char *path, struct err *err)
{
    struct ggml_context *ctx = NULL;
    const struct gguf_init_params params = { .no_alloc = false, .ctx = &ctx };
    struct gguf_context *g = gguf_init_from_file(path, params);
    char name[GGML_MAX_NAME + 1], other[GGML_MAX_NAME + 16];
    int ret = -1;
    if (!g)
        return err_set(err, ERR_FORMAT, "%s: a damaged GGUF file", path);
    if (load_metadata(out, a, g, path, err))
        goto done;
    out->entries = arena_alloc(a, ((size_t)gguf_get_n_tensors(g) + 1) * sizeof *out->entries);
    for (struct ggml_tensor *t = ggml_get_first_tensor(ctx); t; t = ggml_get_next_tensor(ctx, t)) {
        if (strip_suffix(name, sizeof name, t->name, COUNTS)) {
            snprintf(other, sizeof other, "%s%s", name, SUMS);
            if (!ggml_get_tensor(ctx, other)) {
                err_set(err, ERR_FORMAT, "%s: %s has counts and no sums", path, name);
                goto done;
            }
        }
        if (!strip_suffix(name, sizeof name, t->name, SUMS))
            continue;
        snprintf(other, sizeof other, "%s%s", name, COUNTS);
        if (load_entry(&out->entries[out->n], a, t, ggml_get_tensor(ctx, other), name, path, err))
            goto done;
        out->n++;
    }
    if (out->n == 0) {
        err_set(err, ERR_FORMAT, "%s: no entries: not an importance matrix", path);
        goto done;
    }
    ret = 0;
done:
    gguf_free(g);
    ggml_free(ctx);
    return ret;
}

/* ---- the older .dat ----
 * i32 n, then n times {i32 len, name, i32 n_calls, i32 n, f32 sums [n]}, i32 n_chunks, i32 len, dataset */

struct cursor {
    const char *data;
    size_t left;
};

static bool take(struct cursor *c, void *out, size_t n_bytes)
{
    if (c->left < n_bytes)
        return false;
    memcpy(out, c->data, n_bytes);
    c->data += n_bytes;
    c->left -= n_bytes;
    return true;
}

static const char *take_name(struct cursor *c, struct arena *a, int32_t n_bytes)
{
    if (n_bytes < 1 || (size_t)n_bytes > c->left)
        return NULL;
    const char *s = arena_strndup(a, c->data, (size_t)n_bytes);
    c->data += n_bytes;
    c->left -= (size_t)n_bytes;
    return s;
}

static int load_dat(struct imatrix *out, struct arena *a, const char *path, struct err *err)
{
    struct buf file = BUF_INIT;
    int32_t n, len, n_calls, n_values;
    int ret = -1;
    if (fs_read(&file, path, err))
        goto done;
    struct cursor c = { file.data, file.len };
    /* An entry takes more than 16 bytes: the file's size bounds n before it is believed. */
    if (!take(&c, &n, sizeof n) || n < 1 || (size_t)n > file.len / 16) {
        err_set(err, ERR_FORMAT, "%s: not an importance matrix: neither GGUF nor .dat", path);
        goto done;
    }
    out->entries = arena_alloc(a, (size_t)n * sizeof *out->entries);
    for (int32_t i = 0; i < n; i++) {
        const char *name = NULL;
        if (!take(&c, &len, sizeof len) || !(name = take_name(&c, a, len)) || !take(&c, &n_calls, sizeof n_calls) ||
            !take(&c, &n_values, sizeof n_values) || n_values < 1 || (size_t)n_values > c.left / sizeof(float)) {
            err_set(err, ERR_FORMAT, "%s: entry %d of %d%s%s is damaged: neither GGUF nor a .dat importance matrix",
                    path, i + 1, n, name ? " " : "", name ? name : "");
            goto done;
        }
        float *data = arena_alloc(a, (size_t)n_values * sizeof *data);
        take(&c, data, (size_t)n_values * sizeof *data);
        for (int32_t k = 0; n_calls > 0 && k < n_values; k++)
            data[k] /= (float)n_calls;
        out->entries[out->n++] = (struct imatrix_entry){ .name = name, .data = data, .n = n_values };
    }
    /* What follows was added later and may be missing. */
    if (take(&c, &n_calls, sizeof n_calls)) {
        out->n_chunks = n_calls;
        const char *dataset = take(&c, &len, sizeof len) ? take_name(&c, a, len) : NULL;
        if (dataset) {
            const char **datasets = arena_alloc(a, sizeof *datasets);
            datasets[0] = dataset;
            out->datasets = datasets;
            out->n_datasets = 1;
        }
    }
    ret = 0;
done:
    buf_release(&file);
    return ret;
}

int imatrix_load(struct imatrix *out, struct arena *a, const char *path, struct err *err)
{
    char magic[4] = { 0 };
    *out = (struct imatrix){ 0 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_errno(err, ERR_IO, "%s: cannot open", path);
    const size_t n = fread(magic, 1, sizeof magic, f);
    fclose(f);
    if (n == sizeof magic && memcmp(magic, GGUF_MAGIC, sizeof magic) == 0)
        return load_gguf(out, a, path, err);
    return load_dat(out, a, path, err);
}
