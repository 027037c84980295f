#include "stats/student.h"

#include <math.h>

#include "stats/binomial.h"
#include "stats/normal.h"

#include "base/banned.h"

static double upper_tail(double t, double df) /* t >= 0 */
{
    return 0.5 * binomial_beta(df / 2, 0.5, df / (df + t * t));
}

double student_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    return t < 0 ? upper_tail(-t, df) : 1 - upper_tail(t, df);
}

/* Bisection of the tail, which falls monotonously; the normal quantile is always too small a t. */
double student_two_sided(double level, double df)
{
    if (!(df > 0) || !(level > 0 && level < 1))
        return NAN;
    const double tail = (1 - level) / 2;
    double low = normal_two_sided(level), high = low;
    while (upper_tail(high, df) > tail && high < 1e300)
        high *= 2;
    while (1) {
        const double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high)
            return mid;
        *(upper_tail(mid, df) > tail ? &low : &high) = mid;
    }
}
