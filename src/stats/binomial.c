#include "stats/binomial.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "stats/normal.h"

struct interval binomial_wilson(int64_t k, int64_t n, double level)
{
    if (n <= 0)
        return (struct interval){ NAN, NAN };
    assert(k >= 0 && k <= n);

    double z = normal_two_sided(level);
    double p = (double)k / (double)n, z2n = z * z / (double)n;
    double center = (p + z2n / 2) / (1 + z2n);
    double half = z * sqrt(p * (1 - p) / (double)n + z2n / (4 * (double)n)) / (1 + z2n);
    /* At the ends the limit is 0 or 1 exactly; the subtraction would leave a rounding error. */
    return (struct interval){ k == 0 ? 0 : center - half, k == n ? 1 : center + half };
}

/* lgamma_r: lgamma writes a global (signgam), a race between threads. */
static double ln_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign);
}

/* Lentz's method for the continued fraction; converges fast for x < (a+1)/(a+b+2), O(sqrt(max(a, b))) steps. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1, d = 1 - (a + b) * x / (a + 1);

    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m <= 100000; m++) {
        double am = a + 2 * m;
        double even = m * (b - m) * x / ((am - 1) * am);
        double odd = -(a + m) * (a + b + m) * x / (am * (am + 1));

        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;

        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return h;
}

double binomial_beta(double a, double b, double x)
{
    assert(a > 0 && b > 0);
    if (!(x > 0))
        return isnan(x) ? NAN : 0;
    if (x >= 1)
        return 1;

    double ln_front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * log(x) + b * log1p(-x);
    double front = exp(ln_front);
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* x with I_x(a, b) = y. Bisection: I is monotone, 200 halvings reach the last bit also near 0. */
static double beta_inverse(double a, double b, double y)
{
    double low = 0, high = 1;

    for (int i = 0; i < 200 && high > low; i++) {
        double mid = low + (high - low) / 2;
        if (mid == low || mid == high)
            break;
        if (binomial_beta(a, b, mid) < y)
            low = mid;
        else
            high = mid;
    }
    return low + (high - low) / 2;
}

struct interval binomial_clopper_pearson(int64_t k, int64_t n, double level)
{
    if (n <= 0)
        return (struct interval){ NAN, NAN };
    assert(k >= 0 && k <= n && level > 0 && level < 1);

    double alpha = 1 - level, dk = (double)k, dn = (double)n;
    return (struct interval){ k == 0 ? 0 : beta_inverse(dk, dn - dk + 1, alpha / 2),
                              k == n ? 1 : beta_inverse(dk + 1, dn - dk, 1 - alpha / 2) };
}

double binomial_pmf(int64_t k, int64_t n, double p)
{
    assert(n >= 0 && p >= 0 && p <= 1);
    if (k < 0 || k > n)
        return 0;
    if (p == 0 || p == 1)
        return k == (p == 0 ? 0 : n);

    double dk = (double)k, dn = (double)n;
    return exp(ln_gamma(dn + 1) - ln_gamma(dk + 1) - ln_gamma(dn - dk + 1) + dk * log(p) + (dn - dk) * log1p(-p));
}

double binomial_cdf(int64_t k, int64_t n, double p)
{
    assert(n >= 0 && p >= 0 && p <= 1);
    if (k < 0)
        return 0;
    if (k >= n)
        return 1;
    return binomial_beta((double)(n - k), (double)(k + 1), 1 - p);
}

double binomial_test(int64_t k, int64_t n, double p)
{
    if (n <= 0)
        return NAN;
    assert(k >= 0 && k <= n);

    double limit = binomial_pmf(k, n, p) * (1 + 1e-7), sum = 0;
    for (int64_t i = 0; i <= n; i++) {
        double pmf = binomial_pmf(i, n, p);
        if (pmf <= limit)
            sum += pmf;
    }
    return sum < 1 ? sum : 1;
}
