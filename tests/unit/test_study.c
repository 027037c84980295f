/* study: what a file says, what stands for what it leaves out, and every mistake with its place, all in one reading. */
#include <math.h>
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
#include "study/study.h"

struct fixture {
    struct arena arena;
    char dir[64];
    const char *path;
    struct settings defaults;
    struct study study;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    arena_init(&f->arena);
    snprintf(f->dir, sizeof f->dir, "%.32s/perbit-study.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir))
        return -1;
    f->path = fs_join(&f->arena, f->dir, "laptop.yaml");
    opt_defaults(&settings_table, &f->defaults, &f->arena);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    rmdir(f->dir);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    f->err = (struct err){ 0 };
    assert_int_equal(fs_write(f->path, text, strlen(text), &f->err), 0);
    return study_load(&f->study, &f->arena, f->path, &f->defaults, &f->err);
}

static void load_well(struct fixture *f, const char *text)
{
    if (load(f, text) < 0)
        fail_msg("%s", f->study.n_mistakes ? f->study.mistakes[0] : f->err.msg);
}

static void assert_path(struct fixture *f, const char *got, const char *want)
{
    assert_string_equal(got, fs_join(&f->arena, f->dir, want));
}

static void everything_said(void **state)
{
    struct fixture *f = *state;
    load_well(f, "name: one study\n"
                 "models:\n"
                 "  - name: first\n"
                 "    path: a.gguf\n"
                 "    imatrix: /elsewhere/a.imatrix\n"
                 "    files: { Q4_K_M: ready.gguf, q8_0: other.gguf }\n"
                 "  - sub/b.gguf\n"
                 "levels: [Q8_0, q4_k, BF16]\n"
                 "base: bf16\n"
                 "measures: [speed, perplexity]\n"
                 "file: text.txt\n"
                 "n_ctx: 128\n"
                 "ctx_size: 256\n" /* an alias; the last one counts */
                 "keep_files: false\n"
                 "memory_budget: 8GiB\n"
                 "store: /tmp/s.db\n");
    const struct study *s = &f->study;
    assert_string_equal(s->name, "one study");
    assert_int_equal(s->n_models, 2);
    assert_string_equal(s->models[0].name, "first");
    assert_path(f, s->models[0].path, "a.gguf"); /* beside the study file */
    assert_string_equal(s->models[0].imatrix, "/elsewhere/a.imatrix");
    assert_int_equal(s->models[0].n_files, 2);
    assert_string_equal(s->models[0].files[1].level, "Q8_0");
    assert_path(f, s->models[0].files[1].path, "other.gguf");
    assert_null(s->models[1].name);
    assert_path(f, s->models[1].path, "sub/b.gguf");
    assert_int_equal(s->n_levels, 3);
    assert_string_equal(s->levels[1], "Q4_K_M"); /* by the name that results carry */
    assert_string_equal(s->base, "BF16");
    assert_int_equal(s->n_measures, 2);
    assert_int_equal(s->measures[0], KIND_SPEED);
    assert_int_equal(s->measures[1], KIND_PERPLEXITY);
    assert_path(f, s->settings.file, "text.txt");
    assert_int_equal(s->settings.n_ctx, 256);
    assert_false(s->settings.keep_files);
    assert_int_equal(s->settings.memory_budget, (int64_t)8 << 30);
    assert_string_equal(s->settings.store, "/tmp/s.db");
    assert_int_equal(s->n_mistakes, 0);
}

static void what_is_left_out(void **state)
{
    struct fixture *f = *state;
    load_well(f, "models: a.gguf\nfile: text.txt\n"); /* one stands for a list of one */
    const struct study *s = &f->study;
    assert_string_equal(s->name, "laptop"); /* the file's */
    assert_int_equal(s->n_models, 1);
    assert_int_equal(s->n_levels, 8);
    assert_string_equal(s->levels[0], "BF16");
    assert_string_equal(s->base, "BF16");
    assert_int_equal(s->n_measures, 3);
    assert_int_equal(s->measures[0], KIND_KL);
    assert_int_equal(s->settings.n_ctx, 512);
    load_well(f, "models: [a.gguf]\nlevels: [Q8_0, Q4_0]\nmeasures: [speed]\n"); /* speed needs no text */
    assert_string_equal(s->base, "Q8_0");
    assert_null(s->settings.file);
}

/* The four tiers of a benchmark: a sweep, the core, the whole matrix of the best, the machine. */
static void tiers(void **state)
{
    struct fixture *f = *state;
    const struct study *parts;
    int n;
    load_well(f, "models: [{name: one, path: a.gguf}, {name: two, path: b.gguf}, c.gguf]\nbase: BF16\nfile: t.txt\nlimit: 9\n"
                 "tiers:\n"
                 "  - {name: sweep, measures: [perplexity]}\n"
                 "  - {name: core, levels: [BF16, Q4_K_M], tasks: [mmlu, gsm8k], limit: 100}\n"
                 "  - {models: [two, c.gguf], tasks: mmlu, measures: [kl], levels: [BF16, Q8_0]}\n"
                 "  - {name: machine, models: one, levels: Q4_K_M, measures: [speed, memory], n_gpu_layers: -1}\n");
    const struct study *t = f->study.tiers;
    assert_int_equal(f->study.n_tiers, 4);
    assert_int_equal(t[0].n_models, 3);
    assert_int_equal(t[0].n_levels, f->study.n_levels);
    assert_int_equal(t[0].n_measures, 1);
    assert_int_equal(t[0].measures[0], KIND_PERPLEXITY);
    assert_null(t[0].settings.tasks);
    assert_string_equal(t[1].tier, "core");
    assert_int_equal(t[1].n_levels, 2);
    assert_int_equal(t[1].n_measures, 0);
    assert_string_equal(t[1].settings.tasks, "mmlu,gsm8k");
    assert_true(t[0].settings.limit == 9 && t[1].settings.limit == 100);
    assert_string_equal(t[2].tier, "3");
    assert_int_equal(t[2].n_models, 2);
    assert_string_equal(t[2].models[0].name, "two");
    assert_string_equal(t[2].base, "BF16");
    assert_string_equal(t[3].base, "Q4_K_M"); /* the study's is no level of it, and nothing is compared */
    assert_int_equal(t[3].n_measures, 2);
    assert_int_equal(t[3].settings.n_gpu_layers, -1);
    assert_int_equal(t[0].settings.n_gpu_layers, 0);
    assert_int_equal(study_parts(&parts, &n, &f->study, NULL, &f->err), 0);
    assert_true(n == 4 && parts == t);
    assert_int_equal(study_parts(&parts, &n, &f->study, "core", &f->err), 0);
    assert_true(n == 1 && parts == &t[1]);
    assert_int_equal(study_parts(&parts, &n, &f->study, "4", &f->err), 0);
    assert_true(n == 1 && parts == &t[3]);
    assert_int_equal(study_parts(&parts, &n, &f->study, "cores", &f->err), -1);
    assert_string_equal(f->err.msg, "--tier: 'cores' is not one of: 1 (sweep), 2 (core), 3, 4 (machine)");
    /* what the study says of measures and tasks, where a tier says neither */
    load_well(f, "models: [a.gguf]\nmeasures: [speed]\ntasks: [x]\ntiers: [{levels: [BF16]}, {tasks: y}]\n");
    assert_true(f->study.tiers[0].n_measures == 1 && strcmp(f->study.tiers[0].settings.tasks, "x") == 0);
    assert_true(f->study.tiers[1].n_measures == 0 && strcmp(f->study.tiers[1].settings.tasks, "y") == 0);
    load_well(f, "models: [a.gguf]\nmeasures: [speed]\n");
    assert_int_equal(study_parts(&parts, &n, &f->study, NULL, &f->err), 0);
    assert_true(n == 1 && parts == &f->study);
    assert_int_equal(study_parts(&parts, &n, &f->study, "1", &f->err), -1);
}

static void the_file_wins_over_the_command_line(void **state)
{
    struct fixture *f = *state;
    f->defaults.n_ctx = 1024;
    f->defaults.n_chunks = 7;
    f->defaults.file = "/given.txt";
    load_well(f, "models: [a.gguf]\nn_ctx: 64\n");
    assert_int_equal(f->study.settings.n_ctx, 64);
    assert_int_equal(f->study.settings.n_chunks, 7);
    assert_string_equal(f->study.settings.file, "/given.txt");
}

/* One mistake each, behind two lines without any. */
static const struct {
    const char *text, *message;
} mistakes[] = {
    { "levels: [Q4_K_N]", "3:10: levels: unknown level 'Q4_K_N'; did you mean 'Q4_K_M'?" },
    { "levels:\n  - Q8_0\n  - {a: b}", "5:5: levels: expected a text, found a mapping" },
    { "levels: [Q8_0, ~]", "3:16: levels: expected a text, found nothing" },
    { "levels: [Q8_0, Q8_0]", "3:16: levels: 'Q8_0' stands twice" },
    { "levels: [Q4_K, Q4_K_M]", "3:16: levels: 'Q4_K_M' stands twice" },
    { "levels: [BF16]\nbase: Q8_0", "4:7: base: 'Q8_0' is not one of the study's levels" },
    { "base: [BF16]", "3:7: base: expected a text, found a list" },
    { "measures: [klx]", "3:12: measures: unknown measure 'klx'; did you mean 'kl'?" },
    { "measures: [beauty]", "3:12: measures: 'beauty' is not one of: perplexity, kl, " },
    { "measures: [kl, quantize]", "3:16: measures: 'quantize' is not one of: " },
    { "n_ctx: many", "3:8: n_ctx: expected a whole number of tokens" },
    { "n_ctx: 1.5", "3:8: n_ctx: expected a whole number of tokens" },
    { "n_ctx: 3", "3:8: n_ctx: " },
    { "n_ctx: 99999999999999999999", "3:8: n_ctx: " },
    { "n_ctx:", "3:7: n_ctx: expected a text, found nothing" },
    { "flash_attn: perhaps", "3:13: flash_attn: 'perhaps' is not one of: on, off, auto" },
    { "keep_files: maybe", "3:13: keep_files: " },
    { "memory_budget: 8 apples", "3:16: memory_budget: " },
    { "store: {}", "3:8: store: expected a text, found a mapping" },
    { "n_ctxx: 512", "3:1: unknown key 'n_ctxx'; did you mean 'n_ctx'?" },
    { "zebra: 1", "3:1: unknown key 'zebra'" },
    { "json: true", "3:1: unknown key 'json'" }, /* a setting, of the command line's */
    { "tiers: []", "3:8: tiers: expected at least one" },
    { "tiers: [{levels: [Q4_K_N]}]", "3:19: levels: unknown level 'Q4_K_N'; did you mean 'Q4_K_M'?" },
    { "tiers: [{models: [zebra]}]", "3:19: models: 'zebra' is not one of the study's models" },
    { "tiers: [{name: x}, {}, {name: x}]", "3:24: tiers: 'x' stands twice" },
    { "tiers: [{name: '2'}, {}]", "3:9: tiers: the name '2' is the number of another tier" },
    { "tiers: [{store: a.db}]", "3:10: store: belongs to the study, not to a tier" },
    { "tiers: [{tiers: []}]", "3:10: tiers: unknown key 'tiers'" },
    { "tiers: [x]", "3:9: tiers: expected a mapping" },
    { "profiles: [{ram: 8GB}]", "3:12: profiles: expected a mapping with a name" },
    { "profiles: [{name: x, ram: much}]", "3:27: profiles: ram: " },
    { "profiles: [{name: x, price_per_hour: free}]", "3:38: profiles: price_per_hour: expected a number, found 'free'" },
    { "profiles: [{name: x, rams: 1}]", "3:22: profiles: unknown key 'rams'; did you mean 'ram'?" },
    { "profiles: [{name: x}, {name: x}]", "3:23: profiles: 'x' stands twice" },
    { "tiers: [{levels: [Q8_0], base: BF16}]", "3:32: base: 'BF16' is not one of the tier's levels" },
    { "base: BF16\ntiers: [{levels: [Q8_0], measures: [kl]}]", "4:9: base: 'BF16' is not one of the tier's levels" },
    { "name: [a]", "3:7: name: expected a text, found a list" },
};

static void each_mistake_has_its_place(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const char *want = arena_printf(&f->arena, "%s:%s", f->path, mistakes[i].message);
        if (load(f, arena_printf(&f->arena, "models: [a.gguf]\nfile: t.txt\n%s\n", mistakes[i].text)) == 0)
            fail_msg("accepted: %s", mistakes[i].text);
        assert_int_equal(f->err.code, ERR_USAGE);
        if (strncmp(f->err.msg, want, strlen(want)) != 0)
            fail_msg("%s\n  says  %s\n  not   %s", mistakes[i].text, f->err.msg, want);
    }
}

static const struct {
    const char *text, *message;
} models[] = {
    { "file: t.txt\n", "1:1: missing key 'models' (a list of GGUF files)" },
    { "file: t.txt\nmodels: []\n", "2:9: models: expected at least one model" },
    { "file: t.txt\nmodels: [[a]]\n", "2:10: models: expected a path or a mapping, found a list" },
    { "file: t.txt\nmodels: [{name: x}]\n", "2:10: models: missing key 'path' (a GGUF file)" },
    { "file: t.txt\nmodels:\n  - path: a\n    imatrx: b\n", "4:5: models: unknown key 'imatrx'; did you mean 'imatrix'?" },
    { "file: t.txt\nmodels: [{path: a, files: [b]}]\n", "2:27: files: expected a mapping from level to path, found a list" },
    { "file: t.txt\nmodels: [{path: a, files: {Q9: b}}]\n", "2:28: files: unknown level 'Q9'" },
    { "models: [a.gguf]\n", "1:1: missing key 'file' (the text for perplexity and kl)" },
    { "- a\n- b\n", "1:1: expected a mapping (name: ..., models: ...), found a list" },
};

static void mistakes_in_models(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const char *want = arena_printf(&f->arena, "%s:%s", f->path, models[i].message);
        assert_int_equal(load(f, models[i].text), -1);
        assert_int_equal(f->err.code, ERR_USAGE);
        if (strncmp(f->err.msg, want, strlen(want)) != 0)
            fail_msg("%s\n  says  %s\n  not   %s", models[i].text, f->err.msg, want);
    }
}

static void all_mistakes_at_once(void **state)
{
    struct fixture *f = *state;
    static const char *const want[] = {
        "1:1: unknown key 'modles'; did you mean 'models'?",
        "2:10: levels: unknown level 'Q4_K_N'; did you mean 'Q4_K_M'?",
        "2:24: levels: 'Q8_0' stands twice",
        "3:12: measures: unknown measure 'klx'; did you mean 'kl'?",
        "4:14: repetitions: expected a whole number of repetitions",
        "1:1: missing key 'models' (a list of GGUF files)",
    };
    enum { N = sizeof want / sizeof *want };
    assert_int_equal(load(f, "modles: [a.gguf]\nlevels: [Q4_K_N, Q8_0, Q8_0]\nmeasures: [klx]\nrepetitions: many\n"), -1);
    assert_string_equal(f->err.msg, arena_printf(&f->arena, "%s: %d mistakes, nothing was run", f->path, N));
    assert_int_equal(f->study.n_mistakes, N);
    for (int i = 0; i < N; i++) {
        const char *line = arena_printf(&f->arena, "%s:%s", f->path, want[i]);
        if (strncmp(f->study.mistakes[i], line, strlen(line)) != 0)
            fail_msg("%s\n  not   %s", f->study.mistakes[i], line);
    }
}

/* Settings hold for a whole tier: what needs others is another part of it, under the same name. */
static void a_tier_in_parts(void **state)
{
    struct fixture *f = *state;
    const struct study *parts;
    int n;
    load_well(f, "models: [a.gguf]\nmeasures: [speed]\n"
                 "tiers: [{name: a}, {name: b, n_gpu_layers: 0}, {name: b, n_gpu_layers: 99}, {}, {name: c}]\n");
    assert_int_equal(f->study.n_tiers, 5);
    assert_int_equal(study_parts(&parts, &n, &f->study, "b", &f->err), 0);
    assert_true(n == 2 && parts == &f->study.tiers[1]);
    assert_int_equal(study_parts(&parts, &n, &f->study, "2", &f->err), 0);
    assert_true(n == 2 && parts[1].settings.n_gpu_layers == 99);
    assert_string_equal(f->study.tiers[3].tier, "3");
    assert_int_equal(study_parts(&parts, &n, &f->study, "4", &f->err), 0);
    assert_true(n == 1 && parts == &f->study.tiers[4]);
    assert_int_equal(study_parts(&parts, &n, &f->study, "5", &f->err), -1);
    assert_string_equal(f->err.msg, "--tier: '5' is not one of: 1 (a), 2 (b), 3, 4 (c)");
}

static void profiles(void **state)
{
    struct fixture *f = *state;
    load_well(f, "models: [{path: a.gguf, config: shapes/a.json}]\nmeasures: [speed]\nprofiles:\n"
                 "  - { name: laptop, ram: 8GB, n_gpu_layers: 0, note: small }\n"
                 "  - { name: cloud, vram: 24GiB, price_per_hour: 0.5 }\n");
    const struct study_profile *p = f->study.profiles;
    assert_int_equal(f->study.n_profiles, 2);
    assert_string_equal(f->study.models[0].config, fs_join(&f->arena, f->dir, "shapes/a.json"));
    assert_true(strcmp(p[0].name, "laptop") == 0 && p[0].ram_bytes == 8000000000 && p[0].vram_bytes == 0);
    assert_true(p[0].n_gpu_layers == 0 && isnan(p[0].price_per_hour) && strcmp(p[0].note, "small") == 0);
    assert_true(p[1].vram_bytes == 24ll << 30 && p[1].price_per_hour == 0.5 && p[1].n_gpu_layers == -1 && !p[1].note);
}

/* Somebody gives a data file for a study: a hundred lines are enough. */
static void a_flood_of_mistakes(void **state)
{
    struct fixture *f = *state;
    struct buf text = BUF_INIT;
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "zebra%d: 1\n", i);
    assert_int_equal(load(f, text.data), -1);
    assert_int_equal(f->study.n_mistakes, 100);
    buf_release(&text);
}

static void what_is_no_yaml(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = { "name: [\n", "a: 1\na: 2\n", "\xff\xfe\n", "a: 'x\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(load(f, texts[i]), -1);
        assert_int_equal(f->err.code, ERR_FORMAT);
        assert_memory_equal(f->err.msg, f->path, strlen(f->path));
        assert_int_equal(f->study.n_mistakes, 0);
    }
    assert_int_equal(study_load(&f->study, &f->arena, "/no/such.yaml", &f->defaults, &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tiers),
        TEST(a_tier_in_parts),
        TEST(profiles),
        TEST(everything_said),
        TEST(what_is_left_out),
        TEST(the_file_wins_over_the_command_line),
        TEST(each_mistake_has_its_place),
        TEST(mistakes_in_models),
        TEST(all_mistakes_at_once),
        TEST(a_flood_of_mistakes),
        TEST(what_is_no_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
