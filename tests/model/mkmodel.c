/*
 * mkmodel: a small model with random BF16 weights and the vocabulary of an existing one, for tests that need a
 * width divisible by 256 (true K-quants) or a vocabulary that adds a BOS.
 *
 *   mkmodel [--add-bos] [--n-vocab N] VOCAB.gguf OUT.gguf ARCH N_LAYER N_EMBD N_HEAD N_HEAD_KV N_FF
 *
 * ARCH is llama, qwen3 or gemma3 (a sliding window of 512 tokens in five of six layers). --n-vocab: the first N tokens
 * only. The same arguments give the same bytes.
 */
#include <ggml.h>
#include <gguf.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"

struct shape {
    const char *arch;
    int n_layer, n_embd, n_head, n_head_kv, n_ff, head_dim;
    int64_t n_vocab;
    bool add_bos;
};

/* n1 = 0: a norm, f32 around 1. */
static void add(struct ggml_context *c, struct gguf_context *g, const char *name, int64_t n0, int64_t n1, float sd)
{
    struct ggml_tensor *t = n1 ? ggml_new_tensor_2d(c, GGML_TYPE_BF16, n0, n1) : ggml_new_tensor_1d(c, GGML_TYPE_F32, n0);
    ggml_set_name(t, name);
    if (n1) {
        ggml_bf16_t *data = t->data;
        for (int64_t i = 0; i < n0 * n1; i++)
            data[i] = ggml_fp32_to_bf16(sd * normal());
    } else {
        float *data = t->data;
        for (int64_t i = 0; i < n0; i++)
            data[i] = 1.0f + 0.05f * normal();
    }
    gguf_add_tensor(g, t);
}

static void set_u32(struct gguf_context *g, const struct shape *s, const char *key, int value)
{
    char name[96];
    snprintf(name, sizeof(name), "%s.%s", s->arch, key);
    gguf_set_val_u32(g, name, (uint32_t)value);
}

static void set_f32(struct gguf_context *g, const struct shape *s, const char *key, float value)
{
    char name[96];
    snprintf(name, sizeof(name), "%s.%s", s->arch, key);
    gguf_set_val_f32(g, name, value);
}

static void set_keys(struct gguf_context *g, const struct shape *s)
{
    gguf_set_val_str(g, "general.architecture", s->arch);
    gguf_set_val_str(g, "general.name", "random");
    gguf_set_val_u32(g, "general.file_type", 32); /* BF16 */
    if (s->add_bos)
        gguf_set_val_bool(g, "tokenizer.ggml.add_bos_token", true);
    set_u32(g, s, "block_count", s->n_layer);
    set_u32(g, s, "context_length", 32768);
    set_u32(g, s, "embedding_length", s->n_embd);
    set_u32(g, s, "feed_forward_length", s->n_ff);
    set_u32(g, s, "attention.head_count", s->n_head);
    set_u32(g, s, "attention.head_count_kv", s->n_head_kv);
    set_u32(g, s, "attention.key_length", s->head_dim);
    set_u32(g, s, "attention.value_length", s->head_dim);
    set_u32(g, s, "rope.dimension_count", s->head_dim);
    set_u32(g, s, "vocab_size", (int)s->n_vocab);
    set_f32(g, s, "attention.layer_norm_rms_epsilon", 1e-6f);
    set_f32(g, s, "rope.freq_base", 1000000.f);
    if (strcmp(s->arch, "gemma3") == 0)
        set_u32(g, s, "attention.sliding_window", 512);
}

static void add_block(struct ggml_context *c, struct gguf_context *g, const struct shape *s, int i)
{
    const int64_t n_embd = s->n_embd, n_q = (int64_t)s->head_dim * s->n_head, n_kv = (int64_t)s->head_dim * s->n_head_kv;
    const struct {
        const char *name;
        int64_t n0, n1;
        const char *archs; /* NULL: all */
    } tensors[] = {
        { "attn_norm", n_embd, 0, NULL },    { "attn_q", n_embd, n_q, NULL },
        { "attn_k", n_embd, n_kv, NULL },    { "attn_v", n_embd, n_kv, NULL },
        { "attn_output", n_q, n_embd, NULL },
        { "attn_q_norm", s->head_dim, 0, "qwen3 gemma3" }, { "attn_k_norm", s->head_dim, 0, "qwen3 gemma3" },
        { "post_attention_norm", n_embd, 0, "gemma3" },
        { "ffn_norm", n_embd, 0, NULL },     { "ffn_gate", n_embd, s->n_ff, NULL },
        { "ffn_up", n_embd, s->n_ff, NULL }, { "ffn_down", s->n_ff, n_embd, NULL },
        { "post_ffw_norm", n_embd, 0, "gemma3" },
    };
    char name[64];
    for (size_t t = 0; t < sizeof(tensors) / sizeof(*tensors); t++) {
        if (tensors[t].archs && !strstr(tensors[t].archs, s->arch))
            continue;
        snprintf(name, sizeof(name), "blk.%d.%s.weight", i, tensors[t].name);
        add(c, g, name, tensors[t].n0, tensors[t].n1, 0.6f / sqrtf((float)n_embd));
    }
}

static size_t arena_bytes(const struct shape *s)
{
    const size_t n_embd = (size_t)s->n_embd, n_attn = (size_t)s->head_dim * (size_t)(2 * s->n_head + 2 * s->n_head_kv);
    return 2 * (size_t)s->n_vocab * n_embd + (size_t)s->n_layer * (2 * n_embd * (n_attn + 3 * (size_t)s->n_ff) + (1u << 18)) +
           (1u << 22);
}

/* The first n tokens of the vocabulary; merges that make later ones make nothing then. */
static void cut_vocabulary(struct gguf_context *g, const struct gguf_context *from, size_t n)
{
    const int64_t tokens = gguf_find_key(from, "tokenizer.ggml.tokens");
    const int64_t types = gguf_find_key(from, "tokenizer.ggml.token_type");
    const char **texts = malloc(n * sizeof(*texts));
    for (size_t i = 0; i < n; i++)
        texts[i] = gguf_get_arr_str(from, tokens, i);
    gguf_set_arr_str(g, "tokenizer.ggml.tokens", texts, n);
    if (types >= 0)
        gguf_set_arr_data(g, "tokenizer.ggml.token_type", gguf_get_arr_type(from, types), gguf_get_arr_data(from, types), n);
    free(texts);
}

int main(int argc, char **argv)
{
    struct shape s = { 0 };
    const char *program = argv[0];
    int64_t n_vocab = 0;
    for (; argc > 2 && strncmp(argv[1], "--", 2) == 0; argv++, argc--) {
        if (strcmp(argv[1], "--n-vocab") == 0) {
            n_vocab = atol(argv[2]);
            argv++;
            argc--;
        } else {
            s.add_bos = strcmp(argv[1], "--add-bos") == 0;
        }
    }
    if (argc != 9) {
        fprintf(stderr, "usage: %s [--add-bos] [--n-vocab N] VOCAB.gguf OUT.gguf ARCH N_LAYER N_EMBD N_HEAD N_HEAD_KV N_FF\n", program);
        return 2;
    }
    s.arch = argv[3];
    s.n_layer = atoi(argv[4]);
    s.n_embd = atoi(argv[5]);
    s.n_head = atoi(argv[6]);
    s.n_head_kv = atoi(argv[7]);
    s.n_ff = atoi(argv[8]);
    s.head_dim = s.n_head > 0 ? s.n_embd / s.n_head : 0;

    const struct gguf_init_params only_header = { .no_alloc = true };
    struct gguf_context *vocab = gguf_init_from_file(argv[1], only_header);
    const int64_t tokens = vocab ? gguf_find_key(vocab, "tokenizer.ggml.tokens") : -1;
    if (tokens < 0) {
        fprintf(stderr, "%s: %s has no vocabulary\n", program, argv[1]);
        return 1;
    }
    s.n_vocab = (int64_t)gguf_get_arr_n(vocab, tokens);
    struct gguf_context *g = gguf_init_empty();
    gguf_set_kv(g, vocab);
    if (n_vocab > 0 && n_vocab < s.n_vocab) {
        cut_vocabulary(g, vocab, (size_t)n_vocab);
        s.n_vocab = n_vocab;
    }
    struct ggml_context *c = ggml_init((struct ggml_init_params){ .mem_size = arena_bytes(&s) });
    set_keys(g, &s);
    add(c, g, "token_embd.weight", s.n_embd, s.n_vocab, 0.4f / sqrtf((float)s.n_embd)); /* tied: larger ones repeat the last token */
    add(c, g, "output_norm.weight", s.n_embd, 0, 0.0f);
    for (int i = 0; i < s.n_layer; i++)
        add_block(c, g, &s, i);
    const bool is_written = gguf_write_to_file(g, argv[2], false);
    gguf_free(g);
    gguf_free(vocab);
    ggml_free(c);
    return is_written ? 0 : 1;
}
