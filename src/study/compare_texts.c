/* Questions and answers of flipped documents, from rows and stored answers; declared in compare.h. */
#include <math.h>
#include <string.h>

#include "study/answered.h"
#include "study/compare_internal.h"
#include "study/item_text.h"
#include "study/leaf_rows.h"
#include "tasks/grader.h"

#include "base/banned.h"

enum { SHORT_BYTES = 160 };

/* --- one leaf ---------------------------------------------------------------------------------- */

struct reading {
    struct compare *c;
    const struct matrix *m;
    struct store *store_a, *store_b;
    struct leaf_rows rows;
};

static bool is_flipped(const struct compare_task *t, int i)
{
    return t->is_binary && t->a[i] != t->b[i];
}

static int find_item(const struct compare_task *t, int leaf, int64_t doc)
{
    for (int i = 0; i < t->n; i++)
        if (t->leaf[i] == leaf && t->doc[i] == doc)
            return i;
    return -1;
}

/* Of generation what the first filter makes of the text, or the text where it finds nothing. */
static const char *answer_text(struct arena *a, struct grader *g, const struct item *item, const struct given *given, const int *choice)
{
    struct pystr filtered;
    struct err ignored = { 0 };
    if (item->kind == ITEM_MULTIPLE_CHOICE)
        return item_text_choice(a, item, choice ? *choice : score_choice(MEASURE_ACC, item, given->answers));
    if (item->kind == ITEM_LOGLIKELIHOOD || given->n_texts == 0)
        return NULL;
    if (grader_filtered(&filtered, g, 0, given, &ignored) == 0 && filtered.s)
        return item_text_short(a, filtered.s, filtered.n_bytes);
    return item_text_short(a, given->texts[0].s, given->texts[0].n_bytes);
}

/* One side's answers; side 0 has the questions too. */
static int read_side(struct reading *r, struct compare_task *t, int leaf, struct evaluation *e, int i_task, const struct cell_row *row, int side, struct err *err)
{
    struct answered *d;
    struct grader *g;
    int rc;
    if (grader_open(&g, evaluation_task(e, i_task), err) < 0)
        return -1;
    if (answered_open(&d, e, i_task, side ? r->store_b : r->store_a, row->id, row->data_sha256, err) < 0) {
        grader_close(g);
        return -1;
    }
    while ((rc = answered_next(d, err)) == 1) {
        const struct item *item = answered_item(d);
        const int i = find_item(t, leaf, item->doc_id);
        if (i < 0 || !is_flipped(t, i))
            continue;
        const int *choice = side ? t->choice_b : t->choice_a;
        const char *answer = answer_text(&r->c->arena, g, item, answered_given(d), choice ? &choice[i] : NULL);
        if (side == 0)
            t->text[i] = (struct compare_text){ .question = item_text_asked(&r->c->arena, item), .gold = item_text_gold(&r->c->arena, item) };
        *(side ? &t->text[i].answer_b : &t->text[i].answer_a) = answer;
    }
    answered_close(d);
    grader_close(g);
    return rc;
}

static int read_leaf(struct reading *r, struct compare_task *t, int leaf, const struct cell_row *row_a, const struct cell_row *row_b,
                     struct err *err)
{
    struct evaluation *e;
    int i_task;
    if (leaf_rows_find(&e, &i_task, &r->rows, r->store_a, row_a, t->leaves[leaf], err) < 0)
        return -1;
    return read_side(r, t, leaf, e, i_task, row_a, 0, err) < 0 ? -1 : read_side(r, t, leaf, e, i_task, row_b, 1, err);
}

/* --- all --------------------------------------------------------------------------------------- */

static bool has_flips(const struct compare_task *t, int leaf)
{
    for (int i = 0; i < t->n; i++)
        if (t->leaf[i] == leaf && is_flipped(t, i))
            return true;
    return false;
}

static void read_task(struct reading *r, struct compare_task *t, int a, int b)
{
    const int at = matrix_find_task(r->m, t->name);
    const struct matrix_task *from = &r->m->tasks[at];
    t->text = arena_alloc(&r->c->arena, (size_t)(t->n + 1) * sizeof *t->text);
    for (int l = 0; l < from->n_leaves; l++) {
        const struct cell_row *row_a = from->cells[a * from->n_leaves + l], *row_b = from->cells[b * from->n_leaves + l];
        struct err why = { 0 };
        if (!row_a || !row_b || !has_flips(t, l))
            continue;
        if (read_leaf(r, t, l, row_a, row_b, &why) < 0) {
            compare_note(r->c, "no questions of %s: %s", from->leaves[l], why.msg);
            return;
        }
    }
}

void compare_read_texts(struct compare *c, const struct matrix *m, int a, int b, struct store *const *stores, const struct settings *s)
{
    struct reading r = { .c = c, .m = m, .store_a = stores[m->variants[a].i_store], .store_b = stores[m->variants[b].i_store] };
    leaf_rows_init(&r.rows, s);
    for (int i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].is_binary)
            read_task(&r, &c->tasks[i], a, b);
    leaf_rows_release(&r.rows);
}
