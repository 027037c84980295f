#include "study/preview.h"

#include <string.h>

#include "base/fs.h"
#include "core/quant.h"
#include "hub/spec.h"
#include "study/synthetic.h"

#include "base/banned.h"

static int set_levels(struct study *s, struct arena *a, struct err *err)
{
    int n = 0;
    const char *const *names = s->settings.levels ? opt_split(a, s->settings.levels, &n) : s->levels;
    const int n_names = s->settings.levels ? n : s->n_levels;
    const char **levels = arena_alloc(a, (size_t)(n_names + quant_n() + 1) * sizeof *levels);
    s->n_levels = 0;
    for (int i = 0; i < n_names; i++) {
        const struct quant_info *q;
        if (quant_parse(&q, names[i], err) < 0)
            return err_prefix(err, "--levels: ");
        levels[s->n_levels++] = q->name;
    }
    for (int i = 0; n_names == 0 && i < quant_n(); i++)
        if (quant_at(i)->in_study)
            levels[s->n_levels++] = quant_at(i)->name;
    s->levels = levels;
    s->base = NULL;
    return 0;
}

static int set_measures(struct study *s, struct arena *a, struct err *err)
{
    int n;
    const char *const *names = opt_split(a, s->settings.measures, &n);
    s->n_measures = 0;
    for (int i = 0; i < n; i++) {
        const enum kind k = kind_find(names[i]);
        if (k != KIND_SPEED && k != KIND_MEMORY)
            return err_set(err, ERR_USAGE, "--measures: '%s' is not one of: speed, memory%s%s", names[i],
                           k == KIND_COUNT ? "" : "; ", k == KIND_COUNT ? "" : synthetic_refusal);
        if (s->n_measures < KIND_COUNT)
            s->measures[s->n_measures++] = k;
    }
    return s->n_measures ? 0 : err_set(err, ERR_USAGE, "--measures: expected speed, memory or both");
}

static int finish(struct study *s, struct arena *a, struct err *err)
{
    s->settings.keep_files = s->settings.keep;
    s->settings.tasks = s->settings.file = s->settings.adapter = NULL;
    s->tiers = NULL;
    s->n_tiers = 0;
    return set_levels(s, a, err) < 0 || set_measures(s, a, err) < 0 ? -1 : 0;
}

int preview_file(struct study *out, struct arena *a, const char *path, const struct settings *s, struct err *err)
{
    struct study_model *m = arena_alloc(a, sizeof *m);
    if (fs_is_dir(path))
        path = fs_join(a, path, "config.json");
    if (!fs_exists(path))
        return err_set(err, ERR_IO, "%s: no such file", path);
    *m = (struct study_model){ .path = synthetic_path(a, path) };
    *out = (struct study){ .name = "preview", .models = m, .n_models = 1, .settings = *s };
    return finish(out, a, err);
}

/* The shape that the study names, or that of the model's own file when it is here. */
static int set_model(struct study_model *to, struct arena *a, const struct study_model *from, struct err *err)
{
    const char *name = from->name ? from->name : fs_basename(from->path);
    if (!from->config && (hub_spec_is(from->path) || !fs_exists(from->path)))
        return err_set(err, ERR_USAGE, "%s: is not here, and no config.json of its shape is named (config: FILE)", name);
    *to = (struct study_model){ .name = synthetic_name(a, name),
                                .path = synthetic_path(a, from->config ? from->config : from->path) };
    return 0;
}

/* locollm.db is locollm-preview.db. */
static const char *own_store(struct arena *a, const char *store)
{
    const char *path = store ? store : "perbit.db", *dot = strrchr(path, '.');
    const int n = (int)(dot && dot > fs_basename(path) ? (size_t)(dot - path) : strlen(path));
    return arena_printf(a, "%.*s-preview%s", n, path, path + n);
}

int preview_study(struct study *out, struct arena *a, const struct study *of, const char *store, struct err *err)
{
    struct study_model *models = arena_alloc(a, (size_t)(of->n_models + 1) * sizeof *models);
    *out = *of;
    for (int i = 0; i < of->n_models; i++)
        if (set_model(&models[i], a, &of->models[i], err) < 0)
            return -1;
    out->models = models;
    out->settings.store = store ? store : own_store(a, of->settings.store);
    return finish(out, a, err);
}
