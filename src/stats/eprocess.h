/*
 * eprocess: stops a task's questions as soon as they decide whether a level loses less or more than a margin, without the
 * false claims of looking again and again: a z test at a nominal 5 % every 100 questions claims falsely in 46 % (the test).
 *
 *   struct eprocess e;
 *   eprocess_open(&e, n_items, 0.01, 0.05);
 *   while (eprocess_add(&e, base - level) == EPROCESS_UNDECIDED) ...
 *
 * loss     of one question, base minus level, -1 .. 1
 * margin   the mean loss of all n_items that is asked about; alpha the chance of each of the two wrong claims
 * order    a random permutation fixed before looking and the same for every level: the claim is about this benchmark's
 *          n_items, drawn without replacement. It is always decided by the last of them
 * SAFE     mean loss < margin            WORSE   mean loss >= margin
 *
 * Threads  one struct a thread        Cost  O(1) a question
 * Source   Waudby-Smith and Ramdas 2010.09686: a betting martingale for each hypothesis, the conditional mean of what
 *          is left as its bar, bets from past questions only; Ville's inequality
 * Tests    unit/test_eprocess.c (error rates and savings by simulation)
 */
#ifndef PERBIT_STATS_EPROCESS_H
#define PERBIT_STATS_EPROCESS_H

#include <stdint.h>

enum eprocess_state { EPROCESS_UNDECIDED, EPROCESS_SAFE, EPROCESS_WORSE };

struct eprocess {
    enum eprocess_state state;
    int64_t n, n_items;
    double margin, bar;         /* bar: ln(1 / alpha) */
    double sum, sum_squares;    /* of the losses so far */
    double ln_safe, ln_worse;   /* wealth of each bet */
};

void eprocess_open(struct eprocess *e, int64_t n_items, double margin, double alpha);
enum eprocess_state eprocess_add(struct eprocess *e, double loss); /* once decided, more questions change nothing */

#endif
