/*
 * arch: one row a model family: what its configuration class fills in, how its tensors are called, what is done to
 * them, which keys and which tokenizer it has. Add a family: a row in arch.c (and what it has of its own in hparams.c).
 */
#ifndef PERBIT_CONVERT_ARCH_H
#define PERBIT_CONVERT_ARCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct ggufout;
struct hfconfig;

struct arch_name {
    const char *hf;   /* "self_attn.q_proj": what follows model.layers.N., or a whole name */
    const char *gguf; /* "attn_q": what follows blk.N., or a whole name */
};

enum arch_tokenizer {
    TOKENIZER_LLAMA,  /* tokenizer.model when it is there, else BPE; writes add_space_prefix */
    TOKENIZER_QWEN,   /* the same, without it */
    TOKENIZER_PHI,    /* BPE for GPT2Tokenizer, else tokenizer.model with tokenizer.json's added tokens */
    TOKENIZER_GEMMA,  /* tokenizer.model */
};

struct arch {
    const char *hf;                /* "LlamaForCausalLM" */
    const char *gguf;              /* "llama" */
    const char *defaults;          /* JSON object */
    const struct arch_name *names; /* its own, before those that all share; ends with hf NULL */
    bool derives_head_dim;
    bool permutes_qk;              /* rope pairs of neighbours instead of halves: rows of q and k are reordered */
    bool adds_one_to_norms;
    bool cuts_embedding;           /* rows beyond the vocabulary go */
    enum arch_tokenizer tokenizer;
    /* keys of the architecture; file_type is general.file_type's number */
    int (*put_keys)(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);
};

const struct arch *arch_find(const char *hf); /* NULL when it is not in the table */
const char *arch_names(struct arena *a);      /* "LlamaForCausalLM, Qwen2ForCausalLM, ...": for messages */

/*
 * The GGUF name of a tensor, in a: "model.layers.3.mlp.up_proj.weight" is "blk.3.ffn_up.weight". NULL with *is_skipped
 * when it is not part of the text model (vision, precomputed rope), or without when nobody knows it. n_layers: layers
 * from that number on are not known.
 */
const char *arch_tensor_name(const struct arch *arch, struct arena *a, const char *hf_name, int n_layers,
                             bool *is_skipped);

#endif
