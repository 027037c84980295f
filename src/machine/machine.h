/*
 * machine: all that a result must say about the computer that it was measured on.
 *
 * root    stands for / (tests); NULL is the real system. With a root, GPUs are not looked for
 * Units   as in cpu.h, memory.h, cgroup.h, gpu.h
 * Errors  machine_load: ERR_UNSUPPORTED, ERR_IO if the system does not even tell its memory
 * Owns    everything lives in the arena        Tests  unit/test_machine.c
 */
#ifndef PERBIT_MACHINE_MACHINE_H
#define PERBIT_MACHINE_MACHINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "machine/cgroup.h"
#include "machine/cpu.h"
#include "machine/gpu.h"
#include "machine/memory.h"

enum { MACHINE_ID_BYTES = 17 }; /* 16 hexadecimal characters and the NUL */

struct machine {
    char id[MACHINE_ID_BYTES];
    const char *os;        /* "Linux", "Darwin" */
    const char *os_name;   /* "Debian GNU/Linux 12 (bookworm)"; "" if unknown */
    const char *kernel;    /* "6.1.0-18-amd64" */
    struct cpu_info cpu;
    struct memory_info memory;
    struct cgroup_limit cgroup;
    int64_t usable_bytes;  /* the smaller of all memory and the cgroup limit */
    int n_gpus;
    struct gpu *gpus;      /* [n_gpus] */
    bool has_energy;       /* RAPL counters are readable */
    double bandwidth_bytes_per_s; /* NaN: not measured. machine_load does not; see bandwidth.h */
};
int machine_load(struct machine *out, struct arena *a, const char *root, struct err *err);

/*
 * First 16 hexadecimal characters of the SHA-256 over what stays the same on one computer: CPU model,
 * architecture, packages, cores, CPUs, memory rounded to GiB, names and memory (GiB) of GPUs, OS (not its
 * release and not the kernel: updates keep the id). No serial number, host name or address goes into it, so
 * equal computers have equal ids.
 */
void machine_id(char out[MACHINE_ID_BYTES], const struct machine *m);

/* One JSON object of facts, appended to out; unknown values are null. What changes by the minute is left out. */
void machine_json(struct buf *out, const struct machine *m);

#endif
