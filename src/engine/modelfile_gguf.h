/*
 * modelfile_gguf: reads a GGUF file's header into struct modelfile; for a split model all its shards. modelfile_open_gguf:
 * the header itself, for what is no model.
 *
 * Errors  ERR_IO; ERR_FORMAT with the parser's reason, or "PATH: truncated: tensor data ends at byte N, the
 *         file has M"        Owns  everything lives in the arena
 * Source  the GGUF specification; gguf.h of the pinned llama.cpp      Tests  model/test_backend_llama.c
 */
#ifndef PERBIT_ENGINE_MODELFILE_GGUF_H
#define PERBIT_ENGINE_MODELFILE_GGUF_H

#include "base/arena.h"
#include "base/err.h"
#include "core/modelfile.h"

struct gguf_context;

int modelfile_inspect_gguf(struct modelfile *out, struct arena *a, const char *path, struct err *err);
/* *out: gguf_free(). */
int modelfile_open_gguf(struct gguf_context **out, int64_t *out_file_bytes, const char *path, struct err *err);

#endif
