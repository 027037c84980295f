/*
 * mixture: which type llama-quantize gives each tensor of a model at a level, asked of the engine itself: K-quants' mixes,
 * fallbacks for widths that are no multiple of a block, the types of output and embedding.
 *
 * A shim over the engine's staging API (src/llama-ext.h of the pinned llama.cpp, which is not installed: its declarations
 * are repeated in mixture_llama.cpp; another engine that changes them fails to link).
 * tensors [n] in the order of the engine's loader: by layer, then by name; types [n] out, numbers of enum ggml_type.
 * Returns 0, or -1 with the reason in why.
 * Source  src/llama-quant.cpp: llama_quant_compute_types      Tests  model/preview.sh against llama-quantize
 */
#ifndef PERBIT_ENGINE_MIXTURE_H
#define PERBIT_ENGINE_MIXTURE_H

#include <stddef.h>
#include <stdint.h>

struct ggml_tensor;

#ifdef __cplusplus
extern "C" {
#endif

struct mixture_model {
    const char *arch; /* "qwen3" */
    uint32_t n_embd, n_ff, n_layer, n_head, n_head_kv, n_expert, n_head_dim_k, n_head_dim_v;
};

int mixture_types(int *types, struct ggml_tensor **tensors, size_t n, const struct mixture_model *m, int ftype, char *why,
                  size_t why_bytes);

#ifdef __cplusplus
}
#endif

#endif
