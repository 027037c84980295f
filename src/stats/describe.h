/*
 * describe: what one array of numbers looks like.
 *
 * x       [n]        any order; never changed. Functions named _sorted want ascending order
 * cluster [n]        number of the cluster of each value, 0 .. n_clusters-1, any order
 * Errors  none: a value that n numbers cannot give is NaN (n = 0: all; n = 1: sd, se). NaN in gives NaN out
 * Cost    O(n); median, mad, quantile and summary copy and sort: O(n log n)
 * Source  sums: Neumaier 1974 (compensated); quantile: type 7 of Hyndman and Fan 1996, the default of
 *         numpy and R and the rule of llama-perplexity's percentile(), which however computes the position
 *         in float, so that above some 10,000 values its last printed digits differ
 * Tests   unit/test_describe.c
 */
#ifndef PERBIT_STATS_DESCRIBE_H
#define PERBIT_STATS_DESCRIBE_H

#include <stddef.h>

/* A confidence interval, or any other range. */
struct interval {
    double low, high;
};

/* A value and its standard error (1 sigma). */
struct estimate {
    double value, se;
};

double describe_sum(const double *x, size_t n);  /* compensated; n = 0 gives 0 */
double describe_mean(const double *x, size_t n);
double describe_var(const double *x, size_t n);  /* sample variance, n - 1 */
double describe_sd(const double *x, size_t n);   /* its root */
double describe_se(const double *x, size_t n);   /* sd / sqrt(n): standard error of the mean, values independent */
double describe_min(const double *x, size_t n);
double describe_max(const double *x, size_t n);

double describe_median(const double *x, size_t n);
double describe_mad(const double *x, size_t n);  /* median |x - median|, not scaled: 1.4826 mad estimates a normal sd */
double describe_quantile(const double *x, size_t n, double q);             /* 0 <= q <= 1 */
double describe_quantile_sorted(const double *sorted, size_t n, double q);

/*
 * Standard error of the mean where values of one cluster are not independent (tokens of a chunk, questions
 * of a source): sqrt(G/(G-1) sum_clusters (sum_in_cluster (x - mean))^2) / n with G clusters.
 * Every value its own cluster: describe_se. Equal clusters: sd(cluster means) / sqrt(G). NaN below two
 * clusters; a cluster without values does not count.
 * Source  Liang and Zeger 1986; Miller 2411.00640 without the factor G/(G-1), which matters for few clusters.
 */
double describe_se_clustered(const double *x, const int *cluster, size_t n, int n_clusters);
/* The same for x [n_clusters][m], row-major: each row is a cluster. */
double describe_se_rows(const double *x, size_t n_clusters, size_t m);

/* Sorts in place, ascending; NaN last. */
void describe_sort(double *x, size_t n);

/* The usual figures at once. */
struct summary {
    size_t n;
    double mean, sd, se;
    double min, q05, q25, median, q75, q95, max;
    double mad;
};
void describe_summary(struct summary *out, const double *x, size_t n);

#endif
