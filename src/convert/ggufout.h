/*
 * ggufout: the header of a GGUF file, version 3, little endian: keys and values, then what tensors follow.
 *
 * Keys stand in the order in which they were first put; a key that is put again gets the new value in its old place
 * (a Python dict's rule, and so the reference writer's). Empty strings and lists are left out, as there.
 *
 *   ggufout_str(g, "general.architecture", "llama");
 *   ggufout_tensor(g, "token_embd.weight", W_BF16, dims, 2);
 *   ggufout_header(g, &bytes);      then each tensor's data, padded to GGUF_ALIGNMENT, in the same order
 *
 * Units   dims slowest first (as safetensors), written fastest first (as GGUF wants)
 * Source  gguf-py/gguf/gguf_writer.py      Tests  unit/test_convertkeys.c
 */
#ifndef PERBIT_CONVERT_GGUFOUT_H
#define PERBIT_CONVERT_GGUFOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/pystr.h"
#include "convert/weights.h"

enum { GGUF_ALIGNMENT = 32, GGUF_DIMS_MAX = 4 };

struct ggufout;

struct ggufout *ggufout_open(void);
void ggufout_close(struct ggufout *g); /* accepts NULL */

void ggufout_str(struct ggufout *g, const char *key, const char *value); /* NULL counts as empty */
void ggufout_text(struct ggufout *g, const char *key, struct pystr value);
void ggufout_u32(struct ggufout *g, const char *key, int64_t value);
void ggufout_i32(struct ggufout *g, const char *key, int64_t value);
void ggufout_f32(struct ggufout *g, const char *key, double value);
void ggufout_bool(struct ggufout *g, const char *key, bool value);
void ggufout_strs(struct ggufout *g, const char *key, const struct pystr *values, int n);
void ggufout_i32s(struct ggufout *g, const char *key, const int32_t *values, int n);
void ggufout_f32s(struct ggufout *g, const char *key, const float *values, int n);
void ggufout_drop(struct ggufout *g, const char *key); /* a key that is not there is no error */
bool ggufout_has(const struct ggufout *g, const char *key);

void ggufout_tensor(struct ggufout *g, const char *name, enum wtype type, const int64_t *dims, int n_dims);
int64_t ggufout_n_params(const struct ggufout *g);   /* of all tensors so far */
int64_t ggufout_data_bytes(const struct ggufout *g); /* of all tensors so far, padding included */
void ggufout_header(const struct ggufout *g, struct buf *out); /* padded to where the first tensor's data begins */

int64_t ggufout_padded(int64_t n_bytes);

#endif
