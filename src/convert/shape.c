#include "convert/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "convert/arch.h"
#include "convert/ggufout.h"
#include "convert/hfconfig.h"
#include "convert/hparams.h"
#include "convert/madevocab.h"
#include "core/modelfile.h"

#include "base/banned.h"

enum { FILE_TYPE_BF16 = 32, QUANTIZATION_VERSION = 2, LAYERS_MAX = 512, CONFIG_BYTES_MAX = 1 << 24 };

/* What a dimension is a multiple of; a tensor with n_cols NONE is a vector. */
enum width { NONE, EMBD, FF, FF_TWICE, HEAD, Q, KV, QKV };

struct part {
    const char *name; /* follows blk.N. */
    enum width n_rows, n_cols;
};

/* Tensors of a layer by GGUF architecture, in the order in which a safetensors file has them. */
static const struct part llama_parts[] = {
    { "attn_norm.weight", EMBD, NONE }, { "ffn_down.weight", EMBD, FF }, { "ffn_gate.weight", FF, EMBD },
    { "ffn_up.weight", FF, EMBD }, { "ffn_norm.weight", EMBD, NONE }, { "attn_k.weight", KV, EMBD },
    { "attn_output.weight", EMBD, Q }, { "attn_q.weight", Q, EMBD }, { "attn_v.weight", KV, EMBD }, { NULL, NONE, NONE },
};
static const struct part qwen2_parts[] = {
    { "attn_norm.weight", EMBD, NONE }, { "ffn_down.weight", EMBD, FF }, { "ffn_gate.weight", FF, EMBD },
    { "ffn_up.weight", FF, EMBD }, { "ffn_norm.weight", EMBD, NONE }, { "attn_k.bias", KV, NONE },
    { "attn_k.weight", KV, EMBD }, { "attn_output.weight", EMBD, Q }, { "attn_q.bias", Q, NONE },
    { "attn_q.weight", Q, EMBD }, { "attn_v.bias", KV, NONE }, { "attn_v.weight", KV, EMBD }, { NULL, NONE, NONE },
};
static const struct part qwen3_parts[] = {
    { "attn_norm.weight", EMBD, NONE }, { "ffn_down.weight", EMBD, FF }, { "ffn_gate.weight", FF, EMBD },
    { "ffn_up.weight", FF, EMBD }, { "ffn_norm.weight", EMBD, NONE }, { "attn_k_norm.weight", HEAD, NONE },
    { "attn_k.weight", KV, EMBD }, { "attn_output.weight", EMBD, Q }, { "attn_q_norm.weight", HEAD, NONE },
    { "attn_q.weight", Q, EMBD }, { "attn_v.weight", KV, EMBD }, { NULL, NONE, NONE },
};
static const struct part phi3_parts[] = {
    { "attn_norm.weight", EMBD, NONE }, { "ffn_down.weight", EMBD, FF }, { "ffn_up.weight", FF_TWICE, EMBD },
    { "ffn_norm.weight", EMBD, NONE }, { "attn_output.weight", EMBD, Q }, { "attn_qkv.weight", QKV, EMBD },
    { NULL, NONE, NONE },
};
static const struct part gemma3_parts[] = {
    { "attn_norm.weight", EMBD, NONE }, { "ffn_down.weight", EMBD, FF }, { "ffn_gate.weight", FF, EMBD },
    { "ffn_up.weight", FF, EMBD }, { "post_attention_norm.weight", EMBD, NONE }, { "post_ffw_norm.weight", EMBD, NONE },
    { "ffn_norm.weight", EMBD, NONE }, { "attn_k_norm.weight", HEAD, NONE }, { "attn_k.weight", KV, EMBD },
    { "attn_output.weight", EMBD, Q }, { "attn_q_norm.weight", HEAD, NONE }, { "attn_q.weight", Q, EMBD },
    { "attn_v.weight", KV, EMBD }, { NULL, NONE, NONE },
};

static const struct family {
    const char *arch;         /* GGUF's name */
    const struct part *parts;
    const char *tokenizer;
    bool is_tied;             /* when config.json does not say */
} families[] = {
    { "llama", llama_parts, "bpe", false },  { "mistral3", llama_parts, "bpe", false },
    { "qwen2", qwen2_parts, "bpe", false },  { "qwen3", qwen3_parts, "bpe", false },
    { "phi3", phi3_parts, "bpe", false },    { "gemma3", gemma3_parts, "sentencepiece", true },
};

struct shape {
    struct arena a;
    struct hfconfig *c;
    struct ggufout *g;
    const struct family *family;
    yyjson_val *own; /* the key "perbit", or NULL */
    struct extra_tensor extras[EXTRA_TENSORS_MAX];
    int n_extras;
    int64_t n_embd, n_ff, n_layers, n_heads, n_heads_kv, n_head_dim, n_vocab;
};

static int find_family(struct shape *s, struct err *err)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strcmp(families[i].arch, hfconfig_arch(s->c)->gguf) == 0)
            s->family = &families[i];
    return s->family ? 0 : err_set(err, ERR_UNSUPPORTED, "the tensors of %s are not known", hfconfig_arch(s->c)->hf);
}

static int read_head_dim(struct shape *s, struct err *err)
{
    const int rc = hfconfig_int(s->c, "head_dim", &s->n_head_dim, err);
    if (rc == 0)
        s->n_head_dim = s->n_heads > 0 ? s->n_embd / s->n_heads : 0;
    return rc < 0 ? -1 : 0;
}

static int read_sizes(struct shape *s, struct err *err)
{
    const struct {
        const char *key;
        int64_t *to, max;
    } sizes[] = {
        { "hidden_size", &s->n_embd, 1 << 17 }, { "intermediate_size", &s->n_ff, 1 << 20 },
        { "num_hidden_layers", &s->n_layers, LAYERS_MAX }, { "num_attention_heads", &s->n_heads, 1 << 12 },
        { "num_key_value_heads", &s->n_heads_kv, 1 << 12 }, { "vocab_size", &s->n_vocab, 1 << 20 },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (hfconfig_need_int(s->c, sizes[i].key, sizes[i].to, err))
            return -1;
        if (*sizes[i].to < 1 || *sizes[i].to > sizes[i].max)
            return err_set(err, ERR_FORMAT, "'%s' is %lld, expected 1 to %lld", sizes[i].key, (long long)*sizes[i].to,
                           (long long)sizes[i].max);
    }
    if (read_head_dim(s, err))
        return -1;
    return s->n_head_dim >= 1 && s->n_head_dim <= 1 << 12 ? 0 : err_set(err, ERR_FORMAT, "'head_dim' is %lld",
                                                                      (long long)s->n_head_dim);
}

/* Biases that the tables do not have: no published model of these families has them. */
static int refuse_biases(const struct shape *s, struct err *err)
{
    static const char *const keys[] = { "attention_bias", "mlp_bias" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (yyjson_is_true(hfconfig_get(s->c, keys[i])) && s->family->parts != qwen2_parts)
            return err_set(err, ERR_UNSUPPORTED, "'%s': no shape is made of a %s with it", keys[i], s->family->arch);
    return 0;
}

static int64_t width_of(const struct shape *s, enum width w)
{
    const int64_t q = s->n_heads * s->n_head_dim, kv = s->n_heads_kv * s->n_head_dim;
    switch (w) {
    case NONE: return 0;
    case EMBD: return s->n_embd;
    case FF: return s->n_ff;
    case FF_TWICE: return 2 * s->n_ff;
    case HEAD: return s->n_head_dim;
    case Q: return q;
    case KV: return kv;
    case QKV: return q + 2 * kv;
    }
    return 0;
}

static void add_tensor(struct shape *s, const char *name, int64_t n_rows, int64_t n_cols)
{
    const int64_t dims[2] = { n_rows, n_cols };
    ggufout_tensor(s->g, name, n_cols ? W_BF16 : W_F32, dims, n_cols ? 2 : 1);
}

static bool has_output(const struct shape *s)
{
    yyjson_val *tie = hfconfig_get(s->c, "tie_word_embeddings");
    const bool is_tied = tie ? yyjson_is_true(tie) : s->family->is_tied;
    return json_bool_or(s->own, "lm_head_is_stored", !is_tied);
}

static void add_tensors(struct shape *s)
{
    for (int i = 0; i < s->n_extras; i++)
        add_tensor(s, s->extras[i].name, s->extras[i].n, 0);
    if (has_output(s))
        add_tensor(s, "output.weight", s->n_vocab, s->n_embd);
    add_tensor(s, "token_embd.weight", s->n_vocab, s->n_embd);
    for (int64_t i = 0; i < s->n_layers; i++)
        for (const struct part *p = s->family->parts; p->name; p++)
            add_tensor(s, arena_printf(&s->a, "blk.%lld.%s", (long long)i, p->name), width_of(s, p->n_rows), width_of(s, p->n_cols));
    add_tensor(s, "output_norm.weight", s->n_embd, 0);
}

/* "Qwen/Qwen3-1.7B" or the file's name, without what stands for its kind. */
static const char *name_of(struct shape *s, const char *path)
{
    const char *name = fs_basename(json_str_or(s->own, "repository", path));
    if (strcmp(name, "config.json") == 0)
        name = fs_basename(fs_dirname(&s->a, path));
    char *copy = arena_strdup(&s->a, name);
    char *end = strrchr(copy, '.');
    if (end && strcmp(end, ".json") == 0)
        *end = '\0';
    return copy;
}

static int put_keys(struct shape *s, const char *path, struct err *err)
{
    ggufout_str(s->g, "general.architecture", hfconfig_arch(s->c)->gguf);
    if (hparams_extra_tensors(s->extras, &s->n_extras, &s->a, s->g, s->c, err))
        return -1;
    ggufout_str(s->g, "general.type", "model");
    ggufout_str(s->g, "general.name", arena_printf(&s->a, "%s" MODELFILE_MADE_SUFFIX, name_of(s, path)));
    ggufout_bool(s->g, MODELFILE_MARK, true);
    if (hfconfig_arch(s->c)->put_keys(s->g, s->c, FILE_TYPE_BF16, err))
        return -1;
    ggufout_u32(s->g, "general.quantization_version", QUANTIZATION_VERSION);
    return madevocab_put(s->g, json_str_or(s->own, "tokenizer", s->family->tokenizer), s->n_vocab,
                         json_int_or(s->own, "merges", 0), err);
}

static int read_config(struct shape *s, const char *path, struct err *err)
{
    if (hfconfig_open_file(&s->c, path, err))
        return -1;
    s->own = yyjson_obj_get(hfconfig_root(s->c), "perbit");
    if (find_family(s, err) || read_sizes(s, err) || refuse_biases(s, err))
        return err_prefix(err, "%s: ", path);
    return 0;
}

/* Computed tensors come first in the file; behind them there is nothing but its length. */
static int write_file(const struct shape *s, const char *out, struct err *err)
{
    struct buf bytes = BUF_INIT;
    int ret = -1, fd;
    ggufout_header(s->g, &bytes);
    const off_t size = (off_t)bytes.len + (off_t)ggufout_data_bytes(s->g);
    for (int i = 0; i < s->n_extras; i++) {
        static const char zeros[GGUF_ALIGNMENT];
        const int64_t n = (int64_t)sizeof(float) * s->extras[i].n;
        buf_append(&bytes, (const char *)s->extras[i].values, (size_t)n);
        buf_append(&bytes, zeros, (size_t)(ggufout_padded(n) - n));
    }
    if (fs_write(out, bytes.data, bytes.len, err))
        goto done;
    fd = open(out, O_WRONLY | O_CLOEXEC);
    ret = fd >= 0 && ftruncate(fd, size) == 0 ? 0 : err_errno(err, ERR_IO, "%s: cannot be made %lld bytes long", out, (long long)size);
    if (fd >= 0)
        close(fd);
done:
    buf_release(&bytes);
    return ret;
}

static int make(struct shape *s, const char *config, struct err *err)
{
    if (read_config(s, config, err))
        return -1;
    if (put_keys(s, config, err))
        return strncmp(err ? err->msg : config, config, strlen(config)) == 0 ? -1 : err_prefix(err, "%s: ", config);
    add_tensors(s);
    return 0;
}

static void open_shape(struct shape *s)
{
    *s = (struct shape){ .g = ggufout_open() };
    arena_init(&s->a);
}

static void close_shape(struct shape *s)
{
    ggufout_close(s->g);
    hfconfig_close(s->c);
    arena_release(&s->a);
}

int shape_write(const char *config, const char *out, struct err *err)
{
    struct shape s;
    open_shape(&s);
    const int ret = make(&s, config, err) ? -1 : write_file(&s, out, err);
    close_shape(&s);
    return ret;
}

int shape_n_params(int64_t *out_n_params, const char *config, struct err *err)
{
    struct shape s;
    open_shape(&s);
    const int ret = make(&s, config, err);
    if (ret == 0)
        *out_n_params = ggufout_n_params(s.g);
    for (int i = 0; ret == 0 && i < s.n_extras; i++) /* a rope's factors are computed: no parameters of the published model */
        *out_n_params -= s.extras[i].n;
    close_shape(&s);
    return ret;
}

bool shape_is_config(const char *path)
{
    struct json *j = NULL;
    int64_t n_bytes;
    if (fs_is_dir(path) || fs_size(&n_bytes, path, NULL) < 0 || n_bytes > CONFIG_BYTES_MAX)
        return false;
    const bool is_config = json_load(&j, path, NULL) == 0 && yyjson_is_arr(yyjson_obj_get(json_root(j), "architectures"));
    json_close(j);
    return is_config;
}
