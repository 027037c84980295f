/*
 * stores: any bytes as a store are read to the end or refused in one line.
 *
 * First byte 0: the rest is the file. Otherwise the rest is pieces of 4 bytes, place (3) and value, put over a store
 * that perbit wrote, so that most inputs are whole enough for the tables to be read.
 */
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "core/kind.h"
#include "fuzz/fuzz.h"
#include "store/query.h"
#include "study/analyse.h"

/* A kind of each reader, and its metrics: what more of them costs, inputs lose. */
static const enum kind kinds[] = { KIND_QUANTIZE, KIND_KL, KIND_SPEED };
static const enum metric metrics[] = { METRIC_NLL, METRIC_NLL_BASE, METRIC_KL, METRIC_SAME_TOP, METRIC_PROMPT_S };
enum { N_KINDS = sizeof kinds / sizeof *kinds, N_METRICS = sizeof metrics / sizeof *metrics };

static struct buf whole = BUF_INIT;
static char dir[64];

static void remove_dir(void)
{
    rmdir(dir);
}

static void put(struct store *s, int64_t cell, enum metric m, int64_t index, const double *values, int n)
{
    const struct event e = { .kind = metric_info(m)->is_series ? EVENT_SERIES : EVENT_MEASURE, .metric = m, .index = index,
                             .value = values[0], .values = values, .n = n };
    struct err err;
    FUZZ_CHECK(store_put(s, cell, &e, &err) == 0, "%s", err.msg);
}

static void put_cell(struct store *s, const char *level, int64_t variant, enum kind kind)
{
    static const double values[] = { 0.25, 1.5, 0.0, 3.0 };
    const struct kind_info *k = kind_info(kind);
    const struct store_cell_spec spec = { .variant_id = variant, .machine_id = "m", .identity = {
        .model_sha256 = "a", .level = level, .kind = k->name, .settings = "{\"n_prompt\":512,\"n_gen\":128}" } };
    struct store_cell cell;
    struct err err;
    FUZZ_CHECK(store_cell_claim(s, &spec, &cell, &err) == 0 && store_cell_start(s, cell.id, true, &err) == 0, "%s", err.msg);
    for (int m = 0; m < N_METRICS; m++)
        for (int i = 0; i < (metric_info(metrics[m])->is_series ? 2 : 1); i++)
            put(s, cell.id, metrics[m], i, values, 4);
    const struct event fact = { .kind = EVENT_FACT, .key = "tests",
                                .text = "[{\"n_prompt\":512,\"n_gen\":0,\"n_depth\":0}]" };
    FUZZ_CHECK(store_put(s, cell.id, &fact, &err) == 0 && store_cell_finish(s, cell.id, NULL, &err) == 0, "%s", err.msg);
}

static void make_whole(void)
{
    static const char *const levels[] = { "BF16", "Q4_0" };
    static const struct modelfile_type type = { "bf16", 1, 1000, 2000 };
    const struct modelfile f = { .path = "m.gguf", .name = "m", .arch = "llama", .label = "BF16", .file_bytes = 4000,
                                 .tensor_bytes = 2000, .n_params = 1000, .n_tensors = 1, .n_types = 1, .types = &type };
    struct store *s;
    struct err err;
    int64_t model, variant, run;
    char path[96];
    const char *tmp = getenv("TMPDIR");
    /* in memory, where it can be: SQLite waits for a disk at each closing */
    snprintf(dir, sizeof dir, "%.40s/perbit-fuzz.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : tmp ? tmp : "/tmp");
    FUZZ_CHECK(mkdtemp(dir), "%s", dir);
    atexit(remove_dir);
    snprintf(path, sizeof path, "%s/whole.db", dir);
    FUZZ_CHECK(store_open(&s, path, STORE_WRITE, &err) == 0, "%s", err.msg);
    FUZZ_CHECK(store_put_machine(s, "m", "{\"cpu\":\"none\"}", &err) == 0 && store_put_model(s, "a", &f, &model, &err) == 0 &&
               store_run_begin(s, "run", "fuzz", "{}", &run, &err) == 0, "%s", err.msg);
    for (int i = 0; i < 2; i++) {
        FUZZ_CHECK(store_put_variant(s, model, levels[i], "", "m.gguf", "a", &f, &variant, &err) == 0, "%s", err.msg);
        for (int k = 0; k < N_KINDS; k++)
            put_cell(s, levels[i], variant, kinds[k]);
    }
    store_close(s);
    FUZZ_CHECK(fs_read(&whole, path, &err) == 0, "%s", err.msg);
    unlink(path);
    snprintf(path, sizeof path, "%s/whole.db.lock", dir);
    unlink(path);
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb"); /* fs_write() would wait for the disk */
    FUZZ_CHECK(f && fwrite(data, 1, size, f) == size && fclose(f) == 0, "%s", path);
}

static void write_input(const char *path, const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 0) {
        write_file(path, data + 1, size - 1);
        return;
    }
    struct buf b = BUF_INIT;
    buf_append(&b, whole.data, whole.len);
    for (size_t i = 1; i + 4 <= size; i += 4) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % b.len;
        b.data[at] = (char)data[i + 3];
    }
    write_file(path, b.data, b.len);
    buf_release(&b);
}

static void read_cells(struct store *s)
{
    struct arena a;
    struct cell_row *rows;
    struct err err = { 0 };
    int n;
    arena_init(&a);
    int rc = query_cells(s, &a, &rows, &n, &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    for (int i = 0; rc == 0 && i < n; i++)
        for (int m = 0; m < N_METRICS; m++) {
            double *values = NULL;
            int n_values, width;
            if (query_values(s, rows[i].id, metrics[m], 0, &values, &n_values, &width, &err) < 0)
                fuzz_check_failed(-1, &err);
            free(values);
        }
    arena_release(&a);
}

static void read_frames(struct store *s)
{
    static int (*const makers[])(struct frame *, struct store *, struct err *) = {
        analyse_levels, analyse_cells, analyse_speed, analyse_text,
    };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        struct frame f = { 0 };
        struct err err = { 0 };
        int rc = makers[i](&f, s, &err);
        if (rc < 0)
            fuzz_check_failed(rc, &err);
        frame_release(&f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const more[] = { "", "-wal", "-shm", "-journal", ".lock" };
    struct store *s = NULL;
    struct err err = { 0 };
    char path[96];
    if (whole.len == 0)
        make_whole();
    snprintf(path, sizeof path, "%s/input.db", dir);
    write_input(path, data, size);
    int rc = store_open(&s, path, STORE_READ, &err);
    if (rc < 0) {
        fuzz_check_failed(rc, &err);
    } else {
        read_cells(s);
        read_frames(s);
        store_close(s);
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char name[112];
        snprintf(name, sizeof name, "%s%s", path, more[i]);
        unlink(name);
    }
    return 0;
}
