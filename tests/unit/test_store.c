/* store: one row an identity, transactions, one writer, versions, and what is refused without being touched. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store/schema.h"
#include "unit/store_fixture.h"

static const double values[] = { 0.5, -1.25, 1e-300 };
enum { N_VALUES = 3 };

static int64_t count_rows(struct store_fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static void one_row_an_identity(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell a, b, found;
    const struct store_cell_spec kl = store_fixture_spec(f, "kl"), speed = store_fixture_spec(f, "speed");
    assert_int_equal(store_cell_find(f->store, &kl.identity, &found, &f->err), 0);
    store_fixture_ok(f, store_cell_claim(f->store, &kl, &a, &f->err));
    assert_int_equal(a.status, STORE_NEW);
    assert_int_equal(a.attempts, 0);
    store_fixture_ok(f, store_cell_claim(f->store, &kl, &b, &f->err));
    assert_int_equal(a.id, b.id);
    assert_int_equal(b.status, STORE_RUNNING); /* before it was started: somebody claimed it */
    assert_int_equal(store_cell_find(f->store, &kl.identity, &found, &f->err), 1);
    assert_int_equal(found.id, a.id);
    store_fixture_ok(f, store_cell_claim(f->store, &speed, &b, &f->err));
    assert_int_not_equal(a.id, b.id);
}

static void the_life_of_a_cell(void **state)
{
    struct store_fixture *f = *state;
    const struct store_cell_spec spec = store_fixture_spec(f, "kl");
    struct store_cell cell = store_fixture_cell(f, "kl");
    store_fixture_ok(f, store_cell_finish(f->store, cell.id, "no luck", &f->err));
    store_cell_claim(f->store, &spec, &cell, &f->err);
    assert_int_equal(cell.status, STORE_FAILED);
    assert_int_equal(cell.attempts, 1);
    store_fixture_ok(f, store_cell_start(f->store, cell.id, false, &f->err));
    store_fixture_ok(f, store_cell_finish(f->store, cell.id, NULL, &f->err));
    store_cell_claim(f->store, &spec, &cell, &f->err);
    assert_int_equal(cell.status, STORE_DONE);
    assert_int_equal(cell.attempts, 2);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM cell WHERE reason = '' AND finished NOT NULL"), 1);
}

/* Chunks that are whole without a gap: where to go on. */
static void next_index_stops_at_a_gap(void **state)
{
    struct store_fixture *f = *state;
    const struct store_cell_spec spec = store_fixture_spec(f, "kl");
    struct store_cell cell = store_fixture_cell(f, "kl");
    assert_int_equal(cell.next_index, 0);
    static const int64_t order[] = { 0, 1, 3, 4 };
    for (int i = 0; i < 4; i++)
        store_fixture_series(f, cell.id, METRIC_NLL, order[i], values, N_VALUES);
    store_fixture_series(f, cell.id, METRIC_KL, 2, values, N_VALUES); /* another metric fills no gap */
    store_fixture_ok(f, store_commit(f->store, &f->err));
    store_fixture_ok(f, store_cell_claim(f->store, &spec, &cell, &f->err));
    assert_int_equal(cell.next_index, 2);
    store_fixture_series(f, cell.id, METRIC_NLL, 2, values, N_VALUES);
    store_fixture_ok(f, store_cell_claim(f->store, &spec, &cell, &f->err));
    assert_int_equal(cell.next_index, 5);
}

static void the_same_index_replaces(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "kl");
    double *got;
    int n, width;
    for (int i = 0; i < 2; i++) {
        store_fixture_series(f, cell.id, METRIC_NLL, 0, values, N_VALUES - i);
        store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_JOB_S, .value = i });
        store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_FACT, .key = "k", .text = i ? "new" : "old" });
    }
    store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_PROGRESS, .done = 1, .total = 2, .text = "chunk" });
    store_fixture_ok(f, store_commit(f->store, &f->err));
    store_fixture_ok(f, query_values(f->store, cell.id, METRIC_NLL, 0, &got, &n, &width, &f->err));
    assert_int_equal(n, 2);
    assert_memory_equal(got, values, 2 * sizeof *got);
    free(got);
    assert_int_equal(count_rows(f, "SELECT value FROM measure"), 1);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM fact WHERE text = 'new'"), 1);
}

static void what_is_not_committed_is_not_there(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "kl");
    store_fixture_series(f, cell.id, METRIC_NLL, 0, values, N_VALUES);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM series"), 0); /* a reader sees whole units only */
    store_rollback(f->store);
    store_fixture_ok(f, store_commit(f->store, &f->err));
    assert_int_equal(count_rows(f, "SELECT count(*) FROM series"), 0);
    store_fixture_series(f, cell.id, METRIC_NLL, 1, values, N_VALUES);
    store_fixture_reopen(f, STORE_WRITE); /* closing rolls back */
    assert_int_equal(count_rows(f, "SELECT count(*) FROM series"), 0);
    store_fixture_series(f, cell.id, METRIC_NLL, 2, values, N_VALUES);
    store_fixture_ok(f, store_begin(f->store, &f->err)); /* no-op inside */
    store_fixture_ok(f, store_commit(f->store, &f->err));
    store_fixture_ok(f, store_commit(f->store, &f->err)); /* no-op outside */
    assert_int_equal(count_rows(f, "SELECT count(*) FROM series"), 1);
}

static void starting_again_forgets_when_asked(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell = store_fixture_cell(f, "speed"), other = store_fixture_cell(f, "kl");
    store_fixture_series(f, cell.id, METRIC_TOKEN_S, 0, values, N_VALUES);
    store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_GEN_S, .value = 1 });
    store_fixture_put(f, cell.id, (struct event){ .kind = EVENT_FACT, .key = "k", .text = "t" });
    store_fixture_series(f, other.id, METRIC_NLL, 0, values, N_VALUES);
    store_fixture_ok(f, store_commit(f->store, &f->err));
    static const char *const all = "SELECT (SELECT count(*) FROM series) + (SELECT count(*) FROM measure) + "
                                   "(SELECT count(*) FROM fact)";
    store_fixture_ok(f, store_cell_start(f->store, cell.id, false, &f->err));
    assert_int_equal(count_rows(f, all), 4);
    store_fixture_ok(f, store_cell_start(f->store, cell.id, true, &f->err));
    assert_int_equal(count_rows(f, all), 1); /* the other cell's */
}

static void models_and_variants_are_put_once(void **state)
{
    struct store_fixture *f = *state;
    int64_t id;
    store_fixture_ok(f, store_put_model(f->store, "aa", &store_fixture_model, &id, &f->err));
    assert_int_equal(id, f->model);
    store_fixture_ok(f, store_put_model(f->store, "bb", &store_fixture_model, &id, &f->err));
    assert_int_not_equal(id, f->model);
    /* a later call fills in what was not known, and takes nothing away */
    store_fixture_ok(f, store_put_variant(f->store, f->model, "BF16", "", "m.gguf", "ff", &store_fixture_model, &id, &f->err));
    store_fixture_ok(f, store_put_variant(f->store, f->model, "BF16", "", "m.gguf", NULL, NULL, &id, &f->err));
    assert_int_equal(id, f->variant);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM variant WHERE sha256 = 'ff' AND info NOT NULL"), 1);
    store_fixture_ok(f, store_put_variant(f->store, f->model, "BF16", "imatrix", "m.gguf", NULL, NULL, &id, &f->err));
    assert_int_not_equal(id, f->variant);
}

static void assert_refused(struct store_fixture *f, enum store_mode mode, const char *message)
{
    struct store *s = NULL;
    struct buf before = BUF_INIT, after = BUF_INIT;
    store_fixture_ok(f, fs_read(&before, f->path, &f->err));
    assert_int_equal(store_open(&s, f->path, mode, &f->err), -1);
    assert_null(s);
    assert_int_equal(f->err.code, ERR_STORE);
    assert_non_null(strstr(f->err.msg, f->path));
    if (!strstr(f->err.msg, message))
        fail_msg("no '%s' in: %s", message, f->err.msg);
    store_fixture_ok(f, fs_read(&after, f->path, &f->err));
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    buf_release(&before);
    buf_release(&after);
}

static void strangers_are_refused_untouched(void **state)
{
    struct store_fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    store_fixture_sql(f, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 5");
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++)
        assert_refused(f, (enum store_mode)mode, "written by a newer perbit (store version 5, this program knows 4)");
    store_fixture_sql(f, "PRAGMA user_version = 4; ALTER TABLE variant RENAME TO thing");
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++)
        assert_refused(f, (enum store_mode)mode, "not a perbit store (an SQLite file of another program)");
    store_fixture_sql(f, "PRAGMA user_version = 0");
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++)
        assert_refused(f, (enum store_mode)mode, "not a perbit store (an SQLite file of another program)");
    store_fixture_ok(f, fs_write(f->path, "no database at all, only a text\n", 32, &f->err));
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++)
        assert_refused(f, (enum store_mode)mode, "not a perbit store (not an SQLite file)");
}

/* A store of version 3, before there were adapters: its cells have none, and go on. */
static void an_older_store_is_brought_up(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell cell;
    char key[SHA256_HEX_BYTES], sql[1024];
    const struct store_cell_spec spec = store_fixture_spec(f, "kl");
    identity_key(key, &spec.identity);
    store_close(f->store);
    f->store = NULL;
    unlink(f->path);
    for (int version = 0; version < 3; version++)
        store_fixture_sql(f, store_migration(version));
    snprintf(sql, sizeof sql, "PRAGMA user_version = 3; INSERT INTO model VALUES (1, 'aa', 'm', 'm.gguf', '{}', 0); "
             "INSERT INTO variant VALUES (1, 1, 'BF16', '', '', 'm.gguf', NULL); "
             "INSERT INTO cell (key, variant_id, kind, settings, data_sha256, base, engine, machine_id, status, reason, attempts, "
             "started, synthetic) VALUES ('%s', 1, 'kl', '{}', '', '', 'e', 'm1', 'done', '', 1, '', 0)", key);
    store_fixture_sql(f, sql);
    store_fixture_ok(f, store_open(&f->store, f->path, STORE_WRITE, &f->err));
    store_fixture_ok(f, store_cell_claim(f->store, &spec, &cell, &f->err));
    assert_int_equal(cell.status, STORE_DONE);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM cell WHERE adapter = '' AND adapter_sha256 = '' AND adapter_scale = 0"), 1);
    assert_int_equal(count_rows(f, "SELECT user_version FROM pragma_user_version"), STORE_VERSION);
}

/* The same level with an adapter and without: two cells of one variant. */
static void an_adapter_makes_a_cell(void **state)
{
    struct store_fixture *f = *state;
    struct store_cell bare = store_fixture_cell(f, "kl"), with;
    struct store_cell_spec spec = store_fixture_spec(f, "kl");
    spec.identity.adapter_sha256 = "ab";
    spec.identity.adapter_scale = "0.5";
    spec.adapter = "maths";
    spec.adapter_scale = 0.5;
    store_fixture_ok(f, store_cell_claim(f->store, &spec, &with, &f->err));
    assert_int_not_equal(with.id, bare.id);
    assert_int_equal(count_rows(f, "SELECT count(*) FROM cell WHERE adapter = 'maths' AND adapter_sha256 = 'ab' "
                                   "AND adapter_scale = 0.5"), 1);
    assert_int_equal(count_rows(f, "SELECT count(DISTINCT variant_id) FROM cell"), 1);
}

static void a_missing_store_is_not_made_by_reading(void **state)
{
    struct store_fixture *f = *state;
    struct store *s;
    char path[96];
    snprintf(path, sizeof path, "%s/none.db", f->dir);
    assert_int_equal(store_open(&s, path, STORE_READ, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "no such store"));
    assert_false(fs_exists(path));
    snprintf(path, sizeof path, "%s/no/folder.db", f->dir);
    assert_int_equal(store_open(&s, path, STORE_WRITE, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "cannot be written: No such file or directory"));
}

static void one_writer_many_readers(void **state)
{
    struct store_fixture *f = *state;
    struct store *second = NULL, *reader = NULL;
    char want[64];
    snprintf(want, sizeof want, "in use by another run (process %d)", (int)getpid());
    assert_int_equal(store_open(&second, f->path, STORE_WRITE, &f->err), -1);
    assert_non_null(strstr(f->err.msg, want));
    store_fixture_ok(f, store_open(&reader, f->path, STORE_READ, &f->err));
    store_close(reader);
    store_close(f->store);
    f->store = NULL;
    store_fixture_ok(f, store_open(&f->store, f->path, STORE_WRITE, &f->err));
}

/* A run that is killed leaves its lock file and no lock. */
static void a_dead_writer_holds_nothing(void **state)
{
    struct store_fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (store_open(&f->store, f->path, STORE_WRITE, &f->err) == 0)
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    store_fixture_ok(f, store_open(&f->store, f->path, STORE_WRITE, &f->err));
}

static void in_memory(void **state)
{
    struct store_fixture *f = *state;
    struct store *a, *b;
    int64_t id;
    store_fixture_ok(f, store_open(&a, ":memory:", STORE_WRITE, &f->err));
    store_fixture_ok(f, store_open(&b, ":memory:", STORE_WRITE, &f->err)); /* no lock: another store */
    store_fixture_ok(f, store_put_model(a, "aa", &store_fixture_model, &id, &f->err));
    store_fixture_ok(f, store_run_begin(a, "run", "study", "{}", &id, &f->err));
    store_fixture_ok(f, store_run_end(a, id, &f->err));
    assert_string_equal(store_path(a), ":memory:");
    store_close(a);
    store_close(b);
    store_close(NULL);
    assert_false(fs_exists(":memory:"));
    assert_false(fs_exists(":memory:.lock"));
}

static void what_the_schema_forbids(void **state)
{
    struct store_fixture *f = *state;
    int64_t id;
    assert_int_equal(store_put_machine(f->store, "m2", "{not json", &f->err), -1);
    assert_int_equal(f->err.code, ERR_STORE);
    assert_int_equal(store_put_variant(f->store, 999, "BF16", "", "m.gguf", NULL, NULL, &id, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "FOREIGN KEY"));
    assert_int_equal(store_put(f->store, 999, &(struct event){ .kind = EVENT_FACT, .key = "k", .text = "t" }, &f->err), -1);
    store_rollback(f->store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_row_an_identity),
        TEST(the_life_of_a_cell),
        TEST(next_index_stops_at_a_gap),
        TEST(the_same_index_replaces),
        TEST(what_is_not_committed_is_not_there),
        TEST(starting_again_forgets_when_asked),
        TEST(models_and_variants_are_put_once),
        TEST(strangers_are_refused_untouched),
        TEST(a_missing_store_is_not_made_by_reading),
        TEST(one_writer_many_readers),
        TEST(a_dead_writer_holds_nothing),
        TEST(an_older_store_is_brought_up),
        TEST(an_adapter_makes_a_cell),
        TEST(in_memory),
        TEST(what_the_schema_forbids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
