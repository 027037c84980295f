#include "convert/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bigfile.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "convert/arch.h"
#include "convert/ggufout.h"
#include "convert/hfconfig.h"
#include "convert/hparams.h"
#include "convert/modelcard.h"
#include "convert/shards.h"
#include "convert/vocab.h"

#include "base/banned.h"

const char *const convert_outtypes[] = { "auto", "bf16", "f16", "f32", "q8_0", NULL };

static const struct {
    const char *name;
    enum wtype type;
    int file_type; /* llama_ftype */
} outtypes[] = {
    { "f32", W_F32, 0 },
    { "f16", W_F16, 1 },
    { "q8_0", W_Q8_0, 7 },
    { "bf16", W_BF16, 32 },
};

/* One tensor of the output: from a file, or computed. */
struct item {
    const struct st_tensor *from; /* NULL: values */
    const float *values;
    const char *name;
    enum wtype type;
    int n_dims;
    int64_t dims[GGUF_DIMS_MAX];
    int64_t n_rows, row; /* elements a row */
    int64_t n_heads;     /* rows of each head are reordered; 0: no */
    float plus;
};

/* Room for the rows in hand, kept from tensor to tensor: fresh memory costs as much as what is done in it. */
struct block {
    unsigned char *in, *turned, *out;
    float *scratch;
    int64_t n_elements;
};

struct conversion {
    const struct convert_params *p;
    const struct sink *sink;
    struct arena a;
    struct hfconfig *config;
    struct shards *shards;
    struct ggufout *g;
    struct item *items;
    int n_items;
    int outtype; /* row of outtypes */
    int64_t n_layers, n_vocab, n_heads, n_heads_kv;
    /* writing */
    struct bigfile *file;
    struct block block;
    const char *part;
    int64_t done_bytes, total_bytes;
};

/* ---- what is made of which tensor ---- */

static bool has_end(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static int find_outtype(struct conversion *v, struct err *err)
{
    const char *name = v->p->outtype;
    for (int i = 0; strcmp(name, "auto") == 0 && i < shards_n(v->shards); i++) {
        const struct st_tensor *t = shards_at(v->shards, i);
        if (t->n_dims >= 2 && t->dtype == ST_BF16)
            name = "bf16";
        else if (t->n_dims >= 2 && t->dtype == ST_F16)
            name = "f16";
    }
    if (strcmp(name, "auto") == 0)
        name = "f16";
    for (v->outtype = 0; v->outtype < (int)(sizeof outtypes / sizeof outtypes[0]); v->outtype++)
        if (strcmp(outtypes[v->outtype].name, name) == 0)
            return 0;
    return err_set(err, ERR_USAGE, "outtype '%s': is bf16, f16, f32, q8_0 or auto", name);
}

static enum wtype type_of(const struct conversion *v, const struct item *item)
{
    const enum wtype type = outtypes[v->outtype].type;
    if (item->n_dims <= 1 || has_end(item->name, "_norm.weight") || !has_end(item->name, ".weight"))
        return W_F32;
    return type == W_Q8_0 && item->row % W_Q8_0_BLOCK ? W_F16 : type;
}

static int fail_tensor(const struct conversion *v, const struct st_tensor *t, enum err_code code, const char *what,
                       struct err *err)
{
    return err_set(err, code, "%s: tensor '%.200s': %s", v->p->dir, t->name, what);
}

static int set_shape(struct conversion *v, struct item *item, const struct st_tensor *t, struct err *err)
{
    if (t->n_dims < 1 || t->n_dims > GGUF_DIMS_MAX || t->n_elements == 0)
        return fail_tensor(v, t, ERR_FORMAT, "has a shape that no weight has", err);
    item->n_dims = t->n_dims;
    memcpy(item->dims, t->dims, (size_t)t->n_dims * sizeof item->dims[0]);
    item->row = t->dims[t->n_dims - 1];
    if (hfconfig_arch(v->config)->cuts_embedding && strstr(t->name, "embed_tokens.weight") && t->dims[0] > v->n_vocab)
        item->dims[0] = v->n_vocab;
    item->n_rows = t->n_elements / t->dims[0] * item->dims[0] / item->row;
    return 0;
}

/* Rope of the engine turns neighbours: q and k have their rows of each head interleaved. */
static int set_heads(struct conversion *v, struct item *item, const struct st_tensor *t, struct err *err)
{
    const bool is_q = has_end(t->name, "q_proj.weight") || has_end(t->name, "q_proj.bias");
    const bool is_k = has_end(t->name, "k_proj.weight") || has_end(t->name, "k_proj.bias");
    if (!hfconfig_arch(v->config)->permutes_qk || (!is_q && !is_k))
        return 0;
    item->n_heads = is_q ? v->n_heads : v->n_heads_kv;
    if (item->n_dims > 2 || item->n_heads < 1 || t->dims[0] % (2 * item->n_heads))
        return fail_tensor(v, t, ERR_FORMAT, "its rows are no whole number of heads", err);
    if (item->n_dims == 1) { /* a bias: one number a row */
        item->n_rows = t->dims[0];
        item->row = 1;
    }
    return 0;
}

static int add_tensor(struct conversion *v, const struct st_tensor *t, struct err *err)
{
    const struct arch *arch = hfconfig_arch(v->config);
    bool is_skipped;
    struct item item = { .from = t };
    item.name = arch_tensor_name(arch, &v->a, t->name, (int)v->n_layers, &is_skipped);
    if (is_skipped)
        return 0;
    if (!item.name)
        return fail_tensor(v, t, ERR_UNSUPPORTED, "is none that this architecture has", err);
    if (t->dtype == ST_OTHER)
        return err_set(err, ERR_UNSUPPORTED, "%s: tensor '%.200s' is %s: only F32, F16 and BF16 are converted: take the "
                       "model's BF16 or F16 release", v->p->dir, t->name, t->dtype_name);
    if (set_shape(v, &item, t, err) || set_heads(v, &item, t, err))
        return -1;
    item.type = type_of(v, &item);
    item.plus = arch->adds_one_to_norms && has_end(t->name, "norm.weight") ? 1.0f : 0.0f;
    v->items[v->n_items++] = item;
    return 0;
}

static int add_extras(struct conversion *v, struct err *err)
{
    struct extra_tensor extras[EXTRA_TENSORS_MAX];
    int n;
    if (hparams_extra_tensors(extras, &n, &v->a, v->g, v->config, err))
        return -1;
    for (int i = 0; i < n; i++)
        v->items[v->n_items++] = (struct item){ .values = extras[i].values, .name = extras[i].name, .type = W_F32,
                                                .n_dims = 1, .dims = { extras[i].n }, .n_rows = 1, .row = extras[i].n };
    return 0;
}

static int check_twice(const struct conversion *v, struct err *err)
{
    struct map seen = MAP_INIT;
    int ret = 0;
    for (int i = 0; i < v->n_items && ret == 0; i++)
        if (map_put(&seen, v->items[i].name, &v->items[i]))
            ret = err_set(err, ERR_FORMAT, "%s: two tensors are %s", v->p->dir, v->items[i].name);
    map_release(&seen);
    return ret;
}

static int plan_tensors(struct conversion *v, struct err *err)
{
    v->items = xcalloc((size_t)shards_n(v->shards) + EXTRA_TENSORS_MAX, sizeof *v->items);
    if (add_extras(v, err))
        return -1;
    for (int i = 0; i < shards_n(v->shards); i++)
        if (add_tensor(v, shards_at(v->shards, i), err))
            return -1;
    if (check_twice(v, err))
        return -1;
    for (int i = 0; i < v->n_items; i++)
        ggufout_tensor(v->g, v->items[i].name, v->items[i].type, v->items[i].dims, v->items[i].n_dims);
    return 0;
}

/* The reference's order: what extra tensors bring, then general.*, then the architecture, then the tokenizer. */
static int plan(struct conversion *v, struct err *err)
{
    const struct hfconfig *c = v->config;
    if (find_outtype(v, err) || hfconfig_need_int(c, "num_hidden_layers", &v->n_layers, err) ||
        hfconfig_need_int(c, "vocab_size", &v->n_vocab, err) ||
        hfconfig_need_int(c, "num_attention_heads", &v->n_heads, err) ||
        hfconfig_need_int(c, "num_key_value_heads", &v->n_heads_kv, err))
        return -1;
    if (v->n_layers > 100000)
        return err_set(err, ERR_FORMAT, "%s/config.json: %lld layers", v->p->dir, (long long)v->n_layers);
    ggufout_str(v->g, "general.architecture", hfconfig_arch(c)->gguf);
    if (plan_tensors(v, err))
        return -1;
    ggufout_str(v->g, "general.type", "model");
    if (modelcard_put(v->g, c, ggufout_n_params(v->g), v->sink, err) ||
        hfconfig_arch(c)->put_keys(v->g, c, outtypes[v->outtype].file_type, err))
        return -1;
    ggufout_u32(v->g, "general.quantization_version", 2);
    return vocab_put(v->g, c, v->sink, err);
}

/* ---- writing ---- */

static int write_all(struct conversion *v, const void *data, size_t n_bytes, struct err *err)
{
    v->done_bytes += (int64_t)n_bytes;
    return bigfile_write(v->file, data, n_bytes, err);
}

/* Rows are read, turned and written in blocks of some megabytes: whole heads where rows of a head change places. */
enum { BLOCK_ELEMENTS = 1 << 20 };

static int64_t rows_of_block(const struct item *item)
{
    int64_t n = BLOCK_ELEMENTS / item->row;
    if (item->n_heads) {
        const int64_t per_head = item->n_rows / item->n_heads;
        n = n / per_head * per_head;
        if (n == 0)
            n = per_head;
    }
    if (n < 1)
        n = 1;
    return n < item->n_rows ? n : item->n_rows;
}

/* Row i of the first half of a head, then row i of the second, then i + 1. */
static void interleave(unsigned char *to, const unsigned char *from, int64_t n_rows, int64_t per_head, size_t row_bytes)
{
    for (int64_t i = 0; i < n_rows; i++) {
        const int64_t head = i / per_head, k = i % per_head;
        const int64_t source = head * per_head + (k % 2) * (per_head / 2) + k / 2;
        memcpy(to + (size_t)i * row_bytes, from + (size_t)source * row_bytes, row_bytes);
    }
}

static void block_release(struct block *b)
{
    free(b->in);
    free(b->turned);
    free(b->out);
    free(b->scratch);
}

static void block_reserve(struct block *b, int64_t n_elements)
{
    const size_t n_bytes = (size_t)n_elements * sizeof(float);
    if (n_elements <= b->n_elements)
        return;
    block_release(b);
    *b = (struct block){ xmalloc(n_bytes), xmalloc(n_bytes), xmalloc(n_bytes), xmalloc(n_bytes), n_elements };
}

static int write_rows(struct conversion *v, const struct item *item, int64_t first, int64_t n, struct err *err)
{
    const struct block *b = &v->block;
    const size_t row_bytes = (size_t)st_dtype_bytes(item->from->dtype, item->row);
    const unsigned char *in = b->in;
    if (shards_read(v->shards, item->from, first * (int64_t)row_bytes, b->in, (size_t)n * row_bytes, err))
        return -1;
    if (item->n_heads) {
        interleave(b->turned, b->in, n, item->n_rows / item->n_heads, row_bytes);
        in = b->turned;
    }
    weights_convert(b->out, item->type, in, item->from->dtype, n * item->row, item->plus, b->scratch);
    return write_all(v, b->out, (size_t)wtype_bytes(item->type, n * item->row), err);
}

static int write_file_tensor(struct conversion *v, const struct item *item, struct err *err)
{
    const int64_t n = rows_of_block(item);
    int ret = 0;
    block_reserve(&v->block, n * item->row);
    for (int64_t first = 0; first < item->n_rows && ret == 0; first += n) {
        const int64_t left = item->n_rows - first;
        ret = write_rows(v, item, first, left < n ? left : n, err);
        if (ret == 0)
            ret = sink_progress(v->sink, v->done_bytes, v->total_bytes, "bytes", err);
    }
    return ret;
}

static int write_item(struct conversion *v, const struct item *item, struct err *err)
{
    static const char zeros[GGUF_ALIGNMENT];
    const int64_t n_bytes = wtype_bytes(item->type, item->n_rows * item->row);
    const int rc = item->from ? write_file_tensor(v, item, err) : write_all(v, item->values, (size_t)n_bytes, err);
    return rc ? -1 : write_all(v, zeros, (size_t)(ggufout_padded(n_bytes) - n_bytes), err);
}

static int check_space(const struct conversion *v, const char *dir, struct err *err)
{
    int64_t free_bytes;
    char need[32], has[32];
    if (fs_free_bytes(&free_bytes, dir, err))
        return -1;
    if (free_bytes >= v->total_bytes)
        return 0;
    units_format_bytes(need, sizeof need, v->total_bytes);
    units_format_bytes(has, sizeof has, free_bytes);
    return err_set(err, ERR_IO, "%s: needs %s, %s free", dir, need, has);
}

static int write_items(struct conversion *v, const struct buf *header, struct err *err)
{
    int ret = write_all(v, header->data, header->len, err);
    for (int i = 0; i < v->n_items && ret == 0; i++)
        ret = write_item(v, &v->items[i], err);
    return ret;
}

/* Under another name until it is whole. */
static int write_part(struct conversion *v, const struct buf *header, struct err *err)
{
    if (bigfile_create(&v->file, v->part, err))
        return -1;
    int ret = write_items(v, header, err);
    if (bigfile_close(v->file, ret ? NULL : err))
        ret = -1;
    if (ret == 0)
        ret = fs_rename(v->part, v->p->out, err);
    if (ret)
        fs_remove(v->part, NULL);
    return ret;
}

static int write_everything(struct conversion *v, struct err *err)
{
    struct buf header = BUF_INIT;
    ggufout_header(v->g, &header);
    v->total_bytes = (int64_t)header.len + ggufout_data_bytes(v->g);
    const int ret = check_space(v, fs_dirname(&v->a, v->p->out), err) || write_part(v, &header, err) ? -1 : 0;
    buf_release(&header);
    return ret;
}

static int check_paths(const struct conversion *v, struct err *err)
{
    const char *out = v->p->out;
    if (fs_is_dir(out))
        return err_set(err, ERR_USAGE, "%s: is a folder, not a file to write", out);
    if (fs_exists(out) && shards_has_file(v->shards, out))
        return err_set(err, ERR_USAGE, "%s: is one of the files to read", out);
    if (!v->p->overwrite && fs_exists(out))
        return err_set(err, ERR_USAGE, "%s: exists already", out);
    return 0;
}

int convert_model(const struct convert_params *p, const struct sink *sink, struct err *err)
{
    struct conversion v = { .p = p, .sink = sink };
    int ret = -1;
    arena_init(&v.a);
    v.g = ggufout_open();
    v.part = arena_printf(&v.a, "%s.part.%ld", p->out, (long)getpid());
    if (hfconfig_open(&v.config, p->dir, err) == 0 && shards_open(&v.shards, p->dir, err) == 0 &&
        check_paths(&v, err) == 0 && fs_check_writable_dir(fs_dirname(&v.a, p->out), err) == 0 && plan(&v, err) == 0)
        ret = write_everything(&v, err);
    free(v.items);
    block_release(&v.block);
    ggufout_close(v.g);
    shards_close(v.shards);
    hfconfig_close(v.config);
    arena_release(&v.a);
    return ret;
}
