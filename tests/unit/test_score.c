/* test_score: measures of items and what they say together; expected numbers from Python (numpy 2.4, sklearn 1.x). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "tasks/score.h"

#define T(s) {s, sizeof(s) - 1}
enum { N_METRICS = 4 };

static const struct task_metric metrics[N_METRICS] = {
    {"acc", MEASURE_ACC, AGGREGATE_MEAN, true, NULL},
    {"acc_norm", MEASURE_ACC_NORM, AGGREGATE_MEAN, true, NULL},
    {"acc_bytes", MEASURE_ACC_BYTES, AGGREGATE_MEAN, true, NULL},
    {"exact_match", MEASURE_EXACT_MATCH, AGGREGATE_MEAN, true, NULL},
};

static struct task choice_task(void)
{
    return (struct task){.name = "t", .kind = ITEM_MULTIPLE_CHOICE, .metrics = metrics, .n_metrics = N_METRICS};
}

/* Values of the four metrics of an item. */
static void expect(const struct item *item, const struct answer *answers, double acc, double norm, double bytes,
                   double exact)
{
    struct score s[N_METRICS];
    struct task t = choice_task();
    struct err err = {0};
    assert_int_equal(score_item(s, &t, item, answers, &err), 0);
    assert_true(s[0].value == acc);
    assert_true(s[1].value == norm);
    assert_true(s[2].value == bytes);
    assert_true(s[3].value == exact);
}

static void three_ways_to_choose(void **state)
{
    (void)state;
    /* code points 2, 4, 4; bytes 2, 4, 12: each way another choice */
    static const struct text choices[] = {T("ab"), T("abcd"), T("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac")};
    static const struct answer answers[] = {{.logprob = -3}, {.logprob = -5}, {.logprob = -6, .is_greedy = true}};
    for (int gold = 0; gold < 3; gold++) {
        struct item item = {.kind = ITEM_MULTIPLE_CHOICE, .choices = choices, .n_choices = 3, .gold = &gold, .n_gold = 1};
        expect(&item, answers, gold == 0, gold == 1, gold == 2, gold == 2);
    }
}

static void the_first_of_equals_wins(void **state)
{
    (void)state;
    static const struct text choices[] = {T("a"), T("a"), T("a")};
    static const struct answer answers[] = {{.logprob = -2}, {.logprob = -1}, {.logprob = -1}};
    int gold[] = {2};
    struct item item = {.kind = ITEM_MULTIPLE_CHOICE, .choices = choices, .n_choices = 3, .gold = gold, .n_gold = 1};
    expect(&item, answers, 0, 0, 0, 0);
    gold[0] = 1;
    expect(&item, answers, 1, 1, 1, 0);
}

static void numpy_takes_nan_for_the_largest(void **state)
{
    (void)state;
    static const struct text choices[] = {T("a"), T("a"), T("a")};
    static const struct answer answers[] = {{.logprob = -2}, {.logprob = NAN}, {.logprob = -1}};
    static const int gold = 1;
    struct item item = {.kind = ITEM_MULTIPLE_CHOICE, .choices = choices, .n_choices = 3, .gold = &gold, .n_gold = 1};
    expect(&item, answers, 1, 1, 1, 0);
}

static void several_targets_are_all_right(void **state)
{
    (void)state;
    static const struct text choices[] = {T("a"), T("b"), T("c")};
    static const struct answer answers[] = {{.logprob = -2}, {.logprob = -3}, {.logprob = -1, .is_greedy = true}};
    static const int gold[] = {0, 2};
    struct item item = {.kind = ITEM_MULTIPLE_CHOICE, .choices = choices, .n_choices = 3, .gold = gold, .n_gold = 2};
    expect(&item, answers, 1, 1, 1, 1);
}

static void mc2_is_the_share_of_true_choices(void **state)
{
    (void)state;
    struct score s[1];
    struct task t = {.name = "t", .kind = ITEM_MULTIPLE_CHOICE, .results = RESULTS_MC2, .metrics = metrics, .n_metrics = 1};
    static const struct text choices[] = {T("a"), T("b"), T("c")};
    static const double labels[] = {1, 0, 1};
    struct answer answers[] = {{.logprob = -1}, {.logprob = -2}, {.logprob = -3}};
    struct item item = {.kind = ITEM_MULTIPLE_CHOICE, .choices = choices, .n_choices = 3, .labels = labels};
    assert_int_equal(score_item(s, &t, &item, answers, NULL), 0);
    assert_float_equal(s[0].value, 0.7552715289452023, 1e-15);
    for (int i = 0; i < 3; i++)
        answers[i].logprob = -2000;
    assert_int_equal(score_item(s, &t, &item, answers, NULL), 0);
    assert_true(isnan(s[0].value));
}

static void loglikelihood_gives_perplexity_and_greedy(void **state)
{
    (void)state;
    static const struct task_metric m[] = {{"perplexity", MEASURE_PERPLEXITY, AGGREGATE_PERPLEXITY, false, NULL},
                                           {"acc", MEASURE_ACC, AGGREGATE_MEAN, true, NULL}};
    struct task t = {.name = "lambada", .kind = ITEM_LOGLIKELIHOOD, .metrics = m, .n_metrics = 2};
    struct score s[3][2], column[3];
    struct total total;
    static const double logprobs[] = {-1.5, -0.25, -4};
    for (int i = 0; i < 3; i++) {
        struct item item = {.kind = ITEM_LOGLIKELIHOOD};
        struct answer answer = {.logprob = logprobs[i], .is_greedy = i == 1};
        assert_int_equal(score_item(s[i], &t, &item, &answer, NULL), 0);
        column[i] = s[i][0];
    }
    assert_true(s[1][1].value == 1 && s[0][1].value == 0);
    assert_int_equal(score_total(&total, &m[0], column, 3, NULL), 0);
    assert_float_equal(total.value, 6.798259793203881, 1e-14); /* exp(5.75 / 3) */
    assert_true(isnan(total.se));
}

static void generation_is_scored_elsewhere(void **state)
{
    (void)state;
    struct score s[N_METRICS];
    struct err err = {0};
    struct task t = choice_task();
    struct item item = {.kind = ITEM_GENERATE};
    assert_int_equal(score_item(s, &t, &item, NULL, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
}

static void mean_and_its_error(void **state)
{
    (void)state;
    struct total total;
    static const struct score s[] = {{.value = 1}, {.value = 0}, {.value = 1}, {.value = 1}};
    assert_int_equal(score_total(&total, &metrics[0], s, 4, NULL), 0);
    assert_true(total.value == 0.75 && total.n == 4);
    assert_float_equal(total.se, 0.25, 1e-16);
    assert_int_equal(score_total(&total, &metrics[0], s, 1, NULL), 0);
    assert_true(isnan(total.se));
}

static void f1_and_mcc(void **state)
{
    (void)state;
    static const struct task_metric f1 = {"f1", MEASURE_F1, AGGREGATE_F1, true, NULL};
    static const struct task_metric mcc = {"mcc", MEASURE_MCC, AGGREGATE_MCC, true, NULL};
    struct total total;
    struct err err = {0};
#define OF(v, g, p) {.value = v, .gold = g, .pred = p}
    struct score s[] = {OF(1, 1, 1), OF(0, 1, 0), OF(1, 0, 0), OF(0, 0, 1), OF(1, 1, 1), OF(1, 0, 0), OF(1, 1, 1)};
    assert_int_equal(score_total(&total, &f1, s, 7, NULL), 0);
    assert_float_equal(total.value, 0.75, 1e-15);
    assert_int_equal(score_total(&total, &mcc, s, 7, NULL), 0);
    assert_float_equal(total.value, 0.4166666666666667, 1e-15);
    assert_int_equal(score_total(&total, &mcc, s, 1, NULL), 0);
    assert_true(total.value == 0); /* one class alone */
    s[3].gold = 2;
    assert_int_equal(score_total(&total, &mcc, s, 7, NULL), 0);
    assert_float_equal(total.value, 0.5014858873767987, 1e-15);
    assert_int_equal(score_total(&total, &f1, s, 7, &err), -1);
    assert_string_equal(err.msg, "f1 is of two choices, 0 and 1; an item has choice 2");
}

static void groups_by_size_and_alike(void **state)
{
    (void)state;
    static const struct suite_metric by_size = {"acc", NULL, true}, alike = {"acc", NULL, false};
    static const struct total tasks[] = {{0.5, 0.05, 100}, {NAN, NAN, 0}, {0.8, 0.02, 400}};
    struct total t = score_group(&by_size, tasks, 3);
    assert_float_equal(t.value, 0.74, 1e-15);
    assert_float_equal(t.se, 0.018862214412155336, 1e-15);
    assert_int_equal(t.n, 500);
    t = score_group(&alike, tasks, 3);
    assert_float_equal(t.value, 0.65, 1e-15);
    assert_float_equal(t.se, 0.026925824035672522, 1e-15);
    assert_true(isnan(score_group(&by_size, tasks + 1, 1).value));
    assert_true(isnan(score_group(&by_size, NULL, 0).value));
}

static void a_group_by_size_counts_documents(void **state)
{
    (void)state;
    static const struct suite_metric by_size = {"acc", NULL, true};
    /* one task of 3 right of 4, one of 1 right of 6: 4 of 10; each se = sqrt(p (1 - p) / (n - 1)) */
    const struct total two[] = {{0.75, 0.25, 4}, {1.0 / 6, sqrt(5.0 / 36 / 5), 6}};
    struct total t = score_group(&by_size, two, 2);
    assert_true(fabs(t.value - 0.4) < 1e-15);
    const double within = 4 * 0.75 * 0.25 + 6.0 * 5 / 36; /* sum of squares around each task's own mean */
    assert_true(fabs(t.se - sqrt(within / (10 - 2) / 10)) < 1e-15);
    const struct total alone = {0.3, 0.01, 100}, one_item = {1.0, NAN, 1};
    t = score_group(&by_size, &alone, 1);
    assert_true(fabs(t.value - 0.3) < 1e-15 && fabs(t.se - 0.01) < 1e-15);
    assert_true(score_group(&by_size, &one_item, 1).value == 1.0 && isnan(score_group(&by_size, &one_item, 1).se));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_ways_to_choose),
        cmocka_unit_test(the_first_of_equals_wins),
        cmocka_unit_test(numpy_takes_nan_for_the_largest),
        cmocka_unit_test(several_targets_are_all_right),
        cmocka_unit_test(mc2_is_the_share_of_true_choices),
        cmocka_unit_test(loglikelihood_gives_perplexity_and_greedy),
        cmocka_unit_test(generation_is_scored_elsewhere),
        cmocka_unit_test(mean_and_its_error),
        cmocka_unit_test(f1_and_mcc),
        cmocka_unit_test(groups_by_size_and_alike),
        cmocka_unit_test(a_group_by_size_counts_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
