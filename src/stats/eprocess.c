#include "stats/eprocess.h"

#include <math.h>

#include "base/banned.h"

void eprocess_open(struct eprocess *e, int64_t n_items, double margin, double alpha)
{
    *e = (struct eprocess){ .n_items = n_items, .margin = margin, .bar = log(1 / alpha) };
}

static double clip(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* Whatever the questions left would give, each at most 1 in size. */
static enum eprocess_state decided_for_sure(const struct eprocess *e)
{
    const double left = (double)(e->n_items - e->n), total = (double)e->n_items * e->margin;
    if (e->sum + left < total)
        return EPROCESS_SAFE;
    return e->sum - left >= total ? EPROCESS_WORSE : EPROCESS_UNDECIDED;
}

/* m is the mean of what is left if the mean of all is the margin. The shrunken mean and variance (20 questions of mean
   0 and variance 0.1) only size the bets; no bet can lose more than half of the wealth. */
static void bet(struct eprocess *e, double loss)
{
    const double n = (double)e->n + 20;
    const double m = ((double)e->n_items * e->margin - e->sum) / (double)(e->n_items - e->n);
    const double mean = e->sum / n, variance = fmax((e->sum_squares + 2) / n - mean * mean, 1e-3);
    const double scale = variance + (m - mean) * (m - mean);
    /* m of 1 or more or -1 or less is a decided sum, but for exactly 1: then any loss below 1 proves SAFE */
    const double safe = clip((m - mean) / scale, 0, 0.5 / fmax(1 - m, 1e-9));
    const double worse = clip((mean - m) / scale, 0, 0.5 / fmax(1 + m, 1e-9));
    e->ln_safe += log1p(safe * (m - loss));
    e->ln_worse += log1p(worse * (loss - m));
}

enum eprocess_state eprocess_add(struct eprocess *e, double loss)
{
    if (e->state != EPROCESS_UNDECIDED || e->n >= e->n_items)
        return e->state;
    bet(e, loss);
    e->n++;
    e->sum += loss;
    e->sum_squares += loss * loss;
    if (e->ln_safe >= e->bar)
        e->state = EPROCESS_SAFE;
    else if (e->ln_worse >= e->bar)
        e->state = EPROCESS_WORSE;
    else
        e->state = decided_for_sure(e);
    return e->state;
}
