#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "speed", "engine", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "size_gb", "test", "avg_ts", "stddev_ts", "median_ts",
                                     "median_lo_ts", "median_hi_ts", "repetitions", "ttft_s", "token_p50_ms",
                                     "token_p95_ms", "bandwidth_pct", "load_avg", "steal_pct", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    measure_files(&study, in, in->args, in->n_args, KIND_SPEED);
    return measure_and_print(&study, "speed", analyse_speed, shown, err);
}

const struct command cmd_speed = {
    .name = "speed", .synopsis = "MODEL... [-p 512] [-n 128] [-ngl 0]",
    .summary = "prompt and generation speed, time to first token; several models take turns", .min_args = 1,
    .max_args = 31, .groups = groups, .run = run,
};
