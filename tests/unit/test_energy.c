/* test_energy: made-up RAPL counters; this computer's where it has readable ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "fakeroot.h"
#include "machine/energy.h"

#define RAPL "/sys/class/powercap/intel-rapl:"

static void put_zone(const char *root, int i, const char *name, const char *range, const char *uj)
{
    char path[128];
    snprintf(path, sizeof path, RAPL "%d/name", i);
    fakeroot_put(root, path, name);
    snprintf(path, sizeof path, RAPL "%d/max_energy_range_uj", i);
    fakeroot_put(root, path, range);
    if (uj != NULL) {
        snprintf(path, sizeof path, RAPL "%d/energy_uj", i);
        fakeroot_put(root, path, uj);
    }
}

static void absent(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct energy e;
    struct err err;
    fakeroot_make(root);
    assert_int_equal(energy_open(&e, root, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    put_zone(root, 0, "psys\n", "1000\n", "5\n"); /* the board alone is not a package */
    assert_int_equal(energy_open(&e, root, &err), -1);
    put_zone(root, 1, "package-0\n", "1000\n", "5\n");
    put_zone(root, 2, "package-1\n", "1000\n", NULL); /* not readable: half a machine is refused */
    assert_int_equal(energy_open(&e, root, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "root only"));
    fakeroot_remove(root);
}

static void packages_add_up_and_wrap(void **state)
{
    (void)state;
    char root[FAKEROOT_BYTES];
    struct energy e;
    struct err err;
    double j;
    fakeroot_make(root);
    put_zone(root, 0, "package-0\n", "262143328850\n", "262143000000\n");
    put_zone(root, 1, "package-1\n", "262143328850\n", "1000000\n");
    put_zone(root, 2, "psys\n", "262143328850\n", "77\n");
    assert_int_equal(energy_open(&e, root, &err), 0);
    assert_int_equal(e.n_zones, 2);
    assert_int_equal(energy_joules(&e, &j, &err), 0);
    assert_true(j == 0);
    fakeroot_put(root, RAPL "1/energy_uj", "3500000\n");
    assert_int_equal(energy_joules(&e, &j, &err), 0);
    assert_true(fabs(j - 2.5) < 1e-9);
    fakeroot_put(root, RAPL "0/energy_uj", "171149\n"); /* 328850 to the top, 1 to 0, 171149 on: 0.5 J */
    assert_int_equal(energy_joules(&e, &j, &err), 0);
    assert_true(fabs(j - 3.0) < 1e-9);
    fakeroot_put(root, RAPL "0/energy_uj", "1171149\n");
    assert_int_equal(energy_joules(&e, &j, &err), 0);
    assert_true(fabs(j - 4.0) < 1e-9);
    fakeroot_remove(root);
    assert_int_equal(energy_joules(&e, &j, &err), -1);
    assert_int_equal(err.code, ERR_IO);
}

static void this_computer(void **state)
{
    (void)state;
    struct energy e;
    struct err err;
    double j;
    if (energy_open(&e, NULL, &err) != 0) {
        assert_int_equal(err.code, ERR_UNSUPPORTED);
        skip();
    }
    usleep(20000);
    assert_int_equal(energy_joules(&e, &j, &err), 0);
    assert_true(j >= 0 && j < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(absent), cmocka_unit_test(packages_add_up_and_wrap),
                                        cmocka_unit_test(this_computer) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
