/*
 * publish: a store's results on the hub: a data set with what export writes, and a static Space with the page that report
 * writes.
 *
 * Files are made in a folder of their own and are the same for the same store, so that publishing again without new
 * measurements sends nothing. What is in the repository and not among them stays: several machines may publish to one.
 *
 *   DATASET   study/export.h
 *   SPACE     README.md, index.html, CHART.svg, data/TABLE.csv
 *
 * Owns    results' texts live in the arena      Errors  as hub/upload.h, study/export.h, study/pages.h
 * Tests   cli/publish.sh
 */
#ifndef PERBIT_STUDY_PUBLISH_H
#define PERBIT_STUDY_PUBLISH_H

#include "hub/upload.h"
#include "store/store.h"

struct publish_options {
    const char *dataset; /* ORG/NAME */
    const char *space;   /* ORG/NAME, or NULL: none */
    const char *license; /* of the data set's card, an identifier of the hub's list */
    bool is_private, is_dry;
};

struct publish_result {
    struct upload_result dataset, space;
};

int publish_store(struct publish_result *out, struct store *s, const struct publish_options *o, struct arena *a, struct err *err);

#endif
