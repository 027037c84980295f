#include "base/fs.h"
#include "cli/command.h"
#include "cli/make_level.h"
#include "core/quant.h"

static const char *const groups[] = { "quantize", "output", NULL };

static int run(struct invocation *in, struct err *err)
{
    const struct quant_info *level;
    for (int i = 2; i < in->n_args; i++) /* all names first: a mistake in the last must not cost the time of the others */
        if (quant_parse(&level, in->args[i], err) < 0)
            return EXIT_FAILED;
    if (fs_mkdirs(in->args[1], err) < 0)
        return EXIT_FAILED;
    for (int i = 2; i < in->n_args; i++)
        if (make_level(in, in->args[0], in->args[1], quant_find(in->args[i])->name, err) < 0)
            return EXIT_FAILED;
    return EXIT_DONE;
}

const struct command cmd_quantize = {
    .name = "quantize", .synopsis = "IN OUT_DIR LEVEL... [--imatrix FILE]",
    .summary = "write a model at one or more levels, byte for byte as llama-quantize would", .min_args = 3,
    .max_args = -1, .groups = groups, .run = run,
};
