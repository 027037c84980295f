#include "cli/manpage.h"

#include <string.h>

/* Text that roff must not read: its escape character, a minus that is not a hyphen, a dot or quote at a line's start. */
static void put_text(struct buf *out, const char *s)
{
    for (const char *c = s; *c; c++) {
        bool is_line_start = c == s || c[-1] == '\n';
        if (is_line_start && (*c == '.' || *c == '\''))
            buf_puts(out, "\\&");
        if (*c == '\\')
            buf_puts(out, "\\e");
        else if (*c == '-')
            buf_puts(out, "\\-");
        else
            buf_putc(out, *c);
    }
}

static void put_line(struct buf *out, const char *macro, const char *text)
{
    buf_puts(out, macro);
    put_text(out, text);
    buf_putc(out, '\n');
}

static void put_row(struct buf *out, const struct opt_row *row)
{
    struct buf left = BUF_INIT, right = BUF_INIT;
    opt_row_help(row, &left, &right);
    buf_puts(out, ".TP\n");
    put_line(out, ".B ", left.data);
    put_line(out, "", right.data);
    if (row->alias) {
        buf_puts(out, "Also ");
        put_text(out, "--");
        put_text(out, row->alias);
        buf_puts(out, ".\n");
    }
    buf_release(&left);
    buf_release(&right);
}

static bool is_new_group(int i)
{
    const struct opt_row *rows = settings_table.rows;
    for (int k = 0; k < i; k++)
        if (strcmp(rows[k].group, rows[i].group) == 0)
            return false;
    return true;
}

static void put_options(struct buf *out)
{
    const struct opt_table *t = &settings_table;
    buf_puts(out, ".SH OPTIONS\nKeys may be written with \\- for _; a study file takes them by the same names.\n");
    for (int i = 0; i < t->n; i++) {
        if (!is_new_group(i))
            continue;
        buf_printf(out, ".SS %s options\n", t->rows[i].group);
        for (int k = i; k < t->n; k++)
            if (strcmp(t->rows[k].group, t->rows[i].group) == 0)
                put_row(out, &t->rows[k]);
    }
}

static void put_command(struct buf *out, const struct command *c)
{
    buf_puts(out, ".TP\n.B ");
    put_text(out, c->name);
    buf_putc(out, ' ');
    put_line(out, "", c->synopsis);
    put_text(out, c->summary);
    buf_puts(out, ".\n");
    if (c->details) {
        buf_puts(out, ".br\n");
        put_text(out, c->details);
    }
    if (!c->groups[0])
        return;
    buf_puts(out, ".br\nOptions:");
    for (int i = 0; c->groups[i]; i++)
        buf_printf(out, "%s %s", i ? "," : "", c->groups[i]);
    buf_puts(out, ".\n");
}

void manpage_write(struct buf *out)
{
    buf_puts(out, ".\\\" made by perbit help \\-\\-man\n.TH PERBIT 1 \"\" \"perbit " PERBIT_VERSION "\" \"User Commands\"\n"
                  ".SH NAME\nperbit \\- measure what quantization costs small language models\n"
                  ".SH SYNOPSIS\n.B perbit\n.I COMMAND\n.RI [ ARGUMENTS ]\n.RI [ OPTIONS ]\n"
                  ".SH DESCRIPTION\nperbit makes the quantized files of a model, measures perplexity, KL divergence, speed and "
                  "memory of each on this machine, keeps all that it measured in one SQLite file, and writes tables, charts and "
                  "a page of it.\nEngine and file format are those of llama.cpp.\n.SH COMMANDS\n");
    for (int i = 0; i < command_n(); i++)
        if (!command_at(i)->is_hidden)
            put_command(out, command_at(i));
    put_options(out);
    buf_puts(out, ".SH EXIT STATUS\n0 done, 1 failed, 2 usage, 3 done but some cells failed.\n"
                  ".SH FILES\n.TP\n.I perbit.db\nThe store, unless the study or \\-\\-store names another.\n"
                  ".TP\n.I ~/.cache/perbit\nWhat was downloaded and built, and digests of files.\n"
                  ".SH EXAMPLES\n.nf\nperbit run study.yaml\nperbit show study.yaml\nperbit report page study.yaml\n.fi\n");
}
