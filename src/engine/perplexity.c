#include "engine/perplexity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/logitsfile.h"
#include "engine/logprob.h"
#include "engine/workers.h"

#include "base/banned.h"

/*
 * One group at a time: n_seq chunks are decoded by model[0], then by each level; then all rows are scored.
 *
 * No logits are copied: each backend keeps its own output buffer, valid until its next decode, and that comes
 * only in the next group. The buffers (n_seq * n_ctx/2 * n_vocab * 4 bytes a model, 200 MB for four chunks of
 * 512 and a vocabulary of 49152) exist in the engine anyway. Only when a chunk takes several batches are its
 * scored rows copied out, one chunk's (n_seq is 1 then).
 */

struct run {
    struct backend *const *model; /* [n] */
    int n;
    const struct sink *sink;
    /* layout */
    int n_ctx, n_batch, n_vocab;
    int n_seq;        /* chunks decoded together */
    int n_batches;    /* decode calls a group */
    int first;        /* first position with logits: n_ctx/2 */
    int m;            /* scored tokens a chunk */
    int n_chunks;     /* end of the run; chunks are counted from the text's start */
    const int32_t *tokens; /* [>= n_chunks * n_ctx] */
    bool has_base_file;
    struct logitsfile base;
    struct logitsfile_writer *save;

    struct workers *workers;
    struct batch batch;
    const float **row;       /* [n][n_seq * m] logits of each scored token */
    float **copied;          /* [n] NULL, or [m][n_vocab] when n_batches > 1 */
    double **p;              /* [n_threads][n_vocab] the base's probabilities of the row at hand */
    uint16_t *base_rows;     /* [n_seq * m][row_len] */
    uint16_t *save_rows;     /* [n_seq * m][row_len] */
    double *nll, *nll_base, *kl, *same_top; /* [n][n_seq * m] */
    double *decode_s;        /* [n] decode_s before the group */
    int i_chunk;             /* the group's first chunk */
    int n_rows;              /* the group's scored tokens */
};

void perplexity_backend_params(struct backend_params *p, int n_ctx, int n_batch)
{
    const int n_seq = n_batch > n_ctx ? n_batch / n_ctx : 1;
    p->n_seq_max = n_seq;
    p->n_ctx = n_seq * n_ctx;
    p->n_batch = n_batch < p->n_ctx ? n_batch : p->n_ctx;
    p->n_outputs_max = 0;   /* half of every batch has logits, and one ubatch may hold nothing else */
    p->kv_unified = false;  /* a stream for each chunk, as llama-perplexity has it */
}

/* ---- the text ---- */

static int check_models(const struct run *r, struct err *err)
{
    const struct backend_info *base = &r->model[0]->info;
    for (int i = 0; i < r->n; i++) {
        const struct backend_info *info = &r->model[i]->info;
        const char *name = info->model_desc ? info->model_desc : "model";
        if (info->add_eos)
            return err_set(err, ERR_UNSUPPORTED, "%s: its vocabulary ends every text with an end-of-sequence token; "
                           "perplexity is not defined for such a model", name);
        if (info->n_vocab != base->n_vocab)
            return err_set(err, ERR_RANGE, "model %d (%s) has a vocabulary of %d tokens, the base has %d: "
                           "not the same model", i + 1, name, info->n_vocab, base->n_vocab);
        if (info->add_bos != base->add_bos || (info->add_bos && info->bos != base->bos))
            return err_set(err, ERR_RANGE, "model %d (%s) and the base differ in their beginning-of-sequence token: "
                           "not the same tokenizer", i + 1, name);
        if (info->n_ctx_seq < r->n_ctx)
            return err_set(err, ERR_RANGE, "%s: opened for %d tokens a sequence, chunks have %d", name,
                           info->n_ctx_seq, r->n_ctx);
    }
    return 0;
}

enum {
    MARGIN = 256,       /* tokens at the end of a cut text that may differ from the whole's */
    BYTES_A_TOKEN = 12  /* more than texts have */
};

/*
 * Bytes of the text that n_chunks chunks come from: tokenizing 1.3 MB for the first 16 of 640 chunks takes as long as
 * scoring them. Only where the tokenizer goes from left to right, and up to a line break: a word is never cut, and
 * spaces that are lie in the margin.
 */
static size_t n_bytes_needed(const struct run *r, int n_chunks, const char *text, size_t n_bytes)
{
    if (n_chunks < 0 || !r->model[0]->info.is_left_to_right)
        return n_bytes;
    const size_t n_tokens = (size_t)(n_chunks > 2 ? n_chunks : 2) * (size_t)r->n_ctx + MARGIN;
    for (size_t i = n_tokens * BYTES_A_TOKEN; i + 1 < n_bytes; i++)
        if (text[i] == '\n')
            return i + 1;
    return n_bytes;
}

/* *out [*out_n]: free(). All models must cut the text into the same tokens. */
static int tokenize(struct run *r, int32_t **out, int *out_n, const char *text, size_t n_bytes, struct err *err)
{
    int32_t *other = NULL;
    int n_other;
    int ret = -1;
    /* llama-perplexity -f drops one newline at the end of a file. */
    if (n_bytes > 0 && text[n_bytes - 1] == '\n')
        n_bytes--;
    if (n_bytes == 0)
        return err_set(err, ERR_RANGE, "the text is empty");
    if (backend_tokenize(r->model[0], text, n_bytes, true, false, out, out_n, err))
        return -1;
    for (int i = 1; i < r->n; i++) {
        if (backend_tokenize(r->model[i], text, n_bytes, true, false, &other, &n_other, err))
            goto done;
        int at = 0;
        while (at < *out_n && at < n_other && (*out)[at] == other[at])
            at++;
        if (at < *out_n || at < n_other) {
            err_set(err, ERR_RANGE, "model %d (%s) cuts the text into other tokens than the base, from token %d on: "
                    "not the same tokenizer", i + 1, r->model[i]->info.model_desc ? r->model[i]->info.model_desc : "",
                    at);
            goto done;
        }
        free(other);
        other = NULL;
    }
    ret = 0;
done:
    free(other);
    if (ret) {
        free(*out);
        *out = NULL;
    }
    return ret;
}

/* Bytes of text of a chunk's scored tokens. */
static double scored_bytes(const struct run *r, int i_chunk)
{
    char piece[256];
    double sum = 0;
    const int32_t *tokens = r->tokens + (size_t)i_chunk * (size_t)r->n_ctx;
    for (int k = r->first + 1; k < r->n_ctx; k++) {
        int n = backend_piece(r->model[0], tokens[k], piece, (int)sizeof piece);
        sum += n < 0 ? -n : n;
    }
    return sum;
}

/* ---- decoding ---- */

static int decode_group(struct run *r, int i_model, int n_chunks, struct err *err)
{
    struct backend *b = r->model[i_model];
    const float **row = r->row + (size_t)i_model * (size_t)(r->n_seq * r->m);
    size_t n_copied = 0;

    backend_clear(b);
    for (int j = 0; j < r->n_batches; j++) {
        const int begin = j * r->n_batch; /* positions of every chunk that this batch carries */
        const int end = begin + r->n_batch < r->n_ctx ? begin + r->n_batch : r->n_ctx;
        batch_clear(&r->batch);
        for (int seq = 0; seq < n_chunks; seq++) {
            const int32_t *tokens = r->tokens + (size_t)(r->i_chunk + seq) * (size_t)r->n_ctx;
            for (int pos = begin; pos < end; pos++) {
                const bool is_bos = pos == 0 && b->info.add_bos;
                batch_add(&r->batch, is_bos ? b->info.bos : tokens[pos], pos, seq, pos >= r->first);
            }
        }
        if (backend_decode(b, &r->batch, err))
            return err_prefix(err, "chunk %d: ", r->i_chunk);
        for (int i = 0; i < r->batch.n; i++) {
            const int i_row = r->batch.seq[i] * r->m + r->batch.pos[i] - r->first;
            if (r->batch.pos[i] < r->first || r->batch.pos[i] == r->n_ctx - 1)
                continue; /* the last position predicts a token outside the chunk */
            const float *logits = backend_logits(b, i);
            if (!logits)
                return err_set(err, ERR_MODEL, "chunk %d: the engine gave no logits for position %d", r->i_chunk,
                               r->batch.pos[i]);
            if (r->n_batches > 1) {
                float *to = r->copied[i_model] + n_copied++ * (size_t)r->n_vocab;
                memcpy(to, logits, (size_t)r->n_vocab * sizeof *to);
                logits = to;
            }
            row[i_row] = logits;
        }
    }
    return 0;
}

/* ---- scoring: a few rows of all models ---- */

enum { PIECE = 4 }; /* rows: what logprob_nlls() does side by side */

static int32_t token_of_row(const struct run *r, int i)
{
    const int seq = i / r->m, k = i % r->m;
    return r->tokens[(size_t)(r->i_chunk + seq) * (size_t)r->n_ctx + (size_t)(r->first + k + 1)];
}

/* Row i against the base of the logits file. */
static void score_against_file(struct run *r, int i)
{
    for (int s = 0; s < r->n; s++) {
        struct logitsfile_score score;
        const size_t at = (size_t)s * (size_t)(r->n_seq * r->m) + (size_t)i;
        logitsfile_compare(&score, r->base_rows + (size_t)i * r->base.row_len, r->row[at], r->n_vocab,
                           token_of_row(r, i));
        r->nll[at] = score.nll;
        r->nll_base[at] = score.nll_base;
        r->kl[at] = score.kl;
        r->same_top[at] = score.is_same_top;
    }
}

/* Row i of every level against model[0]'s; their NLLs are there. */
static void score_against_base(struct run *r, int i, double *p)
{
    const float *base = r->row[i];
    const double base_lse = logprob_softmax_f64(p, base, r->n_vocab);
    const int base_top = logprob_argmax(base, r->n_vocab);
    for (int s = 1; s < r->n; s++) {
        const size_t at = (size_t)s * (size_t)(r->n_seq * r->m) + (size_t)i;
        const float *logits = r->row[at];
        r->nll_base[at] = r->nll[i];
        r->kl[at] = logprob_kl_f64(p, base, base_lse, logits, logprob_lse_f64(logits, r->n_vocab), r->n_vocab);
        r->same_top[at] = logprob_argmax(logits, r->n_vocab) == base_top;
    }
}

static void score_nll(struct run *r, int i, int n)
{
    int32_t token[PIECE];
    for (int k = 0; k < n; k++)
        token[k] = token_of_row(r, i + k);
    for (int s = 0; s < r->n; s++) {
        const size_t at = (size_t)s * (size_t)(r->n_seq * r->m) + (size_t)i;
        logprob_nlls(r->nll + at, r->row + at, token, n, r->n_vocab);
    }
}

static void score_piece(void *ctx, int i_piece, int i_thread)
{
    struct run *r = ctx;
    const int i = i_piece * PIECE, left = r->n_rows - i, n = left < PIECE ? left : PIECE;
    for (int k = 0; k < n; k++) {
        if (r->save)
            logitsfile_encode(r->save_rows + (size_t)(i + k) * logitsfile_row_len(r->n_vocab), r->row[i + k],
                              r->n_vocab);
        if (r->has_base_file)
            score_against_file(r, i + k);
    }
    if (r->has_base_file)
        return;
    score_nll(r, i, n);
    for (int k = 0; k < n && r->n > 1; k++)
        score_against_base(r, i + k, r->p[i_thread]);
}

/* ---- events ---- */

static int put_group(const struct run *r, int n_chunks, struct err *err)
{
    const size_t stride = (size_t)(r->n_seq * r->m);
    for (int seq = 0; seq < n_chunks; seq++) {
        const int c = r->i_chunk + seq;
        const double n_bytes = scored_bytes(r, c);
        for (int s = 0; s < r->n; s++) {
            const size_t at = (size_t)s * stride + (size_t)(seq * r->m);
            if (sink_series(r->sink, s, METRIC_NLL, c, r->nll + at, r->m, err) ||
                sink_measure(r->sink, s, METRIC_SCORED_BYTES, c, n_bytes, err))
                return -1;
            if (s == 0 && !r->has_base_file)
                continue;
            if (sink_series(r->sink, s, METRIC_NLL_BASE, c, r->nll_base + at, r->m, err) ||
                sink_series(r->sink, s, METRIC_KL, c, r->kl + at, r->m, err) ||
                sink_series(r->sink, s, METRIC_SAME_TOP, c, r->same_top + at, r->m, err))
                return -1;
        }
    }
    for (int s = 0; s < r->n; s++)
        if (sink_measure(r->sink, s, METRIC_DECODE_S, r->i_chunk, r->model[s]->decode_s - r->decode_s[s], err))
            return -1;
    if (sink_commit(r->sink, 0, r->i_chunk + n_chunks - 1, err))
        return -1;
    return sink_progress(r->sink, r->i_chunk + n_chunks, r->n_chunks, "chunk", err);
}

static int run_group(struct run *r, struct err *err)
{
    const int left = r->n_chunks - r->i_chunk;
    const int n_chunks = left < r->n_seq ? left : r->n_seq;
    for (int s = 0; s < r->n; s++) {
        r->decode_s[s] = r->model[s]->decode_s;
        if (decode_group(r, s, n_chunks, err))
            return -1;
    }
    if (r->has_base_file)
        for (int seq = 0; seq < n_chunks; seq++)
            if (logitsfile_read(&r->base, r->i_chunk + seq,
                                r->base_rows + (size_t)(seq * r->m) * r->base.row_len, err))
                return -1;
    r->n_rows = n_chunks * r->m;
    workers_run(r->workers, (r->n_rows + PIECE - 1) / PIECE, score_piece, r);
    if (r->save && logitsfile_put(r->save, r->save_rows, n_chunks * r->m, err))
        return -1;
    return put_group(r, n_chunks, err);
}

static void buffers_open(struct run *r)
{
    const size_t n_rows = (size_t)(r->n_seq * r->m);
    const size_t n_cells = (size_t)r->n * n_rows;
    int n_threads = r->model[0]->info.n_threads;
    if (n_threads < 1)
        n_threads = backend_default_threads();
    workers_open(&r->workers, n_threads);
    batch_init(&r->batch, r->n_batch);
    r->row = xcalloc(n_cells, sizeof *r->row);
    r->nll = xcalloc(n_cells, sizeof *r->nll);
    r->nll_base = xcalloc(n_cells, sizeof *r->nll_base);
    r->kl = xcalloc(n_cells, sizeof *r->kl);
    r->same_top = xcalloc(n_cells, sizeof *r->same_top);
    r->decode_s = xcalloc((size_t)r->n, sizeof *r->decode_s);
    r->copied = xcalloc((size_t)r->n, sizeof *r->copied);
    if (r->n_batches > 1)
        for (int s = 0; s < r->n; s++)
            r->copied[s] = xmalloc((size_t)r->m * (size_t)r->n_vocab * sizeof(float));
    r->p = xcalloc((size_t)workers_n(r->workers), sizeof *r->p);
    if (r->n > 1 && !r->has_base_file)
        for (int i = 0; i < workers_n(r->workers); i++)
            r->p[i] = xmalloc((size_t)r->n_vocab * sizeof(double));
    if (r->has_base_file)
        r->base_rows = xmalloc(n_rows * r->base.row_len * sizeof(uint16_t));
    if (r->save)
        r->save_rows = xmalloc(n_rows * logitsfile_row_len(r->n_vocab) * sizeof(uint16_t));
}

static void buffers_close(struct run *r)
{
    for (int i = 0; r->p && i < workers_n(r->workers); i++)
        free(r->p[i]);
    for (int s = 0; r->copied && s < r->n; s++)
        free(r->copied[s]);
    free(r->p);
    free(r->copied);
    free(r->base_rows);
    free(r->save_rows);
    free(r->decode_s);
    free(r->same_top);
    free(r->kl);
    free(r->nll_base);
    free(r->nll);
    free(r->row);
    batch_release(&r->batch);
    workers_close(r->workers);
}

static int check_params(const struct perplexity_params *p, struct err *err)
{
    if (p->n_ctx < 4 || p->n_batch < 1)
        return err_set(err, ERR_USAGE, "chunks of %d tokens and batches of %d: at least 4 and 1 are needed", p->n_ctx,
                       p->n_batch);
    if (p->first_chunk < 0)
        return err_set(err, ERR_USAGE, "first chunk %d is negative", p->first_chunk);
    if (p->save_file && p->base_file)
        return err_set(err, ERR_USAGE, "one logits file can be read or written, not both: %s and %s", p->base_file,
                       p->save_file);
    if (p->save_file && p->first_chunk > 0)
        return err_set(err, ERR_USAGE, "%s: a logits file is written from the first chunk on, not from chunk %d",
                       p->save_file, p->first_chunk);
    return 0;
}

/* Tokens and chunks, from the base's file or from the text. */
static int open_text(struct run *r, const struct perplexity_params *p, int32_t **tokens, const char *text,
                     size_t n_bytes, struct err *err)
{
    int n_all;
    if (p->base_file) {
        if (logitsfile_open(&r->base, p->base_file, err))
            return -1;
        r->has_base_file = true;
        if (r->base.n_ctx != r->n_ctx)
            return err_set(err, ERR_RANGE, "%s: made with chunks of %d tokens, n_ctx is %d", p->base_file,
                           r->base.n_ctx, r->n_ctx);
        if (r->base.n_vocab != r->n_vocab)
            return err_set(err, ERR_RANGE, "%s: made with a vocabulary of %d tokens, the model has %d: not the same "
                           "model", p->base_file, r->base.n_vocab, r->n_vocab);
        r->tokens = r->base.tokens;
        n_all = r->base.n_chunk;
    } else {
        int n_tokens;
        const size_t n_cut = n_bytes_needed(r, p->n_chunks, text, n_bytes);
        if (tokenize(r, tokens, &n_tokens, text, n_cut, err))
            return -1;
        if (n_cut < n_bytes && n_tokens - MARGIN < p->n_chunks * r->n_ctx) {
            free(*tokens);
            if (tokenize(r, tokens, &n_tokens, text, n_bytes, err))
                return -1;
        }
        if (n_tokens < 2 * r->n_ctx)
            return err_set(err, ERR_RANGE, "the text has %d tokens; perplexity with chunks of %d needs at least %d",
                           n_tokens, r->n_ctx, 2 * r->n_ctx);
        r->tokens = *tokens;
        n_all = n_tokens / r->n_ctx;
    }
    r->n_chunks = p->n_chunks < 0 || p->n_chunks > n_all ? n_all : p->n_chunks;
    if (r->n_chunks == 0)
        return err_set(err, ERR_USAGE, "0 chunks are asked for");
    if (p->first_chunk % r->n_seq != 0)
        return err_set(err, ERR_USAGE, "first chunk %d: %d chunks are decoded together, so a run starts at a multiple "
                       "of %d", p->first_chunk, r->n_seq, r->n_seq);
    return 0;
}

int perplexity_run(struct backend *const model[], int n, const struct perplexity_params *p, const char *text,
                   size_t n_bytes, const struct sink *sink, struct err *err)
{
    assert(n > 0);
    struct backend_params layout = { 0 };
    struct run r = { .model = model, .n = n, .sink = sink, .n_ctx = p->n_ctx };
    int32_t *tokens = NULL;
    int ret = -1;

    if (check_params(p, err))
        return -1;
    perplexity_backend_params(&layout, p->n_ctx, p->n_batch);
    r.n_batch = layout.n_batch;
    r.n_seq = layout.n_seq_max;
    r.n_batches = (r.n_ctx + r.n_batch - 1) / r.n_batch;
    r.first = r.n_ctx / 2;
    r.m = r.n_ctx - 1 - r.first;
    r.n_vocab = model[0]->info.n_vocab;

    if (check_models(&r, err) || open_text(&r, p, &tokens, text, n_bytes, err))
        goto done;
    if (p->save_file && logitsfile_create(&r.save, p->save_file, r.n_ctx, r.n_vocab, r.n_chunks, r.tokens, err))
        goto done;
    buffers_open(&r);
    if (sink_progress(sink, p->first_chunk < r.n_chunks ? p->first_chunk : r.n_chunks, r.n_chunks, "chunk", err))
        goto done;
    for (r.i_chunk = p->first_chunk; r.i_chunk < r.n_chunks; r.i_chunk += r.n_seq)
        if (run_group(&r, err))
            goto done;
    ret = 0;
    if (r.save) {
        ret = logitsfile_finish(r.save, err);
        r.save = NULL;
    }
done:
    logitsfile_abandon(r.save);
    if (r.workers)
        buffers_close(&r);
    logitsfile_close(&r.base);
    free(tokens);
    return ret;
}
