/*
 * rank: do the rankings that models have at full precision hold at each level? The guide's Benchmark A from a matrix,
 * for each task and the composite; how sensitive each task is; where each model's cliff is.
 *
 *   struct rank *r = rank_of(matrix, &(struct rank_options)RANK_DEFAULT);
 *   puts(r->answer);   ...   rank_close(r);
 *
 * column     [n_columns] of the bootstrap: the composite first (when two tasks or more are in it), then the tasks
 * level      [n_levels] every level but the bases' own; models that have not both sides whole are not in it
 * pair       of stats/ranking.h, a and b as models of the matrix. p_holm over all pairs and levels of the composite, and over all
 *            pairs, levels and tasks of the tasks: two families, each with the chance of any false claim at alpha
 * place      1 + how many models are surely better (two-sided bootstrap p after Holm over the pairs of that order): models
 *            that the questions cannot tell apart share a place. 0: not in it
 * n_open     pairs that cannot be told apart, at the base and at the level
 * cliff      of losses in points, base minus level, over the levels with a measured size. is_claimed: after Holm over the
 *            models of its column; `outcome` alone is wrong in 5 % of cells without a cliff each
 * sensitivity  points lost for each bit per weight less, one line through all models' levels of a task
 * sentences  English, one a fact, whole with numbers and margins: as data, so that a terminal, a page and a paper say the same
 *
 * Units    scores and gaps as shares 0 .. 1; losses of cliffs and sensitivities in points (hundredths)
 * Errors   none: what cannot be said is missing, and `missing` says why (one model, one level, no bootstrap ...)
 * Owns     *r until rank_close(); the matrix must live as long     Cost  n_columns n_levels n_models^2 resamples
 * Source   stats/ranking.h, cliff.h, holm.h     Tests  unit/test_rank.c (planted inversion and cliff, pure noise)
 */
#ifndef PERBIT_STUDY_RANK_H
#define PERBIT_STUDY_RANK_H

#include "core/frame.h"
#include "stats/cliff.h"
#include "stats/ranking.h"
#include "study/matrix.h"

struct rank_options {
    double confidence, alpha;
};
#define RANK_DEFAULT { .confidence = 0.95, .alpha = 0.05 }

struct rank_level {
    const char *level;
    int n_models;               /* that are in it */
    struct ranking ranking;     /* pairs: a, b are models of the matrix */
    const int *place_base, *place; /* [matrix n_models] */
    int n_open_base, n_open;    /* of ranking.n_pairs */
    const char *sentence;
};

struct rank_cliff {
    int i_model, n_levels;
    struct cliff cliff;         /* low and high: 95 % interval of the place */
    double p_holm;
    bool is_claimed;
    const char *sentence;
};

struct rank_column {
    const char *name;
    int column;                 /* of joint */
    struct rank_level *levels;  /* [n_levels] */
    int n_levels;
    struct rank_cliff *cliffs;  /* [matrix n_models] */
    struct bootstrap sensitivity;
};

struct rank {
    const struct matrix *matrix;
    double confidence, alpha;
    struct rank_column *columns;
    int n_columns;
    const char *answer;         /* the question of Benchmark A, in a few sentences */
    const char *missing;        /* "" or why there is no ranking */
    const char *const *sentences; /* [n_sentences] answer's parts: levels, inversions, sensitivity, cliffs */
    int n_sentences;
    struct arena arena;         /* private */
};

struct rank *rank_of(const struct matrix *m, const struct rank_options *o);
void rank_close(struct rank *r); /* accepts NULL */

/* Tables: one row a (column, level); a claimed or seen inversion; a (column, model, level); a (column, model); a task. */
void rank_frame(struct frame *out, const struct rank *r);
void rank_inversions_frame(struct frame *out, const struct rank *r, bool only_claimed);
void rank_places_frame(struct frame *out, const struct rank *r);
void rank_cliffs_frame(struct frame *out, const struct rank *r);
void rank_sensitivity_frame(struct frame *out, const struct rank *r);

#endif
