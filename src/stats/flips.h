/*
 * flips: what a level changed on the same questions, which the mean hides: as many may be lost as gained.
 *
 * base, level      [n]  scores 0 or 1 (more than one half is right), same order
 * answer_base, answer_level [n]  the option chosen, any numbering; NULL where a task has none (generation)
 *
 * lost, gained     right -> wrong, wrong -> right        share   (lost + gained) / n, with Wilson's interval
 * n_changed        questions whose answer changed at all, from one wrong answer to another too; -1 without answers
 * p, p_mid         McNemar, exact and mid-p: lost and gained equally likely
 * ci               of the difference (gained - lost) / n, level minus base (Bonett and Price)
 * Errors  none: n = 0 gives NaN
 * Source  Dutta et al. 2407.09141 (flips); paired.h for the tests      Tests unit/test_flips.c
 */
#ifndef PERBIT_STATS_FLIPS_H
#define PERBIT_STATS_FLIPS_H

#include <stddef.h>
#include <stdint.h>

#include "stats/describe.h"

struct flips {
    int64_t n, both, lost, gained, neither;
    double share;
    struct interval share_ci;
    int64_t n_changed;
    double changed_share; /* NaN without answers */
    double p, p_mid;
    double difference;
    struct interval ci;
};
void flips_of(struct flips *out, const double *base, const double *level, const int *answer_base,
              const int *answer_level, size_t n, double confidence);

#endif
