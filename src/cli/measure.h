/*
 * measure: what the commands that measure have in common: plan, run, progress, one line of summary.
 * print_frame: a frame to stdout in the format of --output (or --json).
 */
#ifndef PERBIT_CLI_MEASURE_H
#define PERBIT_CLI_MEASURE_H

#include "cli/command.h"
#include "core/frame.h"
#include "store/store.h"
#include "study/runner.h"

/* Runs the study into the store; returns an exit status. Failed cells: EXIT_SOME_FAILED, or EXIT_FAILED with the reason
   when the study has no levels (a command on files). */
int measure_study(const struct study *study, struct store *store, const char *command, struct err *err);
/* A study of the given files as they are, with one measure; lives in in->arena. */
void measure_files(struct study *out, struct invocation *in, const char *const *paths, int n, enum kind k);
/* Reads a study file; several mistakes are printed here, one a line. 0 or -1. */
int measure_load_study(struct study *out, struct invocation *in, const char *path, struct err *err);
typedef int make_frame(struct frame *out, struct store *s, struct err *err); /* of study/analyse.h */
/* Runs the study into --store, or a store in memory, and prints a frame of it; returns an exit status. */
int measure_and_print(const struct study *study, const char *command, make_frame *make, const char *const *shown,
                      struct err *err);
/* The store that a command reads: its argument, --store, or perbit.db. */
int open_store_to_read(struct store **out, struct invocation *in, const char *argument, struct err *err);
/* only: names of columns to show, NULL-terminated, or NULL for all (machine formats always show all). */
int print_frame(const struct frame *f, const struct settings *s, const char *const *only, struct err *err);

#endif
