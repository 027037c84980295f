/*
 * quantize: one model file at one level. Byte-identical to llama-quantize of the same tree.
 *
 * Writes to OUT.part.<pid>, renames at the end; refuses in == out (also through links); checks the free
 * space first. Progress: tensors done of total, from the engine's log lines. The engine cannot be stopped:
 * when the sink refuses an event, its error is told after the last tensor (a job runs in a child: kill that).
 * A fake model (engine/backend.h) gets invented "level", "noise" and "bpw".
 * Errors  ERR_USAGE unknown level, in == out, level needs an imatrix; ERR_IO; ERR_MODEL with the engine's reason
 * Owns    nothing                 Source  llama-quant.cpp, tools/quantize of the pinned llama.cpp
 */
#ifndef PERBIT_ENGINE_QUANTIZE_H
#define PERBIT_ENGINE_QUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/event.h"

struct quantize_params {
    const char *in;
    const char *out;
    const char *level;        /* "Q4_K_M", any llama_ftype by name */
    const char *imatrix;      /* GGUF or .dat importance matrix file, or NULL */
    int n_threads;            /* 0 = all */
    bool allow_requantize;
    bool pure;
    bool overwrite;           /* false: an existing OUT is an error */
};

/* Facts put: fallback tensors as the engine counts them. */
int quantize_file(const struct quantize_params *p, const struct sink *sink, struct err *err);

/* Upper bound of the output's bytes, by dry run; -1 with err on failure. */
int quantize_predict_bytes(int64_t *out_bytes, const struct quantize_params *p, struct err *err);

/* True if the level has a llama_ftype; the test walks core/quant with it. */
bool quantize_knows(const char *level);

#endif
