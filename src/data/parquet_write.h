/*
 * parquet_write: a frame as a Parquet file, through carquet: what the Hub's viewer, pandas and DuckDB read without a word
 * of explanation.
 *
 * Columns  FRAME_TEXT string, FRAME_NUM double, FRAME_INT int64, FRAME_BOOL boolean, FRAME_LIST list of double; a cell that
 *          is missing is null, a NaN in a list too
 * Metadata of the file: "perbit.name", and "perbit.units", a JSON object column -> unit, where there is one. A synthetic
 *          frame has a first column "data" that holds SYNTHETIC, and the metadata "perbit.synthetic" = "true"
 * The same frame gives the same bytes: no time, no thread. Zstandard, one row group for each 64 Ki rows.
 *
 * It stands in data/ although it writes: carquet stays in one folder, frame.h is core's, so no layer changes.
 * Errors  ERR_IO, ERR_FORMAT (a list that is no array of numbers)     Owns  nothing      Cost  the file in memory, beside the frame
 * Tests   unit/test_parquet_write.c, tests/reference/export.sh against pyarrow
 */
#ifndef PERBIT_DATA_PARQUET_WRITE_H
#define PERBIT_DATA_PARQUET_WRITE_H

#include "core/frame.h"

int parquet_write(struct buf *out, const struct frame *f, struct err *err); /* appends */

#endif
