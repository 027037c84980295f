/* test_bandwidth: small buffers, so that it is quick: the number is then a cache's, but the mechanism is whole. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/bandwidth.h"

static void reads_every_byte(void **state)
{
    (void)state;
    struct bandwidth_params p = { .n_threads = 2, .buffer_bytes = 1 << 20, .budget_s = 0.02 };
    struct bandwidth b;
    struct err err;
    assert_int_equal(bandwidth_measure(&b, &p, &err), 0);
    assert_int_equal(b.n_threads, 2);
    assert_int_equal(b.buffer_bytes, 1 << 20);
    assert_true(b.n_passes >= 3);
    assert_true(b.best_bytes_per_s >= b.median_bytes_per_s && b.median_bytes_per_s > 1e6);
    /* thread i fills its half with bytes i + 1: 2^16 words each */
    uint64_t expected = (UINT64_C(0x0101010101010101) + UINT64_C(0x0202020202020202)) << 16;
    assert_true(b.checksum == expected);
}

static void more_threads_than_cores(void **state)
{
    (void)state;
    struct bandwidth_params p = { .n_threads = 9, .buffer_bytes = 1 << 20, .budget_s = 0.005 };
    struct bandwidth b;
    struct err err;
    assert_int_equal(bandwidth_measure(&b, &p, &err), 0);
    assert_true(b.buffer_bytes <= 1 << 20 && b.buffer_bytes > (1 << 20) - 9 * 256);
    assert_int_equal(b.buffer_bytes % (9 * 256), 0);
}

static void bad_sizes(void **state)
{
    (void)state;
    struct bandwidth b;
    struct err err;
    struct bandwidth_params small = { .n_threads = 4, .buffer_bytes = 100 };
    assert_int_equal(bandwidth_measure(&b, &small, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_every_byte), cmocka_unit_test(more_threads_than_cores),
                                        cmocka_unit_test(bad_sizes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
