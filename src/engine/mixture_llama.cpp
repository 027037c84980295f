#include "engine/mixture.h"

#include <llama.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

/* ---- src/llama-ext.h ---- */

struct quantize_state_impl;

struct llama_quant_model_desc {
    const char * architecture;
    uint32_t n_embd;
    uint32_t n_ff;
    uint32_t n_layer;
    uint32_t n_head;
    uint32_t n_head_kv;
    uint32_t n_expert;
    uint32_t n_embd_head_k;
    uint32_t n_embd_head_v;
};

quantize_state_impl * llama_quant_init(const llama_model * model, const llama_model_quantize_params * params);
void llama_quant_free(quantize_state_impl * qs);
llama_model * llama_quant_model_from_metadata(const llama_quant_model_desc * desc);
bool llama_quant_tensor_allows_quantization(const quantize_state_impl * qs, const ggml_tensor * tensor);
void llama_quant_compute_types(quantize_state_impl * qs, llama_ftype ftype, ggml_tensor ** tensors,
                               ggml_type * result_types, size_t n_tensors);

/* ---- */

static void compute(int *types, ggml_tensor **tensors, size_t n, const mixture_model &m, llama_ftype ftype)
{
    const llama_quant_model_desc desc = { m.arch, m.n_embd, m.n_ff, m.n_layer, m.n_head, m.n_head_kv, m.n_expert,
                                          m.n_head_dim_k, m.n_head_dim_v };
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = ftype;
    const std::unique_ptr<llama_model, decltype(&llama_model_free)> model(llama_quant_model_from_metadata(&desc), llama_model_free);
    const std::unique_ptr<quantize_state_impl, decltype(&llama_quant_free)> state(llama_quant_init(model.get(), &params),
                                                                                  llama_quant_free);
    std::vector<ggml_tensor *> some;
    std::vector<size_t> at;
    for (size_t i = 0; i < n; i++) {
        types[i] = tensors[i]->type;
        if (llama_quant_tensor_allows_quantization(state.get(), tensors[i])) {
            some.push_back(tensors[i]);
            at.push_back(i);
        }
    }
    std::vector<ggml_type> found(some.size());
    llama_quant_compute_types(state.get(), ftype, some.data(), found.data(), some.size());
    for (size_t i = 0; i < some.size(); i++)
        types[at[i]] = found[i];
}

int mixture_types(int *types, struct ggml_tensor **tensors, size_t n, const struct mixture_model *m, int ftype, char *why,
                  size_t why_bytes)
{
    try {
        compute(types, tensors, n, *m, static_cast<llama_ftype>(ftype));
    } catch (const std::exception &e) {
        std::snprintf(why, why_bytes, "%s", e.what());
        return -1;
    }
    return 0;
}
