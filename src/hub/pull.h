/*
 * pull: files of a repository into the cache, and their paths there.
 *
 *   struct hub_spec spec;
 *   hub_spec_parse(&spec, &arena, "org/name-GGUF:name-Q8_0.gguf", err);
 *   hub_pull(&path, h, &spec, &view, &arena, err);        path: .../snapshots/COMMIT/name-Q8_0.gguf
 *   hub_find(&path, h, &spec, &arena, err);               the same without the hub: -1 when it is not there whole
 *
 * A spec with one file gives its path; with a pattern or none, the snapshot's folder. A file in parts
 * (x-00001-of-00003.gguf) is pulled with all of them. refs/ moves to the new commit once everything is there.
 *
 * Owns    paths live in the arena      Errors  ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED offline, ERR_CANCELLED
 * Tests   hub/
 */
#ifndef PERBIT_HUB_PULL_H
#define PERBIT_HUB_PULL_H

#include "hub/listing.h"

int hub_pull(const char **out_path, struct hub *h, const struct hub_spec *s, const struct hub_view *view, struct arena *a,
             struct err *err);
int hub_find(const char **out_path, const struct hub *h, const struct hub_spec *s, struct arena *a, struct err *err);

/* The files that a name or pattern means (NULL: all), in a. ERR_IO: none; with what is near. */
int hub_select(const struct hub_file ***out, int *out_n, struct arena *a, const struct hub_listing *l,
               const struct hub_spec *s, const char *pattern, struct err *err);
/* Makes files [n] of the listing be there. */
int hub_pull_files(struct hub *h, const struct hub_spec *s, const struct hub_listing *l, const struct hub_file *const *files,
                   int n, const struct hub_view *view, struct err *err);
/* Path in the snapshot, there or not. */
const char *hub_file_path(struct arena *a, const struct hub *h, const struct hub_spec *s, const struct hub_listing *l,
                          const char *path);
bool hub_has_file(const struct hub *h, const struct hub_spec *s, const struct hub_listing *l, const struct hub_file *f);

#endif
