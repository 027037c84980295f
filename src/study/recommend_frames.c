/* A recommendation as tables; declared in recommend.h. */
#include <math.h>

#include "study/recommend.h"

#include "base/banned.h"

static const double GIB = 1024.0 * 1024 * 1024;
static const char *const memory_names[] = { [MATRIX_MEMORY_NONE] = "unknown", [MATRIX_MEMORY_MEASURED] = "measured",
                                            [MATRIX_MEMORY_PREDICTED] = "predicted", [MATRIX_MEMORY_FILE] = "by the file" };

static const char *standing(const struct recommend *r, int i)
{
    return i == r->best ? "recommended" : i >= r->n_fit ? "no" : r->rows[i].is_alike ? "alike" : "worse";
}

static void put_row(struct frame *f, const struct recommend *r, int i)
{
    const struct recommend_row *x = &r->rows[i];
    const struct matrix_variant *v = &r->matrix->variants[x->variant];
    const int row = frame_add_row(f);
    frame_put_text(f, row, "model", v->model);
    frame_put_text(f, row, "level", v->level);
    frame_put_text(f, row, "standing", standing(r, i));
    frame_put_num(f, row, "quality", 100 * x->quality.value);
    frame_put_num(f, row, "lo", 100 * x->quality.low);
    frame_put_num(f, row, "hi", 100 * x->quality.high);
    frame_put_num(f, row, "behind", 100 * x->behind.value);
    frame_put_num(f, row, "behind_lo", 100 * x->behind.low);
    frame_put_num(f, row, "behind_hi", 100 * x->behind.high);
    frame_put_num(f, row, "memory_gib", v->memory_bytes / GIB);
    frame_put_text(f, row, "memory_is", memory_names[v->memory]);
    frame_put_num(f, row, "file_gib", v->file_bytes / GIB);
    frame_put_num(f, row, "gen_tps", x->tps);
    frame_put_text(f, row, "speed_is", isnan(x->tps) ? "unknown" : x->is_tps_predicted ? "predicted" : "measured");
    frame_put_num(f, row, "pareto", x->pareto);
    frame_put_text(f, row, "why_not", x->why_not);
}

void recommend_frame(struct frame *out, const struct recommend *r)
{
    static const struct frame_spec columns[] = {
        { "model", "", "model", FRAME_TEXT, 0 },          { "level", "", "level", FRAME_TEXT, 0 },
        { "standing", "", "", FRAME_TEXT, 0 },            { "quality", "%", "quality", FRAME_NUM, 1 },
        { "lo", "%", "95% low", FRAME_NUM, 1 },           { "hi", "%", "95% high", FRAME_NUM, 1 },
        { "behind", "points", "against it", FRAME_NUM, 1 }, { "behind_lo", "points", "95% low", FRAME_NUM, 1 },
        { "behind_hi", "points", "95% high", FRAME_NUM, 1 }, { "memory_gib", "GiB", "memory", FRAME_NUM, 2 },
        { "memory_is", "", "memory is", FRAME_TEXT, 0 },  { "file_gib", "GiB", "file", FRAME_NUM, 2 },
        { "gen_tps", "t/s", "generation, low end", FRAME_NUM, 1 }, { "speed_is", "", "speed is", FRAME_TEXT, 0 },
        { "pareto", "", "on frontier", FRAME_NUM, 2 },    { "why_not", "", "why not", FRAME_TEXT, 0 },
    };
    frame_start(out, "recommend", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int i = 0; i < r->n_rows; i++)
        put_row(out, r, i);
}

static void put_pair(struct frame *f, const struct recommend *r, const struct matched *p)
{
    const struct matrix_variant *big = &r->matrix->variants[p->big], *small = &r->matrix->variants[p->small];
    const int row = frame_add_row(f);
    frame_put_text(f, row, "bigger", big->name);
    frame_put_num(f, row, "bigger_gib", big->file_bytes / GIB);
    frame_put_text(f, row, "smaller", small->name);
    frame_put_num(f, row, "smaller_gib", small->file_bytes / GIB);
    frame_put_num(f, row, "difference", 100 * p->difference.value);
    frame_put_num(f, row, "lo", 100 * p->difference.low);
    frame_put_num(f, row, "hi", 100 * p->difference.high);
    frame_put_num(f, row, "p_holm", p->p_holm);
    frame_put_text(f, row, "verdict", verdict_name(p->verdict));
    frame_put_num(f, row, "margin", 100 * r->options.margin);
}

void recommend_matched_frame(struct frame *out, const struct recommend *r)
{
    static const struct frame_spec columns[] = {
        { "bigger", "", "bigger at fewer bits", FRAME_TEXT, 0 },  { "bigger_gib", "GiB", "file", FRAME_NUM, 2 },
        { "smaller", "", "smaller at more bits", FRAME_TEXT, 0 }, { "smaller_gib", "GiB", "file", FRAME_NUM, 2 },
        { "difference", "points", "difference", FRAME_NUM, 1 },   { "lo", "points", "95% low", FRAME_NUM, 1 },
        { "hi", "points", "95% high", FRAME_NUM, 1 },             { "p_holm", "", "p (Holm)", FRAME_NUM, 4 },
        { "verdict", "", "the bigger is", FRAME_TEXT, 0 },        { "margin", "points", "margin", FRAME_NUM, 1 },
    };
    frame_start(out, "matched", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int i = 0; i < r->n_matched; i++)
        put_pair(out, r, &r->matched[i]);
}

/* --- several budgets --------------------------------------------------------------------------- */

static void put_choice(struct frame *f, const struct recommend *r)
{
    const int row = frame_add_row(f);
    frame_put_num(f, row, "ram_gib", r->options.ram_bytes / GIB);
    frame_put_num(f, row, "budget_gib", r->budget_bytes / GIB);
    frame_put_int(f, row, "fit", r->n_fit);
    if (r->best < 0) {
        frame_put_text(f, row, "choice", "none");
        return;
    }
    const struct recommend_row *x = &r->rows[r->best];
    const struct matrix_variant *v = &r->matrix->variants[x->variant];
    frame_put_text(f, row, "choice", v->name);
    frame_put_num(f, row, "quality", 100 * x->quality.value);
    frame_put_num(f, row, "lo", 100 * x->quality.low);
    frame_put_num(f, row, "hi", 100 * x->quality.high);
    frame_put_num(f, row, "memory_gib", v->memory_bytes / GIB);
    frame_put_text(f, row, "memory_is", memory_names[v->memory]);
    frame_put_num(f, row, "gen_tps", x->tps);
    if (r->runner_up < 0)
        return;
    frame_put_text(f, row, "runner_up", r->matrix->variants[r->rows[r->runner_up].variant].name);
    frame_put_num(f, row, "behind", 100 * r->rows[r->runner_up].behind.value);
    frame_set_bool(f, row, frame_column(f, "alike"), r->rows[r->runner_up].is_alike);
}

int recommend_table(struct frame *out, const struct matrix *m, const struct recommend_options *o, const double *ram_bytes, int n,
                    struct err *err)
{
    static const struct frame_spec columns[] = {
        { "ram_gib", "GiB", "memory", FRAME_NUM, 0 },      { "budget_gib", "GiB", "for the model", FRAME_NUM, 1 },
        { "fit", "", "fit", FRAME_INT, 0 },                { "choice", "", "choice", FRAME_TEXT, 0 },
        { "quality", "%", "quality", FRAME_NUM, 1 },       { "lo", "%", "95% low", FRAME_NUM, 1 },
        { "hi", "%", "95% high", FRAME_NUM, 1 },           { "memory_gib", "GiB", "needs", FRAME_NUM, 2 },
        { "memory_is", "", "memory is", FRAME_TEXT, 0 },   { "gen_tps", "t/s", "generation, low end", FRAME_NUM, 1 },
        { "runner_up", "", "runner-up", FRAME_TEXT, 0 },   { "behind", "points", "against it", FRAME_NUM, 1 },
        { "alike", "", "alike", FRAME_BOOL, 0 },
    };
    frame_start(out, "recommend_table", columns, sizeof columns / sizeof columns[0], m->is_synthetic);
    for (int i = 0; i < n; i++) {
        struct recommend *r;
        struct recommend_options each = *o;
        each.ram_bytes = ram_bytes[i];
        if (recommend_of(&r, m, &each, err) < 0)
            return -1;
        put_choice(out, r);
        recommend_close(r);
    }
    return 0;
}
