/*
 * holm: several tests at once, with the chance of any false claim held at one level.
 *
 * p, adjusted  [n]   in any order; may be the same array. Claim those with adjusted <= alpha
 *
 * NaN stays NaN and does not count as a test. Holds for tests that depend on each other in any way, as all pairs of
 * models on the same questions do.
 *
 * Cost O(n log n)     Source Holm 1979, step-down     Tests unit/test_holm.c, reference/stat_figures.py (statsmodels)
 */
#ifndef PERBIT_STATS_HOLM_H
#define PERBIT_STATS_HOLM_H

#include <stddef.h>

void holm_adjust(double *adjusted, const double *p, size_t n);

#endif
