#include <stdio.h>
#include <string.h>

#include "cli/measure.h"
#include "study/analyse_tasks.h"
#include "study/lmeval_files.h"

static const char *const groups[] = { "task files", "tasks", "generation", "thinking", "evaluation", "engine", "hub", "store", "output", NULL };

/* -o md: lm-evaluation-harness's own tables. */
static int measure_and_print_tables(const struct study *study, struct err *err)
{
    struct store *store;
    struct buf text = BUF_INIT;
    const char *path = study->settings.store;
    if (store_open(&store, path ? path : ":memory:", STORE_WRITE, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(study, store, "eval", err);
    if ((status == EXIT_DONE || status == EXIT_SOME_FAILED) && lmeval_files_tables(&text, study, store, err) < 0)
        status = EXIT_FAILED;
    fwrite(text.data, 1, text.len, stdout);
    buf_release(&text);
    store_close(store);
    return status;
}

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
    if (!in->settings.json && strcmp(in->settings.output, "md") == 0)
        return measure_and_print_tables(&study, err);
    return measure_and_print(&study, "eval", analyse_tasks, analyse_tasks_shown, err);
}

const struct command cmd_eval = {
    .name = "eval", .synopsis = "MODEL... --tasks a,b [--num_fewshot N] [--limit N]",
    .summary = "accuracy on tasks, as lm-evaluation-harness asks them", .min_args = 1, .max_args = 31,
    .groups = groups, .run = run,
};
