/*
 * speed_stats: repetitions of a speed test, and times of single tokens, in one line of figures.
 *
 * seconds [n]       one repetition each, all of n_tokens tokens (pp512: 512; pp16+tg4: 20)
 * token_s [n]       seconds of each generated token, all repetitions together
 * Units   _s seconds, _tps tokens a second
 * Errors  ERR_RANGE no repetition, n_tokens not positive, a time that is not positive (named by its number)
 * Source  mean and sd as llama-bench's avg_ts and stddev_ts: of the rates of the repetitions, n - 1; not n_tokens
 *         by the mean time, which is smaller. Differs: the sd of one repetition is NaN, llama-bench says 0.
 *         The interval is the bootstrap's for the median (stats/bootstrap.h): below 6 repetitions it is
 *         [min, max], which holds the true median in 1 - 2^(1-n) of cases (5: 93.75 %, 3: 75 %)
 * Tests   unit/test_speed_stats.c
 */
#ifndef PERBIT_STATS_SPEED_STATS_H
#define PERBIT_STATS_SPEED_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stats/describe.h"

struct speed_stats {
    size_t n;                   /* repetitions */
    double mean_tps, sd_tps;    /* sample deviation */
    double median_tps;
    struct interval median_ci;  /* 95 %, tokens a second */
    double min_tps, max_tps;
    double mad_tps;             /* median absolute deviation, not scaled */
    double mean_s, median_s;    /* time of a repetition */
};
int speed_stats_compute(struct speed_stats *out, const double *seconds, size_t n, double n_tokens, uint64_t seed,
                        struct err *err);

struct latency_stats {
    size_t n; /* tokens */
    double mean_s, p50_s, p95_s, p99_s, max_s;
};
int speed_stats_latency(struct latency_stats *out, const double *token_s, size_t n, struct err *err);

#endif
