#include "engine/picker.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "engine/logprob.h"

#include "base/banned.h"

struct candidate {
    float logit;
    int32_t token;
    double p; /* not normalised: exp((logit - largest) / temperature) */
};

int picker_check(const struct picker_params *params, struct err *err)
{
    if (!isfinite(params->temperature) || params->temperature < 0)
        return err_set(err, ERR_USAGE, "temperature %g: expected 0 (greedy) or a positive number", params->temperature);
    if (params->top_k < 0)
        return err_set(err, ERR_USAGE, "top_k %d: expected 0 (all) or a positive number", params->top_k);
    if (!(params->top_p >= 0 && params->top_p <= 1))
        return err_set(err, ERR_USAGE, "top_p %g: expected 0 to 1", params->top_p);
    return 0;
}

void picker_init(struct picker *p, struct picker_params params, uint64_t seed)
{
    *p = (struct picker){ .params = params };
    if (params.temperature > 0)
        rand_seed(&p->rng, seed);
}

/* More probable ones first, of equals the smaller id. */
static int compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return x->token < y->token ? -1 : x->token > y->token;
}

/* c [n] is a heap with the least probable candidate on top. */
static void sift_down(struct candidate *c, int n)
{
    for (int i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(&c[child + 1], &c[child]) > 0)
            child++;
        if (compare(&c[child], &c[i]) <= 0)
            return;
        const struct candidate t = c[i];
        c[i] = c[child];
        c[child] = t;
    }
}

/* The k most probable, in order. (An array from the least to the most probable is a heap of the kind above.) */
static int largest(struct candidate *c, int k, const float *logits, int n_vocab)
{
    for (int i = 0; i < k; i++)
        c[i] = (struct candidate){ .logit = logits[i], .token = i };
    qsort(c, (size_t)k, sizeof *c, compare);
    if (k == n_vocab)
        return k;
    for (int i = 0; i < k / 2; i++) {
        const struct candidate t = c[i];
        c[i] = c[k - 1 - i];
        c[k - 1 - i] = t;
    }
    for (int i = k; i < n_vocab; i++)
        if (logits[i] > c[0].logit) {
            c[0] = (struct candidate){ .logit = logits[i], .token = i };
            sift_down(c, k);
        }
    qsort(c, (size_t)k, sizeof *c, compare);
    return k;
}

static int all(struct candidate *c, const float *logits, int n_vocab)
{
    for (int i = 0; i < n_vocab; i++)
        c[i] = (struct candidate){ .logit = logits[i], .token = i };
    return n_vocab;
}

/* Returns the sum. */
static double weigh(struct candidate *c, int n, double max_logit, double temperature)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        c[i].p = exp(((double)c[i].logit - max_logit) / temperature);
        sum += c[i].p;
    }
    return sum;
}

/* The fewest of the first that reach top_p of the sum, at least one; *sum becomes theirs. */
static int nucleus(const struct candidate *c, int n, double top_p, double *sum)
{
    const double enough = top_p * *sum;
    double part = 0;
    for (int i = 0; i < n; i++) {
        part += c[i].p;
        if (part >= enough) {
            *sum = part;
            return i + 1;
        }
    }
    return n;
}

static int32_t draw(const struct candidate *c, int n, double x)
{
    int last = 0;
    for (int i = 0; i < n; i++) {
        if (c[i].p == 0)
            continue;
        last = i;
        x -= c[i].p;
        if (x < 0)
            break;
    }
    return c[last].token;
}

static int32_t sample(struct picker *p, const float *logits, int n_vocab)
{
    const struct picker_params *params = &p->params;
    const bool cuts_k = params->top_k > 0 && params->top_k < n_vocab, cuts_p = params->top_p > 0 && params->top_p < 1;
    const int n_max = cuts_k ? params->top_k : n_vocab;
    struct candidate *c = xmalloc((size_t)n_max * sizeof *c);
    int n = cuts_k || cuts_p ? largest(c, n_max, logits, n_vocab) : all(c, logits, n_vocab);
    double sum = weigh(c, n, (double)logprob_max(logits, n_vocab), params->temperature);
    if (cuts_p)
        n = nucleus(c, n, params->top_p, &sum);
    const int32_t token = draw(c, n, rand_unit(&p->rng) * sum);
    free(c);
    return token;
}

int32_t picker_next(struct picker *p, const float *logits, int n_vocab)
{
    return p->params.temperature > 0 ? sample(p, logits, n_vocab) : logprob_argmax(logits, n_vocab);
}
