#include "stats/flips.h"

#include <math.h>

#include "stats/binomial.h"
#include "stats/paired.h"

#include "base/banned.h"

static int64_t count_changed(const int *a, const int *b, size_t n)
{
    int64_t n_changed = 0;
    if (a == NULL || b == NULL)
        return -1;
    for (size_t i = 0; i < n; i++)
        n_changed += a[i] != b[i];
    return n_changed;
}

void flips_of(struct flips *out, const double *base, const double *level, const int *answer_base,
              const int *answer_level, size_t n, double confidence)
{
    struct discordant d;
    paired_count(&d, base, level, n);
    const int64_t m = (int64_t)n, n_changed = count_changed(answer_base, answer_level, n);
    *out = (struct flips){ .n = m, .both = d.both, .lost = d.b, .gained = d.c, .neither = d.neither,
                           .share = n > 0 ? (double)(d.b + d.c) / (double)n : NAN,
                           .share_ci = binomial_wilson(d.b + d.c, m, confidence),
                           .n_changed = n_changed,
                           .changed_share = n > 0 && n_changed >= 0 ? (double)n_changed / (double)n : NAN,
                           .p = n > 0 ? paired_mcnemar(d.b, d.c) : NAN,
                           .p_mid = n > 0 ? paired_mcnemar_mid(d.b, d.c) : NAN,
                           .difference = n > 0 ? (double)(d.c - d.b) / (double)n : NAN,
                           .ci = paired_bonett_price(d.c, d.b, m, confidence) };
}
