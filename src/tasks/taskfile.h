/*
 * taskfile: a YAML file of lm-evaluation-harness's schema as one mapping, with its `include:` files merged in.
 *
 * A mapping's own keys win over those of what it includes, and later includes over earlier ones. Each node keeps the
 * file and line that it came from. Files that are built into the program are named "builtin:NAME".
 *
 * Errors  ERR_IO; ERR_FORMAT "file:line:col: ..." (syntax, an include that includes itself)
 * Owns    everything lives in the arena        Tests  unit/test_catalog.c
 */
#ifndef PERBIT_TASKS_TASKFILE_H
#define PERBIT_TASKS_TASKFILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"

int taskfile_load(struct yaml_node **out, struct arena *a, const char *path, struct err *err);

/* base with the pairs of over added or replaced; either may be NULL. */
struct yaml_node *taskfile_merge(struct arena *a, const struct yaml_node *base, const struct yaml_node *over);
/* The mapping without one key. */
struct yaml_node *taskfile_without(struct arena *a, const struct yaml_node *map, const char *key);
/* The mapping with key set to a plain text. */
struct yaml_node *taskfile_with(struct arena *a, const struct yaml_node *map, const char *key, const char *text);

/* Files of tasks/ at the repository root, in the program. */
int taskfile_n_builtin(void);
const char *taskfile_builtin(int i); /* "builtin:arc_easy.yaml" */
bool taskfile_is_builtin(const char *path);

#endif
