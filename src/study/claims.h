/*
 * claims: what each level loses against its base, measure by measure, with a verdict: what sentences may say.
 *
 *   struct claims c;
 *   claims_of(&c, matrix, 1.0, &arena);
 *   for (m in 0 .. c.n - 1)
 *       if (c.measures[m].claims[v].is_there)  ... .verdict
 *
 * measure   perplexity where it was measured against the base, the composite (two tasks or more), then each task; how = what a
 *           sentence calls it. Loss is positive for worse: percent of perplexity, points (hundredths) of a score
 * claim     [n_variants] loss and its 95 % interval: of perplexity the matrix's, of scores the joint bootstrap's paired
 *           difference, or Bonett and Price's (stats/paired.h) where that reaches further (few flips: the bootstrap of no flip
 *           at all has width 0); a composite widens by what its tasks do. is_there false: the base itself, or one of both sides was not measured whole
 * verdict   of the interval (stats/verdict.h), and only where it stands after Holm over all claims of the measure: the chance of
 *           any false claim about a measure is 5 %. p is normal, by the half of the interval that looks to the margin
 * margin    1 % of perplexity; of a score what claims_of is given, in points
 * headline  the measure that recommendations rest on: composite, else the only task, else perplexity; -1: none
 * Errors    none      Owns  lives in the arena; the matrix must live as long      Source docs/METHODS.md     Tests  unit/test_sentences.c
 */
#ifndef PERBIT_STUDY_CLAIMS_H
#define PERBIT_STUDY_CLAIMS_H

#include "core/frame.h"
#include "stats/verdict.h"
#include "study/matrix.h"

struct claim {
    bool is_there;
    double loss, low, high;
    enum verdict verdict;
};

struct measure {
    const char *how;    /* "perplexity", "the composite score", "gsm8k" */
    const char *unit;   /* "%", "points" */
    double margin;      /* in this unit */
    int column;         /* of the matrix; -1: perplexity */
    struct claim *claims;
    int n_claims;       /* that are there */
};

struct claims {
    const struct matrix *matrix;
    struct measure *measures; /* [n] those that have a claim */
    int n, headline;
    double margin_pct, margin_points;
};

/* "arc_challenge" -> "ARC-C"; its own name when it is none of the guide's. */
const char *claims_task_name(const char *task);

/* One row a claim: model, level, measure, loss with its interval, margin, verdict. */
void claims_frame(struct frame *out, const struct claims *c);

/* Sets the verdicts of all claims that are there, from their intervals and the margin. n: variants. */
void claims_settle(struct measure *k, int n);

void claims_of(struct claims *out, const struct matrix *m, double margin_points, struct arena *a);

#endif
