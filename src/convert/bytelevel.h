/*
 * bytelevel: GPT-2's alphabet, in which each of the 256 bytes is a printable code point ("Ġ" is the space).
 *
 * Source  tokenizers 0.22 pre_tokenizers/byte_level.rs        Tests  unit/test_bpe.c
 */
#ifndef PERBIT_CONVERT_BYTELEVEL_H
#define PERBIT_CONVERT_BYTELEVEL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/pystr.h"

void bytelevel_encode(struct buf *out, const char *bytes, size_t n_bytes); /* appends */
/* Appends the bytes that s stands for; false, and nothing appended, when a code point of s is not of the alphabet. */
bool bytelevel_decode(struct buf *out, struct pystr s);

#endif
