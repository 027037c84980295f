/*
 * make_level: a file of one level of quantization beside others, with progress and a line of result: what the commands
 * quantize and convert share. A worker does it (study/client.h).
 */
#ifndef PERBIT_CLI_MAKE_LEVEL_H
#define PERBIT_CLI_MAKE_LEVEL_H

#include "cli/command.h"
#include "study/job.h"

/* Runs a job that makes job->out; prints "PATH\tSIZE" on stdout. what: for the progress line. */
int make_file(const struct job *job, const char *what, struct err *err);
/* DIR/STEM-LEVEL.gguf from source: smollm2-bf16.gguf gives smollm2-Q4_K_M.gguf. */
int make_level(struct invocation *in, const char *source, const char *dir, const char *level, struct err *err);

#endif
