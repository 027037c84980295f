/*
 * tokens: two lists of words as numbers, for metrics that count what they share: equal words have equal numbers.
 *
 *   struct tokens a = {0}, b = {0};
 *   tokens_add(&a, word); ...
 *   tokens_number(&a, &b);
 *   n = tokens_shared_ngrams(&a, &b, 2);
 *   tokens_release(&a);
 *
 * Owns    its arrays; the words are views
 * Cost    O(n log n) comparisons
 * Tests   unit/test_bleu.c, unit/test_rouge.c
 */
#ifndef PERBIT_TASKS_TOKENS_H
#define PERBIT_TASKS_TOKENS_H

#include "base/pystr.h"

struct tokens {
    struct pystr *words; /* [n] */
    int *ids;            /* [n], after tokens_number */
    int n, cap;
};

void tokens_add(struct tokens *t, struct pystr word);
void tokens_release(struct tokens *t);
void tokens_number(struct tokens *a, struct tokens *b);
/* Sum over the different n-grams of the smaller of the two counts. */
int tokens_shared_ngrams(const struct tokens *a, const struct tokens *b, int n);

#endif
