/* clock: monotonic time for durations, UTC text for records. */
#ifndef PERBIT_BASE_CLOCK_H
#define PERBIT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_ns(void);  /* monotonic */
double clock_s(void);    /* monotonic */
int64_t clock_cpu_ns(void); /* CPU time of this process */
void clock_utc(char *out, size_t out_bytes); /* "2026-11-24T08:00:00Z"; 21 bytes are enough */

#endif
