/* Names turned into tasks and groups; declared in catalog.h. */
#include "tasks/catalog.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/opt.h"
#include "base/xalloc.h"
#include "tasks/taskfile.h"
#include "tasks/yamlvalue.h"

#include "base/banned.h"

enum { DEPTH_MAX = 32 };

/* A suite in the making. */
struct making {
    struct suite *s;
    const struct catalog *c;
    int cap_tasks, cap_groups;
    int depth;
    struct err *err;
};

/* Where what is built goes. */
struct place {
    int group; /* index, or -1 */
    const struct yaml_node *overrides; /* or NULL */
};

static int build_name(struct making *m, const char *name, struct place at);

/* ---- tasks */

static bool is_equal_node(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == YAML_SCALAR)
        return !strcmp(a->text, b->text) && a->is_plain == b->is_plain;
    for (int i = 0; i < a->n; i++) {
        if (a->kind == YAML_MAPPING && strcmp(a->keys[i]->text, b->keys[i]->text))
            return false;
        if (!is_equal_node(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

static int find_task(const struct suite *s, const char *name)
{
    for (int i = 0; i < s->n_tasks; i++) {
        if (!strcmp(s->tasks[i]->name, name))
            return i;
    }
    return -1;
}

static void add_to_group(struct making *m, int group, int task)
{
    struct suite_group *g = &m->s->groups[group];
    for (int i = 0; i < g->n_tasks; i++) {
        if (g->tasks[i] == task)
            return;
    }
    int *tasks = arena_alloc(&m->s->a, sizeof(*tasks) * (size_t)(g->n_tasks + 1));
    if (g->n_tasks)
        memcpy(tasks, g->tasks, sizeof(*tasks) * (size_t)g->n_tasks);
    tasks[g->n_tasks++] = task;
    g->tasks = tasks;
}

static void add_to_groups(struct making *m, int group, int task)
{
    for (; group >= 0; group = m->s->groups[group].parent)
        add_to_group(m, group, task);
}

static int add_task(struct making *m, const struct yaml_node *config, struct place at)
{
    struct suite *s = m->s;
    const struct yaml_node *name = yaml_find(config, "task");
    int i = name && name->kind == YAML_SCALAR ? find_task(s, name->text) : -1;
    if (i >= 0 && !is_equal_node(s->tasks[i]->config, config))
        return err_set(m->err, ERR_USAGE, "task %s is asked for twice, with different settings", name->text);
    if (i < 0) {
        if (s->n_tasks == m->cap_tasks) {
            m->cap_tasks = m->cap_tasks ? 2 * m->cap_tasks : 16;
            s->tasks = xrealloc(s->tasks, sizeof(struct task *) * (size_t)m->cap_tasks);
        }
        i = s->n_tasks;
        if (task_open(&s->tasks[i], config, m->err))
            return -1;
        s->n_tasks++;
    }
    add_to_groups(m, at.group, i);
    return 0;
}

/* The whole configuration of a task or group that the catalog knows. */
static int load_entry(struct yaml_node **out, struct making *m, const struct catalog_entry *e)
{
    if (taskfile_load(out, &m->s->a, e->file, m->err))
        return -1;
    const struct yaml_node *list = e->list_index >= 0 ? yaml_find(*out, "task_list") : NULL;
    if (!list)
        return 0;
    *out = taskfile_merge(&m->s->a, taskfile_without(&m->s->a, *out, "task_list"), list->items[e->list_index]);
    return 0;
}

/* ---- groups */

static const char *const group_keys[] = {"group", "group_alias", "task", "aggregate_metric_list", "metadata"};

static bool is_group_key(const char *name)
{
    for (size_t i = 0; i < sizeof group_keys / sizeof group_keys[0]; i++) {
        if (!strcmp(group_keys[i], name))
            return true;
    }
    return false;
}

/* What a group says that is no key of a group is said to its tasks. */
static const struct yaml_node *group_overrides(struct making *m, const struct yaml_node *config,
                                               const struct yaml_node *over)
{
    struct yaml_node *map = taskfile_merge(&m->s->a, config, NULL);
    int n = 0;
    for (int i = 0; i < map->n; i++) {
        if (is_group_key(map->keys[i]->text))
            continue;
        map->keys[n] = map->keys[i];
        map->items[n++] = map->items[i];
    }
    map->n = n;
    return taskfile_merge(&m->s->a, map, over);
}

static int read_group_metric(struct suite_metric *out, struct making *m, const struct yaml_node *node)
{
    static const char *const names[] = {"metric", "filter_list", "aggregation", "weight_by_size"};
    for (int i = 0; i < node->n; i++) {
        size_t k = 0;
        while (k < 4 && (node->kind != YAML_MAPPING || strcmp(names[k], node->keys[i]->text)))
            k++;
        if (k == 4)
            return err_set(m->err, ERR_UNSUPPORTED, "%s:%d: aggregate_metric_list: an entry has metric, filter_list, "
                           "aggregation, weight_by_size and nothing else", node->file, node->line);
    }
    const struct yaml_node *name = yaml_find(node, "metric"), *how = yaml_find(node, "aggregation");
    const struct yaml_node *weight = yaml_find(node, "weight_by_size");
    if (!name || name->kind != YAML_SCALAR)
        return err_set(m->err, ERR_FORMAT, "%s:%d: aggregate_metric_list: expected a key 'metric'", node->file, node->line);
    if (how && (how->kind != YAML_SCALAR || how->tag || strcmp(how->text, "mean")))
        return err_set(m->err, ERR_UNSUPPORTED, "%s:%d: aggregation: a group's is mean", how->file, how->line);
    *out = (struct suite_metric){name->text, yaml_find(node, "filter_list"), !weight || yamlvalue_truth(weight)};
    if (out->filter_list && yaml_is_null(out->filter_list))
        out->filter_list = NULL;
    return 0;
}

static int read_group_metrics(struct suite_group *g, struct making *m, const struct yaml_node *list)
{
    if (!list || yaml_is_null(list))
        return 0;
    bool is_list = list->kind == YAML_SEQUENCE;
    int n = is_list ? list->n : 1;
    struct suite_metric *metrics = arena_alloc(&m->s->a, sizeof(*metrics) * (size_t)(n + 1));
    for (int i = 0; i < n; i++) {
        if (read_group_metric(&metrics[i], m, is_list ? list->items[i] : list))
            return -1;
    }
    g->metrics = metrics;
    g->n_metrics = n;
    return 0;
}

static const char *scalar_or(const struct yaml_node *node, const char *fallback)
{
    return node && node->kind == YAML_SCALAR && !yaml_is_null(node) ? node->text : fallback;
}

/* Index of the new group, or -1. */
static int add_group(struct making *m, const char *name, const struct yaml_node *config, int parent)
{
    struct suite *s = m->s;
    if (s->n_groups == m->cap_groups) {
        m->cap_groups = m->cap_groups ? 2 * m->cap_groups : 8;
        s->groups = xrealloc(s->groups, sizeof(*s->groups) * (size_t)m->cap_groups);
    }
    struct suite_group *g = &s->groups[s->n_groups];
    *g = (struct suite_group){.name = arena_strdup(&s->a, name), .parent = parent};
    g->alias = scalar_or(yaml_find(config, "group_alias"), g->name);
    g->version = scalar_or(yaml_find(yaml_find(config, "metadata"), "version"), "");
    if (read_group_metrics(g, m, yaml_find(config, "aggregate_metric_list")))
        return -1;
    return s->n_groups++;
}

static int build_group(struct making *m, const char *name, const struct yaml_node *config, struct place at);

/* {group: name, ...}: a known group with overrides, or a group that is defined here. */
static int build_group_item(struct making *m, const struct yaml_node *item, struct place at)
{
    struct arena *a = &m->s->a;
    const struct yaml_node *name = yaml_find(item, "group");
    if (name->kind != YAML_SCALAR)
        return err_set(m->err, ERR_FORMAT, "%s:%d: group: expected a name", name->file, name->line);
    if (!catalog_find(m->c, name->text))
        return build_group(m, arena_printf(a, "%s::%s", m->s->groups[at.group].name, name->text), item, at);
    const struct yaml_node *own = taskfile_without(a, taskfile_without(a, item, "group"), "task");
    at.overrides = taskfile_merge(a, at.overrides, own);
    return build_name(m, name->text, at);
}

/* {task: name, ...}: a known name with overrides, or a task that is defined here. */
static int build_task_item(struct making *m, const struct yaml_node *item, struct place at)
{
    struct arena *a = &m->s->a;
    const struct yaml_node *name = yaml_find(item, "task");
    if (!name || name->kind != YAML_SCALAR)
        return err_set(m->err, ERR_FORMAT, "%s:%d: an entry of a group expects a key 'task' or 'group' with a name",
                       item->file, item->line);
    const struct yaml_node *own = taskfile_without(a, item, "task");
    at.overrides = taskfile_merge(a, at.overrides, own);
    if (catalog_find(m->c, name->text))
        return build_name(m, name->text, at);
    const char *full = arena_printf(a, "%s::%s", m->s->groups[at.group].name, name->text);
    return add_task(m, taskfile_with(a, at.overrides, "task", full), at);
}

static int build_item(struct making *m, const struct yaml_node *item, struct place at)
{
    if (item->kind == YAML_SCALAR) {
        if (!build_name(m, item->text, at))
            return 0;
        return catalog_find(m->c, item->text) ? -1 : err_prefix(m->err, "%s:%d: ", item->file, item->line);
    }
    if (item->kind != YAML_MAPPING)
        return err_set(m->err, ERR_FORMAT, "%s:%d: expected a name or a mapping, found %s", item->file, item->line,
                       yaml_kind_name(item));
    return yaml_find(item, "group") ? build_group_item(m, item, at) : build_task_item(m, item, at);
}

static int build_group(struct making *m, const char *name, const struct yaml_node *config, struct place at)
{
    const struct yaml_node *members = yaml_find(config, "task");
    int group = add_group(m, name, config, at.group);
    if (group < 0)
        return -1;
    if (!members || yaml_is_null(members))
        return err_set(m->err, ERR_FORMAT, "%s:%d: group %s: expected a key 'task' with its members", config->file,
                       config->line, name);
    struct place inside = {group, group_overrides(m, config, at.overrides)};
    bool is_list = members->kind == YAML_SEQUENCE;
    for (int i = 0; i < (is_list ? members->n : 1); i++) {
        if (build_item(m, is_list ? members->items[i] : members, inside))
            return -1;
    }
    return 0;
}

/* ---- names */

static int build_members(struct making *m, const struct catalog_entry *tag, struct place at)
{
    for (int i = 0; i < tag->n_members; i++) {
        if (build_name(m, tag->members[i], at))
            return -1;
    }
    return 0;
}

static int build_config(struct making *m, const char *name, const struct yaml_node *config, bool is_group,
                        struct place at)
{
    if (is_group)
        return build_group(m, name, config, at);
    return add_task(m, taskfile_merge(&m->s->a, config, at.overrides), at);
}

static int build_entry(struct making *m, const struct catalog_entry *e, struct place at)
{
    struct yaml_node *config;
    if (e->kind == CATALOG_TAG)
        return build_members(m, e, at);
    if (load_entry(&config, m, e))
        return -1;
    return build_config(m, e->name, config, e->kind == CATALOG_GROUP, at);
}

static int unknown_name(const struct making *m, const char *name)
{
    int n = catalog_n(m->c), n_skipped = catalog_n_skipped(m->c);
    struct buf text = BUF_INIT;
    const char **names = xmalloc(sizeof(*names) * (size_t)(n + 1));
    for (int i = 0; i < n; i++)
        names[i] = catalog_at(m->c, i)->name;
    buf_printf(&text, "there is no task, group or tag '%s'", name);
    opt_suggest(&text, name, names, n);
    if (n_skipped)
        buf_printf(&text, "; %d files could not be read, the first: %s", n_skipped, catalog_skipped(m->c, 0));
    err_set(m->err, ERR_USAGE, "%s", text.data);
    buf_release(&text);
    free(names);
    return -1;
}

static int build_name(struct making *m, const char *name, struct place at)
{
    const struct catalog_entry *e = catalog_find(m->c, name);
    if (!e)
        return unknown_name(m, name);
    if (m->depth == DEPTH_MAX)
        return err_set(m->err, ERR_FORMAT, "group %s: nested too deeply, or inside itself", name);
    m->depth++;
    int ret = build_entry(m, e, at);
    m->depth--;
    return ret;
}

/* ---- what the user asks for */

static int build_file(struct making *m, const char *path)
{
    struct yaml_node *config;
    if (taskfile_load(&config, &m->s->a, path, m->err))
        return -1;
    const struct yaml_node *group = yaml_find(config, "group");
    bool is_group = group && group->kind == YAML_SCALAR;
    return build_config(m, is_group ? group->text : "", config, is_group, (struct place){-1, NULL});
}

/* -1 failed, else how many names matched. */
static int build_matches(struct making *m, const char *pattern, bool want_tasks)
{
    int n = 0;
    for (int i = 0; i < catalog_n(m->c); i++) {
        const struct catalog_entry *e = catalog_at(m->c, i);
        if ((e->kind == CATALOG_TASK) != want_tasks || fnmatch(pattern, e->name, 0))
            continue;
        if (build_name(m, e->name, (struct place){-1, NULL}))
            return -1;
        n++;
    }
    return n;
}

static int build_pattern(struct making *m, const char *pattern)
{
    int n = build_matches(m, pattern, true);
    if (n == 0)
        n = build_matches(m, pattern, false);
    if (n == 0)
        return err_set(m->err, ERR_USAGE, "no task, group or tag matches '%s'", pattern);
    return n < 0 ? -1 : 0;
}

static bool ends_with_yaml(const char *s)
{
    size_t n = strlen(s);
    return n > 5 && !strcmp(s + n - 5, ".yaml");
}

static int build_spec(struct making *m, const char *spec)
{
    if (catalog_find(m->c, spec))
        return build_name(m, spec, (struct place){-1, NULL});
    if (strpbrk(spec, "*?["))
        return build_pattern(m, spec);
    if (ends_with_yaml(spec) || (fs_exists(spec) && !fs_is_dir(spec)))
        return build_file(m, spec);
    return unknown_name(m, spec);
}

static int build_all(struct making *m, const char *names)
{
    int n;
    const char *const *name = opt_split(&m->s->a, names, &n);
    if (!n)
        return err_set(m->err, ERR_USAGE, "expected the names of tasks, separated by commas");
    for (int i = 0; i < n; i++) {
        if (build_spec(m, name[i]))
            return -1;
    }
    return 0;
}

int suite_open(struct suite **out, const struct catalog *c, const char *names, struct err *err)
{
    struct suite *s = xcalloc(1, sizeof(*s));
    struct making m = {.s = s, .c = c, .err = err};
    if (build_all(&m, names)) {
        suite_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void suite_close(struct suite *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_tasks; i++)
        task_close(s->tasks[i]);
    free(s->tasks);
    free(s->groups);
    arena_release(&s->a);
    free(s);
}
