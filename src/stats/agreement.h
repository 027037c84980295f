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
 * agreement_bootstrap: intervals of kappa, exact, adjacent and mae (AGREEMENT_FIGURES, in this order) by drawing items with
 * replacement, both ratings of an item together. A draw in which kappa is not defined counts as its lower end, -1: a
 * model that gives all answers one score must not look certain. NaN where the figure itself is.
 *
 * Source  Cohen 1968; sklearn.metrics.cohen_kappa_score(weights="quadratic") over the whole scale as labels. With labels
 *         left out sklearn numbers the ratings that occur, so that a gap in them counts as one step
 * Cost    O(n), n_resamples * n        Tests   unit/test_agreement.c, reference/agreement.py
 */
#ifndef PERBIT_STATS_AGREEMENT_H
#define PERBIT_STATS_AGREEMENT_H

#include <stddef.h>

#include "stats/bootstrap.h"

struct agreement {
    double kappa, exact, adjacent, mae, bias;
    size_t n;
};

void agreement_of(struct agreement *out, const double *a, const double *b, size_t n, double step);

enum { AGREEMENT_FIGURES = 4 };
void agreement_bootstrap(struct bootstrap out[AGREEMENT_FIGURES], const double *a, const double *b, size_t n, double step,
                         const struct bootstrap_params *p);

#endif
