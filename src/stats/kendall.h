/*
 * kendall: how far two rankings of the same things agree.
 *
 * x, y    [n]   values by which each ranking orders; a thing with a NaN in either is left out
 *
 * tau-b = (C - D) / sqrt((C + D + Tx) (C + D + Ty)): C pairs in the same order, D in the reverse, Tx tied in x alone,
 * Ty tied in y alone; pairs tied in both do not count. 1 the same order, -1 the reverse. NaN where a ranking is all ties.
 * Below 1 proves nothing by itself, noise alone does it: ranking.h has intervals.
 *
 * Cost O(n^2)     Source Kendall 1945     Tests unit/test_kendall.c, reference/stat_figures.py (scipy.stats.kendalltau)
 */
#ifndef PERBIT_STATS_KENDALL_H
#define PERBIT_STATS_KENDALL_H

#include <stddef.h>
#include <stdint.h>

struct kendall {
    int64_t concordant, discordant, tied_x, tied_y, tied_both; /* pairs; each in one of them */
    double tau_b;
};
void kendall_of(struct kendall *out, const double *x, const double *y, size_t n);
double kendall_tau_b(const double *x, const double *y, size_t n);

#endif
