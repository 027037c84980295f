#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/progress.h"
#include "cli/command.h"
#include "core/quant.h"
#include "study/client.h"
#include "study/pull.h"

static const char *const groups[] = { "quantize", "hub", "output", NULL };

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
    struct run_progress p = { .n_cells = 1, .model = "", .kind = "quantize", .level = "", .done = e->done,
                              .total = e->total, .unit = e->text };
    struct run_view view = progress_view(ctx);
    (void)err;
    if (e->kind == EVENT_PROGRESS)
        view.progress(view.ctx, &p);
    if (e->kind == EVENT_FACT)
        log_info("%s: %s", e->key, e->text);
    return 0;
}

static int quantize_one(struct invocation *in, const char *source, const char *level, struct err *err)
{
    struct progress progress;
    progress_init(&progress, in->settings.quiet);
    const struct sink sink = { show, &progress };
    const char *out = fs_join(&in->arena, in->args[1],
                              arena_printf(&in->arena, "%s-%s.gguf", stem_of(&in->arena, source), level));
    struct job job = { .name = "quantize", .models = { { source, 0 } }, .n_models = 1, .out = out,
                       .level = level, .imatrix = in->settings.imatrix, .settings = in->settings };
    int64_t n_bytes;
    char size[32];
    int rc = client_run(&job, &sink, err);
    progress_release(&progress);
    if (rc < 0 || fs_size(&n_bytes, out, err) < 0)
        return -1;
    units_format_bytes(size, sizeof size, n_bytes);
    printf("%s\t%s\n", out, size);
    return 0;
}

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
        if (quantize_one(in, source, quant_find(in->args[i])->name, err) < 0)
            return EXIT_FAILED;
    return EXIT_DONE;
}

const struct command cmd_quantize = {
    .name = "quantize", .synopsis = "IN OUT_DIR LEVEL... [--imatrix FILE]",
    .summary = "write a model at one or more levels, byte for byte as llama-quantize would", .min_args = 3,
    .max_args = -1, .groups = groups, .run = run,
};
