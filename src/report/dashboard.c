#include "report/dashboard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

/* ---- tables ---- */

static const char *kind_name(enum frame_kind kind)
{
    return kind == FRAME_TEXT ? "text" : kind == FRAME_BOOL ? "bool" : "num";
}

static void put_column(struct jw *w, const struct frame_column *c)
{
    jw_object(w);
    jw_kstr(w, "name", c->name);
    jw_kstr(w, "label", c->label);
    jw_kstr(w, "unit", c->unit);
    jw_kstr(w, "kind", kind_name(c->kind));
    jw_kint(w, "decimals", c->kind == FRAME_INT ? 0 : c->decimals);
    jw_end(w);
}

/* Numbers at the precision that a table shows and two digits more: full precision would be most of the page. */
static void put_num(struct jw *w, const struct frame_column *c, double v)
{
    char text[64];
    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    snprintf(text, sizeof text, "%.*g", 8, v);
    if (c->decimals >= 0 && fabs(v) < 1e9)
        snprintf(text, sizeof text, "%.*f", c->decimals + 2, v);
    jw_num(w, strtod(text, NULL));
}

static void put_cell(struct jw *w, const struct frame_column *c, const struct frame_cell *cell)
{
    if (!cell->is_set || c->kind == FRAME_LIST)
        jw_null(w);
    else if (c->kind == FRAME_TEXT)
        jw_str(w, cell->text);
    else if (c->kind == FRAME_BOOL)
        jw_bool(w, cell->i != 0);
    else if (c->kind == FRAME_INT)
        jw_int(w, cell->i);
    else
        put_num(w, c, cell->num);
}

static void put_frame(struct jw *w, const char *key, const struct frame *f)
{
    jw_key(w, key);
    jw_object(w);
    jw_key(w, "columns");
    jw_array(w);
    for (int c = 0; c < f->n_columns; c++)
        put_column(w, &f->columns[c]);
    jw_end(w);
    jw_key(w, "rows");
    jw_array(w);
    for (int r = 0; r < f->n_rows; r++) {
        jw_array(w);
        for (int c = 0; c < f->n_columns; c++)
            put_cell(w, &f->columns[c], frame_at(f, r, c));
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

/* ---- questions ---- */

static void put_base64(struct jw *w, const unsigned char *bytes, size_t n, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = text;
    for (size_t i = 0; i < n; i += 3) {
        unsigned b = (unsigned)bytes[i] << 16 | (i + 1 < n ? (unsigned)bytes[i + 1] << 8 : 0) |
                     (i + 2 < n ? (unsigned)bytes[i + 2] : 0);
        *at++ = digits[b >> 18];
        *at++ = digits[b >> 12 & 63];
        *at++ = i + 1 < n ? digits[b >> 6 & 63] : '=';
        *at++ = i + 2 < n ? digits[b & 63] : '=';
    }
    *at = '\0';
    jw_str(w, text);
}

struct bits {
    unsigned char *bytes;
    char *text; /* room for their base64 */
    size_t n_bytes;
};

static void put_right(struct jw *w, struct bits *b, const double *score, int n)
{
    memset(b->bytes, 0, b->n_bytes);
    for (int i = 0; i < n; i++)
        if (score[i] > 0.5)
            b->bytes[i / 8] |= (unsigned char)(1u << i % 8);
    put_base64(w, b->bytes, b->n_bytes, b->text);
}

static void put_asked(struct jw *w, struct bits *b, const double *score, int n)
{
    int n_asked = 0;
    memset(b->bytes, 0, b->n_bytes);
    for (int i = 0; i < n; i++)
        if (!isnan(score[i])) {
            b->bytes[i / 8] |= (unsigned char)(1u << i % 8);
            n_asked++;
        }
    if (n_asked == n)
        jw_null(w);
    else
        put_base64(w, b->bytes, b->n_bytes, b->text);
}

typedef void put_bits(struct jw *w, struct bits *b, const double *score, int n);

static void put_answers(struct jw *w, const char *key, put_bits *put, struct bits *b, const struct dashboard_items *t,
                        int n_variants)
{
    jw_key(w, key);
    jw_array(w);
    for (int v = 0; v < n_variants; v++) {
        if (t->score[v])
            put(w, b, t->score[v], t->n);
        else
            jw_null(w);
    }
    jw_end(w);
}

/* Where each part begins; true when documents are 0, 1, 2 ... in each. */
static bool put_leaves(struct jw *w, const struct dashboard_items *t)
{
    bool is_plain = true;
    int at = 0;
    jw_key(w, "leaves");
    jw_array(w);
    for (int i = 0; i < t->n; i++) {
        bool is_first = i == 0 || t->leaf[i] != t->leaf[i - 1];
        if (is_first) {
            at = i;
            jw_object(w);
            jw_kstr(w, "name", t->leaves[t->leaf[i]]);
            jw_kint(w, "at", i);
            jw_end(w);
        }
        is_plain = is_plain && t->doc[i] == i - at;
    }
    jw_end(w);
    return is_plain;
}

/* Documents that are not 0, 1, 2 ... are written as they are; else the page counts them from the part's start. */
static void put_documents(struct jw *w, const struct dashboard_items *t, bool is_plain)
{
    jw_key(w, "documents");
    if (is_plain) {
        jw_null(w);
        return;
    }
    jw_array(w);
    for (int i = 0; i < t->n; i++)
        jw_int(w, t->doc[i]);
    jw_end(w);
}

static void put_questions(struct jw *w, const struct dashboard_items *t)
{
    char key[16];
    jw_key(w, "questions");
    jw_object(w);
    for (int i = 0; t->question && i < t->n; i++)
        if (t->question[i]) {
            snprintf(key, sizeof key, "%d", i);
            jw_kstr(w, key, t->question[i]);
        }
    jw_end(w);
}

static void put_items(struct jw *w, const struct dashboard_items *t, int n_variants)
{
    struct bits b = {.n_bytes = ((size_t)t->n + 7) / 8};
    b.bytes = xcalloc(b.n_bytes + 1, 1);
    b.text = xcalloc(b.n_bytes * 4 / 3 + 8, 1);
    jw_object(w);
    jw_kstr(w, "task", t->task);
    jw_kint(w, "n", t->n);
    put_answers(w, "right", put_right, &b, t, n_variants);
    put_answers(w, "asked", put_asked, &b, t, n_variants);
    put_documents(w, t, put_leaves(w, t));
    put_questions(w, t);
    jw_end(w);
    free(b.bytes);
    free(b.text);
}

void dashboard_json(struct buf *out, const struct dashboard *d)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_kbool(&w, "synthetic", d->variants->is_synthetic || d->scores->is_synthetic);
    jw_knum(&w, "margin_pct", d->margin_pct);
    jw_key(&w, "notes");
    jw_array(&w);
    for (int i = 0; i < d->n_notes; i++)
        jw_str(&w, d->notes[i]);
    jw_end(&w);
    put_frame(&w, "variants", d->variants);
    put_frame(&w, "scores", d->scores);
    jw_key(&w, "items");
    jw_array(&w);
    for (int i = 0; i < d->n_items; i++)
        put_items(&w, &d->items[i], d->variants->n_rows);
    jw_end(&w);
    jw_key(&w, "no_questions");
    if (d->no_questions)
        jw_str(&w, d->no_questions);
    else
        jw_null(&w);
    jw_end(&w);
}
