#include "study/claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/holm.h"
#include "stats/normal.h"
#include "stats/paired.h"

#include "base/banned.h"

static const double margin_pct = 1.0;

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
    k->claims[v] = (struct claim){ true, loss, low, high, VERDICT_UNDECIDED };
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

/* By how much Bonett and Price's interval of a task reaches further than the bootstrap's, down and up, as squares: a level
   that answers as its base does, question by question, has draws that are all 0, and that is no proof that it always would. */
struct excess {
    double low, high;
};

static double beyond(double far, double near)
{
    return far * far > near * near ? far * far - near * near : 0;
}

static struct excess excess_of(const struct matrix *m, int task, int v)
{
    const struct matrix_task *t = &m->tasks[task];
    const double *x = t->whole[v], *y = t->whole[m->variants[v].base];
    struct bootstrap d;
    struct discordant n;
    if (!x || !y || !t->is_binary || t->n_items == 0)
        return (struct excess){ 0, 0 };
    joint_difference(&d, m->joint, (size_t)v, (size_t)m->variants[v].base, (size_t)task);
    if (t->cluster && d.se > 0) /* its pairs are not independent */
        return (struct excess){ 0, 0 };
    paired_count(&n, x, y, (size_t)t->n_items);
    const struct interval ci = paired_bonett_price(n.b, n.c, t->n_items, 0.95);
    return (struct excess){ beyond(d.value - ci.low, d.value - d.low), beyond(ci.high - d.value, d.high - d.value) };
}

static struct excess excess_of_column(const struct matrix *m, int column, int v)
{
    struct excess sum = { 0, 0 };
    int n = 0;
    if (column < m->n_tasks)
        return excess_of(m, column, v);
    for (int t = 0; t < m->n_tasks; t++) {
        if (!m->tasks[t].in_composite)
            continue;
        const struct excess e = excess_of(m, t, v);
        sum.low += e.low;
        sum.high += e.high;
        n++;
    }
    return n == 0 ? sum : (struct excess){ sum.low / (n * n), sum.high / (n * n) };
}

static void of_column(struct measure *k, const struct matrix *m)
{
    for (int v = 0; v < m->n_variants; v++) {
        struct bootstrap d;
        if (is_base(m, v) || m->variants[v].base < 0)
            continue;
        joint_difference(&d, m->joint, (size_t)v, (size_t)m->variants[v].base, (size_t)k->column);
        if (!isfinite(d.value))
            continue;
        const struct excess e = excess_of_column(m, k->column, v);
        const double down = sqrt((d.value - d.low) * (d.value - d.low) + e.low);
        const double up = sqrt((d.high - d.value) * (d.high - d.value) + e.high);
        put_claim(k, v, -100.0 * d.value, -100.0 * (d.value + up), -100.0 * (d.value - down));
    }
}

static const double alpha = 0.05, z95 = 1.959963984540054;

/* Two-sided p of what a claim's interval says; 1 where it says nothing. */
static double p_of(const struct claim *c, double margin)
{
    const double down = (c->loss - c->low) / z95, up = (c->high - c->loss) / z95; /* standard errors */
    double z = 0;
    switch (verdict_of((struct interval){ -c->high, -c->low }, margin)) {
    case VERDICT_WORSE: z = (c->loss - margin) / down; break;
    case VERDICT_BETTER: z = (-margin - c->loss) / up; break;
    case VERDICT_SAME: z = fmin((margin - c->loss) / up, (c->loss + margin) / down); break;
    default: break;
    }
    return z > 0 ? 2 * normal_cdf(-z) : 1;
}

void claims_settle(struct measure *k, int n)
{
    double *p = xcalloc((size_t)n + 1, sizeof *p);
    int n_there = 0, i = 0;
    for (int v = 0; v < n; v++)
        if (k->claims[v].is_there)
            p[n_there++] = p_of(&k->claims[v], k->margin);
    holm_adjust(p, p, (size_t)n_there);
    for (int v = 0; v < n; v++)
        if (k->claims[v].is_there)
            k->claims[v].verdict = p[i++] <= alpha ? verdict_of((struct interval){ -k->claims[v].high, -k->claims[v].low }, k->margin)
                                                   : VERDICT_UNDECIDED;
    free(p);
}

/* Keeps the measure when there is a claim of it. */
static void add(struct claims *out, struct arena *a, const char *how, int column)
{
    const struct matrix *m = out->matrix;
    struct measure *k = &out->measures[out->n];
    *k = (struct measure){ .how = how, .unit = column < 0 ? "%" : "points", .margin = column < 0 ? out->margin_pct : out->margin_points,
                           .column = column, .claims = arena_alloc(a, (size_t)m->n_variants * sizeof *k->claims + 1) };
    if (column < 0)
        of_perplexity(k, m);
    else
        of_column(k, m);
    claims_settle(k, m->n_variants);
    out->n += k->n_claims > 0;
}

void claims_of(struct claims *out, const struct matrix *m, double margin_points, struct arena *a)
{
    *out = (struct claims){ .matrix = m, .headline = -1, .margin_pct = margin_pct, .margin_points = margin_points };
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

void claims_frame(struct frame *out, const struct claims *c)
{
    static const struct frame_spec columns[] = {
        { "model", "", "model", FRAME_TEXT, 0 },      { "level", "", "level", FRAME_TEXT, 0 },
        { "variant", "", "variant", FRAME_TEXT, 0 },  { "measure", "", "of", FRAME_TEXT, 0 },
        { "unit", "", "unit", FRAME_TEXT, 0 },        { "loss", "", "loss", FRAME_NUM, 2 },
        { "lo", "", "95% low", FRAME_NUM, 2 },        { "hi", "", "95% high", FRAME_NUM, 2 },
        { "margin", "", "margin", FRAME_NUM, 2 },     { "verdict", "", "verdict", FRAME_TEXT, 0 },
    };
    const struct matrix *m = c->matrix;
    frame_init(out, "verdicts");
    frame_add_columns(out, columns, sizeof columns / sizeof columns[0]);
    out->is_synthetic = m->is_synthetic;
    for (int i = 0; i < c->n; i++)
        for (int v = 0; v < m->n_variants; v++) {
            const struct claim *k = &c->measures[i].claims[v];
            if (!k->is_there)
                continue;
            int row = frame_add_row(out);
            frame_put_text(out, row, "model", m->variants[v].model);
            frame_put_text(out, row, "level", m->variants[v].level);
            frame_put_text(out, row, "variant", m->variants[v].name);
            frame_put_text(out, row, "measure", c->measures[i].how);
            frame_put_text(out, row, "unit", c->measures[i].unit);
            frame_put_num(out, row, "loss", k->loss);
            frame_put_num(out, row, "lo", k->low);
            frame_put_num(out, row, "hi", k->high);
            frame_put_num(out, row, "margin", c->measures[i].margin);
            frame_put_text(out, row, "verdict", verdict_name(k->verdict));
        }
}
