/*
 * catalog: every task, group and tag by name: those of the program, and those of folders (--include_path).
 *
 * A later folder's names stand in for earlier ones; within one folder the first file (by path) keeps a name. A file
 * that cannot be read is passed over, as in lm-evaluation-harness, and named when a name is not found.
 *
 *   struct catalog *c;
 *   struct suite *s;
 *   if (catalog_open(&c, folders, n_folders, err) || suite_open(&s, c, "mmlu,arc_*,my/task.yaml", err))
 *       return -1;
 *   for (int i = 0; i < s->n_tasks; i++)
 *       ask(s->tasks[i]);
 *
 * A suite is names turned into tasks: comma-separated names of tasks, groups or tags, patterns (* ? [..]: they match
 * tasks, else groups and tags) and paths of YAML files. A group's overrides reach the tasks below it; the `task` key of
 * an entry does not (0.4.12 and 0.4.13 let it rename tasks, which breaks openllm). A task that is reached twice is
 * there once; with other settings the second time it is an error.
 *
 * Errors  ERR_USAGE an unknown name; ERR_FORMAT, ERR_UNSUPPORTED of taskfile.h and task.h
 * Owns    a suite its tasks; it does not need the catalog afterwards
 * Source  lm-evaluation-harness 0.4.13 tasks/_index.py, _factory.py, manager.py      Tests  unit/test_catalog.c
 */
#ifndef PERBIT_TASKS_CATALOG_H
#define PERBIT_TASKS_CATALOG_H

#include <stdbool.h>

#include "base/err.h"
#include "tasks/task.h"

struct catalog;

enum catalog_kind { CATALOG_TASK, CATALOG_GROUP, CATALOG_TAG };

struct catalog_entry {
    const char *name;
    enum catalog_kind kind;
    const char *file;           /* NULL for a tag */
    const char *const *members; /* [n_members] of a tag, sorted */
    int n_members;
    int list_index; /* private: place in the file's task_list, or -1 */
    int root;       /* private: the folder that it is from */
};

int catalog_open(struct catalog **out, const char *const *folders, int n_folders, struct err *err);
void catalog_close(struct catalog *c); /* accepts NULL */
int catalog_n(const struct catalog *c);
const struct catalog_entry *catalog_at(const struct catalog *c, int i); /* sorted by name */
const struct catalog_entry *catalog_find(const struct catalog *c, const char *name);
/* Files that were passed over, and why the i-th was. */
int catalog_n_skipped(const struct catalog *c);
const char *catalog_skipped(const struct catalog *c, int i);

/* How a group makes one number of its tasks' numbers. */
struct suite_metric {
    const char *name;
    const struct yaml_node *filter_list; /* or NULL: every filter that its tasks have */
    bool weight_by_size;                 /* each task counts by its items, else all alike */
};

struct suite_group {
    const char *name, *alias, *version;
    int parent;       /* index into groups, or -1 */
    const int *tasks; /* [n_tasks] indices of all tasks below it, however deep */
    int n_tasks;
    const struct suite_metric *metrics; /* [n_metrics]; none: the group has no number of its own */
    int n_metrics;
};

struct suite {
    struct task **tasks; /* [n_tasks], in the order asked for */
    int n_tasks;
    struct suite_group *groups; /* [n_groups], a group before those inside it */
    int n_groups;
    struct arena a; /* private */
};

int suite_open(struct suite **out, const struct catalog *c, const char *names, struct err *err);
void suite_close(struct suite *s); /* accepts NULL */

#endif
