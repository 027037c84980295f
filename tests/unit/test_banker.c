/* banker: what it grants against all orders of the accounts, and that somebody can always go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "engine/banker.h"

enum { N = 5 };

/* Can the accounts of the mask end, in any order? */
static bool can_end(const struct banker *b, unsigned mask, int n_free)
{
    if (mask == 0)
        return true;
    for (int i = 0; i < N; i++) {
        const struct banker_account *a = &b->accounts[i];
        if ((mask >> i & 1) && a->n_max - a->n_held <= n_free && can_end(b, mask & ~(1u << i), n_free + a->n_held))
            return true;
    }
    return false;
}

static unsigned open_mask(const struct banker *b)
{
    unsigned mask = 0;
    for (int i = 0; i < N; i++)
        mask |= (b->accounts[i].n_max > 0 ? 1u : 0u) << i;
    return mask;
}

static bool would_end(const struct banker *b, int i, int n)
{
    struct banker_account copy[N];
    struct banker after = *b;
    for (int k = 0; k < N; k++)
        copy[k] = b->accounts[k];
    copy[i].n_held += n;
    after.accounts = copy;
    return n <= b->n_free && can_end(&after, open_mask(b), b->n_free - n);
}

static int missing(const struct banker *b, int i)
{
    return b->accounts[i].n_max - b->accounts[i].n_held;
}

/* Somebody is granted all that it may still want. */
static void assert_goes_on(struct banker *b)
{
    bool goes_on = open_mask(b) == 0;
    for (int i = 0; i < N && !goes_on; i++)
        goes_on = b->accounts[i].n_max > 0 && would_end(b, i, missing(b, i));
    assert_true(goes_on);
}

static void grants_what_all_orders_allow(void **state)
{
    struct rand_mt rng;
    int n_refused = 0, n_granted = 0;
    (void)state;
    rand_seed(&rng, 1);
    for (int round = 0; round < 300; round++) {
        struct banker b;
        const int n_cells = 1 + (int)rand_below(&rng, 30);
        banker_init(&b, N, n_cells);
        for (int step = 0; step < 200; step++) {
            const int i = (int)rand_below(&rng, N);
            if (b.accounts[i].n_max == 0) {
                const int n_max = 1 + (int)rand_below(&rng, (uint64_t)n_cells + 3);
                assert_int_equal(banker_open(&b, i, n_max), n_max <= n_cells);
            } else if (missing(&b, i) == 0) {
                banker_close(&b, i);
            } else {
                const int n = (int)rand_below(&rng, (uint64_t)missing(&b, i) + 1);
                const bool want = would_end(&b, i, n), got = banker_take(&b, i, n);
                assert_int_equal(got, want);
                n_granted += got;
                n_refused += !got;
            }
            assert_goes_on(&b);
            int n_held = 0;
            for (int k = 0; k < N; k++)
                n_held += b.accounts[k].n_held;
            assert_int_equal(n_held + b.n_free, n_cells);
        }
        banker_release(&b);
    }
    print_message("%d granted, %d refused\n", n_granted, n_refused);
    assert_true(n_refused > 1000 && n_granted > 1000);
}

static void no_cells(void **state)
{
    struct banker b;
    (void)state;
    banker_init(&b, 1, -3);
    assert_false(banker_open(&b, 0, 1));
    banker_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_what_all_orders_allow),
        cmocka_unit_test(no_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
