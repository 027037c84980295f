/*
 * gitblob: the name that git gives a file's content: SHA-1 of "blob SIZE\0" and the bytes, 40 lower-case hexadecimal
 * characters. The hub names files that are not in LFS by it.
 *
 * Errors  ERR_IO with the path; a file that changes its size while it is read is one too
 * Tests   unit/test_gitblob.c, against git hash-object's digests
 */
#ifndef PERBIT_BASE_GITBLOB_H
#define PERBIT_BASE_GITBLOB_H

#include "base/err.h"

enum { GITBLOB_HEX_BYTES = 41 }; /* with the NUL */

int gitblob_file(char out[GITBLOB_HEX_BYTES], const char *path, struct err *err);

#endif
