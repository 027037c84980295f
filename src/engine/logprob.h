/*
 * logprob: log-probabilities and divergence of rows of logits. Pure functions, no memory of their own.
 *
 * logits [n_vocab]  f32, finite or -inf (a masked token); at least one is finite
 * p      [n_vocab]  f64, the base row's probabilities
 * Units   nats
 *
 * Two kinds of arithmetic, on purpose:
 *   logprob_nll        llama-perplexity's: float maximum, expf() in float, summed in double from left to
 *                      right. The same bits as its log_softmax() on glibc, so the same printed digits.
 *   logprob_*_f64      double throughout, for the KL divergence: differences of 1e-9 nat are still right.
 *                      Sums run in eight lanes, so the result does not depend on the vector width.
 * Neither may be compiled with -ffast-math or with contraction (-std=c17 of GCC has none).
 *
 * Threads  any            Cost   ns a logit (AVX-512, 3 GHz): nll 1.0, nlls 0.8, lse 0.9, kl 0.2, argmax 0.2
 * Source   tools/perplexity/perplexity.cpp of the pinned llama.cpp, log_softmax()
 * Tests    unit/test_logprob.c against a long double version
 */
#ifndef PERBIT_ENGINE_LOGPROB_H
#define PERBIT_ENGINE_LOGPROB_H

#include <stdint.h>

float logprob_max(const float *logits, int n_vocab);
/* The first of the largest. */
int logprob_argmax(const float *logits, int n_vocab);

/* -ln p(token) as llama-perplexity computes it. */
double logprob_nll(const float *logits, int n_vocab, int32_t token);
/* logprob_nll() of rows [n_rows], to the last bit, four rows side by side. */
void logprob_nlls(double *out, const float *const *row, const int32_t *token, int n_rows, int n_vocab);
/* ln sum exp(logit) in the same arithmetic, less the maximum: many tokens of one row share it. */
double logprob_log_sum(const float *logits, int n_vocab, float max_logit);

/* ln sum exp(logit) in double. */
double logprob_lse_f64(const float *logits, int n_vocab);
/* Fills p[i] = exp(logits[i] - lse), 0 below e^-700 of the largest; returns lse. */
double logprob_softmax_f64(double *p, const float *logits, int n_vocab);
/*
 * sum over i of p[i] * ((base[i] - base_lse) - (logits[i] - lse)): the KL divergence of this row from the
 * base's. p and base_lse are from logprob_softmax_f64(base), lse from logprob_lse_f64(logits). Terms with
 * p[i] = 0 count as 0; a row against itself gives exactly 0; rounding may give a negative 1e-16.
 */
double logprob_kl_f64(const double *p, const float *base, double base_lse, const float *logits, double lse,
                      int n_vocab);

#endif
