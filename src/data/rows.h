/*
 * rows: a file to a rowset, by its name.
 *
 *   .jsonl .ndjson   JSON lines (jsonl.h)           .csv .tsv   text with a header (csv.h)
 *   .json            a list of objects (jsonlist.h)  .parquet    (parquet.h)
 *
 * each also with .gz or .zst behind it.
 *
 *   struct rowset *rows;
 *   rows_load(&rows, "data/test.jsonl", err);
 *   ... rowset_close(rows);
 *
 * Errors  ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED; all begin with the file, rows count from 1
 * Cost    hellaswag train (39,905 rows, 1.0 M values, 44.7 MB) as JSON lines: 0.11 s with its sha256, 61 MB;
 *         as Parquet 0.24 s (one core of a shared 2-core machine)     Tests  unit/test_rows.c, tests/reference/rows.sh
 */
#ifndef PERBIT_DATA_ROWS_H
#define PERBIT_DATA_ROWS_H

#include <stddef.h>

#include "base/err.h"
#include "core/rowset.h"

int rows_load(struct rowset **out, const char *path, struct err *err);
/* Files of one split, n >= 1, one after another. */
int rows_load_files(struct rowset **out, const char *split, const char *const *paths, int n, struct err *err);

/* "test.jsonl.gz" is of format 0 (the order above) and has a stem of 4 bytes; -1 when rows_load cannot read it. */
int rows_format(const char *filename, size_t *out_stem_bytes);

#endif
