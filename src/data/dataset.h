/*
 * dataset: the splits of a data set, as lm-eval names it, from a folder of files (folder.h says how
 * they are found). `struct datasets` is that folder with what was read of it: a file is read once, also
 * when 57 subjects of mmlu are opened one after another.
 *
 *   struct datasets *all;
 *   struct dataset *ds;
 *   const struct rowset *test;
 *   datasets_open(&all, "data", err);
 *   dataset_open(&ds, all, &(struct dataset_key){"cais/mmlu", "anatomy", "mmlu_anatomy"}, err);
 *   dataset_split(&test, ds, "test", err);
 *
 * mmlu copies that write "A".."D" as the answer give 0..3, as lm-eval's expect.
 *
 * Owns    datasets owns all rows until datasets_close(); a dataset is closed before it
 * Errors  ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED    Threads  one a datasets, for opening and splits; rows: many
 * Tests   unit/test_dataset.c
 */
#ifndef PERBIT_DATA_DATASET_H
#define PERBIT_DATA_DATASET_H

#include <stdbool.h>

#include "base/err.h"
#include "core/rowset.h"
#include "data/folder.h"

struct datasets;
struct dataset;

struct dataset_file {
    const char *split;
    const char *file; /* relative to the data folder, or else to the working one */
};

/* data_dir NULL: no folder; only lists of files can then be opened. */
int datasets_open(struct datasets **out, const char *data_dir, struct err *err);
void datasets_close(struct datasets *d); /* accepts NULL */

int dataset_open(struct dataset **out, struct datasets *d, const struct dataset_key *key, struct err *err);
/* lm-eval's dataset_path json, csv, parquet with data_files. Files of one split follow one another. */
int dataset_open_files(struct dataset **out, struct datasets *d, const struct dataset_file *files, int n,
                       struct err *err);
/* The same for files that stand for a data set with a name (in messages): a repository of the hub. */
int dataset_open_named(struct dataset **out, struct datasets *d, const struct dataset_key *key,
                       const struct dataset_file *files, int n, struct err *err);
void dataset_close(struct dataset *ds); /* accepts NULL */

bool dataset_has_split(const struct dataset *ds, const char *split);
/* *out is borrowed from the datasets. */
int dataset_split(const struct rowset **out, struct dataset *ds, const char *split, struct err *err);
/* Of the files of all splits read so far, whatever the order: of the lines "SPLIT SHA256\n", sorted. */
void dataset_sha256(char out[65], const struct dataset *ds);

#endif
