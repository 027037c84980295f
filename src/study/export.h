/*
 * export: a store as a data set, in the study guide's layout and with what the Hub's viewer reads:
 *   results/<model>/<level>.json   one object: summary (the rows of analyse_levels: one, or one a combination of settings),
 *                                  file, text, speed, tasks and cells with their statistics
 *   speed/<machine>.csv            the rows of analyse_speed that were measured on this machine, one file each
 *   metadata.json                  program, engine, machines, models, files, cells with settings and reasons of failures
 *   tables/<name>.parquet          levels, tasks, text, speed, cells: the same frames whole; verdicts (study/claims.h)
 *   items/<model>/<level>.parquet  one row a (document, metric, filter): what every document scored
 *   answers/<model>/<level>.parquet one row a (document, repeat): log-probabilities of its requests, or the text that was written
 *   every_eval_ever/data/perbit/<developer>/<model>/<uuid>.json   one record a model file, schema 0.3.0 of Every Eval Ever
 *   README.md                      the data set's card
 * Numbers are computed from the store at this moment. The same store gives the same bytes: times are the store's own.
 * Synthetic data says so in every file. No text of a data set is in it: documents are numbers.
 *
 * Errors  ERR_IO, ERR_STORE
 * Tests   cli/export.sh, cli/run_study.sh, cli/export_machines.sh, tests/reference/export.sh (pyarrow, jsonschema)
 */
#ifndef PERBIT_STUDY_EXPORT_H
#define PERBIT_STUDY_EXPORT_H

#include "store/store.h"

int export_store(struct store *s, const char *dir, int *out_n_files, struct err *err);
/* The same with the card's license, an identifier of the Hub's list; NULL: export_store's, cc-by-4.0. */
int export_licensed(struct store *s, const char *dir, const char *license, int *out_n_files, struct err *err);

#endif
