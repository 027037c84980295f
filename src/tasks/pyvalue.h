/*
 * pyvalue: the values that a Python template computes with: their truth, order, str() and repr().
 *
 * A struct pyval is passed by value; what it points to lives in the arena that made it. None of these values is ever
 * changed after it was made but lists under construction and namespaces.
 *
 * Errors   functions that Python lets raise return NULL, or the reason as a constant text
 * Differs  integers have 64 bits: what would go beyond is an error, never another number
 * Source   CPython 3.11      Tests  unit/test_template.c, unit/test_pyliteral.c, tests/reference
 */
#ifndef PERBIT_TASKS_PYVALUE_H
#define PERBIT_TASKS_PYVALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/pystr.h"

enum py_type {
    PY_UNDEFINED, /* jinja's; s says why */
    PY_NONE,
    PY_BOOL,
    PY_INT,
    PY_FLOAT,
    PY_STR,
    PY_LIST,
    PY_TUPLE,
    PY_RANGE, /* list holds its numbers */
    PY_VIEW,  /* keys(), values() and items() of a dict */
    PY_ITER,  /* a generator: list holds what is left to come */
    PY_DICT,
    PY_OBJECT /* what only the template engine knows: functions, macros, loops, namespaces */
};

struct pylist;
struct pydict;

struct pyval {
    enum py_type type;
    bool flag; /* str: marked as safe HTML; undefined: any use is an error */
    union {
        int64_t i; /* bool, int */
        double f;
        struct pystr s;
        struct pylist *list;
        struct pydict *dict;
        const void *object;
    };
};

struct pylist {
    struct pyval *v; /* [n] */
    int n;
    int cap; /* private */
};

struct pydict { /* in order of insertion */
    struct pylist keys;
    struct pylist values;
};

struct pyval py_none(void);
struct pyval py_bool(bool b);
struct pyval py_int(int64_t i);
struct pyval py_float(double f);
struct pyval py_str(struct pystr s);
struct pyval py_str_of(struct arena *a, const struct buf *b); /* a copy */
/* An empty list, tuple, range, view or generator to append to; an empty dict. */
struct pyval py_list(struct arena *a, enum py_type type);
struct pyval py_dict(struct arena *a);
void py_append(struct arena *a, struct pyval list, struct pyval v);
void py_dict_set(struct arena *a, struct pyval dict, struct pyval key, struct pyval value);
const struct pyval *py_dict_get(struct pyval dict, struct pyval key); /* NULL: absent */
const struct pyval *py_dict_find(struct pyval dict, const char *key);

/* -1: an integer beyond 64 bits. Texts are borrowed from json. */
int py_from_json(struct arena *a, yyjson_val *json, struct pyval *out);
/* Tuples become arrays, keys text; NULL for a value that JSON has not. */
yyjson_mut_val *py_to_json(yyjson_mut_doc *doc, struct pyval v);

bool py_is_number(struct pyval v); /* bool too, as in Python */
bool py_is_sequence(
    struct pyval v); /* list holds its items and they can be indexed: list, tuple, range */
bool py_has_list(struct pyval v);    /* the same and views and generators */
double py_as_double(struct pyval v); /* of a number */
const char *py_type_name(struct pyval v);
bool py_truth(struct pyval v);
bool py_equal(struct pyval a, struct pyval b);
/* *order < 0, 0, > 0; false where Python says TypeError. NaN: false too. */
bool py_compare(struct pyval a, struct pyval b, int *order);

/* str(v) and repr(v) appended to out; NULL or why not. */
const char *py_print(struct buf *out, struct pyval v);
const char *py_repr(struct buf *out, struct pyval v);
void py_print_float(struct buf *out, double f);

/* list(v): *items is a list of its own. NULL or why not. A generator is empty afterwards. */
const char *py_items(struct arena *a, struct pyval v, struct pyval *items);
/* len(v); -1: it has none. */
int64_t py_length(struct pyval v);

/*
 * The text of a Python string literal's inside, escapes replaced; NULL or why not.
 * is_template: as jinja reads it, where a backslash before a letter beyond ASCII is refused.
 */
const char *py_unescape(struct buf *out, struct pystr inside, bool is_template);

#endif
