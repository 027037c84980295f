/*
 * csv: comma- or tab-separated text to rows, with the values that Hugging Face's csv loader gives
 * (pandas.read_csv with its defaults).
 *
 * The first line that is not blank names the columns: an empty name of column 2 becomes "Unnamed: 2",
 * a second "a" becomes "a.1". Fields in double quotes may hold newlines, delimiters and, doubled,
 * quotes. Blank lines are no rows; a row that is too short ends in nulls, one that is too long is an
 * error. Types belong to columns: data/column.h.
 *
 * Where it differs: a file whose rows have one field more than its header is an error (pandas takes
 * the first column for an index); a column with whole numbers over 2^64, or over 2^63 beside nulls, is
 * text with nulls (pandas fails, or forgets the nulls).
 *
 * text    parsed in place: rs takes its bytes, also on an error
 * Errors  ERR_FORMAT "NAME: row 12 (line 15): ...": rows count from 1, without the header
 * Cost    the text, 16 bytes a value    Tests  unit/test_csv.c against pandas, fuzz/fuzz_csv.c
 */
#ifndef PERBIT_DATA_CSV_H
#define PERBIT_DATA_CSV_H

#include "base/err.h"
#include "core/rowset.h"

int csv_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err); /* ',' */
int tsv_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err); /* '\t' */

#endif
