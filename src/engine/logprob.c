#include "engine/logprob.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

/*
 * The loops below are written so that a compiler turns them into vector code without reordering any sum:
 * LANES partial sums side by side. One body serves all CPUs; the loader picks the widest (function
 * multiversioning: GCC on x86-64 Linux; the sanitizers cannot run its resolvers). No variant contracts
 * a * b + c, so all give the same bits. no-trapping-math changes no value: it lets a choice between two values
 * become a blend (nobody reads the exception flags), without which no loop here is vector code.
 */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "no-trapping-math")
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

/*
 * expf() as glibc and musl compute it (Szabolcs Nagy's algorithm of Arm's optimized-routines), because a call a
 * logit cannot become vector code: 2^(i/32) from a table, a cubic for the rest. Compared with glibc over all 1.1e9
 * floats from 0 to -144: one differs, by its last bit, at e^-63. On other systems libm may differ in last bits.
 */
static const uint64_t exp2_table[32] = { /* bits of 2^(i/32), less i << 47 */
    0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51,
    0x3fef72b83c7d517b, 0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1,
    0x3fef06fe0a31b715, 0x3feef1a7373aa9cb, 0x3feedea64c123422, 0x3feece086061892d,
    0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429, 0x3feea47eb03a5585,
    0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
    0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d,
    0x3feee89f995ad3ad, 0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069,
    0x3fef5818dcfba487, 0x3fef7c97337b9b5f, 0x3fefa4afa2a490da, 0x3fefd0765b6e4540,
};

/* e^x = 2^(k/32) p: the two factors' k and p. */
static inline __attribute__((always_inline)) uint64_t exp_split(double *p, float x)
{
    const double shift = 0x1.8p52, inv_ln2 = 0x1.71547652b82fep+0;
    const double c0 = 0x1.c6af84b912394p-5 / 32 / 32 / 32, c1 = 0x1.ebfce50fac4f3p-3 / 32 / 32,
                 c2 = 0x1.62e42ff0c52d6p-1 / 32;
    const double d = (double)x;
    const double z = inv_ln2 * 32 * (d < -160.0 ? -160.0 : d); /* e^-160 is 0 as a float */
    const double shifted = z + shift;
    const double r = z - (shifted - shift);
    uint64_t k;
    memcpy(&k, &shifted, sizeof k);
    *p = (c0 * r + c1) * (r * r) + (c2 * r + 1);
    return k;
}

static inline float expf_neg(float x)
{
    double p, scale;
    const uint64_t k = exp_split(&p, x);
    const uint64_t scale_bits = exp2_table[k % 32] + (k << 47);
    memcpy(&scale, &scale_bits, sizeof scale);
    return (float)(p * scale);
}

enum {
    STEP = 32, /* short: the additions, one after another, hide behind the next exponentials */
    ROWS = 4   /* summed side by side: an addition waits for the one before it, of its own row only */
};

/*
 * expf_neg() of STEP logits. Three loops, since only two of them become vector code: the look-up of 2^(i/32) does
 * not, as gathers are no faster than loads on most CPUs.
 */
static inline __attribute__((always_inline)) void exp_step(float *e, const float *logits, float max_logit)
{
    double p[STEP];
    uint64_t k[STEP];
    for (int i = 0; i < STEP; i++)
        k[i] = exp_split(&p[i], logits[i] - max_logit);
    for (int i = 0; i < STEP; i++)
        k[i] = exp2_table[k[i] % 32] + (k[i] << 47);
    for (int i = 0; i < STEP; i++) {
        double scale;
        memcpy(&scale, &k[i], sizeof scale);
        e[i] = (float)(p[i] * scale);
    }
}

/* The sum's own order, from left to right, as the reference adds them; begun at logit `from`. */
static double sum_rest(double sum, const float *logits, int from, int n_vocab, float max_logit)
{
    for (int i = from; i < n_vocab; i++)
        sum += expf_neg(logits[i] - max_logit);
    return sum;
}

WIDE double logprob_log_sum(const float *logits, int n_vocab, float max_logit)
{
    double sum = 0.0;
    int i = 0;
    for (; i + STEP <= n_vocab; i += STEP) {
        float e[STEP];
        exp_step(e, logits + i, max_logit);
        for (int k = 0; k < STEP; k++)
            sum += e[k];
    }
    return log(sum_rest(sum, logits, i, n_vocab, max_logit));
}

/* logprob_log_sum() of ROWS rows: the same bits. */
WIDE static void log_sum_rows(double out[ROWS], const float *const *row, int n_vocab, const float *max_logit)
{
    double sum[ROWS] = { 0 };
    int i = 0;
    for (; i + STEP <= n_vocab; i += STEP) {
        float e[ROWS][STEP];
        for (int r = 0; r < ROWS; r++)
            exp_step(e[r], row[r] + i, max_logit[r]);
        for (int k = 0; k < STEP; k++)
            for (int r = 0; r < ROWS; r++)
                sum[r] += e[r][k];
    }
    for (int r = 0; r < ROWS; r++)
        out[r] = log(sum_rest(sum[r], row[r], i, n_vocab, max_logit[r]));
}

double logprob_nll(const float *logits, int n_vocab, int32_t token)
{
    const float max_logit = logprob_max(logits, n_vocab);
    /* The first difference is a float one there too. */
    return -(logits[token] - max_logit - logprob_log_sum(logits, n_vocab, max_logit));
}

void logprob_nlls(double *out, const float *const *row, const int32_t *token, int n_rows, int n_vocab)
{
    int i = 0;
    for (; i + ROWS <= n_rows; i += ROWS) {
        float max_logit[ROWS];
        double log_sum[ROWS];
        for (int r = 0; r < ROWS; r++)
            max_logit[r] = logprob_max(row[i + r], n_vocab);
        log_sum_rows(log_sum, row + i, n_vocab, max_logit);
        for (int r = 0; r < ROWS; r++)
            out[i + r] = -(row[i + r][token[i + r]] - max_logit[r] - log_sum[r]);
    }
    for (; i < n_rows; i++)
        out[i] = logprob_nll(row[i], n_vocab, token[i]);
}

enum { BLOCK = 512 };

/*
 * sum of exp(logit - max_logit); also each of them into p [n_vocab] unless that is NULL. By blocks that stay in
 * the first-level cache, so that the exponentials and their sum are two loops without a chain between them.
 */
WIDE static double sum_exp(double *p, const float *logits, int n_vocab, double max_logit)
{
    double block[BLOCK], lane[LANES] = { 0 }, sum = 0.0;
    for (int start = 0; start < n_vocab; start += BLOCK) {
        const int n = n_vocab - start < BLOCK ? n_vocab - start : BLOCK;
        const float *x = logits + start;
        double *e = p ? p + start : block;
        for (int i = 0; i < n; i++)
            e[i] = exp_neg((double)x[i] - max_logit);
        int i = 0;
        for (; i + LANES <= n; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += e[i + k];
        for (; i < n; i++)
            sum += e[i];
    }
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

double logprob_lse_f64(const float *logits, int n_vocab)
{
    const double max_logit = (double)logprob_max(logits, n_vocab);
    return max_logit + log(sum_exp(NULL, logits, n_vocab, max_logit));
}

WIDE static void scale_row(double *p, int n, double factor)
{
    for (int i = 0; i < n; i++)
        p[i] *= factor;
}

double logprob_softmax_f64(double *p, const float *logits, int n_vocab)
{
    const double max_logit = (double)logprob_max(logits, n_vocab);
    const double sum = sum_exp(p, logits, n_vocab, max_logit);
    scale_row(p, n_vocab, 1.0 / sum);
    return max_logit + log(sum);
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
