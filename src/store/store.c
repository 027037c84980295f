#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/xalloc.h"
#include "store/internal.h"
#include "store/schema.h"

enum { BUSY_TIMEOUT_MS = 5000 };

int st_error(struct store *s, const char *what, struct err *err)
{
    int code = sqlite3_extended_errcode(s->db);
    if ((code & 0xff) == SQLITE_NOTADB)
        return err_set(err, ERR_STORE, "%s: not a perbit store (not an SQLite file)", s->path);
    if ((code & 0xff) == SQLITE_FULL)
        return err_set(err, ERR_STORE, "%s: the disk is full", s->path);
    return err_set(err, ERR_STORE, "%s: %s: %s", s->path, what, sqlite3_errmsg(s->db));
}

int st_exec(struct store *s, const char *sql, struct err *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return st_error(s, "cannot execute", err);
    return 0;
}

int st_prepare(struct store *s, sqlite3_stmt **out, const char *sql, struct err *err)
{
    if (sqlite3_prepare_v2(s->db, sql, -1, out, NULL) != SQLITE_OK)
        return st_error(s, "cannot read", err);
    return 0;
}

static void bind_list(sqlite3_stmt *q, const char *types, va_list ap)
{
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i')
            sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
        else if (types[i] == 'd')
            sqlite3_bind_double(q, i + 1, va_arg(ap, double)); /* SQLite stores NaN as NULL */
        else
            sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
    }
}

void st_bind(sqlite3_stmt *q, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    bind_list(q, types, ap);
    va_end(ap);
}

int st_step(struct store *s, sqlite3_stmt *q, struct err *err)
{
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return st_error(s, "cannot write", err);
}

int st_run(struct store *s, struct err *err, const char *sql, const char *types, ...)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, sql, err) < 0)
        return -1;
    va_list ap;
    va_start(ap, types);
    bind_list(q, types, ap);
    va_end(ap);
    int rc = st_step(s, q, err);
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

const char *st_text(sqlite3_stmt *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    return text ? text : "";
}

/* --- opening ----------------------------------------------------------------------------------- */

static int lock_holder(int fd)
{
    char text[32] = "";
    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    return (int)strtol(text, NULL, 10);
}

/* One writer a store: SQLite would let two runs interleave and both measure the same cells. */
static int take_lock(struct store *s, struct err *err)
{
    char *path = xasprintf("%s.lock", s->path);
    int ret = -1;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock_fd < 0) {
        err_errno(err, ERR_STORE, "%s: cannot be written", s->path);
        goto done;
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        err_set(err, ERR_STORE, "%s: in use by another run (process %d)", s->path, lock_holder(s->lock_fd));
        goto done;
    }
    char pid[32];
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(s->lock_fd, 0) < 0 || pwrite(s->lock_fd, pid, (size_t)n, 0) != n) {
        err_errno(err, ERR_STORE, "%s", path);
        goto done;
    }
    ret = 0;
done:
    free(path);
    return ret;
}

static int read_version(struct store *s, int *out, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "PRAGMA user_version", err) < 0)
        return -1;
    int rc = st_step(s, q, err);
    *out = rc == 1 ? sqlite3_column_int(q, 0) : 0;
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

static int check_is_ours(struct store *s, int version, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT count(*) FROM sqlite_schema WHERE name IN ('cell', 'variant')", err) < 0)
        return -1;
    int rc = st_step(s, q, err);
    int n = rc == 1 ? sqlite3_column_int(q, 0) : 0;
    sqlite3_finalize(q);
    if (rc < 0)
        return -1;
    if (version > 0 && n != 2)
        return err_set(err, ERR_STORE, "%s: not a perbit store (an SQLite file of another program)", s->path);
    return 0;
}

static int migrate(struct store *s, enum store_mode mode, struct err *err)
{
    int version;
    if (read_version(s, &version, err) < 0 || check_is_ours(s, version, err) < 0)
        return -1;
    if (version > STORE_VERSION)
        return err_set(err, ERR_STORE, "%s: written by a newer perbit (store version %d, this program knows %d)",
                       s->path, version, STORE_VERSION);
    if (version == 0 && mode == STORE_READ)
        return err_set(err, ERR_STORE, "%s: no perbit store yet", s->path);
    if (version < STORE_VERSION && sqlite3_db_readonly(s->db, "main"))
        return err_set(err, ERR_STORE, "%s: of an older perbit (store version %d, this program makes %d) and in a read-only "
                       "place: copy it to where it can be written", s->path, version, STORE_VERSION);
    for (; version < STORE_VERSION; version++) {
        char pragma[64];
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version + 1);
        if (st_exec(s, "BEGIN IMMEDIATE", err) < 0 || st_exec(s, store_migration(version), err) < 0 ||
            st_exec(s, pragma, err) < 0 || st_exec(s, "COMMIT", err) < 0)
            return -1;
    }
    return 0;
}

static int open_database(struct store *s, enum store_mode mode, struct err *err)
{
    int flags = mode == STORE_READ ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    /* a read-only folder still lets a store be read when nobody writes it */
    if (rc == SQLITE_CANTOPEN && mode == STORE_READ) {
        sqlite3_close(s->db);
        rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READONLY, NULL);
    }
    if (rc != SQLITE_OK)
        return err_set(err, ERR_STORE, "%s: cannot be opened: %s", s->path, sqlite3_errmsg(s->db));
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    return st_exec(s, "PRAGMA foreign_keys = ON", err);
}

static int prepare_writer(struct store *s, struct err *err)
{
    return st_exec(s, "PRAGMA journal_mode = WAL", err) < 0 ? -1 : st_exec(s, "PRAGMA synchronous = FULL", err);
}

int store_open(struct store **out, const char *path, enum store_mode mode, struct err *err)
{
    bool in_memory = strcmp(path, ":memory:") == 0;
    *out = NULL;
    if (!in_memory && mode == STORE_READ && !fs_exists(path))
        return err_set(err, ERR_STORE, "%s: no such store (perbit run makes one)", path);
    struct store *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    s->lock_fd = -1;
    if ((mode == STORE_WRITE && !in_memory && take_lock(s, err) < 0) || open_database(s, mode, err) < 0 ||
        (mode == STORE_WRITE && !in_memory && prepare_writer(s, err) < 0) || migrate(s, mode, err) < 0) {
        store_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->db)
        store_rollback(s);
    for (int i = 0; i < STORE_N_STATEMENTS; i++)
        sqlite3_finalize(s->puts[i]);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd); /* the lock goes with it; the file stays, so that no other run locks a deleted one */
    free(s->path);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->path;
}

/* --- transactions ------------------------------------------------------------------------------ */

int store_begin(struct store *s, struct err *err)
{
    if (s->in_transaction)
        return 0;
    if (st_exec(s, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    s->in_transaction = true;
    return 0;
}

int store_commit(struct store *s, struct err *err)
{
    if (!s->in_transaction)
        return 0;
    if (st_exec(s, "COMMIT", err) < 0)
        return -1;
    s->in_transaction = false;
    return 0;
}

void store_rollback(struct store *s)
{
    if (s->in_transaction)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->in_transaction = false;
}
