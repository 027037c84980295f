#include "base/clock.h"

#include <time.h>

#include "base/banned.h"

static int64_t read_ns(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

double clock_s(void)
{
    return (double)clock_ns() * 1e-9;
}

int64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_utc(char *out, size_t out_bytes)
{
    time_t now = time(NULL);
    struct tm tm = {0};
    gmtime_r(&now, &tm);
    if (!strftime(out, out_bytes, "%Y-%m-%dT%H:%M:%SZ", &tm) && out_bytes)
        out[0] = '\0';
}
