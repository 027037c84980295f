#include "base/log.h"
#include "cli/measure.h"
#include "study/export.h"

static const char *const groups[] = { "store", "export", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    int n_files;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    int rc = export_licensed(store, in->args[0], in->settings.license, &n_files, err);
    store_close(store);
    if (rc == 0)
        log_info("%d files in %s", n_files, in->args[0]);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_export = {
    .name = "export", .synopsis = "DIR [STORE|STUDY.yaml]",
    .summary = "write results as a data set: JSON, CSV and Parquet files, metadata, a card", .min_args = 1, .max_args = 2,
    .details = "results/<model>/<level>.json, speed/<machine>.csv, metadata.json; tables/, items/ and answers/ as Parquet;\n"
               "every_eval_ever/ as records of that schema; README.md is the card. The same store gives the same bytes.",
    .groups = groups, .run = run,
};
