#include "machine/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool sysfile_path(char out[SYSFILE_PATH_BYTES], const char *root, const char *fmt, ...)
{
    size_t used = 0;

    if (root != NULL) {
        used = strlen(root);
        if (used >= SYSFILE_PATH_BYTES)
            return false;
        memcpy(out, root, used);
    }
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(out + used, SYSFILE_PATH_BYTES - used, fmt, ap);
    va_end(ap);
    return n >= 0 && (size_t)n < SYSFILE_PATH_BYTES - used;
}

/* These files have size 0 for stat: read until the end. */
bool sysfile_read(struct buf *out, const char *path)
{
    char piece[4096];
    ssize_t n;

    buf_clear(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            buf_append(out, piece, (size_t)n);
    close(fd);
    if (n < 0)
        return false;
    if (out->len > 0 && out->data[out->len - 1] == '\n')
        out->data[--out->len] = '\0';
    return true;
}

static bool parse_number(int64_t *out, const char *text)
{
    char *end;

    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return false;
    *out = v;
    return true;
}

bool sysfile_number(int64_t *out, const char *path)
{
    struct buf text = BUF_INIT;
    bool is_number = sysfile_read(&text, path) && parse_number(out, text.data);

    buf_release(&text);
    return is_number;
}

bool sysfile_write(const char *path, const char *text)
{
    size_t len = strlen(text);
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    ssize_t n = write(fd, text, len);
    int saved = errno;
    close(fd);
    errno = saved;
    return n == (ssize_t)len;
}

bool sysfile_field(int64_t *out, const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) == 0)
            return parse_number(out, line + len);
    }
    return false;
}
