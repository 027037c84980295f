#include "study/answered.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tasks/think.h"

#include "base/banned.h"

struct answered {
    const char *task;
    struct items *items;
    struct arena chat; /* its texts, for the items; answers that were written */
    bool is_generated;
    struct query_documents logprob, greedy;
    int i; /* document of both, or the next text */
    struct query_text *texts; /* [n_texts], in chat */
    int n_texts;
    struct arena arena; /* the item's */
    struct item item;
    struct answer *answers;
    int cap_answers;
    struct given given;
};

static int check_data(struct evaluation *e, int i_task, const char *want, struct err *err)
{
    char found[65];
    if (evaluation_data_sha256(found, e, i_task, err) < 0)
        return -1;
    if (strcmp(found, want) != 0)
        return err_set(err, ERR_FORMAT, "%s: the rows are not those that were asked: their digest is %.12s, it was %.12s",
                       evaluation_task(e, i_task)->name, found, want);
    return 0;
}

/* template stays NULL for a cell that was asked in plain text. */
static int read_chat(struct evaluation_chat *out, struct store *s, struct arena *a, int64_t cell_id, struct err *err)
{
    *out = (struct evaluation_chat){ 0 };
    if (query_fact(s, a, cell_id, "chat_template", &out->template, err) < 0 ||
        query_fact(s, a, cell_id, "bos_token", &out->bos, err) < 0)
        return -1;
    return query_fact(s, a, cell_id, "eos_token", &out->eos, err);
}

static int open_items(struct answered *d, struct evaluation *e, int i_task, struct store *s, int64_t cell_id,
                      struct err *err)
{
    struct evaluation_chat chat;
    if (read_chat(&chat, s, &d->chat, cell_id, err) < 0)
        return -1;
    return evaluation_items(&d->items, e, i_task, 0, chat.template ? &chat : NULL, err);
}

static int read_answers(struct answered *d, struct store *s, int64_t cell_id, struct err *err)
{
    if (d->is_generated)
        return query_texts(s, &d->chat, cell_id, &d->texts, &d->n_texts, err);
    return query_documents(s, cell_id, METRIC_LOGPROB, 0, &d->logprob, err) < 0
               ? -1 : query_documents(s, cell_id, METRIC_GREEDY, 0, &d->greedy, err);
}

int answered_open(struct answered **out, struct evaluation *e, int i_task, struct store *s, int64_t cell_id,
                  const char *data_sha256, struct err *err)
{
    struct answered *d = xcalloc(1, sizeof *d);
    d->task = evaluation_task(e, i_task)->name;
    d->is_generated = evaluation_task(e, i_task)->kind == ITEM_GENERATE;
    arena_init(&d->arena);
    arena_init(&d->chat);
    if (check_data(e, i_task, data_sha256, err) < 0 || open_items(d, e, i_task, s, cell_id, err) < 0 ||
        read_answers(d, s, cell_id, err) < 0) {
        answered_close(d);
        return -1;
    }
    *out = d;
    return 0;
}

void answered_close(struct answered *d)
{
    if (!d)
        return;
    items_close(d->items);
    query_documents_release(&d->logprob);
    query_documents_release(&d->greedy);
    arena_release(&d->arena);
    arena_release(&d->chat);
    free(d->answers);
    free(d);
}

/* Document i of both series is the item at hand, with as many answers as it has requests. */
static int check_document(const struct answered *d, struct err *err)
{
    const struct query_documents *l = &d->logprob, *g = &d->greedy;
    const int i = d->i;
    if (i >= l->n || i >= g->n || l->index[i] != d->item.doc_id || g->index[i] != d->item.doc_id)
        return err_set(err, ERR_FORMAT, "%s: document %" PRId64 " has no answer in the store", d->task, d->item.doc_id);
    if (l->at[i + 1] - l->at[i] != d->item.n_requests || g->at[i + 1] - g->at[i] != d->item.n_requests)
        return err_set(err, ERR_FORMAT, "%s: document %" PRId64 " has %d answers in the store, and asks %d", d->task,
                       d->item.doc_id, l->at[i + 1] - l->at[i], d->item.n_requests);
    return 0;
}

static void fill_answers(struct answered *d)
{
    const int n = d->item.n_requests;
    if (n > d->cap_answers)
        d->answers = xrealloc(d->answers, (size_t)(d->cap_answers = 2 * n) * sizeof *d->answers);
    d->given = (struct given){ .answers = d->answers };
    for (int k = 0; k < n; k++)
        d->answers[k] = (struct answer){ .logprob = d->logprob.v[d->logprob.at[d->i] + k],
                                         .is_greedy = d->greedy.v[d->greedy.at[d->i] + k] != 0 };
}

/* The document's repeats, which stand together. */
static int take_texts(struct answered *d, struct err *err)
{
    int n = 0;
    while (d->i + n < d->n_texts && d->texts[d->i + n].index == d->item.doc_id)
        n++;
    if (n == 0)
        return err_set(err, ERR_FORMAT, "%s: document %" PRId64 " has no answer in the store", d->task, d->item.doc_id);
    struct text *texts = arena_alloc(&d->arena, (size_t)n * sizeof *texts);
    const bool is_open = think_is_open(d->item.requests[0].context);
    for (int k = 0; k < n; k++) {
        const struct query_text *t = &d->texts[d->i + k];
        const bool has_answer = strcmp(t->why, "error") != 0;
        texts[k] = has_answer ? think_split((struct text){ t->text, t->n_bytes }, is_open).answer : (struct text){ "", 0 };
    }
    d->given = (struct given){ .texts = texts, .n_texts = n };
    d->i += n;
    return 0;
}

int answered_next(struct answered *d, struct err *err)
{
    arena_release(&d->arena);
    int rc = items_next(&d->item, d->items, &d->arena, err), n = d->is_generated ? d->n_texts : d->logprob.n;
    if (rc == 0 && d->i < n)
        return err_set(err, ERR_FORMAT, "%s: the store has answers to %d documents, and the settings ask %d", d->task, n,
                       d->i);
    if (rc != 1)
        return rc;
    if (d->is_generated)
        return take_texts(d, err) < 0 ? -1 : 1;
    if (check_document(d, err) < 0)
        return -1;
    fill_answers(d);
    d->i++;
    return 1;
}

const struct item *answered_item(const struct answered *d)
{
    return &d->item;
}

const struct given *answered_given(const struct answered *d)
{
    return &d->given;
}
