/*
 * perplexity_stats: perplexity, its ratio to a base, and KL divergence, from the values of single tokens.
 *
 * All arrays are [n_chunks][n_per_chunk], row-major, one value a scored token (struct perplexity_tokens).
 * nll_base, kl, same_top may be NULL: what needs them is NaN.
 *
 * Units   nats; probabilities 0..1 (llama-perplexity prints percent); every se is one standard error
 * Errors  ERR_RANGE fewer than two tokens; a value that is not finite, with its array, chunk and token
 * Cost    O(n log n): percentiles sort two copies
 * Source  kl_divergence() and perplexity() of llama.cpp's tools/perplexity/perplexity.cpp: same formulas, tokens
 *         taken as independent, variances divided by n (not n - 1) and then by n - 1. Differs:
 *         - paired errors come from the differences themselves. llama-perplexity adds three terms that nearly
 *           cancel: the same number, but for a model against itself it prints -nan where this is 0
 *         - sums of squares in double about the mean; there float squares, and the variance as E x^2 - (E x)^2
 *         - no threshold: llama-perplexity sets errors to 0 up to 10 tokens and prints nothing below 100
 *         - percentiles at double positions, there float; exact sizes differ in the last printed digits
 *         The _chunk errors are ours: chunks are the independent units, since tokens of one text are correlated.
 *         Prefer them; on real text they are larger.
 * Tests   unit/test_perplexity_stats.c
 */
#ifndef PERBIT_STATS_PERPLEXITY_STATS_H
#define PERBIT_STATS_PERPLEXITY_STATS_H

#include <stddef.h>

#include "base/err.h"
#include "stats/describe.h"

struct perplexity_tokens {
    size_t n_chunks, n_per_chunk;
    const double *nll;      /* -ln p(token), this model */
    const double *nll_base; /* the same, base model */
    const double *kl;       /* KL(base || model) of the whole next-token distribution */
    const double *same_top; /* 1 if both models' most probable token is the same, else 0 */
    double n_bytes;         /* UTF-8 bytes of the scored tokens; 0 if unknown */
};

/* All the percentiles that llama-perplexity prints, of KL or of delta p. */
struct perplexity_spread {
    double min, q001, q01, q05, q10, q25, median, q75, q90, q95, q99, q999, max; /* q001 = 0.1 %, q999 = 99.9 % */
};

struct perplexity_stats {
    size_t n_tokens, n_chunks;

    struct estimate ppl;          /* exp(mean nll); se = ppl * se of the mean ("PPL = 6.2 +/- 0.03") */
    struct estimate ln_ppl;       /* mean nll */
    double ln_ppl_se_chunk;       /* se of ln_ppl with chunks as units; NaN for one chunk, as the others below */
    double bits_per_byte;         /* sum nll / ln 2 / n_bytes: comparable between tokenizers */

    /* need nll_base */
    struct estimate ppl_base, ln_ppl_base;
    double bits_per_byte_base;
    double correlation;           /* of the two models' nll, 0..1; NaN if one does not vary */
    struct estimate ln_ratio;     /* mean(nll - nll_base) = ln(PPL / PPL_base); paired se */
    double ln_ratio_se_chunk;
    struct estimate ratio;        /* exp(ln_ratio); se = ratio * se of ln_ratio */
    struct estimate difference;   /* ppl - ppl_base; se of the delta method with the covariance */
    struct estimate delta_p;      /* mean of p - p_base of the true token, p = exp(-nll) */
    struct estimate delta_p_rms;  /* sqrt(mean (p - p_base)^2); se NaN if it is 0 */
    struct perplexity_spread delta_p_spread;

    /* needs kl */
    struct estimate kl;           /* mean */
    double kl_se_chunk;
    struct perplexity_spread kl_spread;

    /* needs same_top */
    struct estimate same_top;     /* share; se = sqrt(p (1 - p) / (n - 1)) */
    double same_top_se_chunk;
};

int perplexity_stats_compute(struct perplexity_stats *out, const struct perplexity_tokens *in, struct err *err);

#endif
