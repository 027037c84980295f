#include "engine/quantize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/units.h"
#include "core/quant.h"
#include "engine/backend.h"
#include "engine/quantize_llama.h"

#include "base/banned.h"

static bool is_fake(const struct backend_ops *ops)
{
    return strcmp(ops->name, "fake") == 0;
}

/* ---- fake models: a JSON file whose level, noise and bpw are rewritten ---- */

/*
 * Invented numbers with the shape of real ones: noise is the standard deviation that the level adds to every
 * logit. Several levels lie closer together than a short text can tell apart.
 */
static const struct fake_level {
    const char *level;
    double bpw, noise;
} fake_levels[] = {
    { "F32", 32.0, 0.0 },      { "F16", 16.0, 0.0 },      { "BF16", 16.0, 0.0 },     { "Q8_0", 8.5, 0.02 },
    { "Q6_K", 6.56, 0.04 },    { "Q5_K_M", 5.68, 0.08 },  { "Q5_K_S", 5.52, 0.09 },  { "Q5_1", 6.0, 0.08 },
    { "Q5_0", 5.5, 0.10 },     { "Q4_K_M", 4.83, 0.14 },  { "Q4_K_S", 4.57, 0.16 },  { "Q4_1", 5.0, 0.18 },
    { "Q4_0", 4.55, 0.20 },    { "IQ4_NL", 4.5, 0.17 },   { "IQ4_XS", 4.25, 0.18 },  { "MXFP4_MOE", 4.25, 0.25 },
    { "Q3_K_L", 4.22, 0.28 },  { "Q3_K_M", 3.89, 0.32 },  { "Q3_K_S", 3.48, 0.42 },  { "IQ3_M", 3.66, 0.34 },
    { "IQ3_S", 3.44, 0.36 },   { "IQ3_XS", 3.3, 0.40 },   { "IQ3_XXS", 3.06, 0.46 }, { "Q2_K", 3.0, 0.70 },
    { "Q2_K_S", 2.79, 0.85 },  { "IQ2_M", 2.7, 0.80 },    { "IQ2_S", 2.5, 0.90 },    { "IQ2_XS", 2.31, 1.0 },
    { "IQ2_XXS", 2.06, 1.2 },  { "TQ2_0", 2.06, 1.8 },    { "TQ1_0", 1.69, 2.0 },    { "Q2_0", 2.25, 1.6 },
    { "IQ1_M", 1.75, 1.8 },    { "IQ1_S", 1.56, 2.1 },    { "Q1_0", 1.125, 2.6 },
};

static const struct fake_level *fake_level_find(const char *level)
{
    const struct quant_info *q = quant_find(level); /* knows aliases and any case */
    for (size_t i = 0; q && i < sizeof fake_levels / sizeof *fake_levels; i++)
        if (strcmp(fake_levels[i].level, q->name) == 0)
            return &fake_levels[i];
    return NULL;
}

static bool is_float_level(const char *level)
{
    const struct quant_info *q = quant_find(level);
    return !q || strcmp(q->family, "float") == 0;
}

static void fake_format(struct buf *out, yyjson_val *root, const struct fake_level *f)
{
    struct jw w;
    size_t i, n;
    yyjson_val *key, *value;
    jw_init(&w, out);
    jw_pretty(&w);
    jw_object(&w);
    yyjson_obj_foreach(root, i, n, key, value) {
        const char *name = yyjson_get_str(key);
        if (strcmp(name, "level") == 0 || strcmp(name, "noise") == 0 || strcmp(name, "bpw") == 0)
            continue;
        jw_key(&w, name);
        jw_val(&w, value);
    }
    jw_kstr(&w, "level", f->level);
    jw_knum(&w, "noise", f->noise);
    jw_knum(&w, "bpw", f->bpw);
    jw_end(&w);
    buf_putc(out, '\n');
}

static int fake_quantize(struct buf *out, const struct quantize_params *p, struct err *err)
{
    const struct fake_level *f = fake_level_find(p->level);
    const struct quant_info *q = quant_find(p->level);
    struct json *j = NULL;
    int ret = -1;
    if (!f || !q)
        return err_set(err, ERR_USAGE, "%s: not a level that a fake model has", p->level);
    if (q->needs_imatrix && !p->imatrix)
        return err_set(err, ERR_USAGE, "%s: %s needs an importance matrix: --imatrix FILE", p->in, p->level);
    if (json_load(&j, p->in, err))
        return -1;
    const char *from = json_str_or(json_root(j), "level", "BF16");
    if (!is_float_level(from) && strcasecmp(from, f->level) != 0 && !p->allow_requantize) {
        err_set(err, ERR_USAGE, "%s: is quantized already (%s); making %s of it adds one loss to another: give "
                "--allow_requantize to do it all the same", p->in, from, p->level);
        goto done;
    }
    fake_format(out, json_root(j), f);
    ret = 0;
done:
    json_close(j);
    return ret;
}

static int fake_run(const struct quantize_params *p, const char *part, const struct sink *sink, struct err *err)
{
    struct buf text = BUF_INIT;
    int ret = -1;
    if (fake_quantize(&text, p, err) || sink_progress(sink, 0, 1, "tensor", err) ||
        fs_write(part, text.data, text.len, err))
        goto done;
    ret = sink_progress(sink, 1, 1, "tensor", err);
done:
    buf_release(&text);
    return ret;
}

/* ---- sizes ---- */

/*
 * The log has the tensors' bytes to 0.01 MiB; to that come the header (the input's, and what quantization adds
 * to it) and the padding of each tensor to 32 bytes.
 */
static int llama_predict(int64_t *out_bytes, const struct quantize_params *p, struct err *err)
{
    struct quantize_llama_result dry;
    int64_t meta_bytes;
    if (quantize_llama_run(&dry, p, NULL, NULL, err) || quantize_llama_meta_bytes(&meta_bytes, p->in, err))
        return -1;
    if (dry.needs_imatrix && !p->imatrix)
        return err_set(err, ERR_USAGE, "%s: %s needs an importance matrix: --imatrix FILE", p->in, p->level);
    if (dry.tensor_mib <= 0)
        return err_set(err, ERR_MODEL, "%s: the engine computed no size for %s", p->in, p->level);
    const int64_t per_tensor = 32 + 160; /* padding; the header of a split model's other files */
    *out_bytes = (int64_t)((dry.tensor_mib + 0.01) * 1048576.0) + meta_bytes + 4096 + per_tensor * dry.n_tensors;
    return 0;
}

static int predict(int64_t *out_bytes, const struct backend_ops *ops, const struct quantize_params *p, struct err *err)
{
    if (!is_fake(ops))
        return llama_predict(out_bytes, p, err);
    struct buf text = BUF_INIT;
    const int ret = fake_quantize(&text, p, err);
    *out_bytes = ret ? -1 : (int64_t)text.len;
    buf_release(&text);
    return ret;
}

static int check_level(const struct quantize_params *p, struct err *err)
{
    if (quantize_knows(p->level))
        return 0;
    const struct quant_info *q = quant_find(p->level);
    if (q)
        return err_set(err, ERR_USAGE, "%s: this engine cannot make it", q->name);
    return err_set(err, ERR_USAGE, "%s: not a level of quantization (Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0, Q3_K_M, "
                   "Q2_K ...)", p->level);
}

int quantize_predict_bytes(int64_t *out_bytes, const struct quantize_params *p, struct err *err)
{
    const struct backend_ops *ops;
    *out_bytes = -1;
    if (check_level(p, err) || backend_find(&ops, p->in, err))
        return -1;
    return predict(out_bytes, ops, p, err);
}

/* ---- one file ---- */

static int check_space(const char *dir, int64_t need_bytes, const char *level, struct err *err)
{
    int64_t free_bytes;
    char need[32], has[32];
    if (fs_free_bytes(&free_bytes, dir, err))
        return -1;
    if (free_bytes >= need_bytes)
        return 0;
    units_format_bytes(need, sizeof need, need_bytes);
    units_format_bytes(has, sizeof has, free_bytes);
    return err_set(err, ERR_IO, "%s: needs %s for %s, %s free", dir, need, level, has);
}

/* A stream of the engine says only that a write failed; the disk may say why. */
static int explain_write(const char *dir, const char *part, int64_t need_bytes, const struct quantize_params *p,
                         struct err *err)
{
    int64_t free_bytes, has_bytes = 0;
    char need[32], has[32];
    if (fs_exists(part) && fs_size(&has_bytes, part, NULL))
        has_bytes = 0;
    units_format_bytes(need, sizeof need, need_bytes);
    units_format_bytes(has, sizeof has, has_bytes);
    if (fs_free_bytes(&free_bytes, dir, NULL) == 0 && free_bytes < need_bytes - has_bytes)
        return err_set(err, ERR_IO, "%s: the disk is full: %s of %s of %s were written", dir, has, need, p->level);
    return err_set(err, ERR_IO, "%s: cannot write: %s of %s of %s were written (a quota or a limit of file size?)",
                   p->out, has, need, p->level);
}

static int llama_run(const struct quantize_params *p, const char *dir, const char *part, int64_t need_bytes,
                     const struct sink *sink, struct err *err)
{
    struct quantize_llama_result result;
    char text[64];
    int64_t has_bytes, expected_bytes;
    if (quantize_llama_run(&result, p, part, sink, err)) {
        /* iostream is how the C++ library names any failed write. */
        if (err && err->code == ERR_MODEL && strstr(err->msg, "iostream"))
            return explain_write(dir, part, need_bytes, p, err);
        return -1;
    }
    /* A stream that failed in its last bytes may not have told the engine. */
    if (fs_size(&has_bytes, part, err) || quantize_llama_expected_bytes(&expected_bytes, part, err))
        return -1;
    if (has_bytes != expected_bytes || has_bytes > need_bytes)
        return explain_write(dir, part, expected_bytes, p, err);
    if (result.n_fallback < 0)
        return 0;
    snprintf(text, sizeof text, "%d of %d", result.n_fallback, result.n_tensors);
    return sink_fact(sink, 0, "fallback_tensors", text, err);
}

static int check_paths(const struct quantize_params *p, const char *dir, struct err *err)
{
    if (strcmp(p->in, p->out) == 0 || fs_same_file(p->in, p->out))
        return err_set(err, ERR_USAGE, "%s: input and output are the same file", p->out);
    if (fs_is_dir(p->out))
        return err_set(err, ERR_USAGE, "%s: is a folder, not a file to write", p->out);
    if (!p->overwrite && fs_exists(p->out))
        return err_set(err, ERR_USAGE, "%s: exists already", p->out);
    return fs_check_writable_dir(dir, err);
}

int quantize_file(const struct quantize_params *p, const struct sink *sink, struct err *err)
{
    const struct backend_ops *ops;
    struct arena a;
    int64_t need_bytes;
    bool has_part = false;
    int ret = -1;

    arena_init(&a);
    const char *dir = fs_dirname(&a, p->out);
    const char *part = arena_printf(&a, "%s.part.%ld", p->out, (long)getpid());
    if (check_level(p, err) || backend_find(&ops, p->in, err) || check_paths(p, dir, err) ||
        predict(&need_bytes, ops, p, err) || check_space(dir, need_bytes, p->level, err))
        goto done;
    has_part = true;
    if (is_fake(ops) ? fake_run(p, part, sink, err) : llama_run(p, dir, part, need_bytes, sink, err))
        goto done;
    if (fs_rename(part, p->out, err))
        goto done;
    ret = 0;
done:
    if (has_part && ret)
        fs_remove(part, NULL);
    arena_release(&a);
    return ret;
}
