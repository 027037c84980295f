/* test_gen_options: generation_kwargs, --gen_kwargs and --max_gen_toks together; JSON as lm-evaluation-harness prints it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "study/gen_options.h"
#include "taskcase.h"

#define TASK "task: t\ndataset_path: x\ntest_split: test\noutput_type: generate_until\ndoc_to_text: q\ndoc_to_target: a\n"

static void merges(void **state)
{
    (void)state;
    static const struct { const char *file, *given; int64_t max_gen_toks; const char *kwargs; int64_t max_tokens; int n_until;
                          double temperature; } cases[] = {
        { "", "", 0, "{\"temperature\": 0.0, \"do_sample\": false, \"max_gen_toks\": 256, \"until\": [\"\\n\\n\"]}", 256, 1, 0 },
        { "generation_kwargs: {max_gen_toks: 7, temperature: 0}\n", "", 0,
          "{\"max_gen_toks\": 7, \"temperature\": 0.0, \"until\": [\"\\n\\n\"]}", 7, 1, 0 },
        { "generation_kwargs: {until: [a, b], max_gen_toks: 7}\n", "max_gen_toks=9,until=c", 0,
          "{\"until\": \"c\", \"max_gen_toks\": 9}", 9, 1, 0 },
        { "generation_kwargs: {until: []}\n", "{\"until\": [\"x\", \"y,z\"]}", 5, "{\"until\": [\"x\", \"y,z\"], \"max_gen_toks\": 5}", 5, 2, 0 },
        { "generation_kwargs: {until: [], do_sample: false}\n", "do_sample=true,temperature=0.5,top_k=40", 0,
          "{\"until\": [], \"do_sample\": true, \"temperature\": 0.5, \"top_k\": 40}", 256, 0, 0.5 },
        { "generation_kwargs: {until: [], do_sample: false}\n", "temperature=0.5", 0,
          "{\"until\": [], \"do_sample\": false, \"temperature\": 0.5}", 256, 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct taskcase c;
        struct arena a;
        struct gen_options o;
        struct settings s = { .gen_kwargs = cases[i].given, .max_gen_toks = cases[i].max_gen_toks, .temperature = -1, .top_k = -1,
                              .top_p = -1 };
        char *text = xasprintf(TASK "%s", cases[i].file);
        arena_init(&a);
        taskcase_begin(&c);
        taskcase_file(&c, "t.yaml", text);
        if (taskcase_open(&c, "t") != 0 || gen_options_of(&o, &a, c.suite->tasks[0], &s, &c.err) != 0)
            fail_msg("%s", c.err.msg);
        assert_string_equal(o.kwargs, cases[i].kwargs);
        assert_int_equal(o.max_tokens, cases[i].max_tokens);
        assert_int_equal(o.n_until, cases[i].n_until);
        assert_true(o.temperature == cases[i].temperature);
        taskcase_end(&c);
        arena_release(&a);
        free(text);
    }
}

static void think(void **state)
{
    (void)state;
    static const struct { const char *text; int mode; int64_t budget; } cases[] = {
        { NULL, THINK_AUTO, 0 }, { "on", THINK_ON, 0 }, { "off", THINK_OFF, 0 }, { "512", THINK_BUDGET, 512 },
        { "0", -1, 0 }, { "much", -1, 0 }, { "-4", -1, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings s = { .think = cases[i].text };
        struct err err = { 0 };
        enum think_mode mode;
        int64_t budget;
        int rc = gen_options_think(&mode, &budget, &s, &err);
        assert_int_equal(rc, cases[i].mode < 0 ? -1 : 0);
        if (rc == 0)
            assert_true((int)mode == cases[i].mode && budget == cases[i].budget);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(merges), cmocka_unit_test(think) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
