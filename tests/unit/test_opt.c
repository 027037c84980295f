/* test_opt: every type, every spelling, every message; help; JSON there and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

struct settings {
    int64_t n_ctx, n_gpu_layers, n_chunks, ram_bytes, top_k;
    double rope_scale, min_p;
    bool log_samples, use_mmap;
    const char *model, *flash_attn, *tasks;
};

static const char *const attn_choices[] = {"on", "off", "auto", NULL};

static const struct opt_row rows[] = {
    {.key = "model",
     .short_name = "m",
     .type = OPT_STR,
     .offset = offsetof(struct settings, model),
     .help = "model file",
     .group = "engine",
     .moves_results = true},
    {.key = "n_ctx",
     .short_name = "c",
     .alias = "ctx_size",
     .type = OPT_INT,
     .offset = offsetof(struct settings, n_ctx),
     .unit = "tokens",
     .def = "4096",
     .min = 2,
     .max = 1048576,
     .help = "size of the context",
     .group = "engine",
     .moves_results = true},
    {.key = "n_gpu_layers",
     .short_name = "ngl",
     .type = OPT_INT,
     .offset = offsetof(struct settings, n_gpu_layers),
     .unit = "layers",
     .def = "-1",
     .min = -1,
     .max = 1e18,
     .help = "layers on the GPU, -1 for all",
     .group = "engine"},
    {.key = "flash_attn",
     .short_name = "fa",
     .type = OPT_CHOICE,
     .offset = offsetof(struct settings, flash_attn),
     .def = "auto",
     .choices = attn_choices,
     .help = "flash attention",
     .group = "engine",
     .moves_results = true},
    {.key = "use_mmap",
     .type = OPT_BOOL,
     .offset = offsetof(struct settings, use_mmap),
     .def = "true",
     .help = "map the model file",
     .group = "engine"},
    {.key = "ram_limit",
     .type = OPT_BYTES,
     .offset = offsetof(struct settings, ram_bytes),
     .help = "stop above this",
     .group = "engine"},
    {.key = "rope_scale",
     .type = OPT_NUM,
     .offset = offsetof(struct settings, rope_scale),
     .def = "1",
     .help = "factor of the positions",
     .group = "engine",
     .moves_results = true},
    {.key = "min_p",
     .type = OPT_NUM,
     .offset = offsetof(struct settings, min_p),
     .def = "0.05",
     .min = 0,
     .max = 1,
     .help = "least probability",
     .group = "engine"},
    {.key = "chunks",
     .type = OPT_INT,
     .offset = offsetof(struct settings, n_chunks),
     .unit = "chunks",
     .def = "-1",
     .min = -1,
     .max = 1e9,
     .group = "perplexity",
     .help =
         "number of chunks to compute, where -1 means as many as the text has, so that the whole "
         "of it counts",
     .moves_results = true},
    {.key = "log_samples",
     .type = OPT_BOOL,
     .offset = offsetof(struct settings, log_samples),
     .def = "false",
     .help = "write every answer",
     .group = "eval"},
    {.key = "tasks",
     .type = OPT_LIST,
     .offset = offsetof(struct settings, tasks),
     .help = "names of tasks",
     .group = "eval"},
    {.key = "top_k",
     .type = OPT_INT,
     .offset = offsetof(struct settings, top_k),
     .help = "unset: none",
     .group = "eval"},
};
static const struct opt_table table = {rows, sizeof(rows) / sizeof(*rows)};

static struct arena arena;
static struct settings s;
static const char **args;
static int n_args;

static int reset(void **state)
{
    (void)state;
    memset(&s, 0xa5, sizeof(s));
    opt_defaults(&table, &s, &arena);
    return 0;
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Parses a command line whose words are separated by '|'. */
static int parse(const char *line, const char *const *groups, struct err *err)
{
    char *argv[32];
    int argc = 0;
    for (char *word = arena_strdup(&arena, line); *word && argc < 32;) {
        argv[argc++] = word;
        word += strcspn(word, "|");
        if (*word)
            *word++ = '\0';
    }
    return opt_parse(&table, groups, &s, argc, argv, &arena, &args, &n_args, err);
}

static void parse_ok(const char *line)
{
    struct err e = {0};
    if (parse(line, NULL, &e))
        fail_msg("%s: %s", line, e.msg);
}

static void defaults_fill_every_field(void **state)
{
    (void)state;
    assert_int_equal(s.n_ctx, 4096);
    assert_int_equal(s.n_gpu_layers, -1);
    assert_int_equal(s.ram_bytes, 0);
    assert_true(s.rope_scale == 1 && s.min_p == 0.05);
    assert_true(s.use_mmap);
    assert_false(s.log_samples);
    assert_null(s.model);
    assert_null(s.tasks);
    assert_string_equal(s.flash_attn, "auto");
}

static void every_spelling_is_read(void **state)
{
    (void)state;
    parse_ok(
        "in.gguf|--n_ctx|8192|-ngl|0|--flash-attn=on|--log-samples|--no-use_mmap|--ram_limit|8GiB|"
        "--rope-scale=0.5|-m|x=y.gguf|--chunks|-1|--tasks=a,b|-|-3|--|--n_ctx|-c");
    assert_int_equal(s.n_ctx, 8192);
    assert_int_equal(s.n_gpu_layers, 0);
    assert_string_equal(s.flash_attn, "on");
    assert_true(s.log_samples);
    assert_false(s.use_mmap);
    assert_int_equal(s.ram_bytes, INT64_C(8) << 30);
    assert_true(s.rope_scale == 0.5);
    assert_string_equal(s.model, "x=y.gguf");
    assert_int_equal(s.n_chunks, -1);
    assert_string_equal(s.tasks, "a,b");
    static const char *const expected[] = {"in.gguf", "-", "-3", "--n_ctx", "-c"};
    assert_int_equal(n_args, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(args[i], expected[i]);
}

static void more_spellings(void **state)
{
    (void)state;
    parse_ok("--ctx-size|16|-ngl=5|--use_mmap=off|--log_samples=yes|--model=|-fa|off|--min_p|1e-3");
    assert_int_equal(s.n_ctx, 16);
    assert_int_equal(s.n_gpu_layers, 5);
    assert_false(s.use_mmap);
    assert_true(s.log_samples);
    assert_string_equal(s.model, "");
    assert_true(s.min_p == 1e-3);
    parse_ok("-c|32|-c|64|--no_log_samples|--model|-x^2");
    assert_int_equal(s.n_ctx, 64); /* the last one counts */
    assert_false(s.log_samples);
    assert_string_equal(s.model, "-x^2");
    assert_int_equal(n_args, 0);
    parse_ok("");
}

static void messages_say_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *line, *msg;
    } cases[] = {
        {"--n_ctx|many",
         "--n_ctx: expected a whole number of tokens from 2 to 1048576, found 'many'"},
        {"-c|1", "-c: expected a whole number of tokens from 2 to 1048576, found '1'"},
        {"--n-ctx=99999999999999999999", "--n-ctx: expected a whole number of tokens from 2 to "
                                         "1048576, found '99999999999999999999'"},
        {"--n_ctx|4.5",
         "--n_ctx: expected a whole number of tokens from 2 to 1048576, found '4.5'"},
        {"--n_ctx=", "--n_ctx: expected a whole number of tokens from 2 to 1048576, found ''"},
        {"-ngl|-2", "-ngl: expected a whole number of layers, at least -1, found '-2'"},
        {"--flash_attn|maybe", "--flash_attn: 'maybe' is not one of: on, off, auto"},
        {"--min_p|1.5", "--min_p: expected a number from 0 to 1, found '1.5'"},
        {"--rope_scale|nan", "--rope_scale: expected a number, found 'nan'"},
        {"--rope_scale|0x10", "--rope_scale: expected a number, found '0x10'"},
        {"--rope_scale|1e999", "--rope_scale: expected a number, found '1e999'"},
        {"--ram_limit|8 apples", "--ram_limit: expected a size such as 8GiB, found '8 apples'"},
        {"--log_samples=maybe", "--log_samples: expected true or false, found 'maybe'"},
        {"--n_ctx", "--n_ctx: expected a whole number of tokens from 2 to 1048576, found nothing"},
        {"--model|--n_ctx|5", "--model: expected a text, found nothing"},
        {"-m|-c|5", "-m: expected a text, found nothing"},
        {"--no-log_samples=1", "--no-log_samples takes no value, found '1'"},
        {"--chunk|5", "unknown option '--chunk'; did you mean '--chunks'?"},
        {"--chunk=5", "unknown option '--chunk'; did you mean '--chunks'?"},
        {"--nctx|5", "unknown option '--nctx'; did you mean '--n_ctx'?"},
        {"--N-CTX|5", "unknown option '--N-CTX'; did you mean '--n_ctx'?"},
        {"-chunks|5", "unknown option '-chunks'; did you mean '--chunks'?"},
        {"--taskss|5", "unknown option '--taskss'; did you mean '--tasks'?"},
        {"--something_else", "unknown option '--something_else'"},
        {"-z", "unknown option '-z'"},
        {"--=5", "unknown option '--'"},
        {"--no-n_ctx", "unknown option '--no-n_ctx'; did you mean '--n_ctx'?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err e = {0};
        assert_int_equal(parse(cases[i].line, NULL, &e), -1);
        assert_string_equal(e.msg, cases[i].msg);
        assert_int_equal(e.code, ERR_USAGE);
        assert_int_equal(parse(cases[i].line, NULL, NULL), -1);
    }
    assert_int_equal(s.n_ctx, 4096); /* a refused value changes nothing */
}

static void only_the_groups_of_a_command(void **state)
{
    (void)state;
    static const char *const groups[] = {"eval", "engine", NULL};
    struct err e = {0};
    assert_int_equal(parse("--tasks|a|-c|8", groups, &e), 0);
    assert_int_equal(parse("--chunks|8", groups, &e), -1);
    assert_string_equal(e.msg, "this command does not take the option '--chunks'");
    assert_int_equal(parse("--chunk|8", groups, &e), -1);
    assert_string_equal(e.msg, "unknown option '--chunk'"); /* no advice that would not work */
    assert_true(opt_in_groups(&rows[0], groups));
    assert_true(opt_in_groups(&rows[8], NULL));
    assert_false(opt_in_groups(&rows[8], groups));
}

static void a_study_file_names_its_place(void **state)
{
    (void)state;
    struct err e = {0};
    const struct opt_row *row = opt_find(&table, "ctx-size");
    assert_non_null(row);
    assert_string_equal(row->key, "n_ctx");
    assert_null(opt_find(&table, "c"));
    assert_int_equal(opt_set(row, &s, "none", "study.yaml:3:5", &arena, &e), -1);
    assert_string_equal(e.msg, "study.yaml:3:5: n_ctx: expected a whole number of tokens from 2 to "
                               "1048576, found 'none'");
    assert_int_equal(opt_set(row, &s, "12", "study.yaml:3:5", &arena, &e), 0);
    assert_int_equal(s.n_ctx, 12);
}

static void texts_are_copied(void **state)
{
    (void)state;
    char text[] = "a.gguf", choice[] = "on";
    assert_int_equal(opt_set(opt_find(&table, "model"), &s, text, NULL, &arena, NULL), 0);
    assert_int_equal(opt_set(opt_find(&table, "flash_attn"), &s, choice, NULL, &arena, NULL), 0);
    text[0] = choice[0] = 'x';
    assert_string_equal(s.model, "a.gguf");
    assert_string_equal(s.flash_attn, "on");
}

static void help_is_aligned_and_wrapped(void **state)
{
    (void)state;
    static const char *const groups[] = {"perplexity", "eval", NULL};
    struct buf out = BUF_INIT;
    opt_help(&table, groups, &out);
    assert_string_equal(out.data,
                        "perplexity options:\n"
                        "  --chunks N          number of chunks to compute, where -1 means as many "
                        "as the text has, so that\n"
                        "                      the whole of it counts (chunks, default -1)\n"
                        "\n"
                        "eval options:\n"
                        "  --[no-]log_samples  write every answer\n"
                        "  --tasks A,B,...     names of tasks\n"
                        "  --top_k N           unset: none\n");
    buf_clear(&out);
    opt_help(&table, NULL, &out);
    assert_non_null(strstr(
        out.data, "  -c, --n_ctx N                  size of the context (tokens, default 4096)\n"));
    assert_non_null(
        strstr(out.data, "  -fa, --flash_attn on|off|auto  flash attention (default auto)\n"));
    assert_memory_equal(out.data, "engine options:\n", 16);
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    buf_release(&out);
}

static char *to_json(bool only_moving)
{
    struct buf out = BUF_INIT;
    struct jw w;
    jw_init(&w, &out);
    jw_object(&w);
    opt_json(&table, NULL, only_moving, &s, &w);
    jw_end(&w);
    return buf_detach(&out);
}

static int from_json(const char *text, struct err *err)
{
    struct json *j = NULL;
    assert_int_equal(json_parse(&j, text, strlen(text), "cell", NULL), 0);
    int ret = opt_from_json(&table, &s, j, json_root(j), &arena, err);
    json_close(j);
    return ret;
}

static void json_goes_there_and_back(void **state)
{
    (void)state;
    parse_ok("-m|a\"b.gguf|--n_ctx|77|--ram_limit|9007199254740993|--rope_scale|0.1|--no-use_mmap|"
             "--tasks|a, b|--log_samples|-fa|off");
    char *text = to_json(false);
    struct settings before = s;
    reset(NULL);
    struct err e = {0};
    if (from_json(text, &e))
        fail_msg("%s", e.msg);
    char *again = to_json(false);
    assert_string_equal(again, text);
    assert_int_equal(s.ram_bytes, before.ram_bytes);
    assert_true(s.rope_scale == 0.1);
    assert_string_equal(s.model, "a\"b.gguf");
    assert_non_null(strstr(text, "\"top_k\":null"));
    free(text);
    free(again);
}

static void only_what_moves_results(void **state)
{
    (void)state;
    char *text = to_json(true);
    assert_string_equal(text, "{\"model\":null,\"n_ctx\":4096,\"flash_attn\":\"auto\","
                              "\"rope_scale\":1.0,\"chunks\":-1}");
    free(text);
}

static void json_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *msg;
    } cases[] = {
        {"[]", "cell: expected an object with settings"},
        {"{\"n_ctxx\":1}", "cell: unknown setting 'n_ctxx'; did you mean 'n_ctx'?"},
        {"{\"qqqqqq\":1}", "cell: unknown setting 'qqqqqq'"},
        {"{\"n_ctx\":1.5}",
         "cell: n_ctx: expected a whole number of tokens from 2 to 1048576, found "
         "'a fraction'"},
        {"{\"n_ctx\":[]}",
         "cell: n_ctx: expected a whole number of tokens from 2 to 1048576, found "
         "'a list or an object'"},
        {"{\"log_samples\":3}", "cell: log_samples: expected true or false, found '3'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err e = {0};
        assert_int_equal(from_json(cases[i].text, &e), -1);
        assert_string_equal(e.msg, cases[i].msg);
        assert_int_equal(e.code, ERR_USAGE);
    }
}

static void nearest_names(void **state)
{
    (void)state;
    static const char *const names[] = {"smoke", "quick", "full", "n_shot", "q4_k_m", "run"};
    static const struct {
        const char *text, *nearest;
    } cases[] = {
        {"quik", "quick"},
        {"qucik", "quick"},
        {"nshot", "n_shot"},
        {"n-shot", "n_shot"},
        {"Q4_K_M", "q4_k_m"},
        {"ful", "full"},
        {"x", NULL},
        {"", NULL},
        {"unrelated", NULL},
        {"smokey", "smoke"},
        {"rnu", "run"}, /* a swap is one edit */
        {"a_very_long_name_that_is_longer_than_any_option_has_ever_been_in_any_program", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *found = opt_nearest(cases[i].text, names, 6);
        assert_string_equal(found ? found : "-", cases[i].nearest ? cases[i].nearest : "-");
    }
    assert_null(opt_nearest("x", NULL, 0));
}

static void lists_are_split(void **state)
{
    (void)state;
    int n = -1;
    const char *const *parts = opt_split(&arena, " a, b c ,,d,\t,", &n);
    assert_int_equal(n, 3);
    assert_string_equal(parts[0], "a");
    assert_string_equal(parts[1], "b c");
    assert_string_equal(parts[2], "d");
    opt_split(&arena, "", &n);
    assert_int_equal(n, 0);
    opt_split(&arena, NULL, &n);
    assert_int_equal(n, 0);
    opt_split(&arena, " , ,", &n);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_fill_every_field, reset, release),
        cmocka_unit_test_setup_teardown(every_spelling_is_read, reset, release),
        cmocka_unit_test_setup_teardown(more_spellings, reset, release),
        cmocka_unit_test_setup_teardown(messages_say_what_is_allowed, reset, release),
        cmocka_unit_test_setup_teardown(only_the_groups_of_a_command, reset, release),
        cmocka_unit_test_setup_teardown(a_study_file_names_its_place, reset, release),
        cmocka_unit_test_setup_teardown(texts_are_copied, reset, release),
        cmocka_unit_test_setup_teardown(help_is_aligned_and_wrapped, reset, release),
        cmocka_unit_test_setup_teardown(json_goes_there_and_back, reset, release),
        cmocka_unit_test_setup_teardown(only_what_moves_results, reset, release),
        cmocka_unit_test_setup_teardown(json_errors, reset, release),
        cmocka_unit_test_setup_teardown(nearest_names, reset, release),
        cmocka_unit_test_setup_teardown(lists_are_split, reset, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
