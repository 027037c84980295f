#include <stdio.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/verdicts.h"
#include "study/pages.h"

static const char *const groups[] = { "verdicts", "store", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    const char *page;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    const struct pages_options options = { .matrix = verdicts_options(&in->settings, false), .margin_pct = in->settings.margin };
    int rc = pages_write(store, in->args[0], &options, &in->arena, &page, err);
    store_close(store);
    if (rc == 0)
        puts(page);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_report = { .name = "report", .synopsis = "DIR [STORE|STUDY.yaml]",
                                    .summary = "write a dashboard, one HTML file, with each chart as SVG and the tables as CSV",
                                    .min_args = 1, .max_args = 2, .groups = groups, .run = run };
