/*
 * pyjson: values as the text of Python's json.dumps(v, ensure_ascii=False), byte by byte: hashes of documents are
 * hashes of such a text.
 *
 *   pyjson_dump(&out, row, 2);           json.dumps(row, indent=2, ensure_ascii=False)
 *   pyjson_dump(&out, row, 0);           the same on one line, ", " and ": " between
 *
 * Numbers: 5 is an int and 5.0 a float, as they stand in the row. NaN and infinities are NaN, Infinity, -Infinity.
 * Errors  none     Owns  nothing; appended to out     Source  CPython 3.11 json.encoder     Tests  unit/test_pyjson.c
 */
#ifndef PERBIT_TASKS_PYJSON_H
#define PERBIT_TASKS_PYJSON_H

#include <stddef.h>
#include <yyjson.h>

#include "base/buf.h"

void pyjson_dump(struct buf *out, yyjson_val *v, int indent);
void pyjson_text(struct buf *out, const char *s, size_t n_bytes);
void pyjson_float(struct buf *out, double f);

#endif
