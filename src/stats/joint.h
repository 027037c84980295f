/*
 * joint: one bootstrap for all cells (model x level) of a study. Each resample draws the questions of each task once,
 * and every cell is scored on the same drawn questions, so that any difference, ranking or frontier of cells can be
 * looked at draw by draw with the pairing kept.
 *
 *   struct joint *j;
 *   joint_run(&j, tasks, n_tasks, n_cells, &params);
 *   joint_difference(&b, j, cell, base_cell, joint_composite(j));
 *   joint_close(j);
 *
 * Columns 0 .. n_tasks-1 are the tasks; joint_composite() is the mean of the tasks in the composite, and
 * joint_composite_normal() the mean of pool_normal(task's mean, its baseline), both made draw by draw.
 *
 * score   [n_cells] pointers to [n_items]; borrowed during joint_run only. A NULL: the cell has not run the task. A
 *         cell without one of the composite's tasks has no composite: means of different tasks do not compare
 * cluster [n_items] 0 .. n_clusters-1, drawn whole, numbers without items never; NULL: every item by itself
 * draws   of task t: rand_below(units) of base/rand, once a unit, resample by resample, from rand_seed(seed + t): they
 *         do not depend on the other tasks or on the cells. A draw's mean is sum(count score) / sum(count)
 * Errors  none: what cannot be had (no score, no item, a NaN score) is NaN
 * Owns    *out, joint_close; pointers returned are borrowed from it       Threads  one study a thread
 * Memory  n_cells * (n_tasks + 2) * n_resamples doubles: 13 MB for 88 cells, 7 tasks, 2,000 resamples
 * Cost    scores of 0 and 1 are bitsets, met with the bit planes of the counts; others a dot product.
 *         bench/bootstrap.c; times in docs/METHODS.md
 * Source  Efron 1979; Field and Welsh 2007 (whole clusters)    Tests unit/test_joint.c, reference/stat_figures.py
 */
#ifndef PERBIT_STATS_JOINT_H
#define PERBIT_STATS_JOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/bootstrap.h"

struct joint_task {
    size_t n_items;
    const double *const *score;
    const int *cluster;
    int n_clusters;
    bool in_composite;
    double baseline; /* what guessing scores */
};

struct joint;
void joint_run(struct joint **out, const struct joint_task *tasks, size_t n_tasks, size_t n_cells,
               const struct bootstrap_params *p);
void joint_close(struct joint *j); /* accepts NULL */

size_t joint_composite(const struct joint *j); /* columns */
size_t joint_composite_normal(const struct joint *j);
size_t joint_resamples(const struct joint *j);

double joint_value(const struct joint *j, size_t cell, size_t column);
const double *joint_draws(const struct joint *j, size_t cell, size_t column); /* [n_resamples] */

/* Mean of a cell, and of cell a minus cell b, with percentile interval and standard error. */
void joint_mean(struct bootstrap *out, const struct joint *j, size_t cell, size_t column);
void joint_difference(struct bootstrap *out, const struct joint *j, size_t a, size_t b, size_t column);
/* Draws of the difference a - b, into out [n_resamples]; returns its value. bootstrap_p() takes them. */
double joint_difference_draws(double *out, const struct joint *j, size_t a, size_t b, size_t column);

#endif
