/*
 * quantize over libllama: `perbit quantize` writes the same bytes as llama-quantize for the eight levels, on a narrow
 * real model (its fallback types) and on a wide random one; so does the library with importance matrices of both
 * formats; refusals in clear words; a disk that fills leaves nothing behind.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <ggml.h>
#include <gguf.h>

#include "base/xalloc.h"
#include "core/quant.h"
#include "engine/imatrix.h"
#include "engine/quantize.h"
#include "model/reference.h"
#include "recorder.h"

enum { N_THREADS = 2 };

struct fixture {
    struct reference ref;
    const char *want, *got; /* files */
    struct recorder rec;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    reference_open(&f->ref);
    f->want = fs_join(&f->ref.arena, f->ref.dir, "want.gguf");
    f->got = fs_join(&f->ref.arena, f->ref.dir, "got.gguf");
    recorder_init(&f->rec);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    recorder_release(&f->rec);
    reference_close(&f->ref);
    free(f);
    return 0;
}

static int quantize(struct fixture *f, struct quantize_params p)
{
    recorder_release(&f->rec);
    recorder_init(&f->rec);
    f->err = (struct err){ 0 };
    p.out = p.out ? p.out : f->got;
    p.overwrite = true;
    return quantize_file(&p, &f->rec.sink, &f->err);
}

static void assert_same(struct fixture *f, const char *in, const char *level, const char *imatrix, bool pure)
{
    struct quantize_params p = { .in = in, .out = f->got, .level = level, .imatrix = imatrix, .pure = pure,
                                 .n_threads = N_THREADS };
    int64_t predicted, written;
    reference_run(NULL, "'%s/llama-quantize' %s %s%s%s '%s' '%s' %s %d", f->ref.bin, pure ? "--pure" : "",
                  imatrix ? "--imatrix '" : "", imatrix ? imatrix : "", imatrix ? "'" : "", in, f->want, level, N_THREADS);
    if (quantize_predict_bytes(&predicted, &p, &f->err) || quantize(f, p))
        fail_msg("%s", f->err.msg);
    if (!reference_same_bytes(f->want, f->got))
        fail_msg("%s as %s: other bytes than llama-quantize", in, level);
    assert_int_equal(fs_size(&written, f->got, &f->err), 0);
    assert_true(predicted >= written && predicted - written < 200000);
}

/* By the program, which prints "FILE<tab>SIZE". */
static void assert_program_same(struct fixture *f, const char *in, const char *level)
{
    const struct quantize_params p = { .in = in, .level = level };
    const char *dir = fs_join(&f->ref.arena, f->ref.dir, "levels");
    struct buf printed = BUF_INIT;
    int64_t predicted, written;
    reference_run(NULL, "'%s/llama-quantize' '%s' '%s' %s %d", f->ref.bin, in, f->want, level, N_THREADS);
    reference_run(&printed, "'%s' quantize -q '%s' '%s' %s", f->ref.perbit, in, dir, level);
    const char *got = arena_strndup(&f->ref.arena, printed.data, strcspn(printed.data, "\t"));
    if (!reference_same_bytes(f->want, got))
        fail_msg("%s as %s: other bytes than llama-quantize", in, level);
    if (quantize_predict_bytes(&predicted, &p, &f->err) || fs_size(&written, got, &f->err))
        fail_msg("%s", f->err.msg);
    assert_true(predicted >= written && predicted - written < 200000);
    unlink(got);
    buf_release(&printed);
}

static void same_bytes_as_llama_quantize(void **state)
{
    struct fixture *f = *state;
    int n_levels = 0;
    for (int m = 0; m < 2; m++)
        for (int i = 0; quant_at(i)->in_study; i++, n_levels++)
            assert_program_same(f, m == 0 ? f->ref.real : f->ref.random, quant_at(i)->name);
    assert_int_equal(n_levels, 16);
}

static void other_levels_and_options(void **state)
{
    struct fixture *f = *state;
    static const char *const levels[] = { "F16", "Q4_1", "IQ4_NL", "TQ2_0" };
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
        assert_same(f, f->ref.random, levels[i], NULL, false);
    assert_same(f, f->ref.random, "Q4_K_M", NULL, true); /* pure */
}

static void progress_and_fallbacks(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(quantize(f, (struct quantize_params){ .in = f->ref.real, .level = "Q2_K" }), 0);
    const struct event *fact = recorder_last(&f->rec, EVENT_FACT), *first = NULL;
    int64_t done = -1;
    assert_non_null(fact);
    assert_string_equal(fact->key, "fallback_tensors");
    assert_string_equal(fact->text, "180 of 272"); /* width 576 is no multiple of 256 */
    for (int i = 0; i < f->rec.n; i++) {
        const struct event *e = &f->rec.events[i];
        if (e->kind != EVENT_PROGRESS)
            continue;
        first = first ? first : e;
        assert_int_equal(e->total, 272);
        assert_true(e->done > done);
        done = e->done;
    }
    assert_int_equal(first->done, 0);
    assert_int_equal(done, 272);
    assert_int_equal(quantize(f, (struct quantize_params){ .in = f->ref.random, .level = "Q2_K" }), 0);
    assert_null(recorder_last(&f->rec, EVENT_FACT));
    struct quantize_params p = { .in = f->ref.random, .out = f->got, .level = "Q8_0", .overwrite = true };
    recorder_release(&f->rec);
    recorder_init(&f->rec);
    f->rec.refuse_at = 1;
    assert_int_equal(quantize_file(&p, &f->rec.sink, &f->err), -1);
    assert_int_equal(f->err.code, ERR_CANCELLED);
}

/* ---- importance matrices ---- */

/* Values that every column of a tensor gets, positive and uneven. */
static float sum2(int i_tensor, int64_t column)
{
    return 0.01f + (float)((column * 2654435761u + (unsigned)i_tensor * 40503u) % 1000) / 10.0f;
}

/* One entry a block weight of the model; metadata as llama-imatrix writes it. without: a key to leave out. */
static void write_imatrix(struct fixture *f, const char *path, const char *without)
{
    struct ggml_context *shapes = NULL;
    const struct gguf_init_params params = { .no_alloc = true, .ctx = &shapes };
    struct gguf_context *model = gguf_init_from_file(f->ref.random, params), *g = gguf_init_empty();
    struct ggml_context *c = ggml_init((struct ggml_init_params){ .mem_size = 16u << 20 });
    const char *const datasets[] = { "calibration text.txt", "more.txt" };
    int i_tensor = 0;
    assert_non_null(model);
    gguf_set_val_str(g, "general.type", "imatrix");
    if (strcmp(without, "imatrix.datasets") != 0)
        gguf_set_arr_str(g, "imatrix.datasets", (const char **)(uintptr_t)datasets, 2);
    if (strcmp(without, "imatrix.chunk_count") != 0)
        gguf_set_val_u32(g, "imatrix.chunk_count", 7);
    if (strcmp(without, "imatrix.chunk_size") != 0)
        gguf_set_val_u32(g, "imatrix.chunk_size", 512);
    for (struct ggml_tensor *t = ggml_get_first_tensor(shapes); t; t = ggml_get_next_tensor(shapes, t)) {
        char name[GGML_MAX_NAME];
        if (strncmp(t->name, "blk.", 4) != 0 || t->ne[1] < 2)
            continue;
        struct ggml_tensor *sums = ggml_new_tensor_2d(c, GGML_TYPE_F32, t->ne[0], 1);
        struct ggml_tensor *counts = ggml_new_tensor_2d(c, GGML_TYPE_F32, 1, 1);
        snprintf(name, sizeof(name), "%.40s.in_sum2", t->name);
        ggml_set_name(sums, name);
        snprintf(name, sizeof(name), "%.40s.counts", t->name);
        ggml_set_name(counts, name);
        for (int64_t k = 0; k < t->ne[0]; k++)
            ((float *)sums->data)[k] = sum2(i_tensor, k);
        *(float *)counts->data = i_tensor == 1 ? 0.0f : 3583.6f; /* rounded to whole tokens; 0 = never seen */
        gguf_add_tensor(g, sums);
        if (strcmp(without, "counts") != 0)
            gguf_add_tensor(g, counts);
        i_tensor++;
    }
    assert_true(gguf_write_to_file(g, path, false));
    ggml_free(c);
    ggml_free(shapes);
    gguf_free(g);
    gguf_free(model);
}

static void put_i32(struct buf *b, int32_t v)
{
    buf_append(b, &v, sizeof(v));
}

/* The older format, of the entries of a GGUF matrix. */
static void write_dat(struct fixture *f, const char *path, const struct imatrix *m)
{
    struct buf b = BUF_INIT;
    put_i32(&b, m->n);
    for (int i = 0; i < m->n; i++) {
        put_i32(&b, (int32_t)strlen(m->entries[i].name));
        buf_puts(&b, m->entries[i].name);
        put_i32(&b, 3);
        put_i32(&b, m->entries[i].n);
        buf_append(&b, m->entries[i].data, (size_t)m->entries[i].n * sizeof(float));
    }
    put_i32(&b, 11);
    put_i32(&b, 8);
    buf_puts(&b, "wiki.txt");
    assert_int_equal(fs_write(path, b.data, b.len, &f->err), 0);
    buf_release(&b);
}

static void importance_matrices(void **state)
{
    struct fixture *f = *state;
    const char *gguf = fs_join(&f->ref.arena, f->ref.dir, "matrix.gguf");
    const char *dat = fs_join(&f->ref.arena, f->ref.dir, "matrix.dat");
    struct imatrix m;
    write_imatrix(f, gguf, "");
    if (imatrix_load(&m, &f->ref.arena, gguf, &f->err))
        fail_msg("%s", f->err.msg);
    assert_int_equal(m.n, 3 * 7);
    assert_int_equal(m.n_chunks, 7);
    assert_int_equal(m.n_datasets, 2);
    assert_string_equal(m.datasets[1], "more.txt");
    for (int i = 0; i < m.n; i++) /* by name: the file may have any order */
        if (strcmp(m.entries[i].name, "blk.0.attn_q.weight") == 0)
            assert_true(m.entries[i].data[5] == sum2(0, 5) / 3584.0f);
        else if (strcmp(m.entries[i].name, "blk.0.attn_k.weight") == 0)
            assert_true(m.entries[i].data[5] == 1.0f);
    static const char *const levels[] = { "Q4_0", "Q4_K_M", "Q2_K_S", "IQ3_XXS" };
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
        assert_same(f, f->ref.random, levels[i], gguf, false);

    write_dat(f, dat, &m);
    assert_int_equal(imatrix_load(&m, &f->ref.arena, dat, &f->err), 0);
    assert_int_equal(m.n, 3 * 7);
    assert_int_equal(m.n_chunks, 11);
    assert_string_equal(m.datasets[0], "wiki.txt");
    assert_same(f, f->ref.random, "Q4_K_M", dat, false);
}

static void damaged_matrices_are_named(void **state)
{
    struct fixture *f = *state;
    const char *path = fs_join(&f->ref.arena, f->ref.dir, "damaged");
    static const char *const missing[] = { "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size", "counts" };
    struct imatrix m;
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++) {
        write_imatrix(f, path, missing[i]);
        assert_int_equal(imatrix_load(&m, &f->ref.arena, path, &f->err), -1);
        assert_int_equal(f->err.code, ERR_FORMAT);
        assert_non_null(strstr(f->err.msg, missing[i]));
    }
    assert_int_equal(imatrix_load(&m, &f->ref.arena, f->ref.random, &f->err), -1); /* a model is none */
    assert_int_equal(f->err.code, ERR_FORMAT);
    write_imatrix(f, path, "");
    assert_int_equal(imatrix_load(&m, &f->ref.arena, path, &f->err), 0);
    const char *dat = fs_join(&f->ref.arena, f->ref.dir, "damaged.dat");
    write_dat(f, dat, &m);
    assert_int_equal(fs_read(&b, dat, &f->err), 0);
    /* each length: never a crash, and whole entries only */
    const size_t tail = 16; /* chunks and data set may be missing */
    for (size_t n = 0; n < b.len - tail; n = n < 200 ? n + 1 : n + 997) {
        assert_int_equal(fs_write(path, b.data, n, &f->err), 0);
        assert_int_equal(imatrix_load(&m, &f->ref.arena, path, &f->err), -1);
        assert_int_equal(f->err.code, ERR_FORMAT);
    }
    assert_int_equal(fs_write(path, b.data, b.len - tail, &f->err), 0);
    assert_int_equal(imatrix_load(&m, &f->ref.arena, path, &f->err), 0);
    assert_int_equal(m.n_datasets, 0);
    assert_int_equal(fs_write(path, "GGUFxxxxxxxxxxx", 15, &f->err), 0);
    assert_int_equal(imatrix_load(&m, &f->ref.arena, path, &f->err), -1);
    assert_int_equal(imatrix_load(&m, &f->ref.arena, "/no such file", &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
    buf_release(&b);
}

/* ---- refusals ---- */

static void assert_refused(struct fixture *f, struct quantize_params p, enum err_code code, const char *message)
{
    unlink(f->got);
    assert_int_equal(quantize(f, p), -1);
    if (f->err.code != code || !strstr(f->err.msg, message))
        fail_msg("%s: %s", err_code_name(f->err.code), f->err.msg);
    assert_false(fs_exists(f->got));
    assert_false(fs_exists(arena_printf(&f->ref.arena, "%s.part.%ld", f->got, (long)getpid())));
}

static void refusals_are_clear(void **state)
{
    struct fixture *f = *state;
    const char *q4 = fs_join(&f->ref.arena, f->ref.dir, "q4.gguf");
    const char *cut = fs_join(&f->ref.arena, f->ref.dir, "cut.gguf");
    assert_refused(f, (struct quantize_params){ .in = f->ref.random, .level = "IQ2_XXS" }, ERR_USAGE,
                   "IQ2_XXS needs an importance matrix: --imatrix FILE");
    assert_int_equal(quantize(f, (struct quantize_params){ .in = f->ref.random, .out = q4, .level = "Q4_K_M" }), 0);
    static const char *const levels[] = { "Q8_0", "BF16", "F32" };
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        assert_refused(f, (struct quantize_params){ .in = q4, .level = levels[i] }, ERR_USAGE,
                       "q4.gguf: is quantized already (q");
        assert_non_null(strstr(f->err.msg, "--allow_requantize"));
    }
    assert_int_equal(quantize(f, (struct quantize_params){ .in = q4, .level = "BF16", .allow_requantize = true }), 0);
    reference_run(NULL, "head -c 1000000 '%s' > '%s'", f->ref.random, cut);
    assert_int_equal(quantize(f, (struct quantize_params){ .in = cut, .level = "Q8_0" }), -1);
    assert_non_null(strstr(f->err.msg, "cut.gguf"));
    assert_refused(f, (struct quantize_params){ .in = f->ref.text, .level = "Q8_0" }, ERR_FORMAT, "not a GGUF file");
    assert_refused(f, (struct quantize_params){ .in = f->ref.random, .level = "Q8_0", .imatrix = f->ref.text }, ERR_FORMAT,
                   "text.txt");
}

/* A limit of the file size is what a full disk looks like to a stream. Other files of the process keep it out. */
static void a_full_disk_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    static const int64_t room[] = { 0, 3 << 20, 20 << 20, -1, -40000 };
    int64_t whole;
    assert_int_equal(quantize(f, (struct quantize_params){ .in = f->ref.random, .level = "Q8_0" }), 0);
    assert_int_equal(fs_size(&whole, f->got, &f->err), 0);
    for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++) {
        const int64_t limit = room[i] < 0 ? whole + room[i] : room[i];
        fflush(NULL);
        const pid_t child = fork();
        if (child == 0) {
            const struct rlimit r = { (rlim_t)limit, (rlim_t)limit };
            signal(SIGXFSZ, SIG_IGN);
            unlink(f->got);
            setrlimit(RLIMIT_FSIZE, &r);
            const int ret = quantize(f, (struct quantize_params){ .in = f->ref.random, .level = "Q8_0" });
            const char *part = arena_printf(&f->ref.arena, "%s.part.%ld", f->got, (long)getpid());
            if (ret != -1 || f->err.code != ERR_IO || !strstr(f->err.msg, f->ref.dir) || fs_exists(f->got) || fs_exists(part)) {
                printf("%d %s: %s\n", ret, err_code_name(f->err.code), f->err.msg);
                fflush(stdout);
                _exit(1);
            }
            _exit(0);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* A model of more bytes than the disk has free: a file with a hole for its one tensor. */
static void write_huge(struct fixture *f, const char *path, int64_t n_bytes)
{
    const struct gguf_init_params params = { .no_alloc = true };
    struct gguf_context *model = gguf_init_from_file(f->ref.random, params), *g = gguf_init_empty();
    struct ggml_context *c = ggml_init((struct ggml_init_params){ .mem_size = 1u << 20, .no_alloc = true });
    struct ggml_tensor *t = ggml_new_tensor_2d(c, GGML_TYPE_F32, 4096, n_bytes / 4096 / 4 + 1);
    assert_non_null(model);
    gguf_set_kv(g, model);
    ggml_set_name(t, "token_embd.weight");
    gguf_add_tensor(g, t);
    assert_true(gguf_write_to_file(g, path, true));
    assert_int_equal(truncate(path, (off_t)(gguf_get_meta_size(g) + ggml_nbytes(t))), 0);
    gguf_free(g);
    gguf_free(model);
    ggml_free(c);
}

static void too_little_space_is_seen_before(void **state)
{
    struct fixture *f = *state;
    const char *huge = fs_join(&f->ref.arena, f->ref.dir, "huge.gguf");
    int64_t free_bytes, need_bytes;
    assert_int_equal(fs_free_bytes(&free_bytes, f->ref.dir, &f->err), 0);
    write_huge(f, huge, 2 * free_bytes + free_bytes / 4);
    struct quantize_params p = { .in = huge, .level = "F16" };
    if (quantize_predict_bytes(&need_bytes, &p, &f->err))
        fail_msg("%s", f->err.msg);
    assert_true(need_bytes > free_bytes);
    assert_refused(f, p, ERR_IO, ": needs ");
    assert_non_null(strstr(f->err.msg, f->ref.dir));
    assert_non_null(strstr(f->err.msg, " for F16, "));
    assert_int_equal(f->rec.n, 0);
    unlink(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_as_llama_quantize),
        cmocka_unit_test(other_levels_and_options),
        cmocka_unit_test(progress_and_fallbacks),
        cmocka_unit_test(importance_matrices),
        cmocka_unit_test(damaged_matrices_are_named),
        cmocka_unit_test(refusals_are_clear),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(too_little_space_is_seen_before),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
