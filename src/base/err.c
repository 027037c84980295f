#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

static const char *const code_names[] = {
    [ERR_NONE] = "none",
    [ERR_USAGE] = "usage",
    [ERR_IO] = "io",
    [ERR_FORMAT] = "format",
    [ERR_RANGE] = "range",
    [ERR_MODEL] = "model",
    [ERR_MEMORY] = "memory",
    [ERR_STORE] = "store",
    [ERR_CHILD] = "child",
    [ERR_CANCELLED] = "cancelled",
    [ERR_UNSUPPORTED] = "unsupported",
};
_Static_assert(sizeof(code_names) / sizeof(*code_names) == ERR_CODE_COUNT, "a name for every code");

/* A cut message ends in "..." and never inside a UTF-8 sequence. */
static void mark_cut(char *msg, size_t size)
{
    size_t at = size - 4;
    while (at > 0 && ((unsigned char)msg[at] & 0xc0) == 0x80)
        at--;
    memcpy(msg + at, "...", 4);
}

/* One line: text quoted from a file may bring newlines and escape sequences along. */
static void make_one_line(char *msg)
{
    for (; *msg; msg++) {
        if ((unsigned char)*msg < 0x20 || *msg == 0x7f)
            *msg = ' ';
    }
}

/* Through a second buffer, since an argument may be err->msg itself. */
static void set_message(struct err *err, const char *head, const char *tail)
{
    char text[sizeof(err->msg)];
    int n = snprintf(text, sizeof(text), "%s%s", head, tail);
    if (n >= (int)sizeof(text))
        mark_cut(text, sizeof(text));
    make_one_line(text);
    memcpy(err->msg, text, sizeof(text));
}

int err_vset(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
    if (!err)
        return -1;
    char text[sizeof(err->msg) + 1]; /* one more than msg holds, so that set_message sees a cut */
    vsnprintf(text, sizeof(text), fmt, ap);
    err->code = code;
    set_message(err, text, "");
    return -1;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_vset(err, code, fmt, ap);
    va_end(ap);
    return -1;
}

int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
    const char *reason = strerror(errno);
    va_list ap;
    va_start(ap, fmt);
    err_vset(err, code, fmt, ap);
    va_end(ap);
    if (err) {
        char tail[256];
        snprintf(tail, sizeof(tail), ": %s", reason);
        set_message(err, err->msg, tail);
    }
    return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    char head[sizeof(err->msg)];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof(head), fmt, ap);
    va_end(ap);
    set_message(err, head, err->msg);
    return -1;
}

const char *err_code_name(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? code_names[code] : "unknown";
}

enum err_code err_code_find(const char *name)
{
    for (int i = 0; name && i < ERR_CODE_COUNT; i++) {
        if (!strcmp(name, code_names[i]))
            return (enum err_code)i;
    }
    return ERR_CHILD;
}
