/* test_rubric: scores read from texts, and what a task file may say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "tasks/rubric.h"

static int parse(struct rubric *r, struct arena *a, const char *yaml, enum item_kind kind, struct err *err)
{
    struct yaml_node *node;
    assert_int_equal(yaml_parse(&node, a, yaml, strlen(yaml), "t.yaml", err), 0);
    return rubric_parse(r, node, kind, err);
}

static double score_of(const struct rubric *r, const char *text)
{
    double v;
    struct err err = { 0 };
    assert_int_equal(rubric_read(&v, r, pystr_z(text), &err), 0);
    return v;
}

static void reads_scores(void **state)
{
    (void)state;
    struct arena a;
    struct rubric r;
    struct err err = { 0 };
    arena_init(&a);
    assert_int_equal(parse(&r, &a, "human: s\nscore_range: [0, 5]\n", ITEM_GENERATE, &err), 0);
    assert_true(score_of(&r, "Score: 3/5") == 3);
    assert_true(score_of(&r, "4.0") == 4);
    assert_true(isnan(score_of(&r, "3.5"))); /* between two steps */
    assert_true(isnan(score_of(&r, "7")));
    assert_true(isnan(score_of(&r, "")));
    assert_true(isnan(score_of(&r, "good")));
    assert_int_equal(parse(&r, &a, "human: s\nscore_range: [1, 6]\nstep: 0.5\npattern: 'Note: ([0-9,]+)|none'\n", ITEM_GENERATE, &err), 0);
    assert_true(score_of(&r, "1 Note: 2,5!") == 2.5);
    assert_true(isnan(score_of(&r, "none"))); /* the group took no part */
    arena_release(&a);
}

static void humans(void **state)
{
    (void)state;
    struct rubric r = { .human = "s", .low = 0, .high = 5, .step = 1 };
    static const struct { const char *row; double want; } cases[] = {
        { "{\"s\": 3}", 3 }, { "{\"s\": \"4\"}", 4 }, { "{\"s\": 2.5}", 2.5 }, { "{\"s\": 6}", -1 }, { "{\"s\": null}", -1 },
        { "{\"t\": 3}", -1 }, { "{\"s\": \"x\"}", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double v = -1;
        struct err err = { 0 };
        yyjson_doc *doc = yyjson_read(cases[i].row, strlen(cases[i].row), 0);
        int rc = rubric_human(&v, &r, yyjson_doc_get_root(doc), &err);
        assert_int_equal(rc, cases[i].want < 0 ? -1 : 0);
        if (rc == 0)
            assert_true(v == cases[i].want);
        yyjson_doc_free(doc);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct { const char *yaml; enum item_kind kind; const char *message; } cases[] = {
        { "score_range: [0, 5]", ITEM_GENERATE, "t.yaml:1: perbit_rubric: human: expected the column" },
        { "human: s", ITEM_GENERATE, "score_range: expected two numbers" },
        { "human: s\nscore_range: [5, 0]", ITEM_GENERATE, "t.yaml:2: perbit_rubric: score_range" },
        { "human: s\nscore_range: [0, 5]\nstep: 2", ITEM_GENERATE, "step: expected whole steps" },
        { "human: s\nscore_range: [0, 5]\nmethod: logits", ITEM_GENERATE, "output_type multiple_choice" },
        { "human: s\nscore_range: [0, 5]\nmethod: regex", ITEM_MULTIPLE_CHOICE, "output_type generate_until" },
        { "human: s\nscore_range: [0, 5]\npattern: '('", ITEM_GENERATE, "t.yaml:3: perbit_rubric: pattern" },
        { "human: s\nscore_range: [0, 5]\nscale: 1", ITEM_GENERATE, "t.yaml:3: perbit_rubric: scale: expected one of" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct rubric r;
        struct err err = { 0 };
        arena_init(&a);
        assert_int_equal(parse(&r, &a, cases[i].yaml, cases[i].kind, &err), -1);
        if (!strstr(err.msg, cases[i].message))
            fail_msg("'%s', expected '%s'", err.msg, cases[i].message);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_scores), cmocka_unit_test(humans), cmocka_unit_test(refuses) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
