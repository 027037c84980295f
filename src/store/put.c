#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/internal.h"

int store_put_machine(struct store *s, const char *id, const char *info_json, struct err *err)
{
    char now[32];
    clock_utc(now, sizeof now);
    return st_run(s, err, "INSERT INTO machine (id, info, first_seen) VALUES (?, ?, ?) "
                          "ON CONFLICT (id) DO UPDATE SET info = excluded.info",
                  "ttt", id, info_json, now);
}

/* The id that a query finds; the row is known to exist. */
static int find_id(struct store *s, int64_t *out, struct err *err, sqlite3_stmt *q)
{
    int rc = st_step(s, q, err);
    if (rc == 1)
        *out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

int store_put_model(struct store *s, const char *sha256, const struct modelfile *f, int64_t *out_id,
                    struct err *err)
{
    struct buf info = BUF_INIT;
    modelfile_json(&info, f);
    int rc = st_run(s, err, "INSERT INTO model (sha256, name, path, info, synthetic) VALUES (?, ?, ?, ?, ?) "
                            "ON CONFLICT (sha256) DO UPDATE SET name = excluded.name, path = excluded.path",
                    "tttti", sha256, f->name, f->path, info.data, (int64_t)f->is_synthetic);
    buf_release(&info);
    sqlite3_stmt *q;
    if (rc < 0 || st_prepare(s, &q, "SELECT id FROM model WHERE sha256 = ?", err) < 0)
        return -1;
    st_bind(q, "t", sha256);
    return find_id(s, out_id, err, q);
}

int store_put_variant(struct store *s, int64_t model_id, const char *level, const char *imatrix_sha256,
                      const char *path, const char *sha256, const struct modelfile *f, int64_t *out_id,
                      struct err *err)
{
    struct buf info = BUF_INIT;
    if (f)
        modelfile_json(&info, f);
    int rc = st_run(s, err,
                    "INSERT INTO variant (model_id, level, imatrix_sha256, sha256, path, info) "
                    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (model_id, level, imatrix_sha256) DO UPDATE SET "
                    "path = excluded.path, sha256 = iif(excluded.sha256 = '', sha256, excluded.sha256), "
                    "info = coalesce(excluded.info, info)",
                    "ittttt", model_id, level, imatrix_sha256,
                    sha256 ? sha256 : "", path, f ? info.data : NULL);
    buf_release(&info);
    sqlite3_stmt *q;
    if (rc < 0 || st_prepare(s, &q, "SELECT id FROM variant WHERE model_id = ? AND level = ? AND imatrix_sha256 = ?",
                             err) < 0)
        return -1;
    st_bind(q, "itt", model_id, level, imatrix_sha256);
    return find_id(s, out_id, err, q);
}

/* --- cells ------------------------------------------------------------------------------------- */

static enum store_status status_of(const char *text)
{
    static const char *const names[] = { "new", "running", "done", "failed" };
    for (int i = STORE_RUNNING; i <= STORE_FAILED; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum store_status)i;
    return STORE_NEW;
}

/* Documents of a task are done in ascending order and committed by chunks. */
static int after_last_document(struct store *s, int64_t cell_id, int64_t *out, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT max((SELECT coalesce(max(idx) + 1, 0) FROM series WHERE cell_id = ?1 AND metric = 'logprob' "
                          "AND slot = 0), (SELECT coalesce(max(idx) + 1, 0) FROM generated WHERE cell_id = ?1))", err) < 0)
        return -1;
    st_bind(q, "i", cell_id);
    return find_id(s, out, err, q);
}

static int count_chunks(struct store *s, int64_t cell_id, int64_t *out, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT idx FROM series WHERE cell_id = ? AND metric = 'nll' AND slot = 0 ORDER BY idx",
                   err) < 0)
        return -1;
    st_bind(q, "i", cell_id);
    int rc;
    *out = 0;
    while ((rc = st_step(s, q, err)) == 1 && sqlite3_column_int64(q, 0) == *out)
        ++*out;
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

/* 1 found, 0 not there, -1 error */
static int find_by_key(struct store *s, const char *key, struct store_cell *out, struct err *err)
{
    sqlite3_stmt *q;
    bool is_task = false;
    if (st_prepare(s, &q, "SELECT id, status, attempts, task <> '' FROM cell WHERE key = ?", err) < 0)
        return -1;
    st_bind(q, "t", key);
    int rc = st_step(s, q, err);
    if (rc == 1) {
        is_task = sqlite3_column_int(q, 3) != 0;
        *out = (struct store_cell){ .id = sqlite3_column_int64(q, 0), .status = status_of(st_text(q, 1)),
                                    .attempts = sqlite3_column_int(q, 2) };
    }
    sqlite3_finalize(q);
    int (*count)(struct store *, int64_t, int64_t *, struct err *) = is_task ? after_last_document : count_chunks;
    if (rc == 1 && count(s, out->id, &out->next_index, err) < 0)
        return -1;
    return rc;
}

int store_cell_find(struct store *s, const struct identity *id, struct store_cell *out, struct err *err)
{
    char key[SHA256_HEX_BYTES];
    identity_key(key, id);
    return find_by_key(s, key, out, err);
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static int insert_cell(struct store *s, const char *key, const struct store_cell_spec *spec, struct err *err)
{
    const struct identity *id = &spec->identity;
    char now[32];
    clock_utc(now, sizeof now);
    return st_run(s, err,
                  "INSERT INTO cell (key, variant_id, kind, task, settings, data_sha256, base, engine, machine_id, status, "
                  "reason, attempts, started, synthetic, adapter, adapter_sha256, adapter_scale) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', '', 0, ?, ?, ?, ?, ?)",
                  "titttttttti" "ttd",
                  key, spec->variant_id, id->kind, or_empty(id->task), id->settings, or_empty(id->data_sha256), or_empty(id->base),
                  or_empty(id->engine), or_empty(spec->machine_id), now, (int64_t)spec->is_synthetic, or_empty(spec->adapter),
                  or_empty(id->adapter_sha256), spec->adapter_scale);
}

int store_cell_claim(struct store *s, const struct store_cell_spec *spec, struct store_cell *out, struct err *err)
{
    char key[SHA256_HEX_BYTES];
    identity_key(key, &spec->identity);
    int rc = find_by_key(s, key, out, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (insert_cell(s, key, spec, err) < 0 || find_by_key(s, key, out, err) < 0)
        return -1;
    out->status = STORE_NEW;
    return 0;
}

int store_cell_start(struct store *s, int64_t cell_id, bool forget, struct err *err)
{
    char now[32];
    clock_utc(now, sizeof now);
    if (store_begin(s, err) < 0)
        return -1;
    if (forget && (st_run(s, err, "DELETE FROM measure WHERE cell_id = ?", "i", cell_id) < 0 ||
                   st_run(s, err, "DELETE FROM series WHERE cell_id = ?", "i", cell_id) < 0 ||
                   st_run(s, err, "DELETE FROM generated WHERE cell_id = ?", "i", cell_id) < 0 ||
                   st_run(s, err, "DELETE FROM fact WHERE cell_id = ?", "i", cell_id) < 0))
        return -1;
    if (st_run(s, err, "UPDATE cell SET status = 'running', reason = '', attempts = attempts + 1, started = ?, "
                       "finished = NULL WHERE id = ?", "ti", now, cell_id) < 0)
        return -1;
    return store_commit(s, err);
}

int store_cell_finish(struct store *s, int64_t cell_id, const char *reason, struct err *err)
{
    char now[32];
    clock_utc(now, sizeof now);
    if (store_begin(s, err) < 0 ||
        st_run(s, err, "UPDATE cell SET status = ?, reason = ?, finished = ? WHERE id = ?", "ttti",
               reason ? "failed" : "done", or_empty(reason), now, cell_id) < 0)
        return -1;
    return store_commit(s, err);
}

/* --- events ------------------------------------------------------------------------------------ */

enum { PUT_MEASURE, PUT_SERIES, PUT_FACT, PUT_TEXT };

static const char *const put_sql[STORE_N_STATEMENTS] = {
    [PUT_MEASURE] = "INSERT OR REPLACE INTO measure (cell_id, metric, slot, idx, value) VALUES (?, ?, ?, ?, ?)",
    [PUT_SERIES] = "INSERT OR REPLACE INTO series (cell_id, metric, slot, idx, n, vals) VALUES (?, ?, ?, ?, ?, ?)",
    [PUT_TEXT] = "INSERT OR REPLACE INTO generated (cell_id, idx, slot, text, n_tokens, n_think_tokens, why) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?)",
    [PUT_FACT] = "INSERT OR REPLACE INTO fact (cell_id, key, text) VALUES (?, ?, ?)",
};

static sqlite3_stmt *put_statement(struct store *s, int which, struct err *err)
{
    if (!s->puts[which] && st_prepare(s, &s->puts[which], put_sql[which], err) < 0)
        return NULL;
    sqlite3_reset(s->puts[which]);
    return s->puts[which];
}

static void bind_event(sqlite3_stmt *q, int which, int64_t cell_id, const struct event *e)
{
    if (which == PUT_FACT) {
        st_bind(q, "itt", cell_id, e->key, e->text);
        return;
    }
    if (which == PUT_TEXT) {
        st_bind(q, "iiitiit", cell_id, e->index, (int64_t)e->slot, e->text, e->done, e->total, e->key);
        return;
    }
    st_bind(q, "itii", cell_id, metric_info(e->metric)->name, (int64_t)e->slot, e->index);
    if (which == PUT_MEASURE) {
        sqlite3_bind_double(q, 5, e->value);
        return;
    }
    sqlite3_bind_int64(q, 5, e->n);
    sqlite3_bind_blob64(q, 6, e->n ? (const void *)e->values : "", (sqlite3_uint64)e->n * sizeof(double),
                        SQLITE_TRANSIENT);
}

static int which_put(enum event_kind kind)
{
    switch (kind) {
    case EVENT_MEASURE: return PUT_MEASURE;
    case EVENT_SERIES: return PUT_SERIES;
    case EVENT_TEXT: return PUT_TEXT;
    case EVENT_FACT: return PUT_FACT;
    default: return -1;
    }
}

int store_put(struct store *s, int64_t cell_id, const struct event *e, struct err *err)
{
    int which = which_put(e->kind);
    if (which < 0)
        return 0;
    if (store_begin(s, err) < 0)
        return -1;
    sqlite3_stmt *q = put_statement(s, which, err);
    if (!q)
        return -1;
    bind_event(q, which, cell_id, e);
    int rc = st_step(s, q, err);
    sqlite3_reset(q);
    return rc < 0 ? -1 : 0;
}

/* --- runs -------------------------------------------------------------------------------------- */

int store_run_begin(struct store *s, const char *command, const char *study, const char *settings_json,
                    int64_t *out_id, struct err *err)
{
    char now[32];
    clock_utc(now, sizeof now);
    if (st_run(s, err, "INSERT INTO run (command, study, started, settings) VALUES (?, ?, ?, ?)", "tttt", command,
               study, now, settings_json) < 0)
        return -1;
    *out_id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

int store_run_end(struct store *s, int64_t run_id, struct err *err)
{
    char now[32];
    clock_utc(now, sizeof now);
    return st_run(s, err, "UPDATE run SET finished = ? WHERE id = ?", "ti", now, run_id);
}
