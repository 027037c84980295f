#include "engine/banker.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

void banker_init(struct banker *b, int n_accounts, int n_cells)
{
    *b = (struct banker){
        .accounts = xcalloc((size_t)n_accounts + 1, sizeof *b->accounts), .n = n_accounts,
        .n_cells = n_cells > 0 ? n_cells : 0, .n_free = n_cells > 0 ? n_cells : 0,
    };
}

void banker_release(struct banker *b)
{
    free(b->accounts);
    *b = (struct banker){ 0 };
}

bool banker_open(struct banker *b, int i, int n_max)
{
    assert(i >= 0 && i < b->n && n_max > 0 && b->accounts[i].n_max == 0);
    if (n_max > b->n_cells)
        return false;
    b->accounts[i] = (struct banker_account){ .n_max = n_max };
    b->sum_max += n_max;
    return true;
}

static int n_missing(const struct banker_account *a)
{
    return a->n_max - a->n_held;
}

/* The open account above `than` (by missing cells, then by number) that misses least; -1 = none. */
static int next_account(const struct banker *b, int than)
{
    int best = -1;
    for (int i = 0; i < b->n; i++) {
        const struct banker_account *a = &b->accounts[i];
        if (a->n_max == 0)
            continue;
        if (than >= 0) {
            const int d = n_missing(a) - n_missing(&b->accounts[than]);
            if (d < 0 || (d == 0 && i <= than))
                continue;
        }
        if (best < 0 || n_missing(a) < n_missing(&b->accounts[best]))
            best = i;
    }
    return best;
}

/* Serving those first who miss least is an order that works if any does. */
static bool is_safe(const struct banker *b)
{
    int n_free = b->n_free;
    if (b->sum_max <= b->n_cells)
        return true;
    for (int i = next_account(b, -1); i >= 0; i = next_account(b, i)) {
        if (n_missing(&b->accounts[i]) > n_free)
            return false;
        n_free += b->accounts[i].n_held;
    }
    return true;
}

bool banker_take(struct banker *b, int i, int n)
{
    struct banker_account *a = &b->accounts[i];
    assert(i >= 0 && i < b->n && n >= 0 && n <= n_missing(a));
    if (n > b->n_free)
        return false;
    a->n_held += n;
    b->n_free -= n;
    if (is_safe(b))
        return true;
    a->n_held -= n;
    b->n_free += n;
    return false;
}

void banker_close(struct banker *b, int i)
{
    b->n_free += b->accounts[i].n_held;
    b->sum_max -= b->accounts[i].n_max;
    b->accounts[i] = (struct banker_account){ 0 };
}

void banker_move(struct banker *b, int from, int to)
{
    assert(b->accounts[to].n_max == 0);
    b->accounts[to] = b->accounts[from];
    b->accounts[from] = (struct banker_account){ 0 };
}
