/* test_sha256: FIPS 180-4 vectors, files, and when the cached digest may be believed. */
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
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "fakeroot.h"

static const char abc_digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char xyz_digest[] = "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282";

static char dir[FAKEROOT_BYTES];
static struct arena arena;

static int make_dir(void **state)
{
    (void)state;
    fakeroot_make(dir);
    return setenv("PERBIT_CACHE", fs_join(&arena, dir, "cache"), 1);
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

/* Writes in place (the same inode) and sets the time, so that only what a test changes differs. */
static void put_file(const char *path, const char *text, time_t mtime_s)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    struct timespec times[2] = {{.tv_sec = mtime_s}, {.tv_sec = mtime_s}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void known_digests(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    sha256_bytes(out, "abc", 3);
    assert_string_equal(out, abc_digest);
    sha256_bytes(out, "", 0);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_bytes(out, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    assert_string_equal(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_times_a_in_a_file(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    struct err e = {0};
    struct buf text = BUF_INIT;
    for (int i = 0; i < 1000000; i++)
        buf_putc(&text, 'a');
    assert_int_equal(fs_write(in_dir("a"), text.data, text.len, NULL), 0);
    assert_int_equal(sha256_file(out, in_dir("a"), &e), 0);
    assert_string_equal(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    buf_release(&text);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    struct err e = {0};
    assert_int_equal(sha256_file(out, in_dir("none"), &e), -1);
    assert_string_equal(e.msg, arena_printf(&arena, "%s/none: No such file or directory", dir));
    assert_int_equal(sha256_file_cached(out, in_dir("none"), &e), -1);
    assert_int_equal(sha256_file(out, dir, &e), -1);
    assert_int_equal(e.code, ERR_IO);
}

/* The same size, time and inode: only the cache can still say "abc". */
static void an_unchanged_file_is_not_read_again(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    put_file(in_dir("f"), "abc", 1000000000);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    assert_string_equal(out, abc_digest);
    put_file(in_dir("f"), "xyz", 1000000000);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    assert_string_equal(out, abc_digest);
    put_file(in_dir("f"), "xyz", 1000000001);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    assert_string_equal(out, xyz_digest);
}

static void a_file_just_written_is_not_cached(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    time_t now = time(NULL);
    put_file(in_dir("f"), "abc", now);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    put_file(in_dir("f"), "xyz", now);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    assert_string_equal(out, xyz_digest);
}

static void the_last_line_wins_and_rubbish_is_ignored(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES], first[SHA256_HEX_BYTES];
    struct stat st;
    put_file(in_dir("f"), "abc", 1000000000);
    assert_int_equal(stat(in_dir("f"), &st), 0);
    memset(first, '1', 64);
    first[64] = '\0';
    char *real = realpath(in_dir("f"), NULL);
    const char *key = arena_printf(&arena, "%s\t3\t1000000000000000000\t%llu\t", real,
                                   (unsigned long long)st.st_ino);
    const char *text = arena_printf(&arena, "rubbish\n\n%s%s\n%s%s\n%sshort\n%s%s", key, first, key,
                                    xyz_digest, key, key, first); /* the last has no line feed */
    free(real);
    assert_int_equal(fs_mkdirs(in_dir("cache"), NULL), 0);
    assert_int_equal(fs_write(in_dir("cache/digests"), text, strlen(text), NULL), 0);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), NULL), 0);
    assert_string_equal(out, xyz_digest);
}

static void a_cache_that_cannot_be_written_is_no_error(void **state)
{
    (void)state;
    char out[SHA256_HEX_BYTES];
    struct err e = {0};
    put_file(in_dir("f"), "abc", 1000000000);
    put_file(in_dir("cache"), "a file, not a folder", 1000000000);
    assert_int_equal(sha256_file_cached(out, in_dir("f"), &e), 0);
    assert_string_equal(out, abc_digest);
    put_file(in_dir("tab\there"), "abc", 1000000000);
    assert_int_equal(sha256_file_cached(out, in_dir("tab\there"), &e), 0);
    assert_string_equal(out, abc_digest);
    assert_int_equal(e.code, ERR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test_setup_teardown(a_million_times_a_in_a_file, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_missing_file_is_named, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_unchanged_file_is_not_read_again, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_file_just_written_is_not_cached, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_last_line_wins_and_rubbish_is_ignored, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_cache_that_cannot_be_written_is_no_error, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
