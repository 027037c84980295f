#include "engine/modelfile_gguf.h"

#include <assert.h>
#include <inttypes.h>
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "engine/enginelog.h"

#include "base/banned.h"

enum { GGUF_HEADER_BYTES = 24, SHARDS_MAX = 99999 };

/* general.file_type as llama-quantize and the converters write it; core/quant.c has the names. */
static const struct {
    enum llama_ftype ftype;
    const char *label;
} labels[] = {
    { LLAMA_FTYPE_ALL_F32, "F32" },
    { LLAMA_FTYPE_MOSTLY_F16, "F16" },
    { LLAMA_FTYPE_MOSTLY_BF16, "BF16" },
    { LLAMA_FTYPE_MOSTLY_Q4_0, "Q4_0" },
    { LLAMA_FTYPE_MOSTLY_Q4_1, "Q4_1" },
    { LLAMA_FTYPE_MOSTLY_Q5_0, "Q5_0" },
    { LLAMA_FTYPE_MOSTLY_Q5_1, "Q5_1" },
    { LLAMA_FTYPE_MOSTLY_Q8_0, "Q8_0" },
    { LLAMA_FTYPE_MOSTLY_Q2_K, "Q2_K" },
    { LLAMA_FTYPE_MOSTLY_Q2_K_S, "Q2_K_S" },
    { LLAMA_FTYPE_MOSTLY_Q3_K_S, "Q3_K_S" },
    { LLAMA_FTYPE_MOSTLY_Q3_K_M, "Q3_K_M" },
    { LLAMA_FTYPE_MOSTLY_Q3_K_L, "Q3_K_L" },
    { LLAMA_FTYPE_MOSTLY_Q4_K_S, "Q4_K_S" },
    { LLAMA_FTYPE_MOSTLY_Q4_K_M, "Q4_K_M" },
    { LLAMA_FTYPE_MOSTLY_Q5_K_S, "Q5_K_S" },
    { LLAMA_FTYPE_MOSTLY_Q5_K_M, "Q5_K_M" },
    { LLAMA_FTYPE_MOSTLY_Q6_K, "Q6_K" },
    { LLAMA_FTYPE_MOSTLY_IQ1_S, "IQ1_S" },
    { LLAMA_FTYPE_MOSTLY_IQ1_M, "IQ1_M" },
    { LLAMA_FTYPE_MOSTLY_IQ2_XXS, "IQ2_XXS" },
    { LLAMA_FTYPE_MOSTLY_IQ2_XS, "IQ2_XS" },
    { LLAMA_FTYPE_MOSTLY_IQ2_S, "IQ2_S" },
    { LLAMA_FTYPE_MOSTLY_IQ2_M, "IQ2_M" },
    { LLAMA_FTYPE_MOSTLY_IQ3_XXS, "IQ3_XXS" },
    { LLAMA_FTYPE_MOSTLY_IQ3_XS, "IQ3_XS" },
    { LLAMA_FTYPE_MOSTLY_IQ3_S, "IQ3_S" },
    { LLAMA_FTYPE_MOSTLY_IQ3_M, "IQ3_M" },
    { LLAMA_FTYPE_MOSTLY_IQ4_NL, "IQ4_NL" },
    { LLAMA_FTYPE_MOSTLY_IQ4_XS, "IQ4_XS" },
    { LLAMA_FTYPE_MOSTLY_TQ1_0, "TQ1_0" },
    { LLAMA_FTYPE_MOSTLY_TQ2_0, "TQ2_0" },
    { LLAMA_FTYPE_MOSTLY_MXFP4_MOE, "MXFP4_MOE" },
    { LLAMA_FTYPE_MOSTLY_NVFP4, "NVFP4" },
    { LLAMA_FTYPE_MOSTLY_Q1_0, "Q1_0" },
    { LLAMA_FTYPE_MOSTLY_Q2_0, "Q2_0" },
};

static const char *label_of(int64_t ftype)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
        if ((int64_t)labels[i].ftype == (ftype & ~(int64_t)LLAMA_FTYPE_GUESSED))
            return labels[i].label;
    }
    return "unknown";
}

/* Keys: gguf_get_val_*() aborts on another type than asked for, so the type is always looked at first. */

static bool int_at(int64_t *out, enum gguf_type type, const void *data, size_t i)
{
    switch (type) {
    case GGUF_TYPE_UINT8: *out = ((const uint8_t *)data)[i]; return true;
    case GGUF_TYPE_INT8: *out = ((const int8_t *)data)[i]; return true;
    case GGUF_TYPE_UINT16: *out = ((const uint16_t *)data)[i]; return true;
    case GGUF_TYPE_INT16: *out = ((const int16_t *)data)[i]; return true;
    case GGUF_TYPE_UINT32: *out = ((const uint32_t *)data)[i]; return true;
    case GGUF_TYPE_INT32: *out = ((const int32_t *)data)[i]; return true;
    case GGUF_TYPE_UINT64: *out = (int64_t)((const uint64_t *)data)[i]; return true;
    case GGUF_TYPE_INT64: *out = ((const int64_t *)data)[i]; return true;
    default: return false;
    }
}

/* Value i of a key that is an array, or the value of one that is not. */
static int64_t int_or(const struct gguf_context *g, const char *key, size_t i, int64_t fallback)
{
    int64_t id = gguf_find_key(g, key), v = fallback;
    if (id < 0)
        return fallback;
    enum gguf_type type = gguf_get_kv_type(g, id);
    if (type == GGUF_TYPE_STRING)
        return fallback;
    if (type != GGUF_TYPE_ARRAY)
        return int_at(&v, type, gguf_get_val_data(g, id), 0) ? v : fallback;
    type = gguf_get_arr_type(g, id);
    if (type == GGUF_TYPE_STRING || i >= gguf_get_arr_n(g, id))
        return fallback;
    return int_at(&v, type, gguf_get_arr_data(g, id), i) ? v : fallback;
}

static int64_t arch_int_or(const struct gguf_context *g, const char *arch, const char *key, size_t i,
                           int64_t fallback)
{
    char full[256];
    if (snprintf(full, sizeof(full), "%s.%s", arch, key) >= (int)sizeof(full))
        return fallback;
    return int_or(g, full, i, fallback);
}

static const char *str_or(const struct gguf_context *g, const char *key, const char *fallback)
{
    int64_t id = gguf_find_key(g, key);
    return id >= 0 && gguf_get_kv_type(g, id) == GGUF_TYPE_STRING ? gguf_get_val_str(g, id) : fallback;
}

static bool bool_or(const struct gguf_context *g, const char *key, bool fallback)
{
    int64_t id = gguf_find_key(g, key);
    return id >= 0 && gguf_get_kv_type(g, id) == GGUF_TYPE_BOOL ? gguf_get_val_bool(g, id) : fallback;
}

static int to_int(int64_t v)
{
    return v < 0 || v > INT32_MAX ? 0 : (int)v;
}

static int count_vocab(const struct gguf_context *g, const char *arch)
{
    int64_t id = gguf_find_key(g, "tokenizer.ggml.tokens");
    if (id >= 0 && gguf_get_kv_type(g, id) == GGUF_TYPE_ARRAY)
        return to_int((int64_t)gguf_get_arr_n(g, id));
    id = gguf_find_tensor(g, "token_embd.weight");
    return to_int(arch_int_or(g, arch, "vocab_size", 0, id >= 0 ? gguf_get_tensor_ne(g, id)[1] : 0));
}

/*
 * K and V of one token over all layers, 2 bytes each. Layers without heads (recurrent ones) and layers that
 * reuse another's cache (shared_kv_layers) hold nothing. With multi-head latent attention V is a view of K.
 */
static int64_t kv_bytes_per_token(const struct gguf_context *g, const char *arch, int n_layer, int n_embd)
{
    int64_t n_head_0 = arch_int_or(g, arch, "attention.head_count", 0, 0);
    int64_t width = n_head_0 > 0 ? n_embd / n_head_0 : 0;
    int64_t k = arch_int_or(g, arch, "attention.key_length", 0, width);
    int64_t v = arch_int_or(g, arch, "attention.value_length", 0, width);
    bool is_mla = arch_int_or(g, arch, "attention.key_length_mla", 0, 0) > 0 &&
                  arch_int_or(g, arch, "attention.value_length_mla", 0, 0) > 0;
    int64_t n_own = n_layer - arch_int_or(g, arch, "attention.shared_kv_layers", 0, 0);
    int64_t sum = 0;
    for (int64_t i = 0; i < n_own; i++) {
        int64_t n_head = arch_int_or(g, arch, "attention.head_count", (size_t)i, 0);
        int64_t n_head_kv = arch_int_or(g, arch, "attention.head_count_kv", (size_t)i, n_head);
        double bytes = 2.0 * (double)n_head_kv * ((double)k + (is_mla ? 0.0 : (double)v));
        if (bytes < 0 || bytes > 1e12)
            return 0; /* no model: a damaged header */
        sum += (int64_t)bytes;
    }
    return sum;
}

static void read_facts(struct modelfile *out, struct arena *a, const struct gguf_context *g)
{
    const char *arch = str_or(g, "general.architecture", "unknown");
    const char *name = str_or(g, "general.name", "");
    out->arch = arena_strdup(a, arch);
    out->name = arena_strdup(a, *name ? name : fs_basename(out->path));
    out->label = label_of(int_or(g, "general.file_type", 0, -1));
    out->n_layer = to_int(arch_int_or(g, arch, "block_count", 0, 0));
    out->n_embd = to_int(arch_int_or(g, arch, "embedding_length", 0, 0));
    out->n_ctx_train = to_int(arch_int_or(g, arch, "context_length", 0, 0));
    out->n_vocab = count_vocab(g, arch);
    out->has_synthetic_weights = bool_or(g, MODELFILE_MARK, false);
    if (out->n_layer <= 100000)
        out->kv_bytes_per_token = kv_bytes_per_token(g, arch, out->n_layer, out->n_embd);
}

/* Tensors of one shard into the sums; types [GGML_TYPE_COUNT]. The data must be all there. */
static int read_tensors(struct modelfile *out, struct modelfile_type *types, const struct gguf_context *g,
                        const char *path, int64_t file_bytes, struct err *err)
{
    uint64_t data_at = gguf_get_data_offset(g), end = data_at;
    int64_t n = gguf_get_n_tensors(g);
    for (int64_t i = 0; i < n; i++) {
        const int64_t *ne = gguf_get_tensor_ne(g, i);
        enum ggml_type type = gguf_get_tensor_type(g, i);
        uint64_t n_bytes = gguf_get_tensor_size(g, i);
        uint64_t tensor_end = data_at + gguf_get_tensor_offset(g, i) + n_bytes;
        if (n_bytes > INT64_MAX / 4 || tensor_end < n_bytes || tensor_end > INT64_MAX / 4)
            return err_set(err, ERR_FORMAT, "%s: tensor '%s' has an impossible size", path,
                           gguf_get_tensor_name(g, i));
        end = tensor_end > end ? tensor_end : end;
        /* the parser has checked that the product fits int64_t */
        int64_t n_params = ne[0] * ne[1] * ne[2] * ne[3];
        types[type].n_tensors++;
        types[type].n_params += n_params;
        types[type].n_bytes += (int64_t)n_bytes;
        out->n_tensors++;
        out->n_params += n_params;
        out->tensor_bytes += (int64_t)n_bytes;
    }
    if (end > (uint64_t)file_bytes)
        return err_set(err, ERR_FORMAT, "%s: truncated: tensor data ends at byte %" PRIu64 ", the file has %" PRId64,
                       path, end, file_bytes);
    out->file_bytes += file_bytes;
    return 0;
}

static int compare_types(const void *pa, const void *pb)
{
    const struct modelfile_type *a = pa, *b = pb;
    if (a->n_bytes != b->n_bytes)
        return a->n_bytes < b->n_bytes ? 1 : -1;
    return strcmp(a->name, b->name);
}

static void keep_types(struct modelfile *out, struct arena *a, struct modelfile_type *types)
{
    int n = 0;
    for (int t = 0; t < GGML_TYPE_COUNT; t++) {
        if (types[t].n_tensors == 0)
            continue;
        types[t].name = arena_strdup(a, ggml_type_name((enum ggml_type)t));
        types[n++] = types[t];
    }
    qsort(types, (size_t)n, sizeof(*types), compare_types);
    out->n_types = n;
    out->types = arena_dup(a, types, (size_t)n * sizeof(*types));
}

/* The parser's own checks are good; what it says of a file that ends inside its header is not. */
int modelfile_open_gguf(struct gguf_context **out, int64_t *out_bytes, const char *path, struct err *err)
{
    if (!fs_exists(path))
        return err_set(err, ERR_IO, "%s: no such file", path);
    if (fs_size(out_bytes, path, err) < 0)
        return -1;
    if (*out_bytes < GGUF_HEADER_BYTES)
        return err_set(err, ERR_FORMAT, "%s: truncated: a GGUF header has %d bytes, the file has %" PRId64, path,
                       GGUF_HEADER_BYTES, *out_bytes);
    struct enginelog log;
    enginelog_start(&log);
    *out = gguf_init_from_file(path, (struct gguf_init_params){ .no_alloc = true, .ctx = NULL });
    enginelog_stop(&log);
    int ret = 0;
    if (!*out)
        ret = err_set(err, ERR_FORMAT, "%s: damaged or truncated GGUF header: %s", path, enginelog_reason(&log));
    enginelog_release(&log);
    return ret;
}

/* "dir/m-00001-of-00003.gguf" -> shard i (from 0) of n, or NULL when the name has another form. */
static char *shard_path(struct arena *a, const char *path, int i, int n)
{
    char tail[64];
    snprintf(tail, sizeof(tail), "-%05d-of-%05d.gguf", 1, n);
    size_t len = strlen(path), tail_len = strlen(tail);
    if (len < tail_len || strcmp(path + len - tail_len, tail) != 0)
        return NULL;
    return arena_printf(a, "%.*s-%05d-of-%05d.gguf", (int)(len - tail_len), path, i + 1, n);
}

/* Shards 1 .. n-1; the first has been read. */
static int read_shards(struct modelfile *out, struct modelfile_type *types, struct arena *a, const char *path,
                       int n, struct err *err)
{
    for (int i = 1; i < n; i++) {
        struct gguf_context *g = NULL;
        int64_t n_bytes = 0;
        const char *shard = shard_path(a, path, i, n);
        if (!shard)
            return err_set(err, ERR_FORMAT, "%s: the first of %d shards must be named NAME-00001-of-%05d.gguf", path,
                           n, n);
        int ret = modelfile_open_gguf(&g, &n_bytes, shard, err);
        if (ret == 0)
            ret = read_tensors(out, types, g, shard, n_bytes, err);
        gguf_free(g);
        if (ret < 0)
            return err_prefix(err, "shard %d of %d: ", i + 1, n);
    }
    return 0;
}

int modelfile_inspect_gguf(struct modelfile *out, struct arena *a, const char *path, struct err *err)
{
    struct gguf_context *g = NULL;
    struct modelfile_type types[GGML_TYPE_COUNT] = { 0 };
    int64_t n_bytes = 0;
    int ret = -1;
    *out = (struct modelfile){ .path = arena_strdup(a, path) };
    if (modelfile_open_gguf(&g, &n_bytes, path, err) < 0)
        goto done;
    int64_t n_shards = int_or(g, "split.count", 0, 1);
    if (int_or(g, "split.no", 0, 0) != 0 || n_shards > SHARDS_MAX) {
        err_set(err, ERR_FORMAT, "%s: shard %" PRId64 " of %" PRId64 "; name the first one", path,
                int_or(g, "split.no", 0, 0) + 1, n_shards);
        goto done;
    }
    read_facts(out, a, g);
    if (read_tensors(out, types, g, path, n_bytes, err) < 0 ||
        read_shards(out, types, a, path, (int)n_shards, err) < 0)
        goto done;
    if (out->n_params == 0) { /* also tensors of no elements, which the parser lets pass */
        err_set(err, ERR_FORMAT, "%s: a GGUF file without %s", path, out->n_tensors == 0 ? "tensors" : "weights");
        goto done;
    }
    keep_types(out, a, types);
    ret = 0;
done:
    gguf_free(g);
    return ret;
}
