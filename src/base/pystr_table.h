/*
 * pystr_table: what Python's str methods know of a code point that utf8proc does not say. Private to pystr.c.
 *
 * upper, title  UTF-8 of the full case mapping where it is longer than one code point; NULL: the simple mapping
 */
#ifndef PERBIT_BASE_PYSTR_TABLE_H
#define PERBIT_BASE_PYSTR_TABLE_H

#include <stdint.h>

struct pystr_special {
    int32_t code;
    const char *upper;
    const char *title;
};

extern const struct pystr_special pystr_specials[]; /* by code */
extern const int pystr_n_specials;

#endif
