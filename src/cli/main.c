/* perbit: finds the command, parses its options, runs it. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/proc.h"
#include "cli/command.h"

static int usage_error(const struct command *c, const char *what)
{
    log_error("%s; usage: perbit %s %s", what, c->name, c->synopsis);
    return EXIT_USAGE;
}

static int check_args(const struct command *c, const struct invocation *in)
{
    if (in->n_args < c->min_args)
        return usage_error(c, "too few arguments");
    if (c->max_args >= 0 && in->n_args > c->max_args)
        return usage_error(c, "too many arguments");
    return EXIT_DONE;
}

static int unknown(const char *name)
{
    const char *names[64];
    int n = 0;
    for (; n < command_n() && n < 64; n++)
        names[n] = command_at(n)->name;
    struct buf hint = BUF_INIT;
    opt_suggest(&hint, name, names, n);
    log_error("unknown command '%s'%s; perbit help lists them", name, hint.data);
    buf_release(&hint);
    return EXIT_USAGE;
}

static void set_level(const struct settings *s)
{
    log_set_level(s->verbose ? LOG_DEBUG : s->quiet ? LOG_WARN : LOG_INFO);
}

static int run(const struct command *c, struct invocation *in, int argc, char **argv)
{
    struct err err = { 0 };
    opt_defaults(&settings_table, &in->settings, &in->arena);
    if (opt_parse(&settings_table, c->groups, &in->settings, argc, argv, &in->arena, (const char ***)&in->args,
                  &in->n_args, &err) < 0)
        return command_fail(&err);
    set_level(&in->settings);
    int status = check_args(c, in);
    if (status == EXIT_DONE)
        status = c->run(in, &err);
    if (err.msg[0] && (status == EXIT_FAILED || status == EXIT_USAGE))
        status = command_fail(&err);
    if (fflush(stdout) != 0 && status == EXIT_DONE) {
        log_error("standard output: cannot be written");
        status = EXIT_FAILED;
    }
    return status;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct invocation in = { 0 };
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0) {
        puts("perbit " PERBIT_VERSION);
        return EXIT_DONE;
    }
    const struct command *c = command_find(name);
    if (!c)
        return unknown(name);
    arena_init(&in.arena);
    int status;
    if (argc > 2 && c != &cmd_help && asks_help(argc - 2, argv + 2)) {
        in.args = &c->name;
        in.n_args = 1;
        status = cmd_help.run(&in, &(struct err){ 0 });
    } else {
        if (c != &cmd_worker)
            proc_catch_stop();
        status = run(c, &in, argc > 2 ? argc - 2 : 0, argv + (argc > 2 ? 2 : argc));
    }
    arena_release(&in.arena);
    return status;
}
