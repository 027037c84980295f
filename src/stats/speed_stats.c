#include "stats/speed_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/bootstrap.h"

static int check_times(const char *what, const double *seconds, size_t n, struct err *err)
{
    if (n == 0)
        return err_set(err, ERR_RANGE, "no %s to summarize", what);
    for (size_t i = 0; i < n; i++)
        if (!(seconds[i] > 0 && isfinite(seconds[i])))
            return err_set(err, ERR_RANGE, "%s %zu took %g s: expected a positive time", what, i, seconds[i]);
    return 0;
}

int speed_stats_compute(struct speed_stats *out, const double *seconds, size_t n, double n_tokens, uint64_t seed,
                        struct err *err)
{
    memset(out, 0, sizeof *out);
    if (check_times("repetition", seconds, n, err) != 0)
        return -1;
    if (!(n_tokens > 0))
        return err_set(err, ERR_RANGE, "a speed needs a positive number of tokens, found %g", n_tokens);

    double *tps = xmalloc(n * sizeof *tps);
    for (size_t i = 0; i < n; i++)
        tps[i] = n_tokens / seconds[i];

    struct bootstrap_params params = BOOTSTRAP_DEFAULT;
    struct bootstrap median;
    params.seed = seed;
    bootstrap_median(&median, tps, n, &params);

    *out = (struct speed_stats){ .n = n,
                                 .mean_tps = describe_mean(tps, n),
                                 .sd_tps = describe_sd(tps, n),
                                 .median_tps = median.value,
                                 .median_ci = { median.low, median.high },
                                 .min_tps = describe_min(tps, n),
                                 .max_tps = describe_max(tps, n),
                                 .mad_tps = describe_mad(tps, n),
                                 .mean_s = describe_mean(seconds, n),
                                 .median_s = describe_median(seconds, n) };
    free(tps);
    return 0;
}

int speed_stats_latency(struct latency_stats *out, const double *token_s, size_t n, struct err *err)
{
    memset(out, 0, sizeof *out);
    if (check_times("token", token_s, n, err) != 0)
        return -1;

    double *sorted = xmalloc(n * sizeof *sorted);
    memcpy(sorted, token_s, n * sizeof *sorted);
    describe_sort(sorted, n);
    *out = (struct latency_stats){ .n = n,
                                   .mean_s = describe_mean(token_s, n),
                                   .p50_s = describe_quantile_sorted(sorted, n, 0.50),
                                   .p95_s = describe_quantile_sorted(sorted, n, 0.95),
                                   .p99_s = describe_quantile_sorted(sorted, n, 0.99),
                                   .max_s = sorted[n - 1] };
    free(sorted);
    return 0;
}
