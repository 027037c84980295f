/*
 * jsonlist: one JSON text to rows: a list of objects, or an object whose "data" is one. A file named
 * .json that holds JSON lines, as many do, is read as that (jsonl.h).
 *
 * text     parsed in place: rs takes its bytes, also on an error
 * Errors   ERR_FORMAT "NAME:3:14: not JSON: ...", "NAME: row 12: ..."
 * Tests    unit/test_rows.c
 */
#ifndef PERBIT_DATA_JSONLIST_H
#define PERBIT_DATA_JSONLIST_H

#include "base/err.h"
#include "core/rowset.h"

int jsonlist_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err);

#endif
