#include <stdio.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/verdicts.h"
#include "study/pages.h"
#include "study/texts.h"

static const char *const groups[] = { "verdicts", "task files", "store", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    const char *page;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    const struct pages_options options = { .matrix = verdicts_options(&in->settings, false), .margin_pct = in->settings.margin, .rows = &in->settings };
    int rc = texts_clear(in->args[0], err);
    if (rc == 0)
        rc = pages_write(store, in->args[0], &options, &in->arena, &page, err);
    if (rc == 0)
        rc = texts_write(store, in->args[0], &in->settings, err);
    store_close(store);
    if (rc == 0)
        puts(page);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_report = { .name = "report", .synopsis = "DIR [STORE|STUDY.yaml]",
                                    .summary = "write a dashboard, a paper's section, a post, and the charts",
                                    .details = "DIR/index.html      the dashboard, one file, no network\n"
                                               "DIR/post.md         a post with the charts (PNG), for a blog or the Hub\n"
                                               "DIR/paper/          section.tex and its charts (PDF): pdflatex section.tex, or \\input it\n"
                                               "DIR/<chart>.svg     each chart; tables as CSV; texts.json: all that the texts are filled with",
                                    .min_args = 1, .max_args = 2, .groups = groups, .run = run };
