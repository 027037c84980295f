#include "base/bigfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

#include "base/banned.h"

#ifndef O_DIRECT
#define O_DIRECT 0
#endif

/* What O_DIRECT wants of addresses, lengths and places: no common file system asks for more. */
enum { ALIGNMENT = 4096 };

struct bigfile {
    int fd;
    char *path;
    char *buffers[2];
    int filling;    /* which of them the caller fills */
    size_t n_filled;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock: */
    const char *waiting; /* for the thread to write; NULL: it is idle */
    size_t n_waiting;
    bool ending;
    int failed; /* errno of the first write that failed */
};

/* The last piece of a file has any length, which O_DIRECT refuses; so do some file systems that took the flag. */
static int without_direct(int fd)
{
#if O_DIRECT
    const int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_DIRECT) ? fcntl(fd, F_SETFL, flags & ~O_DIRECT) : -1;
#else
    (void)fd;
    return -1;
#endif
}

/* Returns errno, 0 when all is written. */
static int write_buffer(int fd, const char *data, size_t n_bytes)
{
    if (n_bytes % ALIGNMENT)
        without_direct(fd);
    for (size_t done = 0; done < n_bytes;) {
        const ssize_t n = write(fd, data + done, n_bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EINVAL && without_direct(fd) == 0)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
        if (done % ALIGNMENT && done < n_bytes)
            without_direct(fd);
    }
    return 0;
}

static void *writer_run(void *arg)
{
    struct bigfile *f = arg;
    pthread_mutex_lock(&f->lock);
    for (;;) {
        while (!f->waiting && !f->ending)
            pthread_cond_wait(&f->changed, &f->lock);
        if (!f->waiting)
            break;
        pthread_mutex_unlock(&f->lock);
        const int failed = write_buffer(f->fd, f->waiting, f->n_waiting);
        pthread_mutex_lock(&f->lock);
        f->failed = f->failed ? f->failed : failed;
        f->waiting = NULL;
        pthread_cond_signal(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* Waits until the thread is idle; gives it the filled buffer. Returns errno of a write that failed. */
static int hand_over(struct bigfile *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->waiting)
        pthread_cond_wait(&f->changed, &f->lock);
    const int failed = f->failed;
    if (!failed && f->n_filled > 0) {
        f->waiting = f->buffers[f->filling];
        f->n_waiting = f->n_filled;
        f->filling = !f->filling;
        f->n_filled = 0;
        pthread_cond_signal(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    return failed;
}

static int fail(const struct bigfile *f, int failed, struct err *err)
{
    errno = failed;
    return err_errno(err, ERR_IO, "%s: cannot write", f->path);
}

static void discard(struct bigfile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f->buffers[0]);
    free(f->buffers[1]);
    free(f->path);
    free(f);
}

static int open_new(const char *path)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
    const int fd = open(path, FLAGS | O_DIRECT, 0666);
    if (fd >= 0 || errno != EINVAL || !O_DIRECT)
        return fd;
    unlink(path); /* Linux makes the file before it finds that the file system has no O_DIRECT */
    return open(path, FLAGS, 0666);
}

int bigfile_create(struct bigfile **out, const char *path, struct err *err)
{
    struct bigfile *f = xcalloc(1, sizeof *f);
    f->path = xstrdup(path);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    for (int i = 0; i < 2; i++)
        f->buffers[i] = xaligned(ALIGNMENT, BIGFILE_BUFFER_BYTES);
    f->fd = open_new(path);
    if (f->fd < 0) {
        err_errno(err, ERR_IO, "%s", path);
        discard(f);
        return -1;
    }
    errno = pthread_create(&f->thread, NULL, writer_run, f);
    if (errno) {
        err_errno(err, ERR_IO, "%s: cannot start a thread", path);
        discard(f);
        return -1;
    }
    *out = f;
    return 0;
}

int bigfile_write(struct bigfile *f, const void *data, size_t n_bytes, struct err *err)
{
    for (size_t done = 0; done < n_bytes;) {
        const size_t room = BIGFILE_BUFFER_BYTES - f->n_filled, left = n_bytes - done, n = left < room ? left : room;
        memcpy(f->buffers[f->filling] + f->n_filled, (const char *)data + done, n);
        f->n_filled += n;
        done += n;
        if (f->n_filled == BIGFILE_BUFFER_BYTES) {
            const int failed = hand_over(f);
            if (failed)
                return fail(f, failed, err);
        }
    }
    return 0;
}

int bigfile_close(struct bigfile *f, struct err *err)
{
    int ret = 0;
    if (!f)
        return 0;
    hand_over(f);
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    const int not_closed = close(f->fd) ? errno : 0, failed = f->failed ? f->failed : not_closed;
    f->fd = -1;
    if (failed)
        ret = fail(f, failed, err);
    discard(f);
    return ret;
}
