/* picker: greedy, and draws against probabilities computed here by sorting everything. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/picker.h"

enum { N = 40, N_DRAWS = 20000 };

static void random_row(float *row, struct rand_mt *rng)
{
    for (int i = 0; i < N; i++)
        row[i] = (float)rand_below(rng, 9) / 2; /* many are equal */
    row[rand_below(rng, N)] = -INFINITY;
}

static void greedy_takes_the_first_of_the_largest(void **state)
{
    const float row[] = { -1, 3, 2, 3, -INFINITY };
    struct picker p;
    (void)state;
    picker_init(&p, (struct picker_params){ .top_k = 2, .top_p = 0.5 }, 1);
    assert_int_equal(picker_next(&p, row, 5), 1);
    /* as does whoever may draw from one only */
    picker_init(&p, (struct picker_params){ .temperature = 5, .top_k = 1 }, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(picker_next(&p, row, 5), 1);
    picker_init(&p, (struct picker_params){ .temperature = 5, .top_p = 1e-9 }, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(picker_next(&p, row, 5), 1);
}

/* Probabilities after temperature, then top_k, then top_p, one rule after another on the whole vocabulary. */
static void expected(double *p, const float *row, struct picker_params params)
{
    int order[N];
    double sum = 0, part = 0;
    for (int i = 0; i < N; i++) { /* insertion sort, stable */
        int k = i;
        for (; k > 0 && row[order[k - 1]] < row[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    const int n_top = params.top_k > 0 && params.top_k < N ? params.top_k : N;
    memset(p, 0, N * sizeof *p);
    for (int k = 0; k < n_top; k++)
        sum += p[order[k]] = exp((double)row[order[k]] / params.temperature);
    for (int k = 0; k < n_top && params.top_p > 0 && params.top_p < 1; k++) {
        if (part >= params.top_p * sum * (1 - 1e-12))
            p[order[k]] = 0;
        part += p[order[k]];
    }
    sum = 0;
    for (int i = 0; i < N; i++)
        sum += p[i];
    for (int i = 0; i < N; i++)
        p[i] /= sum;
}

static void frequencies(void **state)
{
    static const struct picker_params cases[] = {
        { .temperature = 1 }, { .temperature = 0.7, .top_k = 5 }, { .temperature = 2, .top_k = 39 },
        { .temperature = 1, .top_p = 0.6 }, { .temperature = 1.5, .top_k = 12, .top_p = 0.8 },
        { .temperature = 1, .top_k = 100, .top_p = 1 }, { .temperature = 3, .top_k = 3, .top_p = 0.9 },
    };
    struct rand_mt rng;
    (void)state;
    rand_seed(&rng, 4);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float row[N];
        double want[N];
        int count[N] = { 0 };
        struct picker p;
        random_row(row, &rng);
        expected(want, row, cases[c]);
        picker_init(&p, cases[c], c);
        for (int i = 0; i < N_DRAWS; i++)
            count[picker_next(&p, row, N)]++;
        for (int i = 0; i < N; i++) {
            const double sd = sqrt(want[i] * (1 - want[i]) / N_DRAWS);
            if (want[i] == 0)
                assert_int_equal(count[i], 0);
            else if (fabs((double)count[i] / N_DRAWS - want[i]) > 5 * sd)
                fail_msg("case %zu, token %d: %d of %d, probability %g", c, i, count[i], N_DRAWS, want[i]);
        }
    }
}

static void a_seed_is_a_stream(void **state)
{
    float row[N];
    struct rand_mt rng;
    struct picker a, b, c;
    int n_other = 0;
    (void)state;
    rand_seed(&rng, 5);
    random_row(row, &rng);
    const struct picker_params params = { .temperature = 1, .top_p = 0.95 };
    picker_init(&a, params, 7);
    picker_init(&b, params, 7);
    picker_init(&c, params, 8);
    for (int i = 0; i < 200; i++) {
        const int32_t token = picker_next(&a, row, N);
        assert_int_equal(picker_next(&b, row, N), token);
        n_other += picker_next(&c, row, N) != token;
    }
    assert_true(n_other > 50);
}

static void refused(void **state)
{
    static const struct picker_params bad[] = {
        { .temperature = -1 }, { .temperature = NAN }, { .temperature = INFINITY }, { .top_k = -1 }, { .top_p = 1.1 },
        { .top_p = -0.1 }, { .top_p = NAN },
    };
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(picker_check(&bad[i], &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
    }
    assert_int_equal(picker_check(&(struct picker_params){ 0 }, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_first_of_the_largest),
        cmocka_unit_test(frequencies),
        cmocka_unit_test(a_seed_is_a_stream),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
