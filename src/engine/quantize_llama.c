#include "engine/quantize_llama.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ggml.h>
#include <gguf.h>
#include <llama.h>

#include "base/buf.h"
#include "engine/imatrix.h"

#include "base/banned.h"

/* QUANT_OPTIONS of tools/quantize/quantize.cpp, without COPY. */
static const struct level {
    const char *name;
    enum llama_ftype ftype;
} levels[] = {
    { "F32", LLAMA_FTYPE_ALL_F32 },
    { "F16", LLAMA_FTYPE_MOSTLY_F16 },
    { "BF16", LLAMA_FTYPE_MOSTLY_BF16 },
    { "Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0 },
    { "Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K },
    { "Q5_K", LLAMA_FTYPE_MOSTLY_Q5_K_M }, /* the three aliases of llama-quantize */
    { "Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M },
    { "Q5_K_S", LLAMA_FTYPE_MOSTLY_Q5_K_S },
    { "Q5_1", LLAMA_FTYPE_MOSTLY_Q5_1 },
    { "Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0 },
    { "Q4_K", LLAMA_FTYPE_MOSTLY_Q4_K_M },
    { "Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M },
    { "Q4_K_S", LLAMA_FTYPE_MOSTLY_Q4_K_S },
    { "Q4_1", LLAMA_FTYPE_MOSTLY_Q4_1 },
    { "Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0 },
    { "IQ4_NL", LLAMA_FTYPE_MOSTLY_IQ4_NL },
    { "IQ4_XS", LLAMA_FTYPE_MOSTLY_IQ4_XS },
    { "MXFP4_MOE", LLAMA_FTYPE_MOSTLY_MXFP4_MOE },
    { "Q3_K", LLAMA_FTYPE_MOSTLY_Q3_K_M },
    { "Q3_K_L", LLAMA_FTYPE_MOSTLY_Q3_K_L },
    { "Q3_K_M", LLAMA_FTYPE_MOSTLY_Q3_K_M },
    { "Q3_K_S", LLAMA_FTYPE_MOSTLY_Q3_K_S },
    { "IQ3_M", LLAMA_FTYPE_MOSTLY_IQ3_M },
    { "IQ3_S", LLAMA_FTYPE_MOSTLY_IQ3_S },
    { "IQ3_XS", LLAMA_FTYPE_MOSTLY_IQ3_XS },
    { "IQ3_XXS", LLAMA_FTYPE_MOSTLY_IQ3_XXS },
    { "Q2_K", LLAMA_FTYPE_MOSTLY_Q2_K },
    { "Q2_K_S", LLAMA_FTYPE_MOSTLY_Q2_K_S },
    { "IQ2_M", LLAMA_FTYPE_MOSTLY_IQ2_M },
    { "IQ2_S", LLAMA_FTYPE_MOSTLY_IQ2_S },
    { "IQ2_XS", LLAMA_FTYPE_MOSTLY_IQ2_XS },
    { "IQ2_XXS", LLAMA_FTYPE_MOSTLY_IQ2_XXS },
    { "TQ2_0", LLAMA_FTYPE_MOSTLY_TQ2_0 },
    { "TQ1_0", LLAMA_FTYPE_MOSTLY_TQ1_0 },
    { "Q2_0", LLAMA_FTYPE_MOSTLY_Q2_0 },
    { "IQ1_M", LLAMA_FTYPE_MOSTLY_IQ1_M },
    { "IQ1_S", LLAMA_FTYPE_MOSTLY_IQ1_S },
    { "Q1_0", LLAMA_FTYPE_MOSTLY_Q1_0 },
};
enum { N_LEVELS = sizeof levels / sizeof *levels };

static const struct level *level_find(const char *name)
{
    for (int i = 0; i < N_LEVELS; i++)
        if (strcasecmp(levels[i].name, name) == 0)
            return &levels[i];
    return NULL;
}

bool quantize_knows(const char *level)
{
    return level_find(level) != NULL;
}

int quantize_llama_ftype(const char *level)
{
    const struct level *l = level_find(level);
    return l ? (int)l->ftype : -1;
}

/* ---- the engine's log ---- */

struct listener {
    struct buf line;          /* pieces of the line at hand */
    struct quantize_llama_result *result;
    const struct sink *sink;  /* NULL: quiet */
    int n_done;
    char reason[512];         /* of a failure */
    struct err sink_err;
    bool is_sink_failed;      /* the engine cannot be stopped: the sink's error is told when it returns */
};

static void put_progress(struct listener *l, int done)
{
    if (!l->sink || l->is_sink_failed)
        return;
    l->is_sink_failed = sink_progress(l->sink, done, l->result->n_tensors, "tensor", &l->sink_err) != 0;
}

static void hear_line(struct listener *l, enum ggml_log_level level, const char *line)
{
    const char *at;
    int n, of;
    double mib;
    if ((at = strstr(line, "quant size")) && sscanf(at, "quant size = %lf", &mib) == 1)
        l->result->tensor_mib = mib;
    if ((at = strstr(line, "WARNING: ")) && sscanf(at, "WARNING: %d of %d tensor", &n, &of) == 2)
        l->result->n_fallback = n;
    if (strstr(line, "will require an imatrix"))
        l->result->needs_imatrix = true;
    if ((at = strstr(line, "failed to quantize: ")))
        snprintf(l->reason, sizeof l->reason, "%s", at + strlen("failed to quantize: "));
    else if (level == GGML_LOG_LEVEL_ERROR && !l->reason[0] && strspn(line, " =\t") < strlen(line))
        snprintf(l->reason, sizeof l->reason, "%s", line);
}

/* "[  12/ 272] blk.0.attn_q.weight - ..." comes as one piece before the tensor is converted, its end later. */
static void hear(enum ggml_log_level level, const char *text, void *ctx)
{
    struct listener *l = ctx;
    int i, n;
    if (l->line.len == 0 && sscanf(text, "[%d/%d]", &i, &n) == 2) {
        l->result->n_tensors = n;
        l->n_done = i;
        put_progress(l, i - 1);
    }
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        buf_append(&l->line, text, (size_t)(end - text));
        hear_line(l, level, l->line.data);
        buf_clear(&l->line);
    }
    buf_puts(&l->line, text);
}

/* ---- importance matrix ---- */

static void override_str(struct llama_model_kv_override *o, const char *key, const char *value)
{
    *o = (struct llama_model_kv_override){ .tag = LLAMA_KV_OVERRIDE_TYPE_STR };
    snprintf(o->key, sizeof o->key, "%s", key);
    snprintf(o->val_str, sizeof o->val_str, "%s", value); /* the engine's 127 bytes */
}

static void override_int(struct llama_model_kv_override *o, const char *key, int64_t value)
{
    *o = (struct llama_model_kv_override){ .tag = LLAMA_KV_OVERRIDE_TYPE_INT, .val_i64 = value };
    snprintf(o->key, sizeof o->key, "%s", key);
}

/* What llama-quantize writes into the file, in its order. overrides [5]: at most four and the end. */
static int imatrix_set(struct llama_model_quantize_params *q, struct llama_model_kv_override *overrides,
                       struct arena *a, const char *path, struct err *err)
{
    struct imatrix m;
    if (imatrix_load(&m, a, path, err))
        return -1;
    struct llama_model_imatrix_data *data = arena_alloc(a, ((size_t)m.n + 1) * sizeof *data);
    for (int i = 0; i < m.n; i++)
        data[i] = (struct llama_model_imatrix_data){ m.entries[i].name, m.entries[i].data, (size_t)m.entries[i].n };
    q->imatrix = data;
    int n = 0;
    override_str(&overrides[n++], "quantize.imatrix.file", path);
    if (m.n_datasets > 0)
        override_str(&overrides[n++], "quantize.imatrix.dataset", m.datasets[0]);
    override_int(&overrides[n++], "quantize.imatrix.entries_count", m.n);
    if (m.n_chunks > 0)
        override_int(&overrides[n++], "quantize.imatrix.chunks_count", m.n_chunks);
    overrides[n].key[0] = '\0';
    q->kv_overrides = overrides;
    return 0;
}

/* ---- the run ---- */

static int explain(const struct listener *l, const struct quantize_params *p, struct err *err)
{
    char type[32];
    const char *at;
    if ((at = strstr(l->reason, "requantizing from type ")) &&
        sscanf(at, "requantizing from type %31s", type) == 1)
        return err_set(err, ERR_USAGE, "%s: is quantized already (%s); making %s of it adds one loss to another: give "
                       "--allow_requantize to do it all the same", p->in, type, p->level);
    if (strstr(l->reason, "requires an imatrix"))
        return err_set(err, ERR_USAGE, "%s: %s needs an importance matrix: --imatrix FILE", p->in, p->level);
    if (strstr(l->reason, "Missing importance matrix") || strstr(l->reason, "imatrix"))
        return err_set(err, ERR_MODEL, "%s: %s with %s: %s", p->in, p->level, p->imatrix ? p->imatrix : "no imatrix",
                       l->reason);
    return err_set(err, ERR_MODEL, "%s: cannot make %s: %s", p->in, p->level,
                   l->reason[0] ? l->reason : "the engine gave no reason");
}

int quantize_llama_run(struct quantize_llama_result *out, const struct quantize_params *p, const char *part,
                       const struct sink *sink, struct err *err)
{
    const struct level *level = level_find(p->level);
    struct llama_model_quantize_params q = llama_model_quantize_default_params();
    struct llama_model_kv_override *overrides;
    struct listener l = { .line = BUF_INIT, .result = out, .sink = sink };
    ggml_log_callback old_hear;
    void *old_ctx;
    struct arena a;
    int ret = -1;

    *out = (struct quantize_llama_result){ .n_fallback = -1 };
    if (!level)
        return err_set(err, ERR_USAGE, "%s: not a level of quantization", p->level);
    arena_init(&a);
    overrides = arena_alloc(&a, 5 * sizeof *overrides);
    q.ftype = level->ftype;
    q.nthread = p->n_threads;
    q.allow_requantize = p->allow_requantize;
    q.pure = p->pure;
    q.dry_run = part == NULL;
    if (p->imatrix && imatrix_set(&q, overrides, &a, p->imatrix, err))
        goto done;

    llama_backend_init();
    llama_log_get(&old_hear, &old_ctx);
    llama_log_set(hear, &l);
    const uint32_t failed = llama_model_quantize(p->in, part ? part : "", &q);
    llama_log_set(old_hear, old_ctx);

    while (l.reason[0] && isspace((unsigned char)l.reason[strlen(l.reason) - 1]))
        l.reason[strlen(l.reason) - 1] = '\0';
    if (failed) {
        explain(&l, p, err);
        goto done;
    }
    put_progress(&l, out->n_tensors);
    if (l.is_sink_failed) {
        if (err)
            *err = l.sink_err;
        goto done;
    }
    ret = 0;
done:
    buf_release(&l.line);
    arena_release(&a);
    return ret;
}

int quantize_llama_meta_bytes(int64_t *out_bytes, const char *path, struct err *err)
{
    const struct gguf_init_params params = { .no_alloc = true, .ctx = NULL };
    struct gguf_context *g = gguf_init_from_file(path, params);
    if (!g)
        return err_set(err, ERR_FORMAT, "%s: not a GGUF file, or damaged", path);
    *out_bytes = (int64_t)gguf_get_data_offset(g);
    gguf_free(g);
    return 0;
}

int quantize_llama_expected_bytes(int64_t *out_bytes, const char *path, struct err *err)
{
    const struct gguf_init_params params = { .no_alloc = true, .ctx = NULL };
    struct gguf_context *g = gguf_init_from_file(path, params);
    if (!g)
        return err_set(err, ERR_FORMAT, "%s: not a GGUF file, or damaged", path);
    const size_t align = gguf_get_alignment(g);
    size_t end = gguf_get_data_offset(g);
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        const size_t n = gguf_get_tensor_size(g, i);
        const size_t begin = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, i);
        const size_t tensor_end = begin + (n + align - 1) / align * align;
        end = tensor_end > end ? tensor_end : end;
    }
    *out_bytes = (int64_t)end;
    gguf_free(g);
    return 0;
}
