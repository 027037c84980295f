/*
 * export: a store as files in the study guide's layout:
 *   results/<model>/<level>.json   one object: summary (the rows of analyse_levels: one, or one a combination of settings),
 *                                  text, speed and cells with their statistics
 *   speed/<machine>.csv            the rows of analyse_speed that were measured on this machine, one file each
 *   metadata.json                  program, engine, machines, models, cells with settings and reasons of failures
 * The same store gives the same files. Numbers are computed from the store at this moment; synthetic data says so in every file.
 *
 * Errors  ERR_IO, ERR_STORE       Tests  cli/run_study.sh, cli/export_machines.sh
 */
#ifndef PERBIT_STUDY_EXPORT_H
#define PERBIT_STUDY_EXPORT_H

#include "store/store.h"

int export_store(struct store *s, const char *dir, int *out_n_files, struct err *err);

#endif
