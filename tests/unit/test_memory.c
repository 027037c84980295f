/* test_memory: made-up /proc files, and this process. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "fakeroot.h"
#include "machine/memory.h"

static void made_up(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct memory_info info;
    struct memory_use use;
    struct err err;
    fakeroot_make(root);
    fakeroot_put(root, "/proc/meminfo", "MemTotal:       24684532 kB\nMemFree:         1000 kB\nMemAvailable:   20000000 kB\n"
                                        "SwapTotal:       2048 kB\nSwapFree:        1024 kB\n");
    assert_int_equal(memory_info_load(&info, root, &err), 0);
    assert_true(info.total_bytes == INT64_C(24684532) * 1024 && info.available_bytes == INT64_C(20000000) * 1024);
    assert_true(info.swap_total_bytes == 2048 * 1024 && info.swap_free_bytes == 1024 * 1024);

    fakeroot_put(root, "/proc/self/status", "Name:\tperbit\nVmPeak:\t  9000 kB\nVmHWM:\t  500 kB\nVmRSS:\t  400 kB\n"
                                            "RssAnon:\t  100 kB\nRssFile:\t  290 kB\nRssShmem:\t  10 kB\nVmSwap:\t  0 kB\n");
    assert_int_equal(memory_use_load(&use, root, 0, &err), 0);
    assert_int_equal(use.rss_bytes, 400 * 1024);
    assert_int_equal(use.rss_peak_bytes, 500 * 1024);
    assert_int_equal(use.rss_anon_bytes, 100 * 1024);
    assert_int_equal(use.rss_file_bytes, 290 * 1024);
    assert_int_equal(use.rss_shmem_bytes, 10 * 1024);
    assert_int_equal(use.swap_bytes, 0);

    fakeroot_put(root, "/proc/77/status", "Name:\tzombie\nState:\tZ (zombie)\n");
    assert_int_equal(memory_use_load(&use, root, 77, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(memory_use_load(&use, root, 78, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    fakeroot_put(root, "/proc/meminfo", "nothing\n");
    assert_int_equal(memory_info_load(&info, root, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    fakeroot_remove(root);
}

static void this_process(void **state)
{
    (void)state;
    enum { BYTES = 32 * 1024 * 1024 };
    struct memory_info info;
    struct memory_use before, during, after;
    struct err err;
    assert_int_equal(memory_info_load(&info, NULL, &err), 0);
    assert_true(info.total_bytes > 0 && info.available_bytes <= info.total_bytes);
    assert_int_equal(memory_use_load(&before, NULL, 0, &err), 0);
    /* free() might keep it */
    char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    memset(p, 1, BYTES);
    assert_int_equal(memory_use_load(&during, NULL, getpid(), &err), 0);
    assert_true(p[BYTES / 2] == 1);
    munmap(p, BYTES);
    assert_true(during.rss_bytes >= before.rss_bytes + BYTES * 9 / 10 && during.rss_peak_bytes >= during.rss_bytes * 9 / 10);
    if (memory_peak_reset(&err) == 0) { /* refused in some sandboxes */
        assert_int_equal(memory_use_load(&after, NULL, 0, &err), 0);
        assert_true(after.rss_peak_bytes < during.rss_peak_bytes - BYTES / 2);
        assert_true(after.rss_peak_bytes < after.rss_bytes + BYTES / 4);
    } else {
        assert_int_equal(err.code, ERR_UNSUPPORTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(made_up), cmocka_unit_test(this_process) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
