/* test_sampler: CPython's random.sample, by vectors of Python 3.11; subsets that nest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tasks/sampler.h"

/* Draws in turn from one generator of seed 1234. */
struct vector {
    int64_t n_pool;
    int k;
    int n_checked; /* leading numbers of the draw */
    int64_t draw[2][25];
};

static const struct vector vectors[] = {
    /* a set of what is drawn */
    {1119, 25, 25,
     {{902, 239, 15, 185, 71, 171, 201, 726, 484, 35, 63, 32, 708, 991, 949, 304, 186, 374, 234, 29, 1030, 996, 511, 132,
       1108},
      {954, 140, 182, 1054, 94, 552, 129}}},
    {39905, 10, 10, {{28883, 7657, 490, 5940, 38156, 2288, 5500, 6450, 23241, 15519}, {1142, 2019, 1038, 22681, 31735}}},
    {39905, 11, 11, {{28883, 7657, 490, 5940, 38156, 2288, 5500, 6450, 23241, 15519, 1142}, {2019, 1038, 22681, 31735, 30379}}},
    {7473, 5, 5, {{6374, 3610, 957, 61, 742}, {7462, 6610, 4769, 286, 5501}}},
    /* a copy of the pool */
    {20, 5, 5, {{14, 3, 0, 2, 1}, {2, 3, 11, 7, 0}}},
    {60, 10, 10, {{49, 28, 7, 0, 5, 51, 37, 2, 42, 44}, {5, 6, 49, 22, 15, 1, 54, 50, 53, 56}}},
};

static int n_given(const struct vector *v, int turn)
{
    int n = 0;
    if (turn == 0)
        return v->n_checked;
    while (n < v->k && (v->draw[turn][n] || (n + 1 < v->k && v->draw[turn][n + 1])))
        n++;
    return n;
}

static void draws_are_pythons(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        struct rand_mt r;
        rand_seed(&r, 1234);
        for (int turn = 0; turn < 2; turn++) {
            int64_t draw[25];
            assert_int_equal(sampler_python(draw, &r, v->n_pool, v->k, NULL), 0);
            assert_memory_equal(draw, v->draw[turn], sizeof(*draw) * (size_t)n_given(v, turn));
        }
    }
}

static void the_whole_pool_and_no_more(void **state)
{
    (void)state;
    struct rand_mt r;
    struct err err = {0};
    int64_t draw[3];
    int seen = 0;
    rand_seed(&r, 7);
    assert_int_equal(sampler_python(draw, &r, 3, 3, &err), 0);
    for (int i = 0; i < 3; i++)
        seen |= 1 << draw[i];
    assert_int_equal(seen, 7);
    assert_int_equal(sampler_python(draw, &r, 2, 3, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_string_equal(err.msg, "3 few-shot examples are to be drawn from a pool of 2 rows");
}

static void subsets_are_ascending_and_nest(void **state)
{
    (void)state;
    int64_t small[10], large[30], all[40];
    sampler_subset(small, 10, 40, 5);
    sampler_subset(large, 30, 40, 5);
    int n_found = 0;
    for (int i = 0; i < 30; i++) {
        assert_true(i == 0 || large[i] > large[i - 1]);
        for (int k = 0; k < 10; k++)
            n_found += small[k] == large[i];
    }
    assert_int_equal(n_found, 10);
    int64_t other[10];
    sampler_subset(other, 10, 40, 6);
    assert_memory_not_equal(small, other, sizeof small);
    sampler_subset(all, 40, 40, 5);
    for (int i = 0; i < 40; i++)
        assert_int_equal(all[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_pythons),
        cmocka_unit_test(the_whole_pool_and_no_more),
        cmocka_unit_test(subsets_are_ascending_and_nest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
