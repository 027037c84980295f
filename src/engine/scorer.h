/*
 * scorer: log-probabilities of continuations, as lm-evaluation-harness defines them, each token computed once.
 *
 *   struct scorer_params sp = { .share = true };
 *   struct backend_params bp = ...;
 *   scorer_backend_params(&bp, &sp, n_vocab);
 *   backend_open(&b, path, &bp, err);
 *   scorer_open(&s, b, &sp, err);
 *   scorer_run(s, requests, n, answers, err);   ... a chunk of items of one task at a time
 *   scorer_close(s);
 *
 * The requests of a run become a trie of their tokens (encode.h, trie.h); each node of it is decoded once, packed into
 * full batches (packer.h), with logits only at positions that a continuation asks for. Requests that differ in their
 * last token alone (MMLU's letters) read one row. What all requests of a run begin with (few-shot prefix of a
 * subject) is decoded before them and stays for the next run. docs/SCORER.md: why so, and what was measured.
 *
 * An answer depends on the requests of its run and their order, never on the runs before it: going on after a stop
 * gives the same bits if the chunks are cut the same. (It depends on its run because the engine's sums do, in the last
 * bits, on how tokens stand in a batch.)
 *
 * A request that cannot be scored gets logprob NaN, n_tokens 0 and a reason (scorer_problem); the others go on. That is
 * one with an empty continuation, one longer than max_length, one that has more tokens than n_ctx.
 *
 * Units    nats; log-softmax in float32 with a double sum, logits' own precision as lm-evaluation-harness has it
 * Errors   ERR_USAGE params out of range; ERR_MODEL, ERR_MEMORY of decode: the run has no answers then, and the
 *          scorer may be used again
 * Memory   beside the engine's: tokens of a run, about 30 bytes each. Of the engine's: rows of logits, at most 64 MB,
 *          once as output and once in the compute buffer
 * Threads  one caller; encodes and scores on info.n_threads threads
 * Tests    unit/test_scorer.c, model/test_scorer_llama.c; bench/scorer.c
 */
#ifndef PERBIT_ENGINE_SCORER_H
#define PERBIT_ENGINE_SCORER_H

#include "core/item.h"
#include "engine/backend.h"
#include "engine/encode.h"

/* 0 = the default in brackets. */
struct scorer_params {
    bool share;          /* false: every request whole and alone, nothing of another used */
    int max_length;      /* longer ones are cut from the left [the model's n_ctx_train] */
    enum encode_bos bos; /* [what the model file says] */
    int min_saved;       /* common runs inside long requests that save fewer tokens are computed twice [16] */
    /* for scorer_backend_params */
    int n_ctx;           /* cells; the longest request must fit [4096] */
    int n_batch;         /* [512] */
    int n_seq;           /* sequences; each takes its state in a recurrent model: then a few [64] */
};

struct scorer_stats {
    int64_t n_requests, n_bad, n_cut; /* n_cut: requests */
    int64_t tokens_asked;   /* without any sharing: sum of context + continuation - 1 */
    int64_t tokens_unique;  /* different prefixes; a resident one counts once */
    int64_t tokens_decoded;
    int64_t n_decodes, n_rows; /* calls; positions with logits */
    double run_s, encode_s, decode_s, score_s;
};

struct scorer;

/* n_ctx, n_seq_max, n_batch, n_ubatch, n_outputs_max and kv_unified of p; other fields are kept. */
void scorer_backend_params(struct backend_params *p, const struct scorer_params *sp, int n_vocab);
/* b stays the caller's; the scorer alone decodes with it until scorer_close. */
int scorer_open(struct scorer **out, struct backend *b, const struct scorer_params *sp, struct err *err);
void scorer_close(struct scorer *s); /* accepts NULL */
/* out [n]. The contexts of an item should be one text (the same pointer), and its requests neighbours. */
int scorer_run(struct scorer *s, const struct request *req, int n, struct answer *out, struct err *err);
/* Why request i of the last run has no answer; NULL when it has. Borrowed until the next run. */
const char *scorer_problem(const struct scorer *s, int i);
void scorer_stats(const struct scorer *s, struct scorer_stats *out); /* since scorer_open */

#endif
