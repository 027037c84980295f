#include "base/fs.h"
#include "cli/command.h"
#include "cli/make_level.h"
#include "cli/progress.h"
#include "core/quant.h"
#include "study/pull.h"

static const char *const groups[] = { "quantize", "hub", "output", NULL };

static int load_from_hub(const char **source, struct invocation *in, struct err *err)
{
    struct progress progress;
    progress_init(&progress, in->settings.quiet);
    const struct hub_view view = progress_hub_view(&progress);
    int rc = pull_path(source, &in->arena, in->settings.pull, &view, err);
    if (rc == 0)
        rc = pull_path(&in->settings.imatrix, &in->arena, in->settings.pull, &view, err);
    progress_release(&progress);
    return rc;
}

static int run(struct invocation *in, struct err *err)
{
    const struct quant_info *level;
    for (int i = 2; i < in->n_args; i++) /* all names first: a mistake in the last must not cost the time of the others */
        if (quant_parse(&level, in->args[i], err) < 0)
            return EXIT_FAILED;
    const char *source = in->args[0];
    if (fs_mkdirs(in->args[1], err) < 0 || load_from_hub(&source, in, err) < 0)
        return EXIT_FAILED;
    for (int i = 2; i < in->n_args; i++)
        if (make_level(in, source, in->args[1], quant_find(in->args[i])->name, err) < 0)
            return EXIT_FAILED;
    return EXIT_DONE;
}

const struct command cmd_quantize = {
    .name = "quantize", .synopsis = "IN OUT_DIR LEVEL... [--imatrix FILE]",
    .summary = "write a model at one or more levels, byte for byte as llama-quantize would", .min_args = 3,
    .max_args = -1, .groups = groups, .run = run,
};
