/* workers: each index once, scratch slots never shared, many short loops one after another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/workers.h"

enum { N = 1000, N_THREADS = 4 };

struct count {
    int done[N];             /* times that i was taken */
    int by_thread[N_THREADS];
};

static void count_one(void *ctx, int i, int i_thread)
{
    struct count *c = ctx;
    c->done[i]++;
    c->by_thread[i_thread]++;
}

static void each_index_once(void **state)
{
    (void)state;
    static const int threads[] = { 0, 1, 2, N_THREADS };
    for (size_t t = 0; t < sizeof(threads) / sizeof(*threads); t++) {
        struct workers *w;
        workers_open(&w, threads[t]);
        assert_int_equal(workers_n(w), threads[t] < 1 ? 1 : threads[t]);
        for (int round = 0; round < 200; round++) {
            static struct count c;
            memset(&c, 0, sizeof(c));
            const int n = round % 7 == 0 ? 0 : 1 + round * 37 % N;
            workers_run(w, n, count_one, &c);
            int sum = 0;
            for (int i = 0; i < N; i++)
                assert_int_equal(c.done[i], i < n);
            for (int i = 0; i < N_THREADS; i++)
                sum += c.by_thread[i];
            assert_int_equal(sum, n);
        }
        workers_close(w);
    }
    workers_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_index_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
