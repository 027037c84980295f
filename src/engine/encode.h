/*
 * encode: the text of a request as the token ids that lm-evaluation-harness would feed its model.
 *
 *   n = code points of whitespace at the end of the context (Python's rstrip); they move to the continuation
 *   whole = encode(context + continuation), context ids = encode(context), continuation ids = whole[len(context ids):]
 *   the model is fed context ids + continuation ids (not whole), its last id left out, the last max_length of them
 *   empty context: the prefix token (BOS, else EOS) stands for it and the continuation is encoded without specials;
 *   if that begins with the prefix token, it serves as the context
 * encode() parses special tokens in the text; a BOS is put before it by the policy, never before a text that begins
 * with the prefix token's own text (a chat template wrote it). A closing EOS of the vocabulary is dropped.
 *
 * Exact by construction: each distinct context is encoded once, and each context + continuation as a whole. No
 * boundary inside a text is trusted: SentencePiece models merge across words, and special tokens may hold spaces.
 *
 * Owns     ids until encoded_release()
 * Threads  encode_context and encode_pair from several at once: the engine's vocabulary is read only
 * Cost     about 1 ms for 4 KB of text (BPE); one call a context, one a request
 * Source   lm_eval 0.4.13, api/model.py _encode_pair, models/huggingface.py tok_encode and _loglikelihood_tokens
 * Tests    unit/test_encode.c, model/test_scorer_llama.c
 */
#ifndef PERBIT_ENGINE_ENCODE_H
#define PERBIT_ENGINE_ENCODE_H

#include "core/item.h"
#include "engine/backend.h"

enum encode_bos {
    ENCODE_BOS_AUTO, /* what the model file says */
    ENCODE_BOS_ON,
    ENCODE_BOS_OFF
};

struct encoder {
    struct backend *backend; /* borrowed */
    enum encode_bos bos;
    int32_t prefix;          /* BOS, else EOS, else -1 */
    char prefix_text[128];
    int n_prefix_text;       /* bytes; 0 = no such text */
};

void encoder_init(struct encoder *e, struct backend *b, enum encode_bos bos);
/* *out [*out_n]: free(). with_bos false: no BOS whatever the policy. */
int encode_text(const struct encoder *e, struct text text, bool with_bos, int32_t **out, int *out_n, struct err *err);

/* One request's ids. tokens [n] = context ids, then continuation ids, cut from the left to max_length + 1. */
struct encoded {
    int32_t *tokens;
    int n;
    int n_continuation; /* the last of them are scored */
    int n_context;      /* what is left of the context's ids, n - n_continuation */
    int n_cut;
};

/* ids of a context without its trailing whitespace; n = 0 for an empty one. */
struct encoded_context {
    int32_t *tokens;
    int n;
    struct text text; /* what was encoded: borrowed, a prefix of the context */
};

int encode_context(struct encoded_context *out, const struct encoder *e, struct text context, struct err *err);
/* ctx is that of r->context. ERR_RANGE: nothing to score, no token for an empty context, longer than max_length. */
int encode_pair(struct encoded *out, const struct encoder *e, const struct encoded_context *ctx,
                const struct request *r, int max_length, struct err *err);
void encoded_release(struct encoded *x);
void encoded_context_release(struct encoded_context *x);

#endif
