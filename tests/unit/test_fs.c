/* test_fs: whole files, atomic writing, folders, paths; a full disk where one can be mounted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

#include "base/fs.h"
#include "fakeroot.h"

static char dir[FAKEROOT_BYTES];
static struct arena arena;

static int make_dir(void **state)
{
    (void)state;
    fakeroot_make(dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    arena_release(&arena);
    return fakeroot_remove(dir);
}

static const char *in_dir(const char *name)
{
    return fs_join(&arena, dir, name);
}

static int count_entries(void)
{
    char command[128];
    int n = -1;
    snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
    FILE *f = popen(command, "r");
    if (!f || fscanf(f, "%d", &n) != 1)
        n = -1;
    if (f)
        pclose(f);
    return n;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct buf in = BUF_INIT, out = BUF_INIT;
        for (size_t k = 0; k < sizes[i]; k++)
            buf_putc(&in, (char)(k * 7));
        int64_t n_bytes = -1;
        assert_int_equal(fs_write(in_dir("f"), in.data, in.len, NULL), 0);
        assert_int_equal(fs_read(&out, in_dir("f"), NULL), 0);
        assert_int_equal(fs_size(&n_bytes, in_dir("f"), NULL), 0);
        assert_int_equal(n_bytes, sizes[i]);
        assert_int_equal(out.len, in.len);
        assert_memory_equal(out.data, in.data, in.len + 1);
        buf_release(&in);
        buf_release(&out);
    }
    assert_int_equal(count_entries(), 1); /* no temporary file is left */
}

static void reading_appends_and_fails_cleanly(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct err e = {0};
    fs_write(in_dir("f"), "abc", 3, NULL);
    buf_puts(&out, "x");
    assert_int_equal(fs_read(&out, in_dir("f"), NULL), 0);
    assert_string_equal(out.data, "xabc");
    assert_int_equal(fs_read(&out, in_dir("none"), &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.msg, arena_printf(&arena, "%s/none: No such file or directory", dir));
    assert_int_equal(fs_read(&out, dir, &e), -1);
    assert_string_equal(e.msg, arena_printf(&arena, "%s: Is a directory", dir));
    assert_string_equal(out.data, "xabc");
    buf_release(&out);
}

static void files_without_a_size_are_read(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    if (!fs_exists("/proc/self/status"))
        skip();
    assert_int_equal(fs_read(&out, "/proc/self/status", NULL), 0);
    assert_non_null(strstr(out.data, "VmHWM"));
    buf_release(&out);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(fs_write(in_dir("no/f"), "x", 1, &e), -1);
    assert_string_equal(e.msg, arena_printf(&arena, "%s/no/f: No such file or directory", dir));
    assert_int_equal(fs_mkdirs(in_dir("d/sub"), NULL), 0);
    assert_int_equal(fs_write(in_dir("d"), "x", 1, &e), -1); /* a folder is not replaced */
    assert_int_equal(count_entries(), 1);
}

static void check_full_disk(const char *path)
{
    enum { N = 4 << 20 };
    char *much = calloc(1, N);
    struct err e = {0};
    struct buf out = BUF_INIT;
    assert_int_equal(fs_write(path, "old", 3, NULL), 0);
    assert_int_equal(fs_write(path, much, N, &e), -1);
    assert_string_equal(e.msg, arena_printf(&arena, "%s: No space left on device", path));
    assert_int_equal(fs_read(&out, path, NULL), 0);
    assert_string_equal(out.data, "old");
    assert_int_equal(fs_write(path, "new", 3, NULL), 0); /* the temporary file was removed */
    buf_release(&out);
    free(much);
}

static void a_full_disk_is_named(void **state)
{
    (void)state;
#ifdef __linux__
    const char *at = in_dir("small");
    assert_int_equal(mkdir(at, 0777), 0);
    if (mount("tmpfs", at, "tmpfs", 0, "size=1m"))
        skip(); /* not root, or not allowed here */
    int64_t n_bytes = -1;
    assert_int_equal(fs_free_bytes(&n_bytes, at, NULL), 0);
    check_full_disk(in_dir("small/f"));
    assert_int_equal(umount(at), 0);
    assert_true(n_bytes > 0 && n_bytes <= 1 << 20);
#else
    skip();
#endif
}

static void folders_are_made(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(fs_mkdirs(in_dir("a/b//c/"), &e), 0);
    assert_int_equal(fs_mkdirs(in_dir("a/b/c"), &e), 0);
    assert_true(fs_is_dir(in_dir("a/b/c")));
    fs_write(in_dir("file"), "", 0, NULL);
    assert_false(fs_is_dir(in_dir("file")));
    assert_int_equal(fs_mkdirs(in_dir("file/x"), &e), -1);
    assert_string_equal(e.msg, arena_printf(&arena, "%s/file: Not a directory", dir));
    assert_int_equal(fs_check_writable_dir(in_dir("new/one"), &e), 0);
    assert_int_equal(fs_check_writable_dir(in_dir("file"), &e), -1);
    assert_int_equal(fs_sync_dir(in_dir("file"), &e), -1);
}

static void a_folder_without_permission_is_named(void **state)
{
    (void)state;
    struct err e = {0};
    if (!geteuid())
        skip(); /* root may write anywhere */
    assert_int_equal(mkdir(in_dir("ro"), 0555), 0);
    assert_int_equal(fs_check_writable_dir(in_dir("ro"), &e), -1);
    assert_non_null(strstr(e.msg, "Permission denied"));
}

static void rename_and_remove(void **state)
{
    (void)state;
    struct err e = {0};
    fs_write(in_dir("a"), "1", 1, NULL);
    assert_int_equal(fs_rename(in_dir("a"), in_dir("b"), &e), 0);
    assert_false(fs_exists(in_dir("a")));
    assert_int_equal(fs_rename(in_dir("a"), in_dir("b"), &e), -1);
    assert_non_null(strstr(e.msg, "cannot rename"));
    assert_int_equal(fs_remove(in_dir("b"), &e), 0);
    assert_int_equal(fs_remove(in_dir("b"), &e), 0);
    assert_int_equal(fs_remove(dir, &e), -1);
    int64_t n = 0;
    assert_int_equal(fs_size(&n, in_dir("b"), &e), -1);
    assert_int_equal(fs_free_bytes(&n, in_dir("b"), &e), -1);
}

static void links_are_the_same_file(void **state)
{
    (void)state;
    fs_write(in_dir("a"), "1", 1, NULL);
    fs_write(in_dir("b"), "1", 1, NULL);
    assert_int_equal(symlink("a", in_dir("l")), 0);
    assert_true(fs_same_file(in_dir("a"), in_dir("l")));
    assert_false(fs_same_file(in_dir("a"), in_dir("b")));
    assert_false(fs_same_file(in_dir("none"), in_dir("none")));
}

static void paths_are_joined_and_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *dir, *name, *joined;
    } joins[] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"},
        {"/", "b", "/b"},  {"a", "/b", "/b"},  {".", "", "./"},
    };
    static const struct {
        const char *path, *dir, *base;
    } parts[] = {
        {"a/b", "a", "b"}, {"b", ".", "b"},     {"/b", "/", "b"}, {"a//b", "a", "b"},
        {"//b", "/", "b"}, {"a/b/", "a/b", ""}, {"", ".", ""},    {"/", "/", ""},
    };
    for (size_t i = 0; i < sizeof(joins) / sizeof(*joins); i++)
        assert_string_equal(fs_join(&arena, joins[i].dir, joins[i].name), joins[i].joined);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        assert_string_equal(fs_dirname(&arena, parts[i].path), parts[i].dir);
        assert_string_equal(fs_basename(parts[i].path), parts[i].base);
    }
}

static void places_of_this_program(void **state)
{
    (void)state;
    setenv("PERBIT_CACHE", "/c", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    assert_string_equal(fs_cache_dir(&arena), "/c");
    setenv("PERBIT_CACHE", "", 1); /* empty counts as unset */
    assert_string_equal(fs_cache_dir(&arena), "/x/perbit");
    unsetenv("XDG_CACHE_HOME");
    assert_string_equal(fs_cache_dir(&arena), "/h/.cache/perbit");
    unsetenv("HOME");
    assert_non_null(strstr(fs_cache_dir(&arena), ".cache/perbit"));
    const char *self = fs_self_exe(&arena);
    assert_non_null(self);
    assert_true(fs_exists(self));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(reading_appends_and_fails_cleanly, make_dir, remove_dir),
        cmocka_unit_test(files_without_a_size_are_read),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_full_disk_is_named, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(folders_are_made, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_folder_without_permission_is_named, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(rename_and_remove, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(links_are_the_same_file, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(paths_are_joined_and_taken_apart, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(places_of_this_program, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
