#include "tasks/taskfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/map.h"
#include "tasks/builtin.h"

#include "base/banned.h"

static const char prefix[] = "builtin:";

bool taskfile_is_builtin(const char *path)
{
    return !strncmp(path, prefix, sizeof prefix - 1);
}

int taskfile_n_builtin(void)
{
    return builtin_n();
}

const char *taskfile_builtin(int i)
{
    return builtin_at(i)->path;
}

static int load_one(struct yaml_node **out, struct arena *a, const char *path, struct err *err)
{
    if (!taskfile_is_builtin(path))
        return yaml_load(out, a, path, err);
    const struct builtin *file = builtin_find(path);
    if (!file)
        return err_set(err, ERR_IO, "%s: no such file in the program", path);
    return yaml_parse(out, a, file->data, (size_t)(file->end - file->data), path, err);
}

static struct yaml_node *new_mapping(struct arena *a, const struct yaml_node *like, int room)
{
    struct yaml_node *map = arena_alloc(a, sizeof(*map));
    *map = (struct yaml_node){.kind = YAML_MAPPING, .file = like ? like->file : "", .line = like ? like->line : 0};
    map->keys = arena_alloc(a, sizeof(*map->keys) * (size_t)(room + 1));
    map->items = arena_alloc(a, sizeof(*map->items) * (size_t)(room + 1));
    return map;
}

static void put_pair(struct yaml_node *map, struct yaml_node *key, struct yaml_node *item)
{
    int i = 0;
    while (i < map->n && strcmp(map->keys[i]->text, key->text))
        i++;
    map->keys[i] = key;
    map->items[i] = item;
    map->n += i == map->n;
}

static void put_all(struct yaml_node *map, const struct yaml_node *from)
{
    for (int i = 0; from && i < from->n; i++)
        put_pair(map, from->keys[i], from->items[i]);
}

struct yaml_node *taskfile_merge(struct arena *a, const struct yaml_node *base, const struct yaml_node *over)
{
    struct yaml_node *map = new_mapping(a, base ? base : over, (base ? base->n : 0) + (over ? over->n : 0));
    put_all(map, base);
    put_all(map, over);
    return map;
}

struct yaml_node *taskfile_without(struct arena *a, const struct yaml_node *from, const char *key)
{
    struct yaml_node *map = new_mapping(a, from, from->n);
    for (int i = 0; i < from->n; i++) {
        if (strcmp(from->keys[i]->text, key))
            put_pair(map, from->keys[i], from->items[i]);
    }
    return map;
}

struct yaml_node *taskfile_with(struct arena *a, const struct yaml_node *from, const char *key, const char *text)
{
    struct yaml_node *map = new_mapping(a, from, from->n + 1);
    struct yaml_node *node = arena_alloc(a, 2 * sizeof(*node));
    for (int i = 0; i < 2; i++)
        node[i] = (struct yaml_node){.kind = YAML_SCALAR, .file = from->file, .line = from->line};
    node[0].text = arena_strdup(a, key);
    node[1].text = arena_strdup(a, text);
    put_all(map, from);
    put_pair(map, &node[0], &node[1]);
    return map;
}

/* ---- include */

struct loading {
    struct arena *a;
    struct map seen; /* files above and before: lm-evaluation-harness lets none come twice */
};

static int load_mapping(struct yaml_node **out, struct loading *l, const char *path, struct err *err);

static const char *include_path(struct arena *a, const char *from, const char *name)
{
    if (taskfile_is_builtin(from))
        return arena_printf(a, "%s%s", prefix, name);
    return fs_join(a, fs_dirname(a, from), name);
}

static int include_one(struct yaml_node **merged, struct loading *l, const char *from, const struct yaml_node *name,
                       struct err *err)
{
    struct yaml_node *included;
    if (name->kind != YAML_SCALAR)
        return err_set(err, ERR_FORMAT, "%s:%d: include expects the name of a file, found %s", name->file, name->line,
                       yaml_kind_name(name));
    const char *path = include_path(l->a, from, name->text);
    if (load_mapping(&included, l, path, err))
        return err_prefix(err, "%s:%d: include: ", name->file, name->line);
    included = taskfile_without(l->a, included, "task_list");
    *merged = taskfile_merge(l->a, *merged, included);
    return 0;
}

static int merge_includes(struct yaml_node **out, struct loading *l, const char *path, struct err *err)
{
    struct yaml_node *merged = NULL;
    const struct yaml_node *include = yaml_find(*out, "include");
    if (!include)
        return 0;
    bool is_list = include->kind == YAML_SEQUENCE;
    for (int i = 0; i < (is_list ? include->n : 1); i++) {
        if (include_one(&merged, l, path, is_list ? include->items[i] : include, err))
            return -1;
    }
    *out = taskfile_merge(l->a, merged, taskfile_without(l->a, *out, "include"));
    return 0;
}

static const char *real_path(struct arena *a, const char *path)
{
    char *real = taskfile_is_builtin(path) ? NULL : realpath(path, NULL);
    const char *kept = arena_strdup(a, real ? real : path);
    free(real);
    return kept;
}

static int load_mapping(struct yaml_node **out, struct loading *l, const char *path, struct err *err)
{
    const char *real = real_path(l->a, path);
    if (map_has(&l->seen, real))
        return err_set(err, ERR_FORMAT, "%s: includes itself, or is included twice", path);
    map_put(&l->seen, real, NULL);
    if (load_one(out, l->a, path, err))
        return -1;
    if ((*out)->kind != YAML_MAPPING)
        return err_set(err, ERR_FORMAT, "%s: expected a mapping, found %s", path, yaml_kind_name(*out));
    return merge_includes(out, l, path, err);
}

int taskfile_load(struct yaml_node **out, struct arena *a, const char *path, struct err *err)
{
    struct loading l = {.a = a};
    int ret = load_mapping(out, &l, path, err);
    map_release(&l.seen);
    return ret;
}
