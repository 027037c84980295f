/*
 * test_cgroup: made-up trees of version 1, version 2, hybrid and containers; and, where this computer allows it, a
 * real group that ends a child which needs too much.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "fakeroot.h"
#include "machine/cgroup.h"

#define MOUNT_V2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_V1 "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
#define V1_NONE "9223372036854771712\n"

static int make_root(void **state)
{
    static char root[FAKEROOT_BYTES];
    fakeroot_make(root);
    fakeroot_put(root, "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    *state = root;
    return 0;
}

static int remove_root(void **state)
{
    fakeroot_remove(*state);
    return 0;
}

static void expect_limit(const char *root, int64_t limit, int64_t used, int version)
{
    struct cgroup_limit l;
    cgroup_limit_load(&l, root);
    assert_int_equal(l.version, version);
    assert_true(l.limit_bytes == limit);
    assert_true(l.used_bytes == used);
}

static void no_cgroups(void **state)
{
    expect_limit(*state, -1, -1, 0);
    expect_limit("/nonexistent", -1, -1, 0);
    fakeroot_put(*state, "/proc/self/cgroup", "0::/x\n"); /* named, but mounted nowhere */
    expect_limit(*state, -1, -1, 0);
}

static void version_2(void **state)
{
    const char *root = *state;
    fakeroot_put(root, "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" MOUNT_V2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/user.slice/user-1000.slice/session.scope\n");
    fakeroot_put(root, "/sys/fs/cgroup/user.slice/user-1000.slice/session.scope/memory.max", "max\n");
    expect_limit(root, -1, -1, 0);
    /* two levels up */
    fakeroot_put(root, "/sys/fs/cgroup/user.slice/memory.max", "8589934592\n");
    fakeroot_put(root, "/sys/fs/cgroup/user.slice/memory.current", "1048576\n");
    expect_limit(root, INT64_C(8589934592), 1048576, 2);
    /* the smaller one holds, wherever it stands */
    fakeroot_put(root, "/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "4294967296\n");
    expect_limit(root, INT64_C(4294967296), -1, 2);
    fakeroot_put(root, "/sys/fs/cgroup/user.slice/user-1000.slice/session.scope/memory.max", "6442450944\n");
    expect_limit(root, INT64_C(4294967296), -1, 2);
}

static void version_1(void **state)
{
    const char *root = *state;
    fakeroot_put(root, "/proc/self/mountinfo", MOUNT_V1);
    fakeroot_put(root, "/proc/self/cgroup", "12:cpu,cpuacct:/other\n7:devices,memory:/slurm/uid_1/job_2\n1:name=systemd:/x\n");
    fakeroot_put(root, "/sys/fs/cgroup/memory/slurm/uid_1/job_2/memory.limit_in_bytes", V1_NONE);
    fakeroot_put(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", V1_NONE);
    expect_limit(root, -1, -1, 0);
    fakeroot_put(root, "/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes", "499998720\n");
    fakeroot_put(root, "/sys/fs/cgroup/memory/slurm/uid_1/memory.usage_in_bytes", "4096\n");
    expect_limit(root, 499998720, 4096, 1);
    /* "none" of a kernel with pages of 64 KiB */
    fakeroot_put(root, "/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes", "9223372036854710272\n");
    expect_limit(root, -1, -1, 0);
}

static void hybrid(void **state)
{
    const char *root = *state;
    fakeroot_put(root, "/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" MOUNT_V1
                                               "38 31 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    fakeroot_put(root, "/proc/self/cgroup", "4:memory:/job\n1:cpu:/\n0::/\n");
    fakeroot_put(root, "/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000000000\n");
    fakeroot_put(root, "/sys/fs/cgroup/unified/cgroup.procs", "1\n");
    expect_limit(root, 1000000000, -1, 1);
    /* should the memory controller be in both after all, the smaller one holds */
    fakeroot_put(root, "/sys/fs/cgroup/unified/memory.max", "900000000\n");
    expect_limit(root, 900000000, -1, 2);
}

static void containers(void **state)
{
    const char *root = *state;
    /* without a name space of its own: paths are the host's, the mount shows the container's group only */
    fakeroot_put(root, "/proc/self/mountinfo", "40 30 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    fakeroot_put(root, "/proc/self/cgroup", "0::/docker/abc/inner\n");
    fakeroot_put(root, "/sys/fs/cgroup/inner/memory.max", "2000000000\n");
    expect_limit(root, 2000000000, -1, 2);
    fakeroot_put(root, "/sys/fs/cgroup/memory.max", "1500000000\n");
    expect_limit(root, 1500000000, -1, 2);
    /* a path outside of what is mounted: the mount counts */
    fakeroot_put(root, "/proc/self/cgroup", "0::/docker/abcdef\n");
    expect_limit(root, 1500000000, -1, 2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/../elsewhere\n");
    expect_limit(root, 1500000000, -1, 2);
    /* with one: "/" is the container */
    fakeroot_put(root, "/proc/self/mountinfo", MOUNT_V2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/\n");
    expect_limit(root, 1500000000, -1, 2);
}

static void refusals(void **state)
{
    const char *root = *state;
    struct cgroup *cg;
    struct err err;
    assert_int_equal(cgroup_open(&cg, root, 1 << 20, &err), -1);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "no memory cgroups"));
    assert_int_equal(cgroup_open(&cg, root, 0, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);

    /* memory is handed down, but the new folder has no memory.max: not a real cgroup. Nothing is left behind. */
    fakeroot_put(root, "/proc/self/mountinfo", MOUNT_V2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/a/b\n");
    fakeroot_put(root, "/sys/fs/cgroup/a/cgroup.subtree_control", "cpu memory\n");
    fakeroot_put(root, "/sys/fs/cgroup/a/b/cgroup.procs", "");
    assert_int_equal(cgroup_open(&cg, root, 1 << 20, &err), -1);
    assert_null(cg);
    assert_int_equal(err.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "not handed down")); /* a/b itself */
    assert_non_null(strstr(err.msg, "cannot set the limit")); /* beside it */
    char left[256];
    snprintf(left, sizeof left, "%s/sys/fs/cgroup/a/perbit-%d-0", root, (int)getpid());
    assert_int_equal(access(left, F_OK), -1);
    cgroup_close(NULL);
}

/*
 * The kernel's part of version 2: a new folder has its files at once. mkdir of this program is the one below, the
 * C library's for everything else.
 */
static bool kernel_makes_files;

static void make_kernel_files(const char *dir)
{
    static const char *const files[][2] = {
        { "/memory.max", "" }, { "/memory.swap.max", "" }, { "/cgroup.procs", "" },
        { "/memory.peak", "777\n" }, { "/memory.events", "low 0\noom 2\noom_kill 1\n" },
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fakeroot_put(dir, files[i][0], files[i][1]);
}

int mkdir(const char *path, mode_t mode)
{
    int rc = mkdirat(AT_FDCWD, path, mode);
    if (rc == 0 && kernel_makes_files && strstr(path, "/perbit-") != NULL && strstr(path, "/sys/fs/cgroup/") != NULL) {
        kernel_makes_files = false;
        make_kernel_files(path);
    }
    return rc;
}

static void expect_file(const char *dir, const char *name, const char *text)
{
    char path[1024], found[64] = "";
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(found, 1, sizeof found - 1, f);
    found[n] = '\0';
    fclose(f);
    assert_string_equal(found, text);
}

/* Below the own group where it hands the controller down, after asking for it. */
static void version_2_is_written(void **state)
{
    const char *root = *state;
    struct cgroup *cg;
    struct err err;
    char dir[512];
    fakeroot_put(root, "/proc/self/mountinfo", MOUNT_V2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/a/b\n");
    fakeroot_put(root, "/sys/fs/cgroup/a/b/cgroup.subtree_control", "");
    kernel_makes_files = true;
    assert_int_equal(cgroup_open(&cg, root, 1 << 20, &err), 0);
    snprintf(dir, sizeof dir, "%s/sys/fs/cgroup/a/b", root);
    expect_file(dir, "cgroup.subtree_control", "+memory");
    snprintf(dir, sizeof dir, "%s/sys/fs/cgroup/a/b/perbit-%d-0", root, (int)getpid());
    assert_string_equal(cgroup_path(cg), dir);
    expect_file(dir, "memory.max", "1048576");
    expect_file(dir, "memory.swap.max", "0");
    assert_int_equal(cgroup_add(cg, 4321, &err), 0);
    expect_file(dir, "cgroup.procs", "4321");
    assert_int_equal(cgroup_peak_bytes(cg), 777);
    assert_int_equal(cgroup_oom_kills(cg), 1);
    cgroup_close(cg);
}

/* A group with processes cannot hand the controller down (EBUSY; here it has no such file): the group goes beside it. */
static void version_2_beside_the_own_group(void **state)
{
    const char *root = *state;
    struct cgroup *cg;
    struct err err;
    char dir[512];
    fakeroot_put(root, "/proc/self/mountinfo", MOUNT_V2);
    fakeroot_put(root, "/proc/self/cgroup", "0::/a/b\n");
    fakeroot_put(root, "/sys/fs/cgroup/a/cgroup.subtree_control", "cpu memory pids\n");
    fakeroot_put(root, "/sys/fs/cgroup/a/b/cgroup.procs", "1\n");
    kernel_makes_files = true;
    assert_int_equal(cgroup_open(&cg, root, 123456, &err), 0);
    snprintf(dir, sizeof dir, "%s/sys/fs/cgroup/a/perbit-%d-0", root, (int)getpid());
    assert_string_equal(cgroup_path(cg), dir);
    cgroup_close(cg);
}

/* A child that waits for its parent, then touches the bytes given; exit status 0 if it lives. */
static pid_t start_child(int *out_go, size_t n_bytes)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char c;
        close(pipes[1]);
        if (read(pipes[0], &c, 1) != 1)
            _exit(3);
        volatile char *p = malloc(n_bytes);
        for (size_t i = 0; p != NULL && i < n_bytes; i += 4096)
            p[i] = 1;
        bool has_memory = p != NULL;
        free((void *)p);
        _exit(!has_memory);
    }
    close(pipes[0]);
    *out_go = pipes[1];
    return pid;
}

static int run_limited(size_t n_bytes, int64_t limit_bytes, int64_t *out_kills, struct err *err)
{
    struct cgroup *cg;
    int go, status = -1;
    pid_t pid = start_child(&go, n_bytes);
    if (cgroup_run_limited(&cg, pid, limit_bytes, err) == 0) {
        assert_int_equal(write(go, "g", 1), 1);
        waitpid(pid, &status, 0);
        *out_kills = cgroup_oom_kills(cg);
        assert_true(cgroup_peak_bytes(cg) <= limit_bytes);
        char path[4096];
        snprintf(path, sizeof path, "%s", cgroup_path(cg));
        cgroup_close(cg);
        assert_int_equal(access(path, F_OK), -1);
    } else {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        status = -1;
    }
    close(go);
    return status;
}

static void real_limit(void **state)
{
    (void)state;
    struct err err;
    int64_t n_kills = 0;
    int status = run_limited(8 << 20, 128 << 20, &n_kills, &err);
    if (status == -1) {
        assert_int_equal(err.code, ERR_UNSUPPORTED);
        print_message("skipped: %s\n", err.msg);
        skip();
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(n_kills <= 0);
    status = run_limited(256 << 20, 64 << 20, &n_kills, &err);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(n_kills != 0); /* 1, or -1 where the kernel does not count */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_cgroups, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1, make_root, remove_root),
        cmocka_unit_test_setup_teardown(hybrid, make_root, remove_root),
        cmocka_unit_test_setup_teardown(containers, make_root, remove_root),
        cmocka_unit_test_setup_teardown(refusals, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2_is_written, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2_beside_the_own_group, make_root, remove_root),
        cmocka_unit_test(real_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
