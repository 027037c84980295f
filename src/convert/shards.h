/*
 * shards: all tensors of a model's folder: model.safetensors, or the files that model.safetensors.index.json names.
 *
 * The index may name plain files of the folder alone: no path, no "..". A file may be a link (a hub's snapshot is made
 * of links), and must lead to a regular file. Tensors come in the order of the reference converter: files by name, in
 * each the tensors by name.
 * Errors  ERR_IO; ERR_FORMAT (a file missing, a tensor in two files, index and files differ); ERR_UNSUPPORTED only
 *         pickled weights (*.bin, *.pth) are there
 * Owns    *out until shards_close        Threads  shards_read_at: any
 * Tests   unit/test_safetensors.c
 */
#ifndef PERBIT_CONVERT_SHARDS_H
#define PERBIT_CONVERT_SHARDS_H

#include <stddef.h>

#include "convert/safetensors.h"

struct shards;

int shards_open(struct shards **out, const char *dir, struct err *err);
void shards_close(struct shards *s); /* accepts NULL */

int shards_n(const struct shards *s); /* tensors */
const struct st_tensor *shards_at(const struct shards *s, int i);
/* n_bytes of the tensor's data from byte `from` of it. */
int shards_read(const struct shards *s, const struct st_tensor *t, int64_t from, void *to, size_t n_bytes,
                struct err *err);
/* True when path is one of the files. */
int shards_has_file(const struct shards *s, const char *path);

#endif
