#include "stats/holm.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

struct test {
    double p;
    size_t i;
};

static int by_p(const void *pa, const void *pb)
{
    const struct test *a = pa, *b = pb;
    return (a->p > b->p) - (a->p < b->p);
}

void holm_adjust(double *adjusted, const double *p, size_t n)
{
    struct test *tests = xmalloc((n + 1) * sizeof *tests);
    size_t n_tests = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            tests[n_tests++] = (struct test){ p[i], i };
        else
            adjusted[i] = NAN;
    qsort(tests, n_tests, sizeof *tests, by_p);
    double largest = 0; /* a larger p never gets a smaller adjusted one */
    for (size_t k = 0; k < n_tests; k++) {
        const double v = fmin(1, tests[k].p * (double)(n_tests - k));
        largest = v > largest ? v : largest;
        adjusted[tests[k].i] = largest;
    }
    free(tests);
}
