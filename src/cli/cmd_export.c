#include "base/log.h"
#include "cli/measure.h"
#include "study/export.h"

static const char *const groups[] = { "store", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    int n_files;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    int rc = export_store(store, in->args[0], &n_files, err);
    store_close(store);
    if (rc == 0)
        log_info("%d files in %s", n_files, in->args[0]);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_export = {
    .name = "export", .synopsis = "DIR [STORE|STUDY.yaml]",
    .summary = "write results as files: results/<model>/<level>.json, speed/*.csv, metadata.json", .min_args = 1,
    .max_args = 2, .groups = groups, .run = run,
};
