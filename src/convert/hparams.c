#include "convert/hparams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/arch.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

/* A key is at most this long: "mistral3.rope.scaling.original_context_length". */
struct key {
    char text[96];
};

static struct key key_of(const struct hfconfig *c, const char *suffix)
{
    struct key k;
    snprintf(k.text, sizeof k.text, "%s.%s", hfconfig_arch(c)->gguf, suffix);
    return k;
}

enum key_type { KEY_U32, KEY_F32 };

struct key_row {
    const char *suffix, *hparam;
    enum key_type type;
    bool is_needed;
};

static int put_row(struct ggufout *g, const struct hfconfig *c, const struct key_row *row, struct err *err)
{
    int64_t i;
    double x;
    const int rc = row->type == KEY_U32 ? hfconfig_int(c, row->hparam, &i, err) : hfconfig_num(c, row->hparam, &x, err);
    if (rc == 0 && row->is_needed)
        return err_set(err, ERR_FORMAT, "%s/config.json: '%s' is missing", hfconfig_dir(c), row->hparam);
    if (rc > 0 && row->type == KEY_U32)
        ggufout_u32(g, key_of(c, row->suffix).text, i);
    else if (rc > 0)
        ggufout_f32(g, key_of(c, row->suffix).text, x);
    return rc < 0 ? -1 : 0;
}

static int put_rows(struct ggufout *g, const struct hfconfig *c, const struct key_row *rows, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (put_row(g, c, &rows[i], err))
            return -1;
    return 0;
}

#define PUT_ROWS(g, c, rows, err) put_rows(g, c, rows, sizeof(rows) / sizeof(rows)[0], err)

/* ---- rope ---- */

static int rope_num(const struct hfconfig *c, const char *key, double *out, struct err *err)
{
    yyjson_val *v = hfconfig_rope(c, key);
    if (!v || !yyjson_is_num(v))
        return err_set(err, ERR_FORMAT, "%s/config.json: rope scaling '%s': '%s' %s", hfconfig_dir(c),
                       hfconfig_rope_type(c) ? hfconfig_rope_type(c) : "none", key, v ? "is not a number" : "is missing");
    *out = yyjson_get_num(v);
    return 0;
}

static void put_rope_if(struct ggufout *g, const struct hfconfig *c, const char *suffix, const char *key)
{
    yyjson_val *v = hfconfig_rope(c, key);
    if (v && yyjson_is_num(v))
        ggufout_f32(g, key_of(c, suffix).text, yyjson_get_num(v));
}

static int put_yarn(struct ggufout *g, const struct hfconfig *c, struct err *err)
{
    double n_ctx_orig;
    if (rope_num(c, "original_max_position_embeddings", &n_ctx_orig, err))
        return -1;
    ggufout_u32(g, key_of(c, "rope.scaling.original_context_length").text, (int64_t)n_ctx_orig);
    put_rope_if(g, c, "rope.scaling.yarn_ext_factor", "extrapolation_factor");
    put_rope_if(g, c, "rope.scaling.yarn_attn_factor",
                hfconfig_rope(c, "attention_factor") ? "attention_factor" : "attn_factor");
    put_rope_if(g, c, "rope.scaling.yarn_beta_fast", "beta_fast");
    put_rope_if(g, c, "rope.scaling.yarn_beta_slow", "beta_slow");
    return 0;
}

static int put_rope_scaling(struct ggufout *g, const struct hfconfig *c, struct err *err)
{
    const char *type = hfconfig_rope_type(c);
    const bool has_factor = hfconfig_rope(c, "factor") != NULL;
    if (!type)
        return 0;
    if (strcmp(type, "su") == 0 || strcmp(type, "longrope") == 0) {
        ggufout_str(g, key_of(c, "rope.scaling.type").text, "longrope");
        return 0;
    }
    if (!has_factor || (strcmp(type, "linear") != 0 && strcmp(type, "yarn") != 0))
        return 0; /* llama3: a tensor of factors instead; default: none */
    ggufout_str(g, key_of(c, "rope.scaling.type").text, type);
    put_rope_if(g, c, "rope.scaling.factor", "factor");
    return strcmp(type, "yarn") == 0 ? put_yarn(g, c, err) : 0;
}

static int put_rope(struct ggufout *g, const struct hfconfig *c, struct err *err)
{
    yyjson_val *local = hfconfig_rope_local(c);
    if (put_rope_scaling(g, c, err))
        return -1;
    put_rope_if(g, c, "rope.freq_base", "rope_theta");
    if (local && yyjson_is_num(local))
        ggufout_f32(g, key_of(c, "rope.freq_base_swa").text, yyjson_get_num(local));
    return 0;
}

/* ---- families ---- */

int hparams_common(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err)
{
    static const struct key_row before[] = {
        { "block_count", "num_hidden_layers", KEY_U32, true },
        { "context_length", "max_position_embeddings", KEY_U32, false },
        { "embedding_length", "hidden_size", KEY_U32, true },
        { "feed_forward_length", "intermediate_size", KEY_U32, true },
        { "attention.head_count", "num_attention_heads", KEY_U32, true },
        { "attention.head_count_kv", "num_key_value_heads", KEY_U32, true },
    };
    static const struct key_row after[] = {
        { "attention.layer_norm_rms_epsilon", "rms_norm_eps", KEY_F32, true },
        { "attention.key_length", "head_dim", KEY_U32, false },
        { "attention.value_length", "head_dim", KEY_U32, false },
    };
    yyjson_val *causal = hfconfig_get(c, "is_causal");
    if (PUT_ROWS(g, c, before, err))
        return -1;
    if (causal && yyjson_is_false(causal))
        ggufout_bool(g, key_of(c, "attention.causal").text, false);
    if (put_rope(g, c, err) || PUT_ROWS(g, c, after, err))
        return -1;
    ggufout_u32(g, "general.file_type", file_type);
    return 0;
}

static int rope_dims(const struct hfconfig *c, int64_t *out, struct err *err)
{
    int64_t n_embd, n_head;
    const int rc = hfconfig_int(c, "head_dim", out, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (hfconfig_need_int(c, "hidden_size", &n_embd, err) || hfconfig_need_int(c, "num_attention_heads", &n_head, err))
        return -1;
    *out = n_head > 0 ? n_embd / n_head : 0;
    return 0;
}

int hparams_llama(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err)
{
    static const struct key_row rows[] = { { "vocab_size", "vocab_size", KEY_U32, true } };
    int64_t n_rot;
    if (hparams_common(g, c, file_type, err) || PUT_ROWS(g, c, rows, err) || rope_dims(c, &n_rot, err))
        return -1;
    ggufout_u32(g, key_of(c, "rope.dimension_count").text, n_rot);
    return 0;
}

int hparams_mistral3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err)
{
    const char *type = yyjson_get_str(hfconfig_get(c, "model_type")), *rope = hfconfig_rope_type(c);
    double mscale, beta;
    if (type && strcmp(type, "mistral4") == 0)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: mistral4 models are not converted", hfconfig_dir(c));
    if (hparams_llama(g, c, file_type, err))
        return -1;
    if (!type || strcmp(type, "ministral3") != 0)
        return 0;
    if (!rope || strcmp(rope, "yarn") != 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: a ministral3 model has rope type 'yarn'", hfconfig_dir(c));
    if (rope_num(c, "mscale_all_dim", &mscale, err) || rope_num(c, "llama_4_scaling_beta", &beta, err))
        return -1;
    ggufout_f32(g, key_of(c, "rope.scaling.yarn_log_multiplier").text, mscale);
    ggufout_f32(g, key_of(c, "attention.temperature_scale").text, beta);
    return 0;
}

int hparams_gemma3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err)
{
    yyjson_val *pattern = hfconfig_get(c, "sliding_window_pattern"), *cap = hfconfig_get(c, "final_logit_softcapping");
    static const struct key_row window[] = { { "attention.sliding_window", "sliding_window", KEY_U32, true } };
    if (hfconfig_get(c, "attn_logit_softcapping"))
        return err_set(err, ERR_FORMAT, "%s/config.json: a Gemma 3 model has no attn_logit_softcapping", hfconfig_dir(c));
    if (hparams_common(g, c, file_type, err))
        return -1;
    if (cap && yyjson_is_num(cap) && yyjson_get_num(cap) != 0)
        ggufout_f32(g, key_of(c, "final_logit_softcapping").text, yyjson_get_num(cap));
    if (pattern && yyjson_is_uint(pattern) && yyjson_get_uint(pattern) == 1)
        return 0;
    return PUT_ROWS(g, c, window, err);
}

/* int(partial_rotary_factor * hidden_size) // heads */
static int phi_rope_dims(const struct hfconfig *c, int64_t *out, struct err *err)
{
    yyjson_val *part = hfconfig_rope(c, "partial_rotary_factor");
    const double share = part && yyjson_is_num(part) ? yyjson_get_num(part) : 1.0;
    int64_t n_embd, n_head;
    if (hfconfig_need_int(c, "hidden_size", &n_embd, err) || hfconfig_need_int(c, "num_attention_heads", &n_head, err))
        return -1;
    if (n_head == 0 || share < 0 || share > 1)
        return err_set(err, ERR_FORMAT, "%s/config.json: partial_rotary_factor or num_attention_heads is none",
                       hfconfig_dir(c));
    *out = (int64_t)(share * (double)n_embd) / n_head;
    return 0;
}

int hparams_phi3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err)
{
    static const struct key_row head[] = { { "context_length", "max_position_embeddings", KEY_U32, true } };
    static const struct key_row rows[] = {
        { "embedding_length", "hidden_size", KEY_U32, true },
        { "feed_forward_length", "intermediate_size", KEY_U32, true },
        { "block_count", "num_hidden_layers", KEY_U32, true },
        { "attention.head_count", "num_attention_heads", KEY_U32, true },
        { "attention.head_count_kv", "num_key_value_heads", KEY_U32, true },
        { "attention.layer_norm_rms_epsilon", "rms_norm_eps", KEY_F32, true },
    };
    double n_ctx_orig, theta;
    int64_t n_rot, window = 0; /* 0 tells Phi-4 from the older ones */
    if (rope_num(c, "original_max_position_embeddings", &n_ctx_orig, err) || rope_num(c, "rope_theta", &theta, err) ||
        phi_rope_dims(c, &n_rot, err) || hfconfig_int(c, "sliding_window", &window, err) < 0)
        return -1;
    if (PUT_ROWS(g, c, head, err))
        return -1;
    ggufout_u32(g, key_of(c, "rope.scaling.original_context_length").text, (int64_t)n_ctx_orig);
    if (PUT_ROWS(g, c, rows, err))
        return -1;
    ggufout_u32(g, key_of(c, "rope.dimension_count").text, n_rot);
    ggufout_f32(g, key_of(c, "rope.freq_base").text, theta);
    ggufout_u32(g, "general.file_type", file_type);
    ggufout_u32(g, key_of(c, "attention.sliding_window").text, window);
    return 0;
}

/* ---- tensors that are computed ---- */

static float rope_or(const struct hfconfig *c, const char *key, double fallback)
{
    yyjson_val *v = hfconfig_rope(c, key);
    return (float)(v && yyjson_is_num(v) ? yyjson_get_num(v) : fallback);
}

/*
 * torch's float arithmetic, step by step: numbers of the file are floats from here on, only theta's powers are rounded
 * from double (torch's vectorized powf is that good).
 */
static int llama3_factors(struct extra_tensor *out, struct arena *a, const struct hfconfig *c, struct err *err)
{
    const double theta = rope_or(c, "rope_theta", 10000.0);
    const float factor = rope_or(c, "factor", 8.0), low = rope_or(c, "low_freq_factor", 1.0);
    const float high = rope_or(c, "high_freq_factor", 4.0);
    const float n_ctx_orig = rope_or(c, "original_max_position_embeddings", 8192);
    int64_t dim;
    if (rope_dims(c, &dim, err))
        return -1;
    if (dim < 2 || dim > 1 << 16)
        return err_set(err, ERR_FORMAT, "%s/config.json: a head of %lld dimensions", hfconfig_dir(c), (long long)dim);
    const int n = (int)((dim + 1) / 2);
    float *values = arena_alloc(a, (size_t)n * sizeof *values);
    for (int i = 0; i < n; i++) {
        const float exponent = (float)(2 * i) / (float)dim;
        const float freq = 1.0f / (float)pow(theta, (double)exponent);
        const float wavelen = (float)(2 * M_PI) / freq;
        if (wavelen < n_ctx_orig / high)
            values[i] = 1;
        else if (wavelen > n_ctx_orig / low)
            values[i] = factor;
        else {
            const float smooth = (n_ctx_orig / wavelen - low) / (float)((double)high - (double)low);
            values[i] = 1.0f / ((1.0f - smooth) / factor + smooth);
        }
    }
    *out = (struct extra_tensor){ "rope_freqs.weight", values, n };
    return 0;
}

static int factors_of(struct extra_tensor *out, struct arena *a, const struct hfconfig *c, const char *key,
                      const char *name, int64_t n_rot, struct err *err)
{
    yyjson_val *list = hfconfig_rope(c, key), *v;
    size_t i, n;
    if (!list || (int64_t)yyjson_arr_size(list) * 2 != n_rot)
        return err_set(err, ERR_FORMAT, "%s/config.json: '%s' must be %lld factors", hfconfig_dir(c), key,
                       (long long)n_rot / 2);
    float *values = arena_alloc(a, yyjson_arr_size(list) * sizeof *values);
    json_each_item(list, i, n, v) {
        if (!yyjson_is_num(v))
            return err_set(err, ERR_FORMAT, "%s/config.json: '%s' has something that is not a number", hfconfig_dir(c), key);
        values[i] = (float)yyjson_get_num(v);
    }
    *out = (struct extra_tensor){ name, values, (int)n };
    return 0;
}

static int attn_factor(double *out, const struct hfconfig *c, struct err *err)
{
    const char *type = hfconfig_rope_type(c);
    int64_t n_ctx;
    double n_ctx_orig;
    if (rope_num(c, "original_max_position_embeddings", &n_ctx_orig, err) ||
        hfconfig_need_int(c, "max_position_embeddings", &n_ctx, err))
        return -1;
    const double scale = (double)n_ctx / n_ctx_orig;
    const bool is_long = type && (strcasecmp(type, "su") == 0 || strcasecmp(type, "longrope") == 0);
    if (!is_long && (!type || strcasecmp(type, "yarn") != 0))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: rope type '%s' with long factors is not known",
                       hfconfig_dir(c), type ? type : "none");
    *out = 1.0;
    if (scale > 1.0)
        *out = is_long ? sqrt(1 + log(scale) / log(n_ctx_orig)) : 0.1 * log(scale) + 1.0;
    return 0;
}

static int phi_factors(struct extra_tensor *out, struct arena *a, struct ggufout *g, const struct hfconfig *c,
                       struct err *err)
{
    double factor = 1;
    int64_t n_rot;
    if (phi_rope_dims(c, &n_rot, err) || attn_factor(&factor, c, err))
        return -1;
    ggufout_f32(g, key_of(c, "rope.scaling.attn_factor").text, factor);
    return factors_of(&out[0], a, c, "long_factor", "rope_factors_long.weight", n_rot, err) ||
                   factors_of(&out[1], a, c, "short_factor", "rope_factors_short.weight", n_rot, err)
               ? -1
               : 0;
}

int hparams_extra_tensors(struct extra_tensor out[EXTRA_TENSORS_MAX], int *n, struct arena *a, struct ggufout *g,
                          const struct hfconfig *c, struct err *err)
{
    const struct arch *arch = hfconfig_arch(c);
    const char *type = hfconfig_rope_type(c);
    yyjson_val *factors = hfconfig_rope(c, "long_factor");
    *n = 0;
    if (arch->put_keys == hparams_phi3 && factors && yyjson_arr_size(factors) > 0) {
        *n = 2;
        return phi_factors(out, a, g, c, err);
    }
    if (!arch->permutes_qk || !type || strcasecmp(type, "llama3") != 0)
        return 0;
    *n = 1;
    return llama3_factors(out, a, c, err);
}
