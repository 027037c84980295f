#include "engine/encode.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/pystr.h"
#include "base/xalloc.h"

#include "base/banned.h"

void encoder_init(struct encoder *e, struct backend *b, enum encode_bos bos)
{
    *e = (struct encoder){ .backend = b, .bos = bos };
    e->prefix = b->info.bos >= 0 ? b->info.bos : b->info.eos;
    if (e->prefix < 0)
        return;
    const int n = backend_piece(b, e->prefix, e->prefix_text, (int)sizeof e->prefix_text);
    e->n_prefix_text = n > 0 ? n : 0;
}

static bool begins_with_prefix(const struct encoder *e, struct text t)
{
    const size_t n = (size_t)e->n_prefix_text;
    return n > 0 && t.n_bytes >= n && memcmp(t.s, e->prefix_text, n) == 0;
}

/* The vocabulary's own rule is left to the engine; a BOS against it is put here. */
int encode_text(const struct encoder *e, struct text text, bool with_bos, int32_t **out, int *out_n, struct err *err)
{
    const struct backend_info *info = &e->backend->info;
    const bool wants = with_bos && e->bos != ENCODE_BOS_OFF && !begins_with_prefix(e, text);
    const bool by_engine = wants && (e->bos == ENCODE_BOS_AUTO || info->add_bos);
    const bool by_us = wants && !by_engine;
    if (by_us && info->bos < 0)
        return err_set(err, ERR_RANGE, "a BOS is asked for, and the vocabulary has none");
    if (backend_tokenize(e->backend, text.s, text.n_bytes, by_engine, true, out, out_n, err))
        return -1;
    if (by_engine && info->add_eos && *out_n > 0 && (*out)[*out_n - 1] == info->eos)
        --*out_n;
    if (by_us) {
        *out = xrealloc(*out, ((size_t)*out_n + 1) * sizeof **out);
        memmove(*out + 1, *out, (size_t)*out_n * sizeof **out);
        (*out)[0] = info->bos;
        ++*out_n;
    }
    return 0;
}

int encode_context(struct encoded_context *out, const struct encoder *e, struct text context, struct err *err)
{
    const struct pystr kept = pystr_rstrip(pystr_of(context.s, context.n_bytes), NULL);
    *out = (struct encoded_context){ .text = { .s = context.s, .n_bytes = kept.n_bytes } };
    if (kept.n_bytes == 0)
        return 0;
    return encode_text(e, out->text, true, &out->tokens, &out->n, err);
}

/* context + continuation; whitespace between them needs no moving then. */
static int encode_whole(const struct encoder *e, const struct request *r, bool with_bos, int32_t **out, int *out_n,
                        struct err *err)
{
    struct buf b = BUF_INIT;
    buf_reserve(&b, r->context.n_bytes + r->continuation.n_bytes);
    buf_append(&b, r->context.s, r->context.n_bytes);
    buf_append(&b, r->continuation.s, r->continuation.n_bytes);
    const int ret = encode_text(e, (struct text){ .s = b.data, .n_bytes = b.len }, with_bos, out, out_n, err);
    buf_release(&b);
    return ret;
}

/* Keeps the last max_length + 1 ids. */
static void cut(struct encoded *x, int max_length)
{
    if (x->n <= max_length + 1)
        return;
    x->n_cut = x->n - (max_length + 1);
    x->n = max_length + 1;
    memmove(x->tokens, x->tokens + x->n_cut, (size_t)x->n * sizeof *x->tokens);
}

/* x->tokens is the whole, its first n_skip ids are replaced by the context's n ids. */
static int put_context(struct encoded *x, const int32_t *context, int n, int n_skip, struct err *err)
{
    if (x->n <= n_skip)
        return err_set(err, ERR_RANGE, "the continuation is empty: no token of it is left to be scored");
    const int n_continuation = x->n - n_skip;
    x->tokens = xrealloc(x->tokens, (size_t)(n + x->n) * sizeof *x->tokens);
    memmove(x->tokens + n, x->tokens + n_skip, (size_t)n_continuation * sizeof *x->tokens);
    memcpy(x->tokens, context, (size_t)n * sizeof *x->tokens);
    x->n = n + n_continuation;
    x->n_continuation = n_continuation;
    return 0;
}

static int pair_ids(struct encoded *x, const struct encoder *e, const struct encoded_context *ctx,
                    const struct request *r, struct err *err)
{
    const bool is_empty = ctx->n == 0;
    if (is_empty && e->prefix < 0)
        return err_set(err, ERR_RANGE, "the context is empty, and the vocabulary has no BOS or EOS to stand for it");
    if (encode_whole(e, r, !is_empty, &x->tokens, &x->n, err))
        return -1;
    if (!is_empty)
        return put_context(x, ctx->tokens, ctx->n, ctx->n, err);
    const bool has_prefix = x->n > 0 && x->tokens[0] == e->prefix;
    return put_context(x, &e->prefix, 1, has_prefix ? 1 : 0, err);
}

int encode_pair(struct encoded *out, const struct encoder *e, const struct encoded_context *ctx,
                const struct request *r, int max_length, struct err *err)
{
    *out = (struct encoded){ 0 };
    if (pair_ids(out, e, ctx, r, err))
        goto failed;
    if (out->n_continuation > max_length) {
        err_set(err, ERR_RANGE, "the continuation has %d tokens, the model takes %d", out->n_continuation, max_length);
        goto failed;
    }
    cut(out, max_length);
    out->n_context = out->n - out->n_continuation;
    return 0;
failed:
    encoded_release(out);
    return -1;
}

void encoded_release(struct encoded *x)
{
    free(x->tokens);
    *x = (struct encoded){ 0 };
}

void encoded_context_release(struct encoded_context *x)
{
    free(x->tokens);
    *x = (struct encoded_context){ 0 };
}
