#include "engine/madeup.h"

#include <errno.h>
#include <fcntl.h>
#include <ggml.h>
#include <gguf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/rand.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "core/quant.h"
#include "engine/enginelog.h"
#include "engine/mixture.h"
#include "engine/modelfile_gguf.h"
#include "engine/quantize_llama.h"

#include "base/banned.h"

enum {
    POOL_ROWS = 64,       /* rows that are quantized once for all tensors of a type */
    POOL_ROW = 4096,      /* elements of each: whole blocks of every type */
    RUN_BLOCKS = 64,      /* blocks that are copied together */
    WRITE_BYTES = 1 << 22,
    N_TYPES = GGML_TYPE_COUNT,
};
static const float weight_sd = 0.02f; /* what most models are initialized with */

struct pool {
    unsigned char *blocks; /* NULL: not made yet */
    size_t n_bytes, block_bytes;
};

struct madeup {
    const struct madeup_params *p;
    struct gguf_context *in, *out;
    struct ggml_context *shapes;
    struct ggml_tensor **tensors; /* [n], in the engine's order */
    int *types;                   /* [n] enum ggml_type */
    int n;
    struct rand_mt rand;
    struct pool pools[N_TYPES];
    unsigned char *buffer;        /* [WRITE_BYTES] */
    FILE *file, *source;
};

/* ---- the source ---- */

static bool has_end(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static int64_t key_int(const struct gguf_context *g, const char *key, int64_t fallback)
{
    int64_t id = gguf_find_key(g, key);
    enum gguf_type type = id < 0 ? GGUF_TYPE_COUNT : gguf_get_kv_type(g, id);
    const void *data = NULL;
    if (type == GGUF_TYPE_ARRAY) { /* a number a layer: the first stands for all */
        type = gguf_get_arr_type(g, id);
        data = gguf_get_arr_n(g, id) > 0 && type != GGUF_TYPE_STRING ? gguf_get_arr_data(g, id) : NULL;
    } else if (id >= 0 && type != GGUF_TYPE_STRING) {
        data = gguf_get_val_data(g, id);
    }
    if (data && (type == GGUF_TYPE_UINT32 || type == GGUF_TYPE_INT32))
        return *(const int32_t *)data;
    if (data && (type == GGUF_TYPE_UINT16 || type == GGUF_TYPE_INT16))
        return *(const int16_t *)data;
    if (data && (type == GGUF_TYPE_UINT64 || type == GGUF_TYPE_INT64))
        return *(const int64_t *)data;
    return fallback;
}

static const char *arch_of(const struct gguf_context *g)
{
    int64_t id = gguf_find_key(g, "general.architecture");
    return id >= 0 && gguf_get_kv_type(g, id) == GGUF_TYPE_STRING ? gguf_get_val_str(g, id) : "";
}

static int64_t arch_int(const struct gguf_context *g, const char *suffix, int64_t fallback)
{
    char key[192];
    snprintf(key, sizeof key, "%.100s.%s", arch_of(g), suffix);
    return key_int(g, key, fallback);
}

static int layer_of(const char *name)
{
    int layer = -1;
    return sscanf(name, "blk.%d.", &layer) == 1 ? layer : -1;
}

/* llama_model_loader::weight_name_comparer */
static int compare_names(const void *pa, const void *pb)
{
    const char *a = ggml_get_name(*(struct ggml_tensor *const *)pa), *b = ggml_get_name(*(struct ggml_tensor *const *)pb);
    const int la = layer_of(a), lb = layer_of(b);
    return la != lb ? (la < lb ? -1 : 1) : strcmp(a, b);
}

static int open_source(struct madeup *m, struct err *err)
{
    const struct gguf_init_params params = { .no_alloc = true, .ctx = &m->shapes };
    struct enginelog log;
    if (!fs_exists(m->p->in))
        return err_set(err, ERR_IO, "%s: no such file", m->p->in);
    enginelog_start(&log);
    m->in = gguf_init_from_file(m->p->in, params);
    enginelog_stop(&log);
    if (!m->in)
        err_set(err, ERR_FORMAT, "%s: damaged or truncated GGUF header: %s", m->p->in, enginelog_reason(&log));
    enginelog_release(&log);
    if (!m->in)
        return -1;
    if (key_int(m->in, "split.count", 1) > 1)
        return err_set(err, ERR_UNSUPPORTED, "%s: is one part of a model in several: give its config.json", m->p->in);
    if (gguf_get_n_tensors(m->in) < 1)
        return err_set(err, ERR_FORMAT, "%s: a GGUF file without tensors", m->p->in);
    return 0;
}

static void list_tensors(struct madeup *m)
{
    m->tensors = xcalloc((size_t)gguf_get_n_tensors(m->in), sizeof(struct ggml_tensor *));
    m->types = xcalloc((size_t)gguf_get_n_tensors(m->in), sizeof *m->types);
    for (struct ggml_tensor *t = ggml_get_first_tensor(m->shapes); t; t = ggml_get_next_tensor(m->shapes, t))
        m->tensors[m->n++] = t;
    qsort(m->tensors, (size_t)m->n, sizeof(struct ggml_tensor *), compare_names);
}

static int choose_types(struct madeup *m, int ftype, struct err *err)
{
    const int64_t n_head = arch_int(m->in, "attention.head_count", 1), n_embd = arch_int(m->in, "embedding_length", 1);
    const int64_t head_dim = arch_int(m->in, "attention.key_length", n_head > 0 ? n_embd / n_head : 1);
    const struct mixture_model shape = {
        .arch = arch_of(m->in), .n_embd = (uint32_t)n_embd, .n_ff = (uint32_t)arch_int(m->in, "feed_forward_length", 1),
        .n_layer = (uint32_t)arch_int(m->in, "block_count", 0), .n_head = (uint32_t)n_head,
        .n_head_kv = (uint32_t)arch_int(m->in, "attention.head_count_kv", n_head),
        .n_expert = (uint32_t)arch_int(m->in, "expert_count", 0), .n_head_dim_k = (uint32_t)head_dim,
        .n_head_dim_v = (uint32_t)arch_int(m->in, "attention.value_length", head_dim),
    };
    char why[256] = "";
    struct enginelog log;
    if (shape.n_layer < 1 || shape.n_layer > 512 || n_head < 1 || shape.n_head_kv < 1 || n_embd < 1)
        return err_set(err, ERR_FORMAT, "%s: says nothing of layers, heads or width", m->p->in);
    enginelog_start(&log); /* it warns of fallbacks */
    const int rc = mixture_types(m->types, m->tensors, (size_t)m->n, &shape, ftype, why, sizeof why);
    enginelog_stop(&log);
    enginelog_release(&log);
    return rc < 0 ? err_set(err, ERR_MODEL, "%s: %s: %s", m->p->in, m->p->level, why) : 0;
}

/* The name says what the weights are, so that no table can leave it out. */
static void set_name(struct madeup *m)
{
    static const char suffix[] = MODELFILE_MADE_SUFFIX;
    const int64_t id = gguf_find_key(m->in, "general.name");
    const char *name = id >= 0 && gguf_get_kv_type(m->in, id) == GGUF_TYPE_STRING ? gguf_get_val_str(m->in, id) : "";
    char *full = xasprintf("%s%s", *name ? name : fs_basename(m->p->in), has_end(name, suffix) ? "" : suffix);
    gguf_set_val_str(m->out, "general.name", full);
    free(full);
}

/* Keys of the source, and what is different in the file. */
static void plan_file(struct madeup *m, int ftype)
{
    m->out = gguf_init_empty();
    gguf_set_kv(m->out, m->in);
    set_name(m);
    gguf_set_val_u32(m->out, "general.quantization_version", GGML_QNT_VERSION);
    gguf_set_val_u32(m->out, "general.file_type", (uint32_t)ftype);
    gguf_set_val_bool(m->out, MODELFILE_MARK, true);
    for (int i = 0; i < m->n; i++) {
        gguf_add_tensor(m->out, m->tensors[i]);
        gguf_set_tensor_type(m->out, ggml_get_name(m->tensors[i]), m->types[i]);
    }
}

static int plan(struct madeup *m, const char *level, struct err *err)
{
    const struct quant_info *q;
    if (quant_parse(&q, level, err) < 0)
        return -1;
    const int ftype = quantize_llama_ftype(q->name);
    if (open_source(m, err) < 0)
        return -1;
    list_tensors(m);
    if (choose_types(m, ftype, err) < 0)
        return -1;
    plan_file(m, ftype);
    return 0;
}

static void release(struct madeup *m)
{
    for (int i = 0; i < N_TYPES; i++)
        free(m->pools[i].blocks);
    if (m->source)
        fclose(m->source);
    free(m->buffer);
    free(m->tensors);
    free(m->types);
    gguf_free(m->in);
    gguf_free(m->out);
    ggml_free(m->shapes);
}

/* ---- weights ---- */

static void fill_normal(struct rand_mt *r, float *out, int64_t n, float mean, float sd)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = mean + sd * (float)rand_normal(r);
}

static void make_pool(struct madeup *m, enum ggml_type type)
{
    struct pool *pool = &m->pools[type];
    float *values = xmalloc((size_t)POOL_ROWS * POOL_ROW * sizeof *values), *ones = NULL;
    fill_normal(&m->rand, values, (int64_t)POOL_ROWS * POOL_ROW, 0, weight_sd);
    if (ggml_quantize_requires_imatrix(type)) {
        ones = xmalloc(POOL_ROW * sizeof *ones);
        for (int i = 0; i < POOL_ROW; i++)
            ones[i] = 1;
    }
    pool->n_bytes = POOL_ROWS * ggml_row_size(type, POOL_ROW);
    pool->block_bytes = ggml_type_size(type);
    pool->blocks = xmalloc(pool->n_bytes);
    ggml_quantize_chunk(type, values, pool->blocks, 0, POOL_ROWS, POOL_ROW, ones);
    free(ones);
    free(values);
}

/* n_bytes of whole blocks, in runs from anywhere in the pool. */
static void draw(struct madeup *m, const struct pool *pool, unsigned char *out, size_t n_bytes)
{
    const size_t run_bytes = RUN_BLOCKS * pool->block_bytes, n_starts = (pool->n_bytes - run_bytes) / pool->block_bytes + 1;
    for (size_t at = 0; at < n_bytes; at += run_bytes) {
        const size_t from = rand_u32(&m->rand) % n_starts * pool->block_bytes;
        memcpy(out + at, pool->blocks + from, at + run_bytes < n_bytes ? run_bytes : n_bytes - at);
    }
}

static int put(struct madeup *m, const void *data, size_t n_bytes, struct err *err)
{
    return fwrite(data, 1, n_bytes, m->file) == n_bytes ? 0 : err_errno(err, ERR_IO, "%s: cannot write", m->p->out);
}

static int write_blocks(struct madeup *m, enum ggml_type type, size_t n_bytes, struct err *err)
{
    if (!m->pools[type].blocks)
        make_pool(m, type);
    const struct pool *pool = &m->pools[type];
    const size_t most = WRITE_BYTES / pool->block_bytes * pool->block_bytes;
    for (size_t left = n_bytes, now; left > 0; left -= now) {
        now = left < most ? left : most;
        draw(m, pool, m->buffer, now);
        if (put(m, m->buffer, now, err) < 0)
            return -1;
    }
    return 0;
}

/* Norms near one, everything else near nothing. */
static int write_vector(struct madeup *m, const char *name, int64_t n, struct err *err)
{
    const bool is_norm = has_end(name, "norm.weight");
    float *values = xmalloc((size_t)n * sizeof *values);
    fill_normal(&m->rand, values, n, is_norm ? 1.0f : 0.0f, is_norm ? 0.05f : weight_sd);
    const int rc = put(m, values, (size_t)n * sizeof *values, err);
    free(values);
    return rc;
}

/* A rope's factors are facts of the shape, not weights. */
static int copy_tensor(struct madeup *m, int64_t id, size_t n_bytes, struct err *err)
{
    unsigned char *data = xmalloc(n_bytes);
    const off_t at = (off_t)(gguf_get_data_offset(m->in) + gguf_get_tensor_offset(m->in, id));
    int rc = 0;
    if (fseeko(m->source, at, SEEK_SET) != 0 || fread(data, 1, n_bytes, m->source) != n_bytes)
        rc = err_set(err, ERR_FORMAT, "%s: truncated", m->p->in);
    rc = rc == 0 ? put(m, data, n_bytes, err) : rc;
    free(data);
    return rc;
}

static int write_tensor(struct madeup *m, int i, struct err *err)
{
    static const char zeros[GGUF_DEFAULT_ALIGNMENT];
    const struct ggml_tensor *t = m->tensors[i];
    const char *name = ggml_get_name(t);
    const size_t n_bytes = ggml_row_size(m->types[i], t->ne[0]) * (size_t)ggml_nrows(t);
    const size_t padding = GGML_PAD(n_bytes, GGUF_DEFAULT_ALIGNMENT) - n_bytes;
    int rc;
    if (strncmp(name, "rope_", 5) == 0 && m->types[i] == (int)t->type)
        rc = copy_tensor(m, gguf_find_tensor(m->in, name), n_bytes, err);
    else if (m->types[i] == GGML_TYPE_F32)
        rc = write_vector(m, name, ggml_nelements(t), err);
    else
        rc = write_blocks(m, m->types[i], n_bytes, err);
    return rc < 0 ? -1 : put(m, zeros, padding, err);
}

/* ---- the file ---- */

static bool can_make(int type, int64_t n_cols)
{
    if (type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16)
        return true;
    if (type < 0 || type >= N_TYPES || !ggml_is_quantized((enum ggml_type)type))
        return false;
    const int64_t block = ggml_blck_size((enum ggml_type)type);
    return POOL_ROW % block == 0 && n_cols % block == 0;
}

static int check_types(const struct madeup *m, struct err *err)
{
    for (int i = 0; i < m->n; i++)
        if (!can_make(m->types[i], m->tensors[i]->ne[0]))
            return err_set(err, ERR_UNSUPPORTED, "%s: tensor '%s': no weights of type %s can be made up", m->p->in,
                           ggml_get_name(m->tensors[i]), ggml_type_name(m->types[i]));
    if (gguf_get_alignment(m->in) != GGUF_DEFAULT_ALIGNMENT)
        return err_set(err, ERR_UNSUPPORTED, "%s: an alignment of %zu bytes", m->p->in, gguf_get_alignment(m->in));
    return 0;
}

static int64_t file_bytes(const struct madeup *m)
{
    int64_t n = (int64_t)gguf_get_meta_size(m->out);
    for (int i = 0; i < m->n; i++)
        n += (int64_t)GGML_PAD(ggml_row_size(m->types[i], m->tensors[i]->ne[0]) * (size_t)ggml_nrows(m->tensors[i]),
                               GGUF_DEFAULT_ALIGNMENT);
    return n;
}

static int check_space(const struct madeup *m, struct err *err)
{
    int64_t free_bytes, need_bytes = file_bytes(m);
    char need[32], has[32];
    struct arena a;
    arena_init(&a);
    const char *dir = fs_dirname(&a, m->p->out);
    int rc = fs_free_bytes(&free_bytes, dir, err);
    if (rc == 0 && free_bytes < need_bytes) {
        units_format_bytes(need, sizeof need, need_bytes);
        units_format_bytes(has, sizeof has, free_bytes);
        rc = err_set(err, ERR_IO, "%s: needs %s, %s free", dir, need, has);
    }
    arena_release(&a);
    return rc;
}

static int write_head(struct madeup *m, struct err *err)
{
    const size_t n_bytes = gguf_get_meta_size(m->out);
    void *head = xmalloc(n_bytes);
    gguf_get_meta_data(m->out, head);
    const int rc = put(m, head, n_bytes, err);
    free(head);
    return rc;
}

static int write_all(struct madeup *m, const struct sink *sink, struct err *err)
{
    m->buffer = xmalloc(WRITE_BYTES);
    if (write_head(m, err) < 0)
        return -1;
    for (int i = 0; i < m->n; i++)
        if (write_tensor(m, i, err) < 0 || (sink && sink_progress(sink, i + 1, m->n, "tensor", err) < 0))
            return -1;
    return 0;
}

static int write_part(struct madeup *m, const char *part, const struct sink *sink, struct err *err)
{
    m->source = fopen(m->p->in, "rbe");
    m->file = fopen(part, "wbxe");
    if (!m->source || !m->file)
        return err_errno(err, ERR_IO, "%s", m->source ? part : m->p->in);
    setvbuf(m->file, NULL, _IONBF, 0);
    int rc = write_all(m, sink, err);
    if (fclose(m->file) != 0 && rc == 0)
        rc = err_errno(err, ERR_IO, "%s: cannot write", m->p->out);
    rc = rc == 0 ? fs_rename(part, m->p->out, err) : rc;
    if (rc < 0)
        fs_remove(part, NULL);
    return rc;
}

int madeup_write(const struct madeup_params *p, const struct sink *sink, struct err *err)
{
    struct madeup m = { .p = p };
    struct arena a;
    int ret = -1;
    arena_init(&a);
    rand_seed(&m.rand, p->seed);
    if (!p->overwrite && fs_exists(p->out))
        err_set(err, ERR_USAGE, "%s: exists already", p->out);
    else if (plan(&m, p->level, err) == 0 && check_types(&m, err) == 0 && check_space(&m, err) == 0)
        ret = write_part(&m, arena_printf(&a, "%s.part.%ld", p->out, (long)getpid()), sink, err);
    release(&m);
    arena_release(&a);
    return ret;
}

/* ---- what it will be ---- */

static int compare_types(const void *pa, const void *pb)
{
    const struct modelfile_type *a = pa, *b = pb;
    return a->n_bytes != b->n_bytes ? (a->n_bytes < b->n_bytes ? 1 : -1) : strcmp(a->name, b->name);
}

static void count_types(struct modelfile *f, struct arena *a, const struct madeup *m)
{
    struct modelfile_type types[N_TYPES] = { 0 };
    int n = 0;
    f->tensor_bytes = f->n_params = 0;
    for (int i = 0; i < m->n; i++) {
        struct modelfile_type *t = &types[m->types[i]];
        t->n_tensors++;
        t->n_params += ggml_nelements(m->tensors[i]);
        t->n_bytes += (int64_t)(ggml_row_size(m->types[i], m->tensors[i]->ne[0]) * (size_t)ggml_nrows(m->tensors[i]));
    }
    for (int i = 0; i < N_TYPES; i++)
        if (types[i].n_tensors) {
            types[i].name = arena_strdup(a, ggml_type_name((enum ggml_type)i));
            f->tensor_bytes += types[i].n_bytes;
            f->n_params += types[i].n_params;
            types[n++] = types[i];
        }
    qsort(types, (size_t)n, sizeof *types, compare_types);
    f->n_types = n;
    f->types = arena_dup(a, types, (size_t)n * sizeof *types);
}

int madeup_inspect(struct modelfile *out, struct arena *a, const char *in, const char *level, struct err *err)
{
    const struct madeup_params p = { .in = in, .level = level };
    struct madeup m = { .p = &p };
    int ret = -1;
    if (modelfile_inspect_gguf(out, a, in, err) == 0 && plan(&m, level, err) == 0) {
        out->label = quant_find(level)->name;
        out->file_bytes = file_bytes(&m);
        out->has_synthetic_weights = true;
        count_types(out, a, &m);
        ret = 0;
    }
    out->path = NULL;
    release(&m);
    return ret;
}
