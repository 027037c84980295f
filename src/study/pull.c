#include "study/pull.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "hub/pull.h"
#include "study/evaluation.h"
#include "study/hubdata.h"
#include "study/source.h"

#include "base/banned.h"

/* --- models ------------------------------------------------------------------------------------ */

static bool is_model(const char *path)
{
    size_t n = strlen(path);
    bool is_later_part = fnmatch("*-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].gguf", path, 0) == 0 &&
                         fnmatch("*-00001-of-*", path, 0) != 0;
    return n > 5 && strcasecmp(path + n - 5, ".gguf") == 0 && !strstr(path, "mmproj") && !strstr(path, "imatrix") &&
           !is_later_part;
}

/* The one GGUF whose name has the word, or NULL; *out_n: how many have it. */
static const char *only_model(const struct hub_listing *l, const char *word, int *out_n)
{
    const char *found = NULL;
    *out_n = 0;
    for (int i = 0; i < l->n; i++)
        if (is_model(l->files[i].path) && (!word || strcasestr(l->files[i].path, word))) {
            found = l->files[i].path;
            ++*out_n;
        }
    return *out_n == 1 ? found : NULL;
}

static int too_many(const struct hub_listing *l, const struct hub_spec *s, int n, struct err *err)
{
    struct buf names = BUF_INIT;
    for (int i = 0; i < l->n && names.len < 500; i++)
        if (is_model(l->files[i].path))
            buf_printf(&names, "%s%.200s", names.len ? ", " : "", l->files[i].path);
    if (n > 0)
        err_set(err, ERR_USAGE, "hub:%s has %d GGUF files; name one of them (hub:%s:FILE): %s", s->repo, n, s->repo, names.data);
    else
        err_set(err, ERR_IO, "hub:%s has no GGUF file, nor safetensors with a config.json", s->repo);
    buf_release(&names);
    return -1;
}

/* Without a file's name: the source at full precision, or the only model there is. */
static int choose_file(struct hub_spec *s, struct hub *h, bool may_load, struct arena *a, struct err *err)
{
    static const char *const words[] = { NULL, "bf16", "f16", "f32" };
    struct hub_listing l;
    const char *file = NULL;
    int n, n_all = 0;
    if ((may_load ? hub_list(&l, h, s, err) : hub_list_cached(&l, h, s, err)) < 0)
        return -1;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !file; i++) {
        file = only_model(&l, words[i], &n);
        n_all = i == 0 ? n : n_all;
    }
    if (file)
        s->file = arena_strdup(a, file);
    else
        too_many(&l, s, n_all, err);
    hub_listing_release(&l);
    return file ? 0 : -1;
}

/* may_be_folder: a repository without a GGUF file may be one of safetensors; *path is its folder then. */
static int pull_one(const char **path, struct hub *h, const char *text, bool may_load, bool may_be_folder, const struct hub_view *view,
                    struct arena *a, struct err *err)
{
    struct hub_spec spec;
    int rc = 0;
    if (hub_spec_parse(&spec, a, text, err) < 0)
        return -1;
    if (spec.file && strpbrk(spec.file, "*?["))
        return err_set(err, ERR_USAGE, "%s: expected the name of one file, found a pattern", text);
    if (!spec.file && choose_file(&spec, h, false, a, NULL) < 0) {
        if (may_be_folder && (rc = source_pull(path, h, &spec, may_load, view, a, err)) != 0)
            return rc < 0 ? -1 : 0;
        if (choose_file(&spec, h, may_load && !h->is_offline, a, err) < 0)
            return -1;
    }
    if (hub_find(path, h, &spec, a, err) == 0)
        return 0;
    return may_load && !h->is_offline ? hub_pull(path, h, &spec, view, a, err) : -1;
}

static int pull_any(const char **path, struct arena *a, bool may_load, bool may_be_folder, const struct hub_view *view, struct err *err)
{
    struct hub *h;
    if (!*path || !hub_spec_is(*path))
        return 0;
    if (hub_open(&h, err) < 0)
        return -1;
    int rc = pull_one(path, h, *path, may_load, may_be_folder, view, a, err);
    hub_close(h);
    return rc;
}

int pull_path(const char **path, struct arena *a, bool may_load, const struct hub_view *view, struct err *err)
{
    return pull_any(path, a, may_load, false, view, err);
}

/* The file that a model starts from: of the hub, of a folder of safetensors, of the hub's folder of safetensors. */
static int pull_source(struct study_model *m, const struct study *s, struct arena *a, const struct hub_view *view, struct err *err)
{
    return pull_any(&m->path, a, s->settings.pull, s->n_levels > 0, view, err) < 0 ||
                   (s->n_levels > 0 && source_convert(m, s, s->settings.pull, a, err) < 0)
               ? -1
               : 0;
}

static int pull_files(struct study_model *m, struct arena *a, bool may_load, const struct hub_view *view, struct err *err)
{
    struct study_file *files = arena_dup(a, m->files, (size_t)m->n_files * sizeof *files);
    m->files = files;
    for (int i = 0; i < m->n_files; i++)
        if (pull_path(&files[i].path, a, may_load, view, err) < 0)
            return -1;
    return 0;
}

static int pull_models(struct study *s, struct arena *a, const struct hub_view *view, struct err *err)
{
    bool may_load = s->settings.pull;
    struct study_model *models = arena_dup(a, s->models, (size_t)s->n_models * sizeof *models);
    s->models = models;
    for (int i = 0; i < s->n_models; i++) {
        struct study_model *m = &models[i];
        struct err why = { 0 };
        if (pull_source(m, s, a, view, &why) == 0 && pull_path(&m->imatrix, a, may_load, view, &why) == 0 &&
            pull_files(m, a, may_load, view, &why) == 0)
            continue;
        if (why.code == ERR_CANCELLED) {
            *err = why;
            return -1;
        }
        m->reason = arena_strdup(a, why.msg);
    }
    return pull_path(&s->base_path, a, may_load, view, err);
}

/* --- data sets --------------------------------------------------------------------------------- */

static bool is_here(struct evaluation *e, int i, const struct hubdata_want *w)
{
    struct arena a;
    struct dataset_file *files;
    int n;
    if (!w->key.path || evaluation_is_in_folder(e, i))
        return true;
    arena_init(&a);
    bool is_cached = hubdata_find(&files, &n, &a, &w->key, w->splits, w->n_splits, NULL) == 0;
    arena_release(&a);
    return is_cached;
}

/* Wants of one repository follow one another. */
static int compare_wants(const void *a, const void *b)
{
    return strcmp(((const struct hubdata_want *)a)->key.path, ((const struct hubdata_want *)b)->key.path);
}

static int pull_wants(struct hubdata_want *wants, int n, const struct hub_view *view, struct err *err)
{
    struct hub *h;
    int rc = 0;
    if (hub_open(&h, err) < 0)
        return -1;
    qsort(wants, (size_t)n, sizeof *wants, compare_wants);
    for (int i = 0, k; i < n && rc == 0; i = k) {
        struct err why = { 0 };
        for (k = i + 1; k < n && strcmp(wants[k].key.path, wants[i].key.path) == 0;)
            k++;
        if (h->is_offline || hubdata_pull(h, wants + i, k - i, view, &why) == 0)
            continue;
        if (why.code == ERR_CANCELLED) {
            *err = why;
            rc = -1;
        } else {
            log_warn("%s", why.msg);
        }
    }
    hub_close(h);
    return rc;
}

static int pull_data(const struct settings *s, const struct hub_view *view, struct err *err)
{
    struct evaluation *e;
    if (!s->tasks || !s->pull || evaluation_open_tasks(&e, s, NULL) < 0)
        return 0; /* what is wrong with the tasks is said where they are planned */
    struct hubdata_want *wants = xcalloc((size_t)evaluation_n(e) + 1, sizeof *wants);
    int n = 0;
    for (int i = 0; i < evaluation_n(e); i++) {
        struct hubdata_want w = { .key = evaluation_key(e, i) };
        w.n_splits = evaluation_splits(e, i, w.splits);
        if (!is_here(e, i, &w))
            wants[n++] = w;
    }
    int rc = n ? pull_wants(wants, n, view, err) : 0;
    free(wants);
    evaluation_close(e);
    return rc;
}

int pull_study(struct study *s, struct arena *a, const struct hub_view *view, struct err *err)
{
    return pull_models(s, a, view, err) < 0 ? -1 : pull_data(&s->settings, view, err);
}
