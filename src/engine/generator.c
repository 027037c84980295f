#include "engine/generator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/banker.h"
#include "engine/resident.h"
#include "engine/slot.h"
#include "engine/workers.h"

#include "base/banned.h"

enum {
    N_SLOTS = 8,
    N_CTX = 4096,
    N_BATCH = 512,
    N_PIECE = 128
};

struct generator {
    struct backend *backend;
    struct generator_params params;
    struct encoder encoder;
    struct workers *workers;
    struct batch batch;
    struct resident resident; /* in sequence 0; slot k has sequence k + 1 */
    struct slot *slots;       /* [n_slots] */
    struct generator_stats stats;
};

/* A run's arrays. */
struct run {
    struct generator *g;
    const struct generation *in; /* [n] */
    struct generated *out;       /* [n] */
    int n;
    const struct generator_watch *watch;
    int32_t **prompts;  /* [n] what encode gave: free() */
    int32_t **fed;      /* [n] the part of it that is fed; NULL for a bad item */
    int *lengths;       /* [n] of fed */
    struct err *errs;   /* [n] */
    int *oldest;        /* [n_active] busy slots, the one that began first first */
    int n_active;
    int *granted;       /* [n_slots] tokens in this turn */
    int i_next;         /* the first item that no slot has taken */
    int n_done;
    int64_t n_tokens;
    struct banker banker; /* cells behind the resident prefix; account k is slot k's */
};

/* ---- opening ---- */

static int or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

static int at_most(int value, int limit)
{
    return value < limit ? value : limit;
}

uint64_t generation_seed(uint64_t seed, int64_t index)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + (uint64_t)index; /* SplitMix64 */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void generator_backend_params(struct backend_params *p, const struct generator_params *gp)
{
    const int n_slots = or_default(gp->n_slots, N_SLOTS), n_ctx = or_default(gp->n_ctx, N_CTX);
    p->n_seq_max = n_slots + 1;
    p->n_outputs_max = n_slots;
    p->kv_unified = gp->kv_unified || n_slots == 1;
    p->n_ctx = p->kv_unified ? n_ctx : n_ctx * p->n_seq_max;
    p->n_batch = at_most(or_default(gp->n_batch, N_BATCH), n_ctx);
    p->n_ubatch = p->n_batch;
}

int generator_n_cells(struct backend *b, const struct generator_params *gp, const struct generation *in)
{
    const int max_length = or_default(gp->max_length, b->info.n_ctx_train), n_room = max_length - in->max_tokens;
    struct encoder e;
    int32_t *tokens;
    int n;
    encoder_init(&e, b, gp->bos);
    if (n_room < 1 || encode_text(&e, in->prompt, true, &tokens, &n, NULL))
        return 0;
    free(tokens);
    return at_most(n > 0 ? n : 1, n_room) + in->max_tokens;
}

static int check_params(const struct generator_params *gp, const struct backend_info *info, struct err *err)
{
    if (gp->n_slots < 0 || gp->n_piece < 0 || gp->max_length < 0)
        return err_set(err, ERR_USAGE, "n_slots %d, n_piece %d, max_length %d: negative", gp->n_slots, gp->n_piece,
                       gp->max_length);
    const int n_slots = or_default(gp->n_slots, N_SLOTS);
    if (info->n_seq_max < n_slots + 1 || info->n_outputs_max < at_most(n_slots, info->n_batch))
        return err_set(err, ERR_USAGE, "%d slots need %d sequences and as many rows of logits, the model was opened for "
                       "%d and %d", n_slots, n_slots + 1, info->n_seq_max, info->n_outputs_max);
    return picker_check(&gp->pick, err);
}

int generator_open(struct generator **out, struct backend *b, const struct generator_params *gp, struct err *err)
{
    *out = NULL;
    if (check_params(gp, &b->info, err))
        return -1;
    struct generator *g = xcalloc(1, sizeof *g);
    g->backend = b;
    g->params = *gp;
    g->params.n_slots = or_default(gp->n_slots, N_SLOTS);
    g->params.kv_unified = gp->kv_unified || g->params.n_slots == 1;
    g->params.n_piece = at_most(or_default(gp->n_piece, N_PIECE), b->info.n_batch);
    g->params.max_length = or_default(gp->max_length, b->info.n_ctx_train);
    g->slots = xcalloc((size_t)g->params.n_slots, sizeof *g->slots);
    for (int k = 0; k < g->params.n_slots; k++)
        slot_drop(&g->slots[k]);
    encoder_init(&g->encoder, b, gp->bos);
    workers_open(&g->workers, or_default(b->info.n_threads, 1));
    batch_init(&g->batch, b->info.n_batch);
    backend_clear(b);
    *out = g;
    return 0;
}

void generator_close(struct generator *g)
{
    if (!g)
        return;
    workers_close(g->workers);
    batch_release(&g->batch);
    resident_release(&g->resident);
    free(g->slots);
    free(g);
}

void generated_release(struct generated *g)
{
    free(g->text);
    free(g->problem);
    *g = (struct generated){ 0 };
}

/* ---- prompts ---- */

static int encode_prompt(struct run *r, int i, int *out_n, struct err *err)
{
    const struct encoder *e = &r->g->encoder;
    if (encode_text(e, r->in[i].prompt, true, &r->prompts[i], out_n, err))
        return -1;
    if (*out_n > 0)
        return 0;
    if (e->prefix < 0)
        return err_set(err, ERR_RANGE, "the prompt is empty, and the vocabulary has no BOS or EOS to stand for it");
    r->prompts[i] = xrealloc(r->prompts[i], sizeof **r->prompts);
    r->prompts[i][0] = e->prefix;
    *out_n = 1;
    return 0;
}

static int check_item(const struct run *r, int i, int n, struct err *err)
{
    const int max_tokens = r->in[i].max_tokens, n_cells = r->g->backend->info.n_ctx_seq;
    const int64_t n_all = (int64_t)n + max_tokens;
    if (n_all - 1 > n_cells)
        return err_set(err, ERR_RANGE, "a prompt of %d tokens and %d generated ones need %lld cells, the context was opened "
                       "for %d (n_ctx)", n, max_tokens, (long long)(n_all - 1), n_cells);
    return 0;
}

static int prepare(struct run *r, int i, struct err *err)
{
    const int max_tokens = r->in[i].max_tokens, max_length = r->g->params.max_length;
    int n;
    if (max_tokens < 1)
        return err_set(err, ERR_RANGE, "max_tokens is %d, expected at least 1", max_tokens);
    if (max_length <= max_tokens)
        return err_set(err, ERR_RANGE, "max_tokens is %d, which leaves no room for a prompt: the model takes %d tokens in all",
                       max_tokens, max_length);
    if (encode_prompt(r, i, &n, err))
        return -1;
    const int n_kept = at_most(n, max_length - max_tokens);
    if (check_item(r, i, n_kept, err))
        return -1;
    r->out[i].n_cut = n - n_kept;
    r->out[i].n_prompt_tokens = n_kept;
    r->fed[i] = r->prompts[i] + (n - n_kept);
    r->lengths[i] = n_kept;
    return 0;
}

static void prepare_at(void *ctx, int i, int i_thread)
{
    struct run *r = ctx;
    (void)i_thread;
    prepare(r, i, &r->errs[i]);
}

static void item_ended(struct run *r, int i)
{
    struct generator_stats *st = &r->g->stats;
    const struct generated *g = &r->out[i];
    st->n_items++;
    st->n_bad += g->why == GENERATED_ERROR;
    st->n_cut += g->n_cut > 0;
    st->prompt_tokens += g->n_prompt_tokens;
    r->n_done++;
    if (r->watch && r->watch->item)
        r->watch->item(r->watch->ctx, i, g);
}

static void item_failed(struct run *r, int i, const struct err *err)
{
    r->out[i].why = GENERATED_ERROR;
    r->out[i].problem = xstrdup(err->msg);
    item_ended(r, i);
}

static void prepare_all(struct run *r)
{
    const double start_s = clock_s();
    workers_run(r->g->workers, r->n, prepare_at, r);
    for (int i = 0; i < r->n; i++)
        if (!r->fed[i])
            item_failed(r, i, &r->errs[i]);
    r->g->stats.encode_s += clock_s() - start_s;
}

/* A recurrent state holds a whole sequence: it is never shared. */
static int hold_prefix(struct run *r, struct err *err)
{
    struct generator *g = r->g;
    const bool may_share = g->params.share && !g->backend->info.is_recurrent;
    const int step = g->params.n_piece;
    const int n = may_share ? resident_common((const int32_t *const *)r->fed, r->lengths, r->n, step) : 0;
    int i = 0;
    while (i < r->n - 1 && !r->fed[i])
        i++;
    return resident_hold(&g->resident, g->backend, &g->batch, r->fed[i], n, step, &g->stats.prompt_tokens_decoded, err);
}

/* ---- slots ---- */

static int start_slot(struct run *r, int k, int i, struct err *err)
{
    struct generator *g = r->g;
    const int n_resident = g->resident.n;
    if (n_resident > 0 && backend_seq_copy(g->backend, 0, k + 1, err))
        return -1;
    slot_start(&g->slots[k], g->backend, i, &r->in[i], r->fed[i], r->lengths[i], n_resident, g->params.pick);
    const bool fits = banker_open(&r->banker, k, r->lengths[i] - n_resident + r->in[i].max_tokens - 1);
    assert(fits); /* check_item() */
    (void)fits;
    r->oldest[r->n_active++] = k;
    return 0;
}

static int start_slots(struct run *r, struct err *err)
{
    for (int k = 0; k < r->g->params.n_slots; k++) {
        if (r->g->slots[k].i_item >= 0)
            continue;
        while (r->i_next < r->n && !r->fed[r->i_next])
            r->i_next++;
        if (r->i_next == r->n)
            return 0;
        if (start_slot(r, k, r->i_next++, err))
            return -1;
    }
    return 0;
}

static int end_slot(struct run *r, int a, enum generated_why why, struct err *err)
{
    const int k = r->oldest[a];
    struct slot *s = &r->g->slots[k];
    const int i = s->i_item;
    struct err problem;
    if (slot_finish(&r->out[i], s, r->g->backend, why, &problem))
        item_failed(r, i, &problem);
    else
        item_ended(r, i);
    banker_close(&r->banker, k);
    memmove(r->oldest + a, r->oldest + a + 1, (size_t)(r->n_active - a - 1) * sizeof *r->oldest);
    r->n_active--;
    return backend_seq_remove(r->g->backend, k + 1, 0, err);
}

/* With a cache a slot the engine computes slots together only if their numbers follow each other: the last fills a gap. */
static int close_gap(struct run *r, int k, struct err *err)
{
    struct generator *g = r->g;
    int last = g->params.n_slots - 1;
    while (last > k && g->slots[last].i_item < 0)
        last--;
    if (last <= k)
        return 0;
    if (backend_seq_copy(g->backend, last + 1, k + 1, err) || backend_seq_remove(g->backend, last + 1, 0, err))
        return -1;
    g->slots[k] = g->slots[last];
    slot_forget(&g->slots[last]);
    banker_move(&r->banker, last, k);
    for (int a = 0; a < r->n_active; a++)
        if (r->oldest[a] == last)
            r->oldest[a] = k;
    return 0;
}

static int close_gaps(struct run *r, struct err *err)
{
    if (r->g->params.kv_unified || r->n_active == r->g->params.n_slots)
        return 0;
    for (int k = 0; k < r->n_active; k++)
        if (r->g->slots[k].i_item < 0 && close_gap(r, k, err))
            return -1;
    return 0;
}

/* ---- turns ---- */

/* How many tokens slot k may have of n_room; 0 when its cells are not to be had now. */
static int grant(struct run *r, int k, int n_room)
{
    struct generator *g = r->g;
    const int n = at_most(slot_wish(&g->slots[k], g->params.n_piece), n_room);
    if (n < 1)
        return 0;
    if (banker_take(&r->banker, k, n))
        return n;
    g->stats.n_waits++;
    return 0;
}

/*
 * Tokens of those that generate first, then pieces of prompts: as many as fit when nobody generates; else, in one cache,
 * n_piece tokens (a slot that is left out would be a gap among caches of their own). The oldest go first, so that cells
 * that are scarce go to those who give theirs back soonest.
 */
static void grant_turn(struct run *r)
{
    struct generator *g = r->g;
    int n_granted = 0;
    for (int a = 0; a < r->n_active; a++) {
        const int k = r->oldest[a];
        r->granted[k] = slot_is_prompt(&g->slots[k]) ? 0 : grant(r, k, g->batch.cap - n_granted);
        n_granted += r->granted[k];
    }
    const int n_free = g->batch.cap - n_granted;
    int n_room = g->params.kv_unified && n_granted > 0 ? at_most(g->params.n_piece, n_free) : n_free;
    for (int a = 0; a < r->n_active; a++) {
        const int k = r->oldest[a];
        if (!slot_is_prompt(&g->slots[k]))
            continue;
        r->granted[k] = grant(r, k, n_room);
        n_room -= r->granted[k];
        g->stats.prompt_tokens_decoded += r->granted[k];
    }
}

/* In the order of the sequences: the engine puts together only those that follow each other. */
static void fill_batch(struct run *r)
{
    struct generator *g = r->g;
    batch_clear(&g->batch);
    grant_turn(r);
    for (int k = 0; k < g->params.n_slots; k++)
        if (g->slots[k].i_item >= 0)
            slot_feed(&g->slots[k], &g->batch, k + 1, r->granted[k]);
    assert(g->batch.n > 0); /* banker.h */
}

static int read_rows(struct run *r, struct err *err)
{
    struct generator *g = r->g;
    for (int a = 0; a < r->n_active;) {
        struct slot *s = &g->slots[r->oldest[a]];
        enum generated_why why = GENERATED_NOTHING;
        if (s->i_row >= 0) {
            const float *logits = backend_logits(g->backend, s->i_row);
            if (!logits)
                return err_set(err, ERR_MODEL, "the engine has no logits for batch[%d]", s->i_row);
            why = slot_pick(s, g->backend, logits);
            r->n_tokens++;
        }
        if (why == GENERATED_NOTHING)
            a++;
        else if (end_slot(r, a, why, err))
            return -1;
    }
    return 0;
}

static int tell(const struct run *r, struct err *err)
{
    const struct generator_turn turn = { .n_done = r->n_done, .n = r->n, .n_tokens = r->n_tokens };
    if (r->watch && r->watch->turn && !r->watch->turn(r->watch->ctx, &turn))
        return err_set(err, ERR_CANCELLED, "stopped after %d of %d texts", r->n_done, r->n);
    return 0;
}

static int take_turns(struct run *r, struct err *err)
{
    struct generator *g = r->g;
    for (;;) {
        if (start_slots(r, err) || close_gaps(r, err))
            return -1;
        if (r->n_active == 0)
            return 0;
        fill_batch(r);
        if (backend_decode(g->backend, &g->batch, err))
            return -1;
        g->stats.n_decodes++;
        if (read_rows(r, err) || tell(r, err))
            return -1;
    }
}

/* ---- a run ---- */

static void run_open(struct run *r, struct generator *g, const struct generation *in, int n, struct generated *out,
                     const struct generator_watch *watch)
{
    *r = (struct run){ .g = g, .in = in, .out = out, .n = n, .watch = watch };
    memset(out, 0, (size_t)n * sizeof *out);
    r->prompts = xcalloc((size_t)n, sizeof *r->prompts);
    r->fed = xcalloc((size_t)n, sizeof *r->fed);
    r->lengths = xcalloc((size_t)n, sizeof *r->lengths);
    r->errs = xcalloc((size_t)n, sizeof *r->errs);
    r->oldest = xcalloc((size_t)g->params.n_slots, sizeof *r->oldest);
    r->granted = xcalloc((size_t)g->params.n_slots, sizeof *r->granted);
}

static void run_close(struct run *r)
{
    for (int i = 0; i < r->n; i++)
        free(r->prompts[i]);
    free(r->prompts);
    free(r->fed);
    free(r->lengths);
    free(r->errs);
    free(r->oldest);
    free(r->granted);
    banker_release(&r->banker);
}

/* Behind the resident prefix, for all slots. */
static int n_cells(const struct generator *g)
{
    const int n = g->backend->info.n_ctx_seq - g->resident.n;
    return g->params.kv_unified ? n : n * g->params.n_slots;
}

/* After a failure nobody knows what the engine holds. */
static void forget(struct generator *g)
{
    for (int k = 0; k < g->params.n_slots; k++)
        if (g->slots[k].i_item >= 0)
            slot_drop(&g->slots[k]);
    backend_clear(g->backend);
    resident_forget(&g->resident);
}

int generator_run(struct generator *g, const struct generation *in, int n, struct generated *out,
                  const struct generator_watch *watch, struct err *err)
{
    struct run r;
    const double start_s = clock_s(), decode_s = g->backend->decode_s;
    if (n < 1)
        return 0;
    run_open(&r, g, in, n, out, watch);
    prepare_all(&r);
    int ret = hold_prefix(&r, err);
    if (!ret) {
        banker_init(&r.banker, g->params.n_slots, n_cells(g));
        ret = take_turns(&r, err);
    }
    if (ret)
        forget(g);
    run_close(&r);
    g->stats.tokens += r.n_tokens;
    g->stats.run_s += clock_s() - start_s;
    g->stats.decode_s += g->backend->decode_s - decode_s;
    return ret;
}

void generator_stats(const struct generator *g, struct generator_stats *out)
{
    *out = g->stats;
}
