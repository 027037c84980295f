#include <stdio.h>

#include "base/fs.h"
#include "cli/measure.h"
#include "study/adapter.h"
#include "study/pull.h"

static const char *const groups[] = { "tiers", "store", "output", NULL };

static const char *const shown[] = { "tier", "model", "level", "adapter", "measure", "status", "file", NULL };

static const struct frame_spec columns[] = {
    { "tier", "", "tier", FRAME_TEXT, 0 },       { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },     { "adapter", "", "adapter", FRAME_TEXT, 0 },
    { "measure", "", "measure", FRAME_TEXT, 0 }, { "status", "", "status", FRAME_TEXT, 0 },
    { "file", "", "file", FRAME_TEXT, 0 },
};

static void add_plan(struct frame *f, const struct plan *p)
{
    static const char *const status[] = { "to do", "in part", "done", "failed" };
    f->is_synthetic |= p->is_synthetic;
    for (int i = 0; i < p->n_cells; i++) {
        const struct plan_cell *c = &p->cells[i];
        const struct plan_adapter *adapter = c->variant->adapter;
        int row = frame_add_row(f);
        frame_put_text(f, row, "tier", p->study->tier);
        frame_put_text(f, row, "model", c->variant->model->name);
        frame_put_text(f, row, "level", c->variant->level);
        frame_put_text(f, row, "adapter", adapter ? adapter_label(&f->arena, adapter->name, adapter->scale) : "");
        frame_put_text(f, row, "measure", c->task ? c->task->name : kind_info(c->kind)->name);
        frame_put_text(f, row, "status", status[c->status]);
        frame_put_text(f, row, "file", c->variant->path);
    }
}

static int add_part(struct frame *f, const struct study *part, struct store *store, struct err *err)
{
    struct plan plan;
    struct study s = *part;
    s.settings.pull = false; /* a plan loads nothing */
    if (pull_study(&s, &f->arena, NULL, err) < 0 || plan_build(&plan, &s, store, err) < 0)
        return -1;
    add_plan(f, &plan);
    plan_release(&plan);
    return 0;
}

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    const struct study *parts;
    struct store *store = NULL;
    struct frame f;
    int n, rc = 0;
    if (measure_load_study(&study, in, in->args[0], err) < 0 || study_parts(&parts, &n, &study, in->settings.tier, err) < 0)
        return EXIT_FAILED;
    const char *path = settings_store(&study.settings);
    if (fs_exists(path) && store_open(&store, path, STORE_READ, err) < 0)
        return EXIT_FAILED;
    frame_init(&f, "plan");
    frame_add_columns(&f, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < n && rc == 0; i++)
        rc = add_part(&f, &parts[i], store, err);
    if (rc == 0)
        rc = print_frame(&f, &in->settings, shown, err);
    frame_release(&f);
    store_close(store);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_plan = { .name = "plan", .synopsis = "STUDY.yaml",
                                  .summary = "what a study will do, and what is done already; measures nothing",
                                  .min_args = 1, .max_args = 1, .groups = groups, .run = run };
