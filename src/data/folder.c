#include "data/folder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/xalloc.h"
#include "data/rows.h"

#include "base/banned.h"

/* ---- what is known of the usual data sets ---- */

static const struct alias {
    const char *path, *name; /* name NULL: any */
    const char *folder;
    const char *by; /* the folder holds all names, told apart by this column */
    const char *letters;
} aliases[] = {
    {"cais/mmlu", NULL, "mmlu", "subject", "answer"},
    {"cais/mmlu", NULL, "mmlu/all", "subject", "answer"},
    {"hails/mmlu_no_train", NULL, "mmlu", "subject", "answer"},
    {"Rowan/hellaswag", NULL, "hellaswag", NULL, NULL},
    {"hellaswag", NULL, "hellaswag", NULL, NULL},
    {"allenai/ai2_arc", "ARC-Challenge", "arc_challenge", NULL, NULL},
    {"allenai/ai2_arc", "ARC-Easy", "arc_easy", NULL, NULL},
    {"ai2_arc", "ARC-Challenge", "arc_challenge", NULL, NULL},
    {"ai2_arc", "ARC-Easy", "arc_easy", NULL, NULL},
    {"openai/gsm8k", "main", "gsm8k", NULL, NULL},
    {"gsm8k", "main", "gsm8k", NULL, NULL},
    {"truthfulqa/truthful_qa", "multiple_choice", "truthfulqa_mc", NULL, NULL},
    {"truthfulqa/truthful_qa", "generation", "truthfulqa_gen", NULL, NULL},
    {"truthful_qa", "multiple_choice", "truthfulqa_mc", NULL, NULL},
    {"truthful_qa", "generation", "truthfulqa_gen", NULL, NULL},
    {"google/IFEval", NULL, "ifeval", NULL, NULL},
    {"allenai/winogrande", "winogrande_xl", "winogrande", NULL, NULL},
    {"winogrande", "winogrande_xl", "winogrande", NULL, NULL},
};

enum { N_ALIASES = sizeof(aliases) / sizeof(*aliases) };

/* Not rows, though their names end like those of rows. */
static const char *const no_rows[] = {"dataset_info", "dataset_infos", "dataset_dict", "state", "config"};

/* Other names of files for a split. */
static const struct {
    const char *split, *stem;
} stems[] = {{"validation", "val"}, {"validation", "valid"}};

static bool is_alias_of(const struct alias *alias, const struct dataset_key *key)
{
    return !strcmp(alias->path, key->path) && (!alias->name || (key->name && !strcmp(alias->name, key->name)));
}

/* A known folder holds one configuration, gsm8k "main" and never "socratic", or all of one data set. */
static bool is_of_another(const char *folder, const struct dataset_key *key)
{
    bool is_known = false;
    for (int i = 0; i < N_ALIASES; i++) {
        if (strcmp(aliases[i].folder, folder))
            continue;
        if (is_alias_of(&aliases[i], key))
            return false;
        is_known |= aliases[i].by || (aliases[i].name && key->name);
    }
    return is_known;
}

/* ---- candidates ---- */

enum { CANDIDATES_MAX = 16 };

struct search {
    struct arena *arena;
    const char *data_dir;
    const struct dataset_key *key;
    struct folder candidates[CANDIDATES_MAX]; /* dir relative to data_dir */
    int n;
};

static void add(struct search *s, const char *dir, const char *by, const char *letters)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->candidates[i].dir, dir))
            return;
    if (s->n < CANDIDATES_MAX && *dir)
        s->candidates[s->n++] = (struct folder){.dir = dir, .by = by, .letters = letters};
}

/* "foo/bar" -> "foo__bar" */
static const char *joined_path(struct arena *a, const char *path)
{
    struct buf b = BUF_INIT;
    for (const char *p = path; *p; p++)
        buf_puts(&b, *p == '/' ? "__" : (char[]){*p, '\0'});
    const char *joined = arena_strdup(a, b.data);
    buf_release(&b);
    return joined;
}

static const char *snake_case(struct arena *a, const char *name)
{
    char *s = arena_strdup(a, name);
    for (char *p = s; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
    return s;
}

static void add_aliases(struct search *s)
{
    const char *name = s->key->name;
    for (int i = 0; i < N_ALIASES; i++) {
        const struct alias *alias = &aliases[i];
        if (!is_alias_of(alias, s->key))
            continue;
        const char *joined = joined_path(s->arena, s->key->path);
        bool is_part = alias->by && name && strcmp(name, "all");
        if (name)
            add(s, fs_join(s->arena, alias->folder, name), NULL, alias->letters);
        add(s, alias->folder, is_part ? alias->by : NULL, alias->letters);
        if (alias->by)
            add(s, joined, is_part ? alias->by : NULL, alias->letters);
    }
}

static void add_unless_of_another(struct search *s, const char *dir)
{
    if (!is_of_another(dir, s->key))
        add(s, dir, NULL, NULL);
}

static const char *find_letters(const struct dataset_key *key)
{
    for (int i = 0; i < N_ALIASES; i++)
        if (is_alias_of(&aliases[i], key))
            return aliases[i].letters;
    return NULL;
}

static void add_all(struct search *s)
{
    const char *name = s->key->name, *base = fs_basename(s->key->path);
    const char *joined = joined_path(s->arena, s->key->path);
    add(s, name ? fs_join(s->arena, joined, name) : joined, NULL, find_letters(s->key));
    add_aliases(s);
    if (name) {
        add(s, fs_join(s->arena, base, name), NULL, NULL);
        add_unless_of_another(s, snake_case(s->arena, name));
    }
    add_unless_of_another(s, base);
    if (s->key->task)
        add_unless_of_another(s, s->key->task);
}

/* ---- the files of a folder ---- */

struct split_file {
    const char *path, *split;
    int format;
    int shard, n_shards; /* n_shards 0: one file */
};

struct listing {
    struct split_file *files; /* [n] */
    int n, cap;
};

static bool has_rows(const char *split)
{
    for (size_t i = 0; i < sizeof(no_rows) / sizeof(*no_rows); i++)
        if (!strcmp(split, no_rows[i]))
            return false;
    return *split && *split != '.';
}

/* "train-00000-of-00002" and "train-00000-of-00002-0123456789abcdef" */
static void split_shard(struct split_file *f, char *stem)
{
    int shard, n_shards, used;
    for (char *dash = strchr(stem, '-'); dash; dash = strchr(dash + 1, '-')) {
        used = 0;
        if (sscanf(dash, "-%5d-of-%5d%n", &shard, &n_shards, &used) != 2 || used != 15 || shard < 0 || n_shards < 1)
            continue;
        if (dash[used] && dash[used] != '-')
            continue;
        *dash = '\0';
        f->shard = shard;
        f->n_shards = n_shards;
        return;
    }
}

static void list_file(struct listing *l, struct arena *a, const char *dir, const char *filename)
{
    size_t stem_bytes;
    struct split_file f = {.format = rows_format(filename, &stem_bytes)};
    if (f.format < 0)
        return;
    char *stem = arena_strndup(a, filename, stem_bytes);
    split_shard(&f, stem);
    f.split = stem;
    f.path = fs_join(a, dir, filename);
    if (!has_rows(stem) || fs_is_dir(f.path))
        return;
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->files = xrealloc(l->files, (size_t)l->cap * sizeof(*l->files));
    }
    l->files[l->n++] = f;
}

static void list_dir(struct listing *l, struct arena *a, const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    while (d && (entry = readdir(d)))
        list_file(l, a, dir, entry->d_name);
    if (d)
        closedir(d);
}

static int compare_files(const void *pa, const void *pb)
{
    const struct split_file *a = pa, *b = pb;
    int order = strcmp(a->split, b->split);
    if (!order)
        order = a->format - b->format;
    if (!order)
        order = a->n_shards - b->n_shards;
    if (!order)
        order = a->shard - b->shard;
    return order ? order : strcmp(a->path, b->path);
}

static void list(struct listing *l, struct arena *a, const char *dir)
{
    list_dir(l, a, dir);
    list_dir(l, a, fs_join(a, dir, "data"));
    if (l->n)
        qsort(l->files, (size_t)l->n, sizeof(*l->files), compare_files);
}

int folder_find(struct folder *out, struct arena *a, const char *data_dir, const struct dataset_key *key,
                struct err *err)
{
    struct search s = {.arena = a, .data_dir = data_dir, .key = key};
    struct buf seen = BUF_INIT;
    bool is_found = false;
    add_all(&s);
    for (int i = 0; i < s.n && !is_found; i++) {
        struct listing l = {0};
        struct folder f = s.candidates[i];
        buf_printf(&seen, "%s%s", i ? ", " : "", f.dir);
        f.dir = fs_join(a, data_dir, f.dir);
        list(&l, a, f.dir);
        is_found = l.n > 0;
        if (is_found)
            *out = f;
        free(l.files);
    }
    if (!is_found)
        err_set(err, ERR_IO,
                "data set '%s'%s%s%s: expected a folder with files such as test.jsonl or "
                "test-00000-of-00001.parquet in %s under one of these names: %.600s",
                key->path, key->name ? " (" : "", key->name ? key->name : "", key->name ? ")" : "", data_dir,
                seen.data);
    buf_release(&seen);
    return is_found ? 0 : -1;
}

/* ---- one split ---- */

static int find_first(const struct listing *l, const char *split)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->files[i].split, split))
            return i;
    return -1;
}

static int find_split(const struct listing *l, const char *split)
{
    int first = find_first(l, split);
    for (size_t i = 0; first < 0 && i < sizeof(stems) / sizeof(*stems); i++)
        if (!strcmp(stems[i].split, split))
            first = find_first(l, stems[i].stem);
    return first;
}

/* The same shard may lie in the folder and in its data/: the first counts. */
static int take_shards(const char **paths, const struct listing *l, int first, struct err *err)
{
    const struct split_file *f = &l->files[first];
    int n = 0;
    for (int i = first; i < l->n; i++) {
        const struct split_file *g = &l->files[i];
        if (strcmp(g->split, f->split) || g->format != f->format || g->n_shards != f->n_shards)
            break;
        if (g->shard == n)
            paths[n++] = g->path;
    }
    if (n < f->n_shards)
        return err_set(err, ERR_IO, "%s: shard %d of %d of the split '%s' is missing", f->path, n + 1, f->n_shards,
                       f->split);
    return n;
}

int folder_split(const char *const **out, int *out_n, struct arena *a, const char *dir, const char *split,
                 struct err *err)
{
    struct listing l = {0};
    list(&l, a, dir);
    int first = find_split(&l, split);
    const char **paths = arena_alloc(a, (size_t)(l.n + 1) * sizeof(*paths));
    *out = paths;
    *out_n = 0;
    if (first >= 0 && !l.files[first].n_shards) {
        paths[0] = l.files[first].path;
        *out_n = 1;
    } else if (first >= 0) {
        *out_n = take_shards(paths, &l, first, err);
    }
    free(l.files);
    return *out_n < 0 ? -1 : 0;
}

const char *folder_splits(struct arena *a, const char *dir)
{
    struct listing l = {0};
    struct buf names = BUF_INIT;
    list(&l, a, dir);
    for (int i = 0; i < l.n; i++)
        if (!i || strcmp(l.files[i].split, l.files[i - 1].split))
            buf_printf(&names, "%s%s", i ? ", " : "", l.files[i].split);
    const char *text = arena_strdup(a, names.data);
    buf_release(&names);
    free(l.files);
    return text;
}
