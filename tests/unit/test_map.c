/* test_map: lookup, replacement, order of the walk, growth. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/map.h"

static void empty_map_finds_nothing(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    assert_null(map_find(&m, "a"));
    assert_false(map_has(&m, ""));
    map_release(&m);
    map_release(&m);
}

static void put_replaces_and_returns_the_old_value(void **state)
{
    (void)state;
    int one = 1, two = 2;
    struct map m = MAP_INIT;
    assert_null(map_put(&m, "k", &one));
    assert_ptr_equal(map_put(&m, "k", &two), &one);
    assert_ptr_equal(map_find(&m, "k"), &two);
    assert_int_equal(m.n, 1);
    map_release(&m);
}

static void a_null_value_is_not_an_absent_key(void **state)
{
    (void)state;
    struct map m = MAP_INIT;
    map_put(&m, "", NULL);
    assert_true(map_has(&m, ""));
    assert_null(map_find(&m, ""));
    assert_false(map_has(&m, "x"));
    map_release(&m);
}

static void thousands_of_keys_stay_in_order(void **state)
{
    (void)state;
    enum { N = 5000 };
    static int values[N];
    char key[32];
    struct map m = MAP_INIT;
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        map_put(&m, key, &values[i]);
    }
    memset(key, 'x', sizeof(key) - 1); /* keys were copied */
    assert_int_equal(m.n, N);
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_string_equal(m.entries[i].key, key);
        assert_ptr_equal(map_find(&m, key), &values[i]);
    }
    map_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_finds_nothing),
        cmocka_unit_test(put_replaces_and_returns_the_old_value),
        cmocka_unit_test(a_null_value_is_not_an_absent_key),
        cmocka_unit_test(thousands_of_keys_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
