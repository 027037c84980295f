/* fuzz: what the fuzz targets share: bytes as a file that a path names, and a check that stops the fuzzer. */
#ifndef PERBIT_TESTS_FUZZ_H
#define PERBIT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a target promises beside not crashing; a broken promise ends the run with the input kept. */
#define FUZZ_CHECK(is_true, ...)                                                                    \
    do {                                                                                            \
        if (!(is_true)) {                                                                           \
            fprintf(stderr, "%s:%d: broken promise: %s: ", __FILE__, __LINE__, #is_true);           \
            fprintf(stderr, __VA_ARGS__);                                                           \
            fputc('\n', stderr);                                                                    \
            abort();                                                                                \
        }                                                                                           \
    } while (0)

/* A function that failed says why, in one line. */
static inline void fuzz_check_failed(int rc, const struct err *err)
{
    FUZZ_CHECK(rc == -1, "%d", rc);
    FUZZ_CHECK(err->code != ERR_NONE, "%s", err->msg);
    FUZZ_CHECK(err->msg[0] != '\0', "no message");
    for (const char *c = err->msg; *c; c++)
        FUZZ_CHECK(*c != '\n', "two lines: %s", err->msg);
}

struct fuzz_file {
    int fd;
    char path[64];
};

/* A file in memory: opening its path again reads it from the start. */
static inline void fuzz_file_open(struct fuzz_file *f, const uint8_t *data, size_t size)
{
    f->fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (f->fd < 0 || (size > 0 && write(f->fd, data, size) != (ssize_t)size)) {
        perror("memfd_create");
        exit(1);
    }
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static inline void fuzz_file_close(struct fuzz_file *f)
{
    close(f->fd);
}

#endif
