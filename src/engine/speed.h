/*
 * speed: prompt and generation times of a loaded model, by llama-bench's method, one repetition a call.
 *
 * A test is (n_prompt, n_gen, n_depth): n_prompt > 0, n_gen = 0 is "pp512"; n_prompt = 0, n_gen > 0 is "tg128";
 * both > 0 is "pp16+tg4". Tokens are llama-bench's: BOS first if the vocabulary adds one, else random ids
 * from libc rand(); prompts in chunks of n_batch, one synchronize at the end; one token a decode in generation.
 *
 * speed_repeat puts, with index = repetition:
 *   METRIC_PROMPT_S, METRIC_GEN_S, METRIC_TOKEN_S [n_gen], METRIC_LOADAVG, METRIC_DECODE_S
 * slot = number of the test. speed_ttft puts METRIC_TTFT_S: tokenize a real text of about n_prompt tokens,
 * process it, sample (argmax) the first token.
 * Source  tools/llama-bench/llama-bench.cpp of the pinned llama.cpp. Differs: per-token times, TTFT.
 */
#ifndef PERBIT_ENGINE_SPEED_H
#define PERBIT_ENGINE_SPEED_H

#include "core/event.h"
#include "engine/backend.h"

struct speed_test {
    int n_prompt, n_gen, n_depth; /* tokens */
};

/* n_ctx and n_outputs_max that the tests need, set into p. */
void speed_backend_params(struct backend_params *p, const struct speed_test *tests, int n_tests);

int speed_warmup(struct backend *b, const struct speed_test *t, int n_batch, struct err *err);
int speed_repeat(struct backend *b, const struct speed_test *t, int slot, int n_batch, int64_t index,
                 const struct sink *sink, struct err *err);
int speed_ttft(struct backend *b, int n_prompt, int n_batch, int slot, int64_t index, const struct sink *sink,
               struct err *err);

#endif
