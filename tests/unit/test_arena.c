/* test_arena: alignment, zeroes, large pieces between small ones, release. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void pieces_are_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    static const size_t sizes[] = {0, 1, 3, 8, 17, 1000, 20000, 70000, 1, 300000, 2};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        unsigned char *p = arena_alloc(&a, sizes[i]);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, sizes[i]);
    }
    arena_release(&a);
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 3000 };
    static int *pieces[N];
    struct arena a;
    arena_init(&a);
    for (int i = 0; i < N; i++) {
        pieces[i] = arena_alloc(&a, sizeof(int) * (size_t)(1 + i % 90));
        for (int k = 0; k <= i % 90; k++)
            pieces[i][k] = i;
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(pieces[i][0], i);
        assert_int_equal(pieces[i][i % 90], i);
    }
    arena_release(&a);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char text[] = "abcdef";
    char *copy = arena_strdup(&a, text);
    char *part = arena_strndup(&a, text, 3);
    char *whole = arena_strndup(&a, text, 99);
    char *dup = arena_dup(&a, text, sizeof(text));
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(copy, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(whole, "abcdef");
    assert_string_equal(dup, "abcdef");
    assert_null(arena_strdup(&a, NULL));
    assert_null(arena_strndup(&a, NULL, 3));
    assert_non_null(arena_dup(&a, NULL, 0));
    assert_string_equal(arena_printf(&a, "%s-%d", "q4", 7), "q4-7");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    assert_int_equal(strlen(arena_printf(&a, "%*s", 100000, "x")), 100000);
    arena_release(&a);
}

static void release_leaves_an_empty_arena(void **state)
{
    (void)state;
    struct arena a = {0};
    arena_release(&a);
    arena_strdup(&a, "x");
    arena_release(&a);
    assert_null(a.head);
    assert_string_equal(arena_strdup(&a, "again"), "again");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(release_leaves_an_empty_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
