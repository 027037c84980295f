#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "base/xalloc.h"

#include "base/banned.h"

enum { READ_STEP_BYTES = 64 * 1024 };

static int open_file(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Reads until the end: the size is only a hint, since /proc files and pipes have none. */
static int read_all(struct buf *out, int fd)
{
    struct stat st;
    if (!fstat(fd, &st) && st.st_size > 0)
        buf_reserve(out, (size_t)st.st_size + 1);
    for (;;) {
        if (out->cap - out->len < 2)
            buf_reserve(out, READ_STEP_BYTES);
        ssize_t n = read(fd, out->data + out->len, out->cap - out->len - 1);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            out->len += (size_t)n;
        out->data[out->len] = '\0';
    }
}

int fs_read(struct buf *out, const char *path, struct err *err)
{
    size_t len_before = out->len;
    int fd = open_file(path, O_RDONLY);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", path);
    buf_reserve(out, READ_STEP_BYTES);
    int ret = read_all(out, fd);
    if (ret) {
        err_errno(err, ERR_IO, "%s", path);
        out->len = len_before;
        out->data[out->len] = '\0';
    }
    close(fd);
    return ret;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return -1;
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

/* Some file systems cannot sync and say EINVAL; there is then nothing to wait for. */
static int sync_fd(int fd)
{
    return fsync(fd) && errno != EINVAL && errno != ENOTSUP ? -1 : 0;
}

/* close() reports what NFS or a quota refused late. */
static int write_new_file(const char *path, const void *data, size_t n_bytes)
{
    int fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return -1;
    int ret = write_all(fd, data, n_bytes);
    if (!ret)
        ret = sync_fd(fd);
    int saved = errno;
    if (close(fd) && !ret)
        return -1;
    errno = saved;
    return ret;
}

static int sync_parent(const char *path, struct err *err)
{
    struct arena a;
    arena_init(&a);
    int ret = fs_sync_dir(fs_dirname(&a, path), err);
    arena_release(&a);
    return ret;
}

int fs_write(const char *path, const void *data, size_t n_bytes, struct err *err)
{
    int ret = -1;
    char *tmp = xasprintf("%s.tmp.%ld", path, (long)getpid());
    if (write_new_file(tmp, data, n_bytes) || rename(tmp, path)) {
        err_errno(err, ERR_IO, "%s", path);
        unlink(tmp);
        goto done;
    }
    ret = sync_parent(path, err);
done:
    free(tmp);
    return ret;
}

static int make_dir(const char *path)
{
    if (!mkdir(path, 0777) || fs_is_dir(path))
        return 0;
    if (errno == EEXIST)
        errno = ENOTDIR;
    return -1;
}

int fs_mkdirs(const char *path, struct err *err)
{
    int ret = -1;
    char *part = xstrdup(path);
    for (char *slash = part; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (*part && make_dir(part)) {
            err_errno(err, ERR_IO, "%s", part);
            goto done;
        }
        *slash = '/';
    }
    ret = make_dir(path) ? err_errno(err, ERR_IO, "%s", path) : 0;
done:
    free(part);
    return ret;
}

int fs_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to))
        return err_errno(err, ERR_IO, "cannot rename %s to %s", from, to);
    return sync_parent(to, err);
}

int fs_sync_dir(const char *path, struct err *err)
{
    int fd = open_file(path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", path);
    int ret = sync_fd(fd) ? err_errno(err, ERR_IO, "%s", path) : 0;
    close(fd);
    return ret;
}

int fs_remove(const char *path, struct err *err)
{
    if (unlink(path) && errno != ENOENT)
        return err_errno(err, ERR_IO, "%s", path);
    return 0;
}

bool fs_exists(const char *path)
{
    struct stat st;
    return !stat(path, &st);
}

/* Leaves errno alone: make_dir() reports the errno of mkdir. */
bool fs_is_dir(const char *path)
{
    struct stat st;
    int saved = errno;
    bool is_dir = !stat(path, &st) && S_ISDIR(st.st_mode);
    errno = saved;
    return is_dir;
}

int fs_size(int64_t *out_bytes, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st))
        return err_errno(err, ERR_IO, "%s", path);
    *out_bytes = st.st_size;
    return 0;
}

int fs_free_bytes(int64_t *out_bytes, const char *dir, struct err *err)
{
    struct statvfs st;
    if (statvfs(dir, &st))
        return err_errno(err, ERR_IO, "%s", dir);
    *out_bytes = (int64_t)((uint64_t)st.f_bavail * (uint64_t)st.f_frsize);
    return 0;
}

/* A real file is made, since access() says yes to root also on a read-only disk. */
int fs_check_writable_dir(const char *dir, struct err *err)
{
    if (fs_mkdirs(dir, err))
        return -1;
    char *probe = xasprintf("%s/.write-test-XXXXXX", dir);
    int fd = mkstemp(probe);
    int ret = fd < 0 ? err_errno(err, ERR_IO, "%s: cannot write here", dir) : 0;
    if (fd >= 0) {
        close(fd);
        unlink(probe);
    }
    free(probe);
    return ret;
}

bool fs_same_file(const char *a, const char *b)
{
    struct stat sa, sb;
    return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

char *fs_join(struct arena *a, const char *dir, const char *name)
{
    size_t len = strlen(dir);
    if (!len || name[0] == '/')
        return arena_strdup(a, name);
    return arena_printf(a, "%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

const char *fs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *fs_dirname(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return arena_strdup(a, ".");
    while (slash > path && slash[-1] == '/')
        slash--;
    return slash == path ? arena_strdup(a, "/") : arena_strndup(a, path, (size_t)(slash - path));
}

char *fs_self_exe(struct arena *a)
{
    char path[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = sizeof(path);
    return _NSGetExecutablePath(path, &size) ? NULL : arena_strdup(a, path);
#else
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
    return n <= 0 || n == (ssize_t)sizeof(path) ? NULL : arena_strndup(a, path, (size_t)n);
#endif
}

static const char *get_env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

char *fs_cache_dir(struct arena *a)
{
    const char *dir = get_env("PERBIT_CACHE");
    if (dir)
        return arena_strdup(a, dir);
    if ((dir = get_env("XDG_CACHE_HOME")))
        return fs_join(a, dir, "perbit");
    const char *home = get_env("HOME");
    struct passwd *pw = home ? NULL : getpwuid(getuid());
    if (pw)
        home = pw->pw_dir;
    return fs_join(a, home ? home : ".", ".cache/perbit");
}
