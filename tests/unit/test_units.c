/* test_units: sizes read exactly, short texts for tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/units.h"

static void sizes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t n_bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"4096B", 4096},
        {"8GiB", INT64_C(8) << 30},
        {"8gib", INT64_C(8) << 30},
        {"8 Gi", INT64_C(8) << 30},
        {" 500MB ", 500000000},
        {"500m", 500000000},
        {"1.5 GB", 1500000000},
        {".5KiB", 512},
        {"1.", 1},
        {"0.1TB", INT64_C(100000000000)},
        {"2TiB", INT64_C(2) << 40},
        {"9007199254740993", INT64_C(9007199254740993)}, /* 2^53 + 1 */
        {"9223372036854775807", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t n = -1;
        struct err e = {0};
        assert_int_equal(units_parse_bytes(&n, cases[i].text, &e), 0);
        assert_int_equal(n, cases[i].n_bytes);
    }
}

static void bad_sizes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err_code code;
    } cases[] = {
        {"", ERR_FORMAT},
        {" ", ERR_FORMAT},
        {"GiB", ERR_FORMAT},
        {"-1", ERR_FORMAT},
        {"+1", ERR_FORMAT},
        {"8 apples", ERR_FORMAT},
        {"8GiBB", ERR_FORMAT},
        {"1e9", ERR_FORMAT},
        {"0x10", ERR_FORMAT},
        {"nan", ERR_FORMAT},
        {"1.5.2GB", ERR_FORMAT},
        {".", ERR_FORMAT},
        {"8iB", ERR_FORMAT},
        {"1,5GB", ERR_FORMAT},
        {"9223372036854775808", ERR_RANGE},
        {"9000000TiB", ERR_RANGE},
        {"99999999999999999999GB", ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t n = 77;
        struct err e = {0};
        assert_int_equal(units_parse_bytes(&n, cases[i].text, &e), -1);
        assert_int_equal(e.code, cases[i].code);
        assert_non_null(strstr(e.msg, cases[i].text));
        assert_int_equal(n, 77);
    }
}

static void bytes_are_written_short(void **state)
{
    (void)state;
    static const struct {
        int64_t n_bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.00 KiB"},
        {1320702444, "1.23 GiB"},
        {89968871, "85.8 MiB"},
        {1048575, "1.00 MiB"}, /* not 1024 KiB */
        {10235, "10.0 KiB"},   /* not 9.995 -> 10.00 */
        {INT64_C(1000) << 30, "1000 GiB"},
        {INT64_MAX, "8.00 EiB"},
        {-2048, "-2.00 KiB"},
        {INT64_MIN, "-8.00 EiB"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[32];
        units_format_bytes(text, sizeof(text), cases[i].n_bytes);
        assert_string_equal(text, cases[i].text);
    }
}

static void durations_are_written_short(void **state)
{
    (void)state;
    static const struct {
        double s;
        const char *text;
    } cases[] = {
        {0, "0 s"},      {0.25, "250 ms"},    {0.9996, "1 s"},       {3, "3 s"},
        {59.4, "59 s"},  {59.6, "1 min"},     {250, "4 min 10 s"},   {3599.4, "59 min 59 s"},
        {3599.6, "1 h"}, {7500, "2 h 5 min"}, {86399, "1 d"},        {86400 + 4 * 3600, "1 d 4 h"},
        {-1, "unknown"}, {NAN, "unknown"},    {INFINITY, "unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[32];
        units_format_duration(text, sizeof(text), cases[i].s);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(bad_sizes_are_refused),
        cmocka_unit_test(bytes_are_written_short),
        cmocka_unit_test(durations_are_written_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
