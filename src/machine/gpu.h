/*
 * gpu: NVIDIA GPUs, by NVML loaded at run time. No library, no driver, no GPU: an empty list.
 *
 * The list is a snapshot: clocks, power and slowdowns are those of the moment of the call.
 * nvml    the functions to call, for tests; NULL loads libnvidia-ml.so.1
 * Units   bytes, MHz, watts; unknown: -1 for bytes, NaN for the others, "" for text
 * Errors  none        Owns  everything lives in the arena
 * Source  NVML API reference, ABI of the _v2 functions (stable since driver 331)     Tests  unit/test_gpu.c
 */
#ifndef PERBIT_MACHINE_GPU_H
#define PERBIT_MACHINE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct gpu {
    int index;
    const char *name;   /* "NVIDIA H100 80GB HBM3" */
    const char *driver; /* "550.54.15" */
    int64_t memory_total_bytes;
    int64_t memory_used_bytes;  /* by all processes */
    double sm_mhz, sm_max_mhz;
    double memory_mhz;
    double power_w;
    uint64_t slow_reasons;      /* NVML's bit mask, as it is; 0 = none or unknown */
    const char *slow_text;      /* its bits that cut the clock: "power cap, thermal"; "" if none */
    bool is_slowed;             /* one of these bits is set; idle or a chosen clock do not count */
};

/* NVML's functions, as it declares them: 0 is success. device_* may be NULL: that value is unknown. */
struct gpu_nvml {
    int (*init)(void);
    int (*shutdown)(void);
    int (*driver_version)(char *out, unsigned out_bytes);
    int (*device_count)(unsigned *out);
    int (*device_handle)(unsigned index, void **out);
    int (*device_name)(void *device, char *out, unsigned out_bytes);
    int (*device_memory)(void *device, unsigned long long out[3]);       /* total, free, used */
    int (*device_clock)(void *device, int clock, unsigned *out_mhz);     /* 1 = SM, 2 = memory */
    int (*device_max_clock)(void *device, int clock, unsigned *out_mhz);
    int (*device_power)(void *device, unsigned *out_mw);
    int (*device_slow_reasons)(void *device, unsigned long long *out);
};

void gpu_list(struct gpu **out, int *out_n, struct arena *a, const struct gpu_nvml *nvml);

#endif
