/*
 * parquet: a Parquet file to rows, through carquet; all row groups, lists and structs of any depth
 * (a map is a list of {"key", "value"}).
 *
 * Dates and timestamps become text as Python's str() writes them; binary columns become text when
 * they hold UTF-8. A decimal, UUID, time of day, interval, 96-bit timestamp or other bytes have no
 * JSON form: an error that names the column.
 *
 * text    the file's bytes, borrowed: what rows need is copied
 * Errors  ERR_FORMAT "NAME: row group 2: ...", "NAME: row 12: column 'x': ..."
 * Cost    rows, and one row group decoded beside them     Tests  unit/test_parquet.c against pyarrow
 */
#ifndef PERBIT_DATA_PARQUET_H
#define PERBIT_DATA_PARQUET_H

#include "base/err.h"
#include "core/rowset.h"

int parquet_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err);

#endif
