/*
 * memory: the computer's memory, and what one process uses of it.
 *
 * rss_file is file pages mapped in (weights loaded with mmap), rss_anon is memory of its own (weights
 * loaded without mmap, KV cache, compute buffers). Files mapped are shared and can be dropped by the
 * system: a peak with mmap is not a need.
 *
 * root    stands for / (tests); NULL is the real system
 * Units   bytes; -1 where the system does not tell
 * Errors  ERR_UNSUPPORTED when the system gives no figures, ERR_IO when it should and does not
 * Source  /proc/meminfo, /proc/PID/status, clear_refs: proc(5); macOS: sysctl, host_statistics64, task_info
 * Tests   unit/test_memory.c
 */
#ifndef PERBIT_MACHINE_MEMORY_H
#define PERBIT_MACHINE_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct memory_info {
    int64_t total_bytes;
    int64_t available_bytes; /* what can be had without swapping */
    int64_t swap_total_bytes, swap_free_bytes;
};
int memory_info_load(struct memory_info *out, const char *root, struct err *err);

struct memory_use {
    int64_t rss_bytes;      /* resident now */
    int64_t rss_peak_bytes; /* VmHWM: the highest since the start or the last memory_peak_reset */
    int64_t rss_anon_bytes, rss_file_bytes, rss_shmem_bytes;
    int64_t swap_bytes;
};
int memory_use_load(struct memory_use *out, const char *root, pid_t pid, struct err *err); /* pid 0: this process */

/* Sets this process's peak to what is resident now. ERR_UNSUPPORTED where the kernel refuses it. */
int memory_peak_reset(struct err *err);

#endif
