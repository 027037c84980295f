#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "hub/cache.h"

#define OID "0123456789abcdef0123456789abcdef01234567"
#define SHA OID "0123456789abcdef01234567"

static int read_page(struct hub_listing *l, const char *text, struct err *err)
{
    *l = (struct hub_listing){ 0 };
    int rc = hub_listing_add_page(l, text, strlen(text), "org/x", err);
    return rc < 0 ? rc : hub_listing_finish(l, "org/x", err);
}

static void test_page(void **state)
{
    struct hub_listing l;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(read_page(&l, "[{\"type\":\"directory\",\"path\":\"b\",\"oid\":\"" OID "\",\"size\":0},"
                                   "{\"type\":\"file\",\"path\":\"b/m.gguf\",\"oid\":\"" OID "\",\"size\":5000000000,"
                                   "\"lfs\":{\"oid\":\"" SHA "\",\"size\":5000000000,\"pointerSize\":134},\"xetHash\":\"x\"},"
                                   "{\"type\":\"file\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":3,\"lfs\":null}]", &err), 0);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.files[0].path, "a");
    assert_string_equal(hub_file_etag(&l.files[0]), OID);
    assert_string_equal(hub_file_etag(hub_listing_find(&l, "b/m.gguf")), SHA);
    assert_true(hub_listing_find(&l, "b/m.gguf")->n_bytes == 5000000000);
    assert_null(hub_listing_find(&l, "b"));
    hub_listing_release(&l);
}

#define FILE_OF(path) "{\"type\":\"file\",\"path\":\"" path "\",\"oid\":\"" OID "\",\"size\":1}"

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "", "{}", "[1]", "[{}]", "[{\"type\":\"file\"}]", "[" FILE_OF("../x") "]", "[" FILE_OF("/x") "]", "[" FILE_OF("a/../x") "]",
        "[" FILE_OF("a\\u0000b") "]", "[" FILE_OF("") "]", "[" FILE_OF("a") "," FILE_OF("a") "]",
        "[" FILE_OF("a") "," FILE_OF("a-b") "," FILE_OF("a/b") "]",
        "[{\"type\":\"directory\",\"path\":\"..\",\"oid\":\"\",\"size\":0}]",
        "[{\"type\":\"file\",\"path\":\"a\",\"oid\":\"../../x\",\"size\":1}]",
        "[{\"type\":\"file\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":-1}]",
        "[{\"type\":\"file\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":\"1\"}]",
        "[{\"type\":\"file\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":1,\"lfs\":{\"size\":1}}]",
        "[{\"type\":\"file\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":1,\"lfs\":{\"oid\":\"" OID "\",\"size\":1}}]",
        "[{\"type\":\"symlink\",\"path\":\"a\",\"oid\":\"" OID "\",\"size\":1}]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hub_listing l;
        struct err err = { 0 };
        if (read_page(&l, bad[i], &err) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.msg, "org/x"));
        hub_listing_release(&l);
    }
}

/* trees/COMMIT.json, written and read again; refs; locks. */
static void test_cache(void **state)
{
    char dir[] = "/tmp/perbit-hub-XXXXXX", commit[41];
    struct hub h = { .cache_dir = mkdtemp(dir) };
    struct hub_spec s = { HUB_DATASET, "org/x", "refs/pr/1", NULL };
    struct hub_listing l, again = { 0 };
    struct err err = { 0 };
    int fd, other;
    (void)state;
    assert_int_equal(read_page(&l, "[" FILE_OF("a \\\"q\\\"") ",{\"type\":\"file\",\"path\":\"b\",\"oid\":\"" OID "\",\"size\":7,"
                                   "\"lfs\":{\"oid\":\"" SHA "\",\"size\":7}}]", &err), 0);
    again.commit = l.commit = OID;
    assert_int_equal(cache_read_tree(&again, &h, &s), -1);
    cache_write_tree(&l, &h, &s);
    assert_int_equal(cache_read_tree(&again, &h, &s), 0);
    assert_int_equal(again.n, 2);
    assert_string_equal(again.files[0].path, "a \"q\"");
    assert_string_equal(again.files[1].sha256, SHA);
    assert_int_equal(again.files[1].n_bytes, 7);
    hub_listing_release(&l);
    hub_listing_release(&again);

    assert_int_equal(cache_read_ref(commit, &h, &s), -1);
    assert_int_equal(cache_write_ref(&h, &s, OID, &err), 0);
    assert_int_equal(cache_read_ref(commit, &h, &s), 0);
    assert_string_equal(commit, OID);
    s.revision = "f" OID "f"; /* no commit, no ref */
    assert_int_equal(cache_read_ref(commit, &h, &s), -1);
    s.revision = OID;
    assert_int_equal(cache_read_ref(commit, &h, &s), 0);

    char *lock = xasprintf("%s/x.lock", dir);
    assert_int_equal(cache_lock(&fd, lock, &err), 1);
    assert_int_equal(cache_lock(&other, lock, &err), 0); /* another opening is another holder */
    cache_unlock(fd);
    assert_int_equal(cache_lock(&fd, lock, &err), 1);
    cache_unlock(fd);
    free(lock);
    char *clean_up = xasprintf("rm -r %s", dir);
    assert_int_equal(system(clean_up), 0);
    free(clean_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_page), cmocka_unit_test(test_refused), cmocka_unit_test(test_cache) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
