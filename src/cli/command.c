#include "cli/command.h"

#include <string.h>

#include "base/log.h"

static const struct command *const commands[] = {
    &cmd_run,    &cmd_plan,   &cmd_preview, &cmd_convert, &cmd_quantize, &cmd_perplexity, &cmd_eval,  &cmd_speed, &cmd_memory,
    &cmd_tasks,  &cmd_rescore,
    &cmd_compare, &cmd_rank,  &cmd_recommend, &cmd_pull,
    &cmd_show,   &cmd_export, &cmd_report,   &cmd_serve,   &cmd_publish,  &cmd_doctor,     &cmd_help,  &cmd_worker,
};

int command_n(void)
{
    return (int)(sizeof commands / sizeof commands[0]);
}

const struct command *command_at(int i)
{
    return commands[i];
}

const struct command *command_find(const char *name)
{
    for (int i = 0; i < command_n(); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_fail(const struct err *err)
{
    log_error("%s", err->msg);
    return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
