#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "speed", "engine", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "size_gb", "test", "avg_ts", "stddev_ts", "median_ts",
                                     "median_lo_ts", "median_hi_ts", "repetitions", "ttft_s", "token_p50_ms",
                                     "token_p95_ms", "bandwidth_pct", "load_avg", "steal_pct", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    struct store *store;
    struct frame f;
    measure_files(&study, in, in->args, in->n_args, KIND_SPEED);
    if (measure_open_store(&store, &in->settings, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(&study, store, "speed", err);
    if (status == EXIT_DONE) {
        status = analyse_speed(&f, store, err) < 0 || print_frame(&f, &in->settings, shown, err) < 0 ? EXIT_FAILED
                                                                                                   : EXIT_DONE;
        frame_release(&f);
    }
    store_close(store);
    return status;
}

const struct command cmd_speed = {
    .name = "speed", .synopsis = "MODEL... [-p 512] [-n 128] [-ngl 0]",
    .summary = "prompt and generation speed, time to first token; several models take turns", .min_args = 1,
    .max_args = 31, .groups = groups, .run = run,
};
