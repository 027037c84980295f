/*
 * stops: the texts that end a generation, and where an answer is cut.
 *
 * A generation ends when one of them stands in its text. Then, as lm-evaluation-harness does it, the text is cut at the
 * first occurrence of each, one after another in the order of the list. Empty ones are passed over.
 *
 * texts    bytes, borrowed until stops_release     Owns  its list
 * Cost     one search a text over what is new      Threads  several may read
 * Source   lm_eval 0.4.13, utils.py handle_stop_sequences and postprocess_generated_text
 * Tests    unit/test_stops.c
 */
#ifndef PERBIT_ENGINE_STOPS_H
#define PERBIT_ENGINE_STOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/item.h"

struct stops {
    struct text *texts; /* [n] */
    int n;
};

/* eos: text of the end token, put last unless the list has it; n_bytes 0 = none. */
void stops_init(struct stops *s, const char *const *until, int n_until, struct text eos);
void stops_release(struct stops *s);
/* Does one stand in text [n_bytes] that ends in its last n_new bytes? */
bool stops_found(const struct stops *s, const char *text, size_t n_bytes, size_t n_new);
/* Bytes that are left of text [n_bytes]. */
size_t stops_cut(const struct stops *s, const char *text, size_t n_bytes);

#endif
