#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/measure.h"
#include "study/analyse.h"
#include "study/preview.h"

static const char *const groups[] = { "levels", "preview", "speed", "memory", "engine", "store", "run", "output", NULL };
static const char *const shown[] = { "model", "level", "weights", "settings", "bpw", "size_gb", "prompt_tps", "gen_tps", "ttft_s",
                                     "bandwidth_pct", "predicted_gb", "peak_gb", "failed", NULL };

static bool is_study(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int plan(struct study *out, struct invocation *in, struct err *err)
{
    const char *store = in->settings.store;
    struct study study;
    if (!is_study(in->args[0]))
        return preview_file(out, &in->arena, in->args[0], &in->settings, err);
    if (measure_load_study(&study, in, in->args[0], err) < 0)
        return -1;
    return preview_study(out, &in->arena, &study, store, err);
}

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    if (plan(&study, in, err) < 0)
        return EXIT_FAILED;
    const char *dir = study.settings.out_dir ? study.settings.out_dir : "preview";
    const bool was_there = fs_exists(dir);
    study.settings.out_dir = dir;
    log_info("weights are random numbers: speed and memory are this computer's, and say nothing of quality");
    int status = measure_and_print(&study, "preview", analyse_levels, shown, err);
    if (study.settings.store && !study.settings.quiet)
        log_info("stored in %s", study.settings.store);
    if (!was_there)
        rmdir(dir); /* not when files were kept in it */
    return status;
}

const struct command cmd_preview = {
    .name = "preview", .synopsis = "MODEL.gguf|config.json|STUDY.yaml [--levels LEVEL,...] [--measures speed,memory]",
    .summary = "speed and memory of every level before any download, with random weights of the true shape",
    .details = "A config.json of a published model, the shape of a GGUF file, or every model of a study that names one (config: FILE).\n"
               "Each level's file is made, measured and removed. What is stored is marked: synthetic weights.\n",
    .min_args = 1, .max_args = 1, .groups = groups, .run = run,
};
