/* Tasks and groups by name, with their shots and the direction of their metrics. */
#include <stdlib.h>
#include <string.h>

#include "study/lmeval.h"

#include "base/banned.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct lmeval_named *)a)->name, ((const struct lmeval_named *)b)->name);
}

struct lmeval_named *lmeval_named(struct lmeval_names *all, const char *name)
{
    for (int i = 0; i < all->n; i++)
        if (strcmp(all->v[i].name, name) == 0)
            return &all->v[i];
    return NULL;
}

static void add_flag(struct lmeval_named *n, const char *flag, int is_higher)
{
    for (int i = 0; i < n->n_flags; i++)
        if (strcmp(n->flag[i], flag) == 0) {
            n->is_higher[i] = n->is_higher[i] == is_higher ? is_higher : -1;
            return;
        }
    if (n->n_flags == TASK_METRICS_MAX)
        return;
    n->flag[n->n_flags] = flag;
    n->is_higher[n->n_flags++] = is_higher;
}

static void add_task(struct lmeval_names *all, const struct lmeval *r, const struct lmeval_task *t)
{
    struct lmeval_named *n = &all->v[all->n++];
    *n = (struct lmeval_named){ .name = t->task->name, .task = t,
                         .n_shots = evaluation_num_fewshot(r->evaluation, t->i_task) };
    for (int m = 0; m < t->task->n_metrics; m++)
        add_flag(n, t->task->metrics[m].name, t->task->metrics[m].higher_is_better);
}

/* What all children that stand in the list so far agree on. Outer groups come first, as in the reference: of a group
   of groups it then says nothing. */
static void add_group(struct lmeval_names *all, const struct lmeval_group *g)
{
    struct lmeval_named n = { .name = g->group->name, .group = g, .n_shots = -1 };
    bool is_first = true;
    for (int i = 0; i < g->n_children; i++) {
        const struct lmeval_named *child = lmeval_named(all, g->children[i]);
        if (!child)
            continue;
        if (child->n_shots >= 0) {
            n.n_shots = is_first || n.n_shots == child->n_shots ? child->n_shots : -2;
            is_first = false;
        }
        for (int k = 0; k < child->n_flags; k++)
            add_flag(&n, child->flag[k], child->is_higher[k]);
    }
    all->v[all->n++] = n;
}

void lmeval_list(struct lmeval_names *out, const struct lmeval *r)
{
    *out = (struct lmeval_names){ .v = arena_alloc(r->a, (size_t)(r->n_tasks + r->n_groups + 1) * sizeof *out->v) };
    for (int i = 0; i < r->n_tasks; i++)
        add_task(out, r, &r->tasks[i]);
    for (int i = 0; i < r->n_groups; i++)
        add_group(out, &r->groups[i]);
    qsort(out->v, (size_t)out->n, sizeof *out->v, by_name);
}
