#include "study/sentences.h"

#include <math.h>
#include <string.h>

#include "report/mustache.h"

#include "base/banned.h"

/* --- the table --------------------------------------------------------------------------------- */

/* What all claims of a level say together. */
enum pattern { ALL_SAME, ALL_WORSE, ALL_BETTER, ALL_UNDECIDED, MIXED, PATTERN_COUNT };

#define WHO "<<^one_model>><<#everywhere>> for each of the <<n_models>> models<</everywhere>><<^everywhere>> for each of the <<n_models>> models " \
            "that were measured there<</everywhere>><</one_model>><<#one_model>> for <<model>><</one_model>>"
#define COST "<<levels>> <<#one_level>>costs<</one_level>><<^one_level>>cost<</one_level>>"

static const struct {
    enum pattern when;
    bool is_one_claim; /* the sentence for a single claim */
    const char *text;
} losses[] = {
    { ALL_SAME, true, "<<levels>> costs <<model>> nothing measurable in <<how>>: the loss is <<max>> <<max_interval>>, all of it within <<margin>>." },
    { ALL_SAME, false, COST " nothing measurable in <<how>>" WHO ": every 95 % interval of the loss lies within <<margin>>; the largest loss is "
                            "<<max>> (<<max_of>>)." },
    { ALL_WORSE, true, "<<levels>> costs <<model>> <<max>> of <<how>> <<max_interval>>, more than <<margin>>." },
    { ALL_WORSE, false, COST " more than <<margin>> of <<how>>" WHO ": from <<min>> (<<min_of>>) to <<max>> (<<max_of>>)." },
    { ALL_BETTER, true, "<<levels>> is better than the base for <<model>> in <<how>>: the loss is <<max>> <<max_interval>>, a gain of more than <<margin>>." },
    { ALL_BETTER, false, "<<levels>> <<#one_level>>is<</one_level>><<^one_level>>are<</one_level>> better than the base in <<how>>" WHO
                         ", by more than <<margin>>: losses from <<min>> (<<min_of>>) to <<max>> (<<max_of>>)." },
    { ALL_UNDECIDED, true, "Whether <<levels>> costs <<model>> more than <<margin>> of <<how>> is undecided: the loss is <<max>> <<max_interval>>." },
    { ALL_UNDECIDED, false, "Whether <<levels>> <<#one_level>>costs<</one_level>><<^one_level>>cost<</one_level>> more than <<margin>> of <<how>> is "
                            "undecided" WHO ": the measured losses are <<min>> (<<min_of>>) to <<max>> (<<max_of>>)." },
    { MIXED, false, "What <<levels>> costs in <<how>> depends on the model<<#same>>; nothing measurable: <<same>><</same>><<#worse>>; more than "
                    "<<margin>>: <<worse>><</worse>><<#better>>; better by more than <<margin>>: <<better>><</better>><<#undecided>>; undecided: "
                    "<<undecided>><</undecided>>." },
};

/* --- small texts ------------------------------------------------------------------------------- */

/* "-0.00" reads as an error. */
static const char *number(struct arena *a, double v)
{
    const char *text = arena_printf(a, "%.2f", v);
    return strcmp(text, "-0.00") == 0 ? "0.00" : text;
}

static const char *amount(struct arena *a, const struct measure *k, double v)
{
    return arena_printf(a, "%s %s", number(a, v), k->unit);
}

static const char *margin_of(struct arena *a, const struct measure *k)
{
    return arena_printf(a, "%g %s", k->margin, k->column >= 0 && k->margin == 1 ? "point" : k->unit);
}

/* "A", "A and B", "A, B and C" */
static void add_name(struct buf *out, const char *name, int i, int n)
{
    buf_printf(out, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", name);
}

/* Renders one row of a table into the open array. */
static int put(struct jw *w, const char *text, const struct buf *facts, struct err *err)
{
    struct buf out = BUF_INIT;
    struct json *j;
    if (json_parse(&j, facts->data, facts->len, "facts of a sentence", err) < 0)
        return -1;
    int rc = mustache_render(&out, text, "a sentence", json_root(j), NULL, err);
    if (rc == 0) {
        jw_object(w);
        jw_kstr(w, "text", out.data);
        jw_end(w);
    }
    json_close(j);
    buf_release(&out);
    return rc;
}

static int put_plain(struct jw *w, const char *text)
{
    jw_object(w);
    jw_kstr(w, "text", text);
    jw_end(w);
    return 0;
}

/* --- losses ------------------------------------------------------------------------------------ */

/* The claims of one level, over all models. */
struct level {
    const char *name;
    int n[VERDICT_COUNT], n_claims, n_variants;
    enum pattern pattern;
    bool is_written;
};

static bool is_at(const struct matrix *m, int v, const char *level)
{
    return m->variants[v].base != v && strcmp(m->variants[v].level, level) == 0;
}

static enum pattern pattern_of(const struct level *l)
{
    static const enum pattern all[VERDICT_COUNT] = { [VERDICT_UNDECIDED] = ALL_UNDECIDED, [VERDICT_SAME] = ALL_SAME,
                                                     [VERDICT_WORSE] = ALL_WORSE, [VERDICT_BETTER] = ALL_BETTER };
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (l->n[v] == l->n_claims)
            return all[v];
    return MIXED;
}

static void count_level(struct level *l, const struct claims *c, const struct measure *k, const char *name)
{
    *l = (struct level){ .name = name };
    for (int v = 0; v < c->matrix->n_variants; v++) {
        if (!is_at(c->matrix, v, name))
            continue;
        l->n_variants++;
        l->n_claims += k->claims[v].is_there;
        l->n[k->claims[v].verdict] += k->claims[v].is_there;
    }
    l->pattern = pattern_of(l);
}

/* What one sentence is about: levels of one pattern. */
struct group {
    const struct claims *c;
    const struct measure *k;
    const struct level *levels[64];
    int n_levels;
    struct arena a;
};

static bool is_in(const struct group *g, int v)
{
    for (int i = 0; i < g->n_levels; i++)
        if (g->k->claims[v].is_there && is_at(g->c->matrix, v, g->levels[i]->name))
            return true;
    return false;
}

static void put_extreme(struct jw *w, struct group *g, const char *key, int sign)
{
    const struct matrix *m = g->c->matrix;
    int best = -1;
    for (int v = 0; v < m->n_variants; v++)
        if (is_in(g, v) && (best < 0 || sign * g->k->claims[v].loss > sign * g->k->claims[best].loss))
            best = v;
    if (best < 0)
        return;
    const struct claim *claim = &g->k->claims[best];
    const char *who = m->n_models == 1 ? m->variants[best].level : g->n_levels == 1 ? m->variants[best].model : m->variants[best].name;
    jw_kstr(w, key, amount(&g->a, g->k, claim->loss));
    jw_kstr(w, arena_printf(&g->a, "%s_of", key), who);
    jw_kstr(w, arena_printf(&g->a, "%s_interval", key),
            arena_printf(&g->a, "[%s, %s]", number(&g->a, claim->low), number(&g->a, claim->high)));
}

/* "A (0.30 %) and B (0.41 %)": who has this verdict. */
static void put_list(struct jw *w, struct group *g, const char *key, enum verdict verdict)
{
    const struct matrix *m = g->c->matrix;
    struct buf list = BUF_INIT;
    int n = 0, i = 0;
    for (int v = 0; v < m->n_variants; v++)
        n += is_in(g, v) && g->k->claims[v].verdict == verdict;
    for (int v = 0; v < m->n_variants; v++)
        if (is_in(g, v) && g->k->claims[v].verdict == verdict)
            add_name(&list, arena_printf(&g->a, "%s (%s)", m->variants[v].model, amount(&g->a, g->k, g->k->claims[v].loss)), i++, n);
    jw_kstr(w, key, list.data);
    buf_release(&list);
}

static void put_names(struct jw *w, const struct group *g)
{
    struct buf names = BUF_INIT;
    for (int i = 0; i < g->n_levels; i++)
        add_name(&names, g->levels[i]->name, i, g->n_levels);
    jw_kstr(w, "levels", names.data);
    jw_kbool(w, "one_level", g->n_levels == 1);
    buf_release(&names);
}

static void put_models(struct jw *w, struct group *g)
{
    const struct matrix *m = g->c->matrix;
    const int n = g->levels[0]->n_claims;
    int one = 0;
    for (int v = 0; v < m->n_variants; v++)
        one = is_in(g, v) ? v : one;
    jw_kstr(w, "n_models", arena_printf(&g->a, "%d", n));
    jw_kbool(w, "one_model", n == 1);
    jw_kbool(w, "everywhere", n == m->n_models);
    jw_kstr(w, "model", m->variants[one].model);
}

static const char *text_for(enum pattern p, bool is_one_claim)
{
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++)
        if (losses[i].when == p && (losses[i].is_one_claim == is_one_claim || p == MIXED))
            return losses[i].text;
    return NULL;
}

static int put_group(struct jw *w, struct group *g, struct err *err)
{
    struct buf facts = BUF_INIT;
    struct jw f;
    const enum pattern p = g->levels[0]->pattern;
    arena_init(&g->a);
    jw_init(&f, &facts);
    jw_object(&f);
    jw_kstr(&f, "how", g->k->how);
    jw_kstr(&f, "margin", margin_of(&g->a, g->k));
    put_names(&f, g);
    put_models(&f, g);
    put_extreme(&f, g, "min", -1);
    put_extreme(&f, g, "max", 1);
    put_list(&f, g, "same", VERDICT_SAME);
    put_list(&f, g, "worse", VERDICT_WORSE);
    put_list(&f, g, "better", VERDICT_BETTER);
    put_list(&f, g, "undecided", VERDICT_UNDECIDED);
    jw_end(&f);
    int rc = put(w, text_for(p, g->n_levels == 1 && g->levels[0]->n_claims == 1), &facts, err);
    buf_release(&facts);
    arena_release(&g->a);
    return rc;
}

/* Levels of one pattern share a sentence when the same number of models stands behind them; mixed ones are told one by one,
   and so is what a single model loses. */
static bool joins(const struct level *a, const struct level *b)
{
    return a->pattern == b->pattern && a->n_claims == b->n_claims && a->pattern != MIXED &&
           (a->pattern != ALL_WORSE || a->n_claims > 1);
}

int sentences_of_losses(struct jw *w, const struct claims *c, int i_measure, struct err *err)
{
    const struct measure *k = &c->measures[i_measure];
    struct level levels[64];
    int n = 0;
    for (int i = 0; i < c->matrix->n_levels && n < 64; i++) {
        count_level(&levels[n], c, k, c->matrix->levels[i]);
        n += levels[n].n_claims > 0;
    }
    for (int i = 0; i < n; i++) {
        struct group g = { .c = c, .k = k };
        if (levels[i].is_written)
            continue;
        for (int j = i; j < n; j++)
            if (j == i || (!levels[j].is_written && joins(&levels[i], &levels[j]))) {
                levels[j].is_written = true;
                g.levels[g.n_levels++] = &levels[j];
            }
        if (put_group(w, &g, err) < 0)
            return -1;
    }
    return 0;
}

/* --- differences ------------------------------------------------------------------------------- */

enum { LISTED_MAX = 8 };

static int n_of(const struct claims *c, const struct measure *k, enum verdict verdict)
{
    int n = 0;
    for (int v = 0; v < c->matrix->n_variants; v++)
        n += k->claims[v].is_there && k->claims[v].verdict == verdict;
    return n;
}

/* "A Q3_K_M (8.68 points) and A Q2_K (16.87 points)", or from the smallest to the largest of many. */
static const char *who_has(struct arena *a, const struct claims *c, const struct measure *k, enum verdict verdict)
{
    const struct matrix *m = c->matrix;
    struct buf list = BUF_INIT;
    const int n = n_of(c, k, verdict);
    int least = -1, most = -1, i = 0;
    for (int v = 0; v < m->n_variants; v++) {
        if (!k->claims[v].is_there || k->claims[v].verdict != verdict)
            continue;
        least = least < 0 || k->claims[v].loss < k->claims[least].loss ? v : least;
        most = most < 0 || k->claims[v].loss > k->claims[most].loss ? v : most;
        if (n <= LISTED_MAX)
            add_name(&list, arena_printf(a, "%s (%s)", m->variants[v].name, amount(a, k, k->claims[v].loss)), i++, n);
    }
    if (n > LISTED_MAX)
        buf_printf(&list, "from %s (%s) to %s (%s)", m->variants[least].name, amount(a, k, k->claims[least].loss), m->variants[most].name,
                   amount(a, k, k->claims[most].loss));
    const char *text = arena_strdup(a, list.data);
    buf_release(&list);
    return text;
}

int sentences_of_differences(struct jw *w, const struct claims *c, int i_measure, struct err *err)
{
    static const char text[] =
        "In <<how>>, <<#worse>><<n_worse>> of <<n>> compared variants <<#is_one>>is<</is_one>><<^is_one>>are<</is_one>> shown to lose more than "
        "<<margin>>: <<worse>><</worse>><<^worse>>none of the <<n>> compared variants is shown to lose more than <<margin>><</worse>>"
        "<<#better>>; <<n_better>> to gain more than it: <<better>><</better>>.";
    const struct measure *k = &c->measures[i_measure];
    const int n_worse = n_of(c, k, VERDICT_WORSE);
    struct arena a;
    struct buf facts = BUF_INIT;
    struct jw f;
    arena_init(&a);
    jw_init(&f, &facts);
    jw_object(&f);
    jw_kstr(&f, "how", k->how);
    jw_kstr(&f, "margin", margin_of(&a, k));
    jw_kstr(&f, "n", arena_printf(&a, "%d", k->n_claims));
    jw_kstr(&f, "n_worse", arena_printf(&a, "%d", n_worse));
    jw_kbool(&f, "is_one", n_worse == 1);
    jw_kstr(&f, "worse", who_has(&a, c, k, VERDICT_WORSE));
    jw_kstr(&f, "n_better", arena_printf(&a, "%d", n_of(c, k, VERDICT_BETTER)));
    jw_kstr(&f, "better", who_has(&a, c, k, VERDICT_BETTER));
    jw_end(&f);
    int rc = put(w, text, &facts, err);
    buf_release(&facts);
    arena_release(&a);
    return rc;
}

/* --- choices ----------------------------------------------------------------------------------- */

static bool is_smaller(const struct matrix *m, int v, int than)
{
    return m->variants[v].tensor_bytes < m->variants[than].tensor_bytes;
}

/* The smallest level of a model, below its base, whose loss is shown to be within the margin, or -1. */
static int smallest_same(const struct claims *c, const struct measure *k, int i_model)
{
    const struct matrix *m = c->matrix;
    int best = -1;
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].i_model == i_model && k->claims[v].is_there && k->claims[v].verdict == VERDICT_SAME &&
            is_smaller(m, v, best < 0 ? m->variants[v].base : best))
            best = v;
    return best;
}

static bool has_claim(const struct claims *c, const struct measure *k, int i_model)
{
    for (int v = 0; v < c->matrix->n_variants; v++)
        if (c->matrix->variants[v].i_model == i_model && k->claims[v].is_there)
            return true;
    return false;
}

static const char smallest_text[] =
    "For <<model>>, <<level>> is the smallest level that is shown to lose no more than <<margin>> of <<how>>: <<size>> GB of weights, "
    "<<bpw>> bits each, <<share>> % of its base; its loss is <<loss>>.";

static int put_smallest(struct jw *w, const struct claims *c, const struct measure *k, int i_model, int v, struct err *err)
{
    const struct matrix *m = c->matrix;
    struct arena a;
    struct buf facts = BUF_INIT;
    struct jw f;
    arena_init(&a);
    jw_init(&f, &facts);
    jw_object(&f);
    jw_kstr(&f, "model", m->models[i_model]);
    jw_kstr(&f, "how", k->how);
    jw_kstr(&f, "margin", margin_of(&a, k));
    jw_kstr(&f, "level", m->variants[v].level);
    jw_kstr(&f, "size", arena_printf(&a, "%.3f", m->variants[v].tensor_bytes / 1e9));
    jw_kstr(&f, "bpw", arena_printf(&a, "%.2f", m->variants[v].bpw));
    jw_kstr(&f, "share", arena_printf(&a, "%.0f", 100 * m->variants[v].tensor_bytes / m->variants[m->variants[v].base].tensor_bytes));
    jw_kstr(&f, "loss", amount(&a, k, k->claims[v].loss));
    jw_end(&f);
    int rc = put(w, smallest_text, &facts, err);
    buf_release(&facts);
    arena_release(&a);
    return rc;
}

/* The models that have claims, and no level that is the same. */
static void put_without(struct jw *w, const struct claims *c, const struct measure *k)
{
    const struct matrix *m = c->matrix;
    struct buf names = BUF_INIT;
    struct arena a;
    int n = 0, i = 0;
    arena_init(&a);
    for (int model = 0; model < m->n_models; model++)
        n += has_claim(c, k, model) && smallest_same(c, k, model) < 0;
    for (int model = 0; model < m->n_models; model++)
        if (has_claim(c, k, model) && smallest_same(c, k, model) < 0)
            add_name(&names, m->models[model], i++, n);
    if (n > 0)
        put_plain(w, arena_printf(&a, "For %s, no level below the base is shown to lose no more than %s of %s.", names.data, margin_of(&a, k), k->how));
    arena_release(&a);
    buf_release(&names);
}

static int put_by_model(struct jw *w, const struct claims *c, const struct measure *k, struct err *err)
{
    for (int i = 0; i < c->matrix->n_models; i++) {
        const int v = smallest_same(c, k, i);
        if (v >= 0 && put_smallest(w, c, k, i, v, err) < 0)
            return -1;
    }
    put_without(w, c, k);
    return 0;
}

/* Every model has a claim at the level, and every one says the same. */
static bool is_safe_for_all(const struct claims *c, const struct measure *k, const char *level)
{
    int n = 0;
    for (int v = 0; v < c->matrix->n_variants; v++)
        if (is_at(c->matrix, v, level)) {
            if (!k->claims[v].is_there || k->claims[v].verdict != VERDICT_SAME)
                return false;
            n++;
        }
    return n >= c->matrix->n_models;
}

static int put_common(struct jw *w, const struct claims *c, const struct measure *k)
{
    const struct matrix *m = c->matrix;
    struct arena a;
    const char *level = NULL;
    if (m->n_models < 2)
        return 0;
    for (int i = 0; i < m->n_levels; i++) /* from many bits to few: the last one is the smallest */
        if (is_safe_for_all(c, k, m->levels[i]))
            level = m->levels[i];
    arena_init(&a);
    int rc = put_plain(w, level ? arena_printf(&a, "%s is the lowest level that is shown to be safe for all %d models: none loses more than %s of %s.",
                                               level, m->n_models, margin_of(&a, k), k->how)
                                : arena_printf(&a, "No level below the base is shown to be safe for all %d models (a loss of no more than %s of %s).",
                                               m->n_models, margin_of(&a, k), k->how));
    arena_release(&a);
    return rc;
}

static int base_of_model(const struct matrix *m, int i_model)
{
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].i_model == i_model && m->variants[v].base == v && isfinite(m->variants[v].gen_tps.value))
            return v;
    return -1;
}

/* The fastest of the levels whose interval is all above the base's, or -1. */
static int fastest(const struct matrix *m, int base)
{
    int best = -1;
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].base == base && m->variants[v].gen_tps.low > m->variants[base].gen_tps.high &&
            (best < 0 || m->variants[v].gen_tps.value > m->variants[best].gen_tps.value))
            best = v;
    return best;
}

static int n_with_speed(const struct matrix *m, int base)
{
    int n = 0;
    for (int v = 0; v < m->n_variants; v++)
        n += m->variants[v].base == base && isfinite(m->variants[v].gen_tps.value);
    return n;
}

static int put_speed(struct jw *w, const struct claims *c, int i_model)
{
    const struct matrix *m = c->matrix;
    const int base = base_of_model(m, i_model);
    struct arena a;
    if (base < 0 || n_with_speed(m, base) < 2)
        return 0;
    const int best = fastest(m, base);
    const struct matrix_variant *b = &m->variants[base], *f = best < 0 ? b : &m->variants[best];
    arena_init(&a);
    int rc = put_plain(w, best < 0 ? arena_printf(&a, "No level of %s is shown to generate faster than %s here.", b->model, b->level)
                                   : arena_printf(&a, "%s generates fastest at %s: %.1f tokens a second [%.1f, %.1f] against %.1f [%.1f, %.1f] at %s.",
                                                  f->model, f->level, f->gen_tps.value, f->gen_tps.low, f->gen_tps.high, b->gen_tps.value,
                                                  b->gen_tps.low, b->gen_tps.high, b->level));
    arena_release(&a);
    return rc;
}

int sentences_of_choices(struct jw *w, const struct claims *c, struct err *err)
{
    const struct measure *k = c->headline >= 0 ? &c->measures[c->headline] : NULL;
    if (!k)
        return 0;
    return put_common(w, c, k) < 0 ? -1 : put_by_model(w, c, k, err);
}

int sentences_of_speeds(struct jw *w, const struct claims *c)
{
    for (int i = 0; i < c->matrix->n_models; i++)
        if (put_speed(w, c, i) < 0)
            return -1;
    return 0;
}

/* --- gaps -------------------------------------------------------------------------------------- */

static bool has_base(const struct matrix *m)
{
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].base == v)
            return true;
    return false;
}

static bool has_speed(const struct matrix *m)
{
    for (int v = 0; v < m->n_variants; v++)
        if (isfinite(m->variants[v].gen_tps.value) || isfinite(m->variants[v].prompt_tps.value))
            return true;
    return false;
}

static bool has_one_model(const struct claims *c) { return c->matrix->n_models == 1; }
static bool has_one_level(const struct claims *c) { return c->matrix->n_levels == 1; }
static bool has_no_tasks(const struct claims *c) { return c->matrix->n_tasks == 0; }
static bool has_no_text(const struct claims *c) { return c->n == 0 || c->measures[0].column >= 0; }
static bool has_no_speed(const struct claims *c) { return !has_speed(c->matrix); }
static bool has_no_claims(const struct claims *c) { return c->n == 0 && has_base(c->matrix) && c->matrix->n_levels > 1; }
static bool has_no_composite(const struct claims *c) { return c->matrix->n_tasks > 0 && !matrix_has_composite(c->matrix); }

static const struct {
    bool (*when)(const struct claims *c);
    const char *text;
} gaps[] = {
    { has_one_model, "Only one model was measured: nothing is said about rankings of models." },
    { has_one_level, "Only one level was measured: nothing is said about what quantization costs." },
    { has_no_claims, "No level could be compared with its base." },
    { has_no_tasks, "No tasks were measured: perplexity and KL divergence say how much a level changes a model, not how well it does a task." },
    { has_no_composite, "Fewer than two tasks stand for all models: there is no composite score." },
    { has_no_text, "Perplexity and KL divergence were not measured against the base." },
    { has_no_speed, "Speed was not measured." },
};

/* Where the next "; name: why" begins; a "; " inside of a reason begins none. */
static const char *next_piece(const char *piece)
{
    for (const char *c = strstr(piece, "; "); c; c = strstr(c + 2, "; ")) {
        const size_t n = strcspn(c + 2, " :;");
        if (n > 0 && c[2 + n] == ':' && c[3 + n] == ' ')
            return c + 2;
    }
    return NULL;
}

/* "a: failed: x; b: failed: x; c: not run" -> "a, b: failed: x; c: not run": one bad file fails many measures at once. */
static void put_missing(struct buf *out, const char *missing)
{
    const char *why = NULL;
    size_t n_why = 0;
    for (const char *p = missing, *next; p && *p; p = next) {
        next = next_piece(p);
        const size_t n = next ? (size_t)(next - p) - 2 : strlen(p), n_name = strcspn(p, ":");
        const bool same = why && n - n_name == n_why && strncmp(p + n_name, why, n_why) == 0;
        if (why && !same) {
            buf_append(out, why, n_why);
            buf_puts(out, "; ");
        }
        buf_puts(out, same ? ", " : "");
        buf_append(out, p, n_name < n ? n_name : n);
        why = p + n_name;
        n_why = n - n_name;
    }
    if (why)
        buf_append(out, why, n_why);
}

static void put_missing_of(struct jw *w, const struct matrix_variant *v)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "Not measured of %s: ", v->name);
    put_missing(&text, v->missing);
    buf_putc(&text, '.');
    put_plain(w, text.data);
    buf_release(&text);
}

int sentences_of_gaps(struct jw *w, const struct claims *c, struct err *err)
{
    const struct matrix *m = c->matrix;
    struct arena a;
    (void)err;
    arena_init(&a);
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
        if (gaps[i].when(c))
            put_plain(w, gaps[i].text);
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].missing && *m->variants[v].missing)
            put_missing_of(w, &m->variants[v]);
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].is_upcast && m->variants[v].base == v)
            put_plain(w, arena_printf(&a, "The base of %s was made from a file with fewer bits: losses are against those weights, not against the "
                                          "model as it was published.", m->variants[v].model));
    for (int i = 0; i < m->n_notes; i++)
        put_plain(w, m->notes[i]);
    arena_release(&a);
    return 0;
}
