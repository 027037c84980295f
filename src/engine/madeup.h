/*
 * madeup: a model of a given shape at a level, with random weights: it takes the memory and the time of the real one, and has
 * nothing to say. Types of tensors are those that llama-quantize would choose (mixture.h), so that file size and the
 * histogram of types are the real one's; weights are blocks of normal numbers that the engine itself quantized, drawn again
 * and again, which is as fast as the disk. Norms are near 1, biases small, tensors rope_* as in the source: activations stay finite.
 *
 * in: any GGUF file in one part; its keys, names and shapes count, its weights are not read (convert/shape.h makes files
 * without any). Writes to OUT.part.<pid>, renames at the end; checks the free space first.
 * The same source, level and seed give the same bytes.
 * Progress  tensors done of all     Memory  some megabytes, whatever the model
 * Errors    ERR_USAGE unknown level, OUT exists; ERR_IO; ERR_FORMAT; ERR_UNSUPPORTED a model in parts, a type that needs more
 * Tests     model/preview.sh, model/test_madeup_llama.c
 */
#ifndef PERBIT_ENGINE_MADEUP_H
#define PERBIT_ENGINE_MADEUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/event.h"
#include "core/modelfile.h"

struct madeup_params {
    const char *in, *out;
    const char *level; /* "Q4_K_M" */
    uint64_t seed;
    bool overwrite;
};

/* sink may be NULL. */
int madeup_write(const struct madeup_params *p, const struct sink *sink, struct err *err);
/* What the file will say of itself, without making it; path NULL. Lives in a. */
int madeup_inspect(struct modelfile *out, struct arena *a, const char *in, const char *level, struct err *err);

#endif
