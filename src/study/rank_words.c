/* What a ranking says, in sentences; declared in rank.h. Numbers and their intervals, never a claim without its test. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "study/rank_internal.h"

#include "base/banned.h"

struct words {
    struct rank *r;
    const char *base; /* level of the bases, or what they are called together */
};

static const char *base_name(const struct matrix *m)
{
    const char *name = NULL;
    for (int v = 0; v < m->n_variants; v++) {
        const char *level = m->variants[m->variants[v].base].level;
        if (name && strcmp(name, level) != 0)
            return "the base";
        name = level;
    }
    return name ? name : "the base";
}

static void add_sentence(struct rank *r, const char *text)
{
    const char **more = arena_alloc(&r->arena, (size_t)(r->n_sentences + 1) * sizeof *more);
    if (r->n_sentences)
        memcpy(more, r->sentences, (size_t)r->n_sentences * sizeof *more);
    more[r->n_sentences++] = text;
    r->sentences = more;
}

static const char *keep(struct rank *r, struct buf *b)
{
    const char *text = arena_strdup(&r->arena, b->data);
    buf_release(b);
    return text;
}

/* ", " between, " and " before the last. */
static void add_listed(struct buf *b, int i, int n, const char *text)
{
    buf_printf(b, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", text);
}

static const char *p_text(struct arena *a, double p)
{
    return p < 0.001 ? "p < 0.001" : arena_printf(a, "p = %.3f", p);
}

static const char *pairs_word(size_t n)
{
    return n == 1 ? "pair" : "pairs";
}

/* --- levels ------------------------------------------------------------------------------------ */

static void say_level(struct words *w, const struct rank_column *c, struct rank_level *l)
{
    struct buf b = BUF_INIT;
    const struct ranking *k = &l->ranking;
    buf_printf(&b, "%s, %s against %s: ", c->name, l->level, w->base);
    if (isfinite(k->tau.value) && !isfinite(k->tau.low)) /* draws in which all models are alike have none */
        buf_printf(&b, "Kendall's tau-b %.2f; ", k->tau.value);
    else if (isfinite(k->tau.value))
        buf_printf(&b, "Kendall's tau-b %.2f (%.0f %% %.2f to %.2f); ", k->tau.value, 100 * w->r->confidence, k->tau.low, k->tau.high);
    buf_printf(&b, "of %zu %s of models %zu stand the other way round, %zu beyond doubt; %d cannot be told apart at %s, %d at %s.", k->n_pairs,
               pairs_word(k->n_pairs), k->n_inverted, k->n_claimed, l->n_open_base, w->base, l->n_open, l->level);
    l->sentence = keep(w->r, &b);
}

static const char *inversion_text(struct words *w, const struct rank_column *c, const struct rank_level *l, const struct ranking_pair *p)
{
    const struct matrix *m = w->r->matrix;
    return arena_printf(&w->r->arena, "%s: %s leads %s by %.1f points at %s and is %.1f points behind it at %s (probability of an inversion %.1f %%, "
                        "%s after Holm).", c->name, m->models[p->a], m->models[p->b], 100 * p->gap_base, w->base, -100 * p->gap_level, l->level,
                        100 * p->probability, p_text(&w->r->arena, p->p_holm));
}

static void say_inversions(struct words *w, const struct rank_column *c)
{
    for (int l = 0; l < c->n_levels; l++)
        for (size_t i = 0; i < c->levels[l].ranking.n_pairs; i++)
            if (c->levels[l].ranking.pair[i].is_claimed)
                add_sentence(w->r, inversion_text(w, c, &c->levels[l], &c->levels[l].ranking.pair[i]));
}

/* --- cliffs ------------------------------------------------------------------------------------ */

static void say_cliff(struct words *w, const struct rank_column *c, struct rank_cliff *x)
{
    struct buf b = BUF_INIT;
    const struct cliff *k = &x->cliff;
    buf_printf(&b, "%s, %s: ", c->name, w->r->matrix->models[x->i_model]);
    if (k->outcome == CLIFF_FEW)
        buf_printf(&b, "%d measured level%s below the base are too few for a cliff; four are needed.", x->n_levels, x->n_levels == 1 ? "" : "s");
    else if (k->outcome == CLIFF_FLAT)
        buf_puts(&b, "no level loses more than noise does.");
    else if (k->outcome == CLIFF_LINE)
        buf_puts(&b, "it loses with every bit, and no place where that begins is beyond doubt.");
    else
        buf_printf(&b, "it loses from %.2f bits per weight downward (%.0f %% %.2f to %.2f), %.1f points a bit there%s.", k->at,
                   100 * w->r->confidence, k->low, k->high, k->slope, x->is_claimed ? "" : "; not beyond doubt among so many models");
    x->sentence = keep(w->r, &b);
}

/* --- sensitivity ------------------------------------------------------------------------------- */

static int extreme(const struct rank *r, int sign)
{
    int best = -1;
    for (int c = 0; c < r->n_columns; c++)
        if (r->columns[c].column < r->matrix->n_tasks && isfinite(r->columns[c].sensitivity.value) &&
            (best < 0 || sign * (r->columns[c].sensitivity.value - r->columns[best].sensitivity.value) > 0))
            best = c;
    return best;
}

static void say_sensitivity(struct rank *r)
{
    const int most = extreme(r, 1), least = extreme(r, -1);
    if (most < 0 || most == least)
        return;
    const struct bootstrap *a = &r->columns[most].sensitivity, *b = &r->columns[least].sensitivity;
    const char *doubt = a->low > b->high ? "" : "; the intervals overlap, so which of the two is more sensitive is not sure";
    add_sentence(r, arena_printf(&r->arena, "%s loses most for each bit per weight less, %.2f points (%.0f %% %.2f to %.2f), %s least, %.2f (%.2f to %.2f)%s.",
                                 r->columns[most].name, a->value, 100 * r->confidence, a->low, a->high, r->columns[least].name, b->value, b->low,
                                 b->high, doubt));
}

/* --- the answer -------------------------------------------------------------------------------- */

static int n_with(const struct rank_column *c, bool has_claims)
{
    int n = 0;
    for (int l = 0; l < c->n_levels; l++)
        n += (c->levels[l].ranking.n_claimed > 0) == has_claims;
    return n;
}

static void list_levels(struct buf *b, const struct rank_column *c, bool has_claims)
{
    const int n = n_with(c, has_claims);
    for (int l = 0, i = 0; l < c->n_levels; l++)
        if ((c->levels[l].ranking.n_claimed > 0) == has_claims)
            add_listed(b, i++, n, c->levels[l].level);
}

static const char *answer_of(struct words *w)
{
    struct buf b = BUF_INIT;
    const struct rank_column *c = w->r->columns;
    const int n_hold = n_with(c, false), n_not = n_with(c, true);
    buf_printf(&b, "Do rankings at %s hold? ", w->base);
    if (n_not > 0) {
        buf_puts(&b, "Not at ");
        list_levels(&b, c, true);
        buf_printf(&b, ": %s at least one pair of models has changed places beyond doubt. ", n_not == 1 ? "there" : "at each of these");
    }
    if (n_hold > 0) {
        buf_puts(&b, n_not > 0 ? "At " : "As far as these questions tell: at ");
        list_levels(&b, c, false);
        buf_puts(&b, " no change of places is beyond doubt. ");
    }
    buf_printf(&b, "This is by %s of %d models; the chance of any false claim is at most %.0f %%.", c->name, c->levels[0].n_models, 100 * w->r->alpha);
    return keep(w->r, &b);
}

static bool has_levels(const struct rank *r)
{
    return r->n_columns > 0 && r->columns[0].n_levels > 0;
}

void rank_say(struct rank *r)
{
    struct words w = { r, base_name(r->matrix) };
    for (int c = 0; c < r->n_columns; c++) {
        for (int l = 0; l < r->columns[c].n_levels; l++)
            say_level(&w, &r->columns[c], &r->columns[c].levels[l]);
        for (int k = 0; k < r->matrix->n_models; k++)
            say_cliff(&w, &r->columns[c], &r->columns[c].cliffs[k]);
    }
    if (!*r->missing && !has_levels(r))
        r->missing = "no two models were measured at one level and at their bases";
    r->answer = *r->missing ? arena_printf(&r->arena, "No ranking: %s.", r->missing) : answer_of(&w);
    for (int l = 0; has_levels(r) && l < r->columns[0].n_levels; l++)
        add_sentence(r, r->columns[0].levels[l].sentence);
    for (int c = 0; c < r->n_columns; c++)
        say_inversions(&w, &r->columns[c]);
    say_sensitivity(r);
    for (int k = 0; r->n_columns > 0 && k < r->matrix->n_models; k++)
        if (r->columns[0].cliffs[k].cliff.outcome != CLIFF_FEW)
            add_sentence(r, r->columns[0].cliffs[k].sentence);
}
