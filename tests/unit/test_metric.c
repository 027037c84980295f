/* metric: the table is whole, and names lead back to their rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/metric.h"

static void every_row_is_complete(void **state)
{
    (void)state;
    for (int m = 0; m < METRIC_COUNT; m++) {
        const struct metric_info *info = metric_info((enum metric)m);
        assert_non_null(info->name);
        assert_non_null(info->unit);
        assert_non_null(info->label);
        assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), strlen(info->name));
    }
}

static void names_are_unique_and_found(void **state)
{
    (void)state;
    for (int m = 0; m < METRIC_COUNT; m++)
        assert_int_equal(metric_find(metric_info((enum metric)m)->name), m);
    assert_int_equal(metric_find("NLL"), METRIC_COUNT);
    assert_int_equal(metric_find(""), METRIC_COUNT);
}

static void series_and_directions(void **state)
{
    (void)state;
    static const enum metric series[] = {
        METRIC_NLL, METRIC_NLL_BASE, METRIC_KL, METRIC_SAME_TOP, METRIC_TOKEN_S, METRIC_LOGPROB,
        METRIC_GREEDY, METRIC_F1, METRIC_MCC, METRIC_INST_STRICT, METRIC_INST_LOOSE, METRIC_RATING, METRIC_CHOICE,
    };
    int n = 0;
    for (int m = 0; m < METRIC_COUNT; m++)
        n += metric_info((enum metric)m)->is_series;
    assert_int_equal(n, sizeof(series) / sizeof(*series));
    for (size_t i = 0; i < sizeof(series) / sizeof(*series); i++)
        assert_true(metric_info(series[i])->is_series);
    assert_false(metric_info(METRIC_NLL)->higher_is_better);
    assert_true(metric_info(METRIC_SAME_TOP)->higher_is_better);
    assert_string_equal(metric_info(METRIC_KL)->unit, "nat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(series_and_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
