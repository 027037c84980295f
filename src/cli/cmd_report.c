#include <stdio.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/measure.h"
#include "study/pages.h"

static const char *const groups[] = { "store", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    const char *page;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    int rc = pages_write(store, in->args[0], &in->arena, &page, err);
    store_close(store);
    if (rc == 0)
        puts(page);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_report = { .name = "report", .synopsis = "DIR [STORE|STUDY.yaml]",
                                    .summary = "write a page with the charts and tables, and each chart as SVG",
                                    .min_args = 1, .max_args = 2, .groups = groups, .run = run };
