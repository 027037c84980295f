#include "engine/scorer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/logprob.h"
#include "engine/packer.h"
#include "engine/resident.h"
#include "engine/trie.h"
#include "engine/workers.h"

#include "base/banned.h"

enum {
    N_CTX = 4096,
    N_BATCH = 512,
    N_SEQ = 64,
    MIN_SAVED = 16,      /* tokens: what a decode call of few tokens costs more than its tokens */
    FAR_POS = 512,       /* before it, such calls are filled up by other items (packer.c) */
    ROWS_BYTES = 64 << 20,
    MAX_DEPTH = 16,      /* nodes below the root on one way: real items have three */
    RESIDENT_STEP = 64,  /* tokens: chunks whose common prefixes differ by chance keep the same resident one */
};

struct scorer {
    struct backend *backend;
    struct scorer_params params;
    struct encoder encoder;
    struct workers *workers;
    struct batch batch;
    struct scorer_stats stats;
    /* what sequence 0 holds between runs */
    struct resident resident;
    char **problems;     /* [n_problems] of the last run */
    int n_problems;
};

/* A run's arrays. */
struct run {
    struct scorer *s;
    const struct request *req; /* [n] */
    int n;
    struct encoded_context *contexts; /* [n_contexts] */
    int n_contexts;
    int *context_of;         /* [n] */
    const struct text **context_text; /* [n_contexts] borrowed */
    struct encoded *x;       /* [n]; n = 0 for a bad one */
    struct err *errs;        /* [n_contexts] and then [n] */
    struct trie trie;
    int *ends;               /* [n] node at or below the last token fed */
    int *first_slot;         /* [n + 1] */
    struct target *targets;  /* [n_targets] */
    int n_targets;
    double *logprobs;        /* [n_targets] by slot */
    bool *is_greedy;
    struct packer *packer;
    const struct packer_row *rows; /* of the batch at hand */
    const float **logits;    /* [info.n_outputs_max] theirs */
};

/* ---- opening ---- */

static int at_most(int value, int limit)
{
    return value < limit ? value : limit;
}

static int or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

void scorer_backend_params(struct backend_params *p, const struct scorer_params *sp, int n_vocab)
{
    const int n_rows = ROWS_BYTES / (int)sizeof(float) / (n_vocab > 0 ? n_vocab : 1);
    p->n_ctx = or_default(sp->n_ctx, N_CTX);
    p->n_batch = at_most(or_default(sp->n_batch, N_BATCH), p->n_ctx);
    p->n_ubatch = p->n_batch;
    p->n_seq_max = or_default(sp->n_seq, N_SEQ);
    p->n_outputs_max = at_most(n_rows < 1 ? 1 : n_rows, p->n_batch);
    p->kv_unified = true;
}

static int check_params(const struct scorer_params *sp, struct err *err)
{
    if (sp->max_length < 0 || sp->min_saved < 0)
        return err_set(err, ERR_USAGE, "max_length %d and min_saved %d: negative", sp->max_length, sp->min_saved);
    return 0;
}

int scorer_open(struct scorer **out, struct backend *b, const struct scorer_params *sp, struct err *err)
{
    *out = NULL;
    if (check_params(sp, err))
        return -1;
    struct scorer *s = xcalloc(1, sizeof *s);
    s->backend = b;
    s->params = *sp;
    s->params.max_length = or_default(sp->max_length, b->info.n_ctx_train);
    s->params.min_saved = or_default(sp->min_saved, MIN_SAVED);
    encoder_init(&s->encoder, b, sp->bos);
    workers_open(&s->workers, or_default(b->info.n_threads, 1));
    batch_init(&s->batch, b->info.n_batch);
    backend_clear(b);
    *out = s;
    return 0;
}

static void clear_problems(struct scorer *s)
{
    for (int i = 0; i < s->n_problems; i++)
        free(s->problems[i]);
    free(s->problems);
    s->problems = NULL;
    s->n_problems = 0;
}

void scorer_close(struct scorer *s)
{
    if (!s)
        return;
    clear_problems(s);
    workers_close(s->workers);
    batch_release(&s->batch);
    resident_release(&s->resident);
    free(s);
}

/* ---- tokens ---- */

static void encode_context_at(void *ctx, int i, int i_thread)
{
    struct run *r = ctx;
    (void)i_thread;
    encode_context(&r->contexts[i], &r->s->encoder, *r->context_text[i], &r->errs[i]);
}

static void encode_pair_at(void *ctx, int i, int i_thread)
{
    struct run *r = ctx;
    struct err *err = &r->errs[r->n_contexts + i];
    const int i_context = r->context_of[i], n_cells = r->s->backend->info.n_ctx_seq;
    (void)i_thread;
    if (r->errs[i_context].code != ERR_NONE) {
        *err = r->errs[i_context];
        return;
    }
    if (encode_pair(&r->x[i], &r->s->encoder, &r->contexts[i_context], &r->req[i], r->s->params.max_length, err))
        return;
    if (r->x[i].n - 1 > n_cells) {
        err_set(err, ERR_RANGE, "%d tokens, the context was opened for %d (request_ctx; max_length cuts longer ones)", r->x[i].n - 1,
                n_cells);
        encoded_release(&r->x[i]);
    }
}

/* Neighbours with the same text share one encoding. */
static void find_contexts(struct run *r)
{
    for (int i = 0; i < r->n; i++) {
        const struct text *t = &r->req[i].context, *last = r->n_contexts ? r->context_text[r->n_contexts - 1] : NULL;
        if (!last || last->s != t->s || last->n_bytes != t->n_bytes)
            r->context_text[r->n_contexts++] = t;
        r->context_of[i] = r->n_contexts - 1;
    }
}

static void note_problems(struct run *r)
{
    struct scorer *s = r->s;
    s->problems = xcalloc((size_t)r->n, sizeof *s->problems);
    s->n_problems = r->n;
    for (int i = 0; i < r->n; i++) {
        const struct err *e = &r->errs[r->n_contexts + i];
        if (e->code != ERR_NONE) {
            s->problems[i] = xasprintf("request %d: %s", i, e->msg);
            s->stats.n_bad++;
        }
    }
}

static void encode_all(struct run *r)
{
    const double start_s = clock_s();
    find_contexts(r);
    r->contexts = xcalloc((size_t)r->n_contexts, sizeof *r->contexts);
    r->errs = xcalloc((size_t)(r->n_contexts + r->n), sizeof *r->errs);
    workers_run(r->s->workers, r->n_contexts, encode_context_at, r);
    workers_run(r->s->workers, r->n, encode_pair_at, r);
    note_problems(r);
    r->s->stats.encode_s += clock_s() - start_s;
}

/* Tokens that request i feeds: all but its last. */
static int n_fed(const struct run *r, int i)
{
    return r->x[i].n > 0 ? r->x[i].n - 1 : 0;
}

/* ---- what all requests begin with ---- */

/*
 * Tokens of the common prefix that are worth a place of their own; it ends before the first position that is asked
 * for, so it needs no logits. *out_tokens: where they stand.
 */
static int find_prefix(const struct run *r, const int32_t **out_tokens)
{
    const struct encoded *first = NULL;
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        const struct encoded *x = &r->x[i];
        if (x->n == 0)
            continue;
        if (!first)
            n = x->n;
        first = first ? first : x;
        n = at_most(n, x->n_context - 1);
        n = resident_n_equal(first->tokens, x->tokens, n);
    }
    *out_tokens = first ? first->tokens : NULL;
    return n - n % RESIDENT_STEP;
}

static int make_resident(struct scorer *s, const int32_t *tokens, int n, struct err *err)
{
    const int piece = s->backend->info.n_batch;
    int64_t n_decoded = 0;
    const int rc = resident_hold(&s->resident, s->backend, &s->batch, tokens, n, piece, &n_decoded, err);
    s->stats.tokens_decoded += n_decoded;
    s->stats.n_decodes += (n_decoded + piece - 1) / piece;
    if (rc == 0)
        s->stats.tokens_unique += n_decoded;
    return rc;
}

/* ---- trie and targets ---- */

static void add_same(struct run *r, int i)
{
    /* a recurrent state cannot be cut back or split, but whole sequences that are equal need one evaluation */
    for (int k = i - 1; k >= 0 && r->context_of[k] == r->context_of[i]; k--)
        if (n_fed(r, k) == n_fed(r, i) && resident_n_equal(r->x[k].tokens, r->x[i].tokens, n_fed(r, i)) == n_fed(r, i)) {
            r->ends[i] = r->ends[k];
            return;
        }
    r->ends[i] = trie_add_apart(&r->trie, r->x[i].tokens, n_fed(r, i));
}

static void make_trie(struct run *r)
{
    const struct scorer *s = r->s;
    const bool has_root = s->resident.n > 0, is_recurrent = s->backend->info.is_recurrent;
    const int n_seq = s->backend->info.n_seq_max - has_root;
    const struct trie_rule rule = {
        .max_depth = at_most(n_seq, MAX_DEPTH), .min_saved = s->params.min_saved, .far_pos = s->resident.n + FAR_POS,
    };
    trie_init(&r->trie, s->resident.tokens, s->resident.n, rule);
    for (int i = 0; i < r->n; i++) {
        if (r->x[i].n == 0)
            continue;
        if (!s->params.share)
            r->ends[i] = trie_add_apart(&r->trie, r->x[i].tokens, n_fed(r, i));
        else if (is_recurrent)
            add_same(r, i);
        else
            r->ends[i] = trie_add(&r->trie, r->x[i].tokens, n_fed(r, i));
    }
    trie_finish(&r->trie);
}

static int compare_targets(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->pos != y->pos)
        return x->pos < y->pos ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static void make_targets(struct run *r)
{
    for (int i = 0; i < r->n; i++)
        r->first_slot[i + 1] = r->first_slot[i] + r->x[i].n_continuation;
    r->n_targets = r->first_slot[r->n];
    r->targets = xcalloc((size_t)r->n_targets + 1, sizeof *r->targets);
    r->logprobs = xcalloc((size_t)r->n_targets + 1, sizeof *r->logprobs);
    r->is_greedy = xcalloc((size_t)r->n_targets + 1, sizeof *r->is_greedy);
    for (int i = 0; i < r->n; i++) {
        const struct encoded *x = &r->x[i];
        for (int k = 0; k < x->n_continuation; k++) {
            const int pos = x->n_context + k - 1, slot = r->first_slot[i] + k;
            r->targets[slot] = (struct target){
                .node = trie_find(&r->trie, r->ends[i], pos), .pos = pos, .token = x->tokens[pos + 1], .slot = slot,
            };
        }
    }
    qsort(r->targets, (size_t)r->n_targets, sizeof *r->targets, compare_targets);
}

/* ---- decoding and scoring ---- */

/* The first of the largest is the greedy token. */
static bool is_first_max(const float *logits, int32_t token, float max)
{
    if (logits[token] < max)
        return false;
    int i = 0;
    while (logits[i] < max)
        i++;
    return i == token;
}

/* Targets of one row share its sum. */
static void score_row(void *ctx, int i, int i_thread)
{
    struct run *r = ctx;
    const struct packer_row *row = &r->rows[i];
    const float *logits = r->logits[i];
    const int n_vocab = r->s->backend->info.n_vocab;
    const float max = logprob_max(logits, n_vocab);
    const double log_sum = logprob_log_sum(logits, n_vocab, max);
    (void)i_thread;
    for (int k = row->begin; k < row->end; k++) {
        const struct target *t = &r->targets[k];
        r->logprobs[t->slot] = logits[t->token] - max - log_sum;
        r->is_greedy[t->slot] = is_first_max(logits, t->token, max);
    }
}

static int score_batch(struct run *r, struct err *err)
{
    int n_rows;
    r->rows = packer_rows(r->packer, &n_rows);
    if (n_rows == 0)
        return 0;
    const double start_s = clock_s();
    for (int i = 0; i < n_rows; i++) {
        r->logits[i] = backend_logits(r->s->backend, r->rows[i].i_batch);
        if (!r->logits[i])
            return err_set(err, ERR_MODEL, "the engine gave no logits for token %d of the batch", r->rows[i].i_batch);
    }
    workers_run(r->s->workers, n_rows, score_row, r);
    r->s->stats.score_s += clock_s() - start_s;
    r->s->stats.n_rows += n_rows;
    return 0;
}

static int decode_all(struct run *r, struct err *err)
{
    struct scorer *s = r->s;
    packer_open(&r->packer, s->backend, &r->trie, r->targets, r->n_targets, s->resident.n > 0);
    r->logits = xcalloc((size_t)s->backend->info.n_outputs_max, sizeof *r->logits);
    for (;;) {
        if (packer_fill(r->packer, &s->batch, err))
            return -1;
        if (s->batch.n == 0)
            break;
        if (backend_decode(s->backend, &s->batch, err) || score_batch(r, err) || packer_commit(r->packer, err))
            return -1;
        s->stats.tokens_decoded += s->batch.n;
        s->stats.n_decodes++;
    }
    s->stats.tokens_unique += trie_n_tokens(&r->trie) - s->resident.n;
    return 0;
}

/* ---- answers ---- */

static void put_answer(struct run *r, int i, struct answer *a)
{
    const struct encoded *x = &r->x[i];
    *a = (struct answer){
        .logprob = x->n > 0 ? 0.0 : NAN,
        .is_greedy = x->n > 0,
        .n_tokens = x->n_continuation,
        .n_context_tokens = x->n_context,
        .n_cut = x->n_cut,
    };
    for (int slot = r->first_slot[i]; slot < r->first_slot[i + 1]; slot++) {
        a->logprob += r->logprobs[slot];
        a->is_greedy &= r->is_greedy[slot];
    }
    r->s->stats.tokens_asked += n_fed(r, i);
    r->s->stats.n_cut += x->n_cut > 0;
}

static void run_open(struct run *r, struct scorer *s, const struct request *req, int n)
{
    const size_t count = (size_t)n;
    *r = (struct run){
        .s = s, .req = req, .n = n,
        .context_of = xcalloc(count, sizeof *r->context_of),
        .context_text = xcalloc(count, sizeof *r->context_text),
        .x = xcalloc(count, sizeof *r->x),
        .ends = xcalloc(count, sizeof *r->ends),
        .first_slot = xcalloc(count + 1, sizeof *r->first_slot),
    };
}

static void run_close(struct run *r)
{
    for (int i = 0; r->contexts && i < r->n_contexts; i++)
        encoded_context_release(&r->contexts[i]);
    for (int i = 0; i < r->n; i++)
        encoded_release(&r->x[i]);
    packer_close(r->packer);
    trie_release(&r->trie);
    free(r->contexts);
    free(r->context_of);
    free(r->context_text);
    free(r->x);
    free(r->errs);
    free(r->ends);
    free(r->first_slot);
    free(r->targets);
    free(r->logprobs);
    free(r->is_greedy);
    free(r->logits);
}

/* After an error nothing is known of the cache. */
static void forget(struct scorer *s)
{
    backend_clear(s->backend);
    resident_forget(&s->resident);
}

int scorer_run(struct scorer *s, const struct request *req, int n, struct answer *out, struct err *err)
{
    struct run r;
    const double start_s = clock_s(), decode_s = s->backend->decode_s;
    const int32_t *prefix;
    int ret = -1;
    clear_problems(s);
    if (n < 1)
        return 0;
    run_open(&r, s, req, n);
    encode_all(&r);
    const bool may_share = s->params.share && !s->backend->info.is_recurrent && s->backend->info.n_seq_max > 1;
    const int n_prefix = may_share ? find_prefix(&r, &prefix) : 0;
    if (make_resident(s, may_share ? prefix : NULL, n_prefix, err))
        goto done;
    make_trie(&r);
    make_targets(&r);
    if (decode_all(&r, err))
        goto done;
    for (int i = 0; i < n; i++)
        put_answer(&r, i, &out[i]);
    s->stats.n_requests += n;
    ret = 0;
done:
    if (ret)
        forget(s);
    run_close(&r);
    s->stats.run_s += clock_s() - start_s;
    s->stats.decode_s += s->backend->decode_s - decode_s;
    return ret;
}

const char *scorer_problem(const struct scorer *s, int i)
{
    return i >= 0 && i < s->n_problems ? s->problems[i] : NULL;
}

void scorer_stats(const struct scorer *s, struct scorer_stats *out)
{
    *out = s->stats;
}
