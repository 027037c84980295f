/*
 * verdict: what an interval of a difference says about a margin. A verdict means nothing without its margin: show both.
 *
 * ci      of level minus base, positive is better; margin >= 0 in the same unit
 *
 *   same        the whole interval is within -margin .. margin
 *   worse       the whole interval is below -margin: the loss is larger than the margin
 *   better      the whole interval is above margin
 *   undecided   none of these, also where the interval is NaN: more questions would be needed
 *
 * With margin 0 worse and better mean "differs at all". A 95 % interval makes `same` the two one-sided tests (TOST) at
 * 2.5 % each, worse and better a one-sided test at 2.5 %; the usual TOST at 5 % takes the 90 % interval.
 *
 * Source  Schuirmann 1987     Tests unit/test_verdict.c
 */
#ifndef PERBIT_STATS_VERDICT_H
#define PERBIT_STATS_VERDICT_H

#include "stats/describe.h"

enum verdict { VERDICT_UNDECIDED, VERDICT_SAME, VERDICT_WORSE, VERDICT_BETTER, VERDICT_COUNT };

enum verdict verdict_of(struct interval ci, double margin);
const char *verdict_name(enum verdict v); /* "undecided" "same" "worse" "better" */

#endif
