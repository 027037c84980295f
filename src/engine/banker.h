/*
 * banker: who may take cells of a cache now, so that all who have begun can finish (Dijkstra's banker).
 *
 * Each account states once how many cells it will hold at the most; then it takes them bit by bit and gives all of
 * them back at the end. A wish is granted when afterwards an order of the accounts is left in which each gets what it
 * still may need from what is free and what those before it gave back. So many begin whose limits together are larger
 * than the cache, which few of them reach; and as long as an account is open, at least one of them is granted any wish.
 *
 *   banker_open(&b, i, n_max);     true: n_max fits the cache at all
 *   banker_take(&b, i, n);         false: not now
 *   banker_close(&b, i);
 *
 * Units    cells (tokens of a cache)          Owns  its accounts until banker_release
 * Threads  one caller                         Cost  O(n_accounts^2) a wish, O(n_accounts) while all limits fit
 * Tests    unit/test_banker.c
 */
#ifndef PERBIT_ENGINE_BANKER_H
#define PERBIT_ENGINE_BANKER_H

#include <stdbool.h>

struct banker_account {
    int n_held;
    int n_max; /* 0 = not open */
};

struct banker {
    struct banker_account *accounts; /* [n] */
    int n;
    int n_cells;  /* in all */
    int n_free;
    int sum_max;  /* of the open accounts */
};

void banker_init(struct banker *b, int n_accounts, int n_cells);
void banker_release(struct banker *b);
/* false, and nothing opened, if n_max cells are more than there are. n_max > 0; the account is closed. */
bool banker_open(struct banker *b, int i, int n_max);
/* n cells more for account i, within its n_max. */
bool banker_take(struct banker *b, int i, int n);
void banker_close(struct banker *b, int i);
/* Account `from` goes on as account `to`, which is closed. */
void banker_move(struct banker *b, int from, int to);

#endif
