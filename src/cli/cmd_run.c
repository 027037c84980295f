#include "cli/measure.h"
#include "study/lmeval_files.h"

static const char *const groups[] = { "engine", "text", "perplexity", "speed", "memory", "quantize", "task files", "tasks",
                                      "evaluation", "hub", "store", "run",
                                      "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    struct store *store;
    if (measure_load_study(&study, in, in->args[0], err) < 0)
        return EXIT_FAILED;
    if (lmeval_files_check(&study.settings, err) < 0)
        return EXIT_FAILED;
    if (store_open(&store, settings_store(&study.settings), STORE_WRITE, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(&study, store, "run", err);
    store_close(store);
    return status;
}

const struct command cmd_run = {
    .name = "run", .synopsis = "STUDY.yaml", .summary = "measure a study: models x levels x measures; run again to go on",
    .details = "A study file is a mapping: name, models (path or hub, revision, file; name, imatrix, files), levels, base, measures (kl,\n"
               "perplexity, speed, memory), and any setting below by its key. What the file says wins.\n",
    .min_args = 1, .max_args = 1, .groups = groups, .run = run,
};
