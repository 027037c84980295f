/*
 * shape: a model's GGUF file from its config.json alone, with everything but the weights: keys as a conversion writes them,
 * every tensor's name, type and shape, a made-up vocabulary of the right size, and where weights should be a hole in the file.
 * What fills it (engine/madeup.h) makes a model that takes the memory and the time of the real one.
 *
 *   shape_write("shapes/qwen3-1.7b.json", "qwen3.shape.gguf", &err)     8 MB on disk, 4 GB to read: zeros
 *
 * The file is named by general.name as "NAME (synthetic weights)" and marked by the key MODELFILE_MARK, which every copy keeps.
 * config: as published, with a key "perbit" or without: {"repository", "tokenizer": "bpe" or "sentencepiece", "merges",
 * "lm_head_is_stored"} (shapes/README.md). Without, the tokenizer is the family's, and an output matrix is there when
 * the embedding is not tied.
 *
 * Errors  ERR_IO; ERR_FORMAT; ERR_UNSUPPORTED an architecture that is not in arch.c, and what hfconfig.h refuses
 * Source  conversion/ of the pinned llama.cpp for keys; llama-model.cpp for the tensors that each architecture loads
 * Tests   unit/test_shape.c, model/preview.sh
 */
#ifndef PERBIT_CONVERT_SHAPE_H
#define PERBIT_CONVERT_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

bool shape_is_config(const char *path);                                          /* a JSON object with "architectures" */
int shape_write(const char *config, const char *out, struct err *err);           /* overwrites */
int shape_n_params(int64_t *out_n_params, const char *config, struct err *err);

#endif
