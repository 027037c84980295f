/*
 * assets: files that live inside the program: the chart specs, and the scripts and style of a page.
 *
 * Add a file: one row in ASSET_LIST (assets.c).
 * Owns    nothing: the bytes are constant
 */
#ifndef PERBIT_REPORT_ASSETS_H
#define PERBIT_REPORT_ASSETS_H

#include <stddef.h>

struct asset {
    const char *name; /* "perplexity_bpw.vl.json", "vega.min.js" */
    const char *data; /* text, followed by a NUL that is not part of the file */
    const char *end;  /* that NUL */
};

int asset_n(void);
const struct asset *asset_at(int i);
const struct asset *asset_find(const char *name); /* NULL when there is none */
size_t asset_size(const struct asset *a);         /* bytes */

#endif
