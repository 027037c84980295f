/*
 * arrowtree: values of Arrow arrays (the C data interface) as JSON values. A tree is made once a row
 * group from its schema and then asked for row after row.
 *
 *   struct arrow_tree *tree = arrow_tree_new(&arena, rs, &schema, err);
 *   arrow_tree_put(tree, &array, i, &values, err);
 *
 * Owns    nothing: nodes live in the arena, texts in the rowset
 * Errors  ERR_FORMAT, ERR_UNSUPPORTED "column 'choices.text': ..."     Tests  unit/test_parquet.c
 */
#ifndef PERBIT_DATA_ARROWTREE_H
#define PERBIT_DATA_ARROWTREE_H

#include "base/arena.h"
#include "base/err.h"
#include "core/rowset.h"
#include "data/valbuf.h"

struct ArrowSchema;
struct ArrowArray;
struct arrow_tree;

/* NULL with the message written when a column's type has no JSON form. */
struct arrow_tree *arrow_tree_new(struct arena *a, struct rowset *rs, const struct ArrowSchema *schema,
                                  struct err *err);
/* Appends value i of array. */
int arrow_tree_put(const struct arrow_tree *tree, const struct ArrowArray *array, int64_t i, struct valbuf *out,
                   struct err *err);

#endif
