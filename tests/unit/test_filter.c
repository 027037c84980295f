/* test_filter: GSM8K's filters and metric on answers that lm-evaluation-harness 0.4.13 scored, other filters by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "tasks/exact_match.h"
#include "tasks/filter.h"

static const char gsm8k[] = "- name: strict-match\n"
                            "  filter:\n"
                            "    - function: regex\n"
                            "      regex_pattern: \"#### (\\\\-?[0-9\\\\.\\\\,]+)\"\n"
                            "    - function: take_first\n"
                            "- name: flexible-extract\n"
                            "  filter:\n"
                            "    - function: regex\n"
                            "      group_select: -1\n"
                            "      regex_pattern: \"(-?[$0-9.,]{2,})|(-?[0-9]+)\"\n"
                            "    - function: take_first\n";
static const char metric[] = "metric: exact_match\n"
                             "ignore_case: true\n"
                             "regexes_to_ignore:\n"
                             "  - \",\"\n"
                             "  - \"\\\\$\"\n"
                             "  - \"(?s).*#### \"\n"
                             "  - \"\\\\.$\"\n";

static struct yaml_node *yaml_of(struct arena *a, const char *text)
{
    struct yaml_node *node;
    struct err err = {0};
    if (yaml_parse(&node, a, text, strlen(text), "task.yaml", &err))
        fail_msg("%s", err.msg);
    return node;
}

static const struct {
    const char *response, *strict, *flexible; /* for the target "... #### 1234" */
    int is_strict, is_flexible;
} cases[] = {
    {"so\n#### 1,234", "1,234", "1,234", 1, 1},
    {"#### 1,234.\n#### 5", "1,234.", "5", 1, 0},
    {" The answer is $1234.", "[invalid]", "$1234.", 0, 1},
    {"x = -3, then ... 12", "[invalid]", "12", 0, 0},
    {"x = -3, then ...", "[invalid]", "...", 0, 0},
    {"1234.0", "[invalid]", "1234.0", 0, 0},
    {"", "[invalid]", "[invalid]", 0, 0},
};

static int scored(struct pystr picked)
{
    struct arena a = {0};
    struct exact_match_options o;
    struct err err = {0};
    double score = -1;
    assert_int_equal(exact_match_parse(&o, yaml_of(&a, metric), &a, &err), 0);
    assert_int_equal(exact_match(&score, &o, picked, pystr_z("1200 + 34 = 1234\n#### 1234"), &err), 0);
    arena_release(&a);
    return (int)score;
}

static void check_one(const struct filter_list *list, const char *response, const char *expected, int is_right,
                      struct arena *a)
{
    struct pystr r = pystr_z(response);
    struct filter_texts t = {&r, 1};
    struct err err = {0};
    assert_int_equal(filter_run(&t, list, a, &err), 0);
    assert_int_equal(t.n, 1);
    assert_true(pystr_equal(t.v[0], pystr_z(expected)));
    assert_int_equal(scored(t.v[0]), is_right);
}

static void gsm8k_as_lm_eval(void **state)
{
    (void)state;
    struct arena a = {0};
    struct filter_list *lists;
    struct err err = {0};
    int n;
    assert_int_equal(filter_parse(&lists, &n, yaml_of(&a, gsm8k), &a, &err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(lists[1].name, "flexible-extract");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_one(&lists[0], cases[i].response, cases[i].strict, cases[i].is_strict, &a);
        check_one(&lists[1], cases[i].response, cases[i].flexible, cases[i].is_flexible, &a);
    }
    arena_release(&a);
}

/* Runs the only list of steps on "Yes", " no ", " no ", "b1"; joined by |, None as -. */
static void assert_filtered(const char *steps, const char *expected)
{
    struct arena a = {0};
    struct filter_list *lists;
    struct err err = {0};
    struct buf out = BUF_INIT;
    struct pystr v[] = {pystr_z("Yes"), pystr_z(" no "), pystr_z(" no "), pystr_z("b1")};
    struct filter_texts t = {v, 4};
    int n;
    const char *text = arena_printf(&a, "[{name: x, filter: [%s]}]", steps);
    assert_int_equal(filter_parse(&lists, &n, yaml_of(&a, text), &a, &err), 0);
    assert_int_equal(filter_run(&t, lists, &a, &err), 0);
    for (int i = 0; i < t.n; i++)
        buf_printf(&out, "%.*s|", t.v[i].s ? (int)t.v[i].n_bytes : 1, t.v[i].s ? t.v[i].s : "-");
    assert_string_equal(out.data, expected);
    buf_release(&out);
    arena_release(&a);
}

static void other_filters(void **state)
{
    (void)state;
    assert_filtered("{function: take_first}", "Yes|");
    assert_filtered("{function: majority_vote}", " no |");
    assert_filtered("{function: take_first_k, k: 2}", "Yes| no |");
    assert_filtered("{function: remove_whitespace}, {function: uppercase}", "YES|NO|NO|B1|");
    assert_filtered("{function: lowercase}, {function: map, mapping_dict: {'yes': 1}, default_value: z}", "1|z|z|z|");
    assert_filtered("{function: map, mapping_dict: {Yes: A}}", "A|-|-|-|");
    assert_filtered("{function: regex, regex_pattern: '(\\w)(\\d)?', fallback: none, group_select: 0}", "Y|n|n|b|");
    assert_filtered("{function: regex, regex_pattern: '\\d', fallback: none}", "none|none|none|1|");
}

static void no_filters(void **state)
{
    (void)state;
    struct arena a = {0};
    struct filter_list *lists;
    struct err err = {0};
    struct pystr v[] = {pystr_z("a"), pystr_z("b")};
    struct filter_texts t = {v, 2};
    int n;
    assert_int_equal(filter_parse(&lists, &n, NULL, &a, &err), 0);
    assert_string_equal(lists[0].name, "none");
    assert_int_equal(filter_run(&t, lists, &a, &err), 0);
    assert_int_equal(t.n, 1);
    arena_release(&a);
}

static const struct {
    const char *yaml, *message;
} errors[] = {
    {"[{name: x, filter: [{function: magic}]}]", "task.yaml:1: unknown filter function 'magic'"},
    {"[{name: x}]", "task.yaml:1: filter_list: expected 'name' and a list 'filter'"},
    {"[{name: x, filter: [{function: regex, group_select: one}]}]",
     "task.yaml:1: group_select: expected a whole number"},
    {"x", "task.yaml:1: filter_list: expected a list"},
};

static void bad_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct arena a = {0};
        struct filter_list *lists;
        struct err err = {0};
        int n;
        assert_int_equal(filter_parse(&lists, &n, yaml_of(&a, errors[i].yaml), &a, &err), -1);
        assert_string_equal(err.msg, errors[i].message);
        arena_release(&a);
    }
}

static void exact_match_options(void **state)
{
    (void)state;
    struct exact_match_options plain = {0}, loose = {.ignore_case = true, .ignore_punctuation = true,
                                                     .ignore_numbers = true};
    struct err err = {0};
    double score;
    assert_int_equal(exact_match(&score, &plain, pystr_z("A."), pystr_z("a"), &err), 0);
    assert_true(score == 0);
    assert_int_equal(exact_match(&score, &loose, pystr_z("A. 1"), pystr_z("a "), &err), 0);
    assert_true(score == 1);
    assert_int_equal(exact_match(&score, &plain, pystr_of("a\0", 2), pystr_z("a"), &err), 0);
    assert_true(score == 1); /* numpy's texts do not end in NUL */
    assert_int_equal(exact_match(&score, &plain, pystr_of(NULL, 0), pystr_z(""), &err), 0);
    assert_true(score == 0); /* None */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gsm8k_as_lm_eval), cmocka_unit_test(other_filters),
                                       cmocka_unit_test(no_filters), cmocka_unit_test(bad_lists),
                                       cmocka_unit_test(exact_match_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
