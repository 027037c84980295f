#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "base/buf.h"

#include "base/banned.h"

static enum log_level max_level = LOG_INFO;
static void (*before_write)(void *ctx);
static void *before_ctx;

static const char *const prefixes[] = {
    [LOG_ERROR] = "error: ",
    [LOG_WARN] = "warning: ",
    [LOG_INFO] = "",
    [LOG_DEBUG] = "debug: ",
};

void log_set_level(enum log_level level)
{
    max_level = level;
}

enum log_level log_level(void)
{
    return max_level;
}

void log_set_hook(void (*before)(void *ctx), void *ctx)
{
    before_write = before;
    before_ctx = ctx;
}

/* Nothing can be said when standard error itself fails, so a failure is dropped. */
static void write_all(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done < 0 && errno != EINTR)
            return;
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
}

void log_write(enum log_level level, const char *fmt, ...)
{
    if (level > max_level)
        return;
    int saved = errno;
    struct buf line = BUF_INIT;
    buf_puts(&line, prefixes[level]);
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&line, fmt, ap);
    va_end(ap);
    buf_putc(&line, '\n');
    if (before_write)
        before_write(before_ctx);
    write_all(line.data, line.len);
    buf_release(&line);
    errno = saved;
}
