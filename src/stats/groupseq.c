#include "stats/groupseq.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "stats/normal.h"

#include "base/banned.h"

/* z beyond this is certainty: the chance is 1e-15 */
static const double z_most = 8;
enum { GRID = 801 };

/* Density of S = z sqrt(information) over paths that no look has stopped; S adds independent parts from look to look. */
struct paths {
    double information, low, step;
    double density[GRID];
};

static double simpson(int i)
{
    return i == 0 || i == GRID - 1 ? 1.0 / 3 : i % 2 ? 4.0 / 3 : 2.0 / 3;
}

/* Chance to end above `limit` (of S) after `more` information. */
static double chance_above(const struct paths *p, double more, double limit)
{
    double sum = 0;
    if (p->information == 0)
        return normal_cdf(-limit / sqrt(more));
    for (int i = 0; i < GRID; i++)
        sum += simpson(i) * p->step * p->density[i] * normal_cdf((p->low + i * p->step - limit) / sqrt(more));
    return sum;
}

static double density_at(const struct paths *p, double more, double s)
{
    double sum = 0;
    const double scale = 1 / sqrt(2 * 3.14159265358979323846 * more);
    if (p->information == 0)
        return scale * exp(-s * s / (2 * more));
    for (int i = 0; i < GRID; i++) {
        const double off = s - (p->low + i * p->step);
        sum += simpson(i) * p->step * p->density[i] * exp(-off * off / (2 * more));
    }
    return scale * sum;
}

/* The bound of z at which the next look stops with chance `spend`. */
static double find_bound(const struct paths *p, double information, double spend)
{
    double low = -z_most, high = z_most;
    for (int i = 0; i < 60; i++) {
        const double z = (low + high) / 2;
        *(chance_above(p, information - p->information, z * sqrt(information)) > spend ? &low : &high) = z;
    }
    return high;
}

static void carry_on(struct paths *p, double information, double bound)
{
    struct paths next = { .information = information, .low = -z_most * sqrt(information) };
    next.step = (bound * sqrt(information) - next.low) / (GRID - 1);
    for (int i = 0; i < GRID; i++)
        next.density[i] = density_at(p, information - p->information, next.low + i * next.step);
    *p = next;
}

static double spent(double share, double alpha)
{
    return 2 * normal_cdf(-normal_two_sided(1 - alpha) / sqrt(share));
}

void groupseq_plan(double *bound, const double *share, int n_looks, enum groupseq_sampling sampling, double alpha)
{
    struct paths *p = xcalloc(1, sizeof *p);
    double before = 0;
    for (int k = 0; k < n_looks; k++) {
        const double left = 1 - share[k], information = sampling == GROUPSEQ_ALL ? share[k] / left : share[k];
        const double upto = spent(share[k], alpha);
        bound[k] = left <= 0 && sampling == GROUPSEQ_ALL ? 0 : find_bound(p, information, upto - before);
        before = upto;
        if (isfinite(information))
            carry_on(p, information, bound[k]);
    }
    free(p);
}

double groupseq_z(double margin, double loss, double se)
{
    if (se > 0)
        return (margin - loss) / se;
    return margin > loss ? INFINITY : -INFINITY;
}
