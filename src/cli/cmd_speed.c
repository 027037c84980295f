#include <string.h>

#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "speed", "engine", "hub", "store", "output", NULL };
static int run(struct invocation *in, struct err *err)
{
    struct study study;
    measure_files(&study, in, in->args, in->n_args, KIND_SPEED);
    bool is_md = !in->settings.json && strcmp(in->settings.output, "md") == 0;
    return measure_and_print(&study, "speed", is_md ? analyse_speed_md : analyse_speed,
                             is_md ? NULL : analyse_speed_shown, err);
}

const struct command cmd_speed = {
    .name = "speed", .synopsis = "MODEL... [-p 512] [-n 128] [-ngl 0]",
    .summary = "prompt and generation speed, time to first token; several models take turns", .min_args = 1,
    .max_args = 31, .groups = groups, .run = run,
};
