/* The tables that lm-evaluation-harness prints: make_table() of its utils.py, all numbers with four decimals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "study/lmeval.h"

#include "base/banned.h"

enum { N_COLUMNS = 9 };

struct line {
    const char *cell[N_COLUMNS];
};

struct table {
    const struct lmeval *r;
    struct lmeval_names names;
    const char *heading;
    bool only_groups;
    struct line *v; /* [n] */
    int n, cap;
    bool *is_shown; /* [names.n] */
};

static const char *const headings[N_COLUMNS] = { NULL, "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr" };
/* Numbers stand at the right. */
static const bool is_right[N_COLUMNS] = { false, true, false, true, false, false, true, false, true };

/* --- rows ------------------------------------------------------------------------------------------ */

static void add_line(struct table *t, const struct line *line)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 64;
        struct line *more = arena_alloc(t->r->a, (size_t)t->cap * sizeof *more);
        if (t->n)
            memcpy(more, t->v, (size_t)t->n * sizeof *more);
        t->v = more;
    }
    t->v[t->n++] = *line;
}

static const char *arrow(const struct lmeval_named *n, const char *metric)
{
    for (int i = 0; i < n->n_flags; i++)
        if (strcmp(n->flag[i], metric) == 0)
            return n->is_higher[i] < 0 ? "" : n->is_higher[i] ? "↑" : "↓";
    return "";
}

/* label and version stand in the first line of what is shown, and are "" below it. */
static void add_metric(struct table *t, const struct lmeval_named *n, const char *label, const char *version,
                       const char *metric, const char *filter, const struct total *total)
{
    struct arena *a = t->r->a;
    struct line line = { { label, version, filter, n->n_shots < 0 ? "" : arena_printf(a, "%d", n->n_shots), metric,
                           arrow(n, metric), arena_printf(a, "%.4f", total->value), "±",
                           isnan(total->se) ? "N/A" : arena_printf(a, "%.4f", total->se) } };
    add_line(t, &line);
}

/* A metric of a task after a filter, under the key by which lines are sorted: "acc,none" stands before "acc_norm,none". */
struct keyed {
    const char *key;
    int m, i_filter;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

static void add_task(struct table *t, const struct lmeval_named *n, const char *label)
{
    const struct lmeval_task *of = n->task;
    const struct task *task = of->task;
    const char *version = *task->version ? task->version : "Yaml";
    struct keyed line[TASK_SCORES_MAX];
    int n_lines = of->n_filters * task->n_metrics;
    for (int i = 0; i < n_lines; i++) {
        int m = i % task->n_metrics, f = i / task->n_metrics;
        line[i] = (struct keyed){ lmeval_key(t->r, task->metrics[m].name, "", of->filters[f]), m, f };
    }
    qsort(line, (size_t)n_lines, sizeof *line, by_key);
    for (int i = 0; i < n_lines; i++)
        add_metric(t, n, i ? "" : label, i ? "" : version, task->metrics[line[i].m].name, of->filters[line[i].i_filter],
                   &of->total[lmeval_at(of, line[i].i_filter, line[i].m)]);
}

static void add_group(struct table *t, const struct lmeval_named *n, const char *label)
{
    const struct suite_group *g = n->group->group;
    const char *version = *g->version ? g->version : "N/A";
    for (int k = 0; k < n->group->n_pooled; k++) {
        const struct lmeval_pooled *p = &n->group->pooled[k];
        add_metric(t, n, k ? "" : label, k ? "" : version, p->metric, p->filter, &p->total);
    }
}

static const char *alias_of(const struct lmeval_named *n)
{
    return n->task ? n->task->task->alias : n->group->group->alias;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A group, then what stands in it, sorted and one space further in. */
static void add_tree(struct table *t, const char *name, int depth)
{
    struct lmeval_named *n = lmeval_named(&t->names, name);
    if (!n)
        return;
    t->is_shown[n - t->names.v] = true;
    const char *label = depth ? arena_printf(t->r->a, "%*s- %s", depth, "", alias_of(n)) : alias_of(n);
    if (n->task) {
        if (!t->only_groups)
            add_task(t, n, label);
        return;
    }
    add_group(t, n, label);
    const char **sorted = arena_dup(t->r->a, n->group->children, (size_t)(n->group->n_children + 1) * sizeof *sorted);
    qsort(sorted, (size_t)n->group->n_children, sizeof *sorted, by_text);
    for (int i = 0; i < n->group->n_children; i++)
        add_tree(t, sorted[i], depth + 1);
}

static void fill(struct table *t)
{
    lmeval_list(&t->names, t->r);
    t->is_shown = arena_alloc(t->r->a, (size_t)t->names.n + 1);
    for (int i = 0; i < t->names.n; i++)
        if (t->names.v[i].group && t->names.v[i].group->group->parent < 0)
            add_tree(t, t->names.v[i].name, 0);
    for (int i = 0; i < t->names.n; i++)
        if (!t->is_shown[i])
            add_tree(t, t->names.v[i].name, 0);
}

/* --- Markdown -------------------------------------------------------------------------------------- */

static int width_of(const char *s)
{
    return (int)utf8_count(s, strlen(s));
}

static void put_cell(struct buf *out, const char *text, int width, bool right)
{
    int pad = width - width_of(text);
    buf_printf(out, "%*s%s%*s|", right ? pad : 0, "", text, right ? 0 : pad, "");
}

static void put_heading(struct buf *out, const char *text, int width)
{
    int pad = width - width_of(text), left = pad / 2;
    buf_printf(out, "%*s%s%*s|", left, "", text, pad - left, "");
}

static void put_rule(struct buf *out, int width, bool right)
{
    for (int i = 0; i < width - right; i++)
        buf_putc(out, '-');
    buf_puts(out, right ? ":|" : "|");
}

static void put_table(struct buf *out, const struct table *t)
{
    int width[N_COLUMNS];
    const char *heading[N_COLUMNS];
    for (int c = 0; c < N_COLUMNS; c++) {
        heading[c] = c ? headings[c] : t->heading;
        width[c] = width_of(heading[c]) < 3 ? 3 : width_of(heading[c]);
        for (int i = 0; i < t->n; i++)
            width[c] = width_of(t->v[i].cell[c]) > width[c] ? width_of(t->v[i].cell[c]) : width[c];
    }
    buf_putc(out, '|');
    for (int c = 0; c < N_COLUMNS; c++)
        put_heading(out, heading[c], width[c]);
    buf_puts(out, "\n|");
    for (int c = 0; c < N_COLUMNS; c++)
        put_rule(out, width[c], is_right[c]);
    for (int i = 0; i < t->n; i++) {
        buf_puts(out, "\n|");
        for (int c = 0; c < N_COLUMNS; c++)
            put_cell(out, t->v[i].cell[c], width[c], is_right[c]);
    }
    buf_puts(out, "\n\n");
}

void lmeval_tables(struct buf *out, const struct lmeval *r)
{
    struct table all = { .r = r, .heading = "Tasks" }, groups = { .r = r, .heading = "Groups", .only_groups = true };
    fill(&all);
    fill(&groups);
    put_table(out, &all);
    if (groups.n > 0)
        put_table(out, &groups);
}
