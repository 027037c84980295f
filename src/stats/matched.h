/*
 * matched: at about the same size, is the bigger model with fewer bits better than the smaller one with more?
 *
 *   n_pairs = matched_pairs(&pairs, variants, n, &(struct matched_params){ .tolerance = 0.1, ... });
 *
 * A pair is two variants of different models whose bytes differ by at most `tolerance` (0.1: the larger has at most 1.1
 * times the bytes of the smaller), one with more parameters and fewer bits per weight than the other.
 *
 * difference   quality of the big model minus that of the small one, with its paired bootstrap interval
 * verdict      verdict_of(its interval, margin): better = the big model at fewer bits wins by more than the margin
 * p, p_holm    two-sided, of no difference; Holm over the pairs found
 *
 * draw    [n_resamples], from the same resamples for all variants (joint.h). A variant with a NaN value is left out
 * Owns    *out: the caller frees        Cost  O(n^2) pairs looked at, O(n_resamples log) each found
 * Tests   unit/test_matched.c
 */
#ifndef PERBIT_STATS_MATCHED_H
#define PERBIT_STATS_MATCHED_H

#include <stddef.h>

#include "stats/bootstrap.h"
#include "stats/verdict.h"

struct matched_variant {
    int model; /* variants of one model are never a pair */
    double params, bytes, bpw;
    double value;
    const double *draw;
};

struct matched_params {
    double tolerance, margin, confidence;
    size_t n_resamples;
};

struct matched {
    size_t big, small; /* indices of variants */
    double size_ratio; /* bytes of big / bytes of small */
    struct bootstrap difference;
    double p, p_holm;
    enum verdict verdict;
};
size_t matched_pairs(struct matched **out, const struct matched_variant *v, size_t n, const struct matched_params *p);

#endif
