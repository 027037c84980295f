/*
 * cache: huggingface_hub's cache folder, which perbit shares with it:
 *
 *   models--org--name/
 *     blobs/ETAG                    content; ETAG is the SHA-256 of an LFS file, git's name of any other
 *     blobs/ETAG.incomplete         of a download under way, or cut
 *     snapshots/COMMIT/dir/file ->  ../../../blobs/ETAG
 *     refs/main                     the commit that main was when somebody looked last
 *     trees/COMMIT.json             the list of files of a commit
 *     .no_exist/COMMIT/file         somebody asked for it, and the commit has no such file
 *   .locks/models--org--name/ETAG.lock    flock: who holds it downloads
 *
 * A name in snapshots/ appears after its blob was checked. Folders inside a snapshot are opened without following links.
 *
 * Owns    texts live in the arena      Errors  ERR_IO        Tests  unit/test_hub_cache.c, hub/ with huggingface_hub
 */
#ifndef PERBIT_HUB_CACHE_H
#define PERBIT_HUB_CACHE_H

#include "hub/listing.h"

const char *cache_repo_dir(struct arena *a, const struct hub *h, const struct hub_spec *s);
const char *cache_snapshot_dir(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *commit);
const char *cache_blob_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *etag);
const char *cache_lock_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *etag);

/* Makes blobs/, the folder of locks, and CACHEDIR.TAG. */
int cache_prepare(const struct hub *h, const struct hub_spec *s, struct err *err);

/* The commit of the revision; -1: not known here. A commit is its own. */
int cache_read_ref(char out[41], const struct hub *h, const struct hub_spec *s);
int cache_write_ref(const struct hub *h, const struct hub_spec *s, const char *commit, struct err *err);

/* trees/COMMIT.json of l->commit; -1: none, or not readable. Writing is best effort. */
int cache_read_tree(struct hub_listing *l, const struct hub *h, const struct hub_spec *s);
void cache_write_tree(const struct hub_listing *l, const struct hub *h, const struct hub_spec *s);

/* Is the file in the snapshot, whole? */
bool cache_has(const struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *f);
/* Makes the snapshot's name for a blob that is there. */
int cache_link(const struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *f, struct err *err);
void cache_mark_missing(const struct hub *h, const struct hub_spec *s, const char *commit, const char *path); /* .no_exist */

/* 1: ours, until cache_unlock; 0: somebody else's; -1 error. A disk that has no locks (*out_fd -1) locks nobody. */
int cache_lock(int *out_fd, const char *path, struct err *err);
void cache_unlock(int fd);

#endif
