/*
 * jinja_call: what filters, methods, tests and functions share: arguments, sorting, tables. Private to tasks/jinja_*.c.
 *
 * Each is a JINJA_FN, a function of the value before it (`v`) and the arguments by parameter (`b`), and has a row in a
 * table of struct jinja_def; arguments are counted and named by the row before the function runs.
 */
#ifndef PERBIT_TASKS_JINJA_CALL_H
#define PERBIT_TASKS_JINJA_CALL_H

#include "tasks/jinja.h"

#define JINJA_FN(name)                                                                             \
    struct pyval name(struct jinja_run *r, struct pyval v, const struct jinja_bound *b)
#define FN(name) static JINJA_FN(name)
#define UNUSED (void)r, (void)v, (void)b

/* Arguments: given and not None; str(p); a text, an integer, a truth. A wrong type fails the run. */
bool jinja_given(const struct pyval *p);
struct pystr jinja_text_or(struct jinja_run *r, const struct pyval *p, const char *fallback);
struct pystr jinja_need_text(struct jinja_run *r, const struct pyval *p);
int64_t jinja_int_or(struct jinja_run *r, const struct pyval *p, int64_t fallback);
bool jinja_truth_or(struct jinja_run *r, const struct pyval *p, bool fallback);

/* s as a text that is marked safe if v is; map(str(v)) */
typedef void jinja_text_map(struct buf *out, struct pystr s);
struct pyval jinja_text_like(struct pyval v, struct pystr s);
struct pyval jinja_map_text(struct jinja_run *r, struct pyval v, jinja_text_map *map);
bool jinja_next_line(struct pystr *rest, struct pystr *line); /* str.splitlines */

/* An attribute by a path such as "a.b.0". */
struct pyval jinja_by_path(struct jinja_run *r, struct pyval v, struct pyval path);
/* The key to compare by: the attribute of v if one is given, in lower case unless is_cased. */
struct pyval jinja_sort_key(struct jinja_run *r, struct pyval v, const struct pyval *attribute,
                            bool is_cased);
/* Stable, in place; is_reversed keeps the order of equals, as sorted(reverse=True) does. */
void jinja_sort_by(struct jinja_run *r, struct pyval items, struct pyval keys, bool is_reversed);
/* The (key, value) tuples of a dict. */
struct pyval jinja_pairs(struct jinja_run *r, struct pyval dict, enum py_type type);

#define JINJA_FIND(table, name) jinja_def_find(table, sizeof(table) / sizeof(*(table)), name)
const struct jinja_def *jinja_def_find(const struct jinja_def *table, size_t n, struct pystr name);

/* Filters that stand in other files than the table, or are methods too. */
JINJA_FN(filter_string);
JINJA_FN(filter_lower);
JINJA_FN(filter_upper);
JINJA_FN(filter_capitalize);
JINJA_FN(filter_title);
JINJA_FN(filter_trim);
JINJA_FN(filter_replace);
JINJA_FN(filter_indent);
JINJA_FN(filter_regex_replace);
JINJA_FN(filter_safe);
JINJA_FN(filter_int);
JINJA_FN(filter_float);
JINJA_FN(filter_abs);
JINJA_FN(filter_round);
JINJA_FN(filter_tojson);
JINJA_FN(filter_join);

#endif
