/*
 * energy: what the processor packages used, by the RAPL counters.
 *
 *   struct energy e;
 *   if (energy_open(&e, NULL, err) == 0) { ... work ...; energy_joules(&e, &j, err); }
 *
 * The counters wrap around (262 kJ on many processors: 20 minutes at 200 W); one wrap between two calls is
 * seen, two are not, so call energy_joules at least every few minutes. Packages only: cores and graphics are
 * parts of them; memory (dram) is not counted.
 *
 * root    stands for / (tests); NULL is the real system
 * Units   joules since energy_open
 * Errors  ERR_UNSUPPORTED no counter, or not readable (root only on recent kernels); ERR_IO a counter vanished
 * Source  Linux Documentation/power/powercap/powercap.rst (intel-rapl; AMD's too)     Tests  unit/test_energy.c
 */
#ifndef PERBIT_MACHINE_ENERGY_H
#define PERBIT_MACHINE_ENERGY_H

#include <stdint.h>

#include "base/err.h"

enum { ENERGY_ZONE_MAX = 16 };

struct energy {
    int n_zones;
    struct {
        char path[256];   /* of energy_uj */
        int64_t last_uj;
        int64_t range_uj; /* the counter goes from 0 to this */
    } zones[ENERGY_ZONE_MAX];
    double sum_uj;
};

int energy_open(struct energy *out, const char *root, struct err *err);
int energy_joules(struct energy *e, double *out_j, struct err *err);

#endif
