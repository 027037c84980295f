#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/measure.h"
#include "study/rescore.h"

static const char *const groups[] = { "task files", "store", "output", NULL };

static void show_cell(void *ctx, const struct rescore_cell *c)
{
    struct frame *f = ctx;
    int row = frame_add_row(f);
    frame_put_text(f, row, "model", c->model);
    frame_put_text(f, row, "level", c->level);
    frame_put_text(f, row, "task", c->task);
    frame_put_text(f, row, "status", c->reason ? "kept" : "rescored");
    frame_put_int(f, row, "documents", c->n_documents);
    frame_put_int(f, row, "changed", c->n_changed);
    frame_put_int(f, row, "added", c->n_added);
    frame_put_text(f, row, "reason", c->reason ? c->reason : "");
    if (c->reason)
        log_error("%s %s: %s", c->model, c->level, c->reason);
}

static void start_frame(struct frame *f)
{
    static const struct frame_spec columns[] = {
        { "model", "", "model", FRAME_TEXT, 0 },           { "level", "", "level", FRAME_TEXT, 0 },
        { "task", "", "task", FRAME_TEXT, 0 },             { "status", "", "status", FRAME_TEXT, 0 },
        { "documents", "", "documents", FRAME_INT, 0 },    { "changed", "", "values changed", FRAME_INT, 0 },
        { "added", "", "values added", FRAME_INT, 0 },     { "reason", "", "reason", FRAME_TEXT, 0 },
    };
    frame_init(f, "rescore");
    frame_add_columns(f, columns, sizeof columns / sizeof columns[0]);
}

static const char *const shown[] = { "model", "level", "task", "status", "documents", "changed", "added", NULL };

static int rescore(struct store *store, const struct settings *s, struct err *err)
{
    struct frame f;
    struct rescore_result r = { 0 };
    start_frame(&f);
    const struct rescore_view view = { show_cell, &f };
    int rc = rescore_run(&r, store, s, &view, err);
    if (rc == 0)
        rc = print_frame(&f, s, shown, err);
    frame_release(&f);
    if (rc < 0)
        return EXIT_FAILED;
    log_info("%d cells rescored: %lld documents, %lld values changed, %lld added; %d cells kept as they were", r.n_done,
             (long long)r.n_documents, (long long)r.n_changed, (long long)r.n_added, r.n_failed);
    return r.n_failed ? EXIT_SOME_FAILED : EXIT_DONE;
}

static bool is_study(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int run(struct invocation *in, struct err *err)
{
    struct study study = { .settings = in->settings };
    struct store *store;
    const char *path = in->n_args > 0 ? in->args[0] : settings_store(&in->settings);
    if (is_study(path)) {
        if (measure_load_study(&study, in, path, err) < 0)
            return EXIT_FAILED;
        path = settings_store(&study.settings);
    }
    if (!fs_exists(path)) {
        err_set(err, ERR_STORE, "%s: no such store", path);
        return EXIT_FAILED;
    }
    if (store_open(&store, path, STORE_WRITE, err) < 0)
        return EXIT_FAILED;
    int status = rescore(store, &study.settings, err);
    store_close(store);
    return status;
}

const struct command cmd_rescore = {
    .name = "rescore", .synopsis = "[STORE|STUDY.yaml] [--data DIR] [--include_path DIR]",
    .summary = "measures of tasks once more, from stored answers; no model is needed",
    .details = "For a metric that a task file has got since, or scoring that was mended. The rows must be those that\n"
               "were asked, and the task must still ask the same; a cell of which this is not so is kept as it is.\n",
    .max_args = 1, .groups = groups, .run = run,
};
