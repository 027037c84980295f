/*
 * sha256: digests as 64 lower-case hexadecimal characters.
 *
 * sha256_file reads in 1 MiB pieces. sha256_file_cached keeps digests in the file `digests` of
 * fs_cache_dir() (keyed by path, size, modification time and inode), since hashing 8 GB at every
 * start is too slow. A file changed in the last second is hashed and not yet remembered.
 */
#ifndef PERBIT_BASE_SHA256_H
#define PERBIT_BASE_SHA256_H

#include <stddef.h>

#include "base/err.h"

enum { SHA256_HEX_BYTES = 65 }; /* with the NUL */

void sha256_bytes(char out[SHA256_HEX_BYTES], const void *data, size_t n_bytes);
int sha256_file(char out[SHA256_HEX_BYTES], const char *path, struct err *err);
int sha256_file_cached(char out[SHA256_HEX_BYTES], const char *path, struct err *err);

#endif
