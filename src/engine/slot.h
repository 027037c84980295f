/*
 * slot: one generation under way: its tokens, its text so far, and why it ends.
 *
 *   slot_start(&s, backend, i, in, tokens, n, n_past, pick);
 *   n = slot_wish(&s, n_piece);              tokens to feed next: a piece of the prompt, or one
 *   slot_feed(&s, batch, seq, n);
 *   if (s.i_row >= 0)                        after decode: the batch position of its logits
 *       why = slot_pick(&s, backend, logits);
 *   slot_finish(&out, &s, backend, why, err)
 *
 * Positions 0 .. n_past-1 have been decoded. Pieces of a prompt end at multiples of n_piece.
 * tokens   borrowed        Owns  its tokens and texts between slot_start and slot_finish or slot_drop
 * Threads  one struct a thread        Tests  unit/test_generator.c
 */
#ifndef PERBIT_ENGINE_SLOT_H
#define PERBIT_ENGINE_SLOT_H

#include "base/buf.h"
#include "engine/generator.h"
#include "engine/stops.h"

struct slot {
    int i_item;            /* -1 = idle */
    const int32_t *prompt; /* [n_prompt] */
    int n_prompt;
    int32_t *made;         /* [n_made] generated; the last one is not decoded yet */
    int n_made, max_tokens;
    int n_past;
    int i_row;
    struct buf written;    /* text of made, special tokens written out */
    struct stops stops;
    char *eos;             /* its text */
    struct picker picker;
    double start_s;
};

void slot_start(struct slot *s, struct backend *b, int i_item, const struct generation *in, const int32_t *prompt,
                int n_prompt, int n_past, struct picker_params pick);
bool slot_is_prompt(const struct slot *s);
int slot_wish(const struct slot *s, int n_piece);
void slot_feed(struct slot *s, struct batch *batch, int seq, int n);
/* GENERATED_NOTHING: it goes on. */
enum generated_why slot_pick(struct slot *s, struct backend *b, const float *logits);
/* Fills text, n_bytes, n_tokens, why and seconds of out; the slot is idle then. */
int slot_finish(struct generated *out, struct slot *s, struct backend *b, enum generated_why why, struct err *err);
void slot_drop(struct slot *s);
/* Idle, without giving anything back: what it had is another's now. */
void slot_forget(struct slot *s);

#endif
