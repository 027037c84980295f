/*
 * jsonl: JSON lines to rows. A row is what stands between two '\n'; a final '\r' and a byte order
 * mark are no part of it, U+2028 and its kind are text like any other; blank lines are no rows.
 *
 * As in Python, NaN and Infinity are numbers, and 1e999 is infinity. A key that comes twice in one object is
 * an error (readers disagree on which counts).
 *
 * text     parsed in place: rs takes its bytes, also on an error
 * Errors   ERR_FORMAT "NAME: row 12 (14:5): ...": rows and lines count from 1, columns are bytes
 * Cost     the text, 16 bytes a value     Tests  unit/test_rows.c, fuzz/fuzz_jsonl.c
 */
#ifndef PERBIT_DATA_JSONL_H
#define PERBIT_DATA_JSONL_H

#include "base/err.h"
#include "core/rowset.h"

int jsonl_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err);

/* Values of a row of rs that begins at row and is complete: the number of them. */
size_t jsonl_n_values(yyjson_val *row);
/* Complains when an object inside value has a key twice; place is "NAME: row 12". */
int jsonl_check_keys(yyjson_val *value, const char *place, struct err *err);

#endif
