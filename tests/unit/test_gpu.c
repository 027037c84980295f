/* test_gpu: a made-up NVML with three devices, one of which is lost; and this computer, with or without GPUs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "machine/gpu.h"

static int fake_init(void) { return 0; }
static int fake_init_fails(void) { return 9; } /* driver not loaded */
static int fake_driver(char *out, unsigned n) { return snprintf(out, n, "550.54.15") > 0 ? 0 : 1; }
static int fake_count(unsigned *out) { return *out = 3, 0; }
static int fake_name(void *d, char *out, unsigned n) { return snprintf(out, n, "Made-up GPU %d", *(int *)d) > 0 ? 0 : 1; }
static int fake_power(void *d, unsigned *out_mw) { (void)d; return *out_mw = 312500, 0; }
static int fake_clock(void *d, int clock, unsigned *out) { (void)d; return *out = clock == 1 ? 1755 : 2619, 0; }

static int fake_handle(unsigned i, void **out)
{
    static int numbers[] = { 0, 1, 2 };
    *out = &numbers[i];
    return i == 1 ? 15 : 0; /* GPU is lost */
}

static int fake_memory(void *d, unsigned long long out[3])
{
    (void)d;
    out[0] = 1000, out[1] = 700, out[2] = 300;
    return 0;
}

static int fake_slow(void *d, unsigned long long *out)
{
    *out = *(int *)d == 0 ? 0x1 | 0x2 : 0x4 | 0x40; /* idle, chosen clocks; power cap, thermal */
    return 0;
}

static void made_up(void **state)
{
    (void)state;
    const struct gpu_nvml nvml = { .init = fake_init, .shutdown = fake_init, .driver_version = fake_driver,
                                   .device_count = fake_count, .device_handle = fake_handle, .device_name = fake_name,
                                   .device_memory = fake_memory, .device_clock = fake_clock, .device_power = fake_power,
                                   .device_slow_reasons = fake_slow };
    struct arena a;
    struct gpu *g;
    int n;
    arena_init(&a);
    gpu_list(&g, &n, &a, &nvml);
    assert_int_equal(n, 2);
    assert_string_equal(g[0].name, "Made-up GPU 0");
    assert_string_equal(g[0].driver, "550.54.15");
    assert_int_equal(g[0].memory_total_bytes, 1000);
    assert_int_equal(g[0].memory_used_bytes, 300);
    assert_true(g[0].sm_mhz == 1755 && g[0].memory_mhz == 2619 && isnan(g[0].sm_max_mhz) && g[0].power_w == 312.5);
    assert_false(g[0].is_slowed);
    assert_int_equal(g[1].index, 2);
    assert_string_equal(g[1].slow_text, "power cap, thermal (hardware)");
    assert_true(g[1].is_slowed);
    arena_release(&a);
}

static void little_is_known(void **state)
{
    (void)state;
    struct gpu_nvml nvml = { .init = fake_init, .shutdown = fake_init, .device_count = fake_count,
                             .device_handle = fake_handle };
    struct arena a;
    struct gpu *g;
    int n;
    arena_init(&a);
    gpu_list(&g, &n, &a, &nvml);
    assert_int_equal(n, 2);
    assert_string_equal(g[0].name, "");
    assert_true(g[0].memory_total_bytes == -1 && isnan(g[0].power_w) && isnan(g[0].sm_mhz) && !g[0].is_slowed);
    nvml.init = fake_init_fails;
    gpu_list(&g, &n, &a, &nvml);
    assert_int_equal(n, 0);
    assert_null(g);
    arena_release(&a);
}

static void this_computer(void **state)
{
    (void)state;
    struct arena a;
    struct gpu *g;
    int n;
    arena_init(&a);
    gpu_list(&g, &n, &a, NULL);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++)
        assert_non_null(g[i].name);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(made_up), cmocka_unit_test(little_is_known),
                                        cmocka_unit_test(this_computer) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
