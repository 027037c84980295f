/* A ranking as tables; declared in rank.h. */
#include <math.h>

#include "study/rank.h"

#include "base/banned.h"

static void put_level(struct frame *f, const struct rank_column *c, const struct rank_level *l)
{
    const int row = frame_add_row(f);
    frame_put_text(f, row, "column", c->name);
    frame_put_text(f, row, "level", l->level);
    frame_put_int(f, row, "models", l->n_models);
    frame_put_num(f, row, "tau", l->ranking.tau.value);
    frame_put_num(f, row, "tau_lo", l->ranking.tau.low);
    frame_put_num(f, row, "tau_hi", l->ranking.tau.high);
    frame_put_int(f, row, "pairs", (int64_t)l->ranking.n_pairs);
    frame_put_int(f, row, "inverted", (int64_t)l->ranking.n_inverted);
    frame_put_int(f, row, "claimed", (int64_t)l->ranking.n_claimed);
    frame_put_int(f, row, "open_base", l->n_open_base);
    frame_put_int(f, row, "open", l->n_open);
    frame_put_text(f, row, "sentence", l->sentence);
}

void rank_frame(struct frame *out, const struct rank *r)
{
    static const struct frame_spec columns[] = {
        { "column", "", "task", FRAME_TEXT, 0 },       { "level", "", "level", FRAME_TEXT, 0 },
        { "models", "", "models", FRAME_INT, 0 },      { "tau", "", "tau-b", FRAME_NUM, 3 },
        { "tau_lo", "", "95% low", FRAME_NUM, 3 },     { "tau_hi", "", "95% high", FRAME_NUM, 3 },
        { "pairs", "", "pairs", FRAME_INT, 0 },        { "inverted", "", "seen inverted", FRAME_INT, 0 },
        { "claimed", "", "beyond doubt", FRAME_INT, 0 }, { "open_base", "", "open at base", FRAME_INT, 0 },
        { "open", "", "open at level", FRAME_INT, 0 }, { "sentence", "", "in words", FRAME_TEXT, 0 },
    };
    frame_start(out, "rank", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int c = 0; c < r->n_columns; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++)
            put_level(out, &r->columns[c], &r->columns[c].levels[l]);
}

static void put_pair(struct frame *f, const struct rank *r, const struct rank_column *c, const struct rank_level *l, const struct ranking_pair *p)
{
    const int row = frame_add_row(f);
    frame_put_text(f, row, "column", c->name);
    frame_put_text(f, row, "level", l->level);
    frame_put_text(f, row, "ahead_at_base", r->matrix->models[p->a]);
    frame_put_text(f, row, "ahead_at_level", r->matrix->models[p->b]);
    frame_put_num(f, row, "gap_base", 100 * p->gap_base);
    frame_put_num(f, row, "gap_level", -100 * p->gap_level);
    frame_put_num(f, row, "probability", p->probability);
    frame_put_num(f, row, "p", p->p);
    frame_put_num(f, row, "p_holm", p->p_holm);
    frame_put_text(f, row, "verdict", p->is_claimed ? "inverted" : "undecided");
}

void rank_inversions_frame(struct frame *out, const struct rank *r, bool only_claimed)
{
    static const struct frame_spec columns[] = {
        { "column", "", "task", FRAME_TEXT, 0 },
        { "level", "", "level", FRAME_TEXT, 0 },
        { "ahead_at_base", "", "ahead at the base", FRAME_TEXT, 0 },
        { "ahead_at_level", "", "ahead at the level", FRAME_TEXT, 0 },
        { "gap_base", "points", "by", FRAME_NUM, 2 },
        { "gap_level", "points", "by", FRAME_NUM, 2 },
        { "probability", "", "probability", FRAME_NUM, 3 },
        { "p", "", "p", FRAME_NUM, 4 },
        { "p_holm", "", "p (Holm)", FRAME_NUM, 4 },
        { "verdict", "", "verdict", FRAME_TEXT, 0 },
    };
    frame_start(out, "inversions", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int c = 0; c < r->n_columns; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++) {
            const struct ranking *k = &r->columns[c].levels[l].ranking;
            for (size_t i = 0; i < k->n_pairs; i++)
                if (only_claimed ? k->pair[i].is_claimed : k->pair[i].is_inverted)
                    put_pair(out, r, &r->columns[c], &r->columns[c].levels[l], &k->pair[i]);
        }
}

static void put_place(struct frame *f, const struct rank *r, const struct rank_column *c, const struct rank_level *l, int k)
{
    const struct matrix *m = r->matrix;
    const int v = matrix_at(m, k, l->level), row = frame_add_row(f);
    struct bootstrap b;
    frame_put_text(f, row, "column", c->name);
    frame_put_text(f, row, "level", l->level);
    frame_put_text(f, row, "model", m->models[k]);
    joint_mean(&b, m->joint, (size_t)m->variants[v].base, (size_t)c->column);
    frame_put_num(f, row, "base_score", 100 * b.value);
    joint_mean(&b, m->joint, (size_t)v, (size_t)c->column);
    frame_put_num(f, row, "score", 100 * b.value);
    frame_put_num(f, row, "lo", 100 * b.low);
    frame_put_num(f, row, "hi", 100 * b.high);
    frame_put_int(f, row, "place_base", l->place_base[k]);
    frame_put_int(f, row, "place", l->place[k]);
}

void rank_places_frame(struct frame *out, const struct rank *r)
{
    static const struct frame_spec columns[] = {
        { "column", "", "task", FRAME_TEXT, 0 },           { "level", "", "level", FRAME_TEXT, 0 },
        { "model", "", "model", FRAME_TEXT, 0 },           { "base_score", "%", "score at the base", FRAME_NUM, 2 },
        { "score", "%", "score", FRAME_NUM, 2 },           { "lo", "%", "95% low", FRAME_NUM, 2 },
        { "hi", "%", "95% high", FRAME_NUM, 2 },           { "place_base", "", "place at the base", FRAME_INT, 0 },
        { "place", "", "place", FRAME_INT, 0 },
    };
    frame_start(out, "places", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int c = 0; c < r->n_columns; c++)
        for (int l = 0; l < r->columns[c].n_levels; l++)
            for (int k = 0; k < r->matrix->n_models; k++)
                if (r->columns[c].levels[l].place[k] > 0)
                    put_place(out, r, &r->columns[c], &r->columns[c].levels[l], k);
}

static const char *outcome_name(const struct rank_cliff *x)
{
    static const char *const names[] = { [CLIFF_FEW] = "too few levels", [CLIFF_FLAT] = "no loss", [CLIFF_LINE] = "a line", [CLIFF_FOUND] = "cliff" };
    return names[x->cliff.outcome];
}

static void put_cliff(struct frame *f, const struct rank *r, const struct rank_column *c, const struct rank_cliff *x)
{
    const int row = frame_add_row(f);
    const bool is_found = x->cliff.outcome == CLIFF_FOUND;
    frame_put_text(f, row, "column", c->name);
    frame_put_text(f, row, "model", r->matrix->models[x->i_model]);
    frame_put_text(f, row, "outcome", outcome_name(x));
    frame_put_num(f, row, "at_bpw", is_found ? x->cliff.at : (double)NAN);
    frame_put_num(f, row, "lo_bpw", is_found ? x->cliff.low : (double)NAN);
    frame_put_num(f, row, "hi_bpw", is_found ? x->cliff.high : (double)NAN);
    frame_put_num(f, row, "slope", is_found ? x->cliff.slope : (double)NAN);
    frame_put_num(f, row, "p_flat", x->cliff.p_flat);
    frame_put_num(f, row, "p_line", x->cliff.p_line);
    frame_put_num(f, row, "p_holm", x->p_holm);
    frame_set_bool(f, row, frame_column(f, "claimed"), x->is_claimed);
    frame_put_text(f, row, "sentence", x->sentence);
}

void rank_cliffs_frame(struct frame *out, const struct rank *r)
{
    static const struct frame_spec columns[] = {
        { "column", "", "task", FRAME_TEXT, 0 },           { "model", "", "model", FRAME_TEXT, 0 },
        { "outcome", "", "found", FRAME_TEXT, 0 },         { "at_bpw", "bit", "from", FRAME_NUM, 2 },
        { "lo_bpw", "bit", "95% low", FRAME_NUM, 2 },      { "hi_bpw", "bit", "95% high", FRAME_NUM, 2 },
        { "slope", "points/bit", "lost below", FRAME_NUM, 2 }, { "p_flat", "", "p (no loss)", FRAME_NUM, 4 },
        { "p_line", "", "p (a line)", FRAME_NUM, 4 },      { "p_holm", "", "p (Holm)", FRAME_NUM, 4 },
        { "claimed", "", "beyond doubt", FRAME_BOOL, 0 },  { "sentence", "", "in words", FRAME_TEXT, 0 },
    };
    frame_start(out, "cliffs", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int c = 0; c < r->n_columns; c++)
        for (int k = 0; k < r->matrix->n_models; k++)
            put_cliff(out, r, &r->columns[c], &r->columns[c].cliffs[k]);
}

void rank_sensitivity_frame(struct frame *out, const struct rank *r)
{
    static const struct frame_spec columns[] = {
        { "column", "", "task", FRAME_TEXT, 0 },
        { "loss", "points/bit", "lost a bit", FRAME_NUM, 3 },
        { "lo", "points/bit", "95% low", FRAME_NUM, 3 },
        { "hi", "points/bit", "95% high", FRAME_NUM, 3 },
    };
    frame_start(out, "sensitivity", columns, sizeof columns / sizeof columns[0], r->matrix->is_synthetic);
    for (int c = 0; c < r->n_columns; c++) {
        const int row = frame_add_row(out);
        frame_put_text(out, row, "column", r->columns[c].name);
        frame_put_num(out, row, "loss", r->columns[c].sensitivity.value);
        frame_put_num(out, row, "lo", r->columns[c].sensitivity.low);
        frame_put_num(out, row, "hi", r->columns[c].sensitivity.high);
    }
}
