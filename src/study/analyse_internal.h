/* analyse internals: what analyse.c, analyse_speed.c and matrix_facts.c share: values of a cell. */
#ifndef PERBIT_STUDY_ANALYSE_INTERNAL_H
#define PERBIT_STUDY_ANALYSE_INTERNAL_H

#include "stats/perplexity_stats.h"
#include "stats/speed_stats.h"
#include "study/analyse.h"
#include "study/workload.h"

/* The columns of a level's adapter, as a row of a table of columns, and their values: missing without one. */
#define ADAPTER_COLUMNS \
    { "adapter", "", "adapter", FRAME_TEXT, 0 }, { "adapter_scale", "", "adapter scale", FRAME_NUM, -1 }
void put_adapter(struct frame *f, int row, const struct cell_row *c);
/* "synthetic": the weights are random, what is measured is not. Missing for all others. */
#define WEIGHTS_COLUMN { "weights", "", "weights", FRAME_TEXT, 0 }
void put_weights(struct frame *f, int row, const struct cell_row *c);

/* Values of one metric and slot of a cell: v is the caller's (free). */
struct values {
    double *v;
    int n, width;
};
int read_values(struct values *out, struct store *s, int64_t cell, enum metric m, int slot, struct err *err);
int read_scalar(double *out, struct store *s, int64_t cell, enum metric m, struct err *err); /* NaN: none */
double median_of(struct store *s, int64_t cell, enum metric m, int slot, struct err *err);   /* NaN: none */

/* Statistics of a text cell: 1 and out; 0 when nothing is stored yet. */
int text_stats(struct perplexity_stats *out, struct store *s, int64_t cell, struct err *err);
/* 95 %; chunks as units, when that is the larger error. */
struct interval text_interval(double value, double se, double se_chunk);
double pct_of_ln(double ln_ratio); /* what exp(ln_ratio) is above 1, in percent */
/* What is known of the cell's file; all zero when it was never made. */
int cell_file(struct modelfile *out, struct arena *a, const struct cell_row *c, struct err *err);
int cell_tests(struct speed_test tests[WORKLOADS_MAX], struct store *s, struct arena *a, int64_t cell, int *out_n,
               struct err *err);
/* Seconds of each repetition of a test of a speed cell; the caller frees out->v. */
int test_seconds(struct values *out, struct store *s, int64_t cell, int slot, struct err *err);
/* Rates of one test: 1, or 0 when it has no repetition. */
int test_stats(struct speed_stats *out, struct store *s, int64_t cell, const struct speed_test *t, int slot,
               struct err *err);
/* In percent of the memory's bandwidth: a generated token reads every weight once. */
double bandwidth_share(const struct modelfile *m, double gen_tps, double bytes_per_s);

#endif
