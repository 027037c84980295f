/* base64: bytes as text (RFC 4648, with padding, no line breaks).        Tests  unit/test_base64.c */
#ifndef PERBIT_BASE_BASE64_H
#define PERBIT_BASE_BASE64_H

#include "base/buf.h"

void base64_append(struct buf *out, const void *data, size_t n_bytes);

#endif
