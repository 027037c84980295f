/*
 * modelfile: what a model file says of itself, as read from it (never from its name).
 *
 * tensor_bytes     sum of the tensors' data; bits per weight = 8 * tensor_bytes / n_params
 * types [n_types]  histogram over tensors: type name, tensors, parameters, bytes, most bytes first
 * Units   bytes, parameters        Source  the GGUF specification; gguf.h of the pinned llama.cpp
 */
#ifndef PERBIT_CORE_MODELFILE_H
#define PERBIT_CORE_MODELFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define MODELFILE_MARK "perbit.synthetic_weights" /* the key of a GGUF file that has them */

#define MODELFILE_MADE_SUFFIX " (synthetic weights)"      /* and of its name */

struct modelfile_type {
    const char *name; /* "q4_K" */
    int n_tensors;
    int64_t n_params;
    int64_t n_bytes;
};

struct modelfile {
    const char *path;
    const char *name;      /* general.name, or the file's base name */
    const char *arch;      /* "llama" */
    const char *label;     /* level by general.file_type: "Q4_K_M", or "unknown" */
    int64_t file_bytes;
    int64_t tensor_bytes;
    int64_t n_params;
    int n_tensors;
    int n_layer, n_embd, n_ctx_train, n_vocab;
    int64_t kv_bytes_per_token; /* f16 K and V over all layers, full attention; 0 when not known */
    bool is_synthetic;     /* a fake model: everything made from it is marked */
    bool has_synthetic_weights; /* random weights in a real shape (engine/madeup.h): its speed and memory are real, nothing else is */
    int n_types;
    const struct modelfile_type *types;
};

double modelfile_bpw(const struct modelfile *f);
/* "q4_K 92 %, q6_K 7 %, f32 0 %" by bytes. */
void modelfile_format_types(struct buf *out, const struct modelfile *f);
/* JSON object with every field, for the store and for results files. */
void modelfile_json(struct buf *out, const struct modelfile *f);
/* Reads that object back; everything lives in a. ERR_FORMAT. */
int modelfile_parse(struct modelfile *out, struct arena *a, const char *json_text, struct err *err);
/* 0..1: share of bytes that both histograms spend on the same type; near 1 = nearly the same file. */
double modelfile_similarity(const struct modelfile *a, const struct modelfile *b);

#endif
