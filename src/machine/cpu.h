/*
 * cpu: the processor, and how busy and how fast it is while something is measured.
 *
 *   struct cpu_sample before, after;
 *   cpu_sample_take(&before, NULL);
 *   ...
 *   cpu_sample_take(&after, NULL);
 *   struct cpu_change c = cpu_sample_diff(&before, &after);
 *   if (c.steal_pct > 1 || c.n_throttles > 0) ... the times are not to be trusted
 *
 * root    stands for / (tests); NULL is the real system. With a root, hwloc is not asked
 * Units   bytes, MHz, percent of the time of all logical CPUs. Unknown: 0 for counts and sizes, "" for text,
 *         NaN for MHz and percent, -1 for n_throttles
 * Errors  none: what the system does not tell stays unknown
 * Owns    strings live in the arena given
 * Source  hwloc for cores and caches; /proc/cpuinfo, /proc/stat: proc(5); cpufreq and thermal_throttle in
 *         /sys/devices/system/cpu. Virtual machines have neither of the last two, as a rule
 * Tests   unit/test_cpu.c
 */
#ifndef PERBIT_MACHINE_CPU_H
#define PERBIT_MACHINE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct cpu_info {
    const char *model;    /* "AMD Ryzen 9 7950X 16-Core Processor" */
    const char *arch;     /* "x86_64", "aarch64", "arm64" */
    int n_packages;       /* sockets */
    int n_numa;           /* memory nodes */
    int n_cores;          /* physical cores that this process's container may use; at least 1 */
    int n_cpus;           /* logical CPUs, likewise */
    int64_t l1d_bytes, l2_bytes, l3_bytes; /* of one cache */
    int64_t l3_total_bytes;                /* of all together */
    const char *flags;    /* what matters for the engine's kernels: "avx2 fma f16c avx512f ..."; one space between */
    double max_mhz;
    const char *governor; /* of CPU 0: "performance", "powersave", "schedutil" */
    bool is_virtual;      /* a hypervisor is below */
};
void cpu_info_load(struct cpu_info *out, struct arena *a, const char *root);

double cpu_mhz_mean(const char *root); /* clock now, mean of the CPUs */
bool cpu_loadavg(double out[3]);       /* 1, 5, 15 minutes */

struct cpu_sample {
    int64_t time_ns;                         /* monotonic */
    int64_t total_ticks, idle_ticks, steal_ticks; /* of all CPUs since boot; total 0 if unknown. idle has iowait */
    int64_t n_throttles;                     /* since boot, cores and packages together; -1 if unknown */
    double mhz;
    double load_1min;
};
void cpu_sample_take(struct cpu_sample *out, const char *root);

struct cpu_change {
    double elapsed_s;
    double busy_pct;     /* neither idle nor stolen; 100 = all CPUs all the time; of all processes */
    double steal_pct;    /* taken by the hypervisor for others */
    int64_t n_throttles; /* times that a core or package was slowed for its heat */
    double mhz;          /* mean of both samples */
    double load_1min;    /* of the first: what ran before */
};
/* Ticks are 10 ms as a rule: below 0.1 s the percentages are coarse. */
struct cpu_change cpu_sample_diff(const struct cpu_sample *before, const struct cpu_sample *after);

#endif
