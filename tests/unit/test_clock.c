/* test_clock: time moves forward; the text of a UTC time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static void monotonic_time_moves_forward(void **state)
{
    (void)state;
    int64_t before = clock_ns();
    double before_s = clock_s();
    struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
    assert_true(clock_ns() - before >= 2000000);
    assert_true(clock_s() > before_s);
    assert_true(clock_s() - (double)before * 1e-9 < 60); /* the same clock in both units */
}

static void cpu_time_counts_work(void **state)
{
    (void)state;
    int64_t before = clock_cpu_ns();
    volatile unsigned work = 0;
    while (clock_cpu_ns() - before < 1000000)
        work = work + 1;
    assert_true(clock_cpu_ns() > before);
}

static void utc_text_is_iso_8601(void **state)
{
    (void)state;
    char text[21];
    int year, month, day, hour, minute, second;
    clock_utc(text, sizeof(text));
    assert_int_equal(strlen(text), 20);
    assert_int_equal(
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute, &second), 6);
    assert_int_equal(text[19], 'Z');
    assert_true(year >= 2024 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
    char small[5] = "abcd";
    clock_utc(small, sizeof(small));
    assert_string_equal(small, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_time_moves_forward),
        cmocka_unit_test(cpu_time_counts_work),
        cmocka_unit_test(utc_text_is_iso_8601),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
