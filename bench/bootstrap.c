/*
 * bench_bootstrap: how long the joint bootstrap of a whole study takes, on made scores.
 *
 *   bench_bootstrap [--cells N] [--resamples N] [--real]
 *
 * 88 cells (11 models x 8 levels), 2,000 resamples and 27,000 questions in 7 tasks of the sizes below, HellaSwag with
 * sources as clusters and TruthfulQA's scores real; --real makes all scores real, which is the slow way. Prints the
 * seconds of the resampling, of all intervals and differences, and of all levels' rankings; one thread, CPU time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/joint.h"
#include "stats/ranking.h"

#include "base/banned.h"

enum { N_TASKS = 7, N_LEVELS = 8 };
static const struct {
    const char *name;
    size_t n_items;
    int n_clusters; /* 0: every question by itself */
    bool is_real;
} sizes[N_TASKS] = {
    { "mmlu", 14042, 0, false },   { "hellaswag", 8042, 4000, false }, { "gsm8k", 1319, 0, false },
    { "truthfulqa", 817, 0, true }, { "arc_challenge", 1172, 0, false }, { "ifeval", 541, 0, false },
    { "winogrande", 1267, 0, false },
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double *make_scores(size_t n, bool is_real, double mean, struct rand_mt *r)
{
    double *s = xmalloc(n * sizeof *s);
    for (size_t i = 0; i < n; i++)
        s[i] = is_real ? rand_unit(r) : rand_unit(r) < mean;
    return s;
}

static void make_task(struct joint_task *t, size_t k, size_t n_cells, bool all_real, struct rand_mt *r)
{
    const size_t n = sizes[k].n_items;
    const double **score = xmalloc(n_cells * sizeof *score);
    int *cluster = xmalloc(n * sizeof *cluster);
    for (size_t c = 0; c < n_cells; c++)
        score[c] = make_scores(n, all_real || sizes[k].is_real, 0.3 + 0.5 * (double)c / (double)n_cells, r);
    for (size_t i = 0; i < n && sizes[k].n_clusters > 0; i++)
        cluster[i] = (int)(i % (size_t)sizes[k].n_clusters);
    *t = (struct joint_task){ .n_items = n, .score = score, .cluster = sizes[k].n_clusters > 0 ? cluster : NULL,
                              .n_clusters = sizes[k].n_clusters, .in_composite = true, .baseline = 0.25 };
}

static void all_intervals(const struct joint *j, size_t n_cells)
{
    struct bootstrap b;
    for (size_t c = 0; c < n_cells; c++)
        for (size_t column = 0; column < N_TASKS + 2; column++) {
            joint_mean(&b, j, c, column);
            joint_difference(&b, j, c, c - c % N_LEVELS, column);
        }
}

/* Cell = model * N_LEVELS + level; level 0 is the base. */
static void side_of(struct ranking_side *out, const struct joint *j, size_t n_models, size_t level)
{
    double *value = xmalloc(n_models * sizeof *value);
    const double **draw = xmalloc(n_models * sizeof *draw);
    for (size_t m = 0; m < n_models; m++) {
        value[m] = joint_value(j, m * N_LEVELS + level, joint_composite(j));
        draw[m] = joint_draws(j, m * N_LEVELS + level, joint_composite(j));
    }
    *out = (struct ranking_side){ value, draw };
}

static void all_rankings(const struct joint *j, size_t n_models)
{
    struct ranking_side base, side;
    side_of(&base, j, n_models, 0);
    for (size_t l = 1; l < N_LEVELS; l++) {
        struct ranking k;
        side_of(&side, j, n_models, l);
        ranking_compare(&k, &base, &side, n_models, joint_resamples(j), 0.95, 0.05);
        ranking_release(&k);
    }
}

int main(int argc, char **argv)
{
    size_t n_cells = 88;
    bool all_real = false;
    struct bootstrap_params p = BOOTSTRAP_DEFAULT;
    struct joint_task tasks[N_TASKS];
    struct rand_mt r;
    struct joint *j;
    size_t n_items = 0;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--real"))
            all_real = true;
        else if (!strcmp(argv[i], "--cells") && i + 1 < argc)
            n_cells = (size_t)strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--resamples") && i + 1 < argc)
            p.n_resamples = atoi(argv[++i]);
    if (n_cells < N_LEVELS || p.n_resamples < 2) {
        fprintf(stderr, "bench_bootstrap: wants at least %d cells and 2 resamples\n", N_LEVELS);
        return 2;
    }
    rand_seed(&r, 1);
    for (size_t t = 0; t < N_TASKS; t++) {
        make_task(&tasks[t], t, n_cells, all_real, &r);
        n_items += tasks[t].n_items;
    }
    double t0 = cpu_s();
    joint_run(&j, tasks, N_TASKS, n_cells, &p);
    double t1 = cpu_s();
    all_intervals(j, n_cells);
    double t2 = cpu_s();
    all_rankings(j, n_cells / N_LEVELS);
    double t3 = cpu_s();
    printf("%zu cells x %zu questions x %d resamples: %.2f s; intervals %.2f s; rankings %.2f s\n", n_cells, n_items,
           p.n_resamples, t1 - t0, t2 - t1, t3 - t2);
    joint_close(j);
    return 0; /* what the scores and sides take goes with the process */
}
