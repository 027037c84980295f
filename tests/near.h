/* near: comparisons of doubles for cmocka tests; include after <cmocka.h>. */
#ifndef PERBIT_TESTS_NEAR_H
#define PERBIT_TESTS_NEAR_H

#include <math.h>

static inline void near_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        print_error("expected %.17g, found %.17g\n", expected, found);
        fail();
    }
}

static inline void within(double found, double low, double high)
{
    if (!(found >= low && found <= high)) {
        print_error("expected %g .. %g, found %g\n", low, high, found);
        fail();
    }
}

#endif
