#include "data/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "data/rows.h"

#include "base/banned.h"

struct datasets {
    char *dir;
    struct map rowsets; /* split, paths (and column, value) -> struct rowset, owned */
};

struct dataset {
    struct datasets *all;
    struct arena arena;
    const char *label;                /* for messages: "cais/mmlu (anatomy)" */
    const char *name;                 /* of the key, or NULL */
    struct folder folder;             /* dir NULL: of files */
    const struct dataset_file *files; /* [n_files], paths resolved */
    int n_files;
    struct map splits; /* read so far: split -> struct rowset */
};

int datasets_open(struct datasets **out, const char *data_dir, struct err *err)
{
    if (data_dir && !fs_is_dir(data_dir))
        return err_set(err, ERR_IO, "%s: expected a folder of data sets", data_dir);
    struct datasets *d = xcalloc(1, sizeof(*d));
    d->dir = data_dir ? xstrdup(data_dir) : NULL;
    *out = d;
    return 0;
}

void datasets_close(struct datasets *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->rowsets.n; i++)
        rowset_close(d->rowsets.entries[i].value);
    map_release(&d->rowsets);
    free(d->dir);
    free(d);
}

static struct dataset *new_dataset(struct datasets *d)
{
    struct dataset *ds = xcalloc(1, sizeof(*ds));
    ds->all = d;
    arena_init(&ds->arena);
    return ds;
}

void dataset_close(struct dataset *ds)
{
    if (!ds)
        return;
    map_release(&ds->splits);
    arena_release(&ds->arena);
    free(ds);
}

static const char *text_or_null(struct arena *a, const char *s)
{
    return s && *s ? arena_strdup(a, s) : NULL;
}

static struct dataset_key set_key(struct dataset *ds, const struct dataset_key *key)
{
    struct arena *a = &ds->arena;
    struct dataset_key k = {arena_strdup(a, key->path), text_or_null(a, key->name), text_or_null(a, key->task)};
    ds->name = k.name;
    ds->label = k.name ? arena_printf(a, "%s (%s)", k.path, k.name) : k.path;
    return k;
}

int dataset_open(struct dataset **out, struct datasets *d, const struct dataset_key *key, struct err *err)
{
    if (!d->dir)
        return err_set(err, ERR_IO, "data set '%s': there is no folder of data sets", key->path);
    struct dataset *ds = new_dataset(d);
    struct arena *a = &ds->arena;
    struct dataset_key k = set_key(ds, key);
    if (folder_find(&ds->folder, a, d->dir, &k, err)) {
        dataset_close(ds);
        return -1;
    }
    *out = ds;
    return 0;
}

static const char *resolve(struct arena *a, const char *data_dir, const char *file)
{
    const char *path = fs_join(a, data_dir ? data_dir : "", file);
    return fs_exists(path) || !fs_exists(file) ? path : arena_strdup(a, file);
}

static int open_listed(struct dataset **out, struct dataset *ds, const struct dataset_file *files, int n, struct err *err)
{
    const struct datasets *d = ds->all;
    struct dataset_file *copy = arena_alloc(&ds->arena, (size_t)n * sizeof(*copy));
    for (int i = 0; i < n; i++) {
        copy[i].split = arena_strdup(&ds->arena, files[i].split);
        copy[i].file = resolve(&ds->arena, d->dir, files[i].file);
        if (!fs_exists(copy[i].file)) {
            err_set(err, ERR_IO, "%s: no such file (the split '%s')", copy[i].file, files[i].split);
            dataset_close(ds);
            return -1;
        }
    }
    ds->files = copy;
    ds->n_files = n;
    *out = ds;
    return 0;
}

int dataset_open_files(struct dataset **out, struct datasets *d, const struct dataset_file *files, int n,
                       struct err *err)
{
    struct dataset *ds = new_dataset(d);
    ds->label = "data_files";
    return open_listed(out, ds, files, n, err);
}

int dataset_open_named(struct dataset **out, struct datasets *d, const struct dataset_key *key,
                       const struct dataset_file *files, int n, struct err *err)
{
    struct dataset *ds = new_dataset(d);
    set_key(ds, key);
    return open_listed(out, ds, files, n, err);
}

/* ---- rows ---- */

static int listed_files(const char *const **out, int *out_n, const struct dataset *ds, struct arena *a,
                        const char *split)
{
    const char **paths = arena_alloc(a, (size_t)ds->n_files * sizeof(*paths));
    *out_n = 0;
    for (int i = 0; i < ds->n_files; i++)
        if (!strcmp(ds->files[i].split, split))
            paths[(*out_n)++] = ds->files[i].file;
    *out = paths;
    return 0;
}

static int find_files(const char *const **out, int *out_n, const struct dataset *ds, struct arena *a, const char *split,
                      struct err *err)
{
    return ds->folder.dir ? folder_split(out, out_n, a, ds->folder.dir, split, err)
                          : listed_files(out, out_n, ds, a, split);
}

bool dataset_has_split(const struct dataset *ds, const char *split)
{
    struct arena a;
    const char *const *paths;
    int n = 0;
    arena_init(&a);
    bool has = !find_files(&paths, &n, ds, &a, split, NULL) && n > 0;
    arena_release(&a);
    return has;
}

static const char *splits_there(struct arena *a, const struct dataset *ds)
{
    if (ds->folder.dir)
        return folder_splits(a, ds->folder.dir);
    const char *text = "";
    for (int i = 0; i < ds->n_files; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", ds->files[i].split);
    return text;
}

static int no_split(const struct dataset *ds, struct arena *a, const char *split, struct err *err)
{
    return err_set(err, ERR_IO,
                   "data set '%s': no split '%s'%s%s; expected %s.jsonl, .json, .csv, .tsv, .parquet or "
                   "%s-00000-of-00001.parquet; there are: %.300s",
                   ds->label, split, ds->folder.dir ? " in " : "", ds->folder.dir ? ds->folder.dir : "", split, split,
                   splits_there(a, ds));
}

/* "A" -> 0, in the answers of mmlu copies that have letters. */
static void set_letters(const struct rowset *rs, const char *column)
{
    for (int64_t i = 0; i < rs->n; i++) {
        yyjson_val *v = yyjson_obj_get(rs->row[i], column);
        const char *s = yyjson_get_str(v);
        if (s && yyjson_get_len(v) == 1 && s[0] >= 'A' && s[0] <= 'Z')
            yyjson_set_uint(v, (uint64_t)(s[0] - 'A'));
    }
}

static const char *cache_key(struct arena *a, const char *split, const char *const *paths, int n)
{
    const char *key = split;
    for (int i = 0; i < n; i++)
        key = arena_printf(a, "%s\n%s", key, paths[i]);
    return key;
}

static int load_cached(struct rowset **out, struct dataset *ds, const char *key, const char *split,
                       const char *const *paths, int n, struct err *err)
{
    *out = map_find(&ds->all->rowsets, key);
    if (*out)
        return 0;
    if (rows_load_files(out, split, paths, n, err))
        return -1;
    if (ds->folder.letters)
        set_letters(*out, ds->folder.letters);
    map_put(&ds->all->rowsets, key, *out);
    return 0;
}

static bool has_value(yyjson_val *row, const char *column, const char *value)
{
    return yyjson_equals_str(yyjson_obj_get(row, column), value);
}

/* The rows of one name; they stay where the whole file's rows are. */
static int filter_cached(struct rowset **out, struct dataset *ds, const char *whole_key, const struct rowset *whole,
                         struct err *err)
{
    const char *by = ds->folder.by;
    const char *key = arena_printf(&ds->arena, "%s\n%s=%s", whole_key, by, ds->name);
    *out = map_find(&ds->all->rowsets, key);
    if (*out)
        return 0;
    struct rowset *part = rowset_new(whole->split, whole->file);
    memcpy(part->sha256, whole->sha256, sizeof(part->sha256));
    for (int64_t i = 0; i < whole->n; i++)
        if (has_value(whole->row[i], by, ds->name))
            rowset_add_borrowed(part, whole->row[i]);
    if (!part->n) {
        rowset_close(part);
        return err_set(err, ERR_FORMAT, "%s: no row has '%s' as its '%s'", whole->file, ds->name, by);
    }
    map_put(&ds->all->rowsets, key, part);
    *out = part;
    return 0;
}

int dataset_split(const struct rowset **out, struct dataset *ds, const char *split, struct err *err)
{
    int n, ret = -1;
    struct arena a;
    const char *const *paths;
    struct rowset *rs = map_find(&ds->splits, split);
    arena_init(&a);
    if (!rs) {
        if (find_files(&paths, &n, ds, &a, split, err))
            goto done;
        if (!n) {
            no_split(ds, &a, split, err);
            goto done;
        }
        const char *key = cache_key(&a, split, paths, n);
        if (load_cached(&rs, ds, key, split, paths, n, err))
            goto done;
        if (ds->folder.by && filter_cached(&rs, ds, key, rs, err))
            goto done;
        map_put(&ds->splits, split, rs);
    }
    *out = rs;
    ret = 0;
done:
    arena_release(&a);
    return ret;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void dataset_sha256(char out[65], const struct dataset *ds)
{
    struct arena a;
    struct buf text = BUF_INIT;
    arena_init(&a);
    char **lines = arena_alloc(&a, (size_t)ds->splits.n * sizeof(*lines));
    for (int i = 0; i < ds->splits.n; i++) {
        const struct map_entry *e = &ds->splits.entries[i];
        lines[i] = arena_printf(&a, "%s %s\n", e->key, ((const struct rowset *)e->value)->sha256);
    }
    qsort(lines, (size_t)ds->splits.n, sizeof(*lines), compare_lines);
    for (int i = 0; i < ds->splits.n; i++)
        buf_puts(&text, lines[i]);
    sha256_bytes(out, text.data, text.len);
    buf_release(&text);
    arena_release(&a);
}
