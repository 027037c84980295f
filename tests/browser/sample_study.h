/*
 * sample_study: a made-up study with answers to every question, as the frames and answers that a dashboard is made of; flagged
 * synthetic. It is made of formulas and a fixed sequence of random numbers: the same at each run.
 *
 *   struct sample_study s;
 *   sample_study_make(&s, (struct sample_shape){.n_models = 11, .n_levels = 8, .n_tasks = 7, .n_items = 27000});
 *   sample_study_release(&s);
 *
 * Gaps (has_gaps): the second model's lowest level failed; a task was not run for the third model; memory was not measured.
 * Ties (has_ties): all models have the same answers and sizes.
 */
#ifndef PERBIT_TESTS_SAMPLE_STUDY_H
#define PERBIT_TESTS_SAMPLE_STUDY_H

#include <stdlib.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "report/dashboard.h"

#include "sample_frames.h"

enum { SAMPLE_TASKS = 7 };

static const char *const sample_tasks[SAMPLE_TASKS] = {"mmlu", "hellaswag", "gsm8k", "truthfulqa_mc2", "arc_challenge", "ifeval", "rubric"};
static const double sample_task_share[SAMPLE_TASKS] = {0.52, 0.3, 0.05, 0.03, 0.05, 0.03, 0.02};
static const char *const sample_families[3] = {"Made-up A", "Made-up B", "Made-up C"};

struct sample_shape {
    int n_models, n_levels, n_tasks, n_items;
    bool has_gaps, has_ties, has_adapters;
    const char *evil; /* name of the first model */
};

struct sample_study {
    struct sample_shape shape;
    struct frame variants, scores;     /* of dashboard.h */
    struct frame levels, tasks, recovery; /* of the charts */
    struct dashboard_items items[SAMPLE_TASKS];
    const double **score[SAMPLE_TASKS];
    double *value; /* [n_variants * (n_tasks + 1)] the last is the composite; NaN: none */
    int *leaf[SAMPLE_TASKS];
    int64_t *doc[SAMPLE_TASKS];
    const char **question; /* of the first task, every other one */
};

static inline bool sample_has(const struct sample_study *s, int model, int level, int task)
{
    return !s->shape.has_gaps || !((model == 1 && level == s->shape.n_levels - 1) || (model == 2 && task == 1));
}

static inline double *sample_answers(struct sample_study *s, int model, int level, int task, int n)
{
    struct rand_mt r;
    double *v = xcalloc((size_t)n + 1, sizeof *v);
    int m = s->shape.has_ties ? 0 : model;
    double skill = 0.34 + 0.036 * m - 0.05 * task + (task == 1 ? 0.2 : 0), flips = level ? 0.5 * exp(-0.62 * (sample_level_bpw[level] - 2)) : 0;
    rand_seed(&r, (uint64_t)(1000 * task + m));
    for (int i = 0; i < n; i++) {
        double base = rand_unit(&r), flip = rand_unit(&r), other = rand_unit(&r);
        bool is_right = base < skill;
        if (flip < flips)
            is_right = other < skill - 0.25 * flips;
        v[i] = is_right;
    }
    return v;
}

static inline double sample_mean(const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i];
    return sum / n;
}

static inline void sample_make_items(struct sample_study *s)
{
    static const char *const leaves[] = {"anatomy", "law"}, *const whole[] = {"all"};
    int n_levels = s->shape.n_levels, n_variants = s->shape.n_models * n_levels, n_columns = s->shape.n_tasks + 1;
    s->value = xcalloc((size_t)(n_variants * n_columns) + 1, sizeof *s->value);
    for (int t = 0; t < s->shape.n_tasks; t++) {
        int n = (int)(sample_task_share[t] * s->shape.n_items);
        s->score[t] = xcalloc((size_t)n_variants + 1, sizeof *s->score[t]);
        s->leaf[t] = xcalloc((size_t)n + 1, sizeof *s->leaf[t]);
        s->doc[t] = xcalloc((size_t)n + 1, sizeof *s->doc[t]);
        for (int i = 0; i < n; i++) {
            s->leaf[t][i] = t == 0 && i >= n / 2;
            s->doc[t][i] = t == 0 && i >= n / 2 ? i - n / 2 : i;
        }
        if (t == 0) {
            s->question = xcalloc((size_t)n + 1, sizeof *s->question);
            for (int i = 0; i < n; i += 2)
                s->question[i] = s->shape.evil ? s->shape.evil : "What was made up, and <b>why</b>?";
        }
        for (int v = 0; v < n_variants; v++) {
            bool is_there = sample_has(s, v / n_levels, v % n_levels, t);
            s->score[t][v] = is_there ? sample_answers(s, v / n_levels, v % n_levels, t, n) : NULL;
            s->value[v * n_columns + t] = is_there ? sample_mean(s->score[t][v], n) : NAN;
        }
        s->items[t] = (struct dashboard_items){.task = sample_tasks[t], .n = n, .score = s->score[t], .leaf = s->leaf[t],
            .leaves = t == 0 ? leaves : whole, .n_leaves = t == 0 ? 2 : 1, .doc = s->doc[t],
            .question = t == 0 ? s->question : NULL};
    }
    for (int v = 0; v < n_variants; v++)
        s->value[v * n_columns + n_columns - 1] = s->shape.n_tasks ? sample_mean(&s->value[v * n_columns], s->shape.n_tasks) : NAN;
}

static inline const char *sample_model(const struct sample_study *s, int m)
{
    return m == 0 && s->shape.evil ? s->shape.evil : sample_models[m];
}

static inline double sample_error(const struct sample_study *s, double value, int task)
{
    double n = task < s->shape.n_tasks ? sample_task_share[task] * s->shape.n_items : 0.06 * s->shape.n_items * s->shape.n_tasks;
    return 100 * sqrt(value * (1 - value) / n);
}

static const struct frame_spec sample_score_columns[] = {
    {"score_pct", "points", "Score", FRAME_NUM, 1},         {"score_lo_pct", "points", "Score, 95 % low", FRAME_NUM, 1},
    {"score_hi_pct", "points", "Score, 95 % high", FRAME_NUM, 1}, {"rank", "", "Rank", FRAME_INT, 0},
    {"rank_hi", "", "Rank, to", FRAME_INT, 0},              {"diff_pct", "points", "Against the base", FRAME_NUM, 2},
    {"diff_lo_pct", "points", "Against the base, 95 % low", FRAME_NUM, 2},
    {"diff_hi_pct", "points", "Against the base, 95 % high", FRAME_NUM, 2}, {"verdict", "", "Verdict", FRAME_TEXT, 0},
    {"margin_pct", "points", "Margin", FRAME_NUM, 1},       {"retained_pct", "%", "Kept of the base", FRAME_NUM, 1},
    {"retained_lo_pct", "%", "Kept, 95 % low", FRAME_NUM, 1}, {"retained_hi_pct", "%", "Kept, 95 % high", FRAME_NUM, 1},
    {"flips_pct", "%", "Answers flipped", FRAME_NUM, 1},    {"flips_lo_pct", "%", "Flipped, 95 % low", FRAME_NUM, 1},
    {"flips_hi_pct", "%", "Flipped, 95 % high", FRAME_NUM, 1},
};

static inline double sample_flips(const struct sample_study *s, int v, int t)
{
    const double *a = s->score[t][v - v % s->shape.n_levels], *b = s->score[t][v];
    double n = 0;
    for (int i = 0; a && b && i < s->items[t].n; i++)
        n += a[i] != b[i];
    return a && b ? n / s->items[t].n : NAN;
}

/* Figures of a task (or of the composite) of a variant. */
static inline void sample_put_score(struct frame *f, int row, const struct sample_study *s, int v, int t)
{
    int n_columns = s->shape.n_tasks + 1, n_levels = s->shape.n_levels, n_variants = s->shape.n_models * n_levels, rank = 1, behind = 0;
    double x = s->value[v * n_columns + t], base = s->value[(v - v % n_levels) * n_columns + t], se = sample_error(s, x, t);
    if (!isfinite(x))
        return;
    for (int o = 0; o < n_variants; o++) {
        double y = 100 * (s->value[o * n_columns + t] - x);
        rank += y > 3 * se;
        behind += y < -3 * se;
    }
    double d = 100 * (x - base), half = v % n_levels ? 0.4 * se + 0.1 : 0, flips = 0;
    for (int k = 0; k < s->shape.n_tasks; k++)
        flips += t < s->shape.n_tasks ? sample_flips(s, v, t) / s->shape.n_tasks : sample_flips(s, v, k) / s->shape.n_tasks;
    frame_put_num(f, row, "score_pct", 100 * x);
    frame_put_num(f, row, "score_lo_pct", 100 * x - 1.96 * se);
    frame_put_num(f, row, "score_hi_pct", 100 * x + 1.96 * se);
    frame_put_int(f, row, "rank", rank);
    frame_put_int(f, row, "rank_hi", n_variants - behind);
    if (v % n_levels == 0)
        return;
    frame_put_num(f, row, "diff_pct", d);
    frame_put_num(f, row, "diff_lo_pct", d - half);
    frame_put_num(f, row, "diff_hi_pct", d + half);
    frame_put_text(f, row, "verdict", d - half > -1 && d + half < 1 ? "same" : d + half < -1 ? "worse" : d - half > 1 ? "better" : "undecided");
    frame_put_num(f, row, "margin_pct", 1);
    frame_put_num(f, row, "retained_pct", 100 * x / base);
    frame_put_num(f, row, "retained_lo_pct", 100 * x / base - half);
    frame_put_num(f, row, "retained_hi_pct", 100 * x / base + half);
    frame_put_num(f, row, "flips_pct", 100 * flips);
    frame_put_num(f, row, "flips_lo_pct", 96 * flips);
    frame_put_num(f, row, "flips_hi_pct", 104 * flips);
}

static const struct frame_spec sample_variant_columns[] = {
    {"model", "", "Model", FRAME_TEXT, 0},          {"family", "", "Family", FRAME_TEXT, 0},
    {"level", "", "Level", FRAME_TEXT, 0},          {"bpw", "bit", "Bits per weight", FRAME_NUM, 2},
    {"size_gb", "GB", "File", FRAME_NUM, 2},        {"ram_gb", "GB", "Memory", FRAME_NUM, 2},
    {"gen_tps", "tokens/s", "Generation", FRAME_NUM, 1}, {"gen_lo_tps", "tokens/s", "Generation, 95 % low", FRAME_NUM, 1},
    {"gen_hi_tps", "tokens/s", "Generation, 95 % high", FRAME_NUM, 1},
    {"kl_nat", "nat", "Mean KL", FRAME_NUM, 4},
    {"is_upcast", "", "Upcast", FRAME_BOOL, 0},     {"is_recommended", "", "Recommended", FRAME_TEXT, 0},
    {"missing", "", "Missing", FRAME_TEXT, 0},
};

static inline void sample_put_variant(struct sample_study *s, int m, int l)
{
    struct frame *f = &s->variants;
    int row = frame_add_row(f), k = s->shape.has_ties ? 3 : m;
    double gb = sample_params[k] * sample_bpw(k, l) / 8e9, g = 30 / (gb + 0.12) * (1 + 0.04 * ((k + 3 * l) % 5 - 2));
    frame_put_text(f, row, "model", sample_model(s, m));
    frame_put_text(f, row, "family", sample_families[m % 3]);
    frame_put_text(f, row, "level", sample_levels[l]);
    frame_put_num(f, row, "bpw", sample_bpw(k, l));
    frame_put_num(f, row, "size_gb", gb);
    if (!s->shape.has_gaps)
        frame_put_num(f, row, "ram_gb", 1.12 * gb + 0.3);
    frame_put_num(f, row, "gen_tps", g);
    frame_put_num(f, row, "gen_lo_tps", 0.96 * g);
    frame_put_num(f, row, "gen_hi_tps", 1.03 * g);
    if (l > 0)
        frame_put_num(f, row, "kl_nat", 0.9 * exp(-1.25 * (sample_bpw(k, l) - 2.2)) * (1 + 0.1 * (m % 3)));
    frame_set_bool(f, row, frame_column(f, "is_upcast"), m == 1 && l == 0);
    frame_put_text(f, row, "is_recommended", m == 6 && l == 4 ? "best that fits 4 GB" : "");
    frame_put_text(f, row, "missing", !s->shape.has_gaps       ? ""
                                      : m == 1 && l == s->shape.n_levels - 1 ? "all tasks: failed: out of memory (made up)"
                                      : m == 2                 ? "hellaswag: not run"
                                                               : "");
    if (s->shape.n_tasks)
        sample_put_score(f, row, s, m * s->shape.n_levels + l, s->shape.n_tasks);
}

static inline void sample_put_tasks(struct sample_study *s, int v)
{
    for (int t = 0; t < s->shape.n_tasks; t++) {
        if (!s->score[t][v])
            continue;
        int row = frame_add_row(&s->scores);
        frame_put_int(&s->scores, row, "variant", v);
        frame_put_text(&s->scores, row, "task", sample_tasks[t]);
        sample_put_score(&s->scores, row, s, v, t);
    }
}

/* Frame of one chart: the variant's columns, its task's figures, and a few under the names that charts want. */
static inline void sample_put_chart_row(struct frame *f, const struct sample_study *s, int v, int t)
{
    static const char *const copied[] = {"bpw", "size_gb", "ram_gb", "gen_tps", "gen_lo_tps", "gen_hi_tps", "kl_nat"};
    int row = frame_add_row(f), l = v % s->shape.n_levels;
    frame_put_text(f, row, "model", sample_model(s, v / s->shape.n_levels));
    frame_put_text(f, row, "level", sample_levels[l]);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        const struct frame_cell *c = frame_at(&s->variants, v, frame_column(&s->variants, copied[i]));
        if (c->is_set)
            frame_put_num(f, row, copied[i], c->num);
    }
    if (t < s->shape.n_tasks) {
        frame_put_text(f, row, "task", sample_tasks[t]);
        frame_set_bool(f, row, frame_column(f, "is_base"), l == 0);
    }
    sample_put_score(f, row, s, v, t);
    double x = 100 * s->value[v * (s->shape.n_tasks + 1) + t];
    if (t == s->shape.n_tasks && isfinite(x)) {
        double half = 1.96 * sample_error(s, x / 100, t);
        frame_put_num(f, row, "composite_pct", x);
        frame_put_num(f, row, "composite_lo_pct", x - half);
        frame_put_num(f, row, "composite_hi_pct", x + half);
    }
}

static inline void sample_chart_frame(struct frame *f, const char *name)
{
    static const struct frame_spec columns[] = {
        {"model", "", "Model", FRAME_TEXT, 0}, {"level", "", "Level", FRAME_TEXT, 0}, {"task", "", "Task", FRAME_TEXT, 0},
        {"is_base", "", "Base", FRAME_BOOL, 0}, {"bpw", "bit", "Bits per weight", FRAME_NUM, 2}, {"size_gb", "GB", "File", FRAME_NUM, 3},
        {"ram_gb", "GB", "Memory", FRAME_NUM, 2}, {"gen_tps", "tokens/s", "Generation", FRAME_NUM, 1},
        {"gen_lo_tps", "tokens/s", "Generation, 95 % low", FRAME_NUM, 1}, {"gen_hi_tps", "tokens/s", "Generation, 95 % high", FRAME_NUM, 1},
        {"kl_nat", "nat", "Mean KL", FRAME_NUM, 4}, {"composite_pct", "points", "Composite", FRAME_NUM, 1},
        {"composite_lo_pct", "points", "Composite, 95 % low", FRAME_NUM, 1}, {"composite_hi_pct", "points", "Composite, 95 % high", FRAME_NUM, 1},
    };
    frame_init(f, name);
    f->is_synthetic = true;
    frame_add_columns(f, columns, sizeof columns / sizeof columns[0]);
    frame_add_columns(f, sample_score_columns, sizeof sample_score_columns / sizeof sample_score_columns[0]);
}

static inline void sample_make_recovery(struct sample_study *s)
{
    static const struct frame_spec columns[] = {
        {"model", "", "Model", FRAME_TEXT, 0}, {"level", "", "Level", FRAME_TEXT, 0}, {"panel", "", "Panel", FRAME_TEXT, 0},
        {"adapter", "", "Adapter", FRAME_TEXT, 0}, {"score_pct", "points", "Score", FRAME_NUM, 1},
        {"score_lo_pct", "points", "Score, 95 % low", FRAME_NUM, 1}, {"score_hi_pct", "points", "Score, 95 % high", FRAME_NUM, 1},
    };
    frame_init(&s->recovery, "recovery");
    s->recovery.is_synthetic = true;
    frame_add_columns(&s->recovery, columns, sizeof columns / sizeof columns[0]);
    for (int m = 0; s->shape.has_adapters && m < s->shape.n_models && m < 4; m++)
        for (int with = 0; with < 2; with++)
            for (int l = 0; l < s->shape.n_levels; l++) {
                int row = frame_add_row(&s->recovery);
                double x = 100 * s->value[(m * s->shape.n_levels + l) * (s->shape.n_tasks + 1)] * (with ? 1 : 1.0);
                char panel[200];
                x = with ? 0.4 * x + 40 : x;
                snprintf(panel, sizeof panel, "%s, %s", sample_model(s, m), sample_tasks[0]);
                frame_put_text(&s->recovery, row, "model", sample_model(s, m));
                frame_put_text(&s->recovery, row, "level", sample_levels[l]);
                frame_put_text(&s->recovery, row, "panel", panel);
                frame_put_text(&s->recovery, row, "adapter", with ? "made-up adapter" : "none");
                frame_put_num(&s->recovery, row, "score_pct", x);
                frame_put_num(&s->recovery, row, "score_lo_pct", x - 1.2);
                frame_put_num(&s->recovery, row, "score_hi_pct", x + 1.2);
            }
}

static inline void sample_study_make(struct sample_study *s, struct sample_shape shape)
{
    static const struct frame_spec where[] = {{"variant", "", "Variant", FRAME_INT, 0}, {"task", "", "Task", FRAME_TEXT, 0}};
    enum { N_SCORE = sizeof sample_score_columns / sizeof sample_score_columns[0],
           N_VARIANT = sizeof sample_variant_columns / sizeof sample_variant_columns[0] };
    *s = (struct sample_study){.shape = shape};
    sample_make_items(s);
    frame_init(&s->variants, "variants");
    frame_init(&s->scores, "scores");
    s->variants.is_synthetic = s->scores.is_synthetic = true;
    frame_add_columns(&s->variants, sample_variant_columns, N_VARIANT);
    frame_add_columns(&s->variants, sample_score_columns, N_SCORE);
    frame_add_columns(&s->scores, where, 2);
    frame_add_columns(&s->scores, sample_score_columns, N_SCORE);
    sample_chart_frame(&s->levels, "levels");
    sample_chart_frame(&s->tasks, "tasks");
    for (int v = 0; v < shape.n_models * shape.n_levels; v++) {
        sample_put_variant(s, v / shape.n_levels, v % shape.n_levels);
        sample_put_tasks(s, v);
        sample_put_chart_row(&s->levels, s, v, shape.n_tasks);
    }
    for (int t = 0; t < shape.n_tasks; t++)
        for (int v = 0; v < shape.n_models * shape.n_levels; v++)
            if (s->score[t][v])
                sample_put_chart_row(&s->tasks, s, v, t);
    sample_make_recovery(s);
}

static inline void sample_study_release(struct sample_study *s)
{
    for (int t = 0; t < s->shape.n_tasks; t++) {
        for (int v = 0; v < s->shape.n_models * s->shape.n_levels; v++)
            free((double *)s->score[t][v]);
        free(s->score[t]);
        free(s->leaf[t]);
        free(s->doc[t]);
    }
    free(s->question);
    free(s->value);
    frame_release(&s->variants);
    frame_release(&s->scores);
    frame_release(&s->levels);
    frame_release(&s->tasks);
    frame_release(&s->recovery);
}

#endif
