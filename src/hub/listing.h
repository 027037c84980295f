/*
 * listing: the files of a repository at one commit, from the hub or from what an earlier listing left in the cache
 * (trees/COMMIT.json, as huggingface_hub keeps it; without one, the files of the snapshot that are there).
 *
 * Everything in it was checked: names are safe to use as paths, digests are hexadecimal, no name stands twice. A listing
 * that breaks these rules is refused as a whole, with the name.
 *
 * Owns    texts live in listing.arena until hub_listing_release        Tests  unit/test_hub_listing.c, hub/
 * Errors  ERR_IO, ERR_FORMAT                                           Fuzz   fuzz/fuzz_hub.c
 */
#ifndef PERBIT_HUB_LISTING_H
#define PERBIT_HUB_LISTING_H

#include "hub/hub.h"
#include "hub/spec.h"

struct hub_file {
    const char *path;
    int64_t n_bytes;
    const char *oid;    /* git's name of the blob; "" where nobody knows (a snapshot without a listing) */
    const char *sha256; /* of an LFS file; NULL otherwise */
};

struct hub_listing {
    struct arena arena;
    const char *commit;
    struct hub_file *files; /* [n], sorted by path */
    int n, cap;
    bool is_whole;          /* false: only what is in the cache */
};

/* Asks the hub. */
int hub_list(struct hub_listing *out, struct hub *h, const struct hub_spec *s, struct err *err);
/* Without the hub: of the commit that the cache knows for the revision. -1: nothing there. */
int hub_list_cached(struct hub_listing *out, const struct hub *h, const struct hub_spec *s, struct err *err);
void hub_listing_release(struct hub_listing *l);

const struct hub_file *hub_listing_find(const struct hub_listing *l, const char *path); /* or NULL */
/* Its name in blobs/: what the hub sends as ETag. */
const char *hub_file_etag(const struct hub_file *f);

/* One page of the hub's reply, added; for tests. */
int hub_listing_add_page(struct hub_listing *l, const char *text, size_t len, const char *name, struct err *err);
/* Sorts; ERR_FORMAT a name that stands twice, or is a file and a folder. */
int hub_listing_finish(struct hub_listing *l, const char *name, struct err *err);
int hub_listing_read_tree(struct hub_listing *l, const char *text, size_t len, const char *name, struct err *err);

#endif
