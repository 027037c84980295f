/* test_grader: scores of written answers: filters, several targets, instructions, awkward texts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "taskcase.h"
#include "tasks/grader.h"

#define HEAD "dataset_path: x\ntest_split: test\noutput_type: generate_until\ndoc_to_text: '{{q}}'\ndoc_to_target: a\n"

static struct score grade(struct grader *g, int i, const struct item *item, const char *text)
{
    struct score s[GRADER_SCORES_MAX];
    struct err err = { 0 };
    const struct text t = { text, strlen(text) };
    const struct given given = { .texts = &t, .n_texts = 1 };
    if (grader_score(s, g, item, &given, &err) != 0)
        fail_msg("%s", err.msg);
    return s[i];
}

static void two_filters(void **state)
{
    (void)state;
    struct taskcase c;
    struct grader *g;
    taskcase_begin(&c);
    taskcase_file(&c, "t.yaml", "task: t\n" HEAD "filter_list:\n"
                  "  - {name: strict, filter: [{function: regex, regex_pattern: '#### ([0-9]+)'}, {function: take_first}]}\n"
                  "  - {name: last, filter: [{function: regex, group_select: -1, regex_pattern: '([0-9]+)'}, {function: take_first}]}\n"
                  "metric_list: [{metric: exact_match}]\n");
    assert_int_equal(taskcase_open(&c, "t"), 0);
    assert_int_equal(grader_open(&g, c.suite->tasks[0], &c.err), 0);
    assert_int_equal(grader_n_filters(g), 2);
    assert_string_equal(grader_filter(g, 1), "last");
    struct item item = { .kind = ITEM_GENERATE, .target = { "12", 2 } };
    assert_true(grade(g, 0, &item, "so #### 12").value == 1);
    assert_true(grade(g, 0, &item, "so 12").value == 0);
    assert_true(grade(g, 1, &item, "so 12").value == 1);
    assert_true(grade(g, 1, &item, "").value == 0);
    static const struct text targets[] = { { "7", 1 }, { "9", 1 } };
    item.choices = targets;
    item.n_choices = 2;
    assert_true(grade(g, 1, &item, "9").value == 1);
    char *big = xmalloc(50001); /* nothing that a model writes is too long */
    memset(big, 'x', 50000);
    big[50000] = '\0';
    assert_true(grade(g, 0, &item, big).value == 0);
    free(big);
    assert_true(grade(g, 1, &item, "\xff\xfe 9 \xc3").value == 1);
    grader_close(g);
    taskcase_end(&c);
}

static void unknown_filters_are_refused(void **state)
{
    (void)state;
    struct taskcase c;
    struct grader *g;
    taskcase_begin(&c);
    taskcase_file(&c, "t.yaml", "task: t\n" HEAD "filter_list: [{name: f, filter: [{function: guess}]}]\n");
    assert_int_equal(taskcase_open(&c, "t"), 0);
    assert_int_equal(grader_open(&g, c.suite->tasks[0], &c.err), -1);
    assert_non_null(strstr(c.err.msg, "unknown filter function 'guess'"));
    taskcase_end(&c);
}

static void parts_are_pooled(void **state)
{
    (void)state;
    static const struct task_metric m = { "inst_level_strict_acc", MEASURE_OWN, AGGREGATE_FLAT_MEAN, true, NULL };
    const struct score s[] = { { .parts = 1, .n_parts = 1 }, { .parts = 2, .n_parts = 3 } };
    struct total t;
    assert_int_equal(score_total(&t, &m, s, 2, NULL), 0);
    assert_true(t.value == 0.5); /* 2 of 4, not the mean of 1 and 1/3 */
    assert_true(isnan(t.se) && t.n == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(two_filters), cmocka_unit_test(unknown_filters_are_refused),
                                        cmocka_unit_test(parts_are_pooled) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
