/*
 * picker: the next token of a generation out of a row of logits.
 *
 * temperature 0: the most probable one, of equals the first. Otherwise as transformers' chain: logits / temperature;
 * the top_k largest of them (of equals the first); of these the fewest whose probabilities reach top_p; one of what is
 * left in proportion to its probability, by one double of the generation's own Mersenne Twister. Candidates are drawn
 * from in order of probability where top_k or top_p cut, in order of ids where nothing does.
 *
 *   struct picker p;
 *   picker_init(&p, params, seed);            one a generation: its draws depend on nothing else
 *   int32_t token = picker_next(&p, logits, n_vocab);
 *
 * logits [n_vocab] f32; -inf is never drawn       Units  probabilities in double
 * Owns     nothing: scratch is given back before it returns      Threads  one struct a thread
 * Cost     greedy 0.2 ns a logit; sampled about 10 ns a logit; top_p without top_k sorts the vocabulary
 * Tests    unit/test_picker.c
 */
#ifndef PERBIT_ENGINE_PICKER_H
#define PERBIT_ENGINE_PICKER_H

#include "base/err.h"
#include "base/rand.h"

struct picker_params {
    double temperature; /* 0 = greedy */
    int top_k;          /* 0 = all */
    double top_p;       /* 0 or 1 = all */
};

struct picker {
    struct picker_params params;
    struct rand_mt rng;
};

/* ERR_USAGE: negative or not finite, top_p above 1. */
int picker_check(const struct picker_params *params, struct err *err);
void picker_init(struct picker *p, struct picker_params params, uint64_t seed);
int32_t picker_next(struct picker *p, const float *logits, int n_vocab);

#endif
