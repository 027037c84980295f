#include "study/claims.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

static const double margin_pct = 1.0, margin_points = 1.0;

const char *claims_task_name(const char *task)
{
    static const struct {
        const char *task, *name;
    } known[] = { { "mmlu", "MMLU" }, { "hellaswag", "HellaSwag" }, { "arc_challenge", "ARC-C" }, { "arc_easy", "ARC-E" },
                  { "gsm8k", "GSM8K" }, { "truthfulqa_mc1", "TruthfulQA mc1" }, { "truthfulqa_mc2", "TruthfulQA mc2" },
                  { "truthfulqa_gen", "TruthfulQA gen" }, { "ifeval", "IFEval" }, { "winogrande", "WinoGrande" } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].task, task) == 0)
            return known[i].name;
    return task;
}

static bool is_base(const struct matrix *m, int v)
{
    return m->variants[v].base == v;
}

static void put_claim(struct measure *k, int v, double loss, double low, double high)
{
    if (!isfinite(loss) || !isfinite(low) || !isfinite(high))
        return;
    k->claims[v] = (struct claim){ true, loss, low, high, verdict_of((struct interval){ -high, -low }, k->margin) };
    k->n_claims++;
}

static void of_perplexity(struct measure *k, const struct matrix *m)
{
    for (int v = 0; v < m->n_variants; v++) {
        const struct matrix_figure *f = &m->variants[v].loss_pct;
        if (!is_base(m, v))
            put_claim(k, v, f->value, f->low, f->high);
    }
}

static void of_column(struct measure *k, const struct matrix *m)
{
    for (int v = 0; v < m->n_variants; v++) {
        struct bootstrap d;
        if (is_base(m, v) || m->variants[v].base < 0)
            continue;
        joint_difference(&d, m->joint, (size_t)v, (size_t)m->variants[v].base, (size_t)k->column);
        put_claim(k, v, -100.0 * d.value, -100.0 * d.high, -100.0 * d.low);
    }
}

/* Keeps the measure when there is a claim of it. */
static void add(struct claims *out, struct arena *a, const char *how, int column)
{
    const struct matrix *m = out->matrix;
    struct measure *k = &out->measures[out->n];
    *k = (struct measure){ .how = how, .unit = column < 0 ? "%" : "points", .margin = column < 0 ? margin_pct : margin_points,
                           .column = column, .claims = arena_alloc(a, (size_t)m->n_variants * sizeof *k->claims + 1) };
    if (column < 0)
        of_perplexity(k, m);
    else
        of_column(k, m);
    out->n += k->n_claims > 0;
}

void claims_of(struct claims *out, const struct matrix *m, struct arena *a)
{
    *out = (struct claims){ .matrix = m, .headline = -1 };
    out->measures = arena_alloc(a, (size_t)(m->n_tasks + 2) * sizeof *out->measures);
    add(out, a, "perplexity", -1);
    if (m->joint && matrix_has_composite(m))
        add(out, a, "the composite score", m->n_tasks);
    for (int t = 0; m->joint && t < m->n_tasks; t++)
        add(out, a, claims_task_name(m->tasks[t].name), t);
    for (int i = 0; i < out->n; i++) /* composite before a task before perplexity */
        if (out->headline < 0 || out->measures[out->headline].column < 0)
            out->headline = i;
}
