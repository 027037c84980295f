/*
 * ranking: does a level rank the models as the base (BF16) does? The order's agreement with an interval, and each pair
 * of models with what can be said about it.
 *
 * value   [n_models]   a model's score; NaN: it is left out
 * draw    [n_models] pointers to [n_resamples], all four kinds (models, base and level) from the same resamples (joint.h)
 *
 * tau          Kendall's tau-b of the two orders, base and level drawn together. Its interval is of what would be seen
 *              with other questions, so even two identical models give less than 1
 * probability  share of resamples in which the pair's order at the level is the reverse of its order at the base
 *              (a tie in either counts half)
 * p            of "this pair is not inverted": the larger of the two one-sided p values (bootstrap_p) that the leader at
 *              the base does not lead there, and that it is not behind at the level. Both must be small, so a pair that
 *              was undecided at the base is never claimed, whatever it does at the level
 * p_holm       of all pairs of this level (holm.h); for several levels adjust all p together
 * is_claimed   p_holm <= alpha: the chance that any inversion is claimed where there is none is at most alpha
 *
 * Errors  none: fewer than two models give no pairs and a tau of NaN
 * Cost    O(n_models^2 n_resamples)       Owns  out->pair and tau_draw, ranking_release
 * Source  intersection-union test: Berger 1982        Tests unit/test_ranking.c (planted inversion, pure noise)
 */
#ifndef PERBIT_STATS_RANKING_H
#define PERBIT_STATS_RANKING_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/bootstrap.h"

struct ranking_side {
    const double *value;
    const double *const *draw;
};

struct ranking_pair {
    size_t a, b;                 /* a leads at the base (or a < b where they are equal) */
    double gap_base, gap_level;  /* a minus b */
    double probability;
    double p, p_holm;
    bool is_inverted; /* as measured, noise or not: gap_base > 0 > gap_level */
    bool is_claimed;
};

struct ranking {
    struct bootstrap tau;
    double *tau_draw; /* [n_resamples] its distribution */
    size_t n_pairs, n_inverted, n_claimed;
    struct ranking_pair *pair;
};

void ranking_compare(struct ranking *out, const struct ranking_side *base, const struct ranking_side *level,
                     size_t n_models, size_t n_resamples, double confidence, double alpha);
void ranking_release(struct ranking *r);

#endif
