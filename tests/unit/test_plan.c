/*
 * plan: which files and cells a study makes, what is done already, and that a model nobody can read is a row with its
 * reason. Models are fake; they are inspected in a worker, which is this program again.
 *
 * valgrind: no, /proc/self/exe, which the worker is started by, is valgrind's own program there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "study/plan.h"
#include "study/worker.h"

static const char fake_model[] = "{\"perbit_fake_model\":1,\"name\":\"%s\",\"level\":\"BF16\"}\n";

struct fixture {
    struct arena arena;
    char dir[64];
    struct study_model models[2];
    struct study study;
    struct plan plan;
    struct err err;
};

static const char *write_file(struct fixture *f, const char *name, const char *text)
{
    const char *path = fs_join(&f->arena, f->dir, name);
    assert_int_equal(fs_write(path, text, strlen(text), &f->err), 0);
    return path;
}

static const char *const levels[] = { "BF16", "Q8_0", "Q4_0" };

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    arena_init(&f->arena);
    snprintf(f->dir, sizeof f->dir, "%.32s/perbit-plan.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir))
        return -1;
    setenv("PERBIT_CACHE", f->dir, 1);
    *state = f;
    f->models[0].path = write_file(f, "one.gguf", arena_printf(&f->arena, fake_model, "one model"));
    f->models[1].path = write_file(f, "two.gguf", arena_printf(&f->arena, fake_model, "two"));
    f->study = (struct study){ .name = "s", .path = fs_join(&f->arena, f->dir, "s.yaml"), .models = f->models, .n_models = 1,
                               .levels = levels, .n_levels = 3, .base = "BF16", .measures = { KIND_KL, KIND_SPEED },
                               .n_measures = 2 };
    opt_defaults(&settings_table, &f->study.settings, &f->arena);
    f->study.settings.file = write_file(f, "text.txt", "Some text.\n");
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = { "one.gguf", "two.gguf", "text.txt", "digests" };
    struct fixture *f = *state;
    plan_release(&f->plan);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(fs_join(&f->arena, f->dir, names[i]));
    rmdir(f->dir);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static void build(struct fixture *f, struct store *store)
{
    plan_release(&f->plan);
    if (plan_build(&f->plan, &f->study, store, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static struct plan_cell *cell(struct fixture *f, const char *level, enum kind kind)
{
    for (int i = 0; i < f->plan.n_cells; i++)
        if (f->plan.cells[i].kind == kind && strcmp(f->plan.cells[i].variant->level, level) == 0)
            return &f->plan.cells[i];
    return NULL;
}

static void files_and_cells(void **state)
{
    struct fixture *f = *state;
    build(f, NULL);
    const struct plan *p = &f->plan;
    assert_true(p->is_synthetic);
    assert_int_equal(p->n_models, 1);
    assert_string_equal(p->models[0].name, "one model");
    assert_int_equal(strlen(p->models[0].sha256), 64);
    assert_int_equal(p->n_variants, 3);
    assert_true(p->variants[0].is_source && p->variants[0].is_base);
    assert_string_equal(p->variants[0].path, f->models[0].path);
    assert_false(p->variants[1].is_source || p->variants[1].is_base || p->variants[1].is_given);
    assert_string_equal(p->variants[1].path, fs_join(&f->arena, f->dir, "models/one-model-Q8_0.gguf"));
    assert_false(fs_exists(fs_join(&f->arena, f->dir, "models"))); /* a plan writes nothing */
    assert_ptr_equal(plan_base(&f->plan, &p->models[0], NULL), &p->variants[0]);
    /* quantize, kl and speed each; the base against itself twice */
    assert_int_equal(p->n_cells, 3 * 3 + 2);
    for (int i = 0; i < 3; i++)
        assert_true(cell(f, levels[i], KIND_QUANTIZE) && cell(f, levels[i], KIND_KL) && cell(f, levels[i], KIND_SPEED));
    assert_non_null(cell(f, "BF16", KIND_KL_SELF));
    assert_null(cell(f, "Q8_0", KIND_KL_SELF));
    for (int i = 0; i < p->n_cells; i++) {
        assert_int_equal(p->cells[i].status, STORE_NEW);
        for (int k = 0; k < i; k++) {
            char a[SHA256_HEX_BYTES], b[SHA256_HEX_BYTES];
            identity_key(a, &p->cells[i].identity);
            identity_key(b, &p->cells[k].identity);
            assert_string_not_equal(a, b);
        }
    }
}

static void identities_have_what_counts(void **state)
{
    struct fixture *f = *state;
    build(f, NULL);
    const struct identity *kl = &cell(f, "Q8_0", KIND_KL)->identity, *speed = &cell(f, "Q8_0", KIND_SPEED)->identity;
    assert_string_equal(kl->model_sha256, f->plan.models[0].sha256);
    assert_string_equal(kl->data_sha256, f->plan.text_sha256);
    assert_string_equal(kl->base, "level:BF16");
    assert_string_equal(kl->machine, ""); /* a perplexity is the same everywhere */
    assert_string_equal(speed->machine, f->plan.machine_id);
    assert_string_equal(speed->data_sha256, "");
    assert_string_equal(speed->base, "");
    assert_string_equal(speed->engine, backend_build());
    assert_non_null(strstr(kl->settings, "\"n_ctx\":512"));
    assert_null(strstr(kl->settings, "n_threads"));
    assert_non_null(strstr(speed->settings, "\"n_prompt\":512"));
}

static void a_file_that_is_given(void **state)
{
    struct fixture *f = *state;
    const struct study_file given = { "Q4_0", f->models[1].path };
    f->models[0].files = &given;
    f->models[0].n_files = 1;
    f->models[0].name = "named";
    f->study.settings.out_dir = "/out";
    build(f, NULL);
    assert_true(f->plan.variants[2].is_given);
    assert_string_equal(f->plan.variants[2].path, f->models[1].path);
    assert_string_equal(f->plan.models[0].name, "named");
    assert_string_equal(f->plan.variants[1].path, "/out/named-Q8_0.gguf");
}

/* An imatrix counts for quantized levels only: the base and its cells stay the same. */
static void an_imatrix(void **state)
{
    struct fixture *f = *state;
    f->models[0].imatrix = f->study.settings.file;
    build(f, NULL);
    assert_string_equal(f->plan.variants[0].imatrix_sha256, "");
    assert_int_equal(strlen(f->plan.variants[1].imatrix_sha256), 64);
    assert_string_equal(fs_basename(f->plan.variants[1].path), "one-model-Q8_0-imat.gguf");
    assert_string_equal(cell(f, "Q8_0", KIND_KL)->identity.imatrix_sha256, f->plan.variants[1].imatrix_sha256);
}

static void a_model_that_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    f->study.n_models = 2;
    f->models[0].path = fs_join(&f->arena, f->dir, "missing.gguf");
    build(f, NULL);
    assert_non_null(strstr(f->plan.models[0].reason, "missing.gguf: no such file"));
    assert_string_equal(f->plan.models[0].name, "missing.gguf");
    assert_memory_equal(f->plan.models[0].sha256, "unreadable-", 11);
    assert_null(f->plan.models[1].reason);
    assert_int_equal(f->plan.n_cells, 2 * 11);
    for (int i = 0; i < f->plan.n_variants; i++)
        assert_int_equal(f->plan.variants[i].reason != NULL, i < 3);
}

static void what_is_no_plan(void **state)
{
    struct fixture *f = *state;
    f->study.n_models = 2;
    f->models[1].path = f->models[0].path;
    assert_int_equal(plan_build(&f->plan, &f->study, NULL, &f->err), -1);
    assert_int_equal(f->err.code, ERR_USAGE);
    assert_string_equal(f->err.msg, "two models are named 'one model': give one of them a name");
    f->plan = (struct plan){ 0 };
    f->study.n_models = 1;
}

/* A plan of what is not here yet can be made; it cannot be run. */
static void a_text_that_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    f->study.settings.file = "/no/such.txt";
    build(f, NULL);
    assert_non_null(strstr(f->plan.text_reason, "/no/such.txt"));
    assert_string_equal(cell(f, "Q8_0", KIND_KL)->identity.data_sha256, "unreadable");
    assert_int_equal(plan_check_text(&f->plan, &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
    assert_non_null(strstr(f->err.msg, "/no/such.txt"));
}

/* A command measures a file as it is: one variant at the level that the file has, and no file is made. */
static void a_file_without_levels(void **state)
{
    struct fixture *f = *state;
    f->study.n_levels = 0;
    f->study.base = NULL;
    f->study.path = NULL;
    f->study.base_path = f->models[1].path;
    f->study.n_measures = 1;
    build(f, NULL);
    assert_int_equal(f->plan.n_variants, 1);
    assert_string_equal(f->plan.variants[0].level, "BF16");
    assert_int_equal(f->plan.n_cells, 1);
    assert_memory_equal(f->plan.cells[0].identity.base, "sha256:", 7);
    assert_null(plan_base(&f->plan, &f->plan.models[0], NULL));
}

static struct plan_variant *variant(struct fixture *f, const char *level, const char *adapter)
{
    for (int i = 0; i < f->plan.n_variants; i++) {
        struct plan_variant *v = &f->plan.variants[i];
        if (strcmp(v->level, level) == 0 && strcmp(v->adapter ? v->adapter->name : "", adapter) == 0)
            return v;
    }
    return NULL;
}

/* Every level without and with each adapter, of one file; a level's base has its adapter. */
static void adapters_of_a_study(void **state)
{
    struct fixture *f = *state;
    const char *path = write_file(f, "lora.gguf", "{\"perbit_fake_adapter\":1}");
    const struct adapter adapters[] = { { "maths", path, 1 }, { "half", path, 0.5 } };
    f->models[0].adapters = adapters;
    f->models[0].n_adapters = 2;
    f->models[0].has_adapters = true;
    build(f, NULL);
    assert_int_equal(f->plan.n_variants, 9);
    struct plan_variant *bare = variant(f, "Q8_0", ""), *maths = variant(f, "Q8_0", "maths"), *half = variant(f, "Q8_0", "half");
    assert_true(bare && maths && half);
    assert_null(bare->file_of);
    assert_ptr_equal(maths->file_of, bare);
    assert_string_equal(half->path, bare->path);
    assert_ptr_equal(plan_base(&f->plan, maths->model, maths->adapter), variant(f, "BF16", "maths"));
    assert_ptr_equal(plan_base(&f->plan, maths->model, NULL), variant(f, "BF16", ""));
    int n_quantize = 0;
    for (int i = 0; i < f->plan.n_cells; i++) {
        const struct plan_cell *c = &f->plan.cells[i];
        char a[SHA256_HEX_BYTES], b[SHA256_HEX_BYTES];
        n_quantize += c->kind == KIND_QUANTIZE;
        assert_string_equal(c->identity.adapter_sha256, c->variant->adapter ? c->variant->adapter->sha256 : "");
        for (int k = 0; k < i; k++) {
            identity_key(a, &c->identity);
            identity_key(b, &f->plan.cells[k].identity);
            assert_string_not_equal(a, b);
        }
    }
    assert_int_equal(n_quantize, 3);
    unlink(path);
    build(f, NULL);
    assert_non_null(strstr(variant(f, "Q8_0", "maths")->reason, "lora.gguf: no such file"));
    assert_null(variant(f, "Q8_0", "")->reason);
}

/* A command has the adapter that it was given, and nothing else. */
static void an_adapter_of_a_command(void **state)
{
    struct fixture *f = *state;
    const char *path = write_file(f, "lora.gguf", "{\"perbit_fake_adapter\":1}");
    f->study.settings.adapter = arena_printf(&f->arena, "%s:0.25", path);
    build(f, NULL);
    assert_int_equal(f->plan.n_variants, 6); /* of a study: with it and without */
    f->study.n_levels = 0;
    f->study.base = NULL;
    build(f, NULL);
    assert_int_equal(f->plan.n_variants, 1);
    assert_string_equal(f->plan.variants[0].adapter->name, "lora");
    assert_string_equal(f->plan.cells[0].identity.adapter_scale, "0.25");
    f->study.settings.adapter = arena_printf(&f->arena, "%s:much", path);
    plan_release(&f->plan);
    assert_int_equal(plan_build(&f->plan, &f->study, NULL, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "--adapter: expected a number as the adapter's scale, found 'much'"));
    f->plan = (struct plan){ 0 };
    unlink(path);
}

static void what_the_store_has(void **state)
{
    struct fixture *f = *state;
    const double values[] = { 1, 2 };
    struct store *store;
    struct store_cell claimed;
    int64_t model, variant;
    build(f, NULL);
    assert_int_equal(store_open(&store, ":memory:", STORE_WRITE, &f->err), 0);
    struct store_cell_spec spec = { .machine_id = "m1", .identity = cell(f, "Q8_0", KIND_KL)->identity };
    if (store_put_machine(store, "m1", "{}", &f->err) < 0 ||
        store_put_model(store, "aa", &f->plan.models[0].file, &model, &f->err) < 0 ||
        store_put_variant(store, model, "Q8_0", "", "x", NULL, NULL, &variant, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    spec.variant_id = variant;
    assert_int_equal(store_cell_claim(store, &spec, &claimed, &f->err), 0);
    const struct event e = { .kind = EVENT_SERIES, .metric = METRIC_NLL, .values = values, .n = 2 };
    assert_int_equal(store_put(store, claimed.id, &e, &f->err), 0);
    assert_int_equal(store_commit(store, &f->err), 0);
    spec.identity = cell(f, "Q4_0", KIND_SPEED)->identity;
    assert_int_equal(store_cell_claim(store, &spec, &claimed, &f->err), 0);
    assert_int_equal(store_cell_finish(store, claimed.id, NULL, &f->err), 0);

    build(f, store);
    assert_int_equal(cell(f, "Q8_0", KIND_KL)->status, STORE_RUNNING);
    assert_int_equal(cell(f, "Q8_0", KIND_KL)->next_index, 1);
    assert_int_equal(cell(f, "Q4_0", KIND_SPEED)->status, STORE_DONE);
    assert_int_equal(cell(f, "Q4_0", KIND_KL)->status, STORE_NEW);
    f->study.settings.n_ctx = 256; /* another setting: other cells, but for speed, which it does not move */
    build(f, store);
    assert_int_equal(cell(f, "Q8_0", KIND_KL)->status, STORE_NEW);
    assert_int_equal(cell(f, "Q4_0", KIND_SPEED)->status, STORE_DONE);
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return worker_main();
    const struct CMUnitTest tests[] = {
        TEST(files_and_cells),
        TEST(identities_have_what_counts),
        TEST(a_file_that_is_given),
        TEST(an_imatrix),
        TEST(a_model_that_cannot_be_read),
        TEST(what_is_no_plan),
        TEST(a_text_that_cannot_be_read),
        TEST(a_file_without_levels),
        TEST(what_the_store_has),
        TEST(adapters_of_a_study),
        TEST(an_adapter_of_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
