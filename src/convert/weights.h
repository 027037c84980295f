/*
 * weights: rows of numbers from a safetensors type to a GGUF type, to the bit as gguf-py does: by way of float, rounded
 * to nearest even, NaN made quiet in BF16; Q8_0 as ggml's reference (32 numbers and a half-precision scale a block).
 *
 * Units   counts of elements and of bytes, named so        Threads  any
 * Source  gguf-py/gguf/quants.py, numpy's half conversion  Tests    unit/test_weights.c
 */
#ifndef PERBIT_CONVERT_WEIGHTS_H
#define PERBIT_CONVERT_WEIGHTS_H

#include <stdint.h>

#include "convert/safetensors.h"

/* The numbers are ggml's, as they stand in a GGUF file. */
enum wtype { W_F32 = 0, W_F16 = 1, W_Q8_0 = 8, W_BF16 = 30 };

enum { W_Q8_0_BLOCK = 32 };

const char *wtype_name(enum wtype type);                  /* "BF16" */
int64_t wtype_bytes(enum wtype type, int64_t n_elements); /* n_elements: a multiple of the type's block */
int64_t st_dtype_bytes(enum st_dtype dtype, int64_t n_elements); /* of F32, F16, BF16 */

/*
 * n numbers of src to dst. plus is added first when it is not 0, in float, or in half precision when src is F16, as
 * torch does. Neither src nor dst need be aligned; they must not overlap. scratch: float [n].
 */
void weights_convert(void *dst, enum wtype to, const void *src, enum st_dtype from, int64_t n, float plus,
                     float *scratch);

float weights_from_half(uint16_t h);
uint16_t weights_to_half(float f);

#endif
