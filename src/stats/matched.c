#include "stats/matched.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stats/holm.h"

#include "base/banned.h"

static bool is_pair(const struct matched_variant *big, const struct matched_variant *small, double tolerance)
{
    const double ratio = big->bytes / small->bytes, most = 1 + tolerance;
    return big->model != small->model && big->params > small->params && big->bpw < small->bpw && ratio <= most &&
           ratio >= 1 / most && !isnan(big->value) && !isnan(small->value);
}

static void compare(struct matched *m, const struct matched_variant *v, const struct matched_params *p, double *draws)
{
    const struct matched_variant *big = &v[m->big], *small = &v[m->small];
    for (size_t b = 0; b < p->n_resamples; b++)
        draws[b] = big->draw[b] - small->draw[b];
    bootstrap_of_draws(&m->difference, big->value - small->value, draws, p->n_resamples, p->confidence);
    m->p = bootstrap_p_two_sided(m->difference.value, draws, p->n_resamples);
    m->size_ratio = big->bytes / small->bytes;
    m->verdict = verdict_of((struct interval){ m->difference.low, m->difference.high }, p->margin);
}

static void adjust(struct matched *m, size_t n)
{
    double *p = xmalloc((n + 1) * sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = m[i].p;
    holm_adjust(p, p, n);
    for (size_t i = 0; i < n; i++)
        m[i].p_holm = p[i];
    free(p);
}

size_t matched_pairs(struct matched **out, const struct matched_variant *v, size_t n, const struct matched_params *p)
{
    struct matched *m = xcalloc(n * n / 2 + 1, sizeof *m); /* (i, j) and (j, i) are never both pairs */
    double *draws = xmalloc((p->n_resamples + 1) * sizeof *draws);
    size_t n_pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (is_pair(&v[i], &v[j], p->tolerance)) {
                m[n_pairs] = (struct matched){ .big = i, .small = j };
                compare(&m[n_pairs++], v, p, draws);
            }
    adjust(m, n_pairs);
    free(draws);
    *out = m;
    return n_pairs;
}
