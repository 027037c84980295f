#include "study/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/flips.h"
#include "stats/verdict.h"
#include "study/recommend.h"

#include "base/banned.h"

#define LEN(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Figures of a variant on a task or on the composite. */
static const struct frame_spec score_columns[] = {
    {"score_pct", "points", "Score", FRAME_NUM, 1},
    {"score_lo_pct", "points", "Score, 95 % low", FRAME_NUM, 1},
    {"score_hi_pct", "points", "Score, 95 % high", FRAME_NUM, 1},
    {"rank", "", "Rank", FRAME_INT, 0},
    {"rank_hi", "", "Rank, to", FRAME_INT, 0},
    {"diff_pct", "points", "Against the base", FRAME_NUM, 2},
    {"diff_lo_pct", "points", "Against the base, 95 % low", FRAME_NUM, 2},
    {"diff_hi_pct", "points", "Against the base, 95 % high", FRAME_NUM, 2},
    {"verdict", "", "Verdict", FRAME_TEXT, 0},
    {"margin_pct", "points", "Margin of the verdict", FRAME_NUM, 1},
    {"retained_pct", "%", "Kept of the base", FRAME_NUM, 1},
    {"retained_lo_pct", "%", "Kept, 95 % low", FRAME_NUM, 1},
    {"retained_hi_pct", "%", "Kept, 95 % high", FRAME_NUM, 1},
    {"flips_pct", "%", "Answers flipped", FRAME_NUM, 1},
    {"flips_lo_pct", "%", "Flipped, 95 % low", FRAME_NUM, 1},
    {"flips_hi_pct", "%", "Flipped, 95 % high", FRAME_NUM, 1},
    {"n_items", "", "Questions", FRAME_INT, 0},
};

static const struct frame_spec variant_columns[] = {
    {"model", "", "Model", FRAME_TEXT, 0},
    {"family", "", "Family", FRAME_TEXT, 0},
    {"level", "", "Level", FRAME_TEXT, 0},
    {"adapter", "", "Adapter", FRAME_TEXT, 0},
    {"bpw", "bit", "Bits per weight", FRAME_NUM, 2},
    {"size_gb", "GB", "File", FRAME_NUM, 3},
    {"ram_gb", "GB", "Memory", FRAME_NUM, 3},
    {"ram_kind", "", "Memory is", FRAME_TEXT, 0},
    {"gen_tps", "tokens/s", "Generation", FRAME_NUM, 1},
    {"gen_lo_tps", "tokens/s", "Generation, 95 % low", FRAME_NUM, 1},
    {"gen_hi_tps", "tokens/s", "Generation, 95 % high", FRAME_NUM, 1},
    {"prompt_tps", "tokens/s", "Prompt", FRAME_NUM, 1},
    {"prompt_lo_tps", "tokens/s", "Prompt, 95 % low", FRAME_NUM, 1},
    {"prompt_hi_tps", "tokens/s", "Prompt, 95 % high", FRAME_NUM, 1},
    {"ttft_ms", "ms", "First token after", FRAME_NUM, 0},
    {"loss_pct", "%", "Perplexity increase", FRAME_NUM, 2},
    {"loss_lo_pct", "%", "Perplexity increase, 95 % low", FRAME_NUM, 2},
    {"loss_hi_pct", "%", "Perplexity increase, 95 % high", FRAME_NUM, 2},
    {"kl_nat", "nat", "Mean KL", FRAME_NUM, 5},
    {"kl_lo_nat", "nat", "Mean KL, 95 % low", FRAME_NUM, 5},
    {"kl_hi_nat", "nat", "Mean KL, 95 % high", FRAME_NUM, 5},
    {"ppl", "", "Perplexity", FRAME_NUM, 3},
    {"is_upcast", "", "Upcast", FRAME_BOOL, 0},
    {"is_recommended", "", "Recommended", FRAME_TEXT, 0},
    {"missing", "", "Missing", FRAME_TEXT, 0},
};

/* ---- leaves ---- */

static void put_figure(struct frame *f, int row, const char *name, const char *unit, double scale, double value, double low,
                       double high)
{
    char column[64];
    snprintf(column, sizeof column, "%s_%s", name, unit);
    frame_put_num(f, row, column, scale * value);
    snprintf(column, sizeof column, "%s_lo_%s", name, unit);
    frame_put_num(f, row, column, scale * low);
    snprintf(column, sizeof column, "%s_hi_%s", name, unit);
    frame_put_num(f, row, column, scale * high);
}

/* "Q4_K_M", with what tells it from others of that level ("Q4_K_M no imatrix"). */
static const char *level_of(const struct matrix *m, const struct matrix_variant *v)
{
    const char *model = m->models[v->i_model];
    size_t n = strlen(model);
    return !v->adapter[0] && strncmp(v->name, model, n) == 0 && v->name[n] == ' ' ? v->name + n + 1 : v->level;
}

/* In charts a model with an adapter is a line of its own. */
static const char *line_of(struct frame *f, const struct matrix *m, const struct matrix_variant *v)
{
    const char *model = m->models[v->i_model];
    return v->adapter[0] ? arena_printf(&f->arena, "%s + %s", model, v->adapter) : model;
}

static double share_above(const double *a, const double *b, size_t n)
{
    size_t n_above = 0;
    for (size_t i = 0; i < n; i++)
        n_above += a[i] > b[i];
    return (double)n_above / (double)n;
}

/* 1: surely better, -1: surely worse (95 % interval of the difference without 0), 0: not told apart. */
static int ahead(const struct matrix *m, int a, int b, int column)
{
    const size_t n = joint_resamples(m->joint);
    const double *x = joint_draws(m->joint, (size_t)a, (size_t)column), *y = joint_draws(m->joint, (size_t)b, (size_t)column);
    return share_above(x, y, n) > 0.975 ? 1 : share_above(y, x, n) > 0.975 ? -1 : 0;
}

static void put_rank(struct frame *f, int row, const struct matrix *m, int v, int column)
{
    int n = 0, n_better = 0, n_worse = 0;
    for (int o = 0; o < m->n_variants; o++) {
        if (isnan(matrix_value(m, o, column)))
            continue;
        int order = o == v ? 0 : ahead(m, o, v, column);
        n++;
        n_better += order > 0;
        n_worse += order < 0;
    }
    frame_put_int(f, row, "rank", 1 + n_better);
    frame_put_int(f, row, "rank_hi", n - n_worse);
}

static void put_difference(struct frame *f, int row, const struct overview *o, int v, int base, int column)
{
    const struct joint *j = o->matrix->joint;
    struct bootstrap d, kept;
    joint_difference(&d, j, (size_t)v, (size_t)base, (size_t)column);
    if (isnan(d.value))
        return;
    put_figure(f, row, "diff", "pct", 100, d.value, d.low, d.high);
    frame_put_text(f, row, "verdict", verdict_name(verdict_of((struct interval){d.low, d.high}, o->margin_pct / 100)));
    frame_put_num(f, row, "margin_pct", o->margin_pct);
    const size_t n = joint_resamples(j);
    const double *x = joint_draws(j, (size_t)v, (size_t)column), *y = joint_draws(j, (size_t)base, (size_t)column);
    const double value = joint_value(j, (size_t)v, (size_t)column) / joint_value(j, (size_t)base, (size_t)column);
    double *ratio = xcalloc(n + 1, sizeof *ratio);
    for (size_t i = 0; i < n; i++)
        ratio[i] = x[i] / y[i];
    bootstrap_of_draws(&kept, value, ratio, n, 0.95);
    put_figure(f, row, "retained", "pct", 100, kept.value, kept.low, kept.high);
    free(ratio);
}

static bool flips_known(struct flips *out, const struct matrix *m, int v, int base, int task)
{
    const struct matrix_task *t = &m->tasks[task];
    if (!t->whole[v] || !t->whole[base])
        return false;
    flips_of(out, t->whole[base], t->whole[v], NULL, NULL, (size_t)t->n_items, 0.95);
    return true;
}

static void put_flips(struct frame *f, int row, const struct matrix *m, int v, int base, int column)
{
    struct flips x;
    if (column < m->n_tasks) {
        if (flips_known(&x, m, v, base, column))
            put_figure(f, row, "flips", "pct", 100, x.share, x.share_ci.low, x.share_ci.high);
        return;
    }
    double sum = 0;
    int n = 0;
    for (int t = 0; t < m->n_tasks; t++)
        if (m->tasks[t].in_composite && flips_known(&x, m, v, base, t)) {
            sum += x.share;
            n++;
        }
    if (n > 0)
        frame_put_num(f, row, "flips_pct", 100 * sum / n);
}

/* Figures of one column of the bootstrap; the base is compared with nothing. */
static void put_score(struct frame *f, int row, const struct overview *o, int v, int column)
{
    const struct matrix *m = o->matrix;
    const int base = m->variants[v].base;
    struct bootstrap score;
    if (!m->joint || isnan(matrix_value(m, v, column)))
        return;
    joint_mean(&score, m->joint, (size_t)v, (size_t)column);
    put_figure(f, row, "score", "pct", 100, score.value, score.low, score.high);
    put_rank(f, row, m, v, column);
    if (column < m->n_tasks)
        frame_put_int(f, row, "n_items", m->tasks[column].n_items);
    if (base == v || base < 0 || isnan(matrix_value(m, base, column)))
        return;
    put_difference(f, row, o, v, base, column);
    put_flips(f, row, m, v, base, column);
}

/* ---- variants ---- */

/* The architecture that the model's file names: "llama", "qwen3". */
static const char *family_of(struct arena *a, const struct cell_row *cells, int n, const char *model_sha256)
{
    const char *family = "";
    for (int i = 0; i < n && !family[0]; i++) {
        struct json *j;
        if (strcmp(cells[i].model_sha256, model_sha256) != 0 || !cells[i].model_info ||
            json_parse(&j, cells[i].model_info, strlen(cells[i].model_info), "model", NULL) < 0)
            continue;
        family = arena_strdup(a, json_str_or(json_root(j), "arch", ""));
        json_close(j);
    }
    return family;
}

static void put_speed(struct frame *f, int row, const struct matrix_variant *v)
{
    put_figure(f, row, "gen", "tps", 1, v->gen_tps.value, v->gen_tps.low, v->gen_tps.high);
    put_figure(f, row, "prompt", "tps", 1, v->prompt_tps.value, v->prompt_tps.low, v->prompt_tps.high);
    frame_put_num(f, row, "ttft_ms", 1000 * v->ttft_s);
}

static void put_memory(struct frame *f, int row, const struct matrix_variant *v)
{
    if (v->memory != MATRIX_MEMORY_MEASURED && v->memory != MATRIX_MEMORY_PREDICTED)
        return;
    frame_put_num(f, row, "ram_gb", v->memory_bytes / 1e9);
    frame_put_text(f, row, "ram_kind", v->memory == MATRIX_MEMORY_MEASURED ? "measured" : "predicted");
}

static void put_variant(struct overview *o, int i, const char *family)
{
    const struct matrix_variant *v = &o->matrix->variants[i];
    struct frame *f = &o->variants;
    int row = frame_add_row(f);
    frame_put_text(f, row, "model", o->matrix->models[v->i_model]);
    frame_put_text(f, row, "family", family);
    frame_put_text(f, row, "level", level_of(o->matrix, v));
    if (v->adapter[0])
        frame_put_text(f, row, "adapter", v->adapter);
    frame_put_num(f, row, "bpw", v->bpw);
    frame_put_num(f, row, "size_gb", v->file_bytes / 1e9);
    put_memory(f, row, v);
    put_speed(f, row, v);
    put_figure(f, row, "loss", "pct", 1, v->loss_pct.value, v->loss_pct.low, v->loss_pct.high);
    put_figure(f, row, "kl", "nat", 1, v->kl_nat.value, v->kl_nat.low, v->kl_nat.high);
    frame_put_num(f, row, "ppl", v->ppl);
    frame_set_bool(f, row, frame_column(f, "is_upcast"), v->is_upcast);
    frame_put_text(f, row, "missing", v->missing);
    o->is_upcast = o->is_upcast || v->is_upcast;
    if (matrix_has_composite(o->matrix))
        put_score(f, row, o, i, o->matrix->n_tasks);
    else if (o->matrix->n_tasks == 1)
        put_score(f, row, o, i, 0); /* one task is its own composite */
}

/* "best that fits 8 GiB" in the row of the choice. */
static int put_recommended(struct overview *o, struct err *err)
{
    static const double gib[] = {4, 8, 16};
    const int column = frame_column(&o->variants, "is_recommended");
    if (!matrix_has_composite(o->matrix))
        return 0;
    for (int i = 0; i < LEN(gib); i++) {
        struct recommend *r;
        const struct recommend_options options = {.ram_bytes = gib[i] * (double)(1 << 30), RECOMMEND_REST};
        if (recommend_of(&r, o->matrix, &options, err) < 0)
            return -1;
        if (r->best >= 0) {
            int row = r->rows[r->best].variant;
            const struct frame_cell *c = frame_at(&o->variants, row, column);
            const char *before = c->is_set && c->text[0] ? c->text : NULL;
            frame_set_text(&o->variants, row, column,
                           arena_printf(&o->variants.arena, before ? "%s, %g GiB" : "%sBest that fits a machine of %g GiB", before ? before : "", gib[i]));
        }
        recommend_close(r);
    }
    return 0;
}

/* ---- tables ---- */

static void put_tasks(struct overview *o)
{
    const struct matrix *m = o->matrix;
    for (int t = 0; t < m->n_tasks; t++)
        for (int v = 0; v < m->n_variants; v++) {
            if (!m->tasks[t].score[v])
                continue;
            int row = frame_add_row(&o->scores);
            frame_put_int(&o->scores, row, "variant", v);
            frame_put_text(&o->scores, row, "task", m->tasks[t].name);
            put_score(&o->scores, row, o, v, t);
        }
}

/* Copies a cell of equal name. */
static void copy_cell(struct frame *to, int row, const char *name, const struct frame *from, int from_row, const char *from_name)
{
    int c = frame_column(from, from_name);
    const struct frame_cell *cell = c < 0 ? NULL : frame_at(from, from_row, c);
    if (!cell || !cell->is_set)
        return;
    if (from->columns[c].kind == FRAME_TEXT)
        frame_put_text(to, row, name, cell->text);
    else if (from->columns[c].kind == FRAME_NUM)
        frame_put_num(to, row, name, cell->num);
    else
        frame_put_int(to, row, name, cell->i);
}

/* A row of a chart: the variant's own columns, and the figures of a row of variants or scores. */
static void put_chart_row(struct frame *f, const struct overview *o, int v, const struct frame *from, int from_row)
{
    int row = frame_add_row(f);
    for (int c = 0; c < f->n_columns; c++) {
        const char *name = f->columns[c].name;
        bool is_own = frame_column(&o->variants, name) >= 0 && frame_column(&o->scores, name) < 0;
        if (strcmp(name, "model") == 0)
            frame_set_text(f, row, c, line_of(f, o->matrix, &o->matrix->variants[v]));
        else if (strcmp(name, "is_base") == 0)
            frame_set_bool(f, row, c, o->matrix->variants[v].base == v);
        else if (strncmp(name, "composite", 9) == 0) {
            char score[64];
            snprintf(score, sizeof score, "score%s", name + 9);
            copy_cell(f, row, name, from, from_row, score);
        } else
            copy_cell(f, row, name, is_own ? &o->variants : from, is_own ? v : from_row, name);
    }
}

static void add_figure_columns(struct frame *f, const struct frame_spec *specs, int n, const char *const *names)
{
    for (; *names; names++)
        for (int i = 0; i < n; i++)
            if (strncmp(specs[i].name, *names, strlen(*names)) == 0)
                frame_add_columns(f, &specs[i], 1);
}

static void make_chart_frames(struct overview *o)
{
    static const struct frame_spec composite[] = {{"composite_pct", "points", "Composite", FRAME_NUM, 1},
                                                  {"composite_lo_pct", "points", "Composite, 95 % low", FRAME_NUM, 1},
                                                  {"composite_hi_pct", "points", "Composite, 95 % high", FRAME_NUM, 1}};
    static const struct frame_spec of_task[] = {{"task", "", "Task", FRAME_TEXT, 0}, {"is_base", "", "Base", FRAME_BOOL, 0}};
    static const char *const own[] = {"model", "level", "bpw", "size_gb", "ram_gb", "gen_", NULL};
    static const char *const own_short[] = {"model", "level", "bpw", "kl_", NULL};
    static const char *const level_figures[] = {"rank", "diff", "verdict", "retained", "flips", NULL};
    static const char *const task_figures[] = {"score", "rank", "diff", "verdict", "flips", NULL};
    add_figure_columns(&o->levels, variant_columns, LEN(variant_columns), own);
    frame_add_columns(&o->levels, composite, LEN(composite));
    add_figure_columns(&o->levels, score_columns, LEN(score_columns), level_figures);
    add_figure_columns(&o->tasks, variant_columns, LEN(variant_columns), own_short);
    frame_add_columns(&o->tasks, of_task, LEN(of_task));
    add_figure_columns(&o->tasks, score_columns, LEN(score_columns), task_figures);
    for (int v = 0; v < o->variants.n_rows; v++)
        put_chart_row(&o->levels, o, v, &o->variants, v);
    for (int r = 0; r < o->scores.n_rows; r++)
        put_chart_row(&o->tasks, o, (int)frame_at(&o->scores, r, 0)->i, &o->scores, r);
}

static bool has_adapter(const struct matrix *m, int i_model)
{
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].i_model == i_model && m->variants[v].adapter[0])
            return true;
    return false;
}

/* What adapters recover: a panel a model and task, of the models that were measured with one. */
static void make_recovery(struct overview *o)
{
    static const struct frame_spec columns[] = {
        {"model", "", "Model", FRAME_TEXT, 0},
        {"level", "", "Level", FRAME_TEXT, 0},
        {"panel", "", "Panel", FRAME_TEXT, 0},
        {"adapter", "", "Adapter", FRAME_TEXT, 0},
        {"score_pct", "points", "Score", FRAME_NUM, 1},
        {"score_lo_pct", "points", "Score, 95 % low", FRAME_NUM, 1},
        {"score_hi_pct", "points", "Score, 95 % high", FRAME_NUM, 1},
    };
    struct frame *f = &o->recovery;
    frame_add_columns(f, columns, LEN(columns));
    for (int r = 0; r < o->scores.n_rows; r++) {
        const int v = (int)frame_at(&o->scores, r, 0)->i;
        const struct matrix_variant *x = &o->matrix->variants[v];
        const char *model = o->matrix->models[x->i_model];
        if (!has_adapter(o->matrix, x->i_model))
            continue;
        const int row = frame_add_row(f);
        frame_put_text(f, row, "model", model);
        frame_put_text(f, row, "level", x->level);
        frame_put_text(f, row, "panel",
                       arena_printf(&f->arena, "%s, %s", model, frame_at(&o->scores, r, frame_column(&o->scores, "task"))->text));
        frame_put_text(f, row, "adapter", x->adapter[0] ? x->adapter : "none");
        for (int c = 4; c < LEN(columns); c++)
            copy_cell(f, row, columns[c].name, &o->scores, r, columns[c].name);
    }
}

static void make_items(struct overview *o)
{
    struct matrix *m = o->matrix;
    struct dashboard_items *items = arena_alloc(&o->scores.arena, (size_t)(m->n_tasks + 1) * sizeof *items);
    for (int t = 0; t < m->n_tasks; t++) {
        const struct matrix_task *task = &m->tasks[t];
        items[t] = (struct dashboard_items){.task = task->name, .n = task->n_items, .score = task->score, .leaves = task->leaves,
                                            .n_leaves = task->n_leaves, .leaf = task->leaf, .doc = task->doc};
    }
    o->items = items;
    o->dashboard = (struct dashboard){.variants = &o->variants, .scores = &o->scores, .items = items, .n_items = m->n_tasks,
                                      .margin_pct = o->margin_pct, .notes = m->notes, .n_notes = m->n_notes};
}

void overview_set_questions(struct overview *o, const char *const *const *of_task, const char *why_not)
{
    for (int t = 0; t < o->matrix->n_tasks; t++)
        o->items[t].question = of_task[t];
    o->dashboard.no_questions = why_not;
}

/* ---- provenance ---- */

static bool is_same_origin(const struct cell_row *a, const struct cell_row *b)
{
    return strcmp(a->model_sha256, b->model_sha256) == 0 && strcmp(a->engine, b->engine) == 0 && strcmp(a->machine_id, b->machine_id) == 0;
}

static bool is_before(const char *a, const char *b)
{
    return a && a[0] && (!b || !b[0] || strcmp(a, b) < 0);
}

/* Cells of one origin. */
struct origin {
    const struct cell_row *cell;
    int n_cells;
    const char *started, *finished;
};

static void origin_add(struct origin *o, const struct cell_row *c)
{
    o->cell = o->cell ? o->cell : c;
    o->n_cells++;
    if (is_before(c->started, o->started))
        o->started = c->started;
    if (is_before(o->finished, c->finished) || !o->finished)
        o->finished = c->finished;
}

static void make_provenance(struct frame *f, const struct cell_row *cells, int n)
{
    static const struct frame_spec columns[] = {
        {"model", "", "Model", FRAME_TEXT, 0},         {"model_sha256", "", "SHA-256 of its file", FRAME_TEXT, 0},
        {"engine", "", "Engine", FRAME_TEXT, 0},       {"machine", "", "Machine", FRAME_TEXT, 0},
        {"n_cells", "", "Cells", FRAME_INT, 0},        {"started", "", "First started (UTC)", FRAME_TEXT, 0},
        {"finished", "", "Last finished (UTC)", FRAME_TEXT, 0}};
    struct origin *origins = xcalloc((size_t)n + 1, sizeof *origins);
    int n_origins = 0;
    for (int i = 0; i < n; i++) {
        int k = 0;
        while (k < n_origins && !is_same_origin(origins[k].cell, &cells[i]))
            k++;
        n_origins += k == n_origins;
        origin_add(&origins[k], &cells[i]);
    }
    frame_add_columns(f, columns, LEN(columns));
    for (int i = 0; i < n_origins; i++) {
        const struct origin *o = &origins[i];
        const int row = frame_add_row(f);
        frame_put_text(f, row, "model", o->cell->model);
        frame_put_text(f, row, "model_sha256", o->cell->model_sha256);
        frame_put_text(f, row, "engine", o->cell->engine);
        frame_put_text(f, row, "machine", o->cell->machine_id);
        frame_put_int(f, row, "n_cells", o->n_cells);
        frame_put_text(f, row, "started", o->started);
        frame_put_text(f, row, "finished", o->finished);
    }
    free(origins);
}

/* ---- the whole ---- */

static void init_frames(struct overview *o)
{
    static const struct frame_spec where[] = {{"variant", "", "Variant", FRAME_INT, 0}, {"task", "", "Task", FRAME_TEXT, 0}};
    frame_init(&o->variants, "variants");
    frame_init(&o->scores, "scores");
    frame_init(&o->levels, "levels");
    frame_init(&o->tasks, "tasks");
    frame_init(&o->recovery, "recovery");
    frame_init(&o->provenance, "provenance");
    frame_add_columns(&o->variants, variant_columns, LEN(variant_columns));
    frame_add_columns(&o->variants, score_columns, LEN(score_columns));
    frame_add_columns(&o->scores, where, LEN(where));
    frame_add_columns(&o->scores, score_columns, LEN(score_columns));
}

int overview_load(struct overview *out, struct store *s, const struct matrix_options *options, double margin_pct, struct err *err)
{
    struct store *const stores[] = {s};
    struct cell_row *cells;
    struct arena a;
    int n, ret = -1;
    *out = (struct overview){.margin_pct = margin_pct};
    init_frames(out);
    arena_init(&a);
    if (query_cells(s, &a, &cells, &n, err) < 0 ||
        matrix_load(&out->matrix, stores, 1, options, err) < 0)
        goto done;
    const bool is_synthetic = out->matrix->is_synthetic;
    out->variants.is_synthetic = out->scores.is_synthetic = out->levels.is_synthetic = out->tasks.is_synthetic = is_synthetic;
    out->provenance.is_synthetic = out->recovery.is_synthetic = is_synthetic;
    for (int v = 0; v < out->matrix->n_variants; v++)
        put_variant(out, v, family_of(&a, cells, n, out->matrix->variants[v].model_sha256));
    if (put_recommended(out, err) < 0)
        goto done;
    put_tasks(out);
    make_chart_frames(out);
    make_recovery(out);
    make_items(out);
    make_provenance(&out->provenance, cells, n);
    ret = 0;
done:
    arena_release(&a);
    return ret;
}

void overview_release(struct overview *o)
{
    frame_release(&o->variants);
    frame_release(&o->scores);
    frame_release(&o->levels);
    frame_release(&o->tasks);
    frame_release(&o->recovery);
    frame_release(&o->provenance);
    matrix_close(o->matrix);
    *o = (struct overview){0};
}

const struct frame *overview_frame(const struct overview *o, const char *chart)
{
    static const struct {
        const char *chart;
        bool is_of_tasks;
    } charts[] = {{"accuracy_size", false}, {"speed_quality", false}, {"retained", false}, {"score_bpw", true}, {"flips", true}, {"kl_flips", true}};
    if (strcmp(chart, "recovery") == 0)
        return &o->recovery;
    for (int i = 0; i < LEN(charts); i++)
        if (strcmp(charts[i].chart, chart) == 0)
            return charts[i].is_of_tasks ? &o->tasks : &o->levels;
    return NULL;
}
