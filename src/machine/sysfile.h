/*
 * sysfile: small text files below /proc and /sys.
 *
 * root    put before the path, for tests; NULL for the real system
 * Errors  none: false (or the fallback) when the file is missing, unreadable or not what was asked
 */
#ifndef PERBIT_MACHINE_SYSFILE_H
#define PERBIT_MACHINE_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SYSFILE_PATH_BYTES = 4096 };

/* "<root><path>"; false if it does not fit. */
bool sysfile_path(char out[SYSFILE_PATH_BYTES], const char *root, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool sysfile_read(struct buf *out, const char *path);          /* replaces out; without the last newline */
bool sysfile_number(int64_t *out, const char *path);           /* the first number; "max" is false */
bool sysfile_write(const char *path, const char *text);        /* never creates the file; errno says why not */

/* The number after "key" at the start of a line ("MemTotal:  123 kB" for "MemTotal:"); false if absent. */
bool sysfile_field(int64_t *out, const char *text, const char *key);

#endif
