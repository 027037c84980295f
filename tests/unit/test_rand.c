/*
 * test_rand: Python's generator. The vectors are random.Random(1234) of CPython 3.11:
 * getrandbits(32), and random.sample(range(N), k), whose algorithm stands here once more
 * (Lib/random.py), since few-shot examples are drawn with it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

#include "base/rand.h"

static void outputs_of_seed_1234(void **state)
{
    (void)state;
    static const uint32_t expected[] = {4150886329u, 3342196574u, 1892932127u,
                                        501869158u,  32175636u,   389311301u};
    struct rand_mt r;
    rand_seed(&r, 1234);
    for (int i = 0; i < 6; i++)
        assert_int_equal(rand_u32(&r), expected[i]);
}

/* random.sample: a partial shuffle of a copy, or redrawing, by the size of the pool. */
static void python_sample(struct rand_mt *r, uint32_t *out, uint32_t n, uint32_t k)
{
    static uint32_t pool[512];
    uint32_t set_size = 21;
    if (k > 5)
        set_size += (uint32_t)pow(4, ceil(log(k * 3) / log(4)));
    for (uint32_t i = 0; n <= set_size && i < n; i++)
        pool[i] = i;
    for (uint32_t i = 0; i < k; i++) {
        if (n <= set_size) {
            uint32_t j = (uint32_t)rand_below(r, n - i);
            out[i] = pool[j];
            pool[j] = pool[n - i - 1];
            continue;
        }
        bool is_taken = true;
        while (is_taken) {
            out[i] = (uint32_t)rand_below(r, n);
            is_taken = false;
            for (uint32_t j = 0; j < i; j++)
                is_taken = is_taken || out[j] == out[i];
        }
    }
}

static const struct {
    uint32_t n, k;
    uint32_t first[25], second[10]; /* of two calls one after the other */
    uint32_t n_second;
} samples[] = {
    {1119,
     25,
     {902, 239, 15,  185, 71,  171, 201, 726,  484, 35,  63,  32,  708,
      991, 949, 304, 186, 374, 234, 29,  1030, 996, 511, 132, 1108},
     {954, 140, 182, 1054, 94, 552, 129},
     7},
    {39905,
     10,
     {28883, 7657, 490, 5940, 38156, 2288, 5500, 6450, 23241, 15519},
     {1142, 2019, 1038, 22681, 31735},
     5},
    {7473, 5, {6374, 3610, 957, 61, 742}, {7462, 6610, 4769, 286, 5501}, 5},
    {20, 5, {14, 3, 0, 2, 1}, {2, 3, 11, 7, 0}, 5},
    {60, 10, {49, 28, 7, 0, 5, 51, 37, 2, 42, 44}, {5, 6, 49, 22, 15, 1, 54, 50, 53, 56}, 10},
};

static void samples_equal_python(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof(samples) / sizeof(*samples); c++) {
        struct rand_mt r;
        uint32_t out[25];
        rand_seed(&r, 1234);
        python_sample(&r, out, samples[c].n, samples[c].k);
        for (uint32_t i = 0; i < samples[c].k; i++)
            assert_int_equal(out[i], samples[c].first[i]);
        python_sample(&r, out, samples[c].n, samples[c].k);
        for (uint32_t i = 0; i < samples[c].n_second; i++)
            assert_int_equal(out[i], samples[c].second[i]);
    }
}

static void below_stays_below(void **state)
{
    (void)state;
    static const uint64_t limits[] = {1, 2, 3, 7, 8, 9, 1000, 0x80000000u, 0xffffffffu};
    struct rand_mt r;
    rand_seed(&r, 0);
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        for (int k = 0; k < 1000; k++)
            assert_true(rand_below(&r, limits[i]) < limits[i]);
    }
}

/* random.Random(0).random(), random.Random(2**32 + 5).getrandbits(32): CPython 3.11. */
static void other_seeds_and_unit(void **state)
{
    (void)state;
    struct rand_mt r;
    rand_seed(&r, 0);
    assert_true(rand_unit(&r) == 0.8444218515250481);
    assert_true(rand_unit(&r) == 0.7579544029403025);
    rand_seed(&r, UINT64_C(4294967301));
    assert_int_equal(rand_u32(&r), 675479763u);
    assert_int_equal(rand_u32(&r), 2085189291u);
}

static void normal_has_mean_0_and_variance_1(void **state)
{
    (void)state;
    enum { N = 100000 };
    double sum = 0, sum_squares = 0;
    struct rand_mt r;
    rand_seed(&r, 7);
    for (int i = 0; i < N; i++) {
        double v = rand_normal(&r);
        assert_true(isfinite(v));
        sum += v;
        sum_squares += v * v;
    }
    assert_true(fabs(sum / N) < 0.015);             /* 4.7 standard errors */
    assert_true(fabs(sum_squares / N - 1) < 0.021); /* 4.7 standard errors */
}

/* random.Random(0).gauss(0, 1), CPython 3.11; a seed forgets the second value of a pair. */
static void gauss_of_seed_0(void **state)
{
    (void)state;
    static const double expected[] = {0.9417154046806644, -1.3965781047011498, -0.6797144480784211};
    struct rand_mt r;
    for (int again = 0; again < 2; again++) {
        rand_seed(&r, 0);
        for (int i = 0; i < 3; i++)
            assert_true(rand_gauss(&r) == expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_of_seed_1234),
        cmocka_unit_test(samples_equal_python),
        cmocka_unit_test(below_stays_below),
        cmocka_unit_test(other_seeds_and_unit),
        cmocka_unit_test(normal_has_mean_0_and_variance_1),
        cmocka_unit_test(gauss_of_seed_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
