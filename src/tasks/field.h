/*
 * field: one doc_to_* key of a task file: how a text, a target or choices come from a row.
 *
 * As lm-evaluation-harness reads them: a text that is exactly the name of a column gives that column with its type,
 * any other text is a Jinja template; an integer or a list is itself; !function names C code. What a template renders
 * is then read again (all digits with choices: an integer; a target in brackets: a Python list; choices: a list).
 *
 *   const struct field *f = task->text;
 *   if (field_text(&v, f, &view, err))
 *       return -1;
 *
 * Errors  "file:line: key: ..." of the task file; the caller adds the task and the row
 * Owns    field_close() the template; values live in the view's arena      Tests  unit/test_items.c
 */
#ifndef PERBIT_TASKS_FIELD_H
#define PERBIT_TASKS_FIELD_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "core/item.h"
#include "tasks/func.h"
#include "tasks/pyvalue.h"

struct template;

enum field_kind { FIELD_NONE, FIELD_TEXT, FIELD_VALUE, FIELD_FUNC };

struct field {
    enum field_kind kind;
    const char *key;           /* "doc_to_text" */
    const struct yaml_node *at;
    const char *source;        /* FIELD_TEXT: a column's name or a template */
    struct template *template; /* compiled at once; a column's name is a template too */
    struct pyval value;        /* FIELD_VALUE */
    const struct func *func;
};

/* What a field is looked up in. */
struct view {
    yyjson_val *row;
    yyjson_val *columns;  /* a row of the evaluation split: which names are columns */
    bool has_choices;     /* the task has doc_to_choice: digits become integers */
    struct arena *a;
};

/* node NULL or null: FIELD_NONE */
int field_open(struct field *out, struct arena *a, const char *key, const struct yaml_node *node, struct err *err);
void field_close(struct field *f);

int field_text(struct pyval *out, const struct field *f, const struct view *v, struct err *err);
int field_target(struct pyval *out, const struct field *f, const struct view *v, struct err *err);
int field_choices(struct pyval *out, const struct field *f, const struct view *v, struct err *err); /* PY_LIST of texts */
/* Description and gen_prefix: a column of the row or a template; none: "". */
int field_plain(struct pystr *out, const struct field *f, const struct view *v, struct err *err);
/* Sets "file:line: key: ..." and returns -1. */
int field_error(const struct field *f, struct err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
