#include "study/task_list.h"

#include <fnmatch.h>
#include <string.h>

#include "base/banned.h"

static const struct frame_spec columns[] = {
    { "name", "", "name", FRAME_TEXT, 0 },       { "what", "", "what", FRAME_TEXT, 0 },
    { "kind", "", "asks", FRAME_TEXT, 0 },       { "num_fewshot", "", "shots", FRAME_INT, 0 },
    { "split", "", "split", FRAME_TEXT, 0 },     { "pool", "", "examples", FRAME_TEXT, 0 },
    { "metrics", "", "metrics", FRAME_TEXT, 0 }, { "version", "", "version", FRAME_TEXT, 0 },
    { "n_tasks", "", "tasks", FRAME_INT, 0 },    { "file", "", "file", FRAME_TEXT, 0 },
    { "reason", "", "refused because", FRAME_TEXT, 0 },
};

const char *task_source(const struct task *t)
{
    const struct yaml_node *name = yaml_find(t->config, "task");
    return name && name->file ? name->file : t->file;
}

const char *task_kind_name(const struct task *t)
{
    static const char *const names[] = { [ITEM_MULTIPLE_CHOICE] = "multiple_choice",
                                         [ITEM_LOGLIKELIHOOD] = "loglikelihood", [ITEM_GENERATE] = "generate_until" };
    return names[t->kind];
}

const char *task_metric_names(const struct task *t, struct arena *a)
{
    const char *text = "";
    for (int m = 0; m < t->n_metrics; m++)
        text = arena_printf(a, "%s%s%s", text, m ? ", " : "", t->metrics[m].name);
    return text;
}

static int add_row(struct frame *f, const char *name, const char *what, const char *file)
{
    int row = frame_add_row(f);
    frame_put_text(f, row, "name", name);
    frame_put_text(f, row, "what", what);
    frame_put_text(f, row, "file", file);
    return row;
}

static void put_task(struct frame *f, int row, const struct task *t)
{
    frame_put_text(f, row, "kind", task_kind_name(t));
    frame_put_int(f, row, "num_fewshot", t->num_fewshot > 0 ? t->num_fewshot : 0);
    frame_put_text(f, row, "split", t->eval_split);
    frame_put_text(f, row, "pool", t->n_samples > 0 ? "in the file" : t->pool_split);
    frame_put_text(f, row, "metrics", task_metric_names(t, &f->arena));
    frame_put_text(f, row, "version", t->version);
}

static void add_entry(struct frame *f, const struct catalog *c, const struct catalog_entry *e)
{
    static const char *const what[] = { [CATALOG_TASK] = "task", [CATALOG_GROUP] = "group", [CATALOG_TAG] = "tag" };
    struct suite *s;
    struct err why = { 0 };
    int row = add_row(f, e->name, what[e->kind], e->file);
    if (suite_open(&s, c, e->name, &why) < 0) {
        frame_put_text(f, row, "reason", why.msg);
        return;
    }
    if (e->kind == CATALOG_TASK)
        put_task(f, row, s->tasks[0]);
    else
        frame_put_int(f, row, "n_tasks", s->n_tasks);
    suite_close(s);
}

static void start(struct frame *out)
{
    frame_init(out, "tasks");
    frame_add_columns(out, columns, sizeof columns / sizeof columns[0]);
}

void task_list(struct frame *out, const struct catalog *c, const char *pattern)
{
    start(out);
    for (int i = 0; i < catalog_n(c); i++)
        if (!pattern || fnmatch(pattern, catalog_at(c, i)->name, 0) == 0)
            add_entry(out, c, catalog_at(c, i));
    for (int i = 0; !pattern && i < catalog_n_skipped(c); i++)
        frame_put_text(out, add_row(out, "", "file", ""), "reason", catalog_skipped(c, i));
}

int task_list_of(struct frame *out, const struct catalog *c, const char *name, struct err *err)
{
    struct suite *s;
    start(out);
    if (suite_open(&s, c, name, err) < 0)
        return -1;
    if (catalog_find(c, name))
        add_entry(out, c, catalog_find(c, name));
    for (int i = 0; i < s->n_tasks; i++)
        put_task(out, add_row(out, s->tasks[i]->name, "task", task_source(s->tasks[i])), s->tasks[i]);
    suite_close(s);
    return 0;
}
