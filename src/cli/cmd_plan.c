#include <stdio.h>

#include "base/fs.h"
#include "cli/measure.h"
#include "study/adapter.h"
#include "study/pull.h"

static const char *const groups[] = { "store", "output", NULL };

static const char *const shown[] = { "model", "level", "adapter", "measure", "status", "file", NULL };

static int print_plan(const struct plan *p, const struct settings *s, struct err *err)
{
    static const char *const status[] = { "to do", "in part", "done", "failed" };
    struct frame f;
    frame_init(&f, "plan");
    int model = frame_add_column(&f, "model", "", FRAME_TEXT), level = frame_add_column(&f, "level", "", FRAME_TEXT);
    int adapter = frame_add_column(&f, "adapter", "", FRAME_TEXT);
    int kind = frame_add_column(&f, "measure", "", FRAME_TEXT), state = frame_add_column(&f, "status", "", FRAME_TEXT);
    int file = frame_add_column(&f, "file", "", FRAME_TEXT);
    f.is_synthetic = p->is_synthetic;
    for (int i = 0; i < p->n_cells; i++) {
        const struct plan_cell *c = &p->cells[i];
        int row = frame_add_row(&f);
        frame_set_text(&f, row, model, c->variant->model->name);
        frame_set_text(&f, row, level, c->variant->level);
        if (c->variant->adapter)
            frame_set_text(&f, row, adapter, adapter_label(&f.arena, c->variant->adapter->name, c->variant->adapter->scale));
        frame_set_text(&f, row, kind, c->task ? c->task->name : kind_info(c->kind)->name);
        frame_set_text(&f, row, state, status[c->status]);
        frame_set_text(&f, row, file, c->variant->path);
    }
    int rc = print_frame(&f, s, shown, err);
    frame_release(&f);
    return rc;
}

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    struct store *store = NULL;
    struct plan plan;
    if (measure_load_study(&study, in, in->args[0], err) < 0)
        return EXIT_FAILED;
    const char *path = settings_store(&study.settings);
    if (fs_exists(path) && store_open(&store, path, STORE_READ, err) < 0)
        return EXIT_FAILED;
    int status = EXIT_FAILED;
    study.settings.pull = false; /* a plan loads nothing */
    if (pull_study(&study, &in->arena, NULL, err) == 0 && plan_build(&plan, &study, store, err) == 0) {
        status = print_plan(&plan, &in->settings, err) < 0 ? EXIT_FAILED : EXIT_DONE;
        plan_release(&plan);
    }
    store_close(store);
    return status;
}

const struct command cmd_plan = { .name = "plan", .synopsis = "STUDY.yaml",
                                  .summary = "what a study will do, and what is done already; measures nothing",
                                  .min_args = 1, .max_args = 1, .groups = groups, .run = run };
