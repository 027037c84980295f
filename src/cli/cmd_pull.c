#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/progress.h"
#include "cli/command.h"
#include "hub/pull.h"

static const char *const groups[] = { "pull", "output", NULL };

static int pull_one(struct hub *h, struct invocation *in, const char *name, const struct hub_view *view, struct err *err)
{
    struct hub_spec spec;
    const char *path;
    if (hub_spec_parse(&spec, &in->arena, name, err) < 0)
        return -1;
    if (in->settings.dataset)
        spec.kind = HUB_DATASET;
    if (hub_pull(&path, h, &spec, view, &in->arena, err) < 0)
        return -1;
    progress_clear(view->ctx);
    puts(path);
    return 0;
}

static int run(struct invocation *in, struct err *err)
{
    struct hub *h;
    struct progress progress;
    int rc = 0;
    if (hub_open(&h, err) < 0)
        return EXIT_FAILED;
    progress_init(&progress, in->settings.quiet);
    const struct hub_view view = progress_hub_view(&progress);
    for (int i = 0; i < in->n_args && rc == 0; i++)
        rc = pull_one(h, in, in->args[i], &view, err);
    progress_release(&progress);
    hub_close(h);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_pull = {
    .name = "pull", .synopsis = "REPO[@REVISION][:FILE|PATTERN]... [--dataset]",
    .summary = "load files of the Hugging Face hub into its cache and print where they are", .min_args = 1, .max_args = -1,
    .groups = groups, .run = run,
    .details = "The cache is the one of Python's huggingface_hub: what one of them loaded the other finds. A file is named\n"
               "once its digest is right; a download that was cut goes on where it was. HF_TOKEN, HF_HOME, HF_HUB_CACHE,\n"
               "HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean there. Where a model's file is expected, hub:REPO:FILE\n"
               "names one of the hub.\n",
};
