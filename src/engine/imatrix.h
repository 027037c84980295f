/*
 * imatrix: an importance matrix file (llama-imatrix's GGUF or older .dat format) as llama_model_quantize
 * wants it. Value of a column = in_sum2 / counts, as common_imatrix_load and llama-quantize compute it.
 *
 * Errors  ERR_FORMAT naming the file and the tensor        Owns  everything lives in the arena
 */
#ifndef PERBIT_ENGINE_IMATRIX_H
#define PERBIT_ENGINE_IMATRIX_H

#include "base/arena.h"
#include "base/err.h"

struct imatrix_entry {
    const char *name;    /* tensor */
    const float *data;   /* [n] */
    int n;
};

struct imatrix {
    struct imatrix_entry *entries; /* [n] */
    int n;
    const char *const *datasets;   /* [n_datasets] texts it was made from, as the file says */
    int n_datasets;
    int n_chunks;
};

int imatrix_load(struct imatrix *out, struct arena *a, const char *path, struct err *err);

#endif
