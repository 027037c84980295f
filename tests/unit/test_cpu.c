/* test_cpu: a made-up /proc and /sys (text copied from real machines and shortened), and this computer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "fakeroot.h"
#include "machine/cpu.h"

/* Two cores with two threads each. */
static const char cpuinfo_x86[] =
    "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 151\nmodel name\t: 12th Gen Intel(R) Core(TM) i3-12100\n"
    "cpu MHz\t\t: 3300.000\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu sse4_2 avx f16c fma avx2 avx_vnni avx2x\n\n"
    "processor\t: 1\nmodel name\t: 12th Gen Intel(R) Core(TM) i3-12100\ncpu MHz\t\t: 3500.000\nphysical id\t: 0\ncore id\t\t: 4\n\n"
    "processor\t: 2\nmodel name\t: 12th Gen Intel(R) Core(TM) i3-12100\ncpu MHz\t\t: 3300.000\nphysical id\t: 0\ncore id\t\t: 0\n\n"
    "processor\t: 3\nmodel name\t: 12th Gen Intel(R) Core(TM) i3-12100\ncpu MHz\t\t: 3500.000\nphysical id\t: 0\ncore id\t\t: 4\n\n";

static void x86_from_proc(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct arena a;
    struct cpu_info cpu;
    fakeroot_make(root);
    arena_init(&a);
    fakeroot_put(root, "/proc/cpuinfo", cpuinfo_x86);
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index0/level", "1\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index0/type", "Data\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index0/size", "48K\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index1/level", "1\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index1/type", "Instruction\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index1/size", "32K\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index2/level", "3\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index2/type", "Unified\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cache/index2/size", "12288K\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4300000\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    cpu_info_load(&cpu, &a, root);
    assert_string_equal(cpu.model, "12th Gen Intel(R) Core(TM) i3-12100");
    assert_string_equal(cpu.flags, "sse4_2 avx f16c fma avx2 avx_vnni"); /* whole words only */
    assert_int_equal(cpu.n_packages, 1);
    assert_int_equal(cpu.n_cores, 2);
    assert_int_equal(cpu.n_cpus, 4);
    assert_int_equal(cpu.l1d_bytes, 48 * 1024);
    assert_int_equal(cpu.l2_bytes, 0);
    assert_int_equal(cpu.l3_bytes, 12 * 1024 * 1024);
    assert_true(cpu.max_mhz == 4300);
    assert_string_equal(cpu.governor, "powersave");
    assert_false(cpu.is_virtual);
    assert_true(cpu_mhz_mean(root) == 3400); /* no scaling_cur_freq: the cpu MHz lines */
    fakeroot_put(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "4000000\n");
    fakeroot_put(root, "/sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq", "3000000\n");
    assert_true(cpu_mhz_mean(root) == 3500);
    arena_release(&a);
    fakeroot_remove(root);
}

static void arm_from_proc(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct arena a;
    struct cpu_info cpu;
    fakeroot_make(root);
    arena_init(&a);
    fakeroot_put(root, "/proc/cpuinfo",
                 "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd asimdhp asimddp i8mm\n\nprocessor\t: 1\n");
    cpu_info_load(&cpu, &a, root);
    assert_string_equal(cpu.model, "unknown");
    assert_string_equal(cpu.flags, "asimd asimdhp asimddp i8mm");
    assert_int_equal(cpu.n_cores, 2);
    assert_int_equal(cpu.n_cpus, 2);
    assert_true(isnan(cpu.max_mhz) && isnan(cpu_mhz_mean(root)));
    arena_release(&a);
    fakeroot_remove(root);
}

static void samples(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct cpu_sample before, after;
    fakeroot_make(root);
    /*                                      user nice sys idle iowait irq softirq steal guest guest_nice */
    fakeroot_put(root, "/proc/stat", "cpu  1000 0 500 8000 100 0 0 50 300 0\ncpu0 500 0 0 0 0 0 0 0 0 0\n");
    cpu_sample_take(&before, root);
    assert_int_equal(before.total_ticks, 9650); /* guest is in user */
    fakeroot_put(root, "/proc/stat", "cpu  1500 10 590 8250 150 0 0 150 800 0\ncpu0 500 0 0 0 0 0 0 0 0 0\n");
    cpu_sample_take(&after, root);
    struct cpu_change c = cpu_sample_diff(&before, &after);
    assert_true(fabs(c.busy_pct - 60) < 1e-9);  /* 500 + 10 + 90 of 1000 */
    assert_true(fabs(c.steal_pct - 10) < 1e-9);
    assert_true(c.elapsed_s >= 0 && c.n_throttles == -1 && isnan(c.mhz));
    c = cpu_sample_diff(&before, &before);
    assert_true(isnan(c.busy_pct) && isnan(c.steal_pct));
    fakeroot_remove(root);
}

/* CPUs 0 and 1 are threads of one core; 2 is another core; all one package. */
static void put_throttles(const char *root, int core_0, int core_2, int package)
{
    static const char *const siblings[] = { "0-1\n", "0-1\n", "2\n" };
    for (int cpu = 0; cpu < 3; cpu++) {
        char path[128], text[32];
        const char *dir = "/sys/devices/system/cpu/cpu";
        snprintf(path, sizeof path, "%s%d/thermal_throttle/core_throttle_count", dir, cpu);
        snprintf(text, sizeof text, "%d\n", cpu < 2 ? core_0 : core_2);
        fakeroot_put(root, path, text);
        snprintf(path, sizeof path, "%s%d/thermal_throttle/package_throttle_count", dir, cpu);
        snprintf(text, sizeof text, "%d\n", package);
        fakeroot_put(root, path, text);
        snprintf(path, sizeof path, "%s%d/topology/thread_siblings_list", dir, cpu);
        fakeroot_put(root, path, siblings[cpu]);
        snprintf(path, sizeof path, "%s%d/topology/core_siblings_list", dir, cpu);
        fakeroot_put(root, path, "0-2\n");
    }
}

static void throttling(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct cpu_sample before, after;
    fakeroot_make(root);
    put_throttles(root, 5, 1, 10);
    cpu_sample_take(&before, root);
    assert_int_equal(before.n_throttles, 16);
    put_throttles(root, 7, 1, 11);
    cpu_sample_take(&after, root);
    assert_int_equal(cpu_sample_diff(&before, &after).n_throttles, 3);
    assert_int_equal(cpu_sample_diff(&after, &before).n_throttles, -1); /* counters were reset: unknown */
    fakeroot_remove(root);
}

static void this_computer(void **state)
{
    (void)state;
    struct arena a;
    struct cpu_info cpu;
    struct cpu_sample before, after;
    double load[3];
    arena_init(&a);
    cpu_sample_take(&before, NULL);
    cpu_info_load(&cpu, &a, NULL);
    cpu_sample_take(&after, NULL);
    assert_true(cpu.n_cores >= 1 && cpu.n_cpus >= cpu.n_cores && cpu.n_packages >= 1 && cpu.n_numa >= 1);
    assert_true(cpu.model[0] != '\0' && cpu.arch[0] != '\0');
    assert_true(cpu.l3_total_bytes >= cpu.l3_bytes);
    assert_true(cpu_loadavg(load) && load[0] >= 0);
    struct cpu_change c = cpu_sample_diff(&before, &after);
    assert_true(c.elapsed_s > 0 && c.elapsed_s < 60);
    assert_true(isnan(c.busy_pct) || (c.busy_pct >= 0 && c.busy_pct <= 100));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x86_from_proc), cmocka_unit_test(arm_from_proc), cmocka_unit_test(samples),
        cmocka_unit_test(throttling),    cmocka_unit_test(this_computer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
