/*
 * overview: a store as what its dashboard shows: figures of a matrix (matrix.h) as frames of report/dashboard.h and of the charts.
 *
 *   struct overview o;
 *   if (overview_load(&o, store, &(struct matrix_options)MATRIX_DEFAULT, 1.0, err) < 0) ...
 *   dashboard_json(&json, &o.dashboard);  chart_spec(&spec, chart_find("accuracy_size"), overview_frame(&o, "accuracy_size"), ...)
 *   overview_release(&o);
 *
 * rank        places are shared: rank is 1 + the number of variants surely better (95 % interval of the paired difference above
 *             0), rank_hi the last place that can be excluded no more: all variants less those surely worse
 * diff        against the model's base, from the joint bootstrap; verdict by margin_pct (stats/verdict.h)
 * retained    100 * score / score of the base, draw by draw
 * flips       right at the base and wrong at the level, or the reverse; of the composite: the mean over its tasks
 * recommended for machines of 4, 8 and 16 GiB by study/recommend.h's rules
 * provenance  one row a (model file, engine, machine)
 *
 * Units     points and percent; GB = 1e9 bytes
 * Errors    ERR_STORE, ERR_FORMAT, as matrix_load     Owns  everything in it, until overview_release
 * Cost      as matrix_load, and n_variants^2 n_tasks n_resamples for the ranks
 * Tests     unit/test_overview.c, browser/dashboard.sh
 */
#ifndef PERBIT_STUDY_OVERVIEW_H
#define PERBIT_STUDY_OVERVIEW_H

#include "report/dashboard.h"
#include "study/matrix.h"

struct overview {
    struct matrix *matrix;
    double margin_pct;
    struct frame variants, scores; /* of the dashboard */
    struct frame levels, tasks, recovery; /* of the charts */
    struct frame provenance;
    struct dashboard dashboard;
    struct dashboard_items *items; /* those of the dashboard */
    bool is_upcast;
};

int overview_load(struct overview *out, struct store *s, const struct matrix_options *options, double margin_pct, struct err *err);
/* What questions ask (study/questions.h), for the dashboard; they must outlive it. of_task [n_tasks of the matrix]. */
void overview_set_questions(struct overview *o, const char *const *const *of_task, const char *why_not);
void overview_release(struct overview *o); /* also of one that failed to load */
/* The frame that a chart wants; NULL when a matrix has nothing for it. */
const struct frame *overview_frame(const struct overview *o, const char *chart);

#endif
