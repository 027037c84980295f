#include "study/text_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

enum { TASKS_A_TABLE = 8, COLUMNS_MAX = 16 };

/* One column of a model's table; which: what `put` needs to know besides, a measure or a column of the matrix. */
struct column {
    const char *head;
    bool is_text;
    void (*put)(struct buf *out, const struct claims *c, int v, int which);
    int which;
};

static void put_number(struct buf *out, double v, int decimals)
{
    char text[64];
    if (!isfinite(v))
        return;
    snprintf(text, sizeof text, "%.*f", decimals, v);
    buf_puts(out, text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1) ? text + 1 : text);
}

static void put_interval(struct buf *out, double low, double high, int decimals)
{
    buf_puts(out, "[");
    put_number(out, low, decimals);
    buf_puts(out, ", ");
    put_number(out, high, decimals);
    buf_puts(out, "]");
}

static const struct matrix_variant *variant(const struct claims *c, int v) { return &c->matrix->variants[v]; }
static const struct claim *claim(const struct claims *c, int v, int i) { return &c->measures[i].claims[v]; }

static void put_level(struct buf *out, const struct claims *c, int v, int which)
{
    const struct matrix_variant *k = variant(c, v);
    const size_t n = strlen(k->model);
    (void)which; /* the name has what tells two files of a level apart */
    buf_puts(out, strncmp(k->name, k->model, n) == 0 && k->name[n] == ' ' ? k->name + n + 1 : k->level);
}
static void put_bpw(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->bpw, 2); }
static void put_size(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->file_bytes / 1e9, 3); }
static void put_ppl(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->ppl, 4); }
static void put_kl(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->kl_nat.value, 5); }
static void put_prompt(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->prompt_tps.value, 1); }
static void put_gen(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->gen_tps.value, 1); }
static void put_ttft(struct buf *out, const struct claims *c, int v, int which) { (void)which; put_number(out, variant(c, v)->ttft_s, 3); }
static void put_memory(struct buf *out, const struct claims *c, int v, int which)
{
    (void)which;
    if (variant(c, v)->memory == MATRIX_MEMORY_MEASURED)
        put_number(out, variant(c, v)->memory_bytes / 1e9, 3);
}
static void put_score(struct buf *out, const struct claims *c, int v, int column)
{
    put_number(out, 100 * matrix_value(c->matrix, v, column), 2);
}
static void put_loss(struct buf *out, const struct claims *c, int v, int measure)
{
    if (claim(c, v, measure)->is_there)
        put_number(out, claim(c, v, measure)->loss, 2);
}
static void put_loss_interval(struct buf *out, const struct claims *c, int v, int measure)
{
    if (claim(c, v, measure)->is_there)
        put_interval(out, claim(c, v, measure)->low, claim(c, v, measure)->high, 2);
}
static void put_verdict(struct buf *out, const struct claims *c, int v, int measure)
{
    if (claim(c, v, measure)->is_there)
        buf_puts(out, verdict_name(claim(c, v, measure)->verdict));
}

/* --- one table --------------------------------------------------------------------------------- */

struct table {
    const char *caption;
    struct column columns[COLUMNS_MAX];
    int n_columns;
};

static void add(struct table *t, const char *head, bool is_text, void (*put)(struct buf *, const struct claims *, int, int), int which)
{
    if (t->n_columns < COLUMNS_MAX)
        t->columns[t->n_columns++] = (struct column){ head, is_text, put, which };
}

static void put_cell(struct jw *w, const char *text, bool is_text, bool more)
{
    jw_object(w);
    jw_kstr(w, "text", text);
    jw_kbool(w, "is_text", is_text);
    jw_kbool(w, "more", more);
    jw_end(w);
}

static bool has_value(const struct column *k, const struct claims *c, int i_model)
{
    struct buf text = BUF_INIT;
    for (int v = 0; v < c->matrix->n_variants && text.len == 0; v++)
        if (variant(c, v)->i_model == i_model)
            k->put(&text, c, v, k->which);
    bool has = text.len > 0;
    buf_release(&text);
    return has;
}

/* Takes out the columns that are empty for this model. */
static void drop_empty(struct table *t, const struct claims *c, int i_model)
{
    int n = 0;
    for (int i = 0; i < t->n_columns; i++)
        if (has_value(&t->columns[i], c, i_model))
            t->columns[n++] = t->columns[i];
    t->n_columns = n;
}

static void put_row(struct jw *w, const struct table *t, const struct claims *c, int v)
{
    jw_object(w);
    jw_key(w, "cells");
    jw_array(w);
    for (int i = 0; i < t->n_columns; i++) {
        struct buf text = BUF_INIT;
        t->columns[i].put(&text, c, v, t->columns[i].which);
        put_cell(w, text.data, t->columns[i].is_text, i > 0);
        buf_release(&text);
    }
    jw_end(w);
    jw_end(w);
}

static void put_table(struct jw *w, struct table *t, const struct claims *c, int i_model)
{
    char align[COLUMNS_MAX + 1] = "";
    drop_empty(t, c, i_model);
    if (t->n_columns < 2)
        return;
    for (int i = 0; i < t->n_columns; i++)
        align[i] = t->columns[i].is_text ? 'l' : 'r';
    jw_object(w);
    jw_kstr(w, "caption", t->caption);
    jw_kstr(w, "align", align);
    jw_key(w, "head");
    jw_array(w);
    for (int i = 0; i < t->n_columns; i++)
        put_cell(w, t->columns[i].head, t->columns[i].is_text, i > 0);
    jw_end(w);
    jw_key(w, "rows");
    jw_array(w);
    for (int v = 0; v < c->matrix->n_variants; v++)
        if (variant(c, v)->i_model == i_model)
            put_row(w, t, c, v);
    jw_end(w);
    jw_end(w);
}

/* --- tables of a model ------------------------------------------------------------------------- */

static void size_table(struct jw *w, const struct claims *c, int i_model, struct arena *a)
{
    struct table t = { .caption = arena_printf(a, "%s: size and loss of perplexity.", c->matrix->models[i_model]) };
    const bool has_loss = c->n > 0 && c->measures[0].column < 0;
    add(&t, "level", true, put_level, 0);
    add(&t, "bits/weight", false, put_bpw, 0);
    add(&t, "file (GB)", false, put_size, 0);
    add(&t, "PPL", false, put_ppl, 0);
    if (has_loss) {
        add(&t, "loss (%)", false, put_loss, 0);
        add(&t, "95 % interval", false, put_loss_interval, 0);
        add(&t, "verdict", true, put_verdict, 0);
    }
    add(&t, "KL (nat)", false, put_kl, 0);
    put_table(w, &t, c, i_model);
}

static void speed_table(struct jw *w, const struct claims *c, int i_model, struct arena *a)
{
    struct table t = { .caption = arena_printf(a, "%s: speed and memory.", c->matrix->models[i_model]) };
    add(&t, "level", true, put_level, 0);
    add(&t, "prompt (t/s)", false, put_prompt, 0);
    add(&t, "generation (t/s)", false, put_gen, 0);
    add(&t, "first token (s)", false, put_ttft, 0);
    add(&t, "peak memory (GB)", false, put_memory, 0);
    put_table(w, &t, c, i_model);
}

static void score_table(struct jw *w, const struct claims *c, int i_model, int from, struct arena *a)
{
    const struct matrix *m = c->matrix;
    struct table t = { .caption = arena_printf(a, "%s: scores in percent.", m->models[i_model]) };
    add(&t, "level", true, put_level, 0);
    for (int i = from; i < m->n_tasks && i < from + TASKS_A_TABLE; i++)
        add(&t, claims_task_name(m->tasks[i].name), false, put_score, i);
    if (from == 0 && matrix_has_composite(m))
        add(&t, "composite", false, put_score, m->n_tasks);
    put_table(w, &t, c, i_model);
}

static void loss_table(struct jw *w, const struct claims *c, int i_model, struct arena *a)
{
    const int k = c->headline;
    if (k < 0 || c->measures[k].column < 0)
        return;
    struct table t = { .caption = arena_printf(a, "%s: loss of %s against the base, in points.", c->matrix->models[i_model], c->measures[k].how) };
    add(&t, "level", true, put_level, 0);
    add(&t, "bits/weight", false, put_bpw, 0);
    add(&t, "score (%)", false, put_score, c->measures[k].column);
    add(&t, "loss", false, put_loss, k);
    add(&t, "95 % interval", false, put_loss_interval, k);
    add(&t, "verdict", true, put_verdict, k);
    put_table(w, &t, c, i_model);
}

void text_tables(struct jw *w, const struct claims *c)
{
    struct arena a;
    arena_init(&a);
    for (int i = 0; i < c->matrix->n_models; i++) {
        size_table(w, c, i, &a);
        loss_table(w, c, i, &a);
        for (int from = 0; c->matrix->joint && from < c->matrix->n_tasks; from += TASKS_A_TABLE)
            score_table(w, c, i, from, &a);
        speed_table(w, c, i, &a);
    }
    arena_release(&a);
}

/* --- any frame --------------------------------------------------------------------------------- */

static bool is_empty(const struct frame *f, int column)
{
    for (int r = 0; r < f->n_rows; r++) {
        const struct frame_cell *k = frame_at(f, r, column);
        if (k->is_set && (f->columns[column].kind != FRAME_TEXT || k->text[0]))
            return false;
    }
    return true;
}

static void put_frame_row(struct jw *w, const struct frame *f, int row)
{
    int n = 0;
    for (int c = 0; c < f->n_columns; c++) {
        struct buf text = BUF_INIT;
        const struct frame_column *k = &f->columns[c];
        if (is_empty(f, c))
            continue;
        if (row >= 0)
            frame_format_cell(&text, f, row, c, false);
        else
            buf_printf(&text, "%s%s%s%s", k->label, *k->unit ? " (" : "", k->unit, *k->unit ? ")" : "");
        put_cell(w, text.data, k->kind == FRAME_TEXT, n++ > 0);
        buf_release(&text);
    }
}

void text_frame(struct jw *w, const char *caption, const struct frame *f)
{
    struct buf align = BUF_INIT;
    if (f->n_rows == 0)
        return;
    for (int c = 0; c < f->n_columns; c++)
        if (!is_empty(f, c))
            buf_putc(&align, f->columns[c].kind == FRAME_TEXT ? 'l' : 'r');
    jw_object(w);
    jw_kstr(w, "caption", caption);
    jw_kstr(w, "align", align.data);
    jw_key(w, "head");
    jw_array(w);
    put_frame_row(w, f, -1);
    jw_end(w);
    jw_key(w, "rows");
    jw_array(w);
    for (int r = 0; r < f->n_rows; r++) {
        jw_object(w);
        jw_key(w, "cells");
        jw_array(w);
        put_frame_row(w, f, r);
        jw_end(w);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    buf_release(&align);
}
