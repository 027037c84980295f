#include "cli/command.h"
#include "study/worker.h"

static const char *const no_groups[] = { NULL };

static int run(struct invocation *in, struct err *err)
{
    (void)in, (void)err;
    return worker_main();
}

const struct command cmd_worker = { .name = "worker", .synopsis = "", .summary = "one job of perbit itself, as JSON lines",
                                    .groups = no_groups, .is_hidden = true, .run = run };
