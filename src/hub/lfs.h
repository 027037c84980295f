/*
 * lfs: contents into a repository's large file storage: asks what is missing, sends that in one piece or in parts as the
 * server wants it, and lets the server verify it. Addresses of the storage get no token.
 *
 * Errors  ERR_IO, ERR_FORMAT the server's answer makes no sense, ERR_CANCELLED      Tests  cli/publish.sh
 */
#ifndef PERBIT_HUB_LFS_H
#define PERBIT_HUB_LFS_H

#include "hub/hub.h"
#include "hub/spec.h"

struct lfs_object {
    const char *path;   /* for messages */
    const char *local;
    const char *sha256;
    int64_t n_bytes;
};

int lfs_upload(struct hub *h, const struct hub_spec *s, const struct lfs_object *objects, int n, struct err *err);

#endif
