/*
 * bandwidth: how many bytes a second the cores can read from memory, measured.
 *
 * Generation reads every weight once a token: tokens a second <= bandwidth / bytes read a token. Each thread
 * adds up its own buffer, touched first by itself; together they are well above the last cache. The best
 * pass counts: anything else on the computer makes a pass slower, nothing makes it faster.
 *
 * Units   bytes a second         Cost  about budget_s, and buffer_bytes of memory meanwhile
 * Errors  ERR_MEMORY too little memory for a buffer above the caches; ERR_UNSUPPORTED threads refused
 * Tests   unit/test_bandwidth.c
 */
#ifndef PERBIT_MACHINE_BANDWIDTH_H
#define PERBIT_MACHINE_BANDWIDTH_H

#include <stdint.h>

#include "base/err.h"

struct bandwidth_params {
    int n_threads;        /* 0: one a physical core */
    int64_t buffer_bytes; /* all threads together; 0: 4 x L3 or 256 MiB, at most a quarter of what is available */
    double budget_s;      /* 0: 1 s */
};

struct bandwidth {
    double best_bytes_per_s;
    double median_bytes_per_s; /* far below the best: the computer is busy */
    int n_passes;
    int n_threads;
    int64_t buffer_bytes;
    uint64_t checksum;         /* of the last pass: the reading did happen */
};

/* params may be NULL: all defaults. */
int bandwidth_measure(struct bandwidth *out, const struct bandwidth_params *params, struct err *err);

#endif
