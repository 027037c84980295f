#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/manpage.h"

static const char *const groups[] = { "help", NULL };

static void list_commands(void)
{
    puts("perbit measures what quantization costs small language models, and tells people what to run.\n\n"
         "usage: perbit COMMAND [ARGUMENTS] [OPTIONS]\n");
    for (int i = 0; i < command_n(); i++)
        if (!command_at(i)->is_hidden)
            printf("  %-12s %s\n", command_at(i)->name, command_at(i)->summary);
    puts("\nperbit help COMMAND explains one. Exit status: 0 done, 1 failed, 2 usage, 3 done but some cells failed.");
}

static int run(struct invocation *in, struct err *err)
{
    if (in->settings.man) {
        struct buf page = BUF_INIT;
        manpage_write(&page);
        fputs(page.data, stdout);
        buf_release(&page);
        return EXIT_DONE;
    }
    if (in->n_args == 0) {
        list_commands();
        return EXIT_DONE;
    }
    const struct command *c = command_find(in->args[0]);
    if (!c) {
        err_set(err, ERR_USAGE, "unknown command '%s'; perbit help lists them", in->args[0]);
        return EXIT_FAILED;
    }
    struct buf text = BUF_INIT;
    opt_help(&settings_table, c->groups, &text);
    printf("perbit %s %s\n\n%s.\n%s%s%s%s", c->name, c->synopsis, c->summary, c->details ? "\n" : "",
           c->details ? c->details : "", text.len ? "\n" : "", text.data);
    buf_release(&text);
    return EXIT_DONE;
}

const struct command cmd_help = { .name = "help", .synopsis = "[COMMAND] [--man]", .summary = "explain a command; --man: all of them as a manual page",
                                  .max_args = 1, .groups = groups, .run = run };
