/*
 * store: the SQLite file with everything that was measured. WAL, synchronous FULL: what was committed
 * survives kill -9; at most the unit of work in flight is lost.
 *
 *   store_open(&s, "study.db", STORE_WRITE, err);      creates and migrates; one writer at a time (lock file)
 *   store_cell_claim(s, &spec, &cell, err);            the same identity gives the same row
 *   store_put(s, cell.id, event, err);                 opens a transaction when none is open
 *   store_commit(s, err);                              at EVENT_COMMIT
 *   store_cell_finish(s, cell.id, NULL, err);          done; or failed with a reason
 *
 * Path ":memory:" gives a store that lives as long as the handle (single commands without --store).
 * Errors  ERR_STORE: not a store, from a newer perbit, locked by another run (its pid), disk full
 * Owns    *out until store_close      Threads  one      Source  schema.sql, docs/STORE.md
 * Tests   unit/test_store.c, cli/: kill_resume one_writer full_disk read_only
 */
#ifndef PERBIT_STORE_STORE_H
#define PERBIT_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/identity.h"
#include "core/modelfile.h"

enum store_mode { STORE_READ, STORE_WRITE };

struct store;

int store_open(struct store **out, const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *s); /* rolls back an open transaction; accepts NULL */
const char *store_path(const struct store *s);

int store_begin(struct store *s, struct err *err);    /* no-op inside a transaction */
int store_commit(struct store *s, struct err *err);   /* no-op outside */
void store_rollback(struct store *s);

int store_put_machine(struct store *s, const char *id, const char *info_json, struct err *err);
int store_put_model(struct store *s, const char *sha256, const struct modelfile *f, int64_t *out_id,
                    struct err *err);
/* sha256 and f may be NULL before the file was made; a later call fills them in. */
int store_put_variant(struct store *s, int64_t model_id, const char *level, const char *imatrix_sha256,
                      const char *path, const char *sha256, const struct modelfile *f, int64_t *out_id,
                      struct err *err);

struct store_cell_spec {
    int64_t variant_id;
    struct identity identity;
    const char *adapter;    /* its name for people; the identity has its digest; NULL for none */
    double adapter_scale;
    const char *machine_id; /* where it runs now, also when the identity has none */
    bool is_synthetic;
};

enum store_status { STORE_NEW, STORE_RUNNING, STORE_DONE, STORE_FAILED };

struct store_cell {
    int64_t id;
    enum store_status status;  /* before this call */
    int attempts;
    int64_t next_index;        /* first chunk that is not whole, or document after the last: where to resume */
};

/* Finds the cell or makes it; next_index counts METRIC_NLL chunks from 0 without a gap, or
   the document after a task's last one (METRIC_LOGPROB, or a text). */
int store_cell_claim(struct store *s, const struct store_cell_spec *spec, struct store_cell *out,
                     struct err *err);
/* The cell as it stands, if its identity is known: 1 and out, or 0. Writes nothing. */
int store_cell_find(struct store *s, const struct identity *id, struct store_cell *out, struct err *err);
/* status becomes running, attempts + 1, started now; forgets repetitions of an earlier attempt when asked. */
int store_cell_start(struct store *s, int64_t cell_id, bool forget, struct err *err);
/* reason NULL: done; else failed. Commits. */
int store_cell_finish(struct store *s, int64_t cell_id, const char *reason, struct err *err);

/* Puts a measure, series, text or fact; other kinds are ignored. The same (metric, slot, idx) again replaces. */
int store_put(struct store *s, int64_t cell_id, const struct event *e, struct err *err);

int store_run_begin(struct store *s, const char *command, const char *study, const char *settings_json,
                    int64_t *out_id, struct err *err);
int store_run_end(struct store *s, int64_t run_id, struct err *err);

#endif
