#include "hub/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/xalloc.h"

#include "base/banned.h"

/* --- where things are -------------------------------------------------------------------------- */

static const char *repo_folder(struct arena *a, const struct hub_spec *s)
{
    struct buf name = BUF_INIT;
    buf_printf(&name, "%s--", hub_kind_plural(s->kind));
    for (const char *c = s->repo; *c; c++)
        buf_puts(&name, *c == '/' ? "--" : (char[]){ *c, '\0' });
    const char *text = arena_strdup(a, name.data);
    buf_release(&name);
    return text;
}

const char *cache_repo_dir(struct arena *a, const struct hub *h, const struct hub_spec *s)
{
    return fs_join(a, h->cache_dir, repo_folder(a, s));
}

const char *cache_snapshot_dir(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *commit)
{
    return arena_printf(a, "%s/snapshots/%s", cache_repo_dir(a, h, s), commit);
}

const char *cache_blob_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *etag)
{
    return arena_printf(a, "%s/blobs/%s", cache_repo_dir(a, h, s), etag);
}

const char *cache_lock_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *etag)
{
    return arena_printf(a, "%s/.locks/%s/%s.lock", h->cache_dir, repo_folder(a, s), etag);
}

/* Tells backup programs to leave the folder out. */
static void write_tag(struct arena *a, const char *dir)
{
    static const char tag[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
                              "# This file is a cache directory tag: the folder can be made again.\n"
                              "# For information about cache directory tags, see https://bford.info/cachedir/\n";
    const char *path = fs_join(a, dir, "CACHEDIR.TAG");
    if (!fs_exists(path))
        fs_write(path, tag, sizeof tag - 1, NULL);
}

int cache_prepare(const struct hub *h, const struct hub_spec *s, struct err *err)
{
    struct arena a;
    arena_init(&a);
    int rc = fs_mkdirs(arena_printf(&a, "%s/blobs", cache_repo_dir(&a, h, s)), err);
    if (rc == 0)
        rc = fs_mkdirs(arena_printf(&a, "%s/.locks/%s", h->cache_dir, repo_folder(&a, s)), err);
    if (rc == 0)
        write_tag(&a, h->cache_dir);
    arena_release(&a);
    return rc;
}

/* --- refs -------------------------------------------------------------------------------------- */

static const char *ref_path(struct arena *a, const struct hub *h, const struct hub_spec *s)
{
    return arena_printf(a, "%s/refs/%s", cache_repo_dir(a, h, s), s->revision);
}

int cache_read_ref(char out[41], const struct hub *h, const struct hub_spec *s)
{
    struct arena a;
    struct buf text = BUF_INIT;
    arena_init(&a);
    const char *commit = s->revision;
    if (!hub_is_commit(commit)) {
        commit = "";
        if (fs_read(&text, ref_path(&a, h, s), NULL) == 0) {
            text.data[strcspn(text.data, " \r\n")] = '\0';
            commit = text.data;
        }
    }
    int rc = hub_is_commit(commit) ? 0 : -1;
    if (rc == 0)
        memcpy(out, commit, 41);
    buf_release(&text);
    arena_release(&a);
    return rc;
}

int cache_write_ref(const struct hub *h, const struct hub_spec *s, const char *commit, struct err *err)
{
    char known[41];
    struct arena a;
    if (cache_read_ref(known, h, s) == 0 && strcmp(known, commit) == 0)
        return 0;
    arena_init(&a);
    const char *path = ref_path(&a, h, s);
    int rc = fs_mkdirs(fs_dirname(&a, path), err) < 0 ? -1 : fs_write(path, commit, strlen(commit), err);
    arena_release(&a);
    return rc;
}

/* --- lists of files ---------------------------------------------------------------------------- */

static const char *tree_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *commit)
{
    return arena_printf(a, "%s/trees/%s.json", cache_repo_dir(a, h, s), commit);
}

int cache_read_tree(struct hub_listing *l, const struct hub *h, const struct hub_spec *s)
{
    struct buf text = BUF_INIT;
    const char *path = tree_path(&l->arena, h, s, l->commit);
    int rc = fs_read(&text, path, NULL);
    if (rc == 0)
        rc = hub_listing_read_tree(l, text.data, text.len, path, NULL);
    if (rc < 0)
        l->n = 0;
    buf_release(&text);
    return rc;
}

void cache_write_tree(const struct hub_listing *l, const struct hub *h, const struct hub_spec *s)
{
    struct arena a;
    struct buf text = BUF_INIT;
    struct jw w;
    arena_init(&a);
    jw_init(&w, &text);
    jw_object(&w);
    jw_kint(&w, "format_version", 1);
    jw_key(&w, "files");
    jw_object(&w);
    for (int i = 0; i < l->n; i++) {
        const struct hub_file *f = &l->files[i];
        jw_key(&w, f->path);
        jw_object(&w);
        jw_kint(&w, "size", f->n_bytes);
        jw_kstr(&w, "blob_id", f->oid);
        if (f->sha256) {
            jw_kstr(&w, "lfs_sha256", f->sha256);
            jw_kint(&w, "lfs_size", f->n_bytes);
        }
        jw_end(&w);
    }
    jw_end(&w);
    jw_end(&w);
    const char *path = tree_path(&a, h, s, l->commit);
    if (fs_mkdirs(fs_dirname(&a, path), NULL) == 0)
        fs_write(path, text.data, text.len, NULL);
    buf_release(&text);
    arena_release(&a);
}

/* --- snapshots --------------------------------------------------------------------------------- */

bool cache_has(const struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *f)
{
    struct arena a;
    struct stat st;
    arena_init(&a);
    const char *path = arena_printf(&a, "%s/%s", cache_snapshot_dir(&a, h, s, commit), f->path);
    bool has = !stat(path, &st) && S_ISREG(st.st_mode) && st.st_size == f->n_bytes;
    arena_release(&a);
    return has;
}

/* Opens (and makes) the folder of the last part of path under dir, link by no link; *out_name is that part. */
static int open_parent(int *out_fd, const char **out_name, const char *dir, const char *path)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const char *slash; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        char *part = xstrndup(path, (size_t)(slash - path));
        int next = -1;
        if (mkdirat(fd, part, 0777) == 0 || errno == EEXIST)
            next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int saved = errno;
        close(fd);
        errno = saved;
        free(part);
        fd = next;
    }
    *out_fd = fd;
    *out_name = path;
    return fd < 0 ? -1 : 0;
}

static const char *link_target(struct arena *a, const struct hub_file *f)
{
    struct buf text = BUF_INIT;
    buf_puts(&text, "../../");
    for (const char *c = f->path; (c = strchr(c, '/')); c++)
        buf_puts(&text, "../");
    buf_printf(&text, "blobs/%s", hub_file_etag(f));
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}

/* Over a name that is there already at once; a disk without symbolic links gets a hard one. */
static int make_link(int dir_fd, const char *name, const char *target, const char *blob)
{
    char *tmp = xasprintf(".tmp.%ld.%.200s", (long)getpid(), name);
    int rc = symlinkat(target, dir_fd, tmp);
    if (rc < 0 && (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS))
        rc = linkat(AT_FDCWD, blob, dir_fd, tmp, 0);
    if (rc == 0)
        rc = renameat(dir_fd, tmp, dir_fd, name);
    int saved = errno;
    if (rc < 0)
        unlinkat(dir_fd, tmp, 0);
    errno = saved;
    free(tmp);
    return rc;
}

int cache_link(const struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *f, struct err *err)
{
    struct arena a;
    int fd = -1, rc = -1;
    const char *name;
    arena_init(&a);
    const char *dir = cache_snapshot_dir(&a, h, s, commit);
    const char *blob = cache_blob_path(&a, h, s, hub_file_etag(f));
    if (fs_mkdirs(dir, err) < 0)
        goto done;
    if (open_parent(&fd, &name, dir, f->path) < 0 || make_link(fd, name, link_target(&a, f), blob) < 0) {
        err_errno(err, ERR_IO, "%s/%s", dir, f->path);
        goto done;
    }
    rc = 0;
done:
    if (fd >= 0)
        close(fd);
    arena_release(&a);
    return rc;
}

void cache_mark_missing(const struct hub *h, const struct hub_spec *s, const char *commit, const char *path)
{
    struct arena a;
    int fd = -1;
    const char *name;
    arena_init(&a);
    const char *dir = arena_printf(&a, "%s/.no_exist/%s", cache_repo_dir(&a, h, s), commit);
    if (hub_path_is_safe(path) && fs_mkdirs(dir, NULL) == 0 && open_parent(&fd, &name, dir, path) == 0) {
        int file = openat(fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file >= 0)
            close(file);
    }
    if (fd >= 0)
        close(fd);
    arena_release(&a);
}

/* --- locks ------------------------------------------------------------------------------------- */

/* Somebody may have removed the file between our opening and our locking it. */
static bool is_still_there(int fd, const char *path)
{
    struct stat ours, there;
    return !fstat(fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

int cache_lock(int *out_fd, const char *path, struct err *err)
{
    *out_fd = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        bool is_busy = errno == EWOULDBLOCK || errno == EACCES || errno == EINTR;
        close(fd);
        return is_busy ? 0 : 1;
    }
    if (!is_still_there(fd, path)) {
        close(fd);
        return 0;
    }
    *out_fd = fd;
    return 1;
}

void cache_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}
