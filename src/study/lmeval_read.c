#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/pool.h"
#include "study/lmeval.h"

#include "base/banned.h"

enum { GROUP_FILTERS_MAX = 16 };

/* --- one task ---------------------------------------------------------------------------------- */

/* The order in which process_results() of lm-evaluation-harness fills its dictionary. */
static int rank_of(const struct task *t, int m)
{
    static const char *const choice[] = { "acc", "f1", "mcc", "acc_norm", "acc_bytes", "exact_match", NULL };
    static const char *const likelihood[] = { "perplexity", "acc", NULL };
    static const char *const ifeval[] = { "prompt_level_strict_acc", "inst_level_strict_acc", "prompt_level_loose_acc",
                                          "inst_level_loose_acc", NULL };
    static const char *const truthfulqa[] = { "bleu_max", "bleu_acc", "bleu_diff", "rouge1_max", "rouge1_acc",
                                              "rouge1_diff", "rouge2_max", "rouge2_acc", "rouge2_diff", "rougeL_max",
                                              "rougeL_acc", "rougeL_diff", NULL };
    const char *const *names = t->results == RESULTS_IFEVAL ? ifeval : t->results == RESULTS_TRUTHFULQA_GEN ? truthfulqa
                               : t->kind == ITEM_LOGLIKELIHOOD ? likelihood : choice;
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

int lmeval_at(const struct lmeval_task *t, int i_filter, int m)
{
    return i_filter * t->task->n_metrics + m;
}

static int read_metric(struct lmeval_task *t, struct store *store, int i_filter, int m, struct err *err)
{
    const int at = lmeval_at(t, i_filter, m);
    const double step = t->task->rubric ? t->task->rubric->step : 1;
    struct score *scores;
    int n, rc = -1;
    const struct task_metric *metric = &t->task->metrics[m];
    if (task_scores_read(&scores, &n, store, t->cell->id, metric, i_filter, err) < 0)
        return -1;
    if (n == 0)
        err_set(err, ERR_FORMAT, "%s: the store has no values of %s; perbit rescore adds them", t->task->name, metric->name);
    else if (task_scores_total(&t->total[at], metric, step, scores, n, err) == 0) {
        t->ci[at] = task_scores_interval(&t->is_wilson[at], &t->total[at], metric, step, scores, n);
        t->n = n > t->n ? n : t->n;
        rc = 0;
    }
    free(scores);
    return rc;
}

static int read_filters(struct lmeval_task *t, struct arena *a, struct err *err)
{
    struct grader *g;
    if (grader_open(&g, t->task, err) < 0)
        return -1;
    t->n_filters = grader_n_filters(g);
    for (int i = 0; i < t->n_filters; i++)
        t->filters[i] = arena_strdup(a, grader_filter(g, i));
    grader_close(g);
    return 0;
}

static int read_metrics(struct lmeval_task *t, struct store *store, struct err *err)
{
    for (int f = 0; f < t->n_filters; f++)
        for (int m = 0; m < t->task->n_metrics; m++)
            if (read_metric(t, store, f, m, err) < 0)
                return -1;
    return 0;
}

static int read_ends(struct lmeval_task *t, struct store *store, struct err *err)
{
    return query_text_count(store, t->cell->id, "limit", &t->n_limit, err) < 0
               ? -1 : query_text_count(store, t->cell->id, "error", &t->n_error, err);
}

static int read_reasoning(struct lmeval_task *t, struct store *store, struct err *err)
{
    double *x;
    int n;
    if (query_think_tokens(store, t->cell->id, &x, &n, err) < 0)
        return -1;
    if (n > 0)
        t->reasoning = (struct estimate){ describe_mean(x, (size_t)n), n > 1 ? describe_se(x, (size_t)n) : NAN };
    free(x);
    return 0;
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
    if (read_filters(out, r->a, err) < 0)
        return -1;
    sort_metrics(out);
    if (read_metrics(out, r->store, err) < 0 || read_ends(out, r->store, err) < 0 ||
        read_reasoning(out, r->store, err) < 0)
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

/* Index of a metric after a filter, or -1. */
static int score_at(const struct lmeval_task *t, const char *metric, const char *filter)
{
    int m = metric_at(t->task, metric);
    for (int f = 0; m >= 0 && f < t->n_filters; f++)
        if (strcmp(t->filters[f], filter) == 0)
            return lmeval_at(t, f, m);
    return -1;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_name(const char **names, int *n, const char *name)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(names[i], name) == 0)
            return;
    if (*n < GROUP_FILTERS_MAX)
        names[(*n)++] = name;
}

/* The filters that the group names for a metric, else all that its tasks have, sorted. */
static int group_filters(const char **names, const struct lmeval_group *g, const struct lmeval *r,
                         const struct suite_metric *metric)
{
    int n = 0;
    const struct yaml_node *list = metric->filter_list;
    if (list && list->kind == YAML_SCALAR)
        add_name(names, &n, list->text);
    for (int i = 0; list && list->kind == YAML_SEQUENCE && i < list->n; i++)
        if (list->items[i]->kind == YAML_SCALAR)
            add_name(names, &n, list->items[i]->text);
    for (int i = 0; !list && i < g->n_tasks; i++) {
        const struct lmeval_task *t = &r->tasks[g->tasks[i]];
        for (int f = 0; metric_at(t->task, metric->name) >= 0 && f < t->n_filters; f++)
            add_name(names, &n, t->filters[f]);
    }
    if (!list)
        qsort(names, (size_t)n, sizeof *names, by_text);
    return n;
}

static void pool(struct lmeval_group *g, const struct lmeval *r, const struct suite_metric *metric, const char *filter)
{
    struct total *of_tasks = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *of_tasks);
    double *value = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *value);
    double *se = arena_alloc(r->a, (size_t)(g->n_tasks + 1) * sizeof *se);
    int n = 0;
    for (int i = 0; i < g->n_tasks; i++) {
        const struct lmeval_task *t = &r->tasks[g->tasks[i]];
        int at = score_at(t, metric->name, filter);
        if (at < 0)
            continue;
        of_tasks[n] = t->total[at];
        of_tasks[n].n = t->n;
        value[n] = t->total[at].value;
        se[n++] = t->total[at].se;
    }
    if (n > 0)
        g->pooled[g->n_pooled++] = (struct lmeval_pooled){ metric->name, filter, score_group(metric, of_tasks, n),
                                                           pool_macro(value, se, (size_t)n) };
}

static void total_group(struct lmeval_group *g, const struct lmeval *r)
{
    const char *names[GROUP_FILTERS_MAX];
    for (int k = 0; k < g->group->n_metrics; k++) {
        int n = group_filters(names, g, r, &g->group->metrics[k]);
        for (int i = 0; i < n; i++)
            pool(g, r, &g->group->metrics[k], names[i]);
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
        g->pooled = arena_alloc(r->a, n * GROUP_FILTERS_MAX * sizeof *g->pooled);
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
