#include "cli/make_level.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/progress.h"
#include "core/quant.h"
#include "study/client.h"

struct maker {
    struct progress progress;
    const char *what;
};

/* smollm2-bf16.gguf -> smollm2; then -Q4_K_M.gguf is added. A level at the end of the name goes. */
static char *stem_of(struct arena *a, const char *path)
{
    char *stem = arena_strdup(a, fs_basename(path));
    size_t n = strlen(stem);
    if (n > 5 && strcmp(stem + n - 5, ".gguf") == 0)
        stem[n - 5] = '\0';
    for (size_t i = strlen(stem); i-- > 1;)
        if ((stem[i] == '-' || stem[i] == '.') && quant_find(stem + i + 1)) {
            stem[i] = '\0';
            break;
        }
    return stem;
}

static int show(void *ctx, const struct event *e, struct err *err)
{
    struct maker *m = ctx;
    struct run_progress p = { .n_cells = 1, .model = "", .kind = m->what, .level = "", .done = e->done,
                              .total = e->total, .unit = e->text };
    struct run_view view = progress_view(&m->progress);
    (void)err;
    if (e->kind == EVENT_PROGRESS)
        view.progress(view.ctx, &p);
    if (e->kind == EVENT_FACT)
        log_info("%s: %s", e->key, e->text);
    if (e->kind == EVENT_LOG)
        log_warn("%s", e->text);
    return 0;
}

int make_file(const struct job *job, const char *what, struct err *err)
{
    struct maker maker = { .what = what };
    progress_init(&maker.progress, job->settings.quiet);
    const struct sink sink = { show, &maker };
    int64_t n_bytes;
    char size[32];
    int rc = client_run(job, &sink, err);
    progress_release(&maker.progress);
    if (rc < 0 || fs_size(&n_bytes, job->out, err) < 0)
        return -1;
    units_format_bytes(size, sizeof size, n_bytes);
    printf("%s\t%s\n", job->out, size);
    return 0;
}

int make_level(struct invocation *in, const char *source, const char *dir, const char *level, struct err *err)
{
    const char *out = fs_join(&in->arena, dir, arena_printf(&in->arena, "%s-%s.gguf", stem_of(&in->arena, source), level));
    struct job job = { .name = "quantize", .models = { { source, 0 } }, .n_models = 1, .out = out, .level = level,
                       .imatrix = in->settings.imatrix, .settings = in->settings };
    return make_file(&job, "quantize", err);
}
