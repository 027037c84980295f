/*
 * quantize_llama: the part of quantize that speaks to libllama. Only quantize.c uses it.
 *
 * quantize_llama_run writes p->in at p->level to part, or only computes sizes (part NULL, a dry run). It
 * takes over the engine's log for the time of the call: progress, sizes and the reason of a failure are
 * nowhere else.
 * Errors  ERR_USAGE unknown level, importance matrix missing, input quantized already; ERR_MODEL with the
 *         engine's reason
 */
#ifndef PERBIT_ENGINE_QUANTIZE_LLAMA_H
#define PERBIT_ENGINE_QUANTIZE_LLAMA_H

#include "engine/quantize.h"

struct quantize_llama_result {
    double tensor_mib;     /* "quant size" of the log, rounded to 0.01 MiB */
    int n_tensors;
    int n_fallback;        /* tensors that got another type than the level's; -1: the engine said nothing */
    bool needs_imatrix;    /* dry run only: the real run will refuse without one */
};

/* The engine's number of a level (enum llama_ftype); -1: none. */
int quantize_llama_ftype(const char *level);
/* sink may be NULL. */
int quantize_llama_run(struct quantize_llama_result *out, const struct quantize_params *p, const char *part,
                       const struct sink *sink, struct err *err);

/* Bytes of everything in the file but tensor data: the first file's of a split model. */
int quantize_llama_meta_bytes(int64_t *out_bytes, const char *path, struct err *err);

/* Bytes that the file must have by its own header; -1 with err when there is no header. */
int quantize_llama_expected_bytes(int64_t *out_bytes, const char *path, struct err *err);

#endif
