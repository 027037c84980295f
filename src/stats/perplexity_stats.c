#include "stats/perplexity_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "stats/paired.h"

/*
 * llama-perplexity's error: sqrt((E x^2 - (E x)^2) / (n - 1)). The bracket is the population variance, so
 * this is sd / sqrt(n) with the sample deviation.
 */
static struct estimate mean_of(const double *x, size_t n)
{
    return (struct estimate){ describe_mean(x, n), describe_se(x, n) };
}

static struct estimate exp_of(struct estimate ln)
{
    double v = exp(ln.value);

    return (struct estimate){ v, v * ln.se };
}

/* Sorts x in place. */
static void spread_of(struct perplexity_spread *out, double *x, size_t n)
{
    describe_sort(x, n);
    *out = (struct perplexity_spread){
        .min = x[0],
        .q001 = describe_quantile_sorted(x, n, 0.001),
        .q01 = describe_quantile_sorted(x, n, 0.01),
        .q05 = describe_quantile_sorted(x, n, 0.05),
        .q10 = describe_quantile_sorted(x, n, 0.10),
        .q25 = describe_quantile_sorted(x, n, 0.25),
        .median = describe_quantile_sorted(x, n, 0.50),
        .q75 = describe_quantile_sorted(x, n, 0.75),
        .q90 = describe_quantile_sorted(x, n, 0.90),
        .q95 = describe_quantile_sorted(x, n, 0.95),
        .q99 = describe_quantile_sorted(x, n, 0.99),
        .q999 = describe_quantile_sorted(x, n, 0.999),
        .max = x[n - 1],
    };
}

static int check_finite(const char *name, const double *x, const struct perplexity_tokens *in, struct err *err)
{
    for (size_t i = 0; x != NULL && i < in->n_chunks * in->n_per_chunk; i++)
        if (!isfinite(x[i]))
            return err_set(err, ERR_RANGE, "%s of chunk %zu, scored token %zu is %g: expected a finite number", name,
                           i / in->n_per_chunk, i % in->n_per_chunk, x[i]);
    return 0;
}

static void set_unknown(struct perplexity_stats *out)
{
    const struct estimate none = { NAN, NAN };
    const struct perplexity_spread no_spread = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };

    *out = (struct perplexity_stats){
        .ppl = none, .ln_ppl = none, .ln_ppl_se_chunk = NAN, .bits_per_byte = NAN,
        .ppl_base = none, .ln_ppl_base = none, .bits_per_byte_base = NAN, .correlation = NAN,
        .ln_ratio = none, .ln_ratio_se_chunk = NAN, .ratio = none, .difference = none,
        .delta_p = none, .delta_p_rms = none, .delta_p_spread = no_spread,
        .kl = none, .kl_se_chunk = NAN, .kl_spread = no_spread,
        .same_top = none, .same_top_se_chunk = NAN,
    };
}

static double bits_per_byte(const double *nll, size_t n, double n_bytes)
{
    return n_bytes > 0 ? describe_sum(nll, n) / log(2.0) / n_bytes : NAN;
}

/* work [n] is scratch. */
static void compare_to_base(struct perplexity_stats *out, const struct perplexity_tokens *in, double *work)
{
    size_t n = out->n_tokens;

    out->ln_ppl_base = mean_of(in->nll_base, n);
    out->ppl_base = exp_of(out->ln_ppl_base);
    out->bits_per_byte_base = bits_per_byte(in->nll_base, n, in->n_bytes);
    out->correlation = paired_correlation(in->nll, in->nll_base, n);

    for (size_t i = 0; i < n; i++)
        work[i] = in->nll[i] - in->nll_base[i];
    out->ln_ratio = mean_of(work, n);
    out->ln_ratio_se_chunk = describe_se_rows(work, in->n_chunks, in->n_per_chunk);
    out->ratio = exp_of(out->ln_ratio);

    /*
     * Delta method: d(e^a - e^b) = ppl da - ppl_base db, so the error is that of the mean of
     * ppl * nll - ppl_base * nll_base: llama-perplexity's sqrt(u^2 + v^2 - 2 ppl ppl_base cov), without
     * the cancellation.
     */
    for (size_t i = 0; i < n; i++)
        work[i] = out->ppl.value * in->nll[i] - out->ppl_base.value * in->nll_base[i];
    out->difference = (struct estimate){ out->ppl.value - out->ppl_base.value, describe_se(work, n) };

    for (size_t i = 0; i < n; i++) {
        double d = exp(-in->nll[i]) - exp(-in->nll_base[i]);
        work[i] = d * d;
    }
    struct estimate mse = mean_of(work, n);
    double rms = sqrt(mse.value);
    out->delta_p_rms = (struct estimate){ rms, rms > 0 ? 0.5 / rms * mse.se : NAN };

    for (size_t i = 0; i < n; i++)
        work[i] = exp(-in->nll[i]) - exp(-in->nll_base[i]);
    out->delta_p = mean_of(work, n);
    spread_of(&out->delta_p_spread, work, n);
}

int perplexity_stats_compute(struct perplexity_stats *out, const struct perplexity_tokens *in, struct err *err)
{
    size_t n = in->n_chunks * in->n_per_chunk;

    set_unknown(out);
    if (n < 2)
        return err_set(err, ERR_RANGE, "perplexity statistics need at least 2 scored tokens, found %zu", n);
    if (check_finite("nll", in->nll, in, err) != 0 || check_finite("nll of the base", in->nll_base, in, err) != 0 ||
        check_finite("KL divergence", in->kl, in, err) != 0 || check_finite("same top", in->same_top, in, err) != 0)
        return -1;

    out->n_tokens = n;
    out->n_chunks = in->n_chunks;
    out->ln_ppl = mean_of(in->nll, n);
    out->ln_ppl_se_chunk = describe_se_rows(in->nll, in->n_chunks, in->n_per_chunk);
    out->ppl = exp_of(out->ln_ppl);
    out->bits_per_byte = bits_per_byte(in->nll, n, in->n_bytes);

    double *work = xmalloc(n * sizeof *work);
    if (in->nll_base != NULL)
        compare_to_base(out, in, work);
    if (in->kl != NULL) {
        out->kl = mean_of(in->kl, n);
        out->kl_se_chunk = describe_se_rows(in->kl, in->n_chunks, in->n_per_chunk);
        memcpy(work, in->kl, n * sizeof *work);
        spread_of(&out->kl_spread, work, n);
    }
    if (in->same_top != NULL) {
        double share = describe_mean(in->same_top, n);
        out->same_top = (struct estimate){ share, sqrt(share * (1 - share) / (double)(n - 1)) };
        out->same_top_se_chunk = describe_se_rows(in->same_top, in->n_chunks, in->n_per_chunk);
    }
    free(work);
    return 0;
}
