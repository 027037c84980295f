/* test_buf: growth, the NUL at the end, detach. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void data_is_a_string_at_every_moment(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    assert_string_equal(b.data, "");
    buf_clear(&b);
    buf_append(&b, NULL, 0);
    buf_puts(&b, "");
    assert_string_equal(b.data, "");
    buf_puts(&b, "ab");
    buf_putc(&b, 'c');
    buf_printf(&b, "%d%s", 12, "x");
    assert_string_equal(b.data, "abc12x");
    assert_int_equal(b.len, 6);
    buf_clear(&b);
    assert_string_equal(b.data, "");
    assert_true(b.cap > 0);
    buf_release(&b);
    buf_release(&b);
    assert_string_equal(b.data, "");
}

static void grows_byte_by_byte_and_in_one_piece(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    assert_int_equal(b.data[99999], 'a' + 99999 % 26);
    assert_int_equal(strlen(b.data), 100000);
    size_t cap = b.cap;
    buf_reserve(&b, 1 << 20);
    assert_true(b.cap > cap && b.cap >= b.len + (1 << 20) + 1);
    buf_printf(&b, "%*s", 200000, "end");
    assert_int_equal(b.len, 300000);
    assert_string_equal(b.data + b.len - 3, "end");
    buf_release(&b);
}

static void bytes_may_hold_nul(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_append(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b\0", 4);
    buf_release(&b);
}

static void detach_gives_the_string_away(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    char *empty = buf_detach(&b);
    assert_string_equal(empty, "");
    free(empty);
    buf_puts(&b, "mine");
    char *text = buf_detach(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    assert_string_equal(text, "mine");
    free(text);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_a_string_at_every_moment),
        cmocka_unit_test(grows_byte_by_byte_and_in_one_piece),
        cmocka_unit_test(bytes_may_hold_nul),
        cmocka_unit_test(detach_gives_the_string_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
