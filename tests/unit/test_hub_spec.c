#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/spec.h"

static void expect(const char *text, enum hub_kind kind, const char *repo, const char *revision, const char *file)
{
    struct arena a = { 0 };
    struct hub_spec s;
    struct err err = { 0 };
    if (hub_spec_parse(&s, &a, text, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(s.kind, kind);
    assert_string_equal(s.repo, repo);
    assert_string_equal(s.revision, revision);
    if (file)
        assert_string_equal(s.file, file);
    else
        assert_null(s.file);
    arena_release(&a);
}

static void test_specs(void **state)
{
    (void)state;
    expect("org/name", HUB_MODEL, "org/name", "main", NULL);
    expect("hub:org/name:a/b-Q8_0.gguf", HUB_MODEL, "org/name", "main", "a/b-Q8_0.gguf");
    expect("org/na.me@v1.0:*Q4*", HUB_MODEL, "org/na.me", "v1.0", "*Q4*");
    expect("datasets/cais/mmlu@refs/convert/parquet", HUB_DATASET, "cais/mmlu", "refs/convert/parquet", NULL);
    expect("hub:spaces/me/page:index.html", HUB_SPACE, "me/page", "main", "index.html");
    expect("gpt2", HUB_MODEL, "gpt2", "main", NULL);
    expect("models/org/x:f:g", HUB_MODEL, "org/x", "main", "f:g");
}

static void test_refused(void **state)
{
    static const char *const bad[] = { "", "hub:", "/x", "x/", "a/b/c", "../x", "org/..", "org/.x", "org/x-", "o--g/x", "org/x..y",
                                       "org/x y", "org/x.git", "org/x@", "org/x@-f", "org/x@../y", "org/x@a b",
                                       "org/x@/y", "org/x:", "org/x:/etc/passwd", "org/x:../y", "org/x:a/../b", "org/x:a//b",
                                       "org/x:a\\b", "org/x:a\nb", "org/x:." };
    struct arena a = { 0 };
    struct hub_spec s;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = { 0 };
        if (hub_spec_parse(&s, &a, bad[i], &err) == 0)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(err.code, ERR_USAGE);
    }
    arena_release(&a);
}

static void test_safe_paths(void **state)
{
    char part[300], deep[3000];
    (void)state;
    memset(part, 'a', sizeof part);
    part[255] = '\0';
    assert_true(hub_path_is_safe(part));
    part[255] = 'a';
    part[256] = '\0';
    assert_false(hub_path_is_safe(part));
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? '/' : 'a';
    deep[sizeof deep - 1] = '\0';
    assert_false(hub_path_is_safe(deep));
    assert_true(hub_path_is_safe("..."));
    assert_true(hub_path_is_safe("a/..b/c.."));
    assert_true(hub_path_is_safe("\xC3\xBC/\xE6\x9D\xB1 x"));
    assert_false(hub_path_is_safe("a/"));
    assert_false(hub_path_is_safe("a\x7f"));
}

static void test_quote(void **state)
{
    struct buf b = BUF_INIT;
    (void)state;
    hub_quote(&b, "a b/\xC3\xBC%#?.gguf", true);
    hub_quote(&b, "|refs/x", false);
    assert_string_equal(b.data, "a%20b/%C3%BC%25%23%3F.gguf%7Crefs%2Fx");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specs),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_safe_paths),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
