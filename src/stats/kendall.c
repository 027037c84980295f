#include "stats/kendall.h"

#include <math.h>

#include "base/banned.h"

static int sign_of(double v)
{
    return (v > 0) - (v < 0);
}

static void count_pair(struct kendall *k, double dx, double dy)
{
    const int sx = sign_of(dx), sy = sign_of(dy);
    if (sx == 0 || sy == 0)
        *(sx != 0 ? &k->tied_y : sy != 0 ? &k->tied_x : &k->tied_both) += 1;
    else
        *(sx == sy ? &k->concordant : &k->discordant) += 1;
}

void kendall_of(struct kendall *out, const double *x, const double *y, size_t n)
{
    *out = (struct kendall){ .tau_b = NAN };
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i && !isnan(x[i]) && !isnan(y[i]); j++)
            if (!isnan(x[j]) && !isnan(y[j]))
                count_pair(out, x[i] - x[j], y[i] - y[j]);
    const double untied = (double)(out->concordant + out->discordant);
    const double scale = (untied + (double)out->tied_x) * (untied + (double)out->tied_y);
    if (scale > 0)
        out->tau_b = (double)(out->concordant - out->discordant) / sqrt(scale);
}

double kendall_tau_b(const double *x, const double *y, size_t n)
{
    struct kendall k;
    kendall_of(&k, x, y, n);
    return k.tau_b;
}
