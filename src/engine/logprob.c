#include "engine/logprob.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

/*
 * The loops below are written so that a compiler turns them into vector code without reordering any sum:
 * LANES partial sums side by side. One body serves all CPUs; the loader picks the widest (function
 * multiversioning: GCC on x86-64 Linux; the sanitizers cannot run its resolvers). No variant contracts
 * a * b + c, so all give the same bits.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

enum { LANES = 8 };

/* Below this exp() is taken as 0: e^-700 = 1e-304 is the last decade of normal doubles. */
static const double EXP_MIN = -700.0;

/*
 * exp(x) for x <= 0 in double, within 2 ulp: x = k ln 2 + r with |r| <= ln(2)/2, Taylor to r^13
 * (the rest is below 0.35^14/14! = 5e-18). k comes out of the low bits of x/ln 2 + 1.5 * 2^52.
 */
static inline double exp_neg(double x)
{
    const double shift = 6755399441055744.0; /* 1.5 * 2^52 */
    double clamped = x < EXP_MIN ? EXP_MIN : x;
    double shifted = clamped * 1.4426950408889634074 + shift;
    double k = shifted - shift;
    double r = clamped - k * 6.93147180369123816490e-01; /* ln 2, high part: k times it is exact */
    r = r - k * 1.90821492927058770002e-10;              /* ln 2, low part */
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits, scale_bits;
    memcpy(&bits, &shifted, sizeof bits);
    scale_bits = (bits + 1023) << 52; /* 2^k: the integer k stands in the low bits of shifted */
    double scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    return x < EXP_MIN ? 0.0 : p * scale;
}

WIDE float logprob_max(const float *logits, int n_vocab)
{
    float lane[LANES];
    for (int k = 0; k < LANES; k++)
        lane[k] = logits[0];
    int i = 0;
    for (; i + LANES <= n_vocab; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] = logits[i + k] > lane[k] ? logits[i + k] : lane[k];
    float max = lane[0];
    for (int k = 1; k < LANES; k++)
        max = lane[k] > max ? lane[k] : max;
    for (; i < n_vocab; i++)
        max = logits[i] > max ? logits[i] : max;
    return max;
}

int logprob_argmax(const float *logits, int n_vocab)
{
    const float max = logprob_max(logits, n_vocab);
    int i = 0;
    while (i < n_vocab - 1 && logits[i] != max)
        i++;
    return i;
}

double logprob_log_sum(const float *logits, int n_vocab, float max_logit)
{
    /* One sum from left to right and libm's expf: any other order or exp may change the last bit. */
    double sum = 0.0;
    for (int i = 0; i < n_vocab; i++)
        sum += expf(logits[i] - max_logit);
    return log(sum);
}

double logprob_nll(const float *logits, int n_vocab, int32_t token)
{
    const float max_logit = logprob_max(logits, n_vocab);
    /* The first difference is a float one there too. */
    return -(logits[token] - max_logit - logprob_log_sum(logits, n_vocab, max_logit));
}

WIDE static double sum_exp(const float *logits, int n_vocab, double max_logit)
{
    double lane[LANES] = { 0 };
    int i = 0;
    for (; i + LANES <= n_vocab; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += exp_neg((double)logits[i + k] - max_logit);
    double sum = 0.0;
    for (; i < n_vocab; i++)
        sum += exp_neg((double)logits[i] - max_logit);
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

double logprob_lse_f64(const float *logits, int n_vocab)
{
    const double max_logit = (double)logprob_max(logits, n_vocab);
    return max_logit + log(sum_exp(logits, n_vocab, max_logit));
}

WIDE static void exp_row(double *p, const float *logits, int n_vocab, double lse)
{
    for (int i = 0; i < n_vocab; i++) {
        double x = (double)logits[i] - lse;
        p[i] = exp_neg(x < 0.0 ? x : 0.0); /* lse may be a rounding below the only finite logit */
    }
}

double logprob_softmax_f64(double *p, const float *logits, int n_vocab)
{
    const double lse = logprob_lse_f64(logits, n_vocab);
    exp_row(p, logits, n_vocab, lse);
    return lse;
}

WIDE double logprob_kl_f64(const double *p, const float *base, double base_lse, const float *logits, double lse,
                           int n_vocab)
{
    const double shift = base_lse - lse;
    double lane[LANES] = { 0 };
    int i = 0;
    for (; i + LANES <= n_vocab; i += LANES)
        for (int k = 0; k < LANES; k++) {
            double d = (double)base[i + k] - (double)logits[i + k] - shift;
            lane[k] += p[i + k] > 0.0 ? p[i + k] * d : 0.0;
        }
    double sum = 0.0;
    for (; i < n_vocab; i++) {
        double d = (double)base[i] - (double)logits[i] - shift;
        sum += p[i] > 0.0 ? p[i] * d : 0.0;
    }
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}
