/*
 * fs: files and folders. Everything that writes goes to "path.tmp.<pid>" and is renamed at the end,
 * so a reader never sees half a file.
 *
 * Errors  ERR_IO with the path and the system's reason     Owns  *out strings: free()
 */
#ifndef PERBIT_BASE_FS_H
#define PERBIT_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The whole file, appended to out; out is as before on an error. */
int fs_read(struct buf *out, const char *path, struct err *err);
int fs_write(const char *path, const void *data, size_t n_bytes, struct err *err); /* atomic */
int fs_mkdirs(const char *path, struct err *err); /* like mkdir -p */
int fs_rename(const char *from, const char *to, struct err *err);
int fs_sync_dir(const char *path, struct err *err);
int fs_remove(const char *path, struct err *err); /* a file; a missing one is no error */
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);
int fs_size(int64_t *out_bytes, const char *path, struct err *err);
/* Free to this user on the disk of dir. */
int fs_free_bytes(int64_t *out_bytes, const char *dir, struct err *err);
int fs_check_writable_dir(const char *dir, struct err *err); /* creates it when missing */
bool fs_same_file(const char *a, const char *b); /* the same inode, also through links */

/* dir/name; an absolute name stays as it is. */
char *fs_join(struct arena *a, const char *dir, const char *name);
const char *fs_basename(const char *path); /* borrowed from path; "" after a final slash */
char *fs_dirname(struct arena *a, const char *path); /* "." when there is none */
char *fs_self_exe(struct arena *a); /* this program's own path, or NULL */
/* $PERBIT_CACHE, else $XDG_CACHE_HOME/perbit, else ~/.cache/perbit; empty counts as unset. */
char *fs_cache_dir(struct arena *a);

#endif
