/*
 * yamlvalue: a YAML node as the Python value that PyYAML makes of it: yes is a boolean, 0x1F an integer, 1e3 a text.
 *
 * Errors  ERR_UNSUPPORTED "file:line: ..." for dates, sexagesimals, infinities and tags
 * Owns    nothing: values live in the arena, texts in the YAML tree
 * Source  PyYAML's implicit resolvers (YAML 1.1)      Tests  unit/test_catalog.c
 */
#ifndef PERBIT_TASKS_YAMLVALUE_H
#define PERBIT_TASKS_YAMLVALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "tasks/pyvalue.h"

int yamlvalue(struct pyval *out, struct arena *a, const struct yaml_node *node, struct err *err);
/* A scalar that is an integer, or false. */
bool yamlvalue_int(int64_t *out, const struct yaml_node *node);
/* Python's truth of a scalar; a node that has no value is true. */
bool yamlvalue_truth(const struct yaml_node *node);

#endif
