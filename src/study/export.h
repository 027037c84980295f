/*
 * export: a store as files in the study guide's layout:
 *   results/<model>/<level>.json   one object: the row of analyse_levels, and every cell with its text statistics
 *   speed/<machine>.csv            analyse_speed; named after the first row's machine
 *   metadata.json                  program, engine, machines, models, cells with settings and reasons of failures
 * Numbers are computed from the store at this moment; synthetic data says so in every file.
 *
 * Errors  ERR_IO, ERR_STORE       Tests  cli/run_study.sh
 */
#ifndef PERBIT_STUDY_EXPORT_H
#define PERBIT_STUDY_EXPORT_H

#include "store/store.h"

int export_store(struct store *s, const char *dir, int *out_n_files, struct err *err);

#endif
