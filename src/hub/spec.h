/*
 * spec: what somebody calls a file of the hub, and which names may become paths here.
 *
 *   REPO[@REVISION][:FILE]     org/name-GGUF@main:name-Q8_0.gguf     datasets/cais/mmlu:anatomy/test*
 *
 * "hub:" may stand before it. FILE may be a pattern (* ? []); '*' goes over slashes, as in huggingface_hub.
 * Names that a server sends are checked with hub_path_is_safe before they become part of any path.
 *
 * Owns    texts live in the arena      Errors  ERR_USAGE      Tests  unit/test_hub_spec.c
 */
#ifndef PERBIT_HUB_SPEC_H
#define PERBIT_HUB_SPEC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum hub_kind { HUB_MODEL, HUB_DATASET, HUB_SPACE };

struct hub_spec {
    enum hub_kind kind;
    const char *repo;     /* "org/name", or an old data set's "name" */
    const char *revision; /* branch, tag or commit; "main" when none was given */
    const char *file;     /* name or pattern; NULL: all files */
};

bool hub_spec_is(const char *text); /* begins with "hub:" */
int hub_spec_parse(struct hub_spec *out, struct arena *a, const char *text, struct err *err);
/* "org/name", with @REVISION unless it is main: for messages. */
const char *hub_spec_label(struct arena *a, const struct hub_spec *s);

const char *hub_kind_name(enum hub_kind k);   /* "dataset" */
const char *hub_kind_plural(enum hub_kind k); /* "datasets": in API paths and folder names */
const char *hub_kind_prefix(enum hub_kind k); /* "datasets/"; "" for models: before a repository in a web address */

bool hub_repo_is_valid(const char *repo);
/* Relative, no empty part, no "." or "..", no control character or backslash, no part above 255 bytes. */
bool hub_path_is_safe(const char *path);
bool hub_is_commit(const char *text); /* 40 lower-case hexadecimal digits */
bool hub_is_hex(const char *text, size_t n);
/* Appends text with everything but letters, digits and -._~ as %XX; is_path keeps slashes. */
void hub_quote(struct buf *out, const char *text, bool is_path);

#endif
