/*
 * recommend: which model at which level for a computer: the best quality that fits its memory and is fast enough.
 *
 *   struct recommend *r;
 *   if (recommend_of(&r, matrix, &(struct recommend_options){ .ram_bytes = 8ll << 30, RECOMMEND_REST }, err) < 0)
 *       return -1;
 *   for (i in 0 .. r->n_sentences - 1)
 *       puts(r->sentences[i]);
 *
 * quality  composite, or the weighted mean of tasks with task_weights ("mmlu=2,gsm8k=1": the others 0), draw by draw
 * best     of those that fit: the highest lower end of the interval of quality, not the highest value, so that a variant that
 *          was measured on few questions does not win by luck. Equal ones: the one with less memory
 * alike    not surely worse than the best: the interval of the paired difference holds 0
 * memory   peak of a process, else predicted, else weights and cache by the file alone: row.memory says which, sentences too.
 *          Fits: memory <= ram - reserve. reserve < 0: a quarter of ram, at least 1 GiB, for the system and other programs
 * speed    the lower end of measured generation speed; else predicted from the bandwidth that the measured variants reach
 * pareto   share of resamples in which nothing with as small a file is as good (stats/pareto.h), over all variants
 * matched  pairs of models at sizes within `tolerance`: bigger at fewer bits minus smaller at more (stats/matched.h); better and
 *          worse only where Holm over the pairs upholds it
 *
 * Errors   ERR_USAGE task_weights that name no task, or a weight that is no positive number
 * Owns     *out until recommend_close(); the matrix must live as long
 * Tests    unit/test_recommend.c, cli/verdicts.sh
 */
#ifndef PERBIT_STUDY_RECOMMEND_H
#define PERBIT_STUDY_RECOMMEND_H

#include "core/frame.h"
#include "stats/matched.h"
#include "study/matrix.h"

struct recommend_options {
    double ram_bytes;
    double reserve_bytes;     /* < 0: by rule */
    double min_tps;           /* 0: any speed */
    const char *task_weights; /* NULL: the composite */
    double confidence, margin, tolerance; /* margin of quality, 0 .. 1 */
};
#define RECOMMEND_REST .reserve_bytes = -1, .confidence = 0.95, .margin = 0.01, .tolerance = 0.1

struct recommend_row {
    int variant;
    bool has_quality, fits_memory, fits_speed;
    struct bootstrap quality;  /* low and high of `confidence` */
    double tps;                /* that counts: NaN unknown */
    bool is_tps_predicted;
    double over_bytes;         /* above the budget; <= 0 fits */
    double pareto;             /* probability; NaN without quality or size */
    bool is_pareto;            /* as measured */
    struct bootstrap behind;   /* quality minus the best's; NaN without a best */
    bool is_alike;
    const char *why_not;       /* "" when it could be chosen */
};

struct recommend {
    const struct matrix *matrix;
    struct recommend_options options;
    double reserve_bytes, budget_bytes;
    const char *quality_name;     /* "composite", "mmlu", "2 mmlu + 1 gsm8k" */
    struct recommend_row *rows;   /* [n_rows] one a variant: those that fit by lower end of quality, then the others */
    int n_rows, n_fit;
    int best, runner_up;          /* rows, or -1: 0 and 1 when there are such */
    struct matched *matched;      /* big, small are variants of the matrix */
    int n_matched;
    const char *const *sentences; /* [n_sentences] the choice, why, what is like it, what does not fit, matched sizes */
    int n_sentences;
    struct arena arena;           /* private */
};

int recommend_of(struct recommend **out, const struct matrix *m, const struct recommend_options *o, struct err *err);
void recommend_close(struct recommend *r); /* accepts NULL */

/* Tables: a variant a row; a pair of matched sizes a row. */
void recommend_frame(struct frame *out, const struct recommend *r);
void recommend_matched_frame(struct frame *out, const struct recommend *r);
/* One row a budget: the choice, its quality, memory and speed, and the runner-up. */
int recommend_table(struct frame *out, const struct matrix *m, const struct recommend_options *o, const double *ram_bytes, int n,
                    struct err *err);

#endif
