#include "stats/pool.h"

#include <math.h>

struct estimate pool_macro(const double *value, const double *se, size_t k)
{
    double sum = 0, variance = 0;
    for (size_t i = 0; i < k; i++) {
        sum += value[i];
        variance += se[i] * se[i];
    }
    if (k == 0)
        return (struct estimate){ NAN, NAN };
    return (struct estimate){ sum / (double)k, sqrt(variance) / (double)k };
}

double pool_normal(double value, double baseline)
{
    return value < baseline ? 0.0 : (value - baseline) / (1.0 - baseline);
}
