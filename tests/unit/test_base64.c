#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/xalloc.h"

/* RFC 4648, section 10 */
static void test_vectors(void **state)
{
    static const char *const cases[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = BUF_INIT;
        buf_puts(&out, "x");
        base64_append(&out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out.data + 1, cases[i][1]);
        assert_int_equal(out.len, strlen(out.data));
        buf_release(&out);
    }
}

/* Longer than one piece: the same as the pieces of three bytes one after another. */
static void test_long(void **state)
{
    enum { N = 200001 };
    unsigned char *data = xmalloc(N);
    struct buf whole = BUF_INIT, parts = BUF_INIT;
    (void)state;
    for (int i = 0; i < N; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    base64_append(&whole, data, N);
    for (int i = 0; i < N; i += 3)
        base64_append(&parts, data + i, N - i < 3 ? (size_t)(N - i) : 3);
    assert_int_equal(whole.len, (N + 2) / 3 * 4);
    assert_string_equal(whole.data, parts.data);
    buf_release(&whole);
    buf_release(&parts);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_long) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
