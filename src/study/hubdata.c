#include "study/hubdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "data/card.h"
#include "hub/pull.h"

#include "base/banned.h"

/* A repository at one revision. */
struct source {
    struct hub_spec spec;
    struct hub_listing listing;
    struct buf readme;
    const char **paths; /* [listing.n] */
};

static const char *const revisions[] = { "main", "refs/convert/parquet" };
enum { N_REVISIONS = sizeof revisions / sizeof revisions[0] };

static const char *label_of(struct arena *a, const struct dataset_key *key)
{
    return key->name && *key->name ? arena_printf(a, "'%s' (%s)", key->path, key->name) : arena_printf(a, "'%s'", key->path);
}

static bool is_repo(const struct dataset_key *key)
{
    return key->path && hub_repo_is_valid(key->path);
}

static void read_paths(struct source *s, const struct hub *h)
{
    struct arena a;
    arena_init(&a);
    s->paths = xcalloc((size_t)s->listing.n + 1, sizeof(char *));
    for (int i = 0; i < s->listing.n; i++)
        s->paths[i] = s->listing.files[i].path;
    fs_read(&s->readme, hub_file_path(&a, h, &s->spec, &s->listing, "README.md"), NULL);
    arena_release(&a);
}

static void close_source(struct source *s)
{
    free(s->paths);
    buf_release(&s->readme);
    hub_listing_release(&s->listing);
}

static int files_of(struct card_file **out, const struct source *s, struct arena *a, const struct dataset_key *key)
{
    return card_files(out, a, s->readme.len ? s->readme.data : NULL, s->paths, s->listing.n, key->name);
}

/* --- in the cache ------------------------------------------------------------------------------ */

/* "x-00000-of-00003.parquet": how many files make the whole; else 1. */
static int n_shards(const char *path)
{
    const char *of = strstr(path, "-of-");
    int n;
    return of && sscanf(of, "-of-%5d", &n) == 1 && n > 0 ? n : 1;
}

static bool has_split(const struct hub *h, const struct source *s, const struct card_file *files, int n, const char *split)
{
    int n_here = 0, n_whole = 1;
    for (int i = 0; i < n; i++) {
        if (strcmp(files[i].split, split) != 0)
            continue;
        if (!hub_has_file(h, &s->spec, &s->listing, hub_listing_find(&s->listing, files[i].path)))
            return false;
        n_here++;
        n_whole = n_shards(files[i].path);
    }
    return n_here > 0 && (s->listing.is_whole || n_here >= n_whole);
}

static bool has_splits(const struct hub *h, const struct source *s, const struct card_file *files, int n,
                       const char *const *splits, int n_splits)
{
    for (int i = 0; i < n_splits; i++)
        if (!has_split(h, s, files, n, splits[i]))
            return false;
    return true;
}

/* Of all splits that are here whole, not of the wanted ones alone. */
static void take_files(struct dataset_file **out, int *out_n, const struct hub *h, const struct source *s, struct arena *a,
                       const struct card_file *files, int n)
{
    *out = arena_alloc(a, (size_t)n * sizeof **out);
    *out_n = 0;
    for (int i = 0; i < n; i++)
        if (has_split(h, s, files, n, files[i].split))
            (*out)[(*out_n)++] = (struct dataset_file){ arena_strdup(a, files[i].split),
                                                        hub_file_path(a, h, &s->spec, &s->listing, files[i].path) };
}

static int find_at(struct dataset_file **out, int *out_n, const struct hub *h, const char *revision, struct arena *a,
                   const struct dataset_key *key, const char *const *splits, int n_splits)
{
    struct source s = { .spec = { HUB_DATASET, key->path, revision, NULL }, .readme = BUF_INIT };
    struct card_file *files;
    if (hub_list_cached(&s.listing, h, &s.spec, NULL) < 0)
        return -1;
    read_paths(&s, h);
    int n = files_of(&files, &s, a, key);
    bool has = has_splits(h, &s, files, n, splits, n_splits);
    if (has)
        take_files(out, out_n, h, &s, a, files, n);
    close_source(&s);
    return has ? 0 : -1;
}

int hubdata_find(struct dataset_file **out, int *out_n, struct arena *a, const struct dataset_key *key,
                 const char *const *splits, int n_splits, struct err *err)
{
    struct hub *h;
    int rc = -1;
    if (!is_repo(key))
        return err_set(err, ERR_IO, "data set %s is no repository of the hub", label_of(a, key));
    if (hub_open(&h, err) < 0)
        return -1;
    for (int i = 0; i < N_REVISIONS && rc < 0; i++)
        rc = find_at(out, out_n, h, revisions[i], a, key, splits, n_splits);
    if (rc < 0)
        err_set(err, ERR_IO, "data set %s is not in the hub's cache (%s)", label_of(a, key), h->cache_dir);
    hub_close(h);
    return rc;
}

/* --- from the hub ------------------------------------------------------------------------------ */

static int open_source(struct source *s, struct hub *h, const char *repo, const char *revision, const struct hub_view *view,
                       struct err *err)
{
    *s = (struct source){ .spec = { HUB_DATASET, repo, revision, NULL }, .readme = BUF_INIT };
    if (hub_list(&s->listing, h, &s->spec, err) < 0)
        return -1;
    const struct hub_file *readme = hub_listing_find(&s->listing, "README.md");
    if (readme && hub_pull_files(h, &s->spec, &s->listing, &readme, 1, view, err) < 0) {
        hub_listing_release(&s->listing);
        return -1;
    }
    read_paths(s, h);
    return 0;
}

/* The files of a want, appended to files; how many, 0: a split of it is not there. */
static int add_want(const struct hub_file **files, int n_files, const struct source *s, struct arena *a,
                    const struct hubdata_want *w)
{
    struct card_file *all;
    int n = files_of(&all, s, a, &w->key), n_added = 0;
    for (int k = 0; k < w->n_splits; k++) {
        int n_before = n_added;
        for (int i = 0; i < n; i++)
            if (strcmp(all[i].split, w->splits[k]) == 0)
                files[n_files + n_added++] = hub_listing_find(&s->listing, all[i].path);
        if (n_added == n_before)
            return 0;
    }
    return n_added;
}

/* Pulls what the revision has; is_done [n] says for whom. */
static int pull_at(struct hub *h, const char *revision, const struct hubdata_want *wants, int n, bool *is_done,
                   const struct hub_view *view, struct err *err)
{
    struct source s;
    struct arena a;
    int n_files = 0, rc = 0;
    if (open_source(&s, h, wants[0].key.path, revision, view, err) < 0)
        return -1;
    arena_init(&a);
    const struct hub_file **files = arena_alloc(&a, (size_t)(2 * s.listing.n * n + 1) * sizeof(struct hub_file *));
    for (int i = 0; i < n; i++)
        if (!is_done[i]) {
            int n_added = add_want(files, n_files, &s, &a, &wants[i]);
            is_done[i] = n_added > 0;
            n_files += n_added;
        }
    if (n_files)
        rc = hub_pull_files(h, &s.spec, &s.listing, files, n_files, view, err);
    close_source(&s);
    arena_release(&a);
    return rc;
}

static int first_undone(const bool *is_done, int n)
{
    for (int i = 0; i < n; i++)
        if (!is_done[i])
            return i;
    return -1;
}

int hubdata_pull(struct hub *h, const struct hubdata_want *wants, int n, const struct hub_view *view, struct err *err)
{
    struct err other = { 0 };
    struct arena a;
    bool *is_done = xcalloc((size_t)n + 1, sizeof *is_done);
    arena_init(&a);
    int rc = is_repo(&wants[0].key) ? pull_at(h, revisions[0], wants, n, is_done, view, err)
                                    : err_set(err, ERR_IO, "data set '%s' is no repository of the hub", wants[0].key.path);
    if (rc == 0 && first_undone(is_done, n) >= 0)
        pull_at(h, revisions[1], wants, n, is_done, view, &other); /* most repositories have no such branch */
    int missing = rc == 0 ? first_undone(is_done, n) : -1;
    if (missing >= 0)
        rc = err_set(err, ERR_IO, "data set %s: the hub's repository has no rows for the split '%s'%s%s%s",
                     label_of(&a, &wants[missing].key), wants[missing].splits[0], wants[missing].n_splits > 1 ? " or '" : "",
                     wants[missing].n_splits > 1 ? wants[missing].splits[1] : "", wants[missing].n_splits > 1 ? "'" : "");
    free(is_done);
    arena_release(&a);
    return rc;
}
