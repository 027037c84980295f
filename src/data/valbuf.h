/*
 * valbuf: the values of one row in yyjson's layout, written one after another; for readers of files
 * that are no JSON.
 *
 *   valbuf_clear(&v);
 *   size_t row = valbuf_open(&v, YYJSON_TYPE_OBJ);
 *   valbuf_str(&v, "n", 1); valbuf_int(&v, 3);
 *   valbuf_close(&v, row, 1);
 *   rowset_add(rs, v.values, v.n);
 *
 * Texts are borrowed and must be NUL-terminated: as long as the rowset lives.
 * Owns    values until valbuf_release()     Tests  unit/test_rows.c
 */
#ifndef PERBIT_DATA_VALBUF_H
#define PERBIT_DATA_VALBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

struct valbuf {
    yyjson_val *values; /* [n] */
    size_t n, cap;
};

#define VALBUF_INIT { 0 }

void valbuf_release(struct valbuf *v);
void valbuf_clear(struct valbuf *v);

void valbuf_null(struct valbuf *v);
void valbuf_bool(struct valbuf *v, bool b);
void valbuf_int(struct valbuf *v, int64_t i);
void valbuf_uint(struct valbuf *v, uint64_t u);
void valbuf_real(struct valbuf *v, double d);
void valbuf_str(struct valbuf *v, const char *s, size_t n_bytes);
size_t valbuf_open(struct valbuf *v, yyjson_type type); /* YYJSON_TYPE_OBJ or _ARR: gives its place */
void valbuf_close(struct valbuf *v, size_t place, size_t n_items); /* an object's items are its pairs */

/* One value as yyjson's reader makes it: a whole number that is not negative is unsigned. */
void value_set_int(yyjson_val *v, int64_t i);
void value_set_str(yyjson_val *v, const char *s, size_t n_bytes);

#endif
