/*
 * convert: a folder of safetensors to one GGUF file, streamed: never more than a few rows of a tensor in memory.
 *
 * Writes to OUT.part.<pid>, renames at the end; checks the free space first; refuses an OUT that exists unless
 * overwrite, or that is one of the files read. Weights of two dimensions and more get the out type (Q8_0: F16 where a
 * row is no multiple of 32); vectors and norms stay F32, as the engine wants them.
 * Progress  bytes of tensor data written, of all       Facts  none; EVENT_LOG for what is worth a word
 * Errors    ERR_USAGE the paths; ERR_IO; ERR_FORMAT; ERR_UNSUPPORTED architecture, quantized weights, tokenizer
 * Source    convert_hf_to_gguf.py and conversion/ of the pinned llama.cpp       Tests  unit/test_convert.c, tests/convert
 */
#ifndef PERBIT_CONVERT_CONVERT_H
#define PERBIT_CONVERT_CONVERT_H

#include <stdbool.h>

#include "base/err.h"
#include "core/event.h"

struct convert_params {
    const char *dir, *out;
    const char *outtype; /* "bf16", "f16", "f32", "q8_0", "auto": the type of the first matrix */
    bool overwrite;
};

int convert_model(const struct convert_params *p, const struct sink *sink, struct err *err);

/* The names of outtype, ends with NULL. */
extern const char *const convert_outtypes[];

#endif
