/*
 * adapter_gguf: is this GGUF file a LoRA adapter for a model of this architecture? Looked at before the engine loads it, whose
 * words for it are no sentences, and which aborts on keys of another type. Shapes are the engine's to check: it has the model.
 *
 *   int64_t n_bytes;
 *   if (adapter_check_gguf(&n_bytes, "maths.gguf", "qwen3", err) < 0)
 *
 * n_bytes  of tensor data: about what it takes of memory
 * Errors   ERR_IO no such file; ERR_FORMAT not a GGUF file, or truncated; ERR_MODEL a model, another kind of adapter, another
 *          architecture; ERR_UNSUPPORTED an adapter that waits for certain tokens (aLoRA), which is no property of a whole text
 * Source   llama-adapter.cpp of the pinned llama.cpp; convert_lora_to_gguf.py        Tests  model/adapter.sh
 */
#ifndef PERBIT_ENGINE_ADAPTER_GGUF_H
#define PERBIT_ENGINE_ADAPTER_GGUF_H

#include <stdint.h>

#include "base/err.h"

int adapter_check_gguf(int64_t *out_bytes, const char *path, const char *arch, struct err *err);

#endif
