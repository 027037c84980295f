#include "data/card.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "data/rows.h"

#include "base/banned.h"

struct reading {
    struct arena *a;
    const char *const *paths; /* [n_paths], sorted */
    int n_paths;
    struct card_file *files;  /* [n] */
    int n, cap;
};

static void add(struct reading *r, const char *split, const char *path)
{
    for (int i = 0; i < r->n; i++)
        if (r->files[i].path == path && strcmp(r->files[i].split, split) == 0)
            return;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 32;
        r->files = xrealloc(r->files, (size_t)r->cap * sizeof *r->files);
    }
    r->files[r->n++] = (struct card_file){ split, path };
}

/* Rows, and not what a repository says of itself. */
static bool is_rows(const char *path)
{
    static const char *const others[] = { "dataset_infos", "dataset_info", "dataset_dict", "state", "config" };
    const char *name = fs_basename(path);
    size_t stem;
    if (rows_format(name, &stem) < 0 || name[0] == '.' || name[0] == '_' || path[0] == '.' || strstr(path, "/."))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i]) == stem && strncmp(name, others[i], stem) == 0)
            return false;
    return true;
}

/* --- 1. the front matter ----------------------------------------------------------------------- */

/* What stands between the first two lines "---"; NULL without. */
static const struct yaml_node *front_matter(struct arena *a, const char *readme)
{
    struct yaml_node *root;
    if (!readme || strncmp(readme, "---", 3) != 0)
        return NULL;
    const char *begin = strchr(readme, '\n');
    const char *end = begin ? strstr(begin, "\n---") : NULL;
    if (!end || yaml_parse(&root, a, begin + 1, (size_t)(end - begin), "README.md", NULL) < 0)
        return NULL;
    return root->kind == YAML_MAPPING ? root : NULL;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *v = map->kind == YAML_MAPPING ? yaml_find(map, key) : NULL;
    return v && v->kind == YAML_SCALAR && !yaml_is_null(v) ? v->text : NULL;
}

/* The configuration of that name; without a name the default one, or the only one. */
static const struct yaml_node *find_config(const struct yaml_node *configs, const char *name)
{
    const struct yaml_node *found = NULL;
    for (int i = 0; i < configs->n; i++) {
        const char *own = text_of(configs->items[i], "config_name"), *is_default = text_of(configs->items[i], "default");
        if (name && own && strcmp(own, name) == 0)
            return configs->items[i];
        if (!name && ((own && strcmp(own, "default") == 0) || (is_default && strcasecmp(is_default, "true") == 0)))
            found = configs->items[i];
    }
    return found || name || configs->n != 1 ? found : configs->items[0];
}

/* '*' stays in a folder, "**" does not; the name of a folder is all that is in it. */
static bool matches(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    if (fnmatch(pattern, path, strstr(pattern, "**") ? 0 : FNM_PATHNAME) == 0)
        return true;
    if (n > 0 && pattern[n - 1] == '/')
        n--;
    return strncmp(pattern, path, n) == 0 && path[n] == '/';
}

static void add_matching(struct reading *r, const char *split, const char *dir, const struct yaml_node *pattern)
{
    for (int i = 0; pattern->kind == YAML_SEQUENCE && i < pattern->n; i++)
        add_matching(r, split, dir, pattern->items[i]);
    if (pattern->kind != YAML_SCALAR)
        return;
    const char *text = strncmp(pattern->text, "./", 2) == 0 ? pattern->text + 2 : pattern->text;
    text = dir ? fs_join(r->a, dir, text) : text;
    for (int i = 0; i < r->n_paths; i++)
        if (matches(text, r->paths[i]))
            add(r, split, r->paths[i]);
}

/* data_files: a pattern, a list of them, {split: pattern}, or [{split, path}]. */
static void add_data_files(struct reading *r, const char *dir, const struct yaml_node *node)
{
    bool has_splits = node->kind == YAML_SEQUENCE && node->n > 0 && node->items[0]->kind == YAML_MAPPING;
    if (node->kind == YAML_MAPPING) {
        for (int i = 0; i < node->n; i++)
            add_matching(r, node->keys[i]->text, dir, node->items[i]);
        return;
    }
    for (int i = 0; has_splits && i < node->n; i++) {
        const char *split = text_of(node->items[i], "split");
        const struct yaml_node *path = node->items[i]->kind == YAML_MAPPING ? yaml_find(node->items[i], "path") : NULL;
        if (split && path)
            add_matching(r, split, dir, path);
    }
    if (!has_splits)
        add_matching(r, "train", dir, node);
}

/* --- 2. names ---------------------------------------------------------------------------------- */

static const struct {
    const char *word, *split;
} words[] = {
    { "train", "train" }, { "training", "train" }, { "validation", "validation" }, { "valid", "validation" },
    { "dev", "validation" }, { "val", "validation" }, { "test", "test" }, { "testing", "test" }, { "eval", "test" },
    { "evaluation", "test" },
};

/* "test" of "test-00000-of-00002.parquet" and of "test/0000.parquet" under the folder skip. */
static const char *exact_split(struct arena *a, const char *path)
{
    const char *name = fs_basename(path), *dash = strchr(name, '-');
    int shard, n_shards, used;
    for (; dash; dash = strchr(dash + 1, '-')) {
        used = 0;
        if (dash > name && sscanf(dash, "-%5d-of-%5d%n", &shard, &n_shards, &used) == 2 && used == 15)
            return arena_strndup(a, name, (size_t)(dash - name));
    }
    size_t n_digits = strspn(name, "0123456789");
    if (n_digits > 0 && name[n_digits] == '.' && name != path)
        return fs_basename(fs_dirname(a, path));
    return NULL;
}

/* The split that a word of the text names, words being what stands between other characters than letters. */
static const char *word_split(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        while (i + k < n && isalpha((unsigned char)text[i + k]))
            k++;
        for (size_t w = 0; k > 0 && w < sizeof words / sizeof words[0]; w++)
            if (strlen(words[w].word) == k && strncasecmp(words[w].word, text + i, k) == 0)
                return words[w].split;
        i += k + 1;
    }
    return NULL;
}

static const char *split_of(struct arena *a, const char *path)
{
    const char *split = exact_split(a, path), *name = fs_basename(path);
    if (!split)
        split = word_split(name, strlen(name));
    return split ? split : word_split(path, (size_t)(name - path));
}

/* Files under dir (NULL: all) by their names. */
static void add_by_names(struct reading *r, const char *dir)
{
    size_t n_dir = dir ? strlen(dir) : 0;
    bool is_said = false;
    for (int pass = 0; pass < 2 && !is_said; pass++) /* the second one: no name says anything */
        for (int i = 0; i < r->n_paths; i++) {
            const char *path = r->paths[i];
            if (!is_rows(path) || (dir && (strncmp(path, dir, n_dir) != 0 || path[n_dir] != '/')))
                continue;
            const char *split = split_of(r->a, dir ? path + n_dir + 1 : path);
            is_said |= split != NULL;
            if (split || pass == 1)
                add(r, split ? split : "train", path);
        }
}

/* --- both -------------------------------------------------------------------------------------- */

static void add_config(struct reading *r, const struct yaml_node *config)
{
    const struct yaml_node *files = config->kind == YAML_MAPPING ? yaml_find(config, "data_files") : NULL;
    const char *dir = text_of(config, "data_dir");
    if (files)
        add_data_files(r, dir, files);
    else
        add_by_names(r, dir);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int card_files(struct card_file **out, struct arena *a, const char *readme, const char *const *paths, int n_paths,
               const char *config)
{
    struct reading r = { .a = a, .n_paths = n_paths };
    const char **sorted = arena_dup(a, paths, (size_t)n_paths * sizeof(char *));
    const struct yaml_node *card = front_matter(a, readme);
    const struct yaml_node *configs = card ? yaml_find(card, "configs") : NULL;
    const char *name = config && *config ? config : NULL;
    if (n_paths > 0)
        qsort(sorted, (size_t)n_paths, sizeof(char *), compare_texts);
    r.paths = sorted;
    const struct yaml_node *own = configs && configs->kind == YAML_SEQUENCE ? find_config(configs, name) : NULL;
    if (own)
        add_config(&r, own);
    if (!own && name)
        add_by_names(&r, name);
    else if (!own && !configs)
        add_by_names(&r, NULL);
    *out = arena_dup(a, r.files, (size_t)r.n * sizeof *r.files);
    free(r.files);
    return r.n;
}
