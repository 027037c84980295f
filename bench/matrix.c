/*
 * bench_matrix: how long a store takes to become a matrix (study/matrix.h), and how much memory.
 *
 *   bench_make_store big.db; bench_matrix big.db [--no-joint] [--choices]
 *
 * Prints variants, tasks, questions, CPU seconds of reading and of all, and the peak of this process.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "study/matrix.h"

#include "base/banned.h"

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1e3;
}

static int n_items(const struct matrix *m)
{
    int n = 0;
    for (int t = 0; t < m->n_tasks; t++)
        n += m->tasks[t].n_items;
    return n;
}

int main(int argc, char **argv)
{
    struct matrix_options o = MATRIX_DEFAULT;
    struct matrix *m;
    struct store *s;
    struct err err = { 0 };
    for (int i = 2; i < argc; i++) {
        o.has_choices |= strcmp(argv[i], "--choices") == 0;
        if (strcmp(argv[i], "--no-joint") == 0)
            o.bootstrap.n_resamples = 0;
    }
    if (argc < 2 || store_open(&s, argv[1], STORE_READ, &err) < 0 || matrix_load(&m, &s, 1, &o, &err) < 0) {
        fprintf(stderr, "bench_matrix STORE [--no-joint] [--choices]: %s\n", err.msg);
        return 1;
    }
    printf("%d variants, %d tasks, %d questions: %.2f s of CPU, peak %.0f MB%s\n", m->n_variants, m->n_tasks, n_items(m), cpu_s(), peak_mb(),
           m->is_synthetic ? " (SYNTHETIC scores)" : "");
    matrix_close(m);
    store_close(s);
    return 0;
}
