/* test_bigfile: what was written in pieces of any length is read back; a file that is there already, no folder, a full disk. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/bigfile.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/rand.h"
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

static void fill(struct buf *b, size_t n_bytes)
{
    struct rand_mt r;
    rand_seed(&r, n_bytes);
    buf_reserve(b, n_bytes + 4);
    while (b->len < n_bytes) {
        const uint32_t x = rand_u32(&r);
        buf_append(b, &x, sizeof x);
    }
    b->len = n_bytes;
}

static void check_round_trip(const char *path, size_t n_bytes, size_t piece)
{
    struct buf want = BUF_INIT, got = BUF_INIT;
    struct bigfile *f = NULL;
    fill(&want, n_bytes);
    assert_int_equal(bigfile_create(&f, path, NULL), 0);
    for (size_t at = 0; at < n_bytes; at += piece)
        assert_int_equal(bigfile_write(f, want.data + at, n_bytes - at < piece ? n_bytes - at : piece, NULL), 0);
    assert_int_equal(bigfile_close(f, NULL), 0);
    assert_int_equal(fs_read(&got, path, NULL), 0);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    fs_remove(path, NULL);
    buf_release(&want);
    buf_release(&got);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    enum { B = BIGFILE_BUFFER_BYTES };
    static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, B - 1, B, B + 1, 3 * B + 4096, 4 * B + 12345 };
    static const size_t pieces[] = { 7777, 1 << 20, 3 * B };
    const char *path = fs_join(&arena, dir, "big");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
            check_round_trip(path, sizes[i], pieces[k]);
}

/* A file system without O_DIRECT. */
static void works_in_memory(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/perbit_bigfile_%s", fs_basename(dir));
    if (!fs_is_dir("/dev/shm"))
        return;
    check_round_trip(path, BIGFILE_BUFFER_BYTES + 100, 1 << 20);
}

static void says_what_it_cannot_open(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct bigfile *f = NULL;
    const char *there = fs_join(&arena, dir, "there");
    assert_int_equal(fs_write(there, "x", 1, NULL), 0);
    assert_int_equal(bigfile_create(&f, there, &err), -1);
    assert_non_null(strstr(err.msg, "there: File exists"));
    assert_int_equal(bigfile_create(&f, fs_join(&arena, dir, "none/file"), &err), -1);
    assert_non_null(strstr(err.msg, "none/file: No such file or directory"));
    assert_int_equal(bigfile_close(NULL, NULL), 0);
}

/* The limit of a file's length stands for a full disk: both fail in write(). */
static void a_failed_write_is_told(void **state)
{
    (void)state;
    enum { LIMIT = 20 << 20 };
    struct err err = { 0 };
    struct bigfile *f = NULL;
    struct buf data = BUF_INIT;
    struct rlimit old, small;
    fill(&data, BIGFILE_BUFFER_BYTES);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){ LIMIT, old.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(bigfile_create(&f, fs_join(&arena, dir, "limited"), NULL), 0);
    int n = 0;
    while (n < 10 && bigfile_write(f, data.data, data.len, &err) == 0)
        n++;
    assert_in_range(n, 2, 4); /* of 2.5; two buffers more may be on their way */
    assert_non_null(strstr(err.msg, "limited: cannot write"));
    assert_int_equal(bigfile_write(f, data.data, data.len, &err), -1); /* and goes on failing */
    err = (struct err){ 0 };
    assert_int_equal(bigfile_close(f, &err), -1);
    assert_non_null(strstr(err.msg, "limited: cannot write"));
    setrlimit(RLIMIT_FSIZE, &old);
    buf_release(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(works_in_memory),
        cmocka_unit_test(says_what_it_cannot_open),
        cmocka_unit_test(a_failed_write_is_told),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
