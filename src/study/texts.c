#include "study/texts.h"

#include <math.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "engine/backend.h"
#include "report/assets.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/mustache.h"
#include "report/raster.h"
#include "study/analyse.h"
#include "study/rank.h"
#include "study/recommend.h"
#include "study/sentences.h"
#include "study/text_tables.h"

#include "base/banned.h"

static const double ram_bytes = 8.0 * (1 << 30); /* the study guide's laptop */

struct texts {
    struct store *store;
    const char *dir;
    struct arena a;
    struct matrix *matrix;
    struct claims claims;
    struct rank *rank;
    struct recommend *recommend; /* for ram_bytes; NULL where nothing has a score */
    struct cell_row *cells; /* [n_cells] */
    int n_cells;
    struct frame text;
    struct buf facts;       /* JSON */
    struct jw w;
    struct err *err;
};

/* --- what is on disk --------------------------------------------------------------------------- */

static const char *chart_file(struct texts *t, const char *chart, const char *extension)
{
    return fs_join(&t->a, t->dir, arena_printf(&t->a, "%s.%s", chart, extension));
}

int texts_clear(const char *dir, struct err *err)
{
    struct arena a;
    int rc = 0;
    arena_init(&a);
    for (int i = 0; rc == 0 && i < chart_n(); i++) {
        const char *names[] = { arena_printf(&a, "%s.svg", chart_at(i)->name), arena_printf(&a, "%s.png", chart_at(i)->name),
                                arena_printf(&a, "paper/%s.pdf", chart_at(i)->name) };
        for (size_t k = 0; rc == 0 && k < sizeof names / sizeof names[0]; k++)
            rc = fs_remove(fs_join(&a, dir, names[k]), err);
    }
    arena_release(&a);
    return rc;
}

static int save(struct texts *t, const char *name, const struct buf *b)
{
    return fs_write(fs_join(&t->a, t->dir, name), b->data, b->len, t->err);
}

static int draw(struct texts *t, const struct chart *c)
{
    struct buf svg = BUF_INIT, png = BUF_INIT, pdf = BUF_INIT;
    int ret = -1;
    if (fs_read(&svg, chart_file(t, c->name, "svg"), t->err) < 0 || raster_png(&png, svg.data, svg.len, 2, t->err) < 0 ||
        raster_pdf(&pdf, svg.data, svg.len, c->title, NULL, t->err) < 0)
        goto done;
    if (save(t, arena_printf(&t->a, "%s.png", c->name), &png) < 0 || save(t, arena_printf(&t->a, "paper/%s.pdf", c->name), &pdf) < 0)
        goto done;
    ret = 0;
done:
    buf_release(&svg);
    buf_release(&png);
    buf_release(&pdf);
    return ret;
}

/* The charts that the report drew, as PDF and PNG and in the facts. */
static int put_charts(struct texts *t)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < chart_n(); i++) {
        const struct chart *c = chart_at(i);
        if (!fs_exists(chart_file(t, c->name, "svg")))
            continue;
        rc = draw(t, c);
        jw_object(&t->w);
        jw_kstr(&t->w, "file", c->name);
        jw_kstr(&t->w, "title", c->title);
        jw_end(&t->w);
    }
    return rc;
}

/* --- who, what, where -------------------------------------------------------------------------- */

static const char *joined(struct arena *a, const char *const *names, int n)
{
    const char *out = "";
    for (int i = 0; i < n; i++)
        out = arena_printf(a, "%s%s%s", out, i == 0 ? "" : i == n - 1 ? " and " : ", ", names[i]);
    return out;
}

static void put_count(struct texts *t, const char *key, int n)
{
    jw_kstr(&t->w, key, arena_printf(&t->a, "%d", n));
}

static const char *machine_text(struct texts *t)
{
    const char *info = NULL, *id = t->n_cells > 0 ? t->cells[0].machine_id : NULL, *text = "";
    struct json *j;
    for (int i = 1; id && i < t->n_cells; i++)
        if (strcmp(t->cells[i].machine_id, id) != 0)
            return "several machines (metadata of the data set describes them)";
    if (!id || query_machine(t->store, &t->a, id, &info, NULL) < 0 || !info || json_parse(&j, info, strlen(info), "machine", NULL) < 0)
        return "";
    yyjson_val *cpu = yyjson_obj_get(json_root(j), "cpu");
    const char *model = json_str_or(cpu, "model", "");
    if (*model)
        text = arena_printf(&t->a, "%s (%lld cores, %s)", model, (long long)json_int_or(cpu, "cores", 0),
                            json_str_or(json_root(j), "os_name", "system unknown"));
    json_close(j);
    return text;
}

/* "16 chunks, 4,080 scored tokens", when all levels were measured on as many. */
static const char *text_size(struct texts *t)
{
    const struct frame *f = &t->text;
    int64_t chunks = -1, tokens = 0;
    for (int r = 0; r < f->n_rows; r++) {
        const char *kind = frame_at(f, r, frame_column(f, "kind"))->text;
        if (strcmp(kind, "kl") != 0)
            continue;
        if (chunks >= 0 && chunks != frame_at(f, r, frame_column(f, "chunks"))->i)
            return "";
        chunks = frame_at(f, r, frame_column(f, "chunks"))->i;
        tokens = frame_at(f, r, frame_column(f, "tokens"))->i;
    }
    return chunks < 0 ? "" : arena_printf(&t->a, "%lld chunk%s with %lld scored tokens", (long long)chunks, chunks == 1 ? "" : "s", (long long)tokens);
}

static void put_times(struct texts *t)
{
    const char *first = "", *last = "";
    for (int i = 0; i < t->n_cells; i++) {
        const struct cell_row *c = &t->cells[i];
        if (!*first || strcmp(c->started, first) < 0)
            first = c->started;
        if (c->finished && strcmp(c->finished, last) > 0)
            last = c->finished;
    }
    jw_kstr(&t->w, "first", *last ? first : "");
    jw_kstr(&t->w, "last", last);
    jw_kstr(&t->w, "day", arena_strndup(&t->a, last, strcspn(last, "T ")));
}

static void put_head(struct texts *t)
{
    const struct matrix *m = t->matrix;
    bool is_synthetic = m->is_synthetic;
    for (int i = 0; i < t->n_cells; i++)
        is_synthetic |= t->cells[i].is_synthetic;
    jw_kbool(&t->w, "synthetic", is_synthetic);
    jw_kstr(&t->w, "version", PERBIT_VERSION);
    jw_kstr(&t->w, "engine", t->n_cells > 0 ? t->cells[0].engine : backend_build());
    jw_kstr(&t->w, "machine", machine_text(t));
    put_times(t);
    jw_kstr(&t->w, "title", m->n_models == 1 ? arena_printf(&t->a, "Bang per bit: what quantization costs %s", m->models[0])
                                             : arena_printf(&t->a, "Bang per bit: what quantization costs %d small language models", m->n_models));
    put_count(t, "n_models", m->n_models);
    put_count(t, "n_levels", m->n_levels);
    jw_kbool(&t->w, "one_model", m->n_models == 1);
    jw_kbool(&t->w, "one_level", m->n_levels == 1);
    jw_kstr(&t->w, "models", joined(&t->a, m->models, m->n_models));
    jw_kstr(&t->w, "levels", joined(&t->a, m->levels, m->n_levels));
}

static void put_tasks(struct texts *t)
{
    const struct matrix *m = t->matrix;
    const char **names = arena_alloc(&t->a, (size_t)m->n_tasks * sizeof *names + 1);
    int n = 0;
    jw_key(&t->w, "tasks");
    jw_array(&t->w);
    for (int i = 0; i < m->n_tasks; i++) {
        const struct matrix_task *k = &m->tasks[i];
        if (k->in_composite)
            names[n++] = claims_task_name(k->name);
        jw_object(&t->w);
        jw_kstr(&t->w, "name", claims_task_name(k->name));
        jw_kstr(&t->w, "metric", k->filter ? arena_printf(&t->a, "%s, %s", k->metric, k->filter) : k->metric);
        put_count(t, "n_items", k->n_items);
        jw_kbool(&t->w, "more", i > 0);
        jw_end(&t->w);
    }
    jw_end(&t->w);
    jw_kstr(&t->w, "composite", joined(&t->a, names, n));
}

/* "1 % of perplexity, 1 point of a score" */
static const char *margins_text(struct texts *t, bool has_ppl, bool has_score)
{
    const double points = t->claims.margin_points;
    const char *ppl = has_ppl ? arena_printf(&t->a, "%g %% of perplexity", t->claims.margin_pct) : "";
    const char *score = has_score ? arena_printf(&t->a, "%g %s of a score", points, points == 1 ? "point" : "points") : "";
    return arena_printf(&t->a, "%s%s%s", ppl, has_ppl && has_score ? ", " : "", score);
}

static void put_has(struct texts *t)
{
    const struct matrix *m = t->matrix;
    bool has_text = false, has_speed = false, has_memory = false, has_ppl = false, has_score = false;
    for (int v = 0; v < m->n_variants; v++) {
        has_text |= isfinite(m->variants[v].ppl);
        has_speed |= isfinite(m->variants[v].gen_tps.value) || isfinite(m->variants[v].prompt_tps.value);
        has_memory |= m->variants[v].memory == MATRIX_MEMORY_MEASURED;
    }
    for (int i = 0; i < t->claims.n; i++) {
        has_ppl |= t->claims.measures[i].column < 0;
        has_score |= t->claims.measures[i].column >= 0;
    }
    jw_kbool(&t->w, "has_text", has_text);
    jw_kbool(&t->w, "has_tasks", m->n_tasks > 0);
    jw_kbool(&t->w, "has_bootstrap", has_score);
    jw_kbool(&t->w, "has_composite", m->joint && matrix_has_composite(m));
    jw_kbool(&t->w, "has_claims", t->claims.n > 0);
    jw_kbool(&t->w, "has_speed", has_speed);
    jw_kbool(&t->w, "has_rank", t->rank->n_sentences > 0);
    jw_kbool(&t->w, "has_memory", has_memory);
    jw_kstr(&t->w, "text_size", has_text ? text_size(t) : "");
    jw_kstr(&t->w, "margins", margins_text(t, has_ppl, has_score));
}

/* --- findings ---------------------------------------------------------------------------------- */

typedef int put_sentences(struct texts *t);

static bool has_composite(const struct texts *t)
{
    return t->matrix->joint && matrix_has_composite(t->matrix);
}

static bool is_task(const struct texts *t, int i_measure)
{
    const int column = t->claims.measures[i_measure].column;
    return column >= 0 && column < t->matrix->n_tasks;
}

static int put_perplexity(struct texts *t)
{
    return t->claims.n > 0 && t->claims.measures[0].column < 0 ? sentences_of_losses(&t->w, &t->claims, 0, t->err) : 0;
}

static int put_composite(struct texts *t)
{
    for (int i = 0; i < t->claims.n; i++)
        if (t->claims.measures[i].column == t->matrix->n_tasks)
            return sentences_of_losses(&t->w, &t->claims, i, t->err);
    return 0;
}

/* With a composite only what differs: the rest is in the tables. */
static int put_by_task(struct texts *t)
{
    for (int i = 0; i < t->claims.n; i++)
        if (is_task(t, i) &&
            (has_composite(t) ? sentences_of_differences : sentences_of_losses)(&t->w, &t->claims, i, t->err) < 0)
            return -1;
    return 0;
}

static int put_speeds(struct texts *t)
{
    return sentences_of_speeds(&t->w, &t->claims);
}

static void put_text(struct texts *t, const char *text)
{
    jw_object(&t->w);
    jw_kstr(&t->w, "text", text);
    jw_end(&t->w);
}

/* Why there is no ranking stands among what is missing. */
static int put_rank(struct texts *t)
{
    const struct rank *r = t->rank;
    if (!*r->missing)
        put_text(t, r->answer);
    for (int i = 0; i < r->n_sentences; i++)
        put_text(t, r->sentences[i]);
    return 0;
}

static int put_recommend(struct texts *t)
{
    for (int i = 0; t->recommend && i < t->recommend->n_sentences; i++)
        put_text(t, t->recommend->sentences[i]);
    return 0;
}

static const struct {
    const char *heading;
    put_sentences *put;
} findings[] = {
    { "All tasks together", put_composite },
    { "Task by task", put_by_task },
    { "Perplexity", put_perplexity },
    { "Rankings, sensitivity and cliffs", put_rank },
    { "Speed", put_speeds },
    { "A computer with 8 GiB of memory", put_recommend },
};

/* What put writes, as an array that is not in the facts yet: out is "[]" when it writes nothing. */
static int collect(struct texts *t, put_sentences *put, struct buf *out)
{
    const struct jw facts = t->w;
    jw_init(&t->w, out);
    jw_array(&t->w);
    int rc = put(t);
    jw_end(&t->w);
    t->w = facts;
    return rc;
}

static bool has_any(const struct buf *array)
{
    return strcmp(array->data, "[]") != 0;
}

/* A finding without a sentence has no heading. */
static int put_finding(struct texts *t, const char *heading, put_sentences *put)
{
    struct buf text = BUF_INIT;
    int rc = collect(t, put, &text);
    if (rc == 0 && has_any(&text)) {
        jw_object(&t->w);
        jw_kstr(&t->w, "heading", heading);
        jw_key(&t->w, "sentences");
        jw_raw(&t->w, text.data);
        jw_end(&t->w);
    }
    buf_release(&text);
    return rc;
}

/* "key": [...], "has_key": is there any */
static int put_block(struct texts *t, const char *key, put_sentences *put)
{
    struct buf text = BUF_INIT;
    int rc = collect(t, put, &text);
    jw_key(&t->w, key);
    jw_raw(&t->w, text.data);
    jw_kbool(&t->w, arena_printf(&t->a, "has_%s", key), has_any(&text));
    buf_release(&text);
    return rc;
}

static int put_findings(struct texts *t)
{
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        if (put_finding(t, findings[i].heading, findings[i].put) < 0)
            return -1;
    return 0;
}

/* --- what is missing --------------------------------------------------------------------------- */

static int put_gaps(struct texts *t)
{
    int rc = sentences_of_gaps(&t->w, &t->claims, t->err);
    if (*t->rank->missing && t->matrix->n_models > 1)
        put_text(t, t->rank->answer);
    return rc;
}

/* --- references -------------------------------------------------------------------------------- */

static const struct {
    const char *key, *text;
} references[] = {
    { "which", "U. Kurt. Which Quantization Should I Use? arXiv:2601.14277, 2026." },
    { "flips", "A. Dutta et al. Accuracy is Not All You Need. arXiv:2407.09141, 2024." },
    { "lmeval", "EleutherAI. lm-evaluation-harness, version 0.4.13." },
    { "efron", "B. Efron. Bootstrap methods: another look at the jackknife. Annals of Statistics 7, 1979." },
    { "tost", "D. J. Schuirmann. A comparison of the two one-sided tests procedure. Journal of Pharmacokinetics and Biopharmaceutics 15, 1987." },
    { "holm", "S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 1979." },
    { "bonett", "D. G. Bonett and R. M. Price. Adjusted Wald confidence interval for a difference of binomial proportions based on paired data. "
                "Journal of Educational and Behavioral Statistics 37, 2012." },
    { "llamacpp", "G. Gerganov et al. llama.cpp." },
};

static void put_references(struct texts *t)
{
    jw_key(&t->w, "references");
    jw_array(&t->w);
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        jw_object(&t->w);
        put_count(t, "number", (int)i + 1);
        jw_kstr(&t->w, "key", references[i].key);
        jw_kstr(&t->w, "text", references[i].text);
        jw_end(&t->w);
    }
    jw_end(&t->w);
}

/* --- all of it --------------------------------------------------------------------------------- */

static int put_choices(struct texts *t)
{
    if (t->recommend && t->recommend->n_fit > 0 && t->recommend->n_sentences > 0)
        put_text(t, t->recommend->sentences[0]);
    return sentences_of_choices(&t->w, &t->claims, t->err);
}

static int put_budgets(struct texts *t)
{
    static const double gib = 1 << 30, budgets[] = { 2 * gib, 4 * gib, 8 * gib, 16 * gib };
    const struct recommend_options o = { RECOMMEND_REST };
    static const char *const shown[] = { "ram_gib", "choice", "quality", "memory_gib", "gen_tps", "runner_up", NULL };
    struct frame all = { 0 }, f;
    if (!t->recommend)
        return 0;
    int rc = recommend_table(&all, t->matrix, &o, budgets, sizeof budgets / sizeof budgets[0], t->err);
    if (rc == 0) {
        frame_select(&f, &all, shown);
        text_frame(&t->w, "The best variant for a computer's memory, and the next one.", &f);
        frame_release(&f);
    }
    frame_release(&all);
    return rc;
}

static int put_tables(struct texts *t)
{
    int rc = put_budgets(t);
    text_tables(&t->w, &t->claims);
    return rc;
}

static int put_facts(struct texts *t)
{
    jw_init(&t->w, &t->facts);
    jw_object(&t->w);
    put_head(t);
    put_has(t);
    put_tasks(t);
    if (put_block(t, "findings", put_findings) < 0 || put_block(t, "charts", put_charts) < 0 ||
        put_block(t, "choices", put_choices) < 0 || put_block(t, "gaps", put_gaps) < 0 || put_block(t, "tables", put_tables) < 0)
        return -1;
    put_references(t);
    jw_end(&t->w);
    return 0;
}

static int render(struct texts *t, yyjson_val *facts, const char *template, const char *to, mustache_escape *escape)
{
    struct buf out = BUF_INIT;
    int rc = mustache_render(&out, asset_find(template)->data, template, facts, escape, t->err);
    if (rc == 0)
        rc = save(t, to, &out);
    buf_release(&out);
    return rc;
}

static int write_all(struct texts *t)
{
    struct json *j;
    if (fs_mkdirs(fs_join(&t->a, t->dir, "paper"), t->err) < 0 || put_facts(t) < 0 || save(t, "texts.json", &t->facts) < 0 ||
        json_parse(&j, t->facts.data, t->facts.len, "texts.json", t->err) < 0)
        return -1;
    int rc = render(t, json_root(j), "section.tex", "paper/section.tex", markup_latex);
    if (rc == 0)
        rc = render(t, json_root(j), "post.md", "post.md", markup_md);
    json_close(j);
    return rc;
}

static bool has_scores(const struct texts *t)
{
    return t->claims.headline >= 0 && t->claims.measures[t->claims.headline].column >= 0;
}

int texts_write(struct store *s, const char *dir, const struct settings *settings, struct err *err)
{
    struct texts t = { .store = s, .dir = dir, .facts = BUF_INIT, .err = err };
    struct matrix_options options = MATRIX_DEFAULT;
    int ret = -1;
    options.where = settings->where;
    options.composite = settings->composite;
    options.bootstrap.n_resamples = (int)settings->resamples;
    arena_init(&t.a);
    if (query_cells(s, &t.a, &t.cells, &t.n_cells, err) < 0 || analyse_text(&t.text, s, err) < 0 ||
        matrix_load(&t.matrix, &s, 1, &options, err) < 0)
        goto done;
    claims_of(&t.claims, t.matrix, settings->margin, &t.a);
    t.rank = rank_of(t.matrix, &(struct rank_options)RANK_DEFAULT);
    if (has_scores(&t) &&
        recommend_of(&t.recommend, t.matrix, &(struct recommend_options){ .ram_bytes = ram_bytes, .reserve_bytes = -1, .confidence = 0.95,
                                                                     .margin = settings->margin / 100, .tolerance = 0.1 }, err) < 0)
        goto done;
    ret = write_all(&t);
done:
    recommend_close(t.recommend);
    rank_close(t.rank);
    matrix_close(t.matrix);
    frame_release(&t.text);
    buf_release(&t.facts);
    arena_release(&t.a);
    return ret;
}
