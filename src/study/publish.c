#include "study/publish.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "study/analyse.h"
#include "study/export.h"
#include "study/pages.h"

#include "base/banned.h"

enum { DEPTH_MAX = 16 };

struct publishing {
    struct store *store;
    const struct publish_options *o;
    struct arena *a;
    const char *dir;      /* scratch */
    bool is_synthetic;
    struct upload_file *files; /* [n] */
    int n, cap;
};

static int save(struct publishing *p, const char *name, const struct buf *text, struct err *err)
{
    const char *path = fs_join(p->a, p->dir, name);
    return fs_mkdirs(fs_dirname(p->a, path), err) < 0 ? -1 : fs_write(path, text->data, text->len, err);
}

/* Of the export's own card: what is said there is said on the Space's too. */
static int find_synthetic(struct publishing *p, struct err *err)
{
    struct frame f = { 0 };
    int rc = analyse_levels(&f, p->store, err);
    p->is_synthetic = rc == 0 && f.is_synthetic;
    frame_release(&f);
    return rc;
}

/* --- the Space's card ------------------------------------------------------------------------------------- */

static const char *const synthetic_note =
    "> **SYNTHETIC.** These numbers were made by perbit's fake backend, which is there for tests. They say nothing about any "
    "model.\n\n";

static void write_space_card(struct publishing *p, struct buf *out)
{
    buf_printf(out, "---\ntitle: What quantization costs\nemoji: \xF0\x9F\x93\x89\ncolorFrom: blue\ncolorTo: gray\nsdk: static\n"
                    "app_file: index.html\nheader: mini\npinned: false\n"
                    "short_description: Loss, speed and memory of quantized models\ndatasets:\n- %s\ntags:\n- perbit\n"
                    "- quantization\n%s---\n\n# What quantization costs\n\n%s", p->o->dataset,
               p->is_synthetic ? "- synthetic\n" : "", p->is_synthetic ? synthetic_note : "");
    buf_printf(out, "The page that perbit %s made of the data set %s.\n", PERBIT_VERSION, p->o->dataset);
}

/* --- files of a folder ------------------------------------------------------------------------- */

static void add_file(struct publishing *p, const char *path, const char *local)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->files = xrealloc(p->files, (size_t)p->cap * sizeof *p->files);
    }
    p->files[p->n++] = (struct upload_file){ path, local };
}

static void add_folder(struct publishing *p, const char *dir, const char *prefix, int depth)
{
    struct dirent *entry;
    DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
    while (d && (entry = readdir(d))) {
        const char *local = fs_join(p->a, dir, entry->d_name), *path = arena_printf(p->a, "%s%s", prefix, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        if (fs_is_dir(local))
            add_folder(p, local, arena_printf(p->a, "%s/", path), depth + 1);
        else
            add_file(p, path, local);
    }
    if (d)
        closedir(d);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct upload_file *)a)->path, ((const struct upload_file *)b)->path);
}

static int send_folder(struct upload_result *out, struct publishing *p, struct hub *h, const char *folder, enum hub_kind kind,
                       const char *repo, struct err *err)
{
    const struct upload u = { .kind = kind, .repo = repo, .summary = "perbit results", .is_private = p->o->is_private,
                              .is_dry = p->o->is_dry };
    p->n = 0;
    add_folder(p, fs_join(p->a, p->dir, folder), "", 0);
    qsort(p->files, (size_t)p->n, sizeof *p->files, compare_files);
    return hub_upload(out, h, &u, p->files, p->n, p->a, err);
}

/* --- both repositories ------------------------------------------------------------------------- */

static int make_dataset(struct publishing *p, struct err *err)
{
    int n_files;
    return export_licensed(p->store, fs_join(p->a, p->dir, "data"), p->o->license, &n_files, err);
}

static int make_space(struct publishing *p, struct err *err)
{
    const struct pages_options options = PAGES_DEFAULT;
    struct buf card = BUF_INIT;
    const char *page;
    int rc = pages_write(p->store, fs_join(p->a, p->dir, "space"), &options, p->a, &page, err);
    write_space_card(p, &card);
    if (rc == 0)
        rc = save(p, "space/README.md", &card, err);
    buf_release(&card);
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int publish(struct publish_result *out, struct publishing *p, struct hub *h, struct err *err)
{
    const struct publish_options *o = p->o;
    if (find_synthetic(p, err) < 0 || make_dataset(p, err) < 0 || (o->space && make_space(p, err) < 0) ||
        send_folder(&out->dataset, p, h, "data", HUB_DATASET, o->dataset, err) < 0)
        return -1;
    return o->space ? send_folder(&out->space, p, h, "space", HUB_SPACE, o->space, err) : 0;
}

int publish_store(struct publish_result *out, struct store *s, const struct publish_options *o, struct arena *a, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = xasprintf("%s/perbit-publish-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    struct publishing p = { .store = s, .o = o, .a = a, .dir = dir };
    struct hub *h = NULL;
    int rc = -1;
    *out = (struct publish_result){ 0 };
    if (!mkdtemp(dir)) {
        err_errno(err, ERR_IO, "%s", dir);
        free(dir);
        return -1;
    }
    if (hub_open(&h, err) == 0)
        rc = publish(out, &p, h, err);
    hub_close(h);
    nftw(dir, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
    free(p.files);
    free(dir);
    return rc;
}
