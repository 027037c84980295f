/*
 * modelid: what a model's name says: "Qwen/Qwen2.5-Coder-3B-Instruct" has organization Qwen, base name Qwen2.5-Coder,
 * size label 3B, finetune Instruct. Heuristics, taken over as they are, so that general.* keys equal the reference's.
 *
 * Owns  texts live in the arena; NULL: the name does not say       Source  gguf-py/gguf/metadata.py
 * Tests unit/test_modelid.c (cases of gguf-py's own test)
 */
#ifndef PERBIT_CONVERT_MODELID_H
#define PERBIT_CONVERT_MODELID_H

#include <stdint.h>

#include "base/arena.h"

struct modelid {
    const char *full, *org, *basename, *finetune, *version, *size_label;
};

/* n_params: of the model, 0 unknown: a size label far from it is a context length. */
void modelid_parse(struct modelid *out, struct arena *a, const char *id, int64_t n_params);
/* "my-model v2" is "My Model v2". */
const char *modelid_title(struct arena *a, const char *name);
/* 1234567890 is "1.2B". */
const char *modelid_size_label(struct arena *a, int64_t n_params);

#endif
