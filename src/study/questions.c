#include "study/questions.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "study/item_text.h"
#include "study/leaf_rows.h"

#include "base/banned.h"

/* ---- which ---- */

/* NaN, not asked, is neither. */
static bool is_flip(double a, double b)
{
    return (a > 0.5 && b <= 0.5) || (a <= 0.5 && b > 0.5);
}

static void count_flips(int *n, const struct matrix *m, const struct matrix_task *t)
{
    for (int v = 0; v < m->n_variants; v++) {
        const double *of = t->score[v], *base = t->score[m->variants[v].base];
        for (int i = 0; of && base && i < t->n_items; i++)
            n[i] += is_flip(of[i], base[i]);
    }
}

struct flipped {
    int item, n;
};

static int by_flips_then_item(const void *a, const void *b)
{
    const struct flipped *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->item > y->item) - (x->item < y->item);
}

int questions_flipped(int *by_flips, int *n, const struct matrix *m, int i_task)
{
    const struct matrix_task *t = &m->tasks[i_task];
    struct flipped *list = xcalloc((size_t)t->n_items + 1, sizeof *list);
    int k = 0;
    memset(n, 0, (size_t)t->n_items * sizeof *n);
    count_flips(n, m, t);
    for (int i = 0; i < t->n_items; i++)
        if (n[i] > 0)
            list[k++] = (struct flipped){ i, n[i] };
    qsort(list, (size_t)k, sizeof *list, by_flips_then_item);
    for (int i = 0; i < k; i++)
        by_flips[i] = list[i].item;
    free(list);
    return k;
}

/* ---- their texts ---- */

struct asking {
    struct questions *out;
    const struct matrix *m;
    struct store *store;
    struct leaf_rows rows;
    const struct matrix_task *task;
    const char **text; /* [n_items] */
    const bool *wanted;
};

/* The cell of any variant says how the part was asked. */
static const struct cell_row *cell_of(const struct asking *q, int leaf)
{
    for (int v = 0; v < q->m->n_variants; v++) {
        const struct cell_row *row = q->task->cells[v * q->task->n_leaves + leaf];
        if (row)
            return row;
    }
    return NULL;
}

/* Items [from, to) of the task are this leaf's, their documents rising. */
static int find_item(const struct matrix_task *t, int from, int to, int64_t doc)
{
    while (from < to) {
        const int middle = from + (to - from) / 2;
        if (t->doc[middle] == doc)
            return middle;
        if (t->doc[middle] < doc)
            from = middle + 1;
        else
            to = middle;
    }
    return -1;
}

static int read_items(struct asking *q, struct items *items, int from, int to, struct err *err)
{
    struct item item;
    struct arena a;
    int rc;
    arena_init(&a);
    while ((rc = items_next(&item, items, &a, err)) == 1) {
        const int i = find_item(q->task, from, to, item.doc_id);
        if (i >= 0 && q->wanted[i])
            q->text[i] = item_text_asked(&q->out->arena, &item);
        arena_release(&a);
    }
    return rc;
}

static int read_leaf(struct asking *q, int leaf, int from, int to, struct err *err)
{
    const struct cell_row *row = cell_of(q, leaf);
    struct evaluation *e;
    struct items *items;
    char found[65];
    int i_task;
    if (!row)
        return 0;
    if (leaf_rows_find(&e, &i_task, &q->rows, q->store, row, q->task->leaves[leaf], err) < 0 ||
        evaluation_data_sha256(found, e, i_task, err) < 0)
        return -1;
    if (strcmp(found, row->data_sha256) != 0)
        return err_set(err, ERR_FORMAT, "%s: the rows are not those that were asked", q->task->leaves[leaf]);
    if (evaluation_items(&items, e, i_task, 0, NULL, err) < 0)
        return -1;
    const int rc = read_items(q, items, from, to, err);
    items_close(items);
    return rc;
}

static bool is_any_wanted(const bool *wanted, int from, int to)
{
    for (int i = from; i < to; i++)
        if (wanted[i])
            return true;
    return false;
}

static int read_leaves(struct asking *q, struct err *err)
{
    const struct matrix_task *t = q->task;
    for (int from = 0, to; from < t->n_items; from = to) {
        for (to = from + 1; to < t->n_items && t->leaf[to] == t->leaf[from];)
            to++;
        if (is_any_wanted(q->wanted, from, to) && read_leaf(q, t->leaf[from], from, to, err) < 0)
            return -1;
    }
    return 0;
}

/* Until the task's share is used; texts are not known before, so by what one has at most on the whole. */
enum { QUESTION_BYTES = 150 };

static bool *choose(const struct matrix *m, int i_task, int64_t n_bytes)
{
    const int n_items = m->tasks[i_task].n_items;
    int *by_flips = xcalloc((size_t)n_items + 1, sizeof *by_flips), *n = xcalloc((size_t)n_items + 1, sizeof *n);
    bool *wanted = xcalloc((size_t)n_items + 1, sizeof *wanted);
    const int64_t n_flipped = questions_flipped(by_flips, n, m, i_task), most = n_bytes / QUESTION_BYTES;
    for (int64_t i = 0; i < n_flipped && i < most; i++)
        wanted[by_flips[i]] = true;
    free(by_flips);
    free(n);
    return wanted;
}

static void read_task(struct asking *q, int i_task, int64_t n_bytes)
{
    struct err why = { 0 };
    bool *wanted = choose(q->m, i_task, n_bytes);
    q->task = &q->m->tasks[i_task];
    q->text = arena_alloc(&q->out->arena, (size_t)(q->task->n_items + 1) * sizeof *q->text);
    q->wanted = wanted;
    if (read_leaves(q, &why) == 0)
        q->out->of_task[i_task] = q->text;
    else if (!q->out->why)
        q->out->why = arena_strdup(&q->out->arena, why.msg);
    free(wanted);
}

void questions_read(struct questions *out, const struct matrix *m, struct store *s, const struct settings *given, int64_t n_bytes)
{
    *out = (struct questions){ 0 };
    arena_init(&out->arena);
    out->of_task = arena_alloc(&out->arena, (size_t)(m->n_tasks + 1) * sizeof *out->of_task);
    struct asking q = { .out = out, .m = m, .store = s };
    leaf_rows_init(&q.rows, given);
    for (int t = 0; t < m->n_tasks; t++)
        read_task(&q, t, n_bytes / m->n_tasks);
    leaf_rows_release(&q.rows);
}

void questions_release(struct questions *q)
{
    arena_release(&q->arena);
}
