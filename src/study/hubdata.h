/*
 * hubdata: data sets of tasks from the hub: which files of a repository a task needs (hub/ lists them, data/card.h says
 * what they are), in the cache or loaded into it.
 *
 * A repository is looked at on its main branch, and when that has no files of rows for the configuration (an old one with
 * a Python script), on refs/convert/parquet, where the hub itself keeps Parquet copies.
 *
 * Owns    texts live in the arena      Errors  ERR_IO: not in the cache, no such configuration or split; and hub's
 * Tests   cli/pull_study.sh, reference/hub_data.sh
 */
#ifndef PERBIT_STUDY_HUBDATA_H
#define PERBIT_STUDY_HUBDATA_H

#include "data/dataset.h"
#include "hub/hub.h"

/* The files that are in the cache of at least these splits; asks nobody. */
int hubdata_find(struct dataset_file **out, int *out_n, struct arena *a, const struct dataset_key *key,
                 const char *const *splits, int n_splits, struct err *err);

struct hubdata_want {
    struct dataset_key key;
    const char *splits[2];
    int n_splits;
};
/* Loads what is missing for all wants [n], which are of one repository (the path of their keys). */
int hubdata_pull(struct hub *h, const struct hubdata_want *wants, int n, const struct hub_view *view, struct err *err);

#endif
