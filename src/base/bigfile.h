/*
 * bigfile: a new large file, written from front to back while the caller goes on.
 *
 *   struct bigfile *f;
 *   if (bigfile_create(&f, path, err) == 0) {
 *       rc = bigfile_write(f, data, n_bytes, err);      any number of times
 *       rc = bigfile_close(f, err) || rc;               what had not been written yet may fail here
 *   }
 *
 * Bytes are gathered in one of two buffers while a thread writes the other, past the page cache where the file system
 * allows it (Linux, O_DIRECT): a model file is larger than what is worth keeping there, and copying into it costs more than
 * the disk. Nothing is synced, and a failed file is left to the caller to remove.
 *
 * Errors  ERR_IO with the path: no such folder, exists already (the file is always new), disk full
 * Memory  2 x BIGFILE_BUFFER_BYTES and a thread while open      Threads  one caller      Tests  unit/test_bigfile.c
 */
#ifndef PERBIT_BASE_BIGFILE_H
#define PERBIT_BASE_BIGFILE_H

#include <stddef.h>

#include "base/err.h"

enum { BIGFILE_BUFFER_BYTES = 8 << 20 };

struct bigfile;

int bigfile_create(struct bigfile **out, const char *path, struct err *err);
int bigfile_write(struct bigfile *f, const void *data, size_t n_bytes, struct err *err);
int bigfile_close(struct bigfile *f, struct err *err); /* accepts NULL; frees f whatever it returns */

#endif
