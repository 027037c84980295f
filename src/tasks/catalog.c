#include "tasks/catalog.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "tasks/taskfile.h"

#include "base/banned.h"

/* Pointers while they grow. */
struct list {
    void **v; /* [n] */
    int n, cap;
};

struct catalog {
    struct arena a;
    struct map entries; /* name -> struct catalog_entry */
    struct list sorted; /* the same, by name */
    struct list skipped; /* texts */
};

static void add(struct list *l, void *p)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->v = xrealloc(l->v, sizeof(*l->v) * (size_t)l->cap);
    }
    l->v[l->n++] = p;
}

/* ---- files of a folder */

static bool is_ignored_dir(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "__pycache__") ||
           !strcmp(name, ".ipynb_checkpoints");
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), n_end = strlen(end);
    return n >= n_end && !strcmp(s + n - n_end, end);
}

static int walk(struct list *files, struct arena *a, const char *dir, int depth, struct err *err)
{
    DIR *d = opendir(dir);
    if (!d)
        return err_errno(err, ERR_IO, "%s", dir);
    for (const struct dirent *e; (e = readdir(d));) {
        struct stat st;
        char *path = fs_join(a, dir, e->d_name);
        if (is_ignored_dir(e->d_name) || lstat(path, &st))
            continue;
        if (S_ISDIR(st.st_mode) && depth < 64)
            walk(files, a, path, depth + 1, NULL); /* a folder that cannot be read holds no task */
        else if (ends_with(path, ".yaml"))
            add(files, path);
    }
    closedir(d);
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- entries */

static struct catalog_entry *new_entry(struct catalog *c, const char *name, enum catalog_kind kind, const char *file,
                                       int root)
{
    struct catalog_entry *e = arena_alloc(&c->a, sizeof(*e));
    *e = (struct catalog_entry){.name = arena_strdup(&c->a, name),
                                .kind = kind,
                                .file = arena_strdup(&c->a, file),
                                .list_index = -1,
                                .root = root};
    map_put(&c->entries, name, e);
    return e;
}

/* An entry of this folder; what an earlier folder says does not count. */
static struct catalog_entry *find_in_root(struct catalog *c, const char *name, int root)
{
    struct catalog_entry *e = map_find(&c->entries, name);
    return e && e->root == root ? e : NULL;
}

static bool has_member(const struct catalog_entry *tag, const char *name)
{
    for (int i = 0; i < tag->n_members; i++) {
        if (!strcmp(tag->members[i], name))
            return true;
    }
    return false;
}

static void add_member(struct catalog *c, struct catalog_entry *tag, const char *name)
{
    if (has_member(tag, name))
        return;
    int n = tag->n_members;
    if ((n & (n - 1)) == 0) { /* room doubles at each power of two */
        const char **grown = arena_alloc(&c->a, sizeof(*grown) * (size_t)(n ? 2 * n : 1));
        for (int i = 0; i < n; i++)
            grown[i] = tag->members[i];
        tag->members = grown;
    }
    ((const char **)tag->members)[tag->n_members++] = arena_strdup(&c->a, name);
}

static void add_tag(struct catalog *c, const char *tag, const char *task, int root)
{
    struct catalog_entry *e = find_in_root(c, tag, root);
    if (!e)
        e = new_entry(c, tag, CATALOG_TAG, NULL, root);
    add_member(c, e, task);
}

static void add_tags(struct catalog *c, const struct yaml_node *tags, const char *task, int root)
{
    if (!tags || yaml_is_null(tags))
        return;
    bool is_list = tags->kind == YAML_SEQUENCE;
    for (int i = 0; i < (is_list ? tags->n : 1); i++) {
        const struct yaml_node *tag = is_list ? tags->items[i] : tags;
        if (tag->kind == YAML_SCALAR)
            add_tag(c, tag->text, task, root);
    }
}

static int add_config(struct catalog *c, const struct yaml_node *config, const char *file, int list_index, int root,
                      struct err *err)
{
    const struct yaml_node *group = yaml_find(config, "group"), *task = yaml_find(config, "task");
    bool is_group = group && !yaml_find(config, "class");
    const struct yaml_node *name = is_group ? group : task;
    if (!name || name->kind != YAML_SCALAR || yaml_is_null(name))
        return err_set(err, ERR_FORMAT, "%s: expected a key 'task' or 'group' with a name", file);
    if (find_in_root(c, name->text, root))
        return err_set(err, ERR_FORMAT, "%s: the name '%s' is taken", file, name->text);
    struct catalog_entry *e = new_entry(c, name->text, is_group ? CATALOG_GROUP : CATALOG_TASK, file, root);
    e->list_index = list_index;
    if (!is_group)
        add_tags(c, yaml_find(config, "tag"), name->text, root);
    return 0;
}

/* perbit's own: one file, many tasks; each is the file's keys with its own on top. */
static const struct yaml_node *list_of(const struct yaml_node *config)
{
    const struct yaml_node *list = yaml_find(config, "task_list");
    return list && list->kind == YAML_SEQUENCE ? list : NULL;
}

static int add_file(struct catalog *c, struct arena *a, const char *file, int root, struct err *err)
{
    struct yaml_node *config;
    if (taskfile_load(&config, a, file, err))
        return -1;
    const struct yaml_node *list = list_of(config);
    if (!list)
        return add_config(c, config, file, -1, root, err);
    for (int i = 0; i < list->n; i++) {
        if (list->items[i]->kind == YAML_MAPPING &&
            add_config(c, taskfile_merge(a, config, list->items[i]), file, i, root, err))
            return -1;
    }
    return 0;
}

static void add_file_or_skip(struct catalog *c, const char *file, int root)
{
    struct err err = {0};
    struct arena a = {0};
    if (add_file(c, &a, file, root, &err))
        add(&c->skipped, arena_strdup(&c->a, err.msg));
    arena_release(&a);
}

static int add_folder(struct catalog *c, const char *dir, int root, struct err *err)
{
    struct list files = {0};
    struct arena a = {0};
    int ret = walk(&files, &a, dir, 0, err);
    if (files.n)
        qsort(files.v, (size_t)files.n, sizeof(*files.v), compare_paths);
    for (int i = 0; !ret && i < files.n; i++)
        add_file_or_skip(c, files.v[i], root);
    free(files.v);
    arena_release(&a);
    return ret;
}

static int compare_entries(const void *a, const void *b)
{
    const struct catalog_entry *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void sort_entries(struct catalog *c)
{
    for (int i = 0; i < c->entries.n; i++) {
        struct catalog_entry *e = c->entries.entries[i].value;
        if (e->n_members)
            qsort((void *)e->members, (size_t)e->n_members, sizeof(*e->members), compare_paths);
        add(&c->sorted, e);
    }
    qsort(c->sorted.v, (size_t)c->sorted.n, sizeof(*c->sorted.v), compare_entries);
}

int catalog_open(struct catalog **out, const char *const *folders, int n_folders, struct err *err)
{
    struct catalog *c = xcalloc(1, sizeof(*c));
    for (int i = 0; i < taskfile_n_builtin(); i++)
        add_file_or_skip(c, taskfile_builtin(i), 0);
    for (int i = 0; i < n_folders; i++) {
        if (add_folder(c, folders[i], i + 1, err)) {
            catalog_close(c);
            return -1;
        }
    }
    sort_entries(c);
    *out = c;
    return 0;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    map_release(&c->entries);
    free(c->sorted.v);
    free(c->skipped.v);
    arena_release(&c->a);
    free(c);
}

int catalog_n(const struct catalog *c)
{
    return c->sorted.n;
}

const struct catalog_entry *catalog_at(const struct catalog *c, int i)
{
    return c->sorted.v[i];
}

const struct catalog_entry *catalog_find(const struct catalog *c, const char *name)
{
    return map_find(&c->entries, name);
}

int catalog_n_skipped(const struct catalog *c)
{
    return c->skipped.n;
}

const char *catalog_skipped(const struct catalog *c, int i)
{
    return c->skipped.v[i];
}
