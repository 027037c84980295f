/*
 * column: what a column of text means, by the rules of pandas.read_csv.
 *
 * Empty fields and the usual signs of a missing value ("NA", "null", "NaN", ... also in quotes) are
 * null. If all others are whole numbers the column is of whole numbers (of reals when there are
 * nulls); if all are numbers, of reals; if all are true or false, of booleans; else it stays text.
 *
 * Tests  unit/test_csv.c against pandas
 */
#ifndef PERBIT_DATA_COLUMN_H
#define PERBIT_DATA_COLUMN_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

/* Rewrites the values of pair number index of n rows, all text so far. */
void column_infer(yyjson_val *const *row, int64_t n, size_t index);

#endif
