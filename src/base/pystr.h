/*
 * pystr: Python's str methods on UTF-8 text, for task files that were written for Python.
 *
 *   struct pystr word, rest = pystr_z("  two  words ");
 *   struct pystr_split it = pystr_split(rest, NULL, -1);
 *   while (pystr_next(&it, &word))
 *       ... word.s, word.n_bytes ...
 *
 * A pystr is a view: it owns nothing and need not end in NUL. Lengths and positions that a name calls bytes are
 * bytes, all others are code points, as in Python. Case is Unicode's full mapping (sharp s becomes SS, a final
 * sigma its own letter); whitespace is str.isspace's set, which has U+001C to U+001F and U+0085.
 * Text that is not UTF-8: a bad byte counts as one code point, belongs to no class and is copied as it is.
 *
 * Source   CPython 3.11 Objects/unicodeobject.c (Unicode 14; what Unicode 15 added counts as unassigned, as there)
 * Tests    unit/test_pystr.c, every code point against python3
 */
#ifndef PERBIT_BASE_PYSTR_H
#define PERBIT_BASE_PYSTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pystr {
    const char *s;
    size_t n_bytes;
};

struct pystr pystr_z(const char *z); /* of a NUL-terminated string */
struct pystr pystr_of(const char *s, size_t n_bytes);
bool pystr_equal(struct pystr a, struct pystr b);
int pystr_compare(struct pystr a, struct pystr b); /* <0, 0, >0: by code points, as Python sorts */
size_t pystr_len(struct pystr s);

/* Classes: of one code point, and of a text as Python defines them (an empty text is of no class). */
bool pystr_is_space_code(int32_t c);
bool pystr_is_word_code(int32_t c); /* of names: letters, numbers, marks, underscore and its like */
bool pystr_isspace(struct pystr s);
bool pystr_isdigit(struct pystr s); /* superscripts too; see pystr_isdecimal */
bool pystr_isdecimal(struct pystr s);
bool pystr_isalpha(struct pystr s);
bool pystr_isalnum(struct pystr s);
bool pystr_isupper(struct pystr s);
bool pystr_islower(struct pystr s);

/* Without whitespace at the ends, or without the code points of chars when it is not NULL. */
struct pystr pystr_lstrip(struct pystr s, const struct pystr *chars);
struct pystr pystr_rstrip(struct pystr s, const struct pystr *chars);
struct pystr pystr_strip(struct pystr s, const struct pystr *chars);
/* Code points of whitespace at the end: len(s) - len(s.rstrip()), lm-evaluation-harness's rule. */
size_t pystr_n_trailing_space(struct pystr s);

/* These append to out, which must not hold s. */
void pystr_lower(struct buf *out, struct pystr s);
void pystr_upper(struct buf *out, struct pystr s);
void pystr_capitalize(struct buf *out,
                      struct pystr s); /* the first code point in title case, the rest lower */
void pystr_title(struct buf *out, struct pystr s);
void pystr_repr(struct buf *out, struct pystr s); /* repr(s): quoted, what is not printable as escapes */
/* max < 0: all. An empty old stands before each code point and at the end. */
void pystr_replace(struct buf *out, struct pystr s, struct pystr old, struct pystr with,
                   int64_t max);

/* s[start:stop] for 0 <= start; a stop beyond the end is the end. */
struct pystr pystr_slice(struct pystr s, size_t start, size_t stop);
bool pystr_startswith(struct pystr s, struct pystr prefix);
bool pystr_endswith(struct pystr s, struct pystr suffix);
/* Bytes before the first (last) place of part at or after byte from; -1: none. */
int64_t pystr_find_bytes(struct pystr s, struct pystr part, size_t from_bytes);
int64_t pystr_rfind_bytes(struct pystr s, struct pystr part);
int64_t pystr_find(struct pystr s, struct pystr part); /* the same in code points */
int64_t pystr_rfind(struct pystr s, struct pystr part);
int64_t pystr_count(struct pystr s, struct pystr part); /* without overlaps */

/*
 * split: by whitespace (separator NULL: no empty parts) or by a separator that is not empty; at most max splits
 * (< 0: all). The parts are views of s.
 */
struct pystr_split {
    struct pystr rest;
    struct pystr separator;
    bool is_space, is_done; /* private */
    int64_t max;
};
struct pystr_split pystr_split(struct pystr s, const struct pystr *separator, int64_t max);
bool pystr_next(struct pystr_split *it, struct pystr *part);

#endif
