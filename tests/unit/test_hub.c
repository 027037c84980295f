#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/http.h"

static const char *const names[] = { "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_CACHE",
                                     "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
                                     "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_DISABLE_IMPLICIT_TOKEN" };

static struct hub *open_with(const char *const *settings, struct err *err)
{
    struct hub *h;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    setenv("HOME", "/nowhere/home", 1);
    for (; *settings; settings += 2)
        setenv(settings[0], settings[1], 1);
    return hub_open(&h, err) < 0 ? NULL : h;
}
#define WITH(...) open_with((const char *const[]){ __VA_ARGS__, NULL }, &(struct err){ 0 })

static void expect_cache(struct hub *h, const char *want)
{
    assert_non_null(h);
    assert_string_equal(h->cache_dir, want);
    hub_close(h);
}

static void test_folders(void **state)
{
    const char *none[] = { NULL };
    (void)state;
    expect_cache(open_with(none, NULL), "/nowhere/home/.cache/huggingface/hub");
    expect_cache(WITH("XDG_CACHE_HOME", "/x"), "/x/huggingface/hub");
    expect_cache(WITH("XDG_CACHE_HOME", "/x", "HF_HOME", "/h"), "/h/hub");
    expect_cache(WITH("HF_HOME", "~/h"), "/nowhere/home/h/hub");
    expect_cache(WITH("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old"), "/old");
    expect_cache(WITH("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "~"), "/nowhere/home");
}

static void test_token(void **state)
{
    char path[] = "/tmp/perbit-token-XXXXXX";
    struct err err = { 0 };
    (void)state;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, " hf_file \n", 10), 10);
    close(fd);
    struct hub *h = WITH("HF_TOKEN_PATH", path);
    assert_string_equal(h->token, "hf_file");
    hub_close(h);
    h = WITH("HF_TOKEN_PATH", path, "HF_TOKEN", "hf_env\r\n", "HUGGING_FACE_HUB_TOKEN", "hf_old");
    assert_string_equal(h->token, "hf_env");
    hub_close(h);
    h = WITH("HF_TOKEN", " ", "HUGGING_FACE_HUB_TOKEN", "hf_old");
    assert_string_equal(h->token, "hf_old");
    hub_close(h);
    const char *const two_lines[] = { "HF_TOKEN", "hf_a\r\nX-Other: b", NULL };
    assert_null(open_with(two_lines, &err));
    assert_null(strstr(err.msg, "hf_a"));
    unlink(path);
}

static void test_endpoint(void **state)
{
    const char *none[] = { NULL };
    const char *const ftp[] = { "HF_ENDPOINT", "ftp://x", NULL }, *const soon[] = { "HF_HUB_DOWNLOAD_TIMEOUT", "soon", NULL };
    struct err err = { 0 };
    (void)state;
    struct hub *h = open_with(none, NULL);
    assert_string_equal(h->endpoint, "https://huggingface.co");
    assert_true(http_is_ours(h, "https://huggingface.co/api/models"));
    assert_false(http_is_ours(h, "https://huggingface.co.evil.org/api"));
    assert_false(http_is_ours(h, "https://huggingface.co@evil.org/api"));
    assert_false(http_is_ours(h, "https://huggingface.co:8443/api"));
    assert_false(http_is_ours(h, "http://huggingface.co/api"));
    assert_false(h->is_offline);
    hub_close(h);
    h = WITH("HF_ENDPOINT", "https://hub.example//", "HF_HUB_OFFLINE", "yes");
    assert_string_equal(h->endpoint, "https://hub.example");
    assert_true(h->is_offline);
    hub_close(h);
    assert_null(open_with(ftp, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(open_with(soon, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_folders), cmocka_unit_test(test_token), cmocka_unit_test(test_endpoint) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
