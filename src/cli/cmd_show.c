#include <string.h>

#include "cli/measure.h"
#include "study/analyse.h"
#include "study/analyse_tasks.h"

static const char *const groups[] = { "store", "output", NULL };
static const char *const level_shown[] = { "model", "level", "adapter", "adapter_scale", "weights", "settings", "bpw", "size_gb", "ppl", "loss_pct", "kl_nat", "same_top_pct",
                                           "prompt_tps", "gen_tps", "ttft_s", "peak_gb", "failed", NULL };
static const char *const cell_shown[] = { "model", "level", "adapter", "adapter_scale", "weights", "kind", "status", "attempts", "reason", NULL };

static const struct {
    const char *name;
    make_frame *make, *make_md; /* md NULL: the same */
    const char *const *shown;
} views[] = {
    { "levels", analyse_levels, NULL, level_shown },
    { "cells", analyse_cells, NULL, cell_shown },
    { "speed", analyse_speed, analyse_speed_md, analyse_speed_shown },
    { "text", analyse_text, NULL, NULL },
    { "tasks", analyse_tasks, NULL, analyse_tasks_shown },
};
enum { N_VIEWS = sizeof views / sizeof views[0] };

static int find_view(const char *name)
{
    for (int i = 0; i < N_VIEWS; i++)
        if (strcmp(views[i].name, name) == 0)
            return i;
    return -1;
}

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    struct frame f;
    int view = in->n_args > 0 ? find_view(in->args[0]) : 0;
    const char *path = view < 0 ? in->args[0] : in->n_args > 1 ? in->args[1] : NULL;
    view = view < 0 ? 0 : view;
    if (open_store_to_read(&store, in, path, err) < 0)
        return EXIT_FAILED;
    bool has_own_md = views[view].make_md && !in->settings.json && strcmp(in->settings.output, "md") == 0;
    int rc = (has_own_md ? views[view].make_md : views[view].make)(&f, store, err);
    if (rc == 0)
        rc = print_frame(&f, &in->settings, has_own_md ? NULL : views[view].shown, err);
    frame_release(&f);
    store_close(store);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_show = { .name = "show", .synopsis = "[levels|cells|speed|text|tasks] [STORE|STUDY.yaml]",
                                  .summary = "print what was measured, as a table or for programs", .max_args = 2,
                                  .groups = groups, .run = run };
