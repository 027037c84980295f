#include <string.h>

#include "base/fs.h"
#include "cli/command.h"
#include "cli/make_level.h"
#include "core/quant.h"

static const char *const groups[] = { "convert", "levels", "quantize", "output", NULL };

enum { LEVELS_MAX = 64 };

/* The levels by their own names; all are looked at before the first minute is spent. */
static int read_levels(const char *levels[LEVELS_MAX], int *n, struct invocation *in, struct err *err)
{
    const struct quant_info *level;
    char *text = arena_strdup(&in->arena, in->settings.levels ? in->settings.levels : "");
    for (char *at = text, *next; (at = at + strspn(at, ", "))[0]; at = next) {
        const size_t k = strcspn(at, ", ");
        next = at + k + (at[k] != '\0');
        at[k] = '\0';
        if (*n == LEVELS_MAX)
            return err_set(err, ERR_USAGE, "--levels: at most %d", LEVELS_MAX);
        if (quant_parse(&level, at, err) < 0)
            return -1;
        levels[(*n)++] = level->name;
    }
    return 0;
}

static int run(struct invocation *in, struct err *err)
{
    const char *levels[LEVELS_MAX];
    int n = 0;
    struct job job = { .name = "convert", .models = { { in->args[0], 0 } }, .n_models = 1, .out = in->args[1],
                       .settings = in->settings };
    if (read_levels(levels, &n, in, err) < 0 || make_file(&job, "convert", err) < 0)
        return EXIT_FAILED;
    for (int i = 0; i < n; i++)
        if (make_level(in, in->args[1], fs_dirname(&in->arena, in->args[1]), levels[i], err) < 0)
            return EXIT_FAILED;
    return EXIT_DONE;
}

const struct command cmd_convert = {
    .name = "convert", .synopsis = "DIR OUT.gguf [--outtype TYPE] [--levels LEVEL,...]",
    .summary = "write a GGUF file from a folder of safetensors, byte for byte as convert_hf_to_gguf.py would",
    .min_args = 2, .max_args = 2, .groups = groups, .run = run,
};
