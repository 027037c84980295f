#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "memory", "engine", "hub", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "bpw", "size_gb", "peak_gb", "predicted_gb", "types", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    measure_files(&study, in, in->args, in->n_args, KIND_MEMORY);
    return measure_and_print(&study, "memory", analyse_levels, shown, err);
}

const struct command cmd_memory = {
    .name = "memory", .synopsis = "MODEL... [--memory_ctx 4096]",
    .summary = "size, bits per weight, tensor types, peak memory of a fresh process and its prediction",
    .min_args = 1, .max_args = 31, .groups = groups, .run = run,
};
