#include "cli/measure.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "cli/progress.h"
#include "report/writer.h"
#include "study/lmeval_files.h"
#include "study/pull.h"

static const char *first_reason(const struct plan *p)
{
    for (int i = 0; i < p->n_cells; i++)
        if (p->cells[i].reason)
            return p->cells[i].reason;
    return "failed";
}

static void print_reasons(const struct plan *p)
{
    for (int i = 0; i < p->n_cells; i++)
        if (p->cells[i].reason)
            log_error("%s", p->cells[i].reason);
}

static int status_of(const struct study *study, const struct plan *p, const struct run_result *r, struct err *err)
{
    char took[32];
    units_format_duration(took, sizeof took, r->elapsed_s);
    if (study->n_levels > 0)
        log_info("%d cells measured in %s, %d failed, %d were there already", r->n_done, took, r->n_failed, r->n_kept);
    if (r->n_failed == 0)
        return EXIT_DONE;
    if (study->n_levels > 0)
        return EXIT_SOME_FAILED;
    if (r->n_done + r->n_kept > 0) {
        print_reasons(p);
        return EXIT_SOME_FAILED;
    }
    err_set(err, ERR_MODEL, "%s", first_reason(p));
    return EXIT_FAILED;
}

/* lm-evaluation-harness's files, where --output_path asks for them. */
static int write_files(int status, const struct plan *p, struct store *store, double elapsed_s, struct err *err)
{
    int n_files;
    if (status != EXIT_DONE && status != EXIT_SOME_FAILED)
        return status;
    if (lmeval_files_write(p, store, elapsed_s, &n_files, err) < 0)
        return EXIT_FAILED;
    if (n_files > 0)
        log_info("%d files written to %s", n_files, p->study->settings.output_path);
    return status;
}

/* The same study with the files of the hub that it names. */
static int load_from_hub(struct study *out, const struct study *study, struct arena *a, struct progress *progress, struct err *err)
{
    const struct hub_view view = progress_hub_view(progress);
    *out = *study;
    int rc = pull_study(out, a, &view, err);
    progress_clear(progress);
    return rc;
}

static int run_plan(const struct study *study, struct store *store, const char *command, struct progress *progress,
                    struct err *err)
{
    struct plan plan;
    struct run_result result = { 0 };
    int64_t run_id;
    int status = EXIT_FAILED;
    struct run_view view = progress_view(progress);
    if (study->n_levels == 0)
        view.finished = NULL;
    if (plan_build(&plan, study, store, err) < 0)
        return EXIT_FAILED;
    if (plan_check_text(&plan, err) == 0 &&
        store_run_begin(store, command, study->name ? study->name : "", settings_json(&plan.arena, &study->settings, NULL, false),
                        &run_id, err) == 0 &&
        runner_run(&plan, store, &view, &result, err) == 0 && store_run_end(store, run_id, err) == 0)
        status = status_of(study, &plan, &result, err);
    progress_release(progress);
    status = write_files(status, &plan, store, result.elapsed_s, err);
    if (result.elapsed_s > 0)
        log_debug("%.3f s in all, %.3f s in decode calls", result.elapsed_s, result.decode_s);
    plan_release(&plan);
    return status;
}

int measure_study(const struct study *study, struct store *store, const char *command, struct err *err)
{
    struct progress progress;
    struct arena a;
    struct study loaded;
    int status = EXIT_FAILED;
    arena_init(&a);
    progress_init(&progress, study->settings.quiet);
    if (load_from_hub(&loaded, study, &a, &progress, err) == 0)
        status = run_plan(&loaded, store, command, &progress, err);
    progress_release(&progress);
    arena_release(&a);
    return status;
}

void measure_files(struct study *out, struct invocation *in, const char *const *paths, int n, enum kind k)
{
    struct study_model *models = arena_alloc(&in->arena, (size_t)n * sizeof *models);
    for (int i = 0; i < n; i++)
        models[i] = (struct study_model){ .path = paths[i], .name = n > 1 ? paths[i] : NULL };
    *out = (struct study){ .models = models, .n_models = n, .measures = { k }, .n_measures = 1,
                           .settings = in->settings };
}

int measure_load_study(struct study *out, struct invocation *in, const char *path, struct err *err)
{
    int rc = study_load(out, &in->arena, path, &in->settings, err);
    for (int i = 0; rc < 0 && i < out->n_mistakes; i++)
        log_error("%s", out->mistakes[i]);
    return rc;
}

int measure_and_print(const struct study *study, const char *command, make_frame *make, const char *const *shown,
                      struct err *err)
{
    const struct settings *s = &study->settings;
    struct store *store;
    struct frame f;
    if (store_open(&store, s->store ? s->store : ":memory:", STORE_WRITE, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(study, store, command, err);
    if (status == EXIT_DONE || status == EXIT_SOME_FAILED) {
        if (make(&f, store, err) < 0 || print_frame(&f, s, shown, err) < 0)
            status = EXIT_FAILED;
        frame_release(&f);
    }
    store_close(store);
    return status;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

int open_store_to_read(struct store **out, struct invocation *in, const char *argument, struct err *err)
{
    const char *path = argument ? argument : settings_store(&in->settings);
    if (ends_with(path, ".yaml") || ends_with(path, ".yml")) { /* a study file stands for its store */
        struct study study;
        if (measure_load_study(&study, in, path, err) < 0)
            return -1;
        path = settings_store(&study.settings);
    }
    return store_open(out, path, STORE_READ, err);
}

int print_frame(const struct frame *f, const struct settings *s, const char *const *only, struct err *err)
{
    const char *format = s->json ? "json" : s->output;
    const struct writer *w = writer_find(format);
    struct buf text = BUF_INIT;
    struct frame few;
    if (!w)
        return err_set(err, ERR_USAGE, "unknown output format '%s'", format);
    bool for_people = strcmp(format, "text") == 0 || strcmp(format, "md") == 0;
    if (only && for_people) {
        frame_select(&few, f, only); /* without what nobody measured */
        w->write(&text, &few);
        frame_release(&few);
    } else {
        w->write(&text, f);
    }
    fwrite(text.data, 1, text.len, stdout);
    buf_release(&text);
    return 0;
}
