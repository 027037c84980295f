#include <stdio.h>
#include <string.h>

#include "cli/measure.h"
#include "study/task_list.h"
#include "study/task_show.h"

static const char *const groups[] = { "task files", "tasks", "output", NULL };
static const char *const shown[] = { "name", "what", "kind", "num_fewshot", "split", "pool", "metrics", "n_tasks", "reason",
                                     NULL };

static int print_list(const struct catalog *c, const char *pattern, const struct settings *s, struct err *err)
{
    struct frame f;
    task_list(&f, c, pattern);
    int rc = 0;
    if (f.n_rows == 0)
        rc = err_set(err, ERR_USAGE, "no task, group or tag matches '%s'", pattern);
    else
        rc = print_frame(&f, s, shown, err);
    frame_release(&f);
    return rc;
}

static int print_members(const struct catalog *c, const char *name, const struct settings *s, struct err *err)
{
    struct frame f;
    int rc = task_list_of(&f, c, name, err);
    if (rc == 0)
        rc = print_frame(&f, s, shown, err);
    frame_release(&f);
    return rc;
}

/* A table format makes no sense of a prompt: everything but text and Markdown is JSON. */
static int print_task(const char *name, const struct settings *s, struct err *err)
{
    struct settings of_task = *s;
    struct evaluation *e;
    struct buf out = BUF_INIT;
    struct jw w;
    bool for_people = !s->json && (strcmp(s->output, "text") == 0 || strcmp(s->output, "md") == 0);
    of_task.tasks = name;
    if (evaluation_open_tasks(&e, &of_task, err) < 0)
        return -1;
    jw_init(&w, &out);
    jw_pretty(&w);
    if (for_people)
        task_show_text(&out, e, 0);
    else
        task_show_json(&w, e, 0);
    fwrite(out.data, 1, out.len, stdout);
    if (!for_people)
        putchar('\n');
    buf_release(&out);
    evaluation_close(e);
    return 0;
}

static int print_name(const struct catalog *c, const char *name, const struct settings *s, struct err *err)
{
    const struct catalog_entry *e = catalog_find(c, name);
    if (!e && strpbrk(name, "*?["))
        return print_list(c, name, s, err);
    return e && e->kind != CATALOG_TASK ? print_members(c, name, s, err) : print_task(name, s, err);
}

static int run(struct invocation *in, struct err *err)
{
    const struct settings *s = &in->settings;
    struct catalog *c;
    if (catalog_open(&c, &s->include_path, s->include_path != NULL, err) < 0)
        return EXIT_FAILED;
    int rc = in->n_args > 0 ? print_name(c, in->args[0], s, err) : print_list(c, NULL, s, err);
    catalog_close(c);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_tasks = {
    .name = "tasks", .synopsis = "[NAME|PATTERN] [--include_path DIR] [--data DIR]",
    .summary = "list tasks, groups and tags, or show one as it is asked", .max_args = 1, .groups = groups, .run = run,
    .details = "Without a name all are listed, with the reason of each that cannot be asked. A pattern ('mmlu_*') lists\n"
               "what matches, the name of a group or tag its tasks. The name of a task, or its file, shows its settings\n"
               "and, where the data is, the first document exactly as a model sees it.\n",
};
