#include "tasks/grader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tasks/exact_match.h"
#include "tasks/ifeval.h"
#include "tasks/rubric.h"
#include "tasks/truthfulqa.h"

#include "base/banned.h"

struct grader {
    const struct task *t;
    struct filter_list *filters;
    int n_filters;
    struct exact_match_options exact[GRADER_METRICS_MAX];
    struct arena a;
    struct arena scratch; /* of one call */
};

/* --- opening ----------------------------------------------------------------------------------- */

/* lm-evaluation-harness's filters work on (log-probability, is greedy) there; take_first is all that makes sense. */
static void one_filter(struct grader *g)
{
    const struct yaml_node *list = g->t->filter_list;
    const struct yaml_node *first = list && list->kind == YAML_SEQUENCE && list->n > 0 ? list->items[0] : NULL;
    const struct yaml_node *name = first && first->kind == YAML_MAPPING ? yaml_find(first, "name") : NULL;
    g->filters = arena_alloc(&g->a, sizeof *g->filters);
    g->filters[0] = (struct filter_list){.name = name && name->kind == YAML_SCALAR ? name->text : "none"};
    g->n_filters = 1;
}

static int open_all(struct grader *g, struct err *err)
{
    const struct task *t = g->t;
    if (t->n_metrics > GRADER_METRICS_MAX)
        return err_set(err, ERR_UNSUPPORTED, "%s: more than %d metrics", t->name, GRADER_METRICS_MAX);
    if (t->kind != ITEM_GENERATE) {
        one_filter(g);
        return 0;
    }
    if (filter_parse(&g->filters, &g->n_filters, t->filter_list, &g->a, err))
        return -1;
    if (g->n_filters > GRADER_FILTERS_MAX)
        return err_set(err, ERR_UNSUPPORTED, "%s: more than %d filters", t->name, GRADER_FILTERS_MAX);
    for (int m = 0; m < t->n_metrics; m++)
        if (t->metrics[m].measure == MEASURE_EXACT_MATCH && exact_match_parse(&g->exact[m], t->metrics[m].node, &g->a, err))
            return -1;
    return 0;
}

int grader_open(struct grader **out, const struct task *task, struct err *err)
{
    struct grader *g = xcalloc(1, sizeof *g);
    g->t = task;
    arena_init(&g->a);
    arena_init(&g->scratch);
    if (open_all(g, err)) {
        grader_close(g);
        return -1;
    }
    *out = g;
    return 0;
}

void grader_close(struct grader *g)
{
    if (!g)
        return;
    arena_release(&g->a);
    arena_release(&g->scratch);
    free(g);
}

const struct task *grader_task(const struct grader *g)
{
    return g->t;
}

int grader_n_filters(const struct grader *g)
{
    return g->n_filters;
}

const char *grader_filter(const struct grader *g, int i)
{
    return g->filters[i].name;
}

/* --- one filter -------------------------------------------------------------------------------- */

static int run_filter(struct pystr *out, struct grader *g, int i, const struct given *given, struct err *err)
{
    struct pystr *v = arena_alloc(&g->scratch, sizeof *v * (size_t)(given->n_texts + 1));
    struct filter_texts texts = {v, given->n_texts};
    for (int k = 0; k < given->n_texts; k++)
        v[k] = pystr_of(given->texts[k].s, given->texts[k].n_bytes);
    if (filter_run(&texts, &g->filters[i], &g->scratch, err))
        return -1;
    if (texts.n != 1)
        return err_set(err, ERR_UNSUPPORTED, "filter %s leaves %d texts, and one is scored", g->filters[i].name, texts.n);
    *out = texts.v[0];
    return 0;
}

int grader_filtered(struct pystr *out, struct grader *g, int i, const struct given *given, struct err *err)
{
    arena_release(&g->scratch);
    return run_filter(out, g, i, given, err);
}

/* --- measures of a text ------------------------------------------------------------------------ */

/* With several targets one of them is enough. */
static int score_exact(struct score *out, const struct exact_match_options *o, const struct item *item, struct pystr text,
                       struct err *err)
{
    const struct text *target = item->n_choices ? item->choices : &item->target;
    int n = item->n_choices ? item->n_choices : 1;
    *out = (struct score){0};
    for (int i = 0; i < n; i++) {
        double is_equal;
        if (exact_match(&is_equal, o, text, pystr_of(target[i].s, target[i].n_bytes), err))
            return -1;
        out->value = is_equal > out->value ? is_equal : out->value;
    }
    return 0;
}

static struct score of_parts(const bool *right, int n)
{
    struct score s = {.n_parts = n};
    int n_right = 0;
    for (int i = 0; i < n; i++) {
        s.parts |= (uint32_t)right[i] << i;
        n_right += right[i];
    }
    s.value = n ? (double)n_right / n : 0;
    return s;
}

static struct score of_all(const bool *right, int n)
{
    struct score s = of_parts(right, n);
    return (struct score){.value = s.value == 1 || n == 0};
}

static int unknown_measure(const struct task *t, const char *name, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, "metric_list: '%s' is not made by the task's process_results (%s)", name, t->name);
}

static int score_ifeval(struct score *out, const struct task *t, const struct item *item, struct pystr text,
                        struct err *err)
{
    struct ifeval_verdict v;
    if (ifeval_check(&v, (yyjson_val *)(uintptr_t)item->doc, text.s ? text.s : "", text.n_bytes, err))
        return -1;
    for (int m = 0; m < t->n_metrics; m++) {
        const char *name = t->metrics[m].name;
        const bool *right = strstr(name, "_strict_") ? v.strict : v.loose;
        if (strcmp(name, "prompt_level_strict_acc") == 0 || strcmp(name, "prompt_level_loose_acc") == 0)
            out[m] = of_all(right, v.n);
        else if (strcmp(name, "inst_level_strict_acc") == 0 || strcmp(name, "inst_level_loose_acc") == 0)
            out[m] = of_parts(right, v.n);
        else
            return unknown_measure(t, name, err);
    }
    return 0;
}

static int score_truthfulqa(struct score *out, const struct task *t, const struct item *item, struct pystr text,
                            struct err *err)
{
    struct measures all = {0};
    if (truthfulqa_score(&all, (yyjson_val *)(uintptr_t)item->doc, text.s ? text.s : "", text.n_bytes, err))
        return -1;
    for (int m = 0; m < t->n_metrics; m++) {
        int k = 0;
        while (k < all.n && strcmp(all.v[k].name, t->metrics[m].name) != 0)
            k++;
        if (k == all.n)
            return unknown_measure(t, t->metrics[m].name, err);
        out[m] = (struct score){.value = all.v[k].sum};
    }
    return 0;
}

/* --- rubric ------------------------------------------------------------------------------------ */

/* All metrics of a rubric are made of the same pair. */
static int put_pair(struct score *out, const struct task *t, const struct item *item, double model, struct err *err)
{
    struct score s = {.value = model, .model = model};
    if (rubric_human(&s.human, t->rubric, (yyjson_val *)(uintptr_t)item->doc, err))
        return -1;
    for (int m = 0; m < t->n_metrics; m++)
        out[m] = s;
    return 0;
}

static int score_rubric_text(struct score *out, const struct task *t, const struct item *item, struct pystr text,
                             struct err *err)
{
    double model;
    return rubric_read(&model, t->rubric, text, err) ? -1 : put_pair(out, t, item, model, err);
}

static int score_rubric_choice(struct score *out, const struct task *t, const struct item *item,
                               const struct answer *answers, struct err *err)
{
    const struct text *chosen = &item->choices[score_choice(MEASURE_ACC, item, answers)];
    double model = rubric_value(t->rubric, pystr_of(chosen->s, chosen->n_bytes));
    if (isnan(model))
        return err_set(err, ERR_FORMAT, "perbit_rubric: choice '%.40s' is not a score from %g to %g", chosen->s,
                       t->rubric->low, t->rubric->high);
    return put_pair(out, t, item, model, err);
}

/* --- an item ----------------------------------------------------------------------------------- */

static int score_text(struct score *out, struct grader *g, const struct item *item, struct pystr text, struct err *err)
{
    const struct task *t = g->t;
    if (t->rubric)
        return score_rubric_text(out, t, item, text, err);
    if (t->results == RESULTS_IFEVAL)
        return score_ifeval(out, t, item, text, err);
    if (t->results == RESULTS_TRUTHFULQA_GEN)
        return score_truthfulqa(out, t, item, text, err);
    for (int m = 0; m < t->n_metrics; m++)
        if (score_exact(&out[m], &g->exact[m], item, text, err))
            return -1;
    return 0;
}

static int score_any(struct score *out, struct grader *g, const struct item *item, const struct given *given,
                     struct err *err)
{
    if (g->t->kind != ITEM_GENERATE)
        return g->t->rubric ? score_rubric_choice(out, g->t, item, given->answers, err)
                            : score_item(out, g->t, item, given->answers, err);
    for (int f = 0; f < g->n_filters; f++) {
        struct pystr text;
        if (run_filter(&text, g, f, given, err) || score_text(out + f * g->t->n_metrics, g, item, text, err))
            return -1;
    }
    return 0;
}

int grader_score(struct score *out, struct grader *g, const struct item *item, const struct given *given,
                 struct err *err)
{
    arena_release(&g->scratch);
    if (score_any(out, g, item, given, err))
        return g->t->kind == ITEM_GENERATE || g->t->rubric
                   ? err_prefix(err, "%s: document %lld: ", g->t->name, (long long)item->doc_id) : -1;
    return 0;
}
