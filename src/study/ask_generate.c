#include "study/ask_generate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "study/task_scores.h"
#include "tasks/think.h"

#include "base/banned.h"

enum { CHUNK_ITEMS_MAX = 512 };

/* One answer in the making: a repeat of a document. */
struct writing {
    const struct item *item;
    int repeat;
    struct text prompt;      /* what is written after now */
    struct buf text;         /* UTF-8 without NUL */
    int64_t n_tokens, n_think_tokens;
    int n_cut;
    const char *why;         /* NULL: not written yet */
};

struct chunk {
    const struct ask_generate *k;
    struct arena arena;
    struct item item[CHUNK_ITEMS_MAX];
    int n_items;
    struct writing *writing; /* [n_items * repeats], a document's together */
    int n_writings;
    int n_put;               /* documents stored: all before the first that is not written */
    int64_t n_done, n_all;   /* documents of the task before this chunk, and all of them */
    double decode_s;         /* until the last document that was stored */
    struct err failed;       /* why a document could not be stored */
};

/* --- storing ----------------------------------------------------------------------------------- */

static int put_text(const struct chunk *c, const struct writing *w, struct err *err)
{
    const struct event e = {
        .kind = EVENT_TEXT, .slot = c->k->slot, .index = w->item->doc_id, .sub = w->repeat, .done = w->n_tokens,
        .total = w->n_think_tokens, .key = w->why, .text = w->text.data ? w->text.data : "",
    };
    return c->k->sink->put(c->k->sink->ctx, &e, err);
}

/* What is scored; the same that study/answered.c reads back. */
static struct text answer_of(const struct writing *w)
{
    if (strcmp(w->why, "error") == 0 || !w->text.data)
        return (struct text){ "", 0 };
    return think_split((struct text){ w->text.data, w->text.len }, think_is_open(w->item->requests[0].context)).answer;
}

/* Reasoning that came in one text with the answer. */
static int count_reasoning(const struct chunk *c, struct writing *w, struct err *err)
{
    int32_t *tokens;
    int n;
    struct think t = think_split((struct text){ w->text.data ? w->text.data : "", w->text.len },
                                 think_is_open(w->item->requests[0].context));
    if (w->n_think_tokens > 0 || t.reasoning.n_bytes == 0 || strcmp(w->why, "error") == 0)
        return 0;
    if (backend_tokenize(c->k->backend, t.reasoning.s, t.reasoning.n_bytes, false, false, &tokens, &n, err) < 0)
        return -1;
    w->n_think_tokens = n < w->n_tokens ? n : w->n_tokens;
    free(tokens);
    return 0;
}

static int put_document(struct chunk *c, const struct item *item, struct writing *w, struct err *err)
{
    const int n = (int)c->k->task->repeats;
    struct text *texts = arena_alloc(&c->arena, (size_t)n * sizeof *texts);
    int n_cut = 0;
    for (int i = 0; i < n; i++) {
        if (count_reasoning(c, &w[i], err) < 0 || put_text(c, &w[i], err) < 0)
            return -1;
        texts[i] = answer_of(&w[i]);
        n_cut += w[i].n_cut;
    }
    const struct given given = { .texts = texts, .n_texts = n };
    if (n_cut > 0 && sink_measure(c->k->sink, c->k->slot, METRIC_N_CUT, item->doc_id, n_cut, err) < 0)
        return -1;
    return task_scores_put(c->k->sink, c->k->slot, c->k->grader, item, &given, err);
}

static bool is_written(const struct chunk *c, int i_item)
{
    const int n = (int)c->k->task->repeats;
    for (int i = i_item * n; i < (i_item + 1) * n; i++)
        if (!c->writing[i].why)
            return false;
    return true;
}

static int put_time(struct chunk *c, int64_t doc_id, struct err *err)
{
    const double before_s = c->decode_s;
    c->decode_s = c->k->backend->decode_s;
    return sink_measure(c->k->sink, c->k->slot, METRIC_DECODE_S, doc_id, c->decode_s - before_s, err);
}

/* Documents that are whole, in their order, so that a run which goes on knows by one number what is there. */
static int put_written(struct chunk *c, struct err *err)
{
    const struct ask_generate *k = c->k;
    const int first = c->n_put;
    while (c->n_put < c->n_items && is_written(c, c->n_put)) {
        if (put_document(c, &c->item[c->n_put], c->writing + c->n_put * (int)k->task->repeats, err) < 0)
            return -1;
        c->n_put++;
    }
    if (c->n_put == first)
        return 0;
    if (put_time(c, c->item[first].doc_id, err) < 0)
        return -1;
    return sink_commit(k->sink, k->slot, c->item[c->n_put - 1].doc_id, err);
}

/* --- writing ----------------------------------------------------------------------------------- */

static const char *why_of(enum generated_why why)
{
    switch (why) {
    case GENERATED_STOP: return "stop";
    case GENERATED_EOG: return "eog";
    case GENERATED_LIMIT: return "limit";
    default: return "error";
    }
}

static void take(struct writing *w, const struct generated *g)
{
    w->why = why_of(g->why);
    w->n_tokens += g->n_tokens;
    w->n_cut = g->n_cut;
    if (g->why == GENERATED_ERROR)
        buf_clear(&w->text);
    if (g->why == GENERATED_ERROR)
        buf_puts(&w->text, g->problem ? g->problem : "no answer");
    else
        utf8_clean(&w->text, g->text, g->n_bytes);
}

struct watching {
    struct chunk *c;
    struct writing *const *wanted; /* [n] */
    int n;
    bool is_last;   /* what ends is an answer, not its reasoning */
    double start_s;
};

static bool show(void *ctx, const struct generator_turn *turn)
{
    const struct watching *w = ctx;
    struct chunk *c = w->c;
    struct err ignored = { 0 };
    const double tps = (double)turn->n_tokens / (clock_s() - w->start_s + 1e-9);
    const int64_t n = c->n_done + (w->is_last ? (int64_t)turn->n_done * c->n_items / w->n : 0);
    return c->failed.code == ERR_NONE && sink_progress_at(c->k->sink, c->k->slot, n, c->n_all, "document", tps, &ignored) == 0;
}

static void ended(void *ctx, int i, const struct generated *g)
{
    const struct watching *w = ctx;
    take(w->wanted[i], g);
    if (w->is_last && w->c->failed.code == ERR_NONE)
        put_written(w->c, &w->c->failed);
}

/* All that are wanted, with the same stop texts and limit. */
static int write_some(struct chunk *c, struct writing *const *wanted, int n, const char *const *until, int n_until,
                      int64_t max_tokens, bool is_last, struct err *err)
{
    struct generation *in = xcalloc((size_t)n + 1, sizeof *in);
    struct generated *out = xcalloc((size_t)n + 1, sizeof *out);
    struct watching w = { c, wanted, n, is_last, clock_s() };
    const struct generator_watch watch = { .ctx = &w, .item = ended, .turn = show };
    for (int i = 0; i < n; i++)
        in[i] = (struct generation){
            .prompt = wanted[i]->prompt, .until = until, .n_until = n_until, .max_tokens = (int)max_tokens,
            .seed = generation_seed(c->k->seed, wanted[i]->item->doc_id * c->k->task->repeats + wanted[i]->repeat),
        };
    int rc = n > 0 ? generator_run(c->k->generator, in, n, out, &watch, err) : 0;
    for (int i = 0; i < n; i++)
        generated_release(&out[i]);
    free(in);
    free(out);
    return c->failed.code != ERR_NONE ? err_set(err, c->failed.code, "%s", c->failed.msg) : rc;
}

static int list_unwritten(struct chunk *c, struct writing **out)
{
    int n = 0;
    for (int i = 0; i < c->n_writings; i++)
        if (!c->writing[i].why)
            out[n++] = &c->writing[i];
    return n;
}

/* --- reasoning --------------------------------------------------------------------------------- */

static bool starts_with_think(const struct writing *w)
{
    return think_split((struct text){ w->text.data, w->text.len }, false).reasoning.n_bytes > 0;
}

/* After the reasoning: the answer is to be written behind its end. A text without reasoning is written again, whole. */
static void close_reasoning(struct chunk *c, struct writing *w)
{
    const bool is_open = think_is_open(w->prompt), is_reasoning = is_open || starts_with_think(w);
    if (strcmp(w->why, "error") == 0 || (strcmp(w->why, "eog") == 0 && is_reasoning))
        return; /* nothing more comes of it */
    if (!is_reasoning) {
        buf_clear(&w->text);
        w->n_tokens = 0;
        w->why = NULL;
        return;
    }
    buf_puts(&w->text, strcmp(w->why, "limit") == 0 ? "\n</think>\n\n" : "</think>");
    w->n_think_tokens = w->n_tokens;
    char *prompt = arena_alloc(&c->arena, w->prompt.n_bytes + w->text.len + 1);
    memcpy(prompt, w->prompt.s, w->prompt.n_bytes);
    memcpy(prompt + w->prompt.n_bytes, w->text.data, w->text.len);
    w->prompt = (struct text){ prompt, w->prompt.n_bytes + w->text.len };
    w->why = NULL;
}

static int write_reasoning(struct chunk *c, struct writing **wanted, struct err *err)
{
    static const char *const end[] = { "</think>" };
    const struct ask_generate *k = c->k;
    int n = list_unwritten(c, wanted);
    int64_t max_tokens = k->think == THINK_BUDGET ? k->think_tokens : k->options->max_tokens;
    if (write_some(c, wanted, n, end, 1, max_tokens, false, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        close_reasoning(c, wanted[i]);
    return 0;
}

static int write_all(struct chunk *c, struct err *err)
{
    const struct gen_options *o = c->k->options;
    struct writing **wanted = xcalloc((size_t)c->n_writings + 1, sizeof(struct writing *));
    int rc = c->k->think == THINK_ON || c->k->think == THINK_BUDGET ? write_reasoning(c, wanted, err) : 0;
    if (rc == 0)
        rc = write_some(c, wanted, list_unwritten(c, wanted), o->until, o->n_until, o->max_tokens, true, err);
    free(wanted);
    return rc < 0 ? -1 : put_written(c, err); /* those at the end that nothing was written for */
}

/* --- chunks ------------------------------------------------------------------------------------ */

static void release_writings(struct chunk *c)
{
    for (int i = 0; i < c->n_writings; i++)
        buf_release(&c->writing[i].text);
    free(c->writing);
    c->writing = NULL;
    c->n_writings = 0;
}

static void begin_writing(struct writing *w, const struct item *item, int repeat)
{
    *w = (struct writing){ .item = item, .repeat = repeat, .prompt = item->requests[0].context };
    if (!item->problem)
        return;
    w->why = "error";
    utf8_clean(&w->text, item->problem, strlen(item->problem));
}

/* 1: a chunk; 0: no more items; -1. */
static int read_chunk(struct chunk *c, struct err *err)
{
    const int n = (int)c->k->task->repeats;
    arena_release(&c->arena);
    release_writings(c);
    c->n_done += c->n_items;
    c->n_put = 0;
    for (c->n_items = 0; c->n_items < CHUNK_ITEMS_MAX; c->n_items++) {
        int rc = items_next(&c->item[c->n_items], c->k->items, &c->arena, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            break;
    }
    c->n_writings = c->n_items * n;
    c->writing = xcalloc((size_t)c->n_writings + 1, sizeof *c->writing);
    for (int i = 0; i < c->n_writings; i++)
        begin_writing(&c->writing[i], &c->item[i / n], i % n);
    c->decode_s = c->k->backend->decode_s;
    return c->n_items > 0;
}

int ask_generate(const struct ask_generate *k, struct err *err)
{
    struct chunk *c = xcalloc(1, sizeof *c);
    int rc;
    c->k = k;
    c->n_all = items_n(k->items);
    arena_init(&c->arena);
    while ((rc = read_chunk(c, err)) == 1)
        if ((rc = write_all(c, err)) < 0)
            break;
    if (rc == 0)
        rc = sink_progress_of(k->sink, k->slot, c->n_done, c->n_all, "document", err);
    release_writings(c);
    arena_release(&c->arena);
    free(c);
    return rc;
}
