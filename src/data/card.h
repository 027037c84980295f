/*
 * card: which files of a data set's repository are which split of which configuration, as the datasets library has it:
 *
 *   1. the README's front matter: configs: [{config_name, data_files, data_dir, default}]
 *   2. without configs there: the folder of the configuration's name, or everything, and the splits by their names:
 *      test-00000-of-00001.parquet, data/train.jsonl, default/test/0000.parquet (the hub's own conversion); words such as
 *      train, dev, eval; when no name says anything, everything is train (google/IFEval)
 *
 *   struct card_file *files;
 *   int n = card_files(&files, &arena, readme, paths, n_paths, "ARC-Challenge");
 *   for (i in 0 .. n - 1)  files[i].split "test", files[i].path "ARC-Challenge/test-00000-of-00001.parquet"
 *
 * Files of a split follow one another in the order of their names. 0: nothing fits. No I/O.
 *
 * Owns    texts live in the arena or are the paths given        Tests  unit/test_card.c
 * Source  huggingface.co/docs/hub/datasets-manual-configuration, datasets 5.2.0 data_files.py
 */
#ifndef PERBIT_DATA_CARD_H
#define PERBIT_DATA_CARD_H

#include "base/arena.h"

struct card_file {
    const char *split, *path;
};

/* readme: the text of README.md, or NULL. paths [n_paths]: names of all files, any order. config: NULL or "" for the
   default one. Returns how many. */
int card_files(struct card_file **out, struct arena *a, const char *readme, const char *const *paths, int n_paths,
               const char *config);

#endif
