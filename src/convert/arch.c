#include "convert/arch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "convert/hparams.h"

#include "base/banned.h"

/* Every family's: gguf-py/gguf/tensor_mapping.py */
static const struct arch_name shared_names[] = {
    { "model.embed_tokens", "token_embd" },
    { "model.norm", "output_norm" },
    { "lm_head", "output" },
    { "input_layernorm", "attn_norm" },
    { "self_attn.q_proj", "attn_q" },
    { "self_attn.k_proj", "attn_k" },
    { "self_attn.v_proj", "attn_v" },
    { "self_attn.o_proj", "attn_output" },
    { "post_attention_layernorm", "ffn_norm" },
    { "mlp.gate_proj", "ffn_gate" },
    { "mlp.up_proj", "ffn_up" },
    { "mlp.down_proj", "ffn_down" },
    { NULL, NULL },
};

static const struct arch_name no_names[] = { { NULL, NULL } };

static const struct arch_name qwen3_names[] = {
    { "self_attn.q_norm", "attn_q_norm" },
    { "self_attn.k_norm", "attn_k_norm" },
    { NULL, NULL },
};

static const struct arch_name phi3_names[] = {
    { "self_attn.qkv_proj", "attn_qkv" },
    { "mlp.gate_up_proj", "ffn_up" },
    { NULL, NULL },
};

static const struct arch_name gemma3_names[] = {
    { "self_attn.q_norm", "attn_q_norm" },
    { "self_attn.k_norm", "attn_k_norm" },
    { "post_attention_layernorm", "post_attention_norm" },
    { "pre_feedforward_layernorm", "ffn_norm" },
    { "post_feedforward_layernorm", "post_ffw_norm" },
    { NULL, NULL },
};

/* What the configuration classes of transformers fill in, as far as keys are made of it. */
#define MISTRAL_DEFAULTS                                                                                            \
    "{\"vocab_size\":32000,\"hidden_size\":4096,\"intermediate_size\":14336,\"num_hidden_layers\":32,"             \
    "\"num_attention_heads\":32,\"num_key_value_heads\":8,\"max_position_embeddings\":131072,"                     \
    "\"rms_norm_eps\":1e-6,\"rope_theta\":10000.0}"
#define QWEN_DEFAULTS(more)                                                                                         \
    "{\"vocab_size\":151936,\"hidden_size\":4096,\"intermediate_size\":22016,\"num_hidden_layers\":32,"            \
    "\"num_attention_heads\":32,\"num_key_value_heads\":32,\"max_position_embeddings\":32768,"                     \
    "\"rms_norm_eps\":1e-6,\"rope_theta\":10000.0" more "}"
#define GEMMA3_DEFAULTS                                                                                             \
    "{\"vocab_size\":262208,\"hidden_size\":2304,\"intermediate_size\":9216,\"num_hidden_layers\":26,"             \
    "\"num_attention_heads\":8,\"num_key_value_heads\":4,\"head_dim\":256,\"max_position_embeddings\":131072,"     \
    "\"rms_norm_eps\":1e-6,\"rope_theta\":1000000.0,\"rope_local_base_freq\":10000.0,\"sliding_window\":4096}"

static const struct arch archs[] = {
    { .hf = "LlamaForCausalLM", .gguf = "llama", .names = no_names, .derives_head_dim = true, .permutes_qk = true,
      .tokenizer = TOKENIZER_LLAMA, .put_keys = hparams_llama,
      .defaults = "{\"vocab_size\":32000,\"hidden_size\":4096,\"intermediate_size\":11008,\"num_hidden_layers\":32,"
                  "\"num_attention_heads\":32,\"max_position_embeddings\":2048,\"rms_norm_eps\":1e-6,"
                  "\"rope_theta\":10000.0}" },
    { .hf = "MistralForCausalLM", .gguf = "llama", .names = no_names, .permutes_qk = true,
      .tokenizer = TOKENIZER_LLAMA, .put_keys = hparams_llama, .defaults = MISTRAL_DEFAULTS },
    { .hf = "Mistral3ForConditionalGeneration", .gguf = "mistral3", .names = no_names, .permutes_qk = true,
      .tokenizer = TOKENIZER_LLAMA, .put_keys = hparams_mistral3, .defaults = MISTRAL_DEFAULTS },
    { .hf = "Ministral3ForCausalLM", .gguf = "mistral3", .names = no_names, .permutes_qk = true,
      .tokenizer = TOKENIZER_LLAMA, .put_keys = hparams_mistral3, .defaults = MISTRAL_DEFAULTS },
    { .hf = "Qwen2ForCausalLM", .gguf = "qwen2", .names = no_names, .tokenizer = TOKENIZER_QWEN,
      .put_keys = hparams_common, .defaults = QWEN_DEFAULTS("") },
    { .hf = "Qwen3ForCausalLM", .gguf = "qwen3", .names = qwen3_names, .tokenizer = TOKENIZER_QWEN,
      .put_keys = hparams_common, .defaults = QWEN_DEFAULTS(",\"head_dim\":128") },
    { .hf = "Phi3ForCausalLM", .gguf = "phi3", .names = phi3_names, .tokenizer = TOKENIZER_PHI,
      .put_keys = hparams_phi3,
      .defaults = "{\"vocab_size\":32064,\"hidden_size\":3072,\"intermediate_size\":8192,\"num_hidden_layers\":32,"
                  "\"num_attention_heads\":32,\"max_position_embeddings\":4096,"
                  "\"original_max_position_embeddings\":4096,\"rms_norm_eps\":1e-5,\"rope_theta\":10000.0}" },
    { .hf = "Gemma3ForCausalLM", .gguf = "gemma3", .names = gemma3_names, .adds_one_to_norms = true,
      .cuts_embedding = true, .tokenizer = TOKENIZER_GEMMA, .put_keys = hparams_gemma3, .defaults = GEMMA3_DEFAULTS },
    { .hf = "Gemma3ForConditionalGeneration", .gguf = "gemma3", .names = gemma3_names, .adds_one_to_norms = true,
      .cuts_embedding = true, .tokenizer = TOKENIZER_GEMMA, .put_keys = hparams_gemma3, .defaults = GEMMA3_DEFAULTS },
};

enum { N_ARCHS = sizeof archs / sizeof archs[0] };

const struct arch *arch_find(const char *hf)
{
    for (int i = 0; i < N_ARCHS; i++)
        if (strcmp(archs[i].hf, hf) == 0)
            return &archs[i];
    return NULL;
}

const char *arch_names(struct arena *a)
{
    struct buf text = BUF_INIT;
    for (int i = 0; i < N_ARCHS; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", archs[i].hf);
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}

/* ---- names ---- */

static bool has_end(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

/* Parts of a model that sees or hears, and tables that the engine computes itself: TextModel.filter_tensors. */
static bool is_skipped_name(const char *name)
{
    static const char *const starts[] = { "mlp", "vit.", "vpm.", "siglip2.", "conformer.", "merger.", "resampler.",
                                          "sound_encoder.", "sound_projection.", "speech_embeddings." };
    static const char *const parts[] = { "visual.", "vision.", "audio.", "talker.", "vision_", "audio_", "token2wav.",
                                         "code2wav.", "projector.", "pre_mm_projector_norm", "image_newline",
                                         "view_seperator", "patch_embed", "patch_embedding", "patch_merger.",
                                         "patch_merge_mlp.", "model.connector." };
    static const char *const ends[] = { ".attention.masked_bias", ".attention.bias", ".rotary_emb.inv_freq" };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(name, parts[i]))
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (has_end(name, ends[i]))
            return true;
    return false;
}

/* model.language_model.layers.0 and language_model.model.layers.0 are both model.layers.0. */
static char *without(struct arena *a, const char *name, const char *part)
{
    char *copy = arena_strdup(a, name);
    for (char *at = copy; (at = strstr(at, part)) != NULL;)
        memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
    return copy;
}

static const char *find_name(const struct arch *arch, const char *hf, size_t n)
{
    const struct arch_name *const lists[] = { arch->names, shared_names };
    for (size_t k = 0; k < 2; k++)
        for (const struct arch_name *row = lists[k]; row->hf; row++)
            if (strlen(row->hf) == n && strncmp(row->hf, hf, n) == 0)
                return row->gguf;
    return NULL;
}

static bool is_suffix(const char *s)
{
    return strcmp(s, ".weight") == 0 || strcmp(s, ".bias") == 0;
}

const char *arch_tensor_name(const struct arch *arch, struct arena *a, const char *hf_name, int n_layers,
                             bool *is_skipped)
{
    static const char layers[] = "model.layers.";
    *is_skipped = is_skipped_name(hf_name);
    if (*is_skipped)
        return NULL;
    const char *name = without(a, hf_name, "language_model.");
    const char *suffix = strrchr(name, '.');
    if (!suffix || !is_suffix(suffix))
        return NULL;
    if (strncmp(name, layers, strlen(layers)) != 0) {
        const char *whole = find_name(arch, name, (size_t)(suffix - name));
        return whole ? arena_printf(a, "%s%s", whole, suffix) : NULL;
    }
    char *rest;
    const char *digits = name + strlen(layers);
    const long layer = strtol(digits, &rest, 10);
    if (rest == digits || digits[0] < '0' || digits[0] > '9' || *rest != '.' || layer >= n_layers || rest >= suffix)
        return NULL;
    const char *part = find_name(arch, rest + 1, (size_t)(suffix - rest - 1));
    return part ? arena_printf(a, "blk.%ld.%s%s", layer, part, suffix) : NULL;
}
