/*
 * pyliteral: Python literals as values, and values as Python's text: what a rendered doc_to_choice is and what Jinja
 * prints of a list.
 *
 *   "['yes', \"it's\", ('a', 1)]"  ->  ["yes", "it's", ["a", 1]]
 *
 * Known are str (both quotes, three of them, r and u before them, neighbours as one), int, float, None, True, False,
 * list, tuple, dict. Tuples become arrays. Sets, bytes, complex numbers, keys that are no text and integers beyond 64
 * bits are refused.
 *
 * place    "file:line:col" or the like, put before a message
 * Errors   ERR_FORMAT: what stands where
 * Owns     *out: yyjson_doc_free
 * Source   CPython 3.11 ast.literal_eval, repr
 * Tests    unit/test_pyliteral.c
 */
#ifndef PERBIT_TASKS_PYLITERAL_H
#define PERBIT_TASKS_PYLITERAL_H

#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pystr.h"

int pyliteral_parse(yyjson_doc **out, struct pystr text, const char *place, struct err *err);
/* str(v) and repr(v), appended; -1: an integer beyond 64 bits. */
int pyliteral_str(struct buf *out, yyjson_val *v, struct err *err);
int pyliteral_repr(struct buf *out, yyjson_val *v, struct err *err);

#endif
