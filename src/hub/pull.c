#include "hub/pull.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/opt.h"
#include "base/xalloc.h"
#include "hub/cache.h"
#include "hub/fetch.h"

#include "base/banned.h"

static bool is_pattern(const char *name)
{
    return strpbrk(name, "*?[") != NULL;
}

/* --- which files ------------------------------------------------------------------------------- */

/* The stem of "x-00001-of-00003.gguf" (without the number), and how many parts there are; 0: no part. */
static int parts_of(char *out_pattern, size_t out_bytes, const char *path)
{
    size_t n = strlen(path);
    int part, n_parts, used = 0;
    if (n < 20 || strcmp(path + n - 5, ".gguf") != 0)
        return 0;
    if (sscanf(path + n - 20, "-%5d-of-%5d%n", &part, &n_parts, &used) != 2 || used != 15 || n_parts < 2)
        return 0;
    snprintf(out_pattern, out_bytes, "%.*s", (int)(n - 20), path);
    return n_parts;
}

static bool is_part_of(const char *path, const char *stem, int n_parts)
{
    char own[2048];
    return parts_of(own, sizeof own, path) == n_parts && strcmp(own, stem) == 0;
}

static int no_such_file(const struct hub_listing *l, const struct hub_spec *s, const char *name, struct err *err)
{
    struct buf hint = BUF_INIT;
    struct arena a;
    const char **names = xcalloc((size_t)l->n + 1, sizeof *names);
    arena_init(&a);
    for (int i = 0; i < l->n; i++)
        names[i] = l->files[i].path;
    if (!is_pattern(name))
        opt_suggest(&hint, name, names, l->n);
    if (!hint.len) {
        buf_puts(&hint, l->n ? "; there are: " : "; it is empty");
        for (int i = 0; i < l->n && hint.len < 400; i++)
            buf_printf(&hint, "%s%.200s", i ? ", " : "", names[i]);
        if (hint.len >= 400)
            buf_puts(&hint, ", ...");
    }
    err_set(err, ERR_IO, "%s: no file '%s'%s%s", hub_spec_label(&a, s), name, l->is_whole ? "" : " in the cache", hint.data);
    free(names);
    arena_release(&a);
    buf_release(&hint);
    return -1;
}

int hub_select(const struct hub_file ***out, int *out_n, struct arena *a, const struct hub_listing *l,
               const struct hub_spec *s, const char *pattern, struct err *err)
{
    char stem[2048];
    int n_parts = pattern ? parts_of(stem, sizeof stem, pattern) : 0;
    const struct hub_file **files = arena_alloc(a, (size_t)(l->n + 1) * sizeof(struct hub_file *));
    *out = files;
    *out_n = 0;
    for (int i = 0; i < l->n; i++) {
        const char *path = l->files[i].path;
        if (!pattern || strcmp(path, pattern) == 0 || (is_pattern(pattern) && fnmatch(pattern, path, 0) == 0) ||
            (n_parts && is_part_of(path, stem, n_parts)))
            files[(*out_n)++] = &l->files[i];
    }
    if (*out_n == 0)
        return no_such_file(l, s, pattern ? pattern : "*", err);
    if (n_parts && *out_n != n_parts)
        return err_set(err, ERR_IO, "%s: %s: %d of %d parts are there", s->repo, pattern, *out_n, n_parts);
    return 0;
}

/* --- into the cache ---------------------------------------------------------------------------- */

const char *hub_file_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const struct hub_listing *l,
                          const char *path)
{
    return fs_join(a, cache_snapshot_dir(a, h, s, l->commit), path);
}

bool hub_has_file(const struct hub *h, const struct hub_spec *s, const struct hub_listing *l, const struct hub_file *f)
{
    return cache_has(h, s, l->commit, f);
}

int hub_pull_files(struct hub *h, const struct hub_spec *s, const struct hub_listing *l, const struct hub_file *const *files,
                   int n, const struct hub_view *view, struct err *err)
{
    const struct hub_file **missing = xcalloc((size_t)n + 1, sizeof(struct hub_file *));
    int n_missing = 0, rc = 0;
    for (int i = 0; i < n; i++)
        if (!cache_has(h, s, l->commit, files[i]))
            missing[n_missing++] = files[i];
    if (n_missing)
        rc = cache_prepare(h, s, err) < 0 ? -1 : fetch_blobs(h, s, l->commit, missing, n_missing, view, err);
    for (int i = 0; i < n_missing && rc == 0; i++)
        rc = cache_link(h, s, l->commit, missing[i], err);
    if (rc == 0)
        rc = cache_write_ref(h, s, l->commit, err);
    free(missing);
    return rc;
}

static const char *path_of(const struct hub *h, const struct hub_spec *s, const struct hub_listing *l, struct arena *a)
{
    if (s->file && !is_pattern(s->file))
        return hub_file_path(a, h, s, l, s->file);
    return cache_snapshot_dir(a, h, s, l->commit);
}

int hub_pull(const char **out_path, struct hub *h, const struct hub_spec *s, const struct hub_view *view, struct arena *a,
             struct err *err)
{
    struct hub_listing l;
    const struct hub_file **files;
    int n;
    if (h->is_offline)
        return hub_find(out_path, h, s, a, err);
    if (hub_list(&l, h, s, err) < 0)
        return -1;
    int rc = hub_select(&files, &n, a, &l, s, s->file, err);
    if (rc < 0 && s->file && !is_pattern(s->file))
        cache_mark_missing(h, s, l.commit, s->file);
    if (rc == 0)
        rc = hub_pull_files(h, s, &l, files, n, view, err);
    if (rc == 0)
        *out_path = path_of(h, s, &l, a);
    hub_listing_release(&l);
    return rc;
}

int hub_find(const char **out_path, const struct hub *h, const struct hub_spec *s, struct arena *a, struct err *err)
{
    struct hub_listing l;
    const struct hub_file **files;
    int n;
    if (hub_list_cached(&l, h, s, err) < 0)
        return -1;
    int rc = hub_select(&files, &n, a, &l, s, s->file, err);
    for (int i = 0; i < n && rc == 0; i++)
        if (!cache_has(h, s, l.commit, files[i]))
            rc = err_set(err, ERR_IO, "%s: %s is not in the hub's cache (%s)", s->repo, files[i]->path, h->cache_dir);
    if (rc == 0)
        *out_path = path_of(h, s, &l, a);
    hub_listing_release(&l);
    return rc;
}
