/*
 * command: one row a command. Add one: cmd_NAME.c with its struct command, its name in command.c's table.
 * A command prints results to stdout; progress and messages go to stderr.
 * run returns an exit status: 0 done, 1 failed, 2 usage, 3 done but some cells failed. With err set, EXIT_FAILED is
 * enough: main makes a usage error of it when err says so.
 */
#ifndef PERBIT_CLI_COMMAND_H
#define PERBIT_CLI_COMMAND_H

#include "base/arena.h"
#include "base/err.h"
#include "study/settings.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_SOME_FAILED };

struct invocation {
    struct arena arena;
    struct settings settings;
    const char *const *args; /* positional */
    int n_args;
};

struct command {
    const char *name;
    const char *synopsis;       /* "MODEL -f FILE [options]" */
    const char *summary;        /* one line */
    const char *details;        /* more for help, or NULL */
    int min_args, max_args;     /* max -1: any number */
    const char *const *groups;  /* settings it takes */
    bool is_hidden;
    int (*run)(struct invocation *in, struct err *err);
};

extern const struct command cmd_convert, cmd_quantize, cmd_perplexity, cmd_eval, cmd_speed, cmd_memory, cmd_run, cmd_plan, cmd_preview, cmd_show, cmd_export,
    cmd_compare, cmd_rank, cmd_recommend, cmd_rescore, cmd_tasks, cmd_report, cmd_serve, cmd_pull, cmd_publish, cmd_doctor, cmd_help,
    cmd_worker;

int command_n(void);
const struct command *command_at(int i);
const struct command *command_find(const char *name); /* NULL when unknown */
/* Prints the error and returns its exit status. */
int command_fail(const struct err *err);

#endif
