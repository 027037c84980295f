/*
 * units: numbers with units as people write them.
 * units_parse_bytes: "8GiB" "500MB" "1.5 GB" "4096" -> bytes (k = 1000, Ki = 1024).
 * units_format_*: short text for tables, into at least 32 bytes.
 */
#ifndef PERBIT_BASE_UNITS_H
#define PERBIT_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

int units_parse_bytes(int64_t *out_bytes, const char *text, struct err *err);
void units_format_bytes(char *out, size_t out_bytes, int64_t n_bytes); /* "1.23 GiB", "85.8 MiB" */
void units_format_duration(char *out, size_t out_bytes, double s); /* "3 s", "4 min 10 s" */

#endif
