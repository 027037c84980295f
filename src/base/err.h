/*
 * err: the one error value. A function that can fail returns 0 or -1 and fills its last parameter.
 *
 *   int thing_load(struct thing **out, const char *path, struct err *err)
 *   {
 *       ...
 *       return err_set(err, ERR_FORMAT, "%s:%d: expected a number, found '%s'", path, line, text);
 *
 * The message is one line, complete for the user: file, row or key, and what was expected. A caller
 * adds the place with err_prefix(); it never rewords.
 * Owns    nothing: the message lives in the struct     Threads  one struct a thread
 */
#ifndef PERBIT_BASE_ERR_H
#define PERBIT_BASE_ERR_H

#include <stdarg.h>

enum err_code {
    ERR_NONE,
    ERR_USAGE,       /* the command line or a study file is wrong: exit status 2 */
    ERR_IO,          /* the file system refused */
    ERR_FORMAT,      /* a file is not what it should be */
    ERR_RANGE,       /* a value outside what is allowed */
    ERR_MODEL,       /* the engine refused a model or a batch */
    ERR_MEMORY,      /* a model or context does not fit */
    ERR_STORE,       /* the store refused, is locked or is newer */
    ERR_CHILD,       /* a worker ended without finishing its job */
    ERR_CANCELLED,   /* the user asked to stop */
    ERR_UNSUPPORTED, /* known, and not possible here */
    ERR_CODE_COUNT
};

struct err {
    enum err_code code;
    char msg[1024];
};

/* Sets code and message; returns -1 always. err may be NULL. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, enum err_code code, const char *fmt, va_list ap);

/* The same with ": <strerror(errno)>" at the end; errno is read on entry. */
int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts text before the message; returns -1 always. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "usage", "io", ... the names that travel between worker and parent. */
const char *err_code_name(enum err_code code);
/* The code of a name; ERR_CHILD when the name is unknown. */
enum err_code err_code_find(const char *name);

#endif
