/* test_machine: a made-up computer, its JSON and its id. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/json.h"
#include "fakeroot.h"
#include "machine/machine.h"

static int make_root(void **state)
{
    static char root[FAKEROOT_BYTES];
    fakeroot_make(root);
    fakeroot_put(root, "/proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:   8000000 kB\n");
    fakeroot_put(root, "/proc/cpuinfo", "processor\t: 0\nmodel name\t: Made-up CPU \"X\"\nflags\t\t: avx2 hypervisor\n");
    fakeroot_put(root, "/etc/os-release", "NAME=\"Linux\"\nPRETTY_NAME=\"Made-up Linux 1 (first)\"\nID=x\n");
    fakeroot_put(root, "/proc/self/cgroup", "0::/\n");
    fakeroot_put(root, "/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    fakeroot_put(root, "/sys/fs/cgroup/memory.max", "4294967296\n");
    *state = root;
    return 0;
}

static int remove_root(void **state)
{
    fakeroot_remove(*state);
    return 0;
}

static void json(void **state)
{
    struct arena a;
    struct machine m;
    struct err err;
    struct buf text = BUF_INIT;
    struct json *j;
    arena_init(&a);
    assert_int_equal(machine_load(&m, &a, *state, &err), 0);
    assert_string_equal(m.os_name, "Made-up Linux 1 (first)");
    assert_true(m.usable_bytes == INT64_C(4294967296));
    assert_false(m.has_energy);
    assert_true(isnan(m.bandwidth_bytes_per_s));
    machine_json(&text, &m);
    assert_int_equal(json_parse(&j, text.data, text.len, "machine", &err), 0);
    yyjson_val *root = json_root(j), *cpu = yyjson_obj_get(root, "cpu");
    assert_string_equal(json_str_or(root, "id", ""), m.id);
    assert_string_equal(json_str_or(cpu, "model", ""), "Made-up CPU \"X\"");
    assert_string_equal(json_str_or(cpu, "flags", ""), "avx2");
    assert_true(json_bool_or(cpu, "is_virtual", false));
    assert_true(json_int_or(root, "memory_total_bytes", 0) == INT64_C(16384000000));
    assert_true(json_int_or(root, "cgroup_limit_bytes", 0) == INT64_C(4294967296));
    assert_true(yyjson_is_null(yyjson_obj_get(root, "bandwidth_bytes_per_s")));
    assert_true(yyjson_is_null(yyjson_obj_get(cpu, "governor")) && yyjson_is_null(yyjson_obj_get(cpu, "l3_bytes")));
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "gpus")), 0);
    json_close(j);
    buf_release(&text);
    arena_release(&a);
}

static void id_follows_stable_facts_only(void **state)
{
    struct arena a;
    struct machine m, other;
    struct gpu gpu = { .name = "G", .memory_total_bytes = INT64_C(8) << 30 };
    struct err err;
    char id[MACHINE_ID_BYTES];
    arena_init(&a);
    assert_int_equal(machine_load(&m, &a, *state, &err), 0);
    assert_int_equal(strspn(m.id, "0123456789abcdef"), 16);
    assert_int_equal(strlen(m.id), 16);

    other = m; /* what moves: kernel, release, free memory, limits, a little of the total */
    other.kernel = "9.9.9";
    other.os_name = "Other";
    other.memory.available_bytes = 5;
    other.memory.total_bytes += 100 << 10;
    other.cgroup = (struct cgroup_limit){ -1, -1, 0 };
    other.cpu.max_mhz = 1;
    other.cpu.governor = "performance";
    machine_id(id, &other);
    assert_string_equal(id, m.id);

    other = m;
    other.cpu.model = "Made-up CPU Y";
    machine_id(id, &other);
    assert_string_not_equal(id, m.id);
    other = m;
    other.memory.total_bytes *= 2;
    machine_id(id, &other);
    assert_string_not_equal(id, m.id);
    other = m;
    other.gpus = &gpu;
    other.n_gpus = 1;
    machine_id(id, &other);
    assert_string_not_equal(id, m.id);
    arena_release(&a);
}

static void this_computer(void **state)
{
    (void)state;
    struct arena a;
    struct machine m, again;
    struct err err;
    struct buf text = BUF_INIT;
    struct json *j;
    arena_init(&a);
    assert_int_equal(machine_load(&m, &a, NULL, &err), 0);
    assert_int_equal(machine_load(&again, &a, NULL, &err), 0);
    assert_string_equal(m.id, again.id);
    assert_true(m.usable_bytes > 0 && m.usable_bytes <= m.memory.total_bytes);
    machine_json(&text, &m);
    assert_int_equal(json_parse(&j, text.data, text.len, "machine", &err), 0);
    json_close(j);
    buf_release(&text);
    arena_release(&a);
}

static void without_proc(void **state)
{
    (void)state;
    struct arena a;
    struct machine m;
    struct err err;
    arena_init(&a);
    assert_int_equal(machine_load(&m, &a, "/nonexistent", &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json, make_root, remove_root),
        cmocka_unit_test_setup_teardown(id_follows_stable_facts_only, make_root, remove_root),
        cmocka_unit_test(this_computer),
        cmocka_unit_test(without_proc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
