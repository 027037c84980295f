/*
 * rowset: the rows of one split of a data set. A row is a JSON object (yyjson), addressed by its split
 * and its number from 0, whatever the file was.
 *
 *   for (int64_t i = 0; i < rows->n; i++)
 *       yyjson_val *question = yyjson_obj_get(rows->row[i], "question");
 *
 * data/rows.h and data/dataset.h read rowsets from files. Who makes one calls rowset_new(), gives it
 * the text that strings lie in (rowset_take, rowset_text) and adds rows (rowset_add).
 *
 * Owns    all values and all text of its rows, until rowset_close(); rowset_add_borrowed() is the
 *         exception: such a row must live as long as the rowset
 * Cost    16 bytes a value (keys, objects and lists are values), 8 a row
 * Threads many may read        Tests  unit/test_rows.c
 */
#ifndef PERBIT_CORE_ROWSET_H
#define PERBIT_CORE_ROWSET_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/buf.h"

struct rowset_memory;

struct rowset {
    const char *split;       /* "validation"; "" when the file was named directly */
    const char *file;        /* its path; of several shards the first */
    char sha256[65];         /* of the file; of several shards: of the lines "SHA256  NAME\n" */
    int64_t n;
    yyjson_val *const *row;  /* [n] objects */
    struct rowset_memory *memory; /* private */
};

struct rowset *rowset_new(const char *split, const char *file); /* both are copied */
void rowset_close(struct rowset *rs); /* accepts NULL */

/* Takes the bytes of text, which is empty afterwards, and puts four NULs behind them, as parsers in
   place need. Returns where they are now. */
char *rowset_take(struct rowset *rs, struct buf *text);
/* A copy of n bytes with a NUL behind. */
char *rowset_text(struct rowset *rs, const char *s, size_t n_bytes);
/* A row from its n values in yyjson's layout (depth first; containers span what follows); copies them.
   Strings stay where they are. */
yyjson_val *rowset_add(struct rowset *rs, const yyjson_val *values, size_t n);
/* A row of another rowset, that outlives this one. */
void rowset_add_borrowed(struct rowset *rs, yyjson_val *row);

#endif
