#include "engine/backend.h"

#include <limits.h>
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/adapter_gguf.h"
#include "engine/buildinfo.h"
#include "engine/enginelog.h"
#include "engine/modelfile_gguf.h"

#include "base/banned.h"

struct llama {
    struct arena arena; /* the strings of info */
    struct llama_model *model;
    struct llama_context *ctx;
    struct llama_adapter_lora *adapter; /* the model frees it */
    const struct llama_vocab *vocab;
    struct llama_batch batch; /* [info.n_batch], what llama_decode is given */
    bool is_no_alloc;
};

/* A word of the settings and the engine's value for it. */
struct word {
    const char *text;
    int value;
};

static const struct word flash_attns[] = {
    { "auto", LLAMA_FLASH_ATTN_TYPE_AUTO },
    { "on", LLAMA_FLASH_ATTN_TYPE_ENABLED },
    { "off", LLAMA_FLASH_ATTN_TYPE_DISABLED },
    { NULL, 0 },
};

/* llama_load_mode_from_str() throws on an unknown word, and a C program cannot catch. */
static const struct word load_modes[] = {
    { "mmap", LLAMA_LOAD_MODE_MMAP },
    { "none", LLAMA_LOAD_MODE_NONE },
    { "mlock", LLAMA_LOAD_MODE_MLOCK },
    { "auto", LLAMA_LOAD_MODE_AUTO },
    { NULL, 0 },
};

/* NULL stands for the first word of the table. */
static int find_word(int *out, const struct word *words, const char *text, const char *what, struct err *err)
{
    for (int i = 0; words[i].text; i++) {
        if (!text || strcmp(words[i].text, text) == 0) {
            *out = words[i].value;
            return 0;
        }
    }
    return err_set(err, ERR_RANGE, "%s: unknown value '%s'", what, text);
}

/* The types that llama.cpp's tools take for the KV cache; the kernels of others are missing, and abort. */
static int find_kv_type(enum ggml_type *out, const char *text, const char *what, struct err *err)
{
    static const enum ggml_type types[] = {
        GGML_TYPE_F16, GGML_TYPE_F32, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
        GGML_TYPE_Q4_1, GGML_TYPE_IQ4_NL, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1,
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (!text || strcmp(ggml_type_name(types[i]), text) == 0) {
            *out = types[i];
            return 0;
        }
    }
    return err_set(err, ERR_RANGE, "%s: unknown type '%s' for the KV cache", what, text);
}

static bool claims(const unsigned char *head, size_t n)
{
    return n >= 4 && memcmp(head, GGUF_MAGIC, 4) == 0;
}

/* Registers the compiled-in backends, once a process. */
static void init_engine(void)
{
    static bool is_done; /* the engine's own state is global too */
    if (is_done)
        return;
    struct enginelog log;
    enginelog_start(&log);
    llama_backend_init();
    enginelog_stop(&log);
    enginelog_release(&log);
    is_done = true;
}

/* The commit loses the "-dirty" that a tree outside of git gets; the hash of the engine's build pins the rest. */
const char *backend_build(void)
{
    static char text[256];
    if (text[0])
        return text;
    const char *commit = ggml_commit();
    int n_commit = (int)strcspn(commit, "-");
    int n = snprintf(text, sizeof(text), "llama.cpp %s (%.*s)", llama_version(), n_commit, commit);
#ifdef PERBIT_ENGINE_HASH
    snprintf(text + n, sizeof(text) - (size_t)n, " %s", PERBIT_ENGINE_HASH);
#else
    (void)n;
#endif
    return text;
}

static const char *list_devices(struct arena *a)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        buf_printf(&b, "%s%s (%s)", i > 0 ? ", " : "", ggml_backend_dev_name(dev),
                   ggml_backend_dev_description(dev));
    }
    const char *text = arena_strdup(a, b.data);
    buf_release(&b);
    return text;
}

enum device_class { DEVICES_CPU, DEVICES_GPU };

static bool is_of_class(ggml_backend_dev_t dev, enum device_class class)
{
    enum ggml_backend_dev_type type = ggml_backend_dev_type(dev);
    if (class == DEVICES_GPU)
        return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
    return type == GGML_BACKEND_DEVICE_TYPE_CPU || type == GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

/* llama-bench's cpu_info and gpu_info. */
static const char *describe_devices(struct arena *a, enum device_class class)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        if (is_of_class(dev, class))
            buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", ggml_backend_dev_description(dev));
    }
    const char *text = arena_strdup(a, b.data);
    buf_release(&b);
    return text;
}

/* llama-bench's backends: all but the CPU's, which is named when it is alone. */
static const char *list_backends(struct arena *a)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < ggml_backend_reg_count(); i++) {
        ggml_backend_reg_t reg = ggml_backend_reg_get(i);
        const char *name = ggml_backend_reg_name(reg);
        bool is_idle = strncmp(name, "RPC", 3) == 0 && ggml_backend_reg_dev_count(reg) == 0;
        if (strcmp(name, "CPU") != 0 && !is_idle)
            buf_printf(&b, "%s%s", b.len > 0 ? "," : "", name);
    }
    const char *text = arena_strdup(a, b.len > 0 ? b.data : "CPU");
    buf_release(&b);
    return text;
}

/* Says why the engine refused to load: what the file itself shows goes before what the log says. */
static int load_failed(struct enginelog *log, const char *path, struct err *err)
{
    static const char unknown[] = "unknown model architecture: ";
    struct arena a;
    struct modelfile f;
    struct err of_file;
    arena_init(&a);
    int readable = backend_llama_ops.inspect(&f, &a, path, &of_file);
    arena_release(&a);
    if (readable < 0) {
        if (err)
            *err = of_file;
        return -1;
    }
    bool is_memory = enginelog_is_memory(log);
    const char *reason = enginelog_reason(log);
    if (is_memory)
        return err_set(err, ERR_MEMORY, "%s: not enough memory for the model: %s", path, reason);
    const char *arch = strstr(reason, unknown);
    if (arch)
        return err_set(err, ERR_MODEL, "%s: the engine does not know the architecture %s", path,
                       arch + strlen(unknown));
    return err_set(err, ERR_MODEL, "%s: cannot load the model: %s", path, reason);
}

static int load_model(struct llama *l, struct backend_info *info, const char *path,
                      const struct backend_params *p, struct err *err)
{
    int load_mode = 0;
    if (find_word(&load_mode, load_modes, p->load_mode, "load_mode", err) < 0)
        return -1;
    struct llama_model_params mp = llama_model_default_params();
    mp.n_gpu_layers = p->n_gpu_layers;
    mp.use_extra_bufts = p->repack;
    mp.no_alloc = p->no_alloc;
    /* Sizes are only planned without mappings: with mmap the buffers would be the mapped file. */
    mp.load_mode = p->no_alloc ? LLAMA_LOAD_MODE_NONE : (enum llama_load_mode)load_mode;

    struct enginelog log;
    int ret = -1;
    enginelog_start(&log);
    l->model = llama_model_load_from_file(path, mp);
    enginelog_stop(&log);
    if (!l->model) {
        load_failed(&log, path, err);
        goto done;
    }
    if (llama_model_has_encoder(l->model) || llama_model_is_diffusion(l->model)) {
        err_set(err, ERR_UNSUPPORTED, "%s: not a causal language model (it has an encoder or is a diffusion model)",
                path);
        goto done;
    }
    info->weights_bytes = p->no_alloc ? (int64_t)llama_model_size(l->model) : log.weights_bytes;
    ret = 0;
done:
    enginelog_release(&log);
    return ret;
}

/*
 * After the model and before its context, which makes room in its graphs for the adapters that are loaded. Without memory
 * for weights there is nothing to load it into: it is only checked.
 */
static int load_adapter(struct llama *l, struct backend_info *info, const char *path, const struct backend_params *p,
                        struct err *err)
{
    char arch[64] = "unknown";
    if (!p->adapter)
        return 0;
    llama_model_meta_val_str(l->model, "general.architecture", arch, sizeof(arch));
    if (adapter_check_gguf(&info->adapter_bytes, p->adapter, arch, err) < 0)
        return -1;
    if (p->no_alloc)
        return 0;
    struct enginelog log;
    enginelog_start(&log);
    l->adapter = llama_adapter_lora_init(l->model, p->adapter);
    enginelog_stop(&log);
    if (!l->adapter)
        err_set(err, enginelog_is_memory(&log) ? ERR_MEMORY : ERR_MODEL, "%s: not an adapter for %s: %s", p->adapter, path,
                enginelog_reason(&log));
    enginelog_release(&log);
    return l->adapter ? 0 : -1;
}

static int apply_adapter(struct llama *l, const struct backend_params *p, struct err *err)
{
    float scale = (float)p->adapter_scale;
    if (l->adapter && llama_set_adapters_lora(l->ctx, &l->adapter, 1, &scale) != 0)
        return err_set(err, ERR_MODEL, "%s: the engine does not take the adapter", p->adapter);
    return 0;
}

static int check_params(const char *path, const struct backend_params *p, struct err *err)
{
    int max_seq = (int)llama_max_parallel_sequences();
    if (p->n_seq_max < 1 || p->n_seq_max > max_seq)
        return err_set(err, ERR_RANGE, "%s: n_seq_max is %d, the engine takes 1 to %d sequences", path,
                       p->n_seq_max, max_seq);
    if (p->n_ctx < 0 || p->n_batch < 1 || p->n_ubatch < 1 || p->n_outputs_max < 0 || p->n_threads < 0 ||
        p->n_threads_batch < 0)
        return err_set(err, ERR_RANGE, "%s: n_ctx %d, n_batch %d, n_ubatch %d, n_outputs_max %d, n_threads %d: "
                       "out of range", path, p->n_ctx, p->n_batch, p->n_ubatch, p->n_outputs_max, p->n_threads);
    return 0;
}

/*
 * What common_context_params_to_llama() of llama.cpp gives its tools, so that logits equal llama-perplexity's.
 * n_outputs_max: the engine reserves an output a sequence and aborts if that is more than the limit.
 */
static int set_context_params(struct llama_context_params *cp, const struct llama *l,
                              const struct backend_params *p, struct err *err)
{
    int flash_attn = 0;
    *cp = llama_context_default_params();
    if (find_word(&flash_attn, flash_attns, p->flash_attn, "flash_attn", err) < 0 ||
        find_kv_type(&cp->type_k, p->type_k, "type_k", err) < 0 ||
        find_kv_type(&cp->type_v, p->type_v, "type_v", err) < 0)
        return -1;
    int n_ctx = p->n_ctx > 0 ? p->n_ctx : llama_model_n_ctx_train(l->model);
    int n_batch = p->n_batch < n_ctx ? p->n_batch : n_ctx; /* as the engine limits it */
    int n_outputs = p->n_outputs_max > 0 && p->n_outputs_max < n_batch ? p->n_outputs_max : n_batch;
    cp->flash_attn_type = (enum llama_flash_attn_type)flash_attn;
    cp->n_ctx = (uint32_t)n_ctx;
    cp->n_batch = (uint32_t)p->n_batch;
    cp->n_ubatch = (uint32_t)p->n_ubatch;
    cp->n_seq_max = (uint32_t)p->n_seq_max;
    cp->n_outputs_max = (uint32_t)(n_outputs > p->n_seq_max ? n_outputs : p->n_seq_max);
    cp->n_threads = p->n_threads > 0 ? p->n_threads : backend_default_threads();
    cp->n_threads_batch = p->n_threads_batch > 0 ? p->n_threads_batch : cp->n_threads;
    cp->kv_unified = p->kv_unified;
    cp->swa_full = false;
    cp->no_perf = true;
    return 0;
}

static int make_context(struct llama *l, struct backend_info *info, const char *path,
                        const struct backend_params *p, struct err *err)
{
    struct llama_context_params cp;
    if (set_context_params(&cp, l, p, err) < 0)
        return err_prefix(err, "%s: ", path);
    struct enginelog log;
    int ret = -1;
    enginelog_start(&log);
    l->ctx = llama_init_from_model(l->model, cp);
    enginelog_stop(&log);
    if (!l->ctx) {
        bool is_memory = enginelog_is_memory(&log);
        const char *reason = enginelog_reason(&log);
        if (is_memory)
            err_set(err, ERR_MEMORY, "%s: not enough memory for a context of %u tokens: %s", path, cp.n_ctx, reason);
        else
            err_set(err, ERR_MODEL, "%s: cannot make a context: %s", path, reason);
        goto done;
    }
    if (!llama_get_memory(l->ctx)) {
        err_set(err, ERR_UNSUPPORTED, "%s: not a causal language model (an embedding model?)", path);
        goto done;
    }
    info->n_ctx_seq = (int)llama_n_ctx_seq(l->ctx);
    info->n_batch = (int)llama_n_batch(l->ctx);
    info->n_seq_max = (int)llama_n_seq_max(l->ctx);
    info->n_outputs_max = (int)cp.n_outputs_max;
    info->n_threads = llama_n_threads(l->ctx);
    info->kv_bytes = log.kv_bytes > 0 ? log.kv_bytes : log.kv_planned_bytes;
    info->compute_bytes = log.compute_bytes + log.output_bytes;
    ret = 0;
done:
    enginelog_release(&log);
    return ret;
}

static void describe(struct llama *l, struct backend_info *info)
{
    char desc[256];
    llama_model_desc(l->model, desc, sizeof(desc));
    info->backend = "llama";
    info->build = backend_build();
    info->system = arena_strdup(&l->arena, llama_print_system_info());
    info->devices = list_devices(&l->arena);
    info->model_desc = arena_strdup(&l->arena, desc);
    info->model_bytes = (int64_t)llama_model_size(l->model);
    info->n_params = (int64_t)llama_model_n_params(l->model);
    info->build_commit = buildinfo_commit();
    info->build_number = buildinfo_number();
    info->cpu_info = describe_devices(&l->arena, DEVICES_CPU);
    info->gpu_info = describe_devices(&l->arena, DEVICES_GPU);
    info->backends = list_backends(&l->arena);
    info->chat_template = arena_strdup(&l->arena, llama_model_chat_template(l->model, NULL));
    info->n_vocab = llama_vocab_n_tokens(l->vocab);
    info->n_ctx_train = llama_model_n_ctx_train(l->model);
    info->bos = llama_vocab_bos(l->vocab);
    info->eos = llama_vocab_eos(l->vocab);
    info->add_bos = llama_vocab_get_add_bos(l->vocab);
    info->add_eos = llama_vocab_get_add_eos(l->vocab);
    info->n_swa = llama_model_n_swa(l->model);
    info->is_left_to_right = llama_vocab_type(l->vocab) == LLAMA_VOCAB_TYPE_BPE;
    info->is_recurrent = llama_model_is_recurrent(l->model) || llama_model_is_hybrid(l->model);
}

static void close_llama(struct backend *b)
{
    struct llama *l = b->impl;
    if (!l)
        return;
    if (l->batch.token)
        llama_batch_free(l->batch);
    if (l->ctx)
        llama_free(l->ctx);
    if (l->model)
        llama_model_free(l->model);
    arena_release(&l->arena);
    free(l);
    b->impl = NULL;
}

static int open_llama(struct backend *b, const char *path, const struct backend_params *p, struct err *err)
{
    init_engine();
    if (check_params(path, p, err) < 0)
        return -1;
    struct llama *l = xcalloc(1, sizeof(*l));
    arena_init(&l->arena);
    b->impl = l;
    l->is_no_alloc = p->no_alloc;
    if (load_model(l, &b->info, path, p, err) < 0)
        goto failed;
    l->vocab = llama_model_get_vocab(l->model);
    if (load_adapter(l, &b->info, path, p, err) < 0 || make_context(l, &b->info, path, p, err) < 0 ||
        apply_adapter(l, p, err) < 0)
        goto failed;
    describe(l, &b->info);
    l->batch = llama_batch_init(b->info.n_batch, 0, 1);
    return 0;
failed:
    close_llama(b);
    return -1;
}

static int tokenize(struct backend *b, const char *text, size_t n_bytes, bool add_special, bool parse_special,
                    int32_t **out, int *out_n, struct err *err)
{
    struct llama *l = b->impl;
    if (llama_vocab_type(l->vocab) == LLAMA_VOCAB_TYPE_NONE)
        return err_set(err, ERR_MODEL, "the model has no tokenizer");
    if (n_bytes > INT32_MAX / 2)
        return err_set(err, ERR_RANGE, "a text of %zu bytes is too long to be tokenized at once", n_bytes);
    int cap = (int)n_bytes + 2; /* a token a byte, BOS and EOS */
    int32_t *tokens = xmalloc((size_t)cap * sizeof(*tokens));
    int n = llama_tokenize(l->vocab, text, (int32_t)n_bytes, tokens, cap, add_special, parse_special);
    if (n < 0 && n != INT32_MIN) { /* more tokens than bytes: some tokenizers add a space or normalize */
        cap = -n;
        tokens = xrealloc(tokens, (size_t)cap * sizeof(*tokens));
        n = llama_tokenize(l->vocab, text, (int32_t)n_bytes, tokens, cap, add_special, parse_special);
    }
    if (n < 0) {
        free(tokens);
        return err_set(err, ERR_MODEL, "the engine could not tokenize a text of %zu bytes", n_bytes);
    }
    *out = tokens;
    *out_n = n;
    return 0;
}

static int piece(struct backend *b, int32_t token, char *out, int out_bytes)
{
    struct llama *l = b->impl;
    if (token < 0 || token >= b->info.n_vocab)
        return 0;
    return llama_token_to_piece(l->vocab, token, out, out_bytes, 0, true);
}

static int detokenize(struct backend *b, const int32_t *tokens, int n, char *out, int out_bytes)
{
    struct llama *l = b->impl;
    for (int i = 0; i < n; i++)
        if (tokens[i] < 0 || tokens[i] >= b->info.n_vocab)
            return INT32_MIN;
    return llama_detokenize(l->vocab, tokens, n, out, out_bytes, false, false);
}

static bool is_eog(struct backend *b, int32_t token)
{
    struct llama *l = b->impl;
    return token >= 0 && token < b->info.n_vocab && llama_vocab_is_eog(l->vocab, token);
}

static int decode_failed(const struct backend *b, int code, struct enginelog *log, struct err *err)
{
    bool is_memory = enginelog_is_memory(log);
    const char *reason = enginelog_reason(log);
    switch (code) {
    case 1:
        return err_set(err, ERR_MODEL, "the context is full: no room for the batch (%d sequences of %d tokens)",
                       b->info.n_seq_max, b->info.n_ctx_seq);
    case 2:
        return err_set(err, ERR_CANCELLED, "decode was aborted");
    case -1:
        return err_set(err, ERR_MODEL, "the engine refused the batch: %s", reason);
    default:
        if (code == -2 && is_memory)
            return err_set(err, ERR_MEMORY, "not enough memory to decode: %s", reason);
        return err_set(err, ERR_MODEL, "decode failed with code %d: %s", code, reason);
    }
}

static int decode(struct backend *b, const struct batch *batch, struct err *err)
{
    struct llama *l = b->impl;
    l->batch.n_tokens = 0;
    if (l->is_no_alloc)
        return err_set(err, ERR_MODEL, "the model was opened to plan memory only (no_alloc)");
    for (int i = 0; i < batch->n; i++) {
        l->batch.token[i] = batch->token[i];
        l->batch.pos[i] = batch->pos[i];
        l->batch.n_seq_id[i] = 1;
        l->batch.seq_id[i][0] = batch->seq[i];
        l->batch.logits[i] = batch->want_logits[i];
    }
    l->batch.n_tokens = batch->n;
    struct enginelog log;
    enginelog_start(&log);
    int code = llama_decode(l->ctx, l->batch);
    enginelog_stop(&log);
    int ret = code == 0 ? 0 : decode_failed(b, code, &log, err);
    if (ret < 0)
        l->batch.n_tokens = 0;
    enginelog_release(&log);
    return ret;
}

static const float *logits(struct backend *b, int i_batch)
{
    struct llama *l = b->impl;
    if (i_batch < 0 || i_batch >= l->batch.n_tokens || !l->batch.logits[i_batch])
        return NULL;
    return llama_get_logits_ith(l->ctx, i_batch);
}

static void clear(struct backend *b)
{
    struct llama *l = b->impl;
    l->batch.n_tokens = 0;
    llama_memory_clear(llama_get_memory(l->ctx), true);
}

static int seq_copy(struct backend *b, int from, int to, struct err *err)
{
    (void)err;
    struct llama *l = b->impl;
    llama_memory_t mem = llama_get_memory(l->ctx);
    llama_memory_seq_rm(mem, to, -1, -1);
    /* Always the whole: a part of a sequence cannot be copied between streams, and the engine would abort. */
    llama_memory_seq_cp(mem, from, to, -1, -1);
    return 0;
}

static int seq_remove(struct backend *b, int seq, int from_pos, struct err *err)
{
    struct llama *l = b->impl;
    if (!llama_memory_seq_rm(llama_get_memory(l->ctx), seq, from_pos > 0 ? from_pos : -1, -1))
        return err_set(err, ERR_UNSUPPORTED, "the model cannot forget the end of a sequence (from position %d)",
                       from_pos);
    return 0;
}

static void synchronize(struct backend *b)
{
    struct llama *l = b->impl;
    llama_synchronize(l->ctx);
}

const struct backend_ops backend_llama_ops = {
    .name = "llama",
    .claims = claims,
    .open = open_llama,
    .close = close_llama,
    .tokenize = tokenize,
    .piece = piece,
    .detokenize = detokenize,
    .is_eog = is_eog,
    .decode = decode,
    .logits = logits,
    .clear = clear,
    .seq_copy = seq_copy,
    .seq_remove = seq_remove,
    .synchronize = synchronize,
    .inspect = modelfile_inspect_gguf,
};
