/*
 * unpack: gzip and zstd files in memory. Several members or frames after one another are one text,
 * as their own tools have it.
 *
 * Errors  ERR_FORMAT "NAME: ...", also for a file that ends early     Tests  unit/test_rows.c
 */
#ifndef PERBIT_DATA_UNPACK_H
#define PERBIT_DATA_UNPACK_H

#include "base/buf.h"
#include "base/err.h"

/* Each replaces what is in text. */
int unpack_gzip(struct buf *text, const char *name, struct err *err);
int unpack_zstd(struct buf *text, const char *name, struct err *err);

#endif
