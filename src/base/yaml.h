/*
 * yaml: a YAML document as a tree in which each node knows its line and column.
 *
 * Only what study files and task files need: scalars, sequences, mappings, block and flow style,
 * anchors and aliases. Scalars keep their text; yaml_is_plain says whether it was unquoted, so that
 * a reader can tell 5 from "5". Tags: !function keeps its text in node->tag.
 *
 * Errors  ERR_IO; ERR_FORMAT "file:line:col: what was expected" (syntax, duplicate key)
 * Owns    everything lives in the arena        Tests  unit/test_yaml.c
 */
#ifndef PERBIT_BASE_YAML_H
#define PERBIT_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    const char *file;
    int line, col;            /* 1-based, of the node's first character */
    const char *tag;          /* "!function" or NULL */
    /* scalar */
    const char *text;
    bool is_plain;            /* unquoted: 5, true, null have their YAML meaning */
    /* sequence: items; mapping: keys[i] -> items[i], in file order */
    int n;
    struct yaml_node **keys;
    struct yaml_node **items;
};

int yaml_load(struct yaml_node **out, struct arena *a, const char *path, struct err *err);
int yaml_parse(struct yaml_node **out, struct arena *a, const char *text, size_t len,
               const char *name, struct err *err);

/* The value of a key, or NULL; borrowed from map. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);
bool yaml_is_null(const struct yaml_node *node); /* a plain null, ~ or nothing */
/* "a scalar", "a list", "a mapping": for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
