#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "memory", "engine", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "bpw", "size_gb", "peak_gb", "predicted_gb", "types", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    struct store *store;
    struct frame f;
    measure_files(&study, in, in->args, in->n_args, KIND_MEMORY);
    if (measure_open_store(&store, &in->settings, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(&study, store, "memory", err);
    if (status == EXIT_DONE) {
        status = analyse_levels(&f, store, err) < 0 || print_frame(&f, &in->settings, shown, err) < 0 ? EXIT_FAILED
                                                                                                    : EXIT_DONE;
        frame_release(&f);
    }
    store_close(store);
    return status;
}

const struct command cmd_memory = {
    .name = "memory", .synopsis = "MODEL... [--memory_ctx 4096]",
    .summary = "size, bits per weight, tensor types, peak memory of a fresh process and its prediction",
    .min_args = 1, .max_args = 31, .groups = groups, .run = run,
};
