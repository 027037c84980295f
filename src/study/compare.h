/*
 * compare: two models, or a model at two levels, on the same questions: task by task, question by question.
 *
 *   struct compare *c;
 *   if (compare_variants(&c, matrix, a, b, &(struct compare_options)COMPARE_DEFAULT, err) < 0)
 *       return -1;
 *   compare_frame(&frame, c);   puts(c->sentence);   ...   compare_close(c);
 *
 * A is what B is held against: differences are B minus A, lost is right in A and wrong in B.
 * Only questions that both answered count; how many one alone did is in n_only_a, n_only_b.
 *
 * interval  right-or-wrong scores of independent questions: Bonett and Price; else Student's t of the paired differences, with
 *           the standard error of clusters where questions share a source
 * p         of no difference: McNemar's mid-p, or the t test where there are shares or clusters; p_holm over the tasks
 * verdict   verdict.h of the interval and the margin; worse and better only where p_holm is at most alpha too: seven tasks
 *           are seven chances of a false claim
 * composite bootstrap of both on the same drawn questions (stats/joint.h), tasks alike
 * unpaired  of results without samples only the totals are known: the interval is of two independent runs, much wider than
 *           pairs would give, and flips are unknown. The sentence says so
 *
 * sides     of two samples folders or files: lm-evaluation-harness's own or perbit's. Folders: the newest file of each task
 *
 * Errors   ERR_USAGE nothing in common, not the same documents; ERR_IO, ERR_FORMAT files
 * Owns     *out until compare_close(): all in it      Source  stats/flips.h, paired.h, joint.h, holm.h
 * Tests    unit/test_compare.c, cli/verdicts.sh
 */
#ifndef PERBIT_STUDY_COMPARE_H
#define PERBIT_STUDY_COMPARE_H

#include "core/frame.h"
#include "stats/flips.h"
#include "stats/verdict.h"
#include "study/matrix.h"
#include "study/settings.h"

struct compare_options {
    double margin, confidence, alpha; /* margin 0 .. 1 */
    int n_resamples;                  /* of the composite; 0: none */
};
#define COMPARE_DEFAULT { .margin = 0.01, .confidence = 0.95, .alpha = 0.05, .n_resamples = 2000 }

/* Of one question, short; NULL: not known. */
struct compare_text {
    const char *question, *gold, *answer_a, *answer_b;
};

struct compare_task {
    const char *name, *metric;
    int n, n_only_a, n_only_b;
    bool is_paired;              /* false: a, b and what follows are NULL */
    const double *a, *b;         /* [n] */
    const int *choice_a, *choice_b; /* [n], or NULL */
    const int *cluster;          /* [n], or NULL */
    int n_clusters;
    const char *const *leaves;
    const int *leaf;             /* [n] */
    const int64_t *doc;          /* [n] */
    struct compare_text *text;   /* [n], or NULL */
    bool is_binary, in_composite;
    double baseline;

    double value_a, value_b, difference, se;
    struct interval ci;
    struct flips flips;          /* of right-or-wrong scores; else only n_changed */
    double p, p_holm;
    enum verdict verdict;
    const char *sentence;
};

struct compare {
    const char *name_a, *name_b;
    struct compare_options options;
    struct compare_task *tasks;  /* [n_tasks] */
    int n_tasks;
    bool has_composite;          /* two tasks or more are in it */
    double value_a, value_b;
    struct bootstrap composite;  /* difference */
    double p;
    enum verdict verdict;
    const char *sentence;        /* of the composite, or of the one task */
    const char *const *notes;    /* [n_notes] what is not compared, and why */
    int n_notes;
    bool is_synthetic;
    struct arena arena;          /* private */
};

int compare_variants(struct compare **out, const struct matrix *m, int a, int b, const struct compare_options *o, struct err *err);
int compare_samples(struct compare **out, const char *path_a, const char *path_b, const struct compare_options *o, struct err *err);
void compare_close(struct compare *c); /* accepts NULL */

/* Texts of the flipped questions, from the rows (settings: data, include_path) and the stored answers. Stores as the matrix was
   loaded from. A task whose rows are not at hand is left without, and a note says so. */
void compare_read_texts(struct compare *c, const struct matrix *m, int a, int b, struct store *const *stores, const struct settings *s);

void compare_frame(struct frame *out, const struct compare *c); /* a task a row, the composite last */
void compare_items_frame(struct frame *out, const struct compare *c); /* a flipped question a row */

#endif
