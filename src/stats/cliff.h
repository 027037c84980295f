/*
 * cliff: where, going down in bits, a model begins to lose. Two lines are fitted to its levels' losses:
 *
 *   hinge   loss = a + d max(0, c - bpw), d >= 0: level down to c bits per weight, then d points lost a bit
 *   line    loss = a + d (c - bpw) everywhere: the hinge with its place at the highest bpw
 *
 * by least squares weighted with 1 / se^2. The best place of the hinge is found exactly: within each gap between two
 * levels the two parts are fitted apart and meet where they meet, and each level is tried as the place too.
 *
 * bpw     [n]  measured bits per weight, any order; two levels may have the same
 * loss    [n]  base minus level in points, positive is worse; a level with a NaN is left out
 * se      [n]  standard error of each loss. One of 0 (a level without a flip is not known without error) counts as the
 *              smallest positive one; NULL: all alike
 * draw    [n]  pointers to [n_resamples] of losses, all from the same resamples (joint.h), which keeps that all levels
 *              are compared with one base; NULL: loss + se * normal number instead, n_resamples of them from seed
 *
 * outcome      CLIFF_FLAT: no more than noise is lost anywhere. CLIFF_LINE: a loss, without a place where it begins.
 *              CLIFF_FOUND: from `at` downward. CLIFF_FEW: fewer than 4 levels
 * p_flat       of "no loss": how often noise around a constant makes a hinge fit better by as much as it does here
 * p_line       of "a line": the same, noise around the best line. Simulated, because the place of the hinge has no meaning
 *              under either, so that no F distribution holds
 * bic_gain     BIC of the better of constant and line minus BIC of the hinge; above 0 speaks for the hinge
 * at, low, high  place and its percentile interval over refits of the draws. If only the lowest level is below it,
 *              every place down to that level fits alike: `at` is then the next level and the interval reaches down
 * slope        points lost a bit below the place
 *
 * Errors  none: what the data cannot give is NaN      Cost  O(n^2 n_resamples)
 * Source  Hinkley 1969 (two-phase regression); weights and simulated test: Davies 1987
 * Tests   unit/test_cliff.c
 */
#ifndef PERBIT_STATS_CLIFF_H
#define PERBIT_STATS_CLIFF_H

#include <stddef.h>
#include <stdint.h>

#include "stats/bootstrap.h"

enum cliff_outcome { CLIFF_FEW, CLIFF_FLAT, CLIFF_LINE, CLIFF_FOUND };

struct cliff_data {
    size_t n;
    const double *bpw, *loss, *se;
    const double *const *draw;
};

struct cliff {
    enum cliff_outcome outcome;
    double at, low, high;
    double slope, plateau; /* d and a of the hinge */
    double p_flat, p_line, bic_gain;
    double chi2_flat, chi2_line, chi2_hinge; /* weighted sums of squares */
};
void cliff_find(struct cliff *out, const struct cliff_data *data, const struct bootstrap_params *p, double alpha);

/* Sensitivity of a task: points lost for each bit per weight less, the slope of the weighted line over all levels, of
   either sign. Interval over the draws. NaN for fewer than two different bpw. */
void cliff_sensitivity(struct bootstrap *out, const struct cliff_data *data, const struct bootstrap_params *p);

#endif
