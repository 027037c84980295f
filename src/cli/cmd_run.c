#include "base/log.h"
#include "cli/measure.h"
#include "study/lmeval_files.h"

static const char *const groups[] = { "tiers", "engine", "text", "perplexity", "speed", "memory", "quantize", "task files", "tasks",
                                      "generation", "thinking", "evaluation", "hub", "store", "run",
                                      "output", NULL };

/* Tier by tier. What two of them share is done with the first; failed cells hold nobody up, a run that must stop does. */
static int run_parts(const struct study *parts, int n, struct store *store, struct err *err)
{
    int status = EXIT_DONE;
    for (int i = 0; i < n && (status == EXIT_DONE || status == EXIT_SOME_FAILED); i++) {
        if (parts[i].tier)
            log_info("tier %s", parts[i].tier);
        int rc = measure_study(&parts[i], store, "run", err);
        status = rc == EXIT_DONE ? status : rc;
    }
    return status;
}

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    const struct study *parts;
    struct store *store;
    int n;
    if (measure_load_study(&study, in, in->args[0], err) < 0)
        return EXIT_FAILED;
    if (study_parts(&parts, &n, &study, in->settings.tier, err) < 0)
        return EXIT_FAILED;
    for (int i = 0; i < n; i++)
        if (lmeval_files_check(&parts[i].settings, err) < 0)
            return EXIT_FAILED;
    if (store_open(&store, settings_store(&study.settings), STORE_WRITE, err) < 0)
        return EXIT_FAILED;
    int status = run_parts(parts, n, store, err);
    store_close(store);
    return status;
}

const struct command cmd_run = {
    .name = "run", .synopsis = "STUDY.yaml", .summary = "measure a study: models x levels x measures; run again to go on",
    .details = "A study file is a mapping: name, models (path or hub, revision, file; name, imatrix, files, adapters), levels, base,\n"
               "measures (kl, perplexity, speed, memory), tiers, and any setting below by its key. What the file says wins.\n",
    .min_args = 1, .max_args = 1, .groups = groups, .run = run,
};
