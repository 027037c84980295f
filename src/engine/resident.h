/*
 * resident: what all prompts of a run begin with, computed once and kept in sequence 0 of a backend.
 *
 * The prefix is decoded in pieces of `piece` tokens, the last one shorter where n is no multiple. From run to run whole
 * pieces that agree stay: those that a fresh run would have computed in the same calls. Of a model with a sliding window
 * all stays or nothing, since cells behind the window may have been given away.
 *
 *   const int n = resident_common(prompts, lengths, n_prompts, step);
 *   resident_hold(&r, backend, &batch, prompts[0], n, step, &n_decoded, err);
 *   backend_seq_copy(backend, 0, seq, err);
 *
 * Owns     a copy of its tokens until resident_release      Errors  those of decode: call resident_forget then
 * Threads  one caller                                       Tests   unit/test_generator.c, unit/test_scorer.c
 */
#ifndef PERBIT_ENGINE_RESIDENT_H
#define PERBIT_ENGINE_RESIDENT_H

#include "engine/backend.h"

struct resident {
    int32_t *tokens; /* [n] */
    int n;
};

/* Tokens from the start that both have. */
int resident_n_equal(const int32_t *a, const int32_t *b, int n);
/* Tokens, a multiple of step, that prompts [n] have in common; at least one of each is left out: its logits are needed.
 * Prompts of length 0 are passed over. */
int resident_common(const int32_t *const *prompts, const int *lengths, int n, int step);
/* *n_decoded += tokens that had to be computed. batch: scratch of at least piece tokens. */
int resident_hold(struct resident *r, struct backend *b, struct batch *batch, const int32_t *tokens, int n, int piece,
                  int64_t *n_decoded, struct err *err);
/* Sequence 0 has been cleared by somebody else. */
void resident_forget(struct resident *r);
void resident_release(struct resident *r);

#endif
