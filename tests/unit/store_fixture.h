/* store_fixture: a store in a folder of its own, with one model at one level, for the tests of store/. */
#ifndef PERBIT_TESTS_STORE_FIXTURE_H
#define PERBIT_TESTS_STORE_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "store/query.h"
#include "store/store.h"

struct store_fixture {
    char dir[64];
    char path[80];
    struct store *store;
    int64_t model, variant;
    struct err err;
};

static const struct modelfile_type store_fixture_types[] = { { "bf16", 2, 1000, 2000 } };
static const struct modelfile store_fixture_model = {
    .path = "m.gguf", .name = "m", .arch = "llama", .label = "BF16", .file_bytes = 4000, .tensor_bytes = 2000,
    .n_params = 1000, .n_tensors = 2, .n_types = 1, .types = store_fixture_types,
};

static inline void store_fixture_ok(struct store_fixture *f, int rc)
{
    if (rc < 0)
        fail_msg("%s", f->err.msg);
}

static inline int store_fixture_setup(void **state)
{
    struct store_fixture *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%.32s/perbit-store.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/s.db", f->dir);
    *state = f;
    return store_open(&f->store, f->path, STORE_WRITE, &f->err) < 0 ||
           store_put_machine(f->store, "m1", "{\"cpu\":\"none\"}", &f->err) < 0 ||
           store_put_model(f->store, "aa", &store_fixture_model, &f->model, &f->err) < 0 ||
           store_put_variant(f->store, f->model, "BF16", "", "m.gguf", NULL, NULL, &f->variant, &f->err) < 0;
}

static inline int store_fixture_teardown(void **state)
{
    static const char *const more[] = { "", "-wal", "-shm", ".lock" };
    struct store_fixture *f = *state;
    store_close(f->store);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", f->path, more[i]);
        unlink(path);
    }
    rmdir(f->dir);
    free(f);
    return 0;
}

static inline struct store_cell_spec store_fixture_spec(struct store_fixture *f, const char *kind)
{
    return (struct store_cell_spec){
        .variant_id = f->variant, .machine_id = "m1",
        .identity = { .model_sha256 = "aa", .level = "BF16", .kind = kind, .data_sha256 = "dd", .settings = "{}",
                      .engine = "build 1" },
    };
}

/* A started cell of that kind. */
static inline struct store_cell store_fixture_cell(struct store_fixture *f, const char *kind)
{
    struct store_cell cell;
    const struct store_cell_spec spec = store_fixture_spec(f, kind);
    store_fixture_ok(f, store_cell_claim(f->store, &spec, &cell, &f->err));
    store_fixture_ok(f, store_cell_start(f->store, cell.id, false, &f->err));
    return cell;
}

static inline void store_fixture_put(struct store_fixture *f, int64_t cell, struct event e)
{
    store_fixture_ok(f, store_put(f->store, cell, &e, &f->err));
}

static inline void store_fixture_series(struct store_fixture *f, int64_t cell, enum metric m, int64_t index,
                                        const double *values, int n)
{
    store_fixture_put(f, cell, (struct event){ .kind = EVENT_SERIES, .metric = m, .index = index, .values = values, .n = n });
}

/* SQL by another hand, while the store is closed. */
static inline void store_fixture_sql(struct store_fixture *f, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

static inline void store_fixture_reopen(struct store_fixture *f, enum store_mode mode)
{
    store_close(f->store);
    f->store = NULL;
    store_fixture_ok(f, store_open(&f->store, f->path, mode, &f->err));
}

#endif
