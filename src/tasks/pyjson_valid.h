/*
 * pyjson_valid: would Python's json.loads take the text? Strict JSON, and NaN, Infinity, -Infinity; a control character in a
 * string, an integer of more than 4300 digits and an empty text are errors; lone surrogates as \uXXXX are not.
 *
 * Source  CPython 3.11 Modules/_json.c     Differs  more than 1000 nested values are "no"; Python raises RecursionError
 * Cost    O(n), no allocation              Tests    unit/test_pyjson_valid.c, reference/ifeval.py
 */
#ifndef PERBIT_TASKS_PYJSON_VALID_H
#define PERBIT_TASKS_PYJSON_VALID_H

#include <stdbool.h>
#include <stddef.h>

bool pyjson_is_valid(const char *text, size_t n_bytes);

#endif
