#include "study/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/holm.h"
#include "stats/normal.h"
#include "stats/paired.h"
#include "study/compare_internal.h"

#include "base/banned.h"

enum { SEED = 1234 };

struct compare *compare_new(const char *name_a, const char *name_b, const struct compare_options *o)
{
    struct compare *c = xcalloc(1, sizeof *c);
    arena_init(&c->arena);
    c->name_a = arena_strdup(&c->arena, name_a);
    c->name_b = arena_strdup(&c->arena, name_b);
    c->options = *o;
    c->sentence = "";
    return c;
}

void compare_close(struct compare *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    free(c);
}

void compare_note(struct compare *c, const char *fmt, ...)
{
    struct buf b = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    const char **more = arena_alloc(&c->arena, (size_t)(c->n_notes + 1) * sizeof *more);
    if (c->n_notes)
        memcpy(more, c->notes, (size_t)c->n_notes * sizeof *more);
    more[c->n_notes++] = arena_strdup(&c->arena, b.data);
    c->notes = more;
    buf_release(&b);
}

/* --- one task ---------------------------------------------------------------------------------- */

static bool all_binary(const double *v, int n)
{
    for (int i = 0; i < n; i++)
        if (v[i] != 0 && v[i] != 1)
            return false;
    return true;
}

static void compute_paired(struct compare_task *t, double confidence)
{
    struct paired p;
    const size_t n = (size_t)t->n;
    paired_compare_clustered(&p, t->b, t->a, t->cluster, n, t->n_clusters, confidence);
    t->is_binary = all_binary(t->a, t->n) && all_binary(t->b, t->n);
    t->value_a = p.mean_y;
    t->value_b = p.mean_x;
    t->difference = p.difference;
    t->se = p.se;
    t->ci = p.ci;
    t->p = isnan(p.p) && p.difference == 0 && n > 0 ? 1 : p.p;
    flips_of(&t->flips, t->a, t->b, t->choice_a, t->choice_b, n, confidence);
    if (t->is_binary && !t->cluster) {
        t->ci = t->flips.ci;
        t->p = t->flips.p_mid;
    }
}

static enum verdict careful(enum verdict v, double p, double alpha)
{
    return (v == VERDICT_WORSE || v == VERDICT_BETTER) && !(p <= alpha) ? VERDICT_UNDECIDED : v;
}

static void judge_tasks(struct compare *c)
{
    double *p = xmalloc(((size_t)c->n_tasks + 1) * sizeof *p);
    for (int i = 0; i < c->n_tasks; i++)
        p[i] = c->tasks[i].p;
    holm_adjust(p, p, (size_t)c->n_tasks);
    for (int i = 0; i < c->n_tasks; i++) {
        struct compare_task *t = &c->tasks[i];
        t->p_holm = p[i];
        t->verdict = careful(verdict_of(t->ci, c->options.margin), p[i], c->options.alpha);
    }
    free(p);
}

/* --- composite --------------------------------------------------------------------------------- */

static void run_joint(struct compare *c, const struct joint_task *tasks, int n)
{
    struct joint *j;
    const struct bootstrap_params params = { c->options.n_resamples, c->options.confidence, SEED };
    double *draws = xmalloc(((size_t)c->options.n_resamples + 1) * sizeof *draws);
    joint_run(&j, tasks, (size_t)n, 2, &params);
    c->value_a = joint_value(j, 0, joint_composite(j));
    c->value_b = joint_value(j, 1, joint_composite(j));
    joint_difference(&c->composite, j, 1, 0, joint_composite(j));
    joint_difference_draws(draws, j, 1, 0, joint_composite(j));
    c->p = bootstrap_p_two_sided(c->composite.value, draws, (size_t)c->options.n_resamples);
    c->verdict = verdict_of((struct interval){ c->composite.low, c->composite.high }, c->options.margin);
    joint_close(j);
    free(draws);
}

static void compute_composite(struct compare *c)
{
    struct joint_task *tasks = arena_alloc(&c->arena, (size_t)(c->n_tasks + 1) * sizeof *tasks);
    const double **both = arena_alloc(&c->arena, (size_t)(2 * c->n_tasks + 1) * sizeof *both);
    int n = 0;
    c->value_a = c->value_b = c->p = NAN;
    c->composite = (struct bootstrap){ NAN, NAN, NAN, NAN };
    for (int i = 0; i < c->n_tasks; i++) {
        const struct compare_task *t = &c->tasks[i];
        if (!t->in_composite || !t->is_paired || t->n == 0)
            continue;
        both[2 * n] = t->a;
        both[2 * n + 1] = t->b;
        tasks[n] = (struct joint_task){ (size_t)t->n, &both[2 * n], t->cluster, t->n_clusters, true, t->baseline };
        n++;
    }
    c->has_composite = n > 1 && c->options.n_resamples > 0;
    if (c->has_composite)
        run_joint(c, tasks, n);
}

/* --- sentences --------------------------------------------------------------------------------- */

static const char *p_text(struct arena *a, double p)
{
    return p < 0.0001 ? "< 0.0001" : arena_printf(a, "%.4f", p);
}

static void add_flips(struct buf *b, const struct compare_task *t)
{
    if (t->is_binary)
        buf_printf(b, "; %lld right answer%s lost, %lld gained", (long long)t->flips.lost, t->flips.lost == 1 ? "" : "s", (long long)t->flips.gained);
    if (t->flips.n_changed >= 0)
        buf_printf(b, ", %lld of %d answers changed", (long long)t->flips.n_changed, t->n);
}

static const char *verdict_text(struct arena *a, enum verdict v, double margin)
{
    return arena_printf(a, "verdict at a margin of %g point%s: %s", 100 * margin, margin == 0.01 ? "" : "s", verdict_name(v));
}

static const char *task_sentence(struct compare *c, const struct compare_task *t)
{
    struct buf b = BUF_INIT;
    if (t->is_paired && t->n == 0)
        return arena_printf(&c->arena, "%s: no question that both answered.", t->name);
    buf_printf(&b, "%s (%s, %d questions): %.1f %% and %.1f %%, %+.1f points (%.0f %% %+.1f to %+.1f)", t->name, t->metric, t->n, 100 * t->value_a,
               100 * t->value_b, 100 * t->difference, 100 * c->options.confidence, 100 * t->ci.low, 100 * t->ci.high);
    if (t->is_paired)
        add_flips(&b, t);
    else
        buf_puts(&b, "; totals alone, of two independent runs: samples would give a far narrower interval");
    buf_printf(&b, "; p %s, %s after Holm; %s.", p_text(&c->arena, t->p), p_text(&c->arena, t->p_holm),
               verdict_text(&c->arena, t->verdict, c->options.margin));
    const char *text = arena_strdup(&c->arena, b.data);
    buf_release(&b);
    return text;
}

static void say(struct compare *c)
{
    for (int i = 0; i < c->n_tasks; i++)
        c->tasks[i].sentence = task_sentence(c, &c->tasks[i]);
    if (c->has_composite)
        c->sentence = arena_printf(&c->arena, "%s against %s, mean of the tasks: %.1f %% and %.1f %%, %+.1f points (%.0f %% %+.1f to %+.1f), p %s; %s.",
                                   c->name_b, c->name_a, 100 * c->value_a, 100 * c->value_b, 100 * c->composite.value, 100 * c->options.confidence,
                                   100 * c->composite.low, 100 * c->composite.high, p_text(&c->arena, c->p),
                                   verdict_text(&c->arena, c->verdict, c->options.margin));
}

void compare_finish(struct compare *c)
{
    for (int i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].is_paired)
            compute_paired(&c->tasks[i], c->options.confidence);
    judge_tasks(c);
    compute_composite(c);
    c->verdict = careful(c->verdict, c->p, c->options.alpha);
    say(c);
}

/* --- from a matrix ----------------------------------------------------------------------------- */

/* The items that both answered. */
static void take_items(struct compare_task *t, struct arena *arena, const struct matrix_task *m, int va, int vb)
{
    const double *sa = m->score[va], *sb = m->score[vb];
    const size_t room = (size_t)m->n_items + 1;
    double *a = arena_alloc(arena, room * sizeof *a), *b = arena_alloc(arena, room * sizeof *b);
    int *choice_a = arena_alloc(arena, room * sizeof *choice_a), *choice_b = arena_alloc(arena, room * sizeof *choice_b);
    int *cluster = arena_alloc(arena, room * sizeof *cluster), *leaf = arena_alloc(arena, room * sizeof *leaf);
    int64_t *doc = arena_alloc(arena, room * sizeof *doc);
    const bool has_choices = m->choice && m->choice[va] && m->choice[vb];
    for (int i = 0; i < m->n_items; i++) {
        t->n_only_a += !isnan(sa[i]) && isnan(sb[i]);
        t->n_only_b += isnan(sa[i]) && !isnan(sb[i]);
        if (isnan(sa[i]) || isnan(sb[i]))
            continue;
        a[t->n] = sa[i];
        b[t->n] = sb[i];
        choice_a[t->n] = has_choices ? m->choice[va][i] : 0;
        choice_b[t->n] = has_choices ? m->choice[vb][i] : 0;
        cluster[t->n] = m->cluster ? m->cluster[i] : 0;
        leaf[t->n] = m->leaf[i];
        doc[t->n++] = m->doc[i];
    }
    t->a = a;
    t->b = b;
    t->choice_a = has_choices ? choice_a : NULL;
    t->choice_b = has_choices ? choice_b : NULL;
    t->cluster = m->cluster ? cluster : NULL;
    t->n_clusters = m->n_clusters;
    t->leaf = leaf;
    t->doc = doc;
}

static const char *who_lacks(const struct compare *c, const struct matrix_task *t, int a, int b)
{
    return !t->score[a] && !t->score[b] ? "neither" : !t->score[a] ? c->name_a : c->name_b;
}

static void take_tasks(struct compare *c, const struct matrix *m, int a, int b)
{
    c->tasks = arena_alloc(&c->arena, (size_t)(m->n_tasks + 1) * sizeof *c->tasks);
    for (int i = 0; i < m->n_tasks; i++) {
        const struct matrix_task *from = &m->tasks[i];
        if (!from->score[a] || !from->score[b]) {
            const char *who = who_lacks(c, from, a, b);
            compare_note(c, strcmp(who, "neither") == 0 ? "%s: neither has it." : "%s is left out: %s has it not.", from->name, who);
            continue;
        }
        struct compare_task *t = &c->tasks[c->n_tasks++];
        *t = (struct compare_task){ .name = from->name, .metric = from->metric, .is_paired = true, .leaves = from->leaves,
                                    .in_composite = from->in_composite, .baseline = from->baseline };
        take_items(t, &c->arena, from, a, b);
        if (t->n_only_a + t->n_only_b > 0)
            compare_note(c, "%s: %d questions were answered by %s alone and %d by %s alone: they do not count.", t->name, t->n_only_a, c->name_a,
                         t->n_only_b, c->name_b);
    }
}

int compare_variants(struct compare **out, const struct matrix *m, int a, int b, const struct compare_options *o, struct err *err)
{
    struct compare *c = compare_new(m->variants[a].name, m->variants[b].name, o);
    c->is_synthetic = m->variants[a].is_synthetic || m->variants[b].is_synthetic;
    take_tasks(c, m, a, b);
    if (c->n_tasks == 0) {
        err_set(err, ERR_USAGE, "%s and %s have no task in common%s%s", c->name_a, c->name_b, c->n_notes > 0 ? ": " : "",
                c->n_notes > 0 ? c->notes[0] : "");
        compare_close(c);
        return -1;
    }
    compare_finish(c);
    *out = c;
    return 0;
}

/* --- tables ------------------------------------------------------------------------------------ */

static int put_row(struct frame *f, const struct compare *c, const char *task, const char *metric, double a, double b, double difference,
                   struct interval ci)
{
    const int row = frame_add_row(f);
    frame_put_text(f, row, "task", task);
    frame_put_text(f, row, "metric", metric);
    frame_put_text(f, row, "a", c->name_a);
    frame_put_text(f, row, "b", c->name_b);
    frame_put_num(f, row, "value_a", 100 * a);
    frame_put_num(f, row, "value_b", 100 * b);
    frame_put_num(f, row, "difference", 100 * difference);
    frame_put_num(f, row, "lo", 100 * ci.low);
    frame_put_num(f, row, "hi", 100 * ci.high);
    frame_put_num(f, row, "margin", 100 * c->options.margin);
    return row;
}

static void put_task(struct frame *f, const struct compare *c, const struct compare_task *t)
{
    const int row = put_row(f, c, t->name, t->metric, t->value_a, t->value_b, t->difference, t->ci);
    frame_put_int(f, row, "n", t->n);
    if (t->is_paired && t->is_binary) {
        frame_put_int(f, row, "lost", t->flips.lost);
        frame_put_int(f, row, "gained", t->flips.gained);
        frame_put_num(f, row, "flips", 100 * t->flips.share);
        frame_put_num(f, row, "p_mcnemar", t->flips.p_mid);
    }
    if (t->is_paired && t->flips.n_changed >= 0)
        frame_put_int(f, row, "changed", t->flips.n_changed);
    frame_put_num(f, row, "p", t->p);
    frame_put_num(f, row, "p_holm", t->p_holm);
    frame_put_text(f, row, "verdict", verdict_name(t->verdict));
    frame_set_bool(f, row, frame_column(f, "paired"), t->is_paired);
    frame_put_text(f, row, "sentence", t->sentence);
}

void compare_frame(struct frame *out, const struct compare *c)
{
    static const struct frame_spec columns[] = {
        { "task", "", "task", FRAME_TEXT, 0 },          { "metric", "", "metric", FRAME_TEXT, 0 },
        { "a", "", "A", FRAME_TEXT, 0 },                { "b", "", "B", FRAME_TEXT, 0 },
        { "n", "", "questions", FRAME_INT, 0 },         { "value_a", "%", "A", FRAME_NUM, 2 },
        { "value_b", "%", "B", FRAME_NUM, 2 },          { "difference", "points", "B - A", FRAME_NUM, 2 },
        { "lo", "points", "95% low", FRAME_NUM, 2 },    { "hi", "points", "95% high", FRAME_NUM, 2 },
        { "lost", "", "lost", FRAME_INT, 0 },           { "gained", "", "gained", FRAME_INT, 0 },
        { "flips", "%", "flips", FRAME_NUM, 2 },        { "changed", "", "answers changed", FRAME_INT, 0 },
        { "p_mcnemar", "", "McNemar mid-p", FRAME_NUM, 4 }, { "p", "", "p", FRAME_NUM, 4 },
        { "p_holm", "", "p (Holm)", FRAME_NUM, 4 },     { "verdict", "", "B is", FRAME_TEXT, 0 },
        { "margin", "points", "margin", FRAME_NUM, 2 }, { "paired", "", "paired", FRAME_BOOL, 0 },
        { "sentence", "", "in words", FRAME_TEXT, 0 },
    };
    frame_start(out, "compare", columns, sizeof columns / sizeof columns[0], c->is_synthetic);
    for (int i = 0; i < c->n_tasks; i++)
        put_task(out, c, &c->tasks[i]);
    if (!c->has_composite)
        return;
    const struct interval ci = { c->composite.low, c->composite.high };
    const int row = put_row(out, c, "composite", "mean", c->value_a, c->value_b, c->composite.value, ci);
    frame_put_num(out, row, "p", c->p);
    frame_put_text(out, row, "verdict", verdict_name(c->verdict));
    frame_set_bool(out, row, frame_column(out, "paired"), true);
    frame_put_text(out, row, "sentence", c->sentence);
}

static void put_item(struct frame *f, const struct compare_task *t, int i)
{
    const int row = frame_add_row(f);
    const struct compare_text *x = t->text ? &t->text[i] : NULL;
    frame_put_text(f, row, "task", t->leaves[t->leaf[i]]);
    frame_put_int(f, row, "doc_id", t->doc[i]);
    frame_put_text(f, row, "flip", t->a[i] > 0.5 ? "lost" : "gained");
    if (x && x->question)
        frame_put_text(f, row, "question", x->question);
    if (x && x->gold)
        frame_put_text(f, row, "gold", x->gold);
    if (x && x->answer_a)
        frame_put_text(f, row, "answer_a", x->answer_a);
    else if (t->choice_a)
        frame_put_text(f, row, "answer_a", arena_printf(&f->arena, "option %d", t->choice_a[i] + 1));
    if (x && x->answer_b)
        frame_put_text(f, row, "answer_b", x->answer_b);
    else if (t->choice_b)
        frame_put_text(f, row, "answer_b", arena_printf(&f->arena, "option %d", t->choice_b[i] + 1));
}

void compare_items_frame(struct frame *out, const struct compare *c)
{
    static const struct frame_spec columns[] = {
        { "task", "", "task", FRAME_TEXT, 0 },         { "doc_id", "", "document", FRAME_INT, 0 },
        { "flip", "", "flip", FRAME_TEXT, 0 },         { "question", "", "question", FRAME_TEXT, 0 },
        { "gold", "", "right", FRAME_TEXT, 0 },        { "answer_a", "", "answer of A", FRAME_TEXT, 0 },
        { "answer_b", "", "answer of B", FRAME_TEXT, 0 },
    };
    frame_start(out, "compare_items", columns, sizeof columns / sizeof columns[0], c->is_synthetic);
    for (int k = 0; k < c->n_tasks; k++)
        for (int i = 0; c->tasks[k].is_paired && c->tasks[k].is_binary && i < c->tasks[k].n; i++)
            if (c->tasks[k].a[i] != c->tasks[k].b[i])
                put_item(out, &c->tasks[k], i);
}
