/*
 * upload: files into a repository of the hub, as one commit on main: create, preupload (which goes to LFS, what is there
 * already), LFS (one piece or parts), commit. What has not changed is not sent; when nothing has, there is no commit. Files
 * of the repository that are not among these stay.
 *
 *   const struct upload_file files[] = { { "README.md", "/tmp/x/README.md" } };
 *   struct upload u = { .repo = "org/results", .kind = HUB_DATASET, .summary = "results of ..." };
 *   hub_upload(&result, h, &u, files, 1, &arena, err);
 *
 * The commit names its parent, so that one that came in between is no silent loss: ERR_IO, run again. A commit whose reply
 * is lost is looked for before it is called failed.
 *
 * Owns    result's texts live in the arena      Errors  ERR_USAGE no token; ERR_IO; ERR_FORMAT; ERR_CANCELLED
 * Source  huggingface_hub 2.4.0 _commit_api.py, lfs.py; git-lfs's batch API
 * Tests   cli/publish.sh, reference/hub.sh (the same requests as huggingface_hub's)
 */
#ifndef PERBIT_HUB_UPLOAD_H
#define PERBIT_HUB_UPLOAD_H

#include "hub/hub.h"
#include "hub/spec.h"

struct upload_file {
    const char *path;  /* in the repository */
    const char *local;
};

struct upload {
    enum hub_kind kind;
    const char *repo;
    const char *summary, *description; /* of the commit; description may be NULL */
    bool is_private;                   /* when it is made now */
    bool is_dry;                       /* find out what would be sent, send nothing */
};

struct upload_result {
    bool is_new;             /* the repository did not exist */
    const char *const *sent; /* [n_sent] paths that were (or would be) sent */
    int n_sent, n_same, n_ignored;
    int64_t n_bytes;         /* of what was sent */
    const char *commit;      /* "" when there was none */
    const char *url;         /* page of the repository */
};

int hub_upload(struct upload_result *out, struct hub *h, const struct upload *u, const struct upload_file *files, int n,
               struct arena *a, struct err *err);

#endif
