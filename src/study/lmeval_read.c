#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/binomial.h"
#include "stats/pool.h"
#include "study/lmeval.h"

#include "base/banned.h"

static const double Z95 = 1.959963984540054; /* 97.5 % point of the normal distribution */

/* --- one task ---------------------------------------------------------------------------------- */

/* The order in which process_results() of lm-evaluation-harness fills its dictionary. */
static int rank_of(const struct task *t, int m)
{
    static const char *const choice[] = { "acc", "f1", "mcc", "acc_norm", "acc_bytes", "exact_match", NULL };
    static const char *const likelihood[] = { "perplexity", "acc", NULL };
    const char *const *names = t->kind == ITEM_LOGLIKELIHOOD ? likelihood : choice;
    int i = 0;
    while (names[i] && strcmp(names[i], t->metrics[m].name) != 0)
        i++;
    return i;
}

static void sort_metrics(struct lmeval_task *t)
{
    for (int m = 0; m < t->task->n_metrics; m++) {
        int k = m;
        for (; k > 0 && rank_of(t->task, t->order[k - 1]) > rank_of(t->task, m); k--)
            t->order[k] = t->order[k - 1];
        t->order[k] = m;
    }
}

static void set_interval(struct lmeval_task *t, int m, const struct score *s, int64_t n)
{
    const struct total *total = &t->total[m];
    int64_t n_right = 0;
    bool is_binary = t->task->metrics[m].aggregation == AGGREGATE_MEAN;
    for (int64_t i = 0; i < n; i++) {
        is_binary &= s[i].value == 0.0 || s[i].value == 1.0;
        n_right += s[i].value == 1.0;
    }
    t->is_wilson[m] = is_binary;
    t->ci[m] = is_binary ? binomial_wilson(n_right, n, 0.95)
                         : (struct interval){ total->value - Z95 * total->se, total->value + Z95 * total->se };
}

static int read_metric(struct lmeval_task *t, struct store *store, int m, struct err *err)
{
    struct score *scores;
    int n, rc = -1;
    const struct task_metric *metric = &t->task->metrics[m];
    if (task_scores_read(&scores, &n, store, t->cell->id, metric, err) < 0)
        return -1;
    if (n == 0)
        err_set(err, ERR_FORMAT, "%s: the store has no values of %s; perbit rescore adds them", t->task->name, metric->name);
    else if (score_total(&t->total[m], metric, scores, n, err) == 0) {
        set_interval(t, m, scores, n);
        t->n = n > t->n ? n : t->n;
        rc = 0;
    }
    free(scores);
    return rc;
}

static int read_cut(struct lmeval_task *t, struct store *store, struct err *err)
{
    double *x;
    int n;
    if (query_values(store, t->cell->id, METRIC_N_CUT, 0, &x, &n, NULL, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        t->n_cut += (int64_t)x[i];
    free(x);
    return 0;
}

static int read_task(struct lmeval_task *out, const struct lmeval *r, const struct plan_cell *c, struct err *err)
{
    const int i_task = (int)(c->task - r->plan->tasks);
    *out = (struct lmeval_task){ .task = evaluation_task(r->evaluation, i_task), .i_task = i_task, .cell = c };
    if (out->task->n_metrics > TASK_METRICS_MAX)
        return err_set(err, ERR_UNSUPPORTED, "%s: more than %d metrics", out->task->name, TASK_METRICS_MAX);
    sort_metrics(out);
    for (int m = 0; m < out->task->n_metrics; m++)
        if (read_metric(out, r->store, m, err) < 0)
            return -1;
    if (evaluation_n_rows(&out->n_rows, r->evaluation, i_task, err) < 0)
        return -1;
    return read_cut(out, r->store, err);
}

static int read_tasks(struct lmeval *r, struct err *err)
{
    r->tasks = arena_alloc(r->a, (size_t)(r->plan->n_tasks + 1) * sizeof *r->tasks);
    for (int i = 0; i < r->plan->n_cells; i++) {
        const struct plan_cell *c = &r->plan->cells[i];
        if (c->variant != r->variant || !c->task || c->status != STORE_DONE)
            continue;
        if (read_task(&r->tasks[r->n_tasks], r, c, err) < 0)
            return -1;
        r->n_tasks++;
    }
    return 0;
}

/* --- groups ------------------------------------------------------------------------------------ */

static int position_of(const struct lmeval *r, int i_task)
{
    for (int i = 0; i < r->n_tasks; i++)
        if (r->tasks[i].i_task == i_task)
            return i;
    return -1;
}

static void find_members(struct lmeval_group *g, const struct lmeval *r)
{
    int *tasks = arena_alloc(r->a, (size_t)(g->group->n_tasks + 1) * sizeof *tasks);
    for (int i = 0; i < g->group->n_tasks; i++) {
        int at = position_of(r, g->group->tasks[i]);
        if (at >= 0)
            tasks[g->n_tasks++] = at;
        else
            g->n_missing++;
    }
    g->tasks = tasks;
}

static bool holds(const struct suite_group *g, int i_task)
{
    for (int i = 0; i < g->n_tasks; i++)
        if (g->tasks[i] == i_task)
            return true;
    return false;
}

/* The group directly inside i_group that holds a task, or -1: the task stands in the group itself. */
static int child_with(const struct suite *s, int i_group, int i_task)
{
    for (int i = 0; i < s->n_groups; i++)
        if (s->groups[i].parent == i_group && holds(&s->groups[i], i_task))
            return i;
    return -1;
}

/* Each child stands where its first task does. */
static void find_children(struct lmeval_group *g, const struct lmeval *r, int i_group)
{
    const struct suite *s = evaluation_suite(r->evaluation);
    const char **names = arena_alloc(r->a, (size_t)(g->group->n_tasks + 1) * sizeof *names);
    int last = -1;
    for (int i = 0; i < g->group->n_tasks; i++) {
        int child = child_with(s, i_group, g->group->tasks[i]);
        if (child < 0)
            names[g->n_children++] = s->tasks[g->group->tasks[i]]->name;
        else if (child != last)
            names[g->n_children++] = s->groups[child].name;
        last = child;
    }
    g->children = names;
}

static int metric_at(const struct task *t, const char *name)
{
    for (int m = 0; m < t->n_metrics; m++)
        if (strcmp(t->metrics[m].name, name) == 0)
            return m;
    return -1;
}

static void total_group(struct lmeval_group *g, const struct lmeval *r)
{
    struct total *of_tasks = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *of_tasks);
    double *value = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *value);
    double *se = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *se);
    for (int k = 0; k < g->group->n_metrics; k++) {
        int n = 0;
        for (int i = 0; i < g->n_tasks; i++) {
            const struct lmeval_task *t = &r->tasks[g->tasks[i]];
            int m = metric_at(t->task, g->group->metrics[k].name);
            if (m < 0)
                continue;
            of_tasks[n] = t->total[m];
            of_tasks[n].n = t->n;
            value[n] = t->total[m].value;
            se[n++] = t->total[m].se;
        }
        g->total[k] = score_group(&g->group->metrics[k], of_tasks, n);
        g->macro[k] = pool_macro(value, se, (size_t)n);
    }
}

static void read_groups(struct lmeval *r)
{
    const struct suite *s = evaluation_suite(r->evaluation);
    r->groups = arena_alloc(r->a, (size_t)(s->n_groups + 1) * sizeof *r->groups);
    for (int i = 0; i < s->n_groups; i++) {
        struct lmeval_group *g = &r->groups[r->n_groups];
        const size_t n = (size_t)s->groups[i].n_metrics + 1;
        *g = (struct lmeval_group){ .group = &s->groups[i] };
        find_members(g, r);
        if (g->n_tasks == 0)
            continue;
        find_children(g, r, i);
        g->total = arena_alloc(r->a, n * sizeof *g->total);
        g->macro = arena_alloc(r->a, n * sizeof *g->macro);
        total_group(g, r);
        r->n_groups++;
    }
}

/* --- all --------------------------------------------------------------------------------------- */

int lmeval_read(struct lmeval *out, struct arena *a, const struct plan *p, const struct plan_variant *v,
                struct store *store, struct evaluation *e, struct err *err)
{
    *out = (struct lmeval){ .a = a, .plan = p, .variant = v, .store = store, .evaluation = e,
                            .is_synthetic = p->is_synthetic };
    if (read_tasks(out, err) < 0)
        return -1;
    read_groups(out);
    return 0;
}

const char *lmeval_filter(const struct task *t)
{
    const struct yaml_node *first = t->filter_list && t->filter_list->kind == YAML_SEQUENCE && t->filter_list->n > 0
                                        ? t->filter_list->items[0] : NULL;
    const struct yaml_node *name = first && first->kind == YAML_MAPPING ? yaml_find(first, "name") : NULL;
    return name && name->kind == YAML_SCALAR ? name->text : "none";
}

const struct lmeval_task *lmeval_find(const struct lmeval *r, const char *name)
{
    for (int i = 0; i < r->n_tasks; i++)
        if (strcmp(r->tasks[i].task->name, name) == 0)
            return &r->tasks[i];
    return NULL;
}

const char *lmeval_key(const struct lmeval *r, const char *metric, const char *suffix, const char *filter)
{
    return arena_printf(r->a, "%s%s,%s", metric, suffix, filter);
}

const char *lmeval_group_filter(const struct lmeval *r, const struct lmeval_group *g, const char *metric)
{
    for (int i = 0; i < g->n_tasks; i++)
        if (metric_at(r->tasks[g->tasks[i]].task, metric) >= 0)
            return lmeval_filter(r->tasks[g->tasks[i]].task);
    return NULL;
}
