/*
 * func: the Python functions that task files name with `!function`, written in C.
 *
 * A file of perbit's own names them by their topic: "!function hellaswag.process_docs". A file of
 * lm-evaluation-harness says "!function utils.process_docs" and lies beside its utils.py: then the function is taken
 * only if every Python file it needs has the SHA-256 that the table of func.c knows. Anything else is refused, so
 * that somebody's own Python never turns silently into other code.
 *
 * Errors  ERR_UNSUPPORTED "file:line: ..."; ERR_FORMAT a row without a needed column
 * Source  lm-evaluation-harness 0.4.13: tasks/{hellaswag,truthfulqa,ifeval}/utils.py, winogrande/preprocess_winogrande.py
 * Tests   unit/test_catalog.c, unit/test_items.c
 */
#ifndef PERBIT_TASKS_FUNC_H
#define PERBIT_TASKS_FUNC_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "tasks/pyvalue.h"

enum func_kind {
    FUNC_ROW,     /* process_docs: a row -> the row that templates see */
    FUNC_FIELD,   /* doc_to_text, doc_to_target, doc_to_choice: a row -> a value */
    FUNC_RESULTS, /* process_results: its own measures, see enum task_results */
    FUNC_AGGREGATE
};

/* Who makes the measures of an item. */
enum task_results { RESULTS_DEFAULT, RESULTS_MC2, RESULTS_IFEVAL, RESULTS_TRUTHFULQA_GEN };

struct func {
    const char *name; /* "hellaswag.process_docs" */
    enum func_kind kind;
    int (*row)(yyjson_val **out, struct arena *a, yyjson_val *row, struct err *err);
    int (*field)(struct pyval *out, struct arena *a, yyjson_val *row, struct err *err);
    enum task_results results;
};

/* The function that a node with the tag !function names; what: the key, for messages. */
int func_find(const struct func **out, const struct yaml_node *node, enum func_kind kind, const char *what,
              struct err *err);

#endif
