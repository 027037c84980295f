#include "cli/measure.h"
#include "study/analyse_tasks.h"
#include "study/lmeval_files.h"

static const char *const groups[] = { "task files", "tasks", "evaluation", "engine", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "task", "version", "num_fewshot", "metric", "n", "value", "stderr",
                                     "lo", "hi", "n_cut", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    if (!in->settings.tasks) {
        err_set(err, ERR_USAGE, "missing option --tasks: names with commas (perbit tasks lists them)");
        return EXIT_FAILED;
    }
    if (lmeval_files_check(&in->settings, err) < 0)
        return EXIT_FAILED;
    measure_files(&study, in, in->args, in->n_args, KIND_TASK);
    study.n_measures = 0; /* the tasks are the cells */
    return measure_and_print(&study, "eval", analyse_tasks, shown, err);
}

const struct command cmd_eval = {
    .name = "eval", .synopsis = "MODEL... --tasks a,b [--num_fewshot N] [--limit N]",
    .summary = "accuracy on tasks, as lm-evaluation-harness asks them", .min_args = 1, .max_args = 31,
    .groups = groups, .run = run,
};
