/*
 * store internals shared by store.c, put.c and query.c: the handle and the statement helpers.
 *
 * st_* functions turn SQLite's result codes into struct err with the store's path. A statement is made by
 * st_prepare, bound by st_bind ("i" int64, "t" text or NULL, "d" double, NaN as NULL), and finalized by the caller.
 */
#ifndef PERBIT_STORE_INTERNAL_H
#define PERBIT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/err.h"
#include "store/store.h"

enum { STORE_N_STATEMENTS = 4 };

struct store {
    sqlite3 *db;
    char *path;
    int lock_fd;             /* -1 when read-only or in memory */
    bool in_transaction;
    sqlite3_stmt *puts[STORE_N_STATEMENTS]; /* measure, series, fact, text: kept prepared */
};

int st_error(struct store *s, const char *what, struct err *err);
int st_exec(struct store *s, const char *sql, struct err *err);
int st_prepare(struct store *s, sqlite3_stmt **out, const char *sql, struct err *err);
void st_bind(sqlite3_stmt *q, const char *types, ...);
/* One step: 1 a row, 0 done, -1 error. */
int st_step(struct store *s, sqlite3_stmt *q, struct err *err);
/* Prepare, bind, run to the end. */
int st_run(struct store *s, struct err *err, const char *sql, const char *types, ...);
const char *st_text(sqlite3_stmt *q, int column); /* "" for NULL; borrowed until the next step */

#endif
