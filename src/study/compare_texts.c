/* Questions and answers of flipped documents, from rows and stored answers; declared in compare.h. */
#include <math.h>
#include <string.h>

#include "study/answered.h"
#include "study/cell_settings.h"
#include "study/compare_internal.h"
#include "tasks/grader.h"

#include "base/banned.h"

enum { SHORT_BYTES = 160 };

/* --- short texts ------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Bytes of s, at most n, that end between two characters. */
static size_t whole_utf8(const char *s, size_t n)
{
    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return n;
}

const char *compare_short(struct arena *a, const char *text, size_t n_bytes)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < n_bytes && text[i]; i++) {
        const bool is_gap = is_space(text[i]);
        if (!is_gap)
            buf_putc(&b, text[i]);
        else if (b.len > 0 && b.data[b.len - 1] != ' ')
            buf_putc(&b, ' ');
    }
    while (b.len > 0 && b.data[b.len - 1] == ' ')
        b.data[--b.len] = '\0';
    const char *out = b.len <= SHORT_BYTES ? arena_strdup(a, b.data)
                                           : arena_printf(a, "%.*s...", (int)whole_utf8(b.data, SHORT_BYTES), b.data);
    buf_release(&b);
    return out;
}

const char *compare_question(struct arena *a, yyjson_val *doc, const char *context, size_t n_bytes)
{
    static const char *const columns[] = { "question", "query", "ctx", "prompt", "goal", "sentence", "problem", "text", "input" };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        yyjson_val *v = yyjson_is_obj(doc) ? yyjson_obj_get(doc, columns[i]) : NULL;
        if (yyjson_is_str(v))
            return compare_short(a, yyjson_get_str(v), yyjson_get_len(v));
    }
    if (!context)
        return NULL;
    const size_t from = n_bytes > SHORT_BYTES ? n_bytes - SHORT_BYTES : 0; /* examples come first, the question last */
    size_t start = from;
    while (start < n_bytes && ((unsigned char)context[start] & 0xc0) == 0x80)
        start++;
    return compare_short(a, context + start, n_bytes - start);
}

/* --- one leaf ---------------------------------------------------------------------------------- */

struct reading {
    struct compare *c;
    const struct matrix *m;
    struct store *store_a, *store_b;
    const struct settings *given;
    struct evaluation *e; /* of key */
    const char *key;
    struct arena arena;
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

static const char *choice_text(struct arena *a, const struct item *item, int i)
{
    return i >= 0 && i < item->n_choices ? compare_short(a, item->choices[i].s, item->choices[i].n_bytes) : NULL;
}

static const char *gold_text(struct arena *a, const struct item *item)
{
    if (item->kind == ITEM_MULTIPLE_CHOICE && item->n_gold > 0)
        return choice_text(a, item, item->gold[0]);
    return compare_short(a, item->target.s, item->target.n_bytes);
}

/* Of generation what the first filter makes of the text, or the text where it finds nothing. */
static const char *answer_text(struct arena *a, struct grader *g, const struct item *item, const struct given *given, const int *choice)
{
    struct pystr filtered;
    struct err ignored = { 0 };
    if (item->kind == ITEM_MULTIPLE_CHOICE)
        return choice_text(a, item, choice ? *choice : score_choice(MEASURE_ACC, item, given->answers));
    if (item->kind == ITEM_LOGLIKELIHOOD || given->n_texts == 0)
        return NULL;
    if (grader_filtered(&filtered, g, 0, given, &ignored) == 0 && filtered.s)
        return compare_short(a, filtered.s, filtered.n_bytes);
    return compare_short(a, given->texts[0].s, given->texts[0].n_bytes);
}

static void take_question(struct compare_text *x, struct arena *a, const struct item *item)
{
    x->question = compare_question(a, (yyjson_val *)(uintptr_t)item->doc, item->n_requests > 0 ? item->requests[0].context.s : NULL,
                                   item->n_requests > 0 ? item->requests[0].context.n_bytes : 0);
    x->gold = gold_text(a, item);
}

/* One side's answers; side 0 has the questions too. */
static int read_side(struct reading *r, struct compare_task *t, int leaf, int i_task, const struct cell_row *row, int side, struct err *err)
{
    struct answered *d;
    struct grader *g;
    int rc;
    if (grader_open(&g, evaluation_task(r->e, i_task), err) < 0)
        return -1;
    if (answered_open(&d, r->e, i_task, side ? r->store_b : r->store_a, row->id, row->data_sha256, err) < 0) {
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
            take_question(&t->text[i], &r->c->arena, item);
        *(side ? &t->text[i].answer_b : &t->text[i].answer_a) = answer;
    }
    answered_close(d);
    grader_close(g);
    return rc;
}

/* The evaluation of a cell; parts of one task share it. */
static int open_evaluation(struct reading *r, const struct cell_row *row, struct json *fact, struct err *err)
{
    struct settings *s = arena_alloc(&r->arena, sizeof *s); /* the evaluation borrows them */
    if (cell_settings(s, &r->arena, row, fact ? json_root(fact) : NULL, r->given, err) < 0)
        return -1;
    const char *key = arena_printf(&r->arena, "%s|%s", row->settings, s->tasks);
    if (r->key && strcmp(key, r->key) == 0)
        return 0;
    evaluation_close(r->e);
    r->e = NULL;
    r->key = NULL;
    if (evaluation_open(&r->e, s, err) < 0)
        return -1;
    r->key = key;
    return 0;
}

static int read_leaf(struct reading *r, struct compare_task *t, int leaf, const struct cell_row *row_a, const struct cell_row *row_b,
                     struct err *err)
{
    const char *text;
    struct json *fact = NULL;
    if (query_fact(r->store_a, &r->arena, row_a->id, "task", &text, err) < 0 ||
        (text && json_parse(&fact, text, strlen(text), "task", err) < 0))
        return -1;
    int rc = open_evaluation(r, row_a, fact, err);
    json_close(fact);
    if (rc < 0)
        return -1;
    const int i_task = evaluation_find(r->e, t->leaves[leaf]);
    if (i_task < 0)
        return err_set(err, ERR_USAGE, "%s: the task is not known", t->leaves[leaf]);
    return read_side(r, t, leaf, i_task, row_a, 0, err) < 0 ? -1 : read_side(r, t, leaf, i_task, row_b, 1, err);
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
    struct reading r = { .c = c, .m = m, .store_a = stores[m->variants[a].i_store], .store_b = stores[m->variants[b].i_store], .given = s };
    arena_init(&r.arena);
    for (int i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].is_binary)
            read_task(&r, &c->tasks[i], a, b);
    evaluation_close(r.e);
    arena_release(&r.arena);
}
