/*
 * safetensors: the header of one .safetensors file: which tensors it has, of what type and shape, and where.
 *
 * The file is not trusted: every length and offset is checked against the file's size, tensors must fill the data
 * without overlap or hole (as the format demands), and the header is at most 100 MB (the reference library's limit).
 * Errors  ERR_IO; ERR_FORMAT "PATH: tensor 'NAME': ..."; ERR_UNSUPPORTED a type that is no plain float is not refused
 *         here: convert.c does for the tensors it needs
 * Owns    everything lives in the arena        Source  safetensors 0.8 (safetensors/src/tensor.rs)
 * Tests   unit/test_safetensors.c, fuzz/fuzz_safetensors.c
 */
#ifndef PERBIT_CONVERT_SAFETENSORS_H
#define PERBIT_CONVERT_SAFETENSORS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { ST_DIMS_MAX = 8 };

enum st_dtype { ST_F32, ST_F16, ST_BF16, ST_OTHER };

struct st_tensor {
    const char *name;
    enum st_dtype dtype;
    const char *dtype_name;     /* "BF16", as the file says it */
    int n_dims;
    int64_t dims[ST_DIMS_MAX];  /* slowest first, as in the file */
    int64_t n_elements;
    int64_t offset;             /* bytes from the start of the file */
    int64_t n_bytes;
    int part;                   /* which file: shards.h */
};

struct st_file {
    struct st_tensor *tensors;  /* [n], sorted by name (bytes) */
    int n;
};

/* fd is read with pread and stays the caller's; path is for messages. */
int safetensors_read(struct st_file *out, struct arena *a, int fd, const char *path, struct err *err);
/* The same of a header's JSON text; data_start and file_bytes: where tensor data begins and ends. */
int safetensors_parse(struct st_file *out, struct arena *a, const char *text, size_t len, int64_t data_start,
                      int64_t file_bytes, const char *path, struct err *err);

#endif
