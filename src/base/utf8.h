/* utf8: validity, code points, display width. Over utf8proc. */
#ifndef PERBIT_BASE_UTF8_H
#define PERBIT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

bool utf8_is_valid(const char *s, size_t n_bytes);
size_t utf8_count(const char *s, size_t n_bytes); /* code points; an invalid byte counts as one */
int utf8_width(const char *s);                    /* terminal columns */
/* Next code point at s[*i], advancing *i; an invalid byte gives U+FFFD and advances by one. */
int32_t utf8_next(const char *s, size_t n_bytes, size_t *i);
/*
 * Bytes of the beginning of a sequence that is not valid at s (n_bytes > 0): what decoders that follow Unicode
 * (Python's errors="replace", Rust's from_utf8_lossy) make one U+FFFD of.
 */
size_t utf8_bad_part(const char *s, size_t n_bytes);
/* Appends s, with U+FFFD for each such part and for NUL: texts of JSON and of the store are C strings of UTF-8. */
void utf8_clean(struct buf *out, const char *s, size_t n_bytes);

#endif
