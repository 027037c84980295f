/*
 * lmeval_files: what a plan's models scored on tasks, as the files that lm-evaluation-harness writes.
 *
 *   --output_path DIR         DIR/<model>/results_<T>.json, and samples_<task>_<T>.jsonl with --log_samples
 *   --output_path NAME.json   NAME_<T>.json beside it, and the samples beside that
 *
 * <model> is the path of the model's file with runs of "<>:/|\?*[] as "__"; T the local time, microseconds, ':' as '-'.
 * Keys, their order and values are lm-evaluation-harness 0.4.13's; perbit's own stand under "perbit". What Python's
 * environment would say is null. docs/EVAL.md lists what differs. Files of a fake model say "synthetic": true at their
 * top and in every line.
 *
 * plan     after runner_run()         elapsed_s   of the whole run
 * Errors   ERR_USAGE --log_samples without --output_path; ERR_IO; ERR_FORMAT rows or a store that changed meanwhile
 * Source   lm-evaluation-harness 0.4.13 loggers/evaluation_tracker.py, evaluator.py, evaluator_utils.py
 * Tests    tests/reference/files.py against lm-evaluation-harness; cli/eval_fake.sh
 */
#ifndef PERBIT_STUDY_LMEVAL_FILES_H
#define PERBIT_STUDY_LMEVAL_FILES_H

#include "study/plan.h"

int lmeval_files_check(const struct settings *s, struct err *err); /* before anything is measured */
/* Does nothing without output_path or without tasks. */
int lmeval_files_write(const struct plan *p, struct store *store, double elapsed_s, int *out_n_files, struct err *err);

/* The tables that lm-evaluation-harness prints, a model after the other, with its line above them; after the run. */
int lmeval_files_tables(struct buf *out, const struct study *study, struct store *store, struct err *err);

#endif
