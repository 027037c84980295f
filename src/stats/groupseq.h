/*
 * groupseq: a composite looked at a few times while it grows, with the chance of a false claim over all looks held.
 *
 *   groupseq_plan(bound, share, n_looks, GROUPSEQ_ALL, 0.05);
 *   z = groupseq_z(margin, loss, se);   z >= bound[k]: safe;  z <= -bound[k]: worse
 *
 * share        [n_looks] of all questions seen at each look, rising, the last at most 1
 * bound        [n_looks] of z. Spent by look k of the chance alpha: 2 (1 - Phi(z_{1 - alpha/2} / sqrt(share))), the
 *              O'Brien-Fleming kind of Lan and DeMets: early looks claim only what is glaring
 * sampling     GROUPSEQ_MANY: questions stand for all questions like them; a look's information is its share.
 *              GROUPSEQ_ALL: they are all there are. Then se must have the factor sqrt(1 - share), information is
 *              share / (1 - share), and at share 1 nothing is unknown: the last bound is 0
 *              (with the bounds of GROUPSEQ_MANY the error comes to 6 % at a nominal 5 %)
 * alpha        of each of the two claims; one-sided
 * z of a NaN or of an se of 0: the sign of margin - loss, infinite
 *
 * Cost    O(n_looks grid^2), some ms       Owns nothing
 * Source  Lan and DeMets 1983; Armitage, McPherson and Rowe 1969 (the density carried on from look to look)
 * Tests   unit/test_groupseq.c (known bounds, error rates by simulation)
 */
#ifndef PERBIT_STATS_GROUPSEQ_H
#define PERBIT_STATS_GROUPSEQ_H

enum groupseq_sampling { GROUPSEQ_MANY, GROUPSEQ_ALL };

void groupseq_plan(double *bound, const double *share, int n_looks, enum groupseq_sampling sampling, double alpha);
double groupseq_z(double margin, double loss, double se);

#endif
