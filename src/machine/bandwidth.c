#include "machine/bandwidth.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "machine/cgroup.h"
#include "machine/cpu.h"
#include "machine/memory.h"

enum { PASS_MAX = 1000, PASS_MIN = 3, LINE_BYTES = 64 };

/* 64 bytes at once: the compiler makes of it what the target has (one AVX-512, two AVX2, four SSE2 or NEON loads). */
typedef uint64_t line_t __attribute__((vector_size(LINE_BYTES)));

/* Threads meet here; pthread_barrier_t is missing on macOS. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    int n_threads, n_waiting;
    unsigned round;
    bool is_open; /* for good: nobody waits any more */
};

struct reader;

struct reading {
    struct gate gate;
    const struct reader *readers; /* [n_readers] */
    int n_readers;
    double budget_s;
    bool is_stopped;       /* set by thread 0 between two gates; also when a thread could not start */
    int n_passes;
    double pass_s[PASS_MAX];
};

struct reader {
    struct reading *all;
    pthread_t thread;
    int index;
    size_t n_lines;
    bool has_memory;
    uint64_t checksum;
    double start_s, end_s; /* of the last pass */
};

static void gate_pass(struct gate *g)
{
    pthread_mutex_lock(&g->lock);
    unsigned round = g->round;
    if (++g->n_waiting >= g->n_threads) {
        g->n_waiting = 0;
        g->round++;
        pthread_cond_broadcast(&g->opened);
    }
    while (g->round == round && !g->is_open)
        pthread_cond_wait(&g->opened, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

/* A debug build must not measure its own slowness: gcc optimizes this one function in any build. */
#if defined(__GNUC__) && !defined(__clang__)
#define ALWAYS_FAST __attribute__((optimize("O3")))
#else
#define ALWAYS_FAST
#endif

/*
 * Four sums: additions do not wait for each other. Sanitizers would check every load; the loop is a whole
 * number of blocks of the caller's buffer by construction.
 */
ALWAYS_FAST __attribute__((noinline, no_sanitize("address"), no_sanitize("undefined")))
static uint64_t sum_lines(const line_t *x, size_t n_lines)
{
    line_t a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

    for (size_t i = 0; i + 4 <= n_lines; i += 4) {
        a += x[i];
        b += x[i + 1];
        c += x[i + 2];
        d += x[i + 3];
    }
    a += b + c + d;
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum += a[i];
    return sum;
}

/*
 * From the first start to the last end. One thread's clock would not do: where others use the cores too, it may
 * be woken when the rest is done already, and see a part of the pass only.
 */
static double pass_time(const struct reading *all)
{
    double start_s = all->readers[0].start_s, end_s = all->readers[0].end_s;

    for (int i = 1; i < all->n_readers; i++) {
        start_s = all->readers[i].start_s < start_s ? all->readers[i].start_s : start_s;
        end_s = all->readers[i].end_s > end_s ? all->readers[i].end_s : end_s;
    }
    return end_s - start_s;
}

static void *reader_run(void *arg)
{
    struct reader *r = arg;
    struct reading *all = r->all;
    void *lines = NULL;

    r->has_memory = posix_memalign(&lines, 4096, r->n_lines * LINE_BYTES) == 0;
    if (r->has_memory)
        memset(lines, r->index + 1, r->n_lines * LINE_BYTES); /* real pages, on this thread's node */

    double until_s = clock_s() + all->budget_s;
    for (;;) {
        gate_pass(&all->gate);
        if (all->is_stopped)
            break;
        r->start_s = clock_s();
        if (r->has_memory)
            r->checksum = sum_lines(lines, r->n_lines);
        r->end_s = clock_s();
        gate_pass(&all->gate);
        if (r->index == 0) { /* the others wait at the gate above until this is done */
            all->pass_s[all->n_passes++] = pass_time(all);
            all->is_stopped = all->n_passes >= PASS_MAX || (all->n_passes >= PASS_MIN && r->end_s >= until_s);
        }
    }
    free(lines);
    return NULL;
}

static int compare_double(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    return (a > b) - (a < b);
}

static int choose_sizes(struct bandwidth *out, const struct bandwidth_params *p, struct err *err)
{
    const int64_t mib = 1024 * 1024;
    struct arena a;
    struct cpu_info cpu;
    struct memory_info memory;
    struct cgroup_limit limit;

    arena_init(&a);
    cpu_info_load(&cpu, &a, NULL);
    int n_cores = cpu.n_cores;
    int64_t l3_bytes = cpu.l3_total_bytes;
    arena_release(&a);

    out->n_threads = p->n_threads > 0 ? p->n_threads : n_cores;
    out->buffer_bytes = p->buffer_bytes;
    if (p->buffer_bytes <= 0) {
        int64_t wanted = 4 * l3_bytes > 256 * mib ? 4 * l3_bytes : 256 * mib;
        int64_t available = memory_info_load(&memory, NULL, NULL) == 0 ? memory.available_bytes : -1;
        cgroup_limit_load(&limit, NULL);
        if (limit.version != 0 && limit.used_bytes >= 0 &&
            (available < 0 || limit.limit_bytes - limit.used_bytes < available))
            available = limit.limit_bytes - limit.used_bytes;
        out->buffer_bytes = available >= 0 && wanted > available / 4 ? available / 4 : wanted;
        if (out->buffer_bytes < 2 * l3_bytes || out->buffer_bytes < 8 * mib)
            return err_set(err, ERR_MEMORY,
                           "memory bandwidth: %" PRId64 " MiB are free, too few to read past caches of %" PRId64 " MiB",
                           available / mib, l3_bytes / mib);
    }
    return 0;
}

int bandwidth_measure(struct bandwidth *out, const struct bandwidth_params *params, struct err *err)
{
    const struct bandwidth_params none = { 0 };
    const struct bandwidth_params *p = params != NULL ? params : &none;
    int ret = -1, n_started = 0;

    memset(out, 0, sizeof *out);
    if (choose_sizes(out, p, err) != 0)
        return -1;
    int n = out->n_threads;
    size_t n_lines = (size_t)out->buffer_bytes / LINE_BYTES / (size_t)n / 4 * 4;
    if (n_lines == 0)
        return err_set(err, ERR_RANGE, "memory bandwidth: %" PRId64 " bytes for %d threads are too few",
                       out->buffer_bytes, n);
    out->buffer_bytes = (int64_t)n_lines * LINE_BYTES * n;

    struct reading *all = xcalloc(1, sizeof *all);
    struct reader *readers = xcalloc((size_t)n, sizeof *readers);
    all->budget_s = p->budget_s > 0 ? p->budget_s : 1;
    all->gate.n_threads = n;
    all->readers = readers;
    all->n_readers = n;
    pthread_mutex_init(&all->gate.lock, NULL);
    pthread_cond_init(&all->gate.opened, NULL);

    bool has_memory = true;
    for (; n_started < n; n_started++) {
        struct reader *r = &readers[n_started];
        *r = (struct reader){ .all = all, .index = n_started, .n_lines = n_lines };
        if (pthread_create(&r->thread, NULL, reader_run, r) != 0)
            break;
    }
    if (n_started < n) { /* the started ones wait at their first gate, or come to it, and find that all is over */
        pthread_mutex_lock(&all->gate.lock);
        all->is_stopped = true;
        all->gate.is_open = true;
        pthread_cond_broadcast(&all->gate.opened);
        pthread_mutex_unlock(&all->gate.lock);
    }
    for (int i = 0; i < n_started; i++) {
        pthread_join(readers[i].thread, NULL);
        has_memory = has_memory && readers[i].has_memory;
        out->checksum += readers[i].checksum;
    }
    if (n_started < n) {
        err_set(err, ERR_UNSUPPORTED, "memory bandwidth: the system started %d of %d threads", n_started, n);
        goto done;
    }
    if (!has_memory) {
        err_set(err, ERR_MEMORY, "memory bandwidth: no room for a buffer of %" PRId64 " bytes", out->buffer_bytes);
        goto done;
    }
    qsort(all->pass_s, (size_t)all->n_passes, sizeof all->pass_s[0], compare_double);
    out->n_passes = all->n_passes;
    out->best_bytes_per_s = (double)out->buffer_bytes / all->pass_s[0];
    out->median_bytes_per_s = (double)out->buffer_bytes / all->pass_s[all->n_passes / 2];
    ret = 0;
done:
    pthread_cond_destroy(&all->gate.opened);
    pthread_mutex_destroy(&all->gate.lock);
    free(readers);
    free(all);
    return ret;
}
