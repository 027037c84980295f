#include "store/query.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/internal.h"

static const char *const cells_sql =
    "SELECT c.id, c.key, m.name, m.sha256, m.info, v.level, v.imatrix_sha256, v.sha256, v.info, c.kind, c.task, c.settings, "
    "c.data_sha256, c.base, c.engine, c.machine_id, c.status, c.reason, c.adapter, "
    "c.adapter_sha256, c.attempts, c.started, c.finished, c.synthetic, c.adapter_scale, "
    "coalesce(json_extract(iif(json_valid(m.info), m.info, '{}'), '$.has_synthetic_weights'), 0) "
    "FROM cell c JOIN variant v ON v.id = c.variant_id JOIN model m ON m.id = v.model_id "
    "ORDER BY m.id, v.id, c.id";

static char *text_or_null(struct arena *a, sqlite3_stmt *q, int column)
{
    return arena_strdup(a, (const char *)sqlite3_column_text(q, column));
}

static void read_cell(struct cell_row *r, struct arena *a, sqlite3_stmt *q)
{
    const char **texts[] = {
        &r->key, &r->model, &r->model_sha256, &r->model_info, &r->level, &r->imatrix_sha256, &r->variant_sha256,
        &r->variant_info, &r->kind, &r->task, &r->settings, &r->data_sha256, &r->base, &r->engine, &r->machine_id,
        &r->status, &r->reason, &r->adapter, &r->adapter_sha256,
    };
    int column = 1;
    r->id = sqlite3_column_int64(q, 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = text_or_null(a, q, column++);
    r->attempts = sqlite3_column_int(q, column++);
    r->started = text_or_null(a, q, column++);
    r->finished = text_or_null(a, q, column++);
    r->is_synthetic = sqlite3_column_int(q, column++) != 0;
    r->adapter_scale = sqlite3_column_double(q, column++);
    r->has_synthetic_weights = sqlite3_column_int(q, column) != 0;
}

int query_cells(struct store *s, struct arena *a, struct cell_row **out, int *out_n, struct err *err)
{
    sqlite3_stmt *q;
    struct cell_row *rows = NULL;
    int n = 0, cap = 0, rc;
    if (st_prepare(s, &q, cells_sql, err) < 0)
        return -1;
    while ((rc = st_step(s, q, err)) == 1) {
        if (n == cap)
            rows = xrealloc(rows, (size_t)(cap = cap ? 2 * cap : 64) * sizeof *rows);
        read_cell(&rows[n++], a, q);
    }
    sqlite3_finalize(q);
    *out = arena_dup(a, rows, (size_t)n * sizeof *rows);
    *out_n = n;
    free(rows);
    return rc < 0 ? -1 : 0;
}

bool query_same_adapter(const struct cell_row *a, const struct cell_row *b)
{
    return strcmp(a->adapter_sha256, b->adapter_sha256) == 0 && (!a->adapter_sha256[0] || a->adapter_scale == b->adapter_scale);
}

struct doubles {
    double *v;
    int n, cap, width;
    bool is_ragged; /* documents have as many values as they have choices; chunks all the same number */
};

static void doubles_append(struct doubles *d, const void *bytes, int n)
{
    if (d->n + n > d->cap)
        d->v = xrealloc(d->v, (size_t)(d->cap = 2 * (d->n + n)) * sizeof *d->v);
    if (n > 0)
        memcpy(d->v + d->n, bytes, (size_t)n * sizeof *d->v);
    d->n += n;
    d->width = n;
}

/* The schema's CHECK holds for what SQLite writes; a damaged file may say anything. */
static int append_series(struct store *s, struct doubles *d, sqlite3_stmt *q, struct err *err)
{
    int64_t n = sqlite3_column_int64(q, 0);
    const void *bytes = sqlite3_column_blob(q, 1);
    int n_bytes = sqlite3_column_bytes(q, 1);
    if (n != n_bytes / (int)sizeof *d->v || n_bytes % (int)sizeof *d->v || n > INT_MAX / 4 - d->n ||
        (!d->is_ragged && d->n > 0 && n != d->width))
        return err_set(err, ERR_STORE, "%s: damaged: a series says %" PRId64 " values and has %d bytes", s->path, n,
                       n_bytes);
    doubles_append(d, bytes, (int)n);
    return 0;
}

static int append_row(struct store *s, struct doubles *d, sqlite3_stmt *q, bool is_series, struct err *err)
{
    if (is_series)
        return append_series(s, d, q, err);
    double v = sqlite3_column_type(q, 0) == SQLITE_NULL ? NAN : sqlite3_column_double(q, 0);
    doubles_append(d, &v, 1);
    return 0;
}

int query_values(struct store *s, int64_t cell_id, enum metric m, int slot, double **out, int *out_n,
                 int *out_width, struct err *err)
{
    bool is_series = metric_info(m)->is_series;
    sqlite3_stmt *q;
    struct doubles d = { 0 };
    int rc;
    *out = NULL;
    *out_n = 0;
    if (st_prepare(s, &q, is_series
                   ? "SELECT n, vals FROM series WHERE cell_id = ? AND metric = ? AND slot = ? ORDER BY idx"
                   : "SELECT value FROM measure WHERE cell_id = ? AND metric = ? AND slot = ? ORDER BY idx", err) < 0)
        return -1;
    st_bind(q, "iti", cell_id, metric_info(m)->name, (int64_t)slot);
    while ((rc = st_step(s, q, err)) == 1)
        if (append_row(s, &d, q, is_series, err) < 0) {
            rc = -1;
            break;
        }
    sqlite3_finalize(q);
    *out = d.v;
    *out_n = d.n;
    if (out_width)
        *out_width = d.width;
    return rc < 0 ? -1 : 0;
}

int query_documents(struct store *s, int64_t cell_id, enum metric m, int slot, struct query_documents *out,
                    struct err *err)
{
    sqlite3_stmt *q;
    struct doubles d = { .is_ragged = true };
    int cap = 0, rc;
    *out = (struct query_documents){ 0 };
    if (st_prepare(s, &q, "SELECT n, vals, idx FROM series WHERE cell_id = ? AND metric = ? AND slot = ? ORDER BY idx",
                   err) < 0)
        return -1;
    st_bind(q, "iti", cell_id, metric_info(m)->name, (int64_t)slot);
    out->at = xcalloc(1, sizeof *out->at);
    while ((rc = st_step(s, q, err)) == 1) {
        if (out->n == cap) {
            cap = cap ? 2 * cap : 64;
            out->index = xrealloc(out->index, (size_t)cap * sizeof *out->index);
            out->at = xrealloc(out->at, (size_t)(cap + 1) * sizeof *out->at);
        }
        if (append_row(s, &d, q, true, err) < 0) {
            rc = -1;
            break;
        }
        out->index[out->n++] = sqlite3_column_int64(q, 2);
        out->at[out->n] = d.n;
    }
    sqlite3_finalize(q);
    out->v = d.v;
    return rc < 0 ? -1 : 0;
}

void query_documents_release(struct query_documents *d)
{
    free(d->index);
    free(d->at);
    free(d->v);
    *d = (struct query_documents){ 0 };
}

int query_by_index(struct store *s, int64_t cell_id, enum metric m, int slot, int64_t **out_index, double **out,
                   int *out_n, struct err *err)
{
    sqlite3_stmt *q;
    struct doubles d = { 0 };
    int cap = 0, rc;
    *out_index = NULL;
    if (st_prepare(s, &q, "SELECT value, idx FROM measure WHERE cell_id = ? AND metric = ? AND slot = ? ORDER BY idx",
                   err) < 0)
        return -1;
    st_bind(q, "iti", cell_id, metric_info(m)->name, (int64_t)slot);
    while ((rc = st_step(s, q, err)) == 1) {
        if (d.n == cap)
            *out_index = xrealloc(*out_index, (size_t)(cap = cap ? 2 * cap : 64) * sizeof **out_index);
        (*out_index)[d.n] = sqlite3_column_int64(q, 1);
        append_row(s, &d, q, false, err); /* a scalar cannot fail */
    }
    sqlite3_finalize(q);
    *out = d.v;
    *out_n = d.n;
    return rc < 0 ? -1 : 0;
}

static void read_text(struct query_text *out, struct arena *a, sqlite3_stmt *q)
{
    out->index = sqlite3_column_int64(q, 0);
    out->slot = sqlite3_column_int(q, 1);
    out->text = arena_strdup(a, st_text(q, 2));
    out->n_bytes = strlen(out->text);
    out->n_tokens = sqlite3_column_int64(q, 3);
    out->n_think_tokens = sqlite3_column_int64(q, 4);
    out->why = arena_strdup(a, st_text(q, 5));
}

int query_texts(struct store *s, struct arena *a, int64_t cell_id, struct query_text **out, int *out_n, struct err *err)
{
    sqlite3_stmt *q;
    struct query_text *v = NULL;
    int n = 0, cap = 0, rc;
    if (st_prepare(s, &q, "SELECT idx, slot, text, n_tokens, n_think_tokens, why FROM generated WHERE cell_id = ? "
                          "ORDER BY idx, slot", err) < 0)
        return -1;
    st_bind(q, "i", cell_id);
    while ((rc = st_step(s, q, err)) == 1) {
        if (n == cap)
            v = xrealloc(v, (size_t)(cap = cap ? 2 * cap : 64) * sizeof *v);
        read_text(&v[n++], a, q);
    }
    sqlite3_finalize(q);
    *out = arena_dup(a, v, (size_t)n * sizeof *v);
    *out_n = n;
    free(v);
    return rc < 0 ? -1 : 0;
}

int query_text_count(struct store *s, int64_t cell_id, const char *why, int64_t *out, struct err *err)
{
    sqlite3_stmt *q;
    *out = 0;
    if (st_prepare(s, &q, "SELECT count(*) FROM generated WHERE cell_id = ? AND why = ?", err) < 0)
        return -1;
    st_bind(q, "it", cell_id, why);
    int rc = st_step(s, q, err);
    if (rc == 1)
        *out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

int query_think_tokens(struct store *s, int64_t cell_id, double **out, int *out_n, struct err *err)
{
    sqlite3_stmt *q;
    struct doubles d = { 0 };
    int rc;
    *out = NULL;
    *out_n = 0;
    if (st_prepare(s, &q, "SELECT n_think_tokens FROM generated WHERE cell_id = ? AND why <> 'error' ORDER BY idx, slot", err) < 0)
        return -1;
    st_bind(q, "i", cell_id);
    while ((rc = st_step(s, q, err)) == 1)
        append_row(s, &d, q, false, err); /* a scalar cannot fail */
    sqlite3_finalize(q);
    *out = d.v;
    *out_n = d.n;
    return rc < 0 ? -1 : 0;
}

/* The first column of the first row of a query, in a; NULL when there is no row. */
static int one_text(struct store *s, struct arena *a, sqlite3_stmt *q, const char **out, struct err *err)
{
    int rc = st_step(s, q, err);
    *out = rc == 1 ? text_or_null(a, q, 0) : NULL;
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

int query_fact(struct store *s, struct arena *a, int64_t cell_id, const char *key, const char **out, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT text FROM fact WHERE cell_id = ? AND key = ?", err) < 0)
        return -1;
    st_bind(q, "it", cell_id, key);
    return one_text(s, a, q, out, err);
}

int query_cost(struct store *s, const char *kind, const char *machine_id, bool is_synthetic, const char *settings,
               double *out_s, double *out_bytes, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT total(m.value), total(json_extract(v.info, '$.file_bytes')) FROM measure m "
                          "JOIN cell c ON c.id = m.cell_id JOIN variant v ON v.id = c.variant_id "
                          "WHERE m.metric = ? AND v.info IS NOT NULL AND c.status = 'done' AND c.kind = ? "
                          "AND c.machine_id = ? AND c.synthetic = ? AND c.settings = coalesce(?, c.settings)", err) < 0)
        return -1;
    st_bind(q, "tttit", metric_info(METRIC_CELL_S)->name, kind, machine_id, (int64_t)is_synthetic, settings);
    int rc = st_step(s, q, err);
    *out_s = rc == 1 ? sqlite3_column_double(q, 0) : 0;
    *out_bytes = rc == 1 ? sqlite3_column_double(q, 1) : 0;
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}

int query_machine(struct store *s, struct arena *a, const char *id, const char **out_info, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "SELECT info FROM machine WHERE id = ?", err) < 0)
        return -1;
    st_bind(q, "t", id);
    return one_text(s, a, q, out_info, err);
}

int query_runs(struct store *s, struct arena *a, struct run_row **out, int *out_n, struct err *err)
{
    sqlite3_stmt *q;
    int rc, n = 0, cap = 0;
    struct run_row *rows = NULL;
    *out_n = 0;
    if (st_prepare(s, &q, "SELECT command, study, started, finished FROM run ORDER BY id", err) < 0)
        return -1;
    while ((rc = st_step(s, q, err)) == 1) {
        if (n == cap) {
            cap = cap ? 2 * cap : 16;
            rows = xrealloc(rows, (size_t)cap * sizeof *rows);
        }
        const char *finished = st_text(q, 3);
        rows[n++] = (struct run_row){ arena_strdup(a, st_text(q, 0)), arena_strdup(a, st_text(q, 1)), arena_strdup(a, st_text(q, 2)),
                                      finished && *finished ? arena_strdup(a, finished) : NULL };
    }
    sqlite3_finalize(q);
    *out = arena_alloc(a, (size_t)(n + 1) * sizeof **out);
    if (n > 0)
        memcpy(*out, rows, (size_t)n * sizeof **out);
    *out_n = n;
    free(rows);
    return rc < 0 ? -1 : 0;
}

int query_version(struct store *s, int64_t *out, struct err *err)
{
    sqlite3_stmt *q;
    if (st_prepare(s, &q, "PRAGMA data_version", err) < 0)
        return -1;
    int rc = st_step(s, q, err);
    *out = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return rc < 0 ? -1 : 0;
}
