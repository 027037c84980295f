#include "study/source.h"

#include <fnmatch.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "hub/listing.h"
#include "study/client.h"

#include "base/banned.h"

/* --- the hub's files --------------------------------------------------------------------------- */

/* Of the top folder: what convert/ reads. Copies of the weights in other forms (consolidated, pytorch, onnx) are left alone. */
static bool is_wanted(const char *path)
{
    static const char *const patterns[] = { "model*.safetensors", "model.safetensors.index.json", "config.json",
                                            "generation_config.json", "tokenizer*.json", "tokenizer.model", "special_tokens_map.json",
                                            "added_tokens.json", "vocab.json", "merges.txt", "chat_template*", "README.md" };
    for (size_t i = 0; !strchr(path, '/') && i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], path, 0) == 0)
            return true;
    return false;
}

static bool has_weights(const struct hub_listing *l)
{
    bool has = false;
    for (int i = 0; i < l->n; i++)
        has |= !strchr(l->files[i].path, '/') && fnmatch("model*.safetensors", l->files[i].path, 0) == 0;
    return has && hub_listing_find(l, "config.json");
}

static int select_files(const struct hub_file **files, const struct hub *h, const struct hub_spec *s, const struct hub_listing *l, bool missing)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        if (is_wanted(l->files[i].path) && !(missing && hub_has_file(h, s, l, &l->files[i])))
            files[n++] = &l->files[i];
    return n;
}

static int load(const char **dir, struct hub *h, const struct hub_spec *s, const struct hub_listing *l, bool may_load,
                const struct hub_view *view, struct arena *a, struct err *err)
{
    const struct hub_file **files = arena_alloc(a, (size_t)(l->n + 1) * sizeof(struct hub_file *));
    if (!has_weights(l))
        return 0;
    const int n_missing = select_files(files, h, s, l, true), n = n_missing ? select_files(files, h, s, l, false) : 0;
    if (n_missing && !may_load)
        return err_set(err, ERR_IO, "%s: %d of its files are not in the hub's cache", hub_spec_label(a, s), n_missing);
    if (n_missing && hub_pull_files(h, s, l, files, n, view, err) < 0)
        return -1;
    *dir = fs_dirname(a, hub_file_path(a, h, s, l, "config.json"));
    return 1;
}

int source_pull(const char **dir, struct hub *h, const struct hub_spec *s, bool may_load, const struct hub_view *view, struct arena *a,
                struct err *err)
{
    struct hub_listing l;
    int rc = 0;
    /* what is here whole is used without asking */
    if (hub_list_cached(&l, h, s, NULL) == 0) {
        rc = load(dir, h, s, &l, false, view, a, NULL);
        hub_listing_release(&l);
    }
    if (rc == 1)
        return 1;
    if (!may_load || h->is_offline || hub_list(&l, h, s, err) < 0)
        return 0; /* the caller says what is missing */
    rc = load(dir, h, s, &l, true, view, a, err);
    hub_listing_release(&l);
    return rc;
}

/* --- the conversion ---------------------------------------------------------------------------- */

bool source_is_folder(const char *path)
{
    struct arena a;
    arena_init(&a);
    const bool is = path && fs_is_dir(path) && fs_exists(fs_join(&a, path, "config.json"));
    arena_release(&a);
    return is;
}

static int note(void *ctx, const struct event *e, struct err *err)
{
    (void)ctx, (void)err;
    if (e->kind == EVENT_LOG)
        log_warn("%s", e->text);
    return 0;
}

static int convert(const char *dir, const char *out, const char *name, const struct settings *s, struct arena *a, struct err *err)
{
    const struct sink sink = { note, NULL };
    struct job job = { .name = "convert", .models = { { dir, 0 } }, .n_models = 1, .out = out, .settings = *s };
    job.settings.outtype = "bf16";
    job.settings.overwrite = false;
    log_info("%s: converting to BF16", name);
    return fs_mkdirs(fs_dirname(a, out), err) < 0 ? -1 : client_run(&job, &sink, err);
}

int source_convert(struct study_model *m, const struct study *s, bool may_make, struct arena *a, struct err *err)
{
    const char *dir = m->path, *folder = study_out_dir(s, a);
    if (!source_is_folder(dir))
        return 0;
    const char *name = m->name ? m->name : fs_basename(dir);
    const char *out = fs_join(a, folder, arena_printf(a, "%s-BF16.gguf", study_file_stem(a, name)));
    if (!fs_exists(out) && !may_make)
        return err_set(err, ERR_IO, "%s: %s is not made yet (perbit run converts it)", name, out);
    if (!fs_exists(out) && convert(dir, out, name, &s->settings, a, err) < 0)
        return -1;
    m->path = out;
    m->name = name;
    return 0;
}
