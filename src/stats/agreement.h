/*
 * agreement: two raters on the same items (a model and a human on an essay's rubric).
 *
 *   struct agreement g;
 *   agreement_of(&g, model, human, n, 1);
 *
 * kappa      quadratic weighted: 1 - E[(a - b)^2] / E'[(a - b)^2], E over the items, E' over all pairs of a rating of
 *            the one with a rating of the other. 1 all equal, 0 as by chance, can be below 0. NaN where E' is 0: both
 *            raters gave all items one and the same rating
 * exact      share of items with the same rating
 * adjacent   share of items that differ by at most `step` (1 on a scale of whole points)
 * mae, bias  mean of |a - b| and of a - b, in points
 *
 * a, b [n] ratings in points; any scale, half points too. All NaN for n = 0.
 *
 * Source  Cohen 1968; sklearn.metrics.cohen_kappa_score(weights="quadratic") over the whole scale as labels. With labels
 *         left out sklearn numbers the ratings that occur, so that a gap in them counts as one step
 * Cost    O(n)        Tests   unit/test_agreement.c, reference/agreement.py
 */
#ifndef PERBIT_STATS_AGREEMENT_H
#define PERBIT_STATS_AGREEMENT_H

#include <stddef.h>

struct agreement {
    double kappa, exact, adjacent, mae, bias;
    size_t n;
};

void agreement_of(struct agreement *out, const double *a, const double *b, size_t n, double step);

#endif
