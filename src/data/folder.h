/*
 * folder: where in a data folder the files of a data set are, and which file is of which split.
 *
 * lm-eval names a data set by the hub's path and configuration ("allenai/ai2_arc", "ARC-Challenge").
 * These folders are tried in turn; the first one with rows is taken:
 *
 *   PATH__NAME parts   allenai__ai2_arc/ARC-Challenge     the hub's own tree
 *   the known ones     arc_challenge                      table in folder.c
 *   base/NAME          ai2_arc/ARC-Challenge
 *   snake case of NAME arc_challenge
 *   base               ai2_arc
 *   the task's name    arc_challenge
 *
 * Files of a split, in the folder or its data/:  test.jsonl (formats of rows.h, in that order), or the
 * hub's shards  test-00000-of-00002.parquet, all of them.
 *
 * Owns    nothing: texts live in the arena      Errors  ERR_IO, what was looked at and what was expected
 * Tests   unit/test_dataset.c
 */
#ifndef PERBIT_DATA_FOLDER_H
#define PERBIT_DATA_FOLDER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct dataset_key {
    const char *path; /* "cais/mmlu" */
    const char *name; /* "abstract_algebra"; NULL or "" when there is none */
    const char *task; /* "mmlu_abstract_algebra"; NULL or "" */
};

struct folder {
    const char *dir;
    const char *by;      /* column whose value must be the key's name; NULL: all rows */
    const char *letters; /* column in which some copies write "A".."D" for 0..3; NULL */
};

int folder_find(struct folder *out, struct arena *a, const char *data_dir, const struct dataset_key *key,
                struct err *err);

/* Paths of a split in order. *out_n = 0 and no error: the folder has no such split. */
int folder_split(const char *const **out, int *out_n, struct arena *a, const char *dir, const char *split,
                 struct err *err);
/* "dev, test, validation" */
const char *folder_splits(struct arena *a, const char *dir);

#endif
