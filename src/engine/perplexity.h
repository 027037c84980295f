/*
 * perplexity: negative log-likelihoods of a text, and the KL divergence of levels from a base, in lockstep.
 *
 * The text, less one newline at its end as llama-perplexity -f drops it, is tokenized once by each model
 * (add_special true; all must agree) and cut into n_chunk = floor(n_tokens / n_ctx) chunks of
 * n_ctx tokens; n_seq = n_batch / n_ctx chunks are decoded together as parallel sequences. If the vocabulary
 * adds a BOS, each chunk's first token is replaced by it. Scored are the tokens at n_ctx/2+1 .. n_ctx-1.
 *
 * model [n]     opened with perplexity_backend_params(); with n > 1 model[0] is the base and gets no KL
 * For each chunk c, slot i (= index in model), events are put and then committed a group of n_seq at a time:
 *   METRIC_NLL [m], METRIC_SCORED_BYTES, and for i > 0 METRIC_NLL_BASE [m], METRIC_KL [m], METRIC_SAME_TOP [m]
 *   with m = n_ctx - 1 - n_ctx/2; METRIC_DECODE_S a group, index = its first chunk
 * EVENT_COMMIT index = the last whole chunk: a later run goes on with first_chunk = index + 1.
 * The base may instead be a base-logits file (params.base_file): then model[0] is the first level, the tokens
 * come from the file (text may be NULL), and NLL, NLL_BASE, KL and SAME_TOP are llama-perplexity
 * --kl-divergence's float arithmetic with its rounding and clip, so that its printed digits come out.
 *
 * Units   nats        Errors  ERR_RANGE text shorter than two chunks, vocabularies or tokens differ, the base
 *         file has another n_ctx; ERR_UNSUPPORTED the vocabulary adds an end-of-sequence token; ERR_USAGE;
 *         ERR_IO, ERR_FORMAT of the files; ERR_MODEL decode failed
 * Memory  the engine's output buffers, n_seq * n_ctx/2 * n_vocab * 4 bytes a model; nothing of that size besides,
 *         or one chunk's scored rows a model when n_batch < n_ctx
 * Cost    beside decoding, on one thread and for a vocabulary of 49152: 0.04 ms a scored token and model, with KL
 *         0.1 ms; shared by info.n_threads threads
 * Source  llama-perplexity of the pinned llama.cpp, perplexity() and kl_divergence(): float log-softmax with a
 *         double sum, exactly. KL differs: computed in double from the base's float logits, no 16-bit rounding,
 *         no clipping at -16 nats.
 * Tests   unit/test_perplexity.c (fake backend), model/test_perplexity_llama.c against llama-perplexity
 */
#ifndef PERBIT_ENGINE_PERPLEXITY_H
#define PERBIT_ENGINE_PERPLEXITY_H

#include <stddef.h>

#include "core/event.h"
#include "engine/backend.h"

struct perplexity_params {
    int n_ctx;             /* tokens a chunk, 512 */
    int n_batch;           /* 2048; above n_ctx it counts as the next lower multiple, below it a chunk is split */
    int n_chunks;          /* at most; -1 = all */
    int first_chunk;       /* resume: skip chunks before; a multiple of n_seq; 0 with save_file */
    const char *base_file; /* read the base from a llama-perplexity logits file, or NULL */
    const char *save_file; /* write model[0]'s logits in llama-perplexity's format, or NULL */
};

/* n_ctx, n_seq_max, n_batch, n_outputs_max and kv_unified that this layout needs, set into p (other fields are
   kept; n_ubatch, flash attention and repack move the result in the fourth digit). */
void perplexity_backend_params(struct backend_params *p, int n_ctx, int n_batch);

int perplexity_run(struct backend *const model[], int n, const struct perplexity_params *p, const char *text,
                   size_t n_bytes, const struct sink *sink, struct err *err);

#endif
