/*
 * sentencepiece: the pieces of a tokenizer.model: a protocol buffer, of which only field 1 is read.
 *
 * Errors  ERR_IO; ERR_FORMAT "PATH: byte N: ..." for anything that is no ModelProto
 * Owns    *out lives in the arena, texts are borrowed from the bytes (sentencepiece_load: from the arena too)
 * Source  sentencepiece_model.proto      Tests  unit/test_sentencepiece.c, fuzz/fuzz_sentencepiece.c
 */
#ifndef PERBIT_CONVERT_SENTENCEPIECE_H
#define PERBIT_CONVERT_SENTENCEPIECE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pystr.h"

enum sp_type { SP_NORMAL = 1, SP_UNKNOWN, SP_CONTROL, SP_USER_DEFINED, SP_UNUSED, SP_BYTE };

struct sp_piece {
    struct pystr text;
    float score;
    enum sp_type type;
};

struct sp_model {
    struct sp_piece *pieces; /* [n] */
    int n;
};

int sentencepiece_load(struct sp_model *out, struct arena *a, const char *path, struct err *err);
int sentencepiece_parse(struct sp_model *out, struct arena *a, const char *bytes, size_t n_bytes, const char *name,
                        struct err *err);

#endif
