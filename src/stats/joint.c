#include "stats/joint.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "stats/describe.h"
#include "stats/pool.h"

#include "base/banned.h"

struct joint {
    size_t n_cells, n_tasks, n_columns, n_resamples;
    double level;
    double *value; /* [n_cells][n_columns] */
    double *draw;  /* [n_cells][n_columns][n_resamples] */
};

enum { PLANES_MAX = 32 };

/* A task while it is resampled. */
struct work {
    size_t n_items, n_words, n_units;
    int *unit;                 /* [n_items] what is drawn with the item; NULL: itself */
    uint64_t **bits;           /* [n_cells] scores of 0 and 1; NULL: not such */
    const double *const *score;
    bool any_bits, any_values;
    uint32_t *count;           /* [n_units], or [n_items] where units are items */
    uint32_t *item_count;      /* [n_items]; == count where units are items */
    uint64_t *plane;           /* [PLANES_MAX][n_words] bit p of each item's count */
    int n_planes;
    double *weight;            /* [n_items] the counts again */
    double total;              /* sum of the counts */
};

static bool all_zero_or_one(const double *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] != 0 && s[i] != 1)
            return false;
    return true;
}

static uint64_t *bits_of(const double *s, size_t n, size_t n_words)
{
    uint64_t *bits = xcalloc(n_words + 1, sizeof *bits);
    for (size_t i = 0; i < n; i++)
        bits[i / 64] |= (uint64_t)(s[i] == 1) << (i % 64);
    return bits;
}

/* Clusters that have items, numbered without gaps: an empty one must not be drawn. */
static void number_units(struct work *w, const struct joint_task *t)
{
    int *number = xmalloc(((size_t)t->n_clusters + 1) * sizeof *number);
    for (int c = 0; c < t->n_clusters; c++)
        number[c] = -1;
    w->unit = xmalloc((w->n_items + 1) * sizeof *w->unit);
    w->n_units = 0;
    for (size_t i = 0; i < w->n_items; i++) {
        int *c = &number[t->cluster[i]];
        if (*c < 0)
            *c = (int)w->n_units++;
        w->unit[i] = *c;
    }
    free(number);
}

static void work_open(struct work *w, const struct joint_task *t, size_t n_cells)
{
    *w = (struct work){ .n_items = t->n_items, .n_words = (t->n_items + 63) / 64, .n_units = t->n_items,
                        .score = t->score };
    if (t->cluster != NULL)
        number_units(w, t);
    w->bits = xcalloc(n_cells + 1, sizeof *w->bits);
    for (size_t c = 0; c < n_cells; c++) {
        if (t->score[c] == NULL)
            continue;
        if (all_zero_or_one(t->score[c], w->n_items))
            w->bits[c] = bits_of(t->score[c], w->n_items, w->n_words);
        *(w->bits[c] != NULL ? &w->any_bits : &w->any_values) = true;
    }
    w->count = xmalloc((w->n_units + 1) * sizeof *w->count);
    w->item_count = w->unit == NULL ? w->count : xmalloc((w->n_items + 1) * sizeof *w->item_count);
    w->plane = xmalloc(((size_t)PLANES_MAX * w->n_words + 1) * sizeof *w->plane);
    w->weight = xmalloc((w->n_items + 1) * sizeof *w->weight);
}

static void work_close(struct work *w, size_t n_cells)
{
    for (size_t c = 0; c < n_cells; c++)
        free(w->bits[c]);
    free(w->bits);
    if (w->item_count != w->count)
        free(w->item_count);
    free(w->count);
    free(w->unit);
    free(w->plane);
    free(w->weight);
}

/* rand_below(n) n times; its number of bits is found once here, not once a draw. */
static void draw_units(uint32_t *count, size_t n, struct rand_mt *r)
{
    int n_bits = 0;
    while (n >> n_bits)
        n_bits++;
    memset(count, 0, n * sizeof *count);
    for (size_t k = 0; k < n; k++) {
        uint32_t v;
        do
            v = rand_u32(r) >> (32 - n_bits);
        while (v >= n);
        count[v]++;
    }
}

static void make_planes(struct work *w, uint32_t most)
{
    for (w->n_planes = 0; most >> w->n_planes; w->n_planes++)
        ;
    memset(w->plane, 0, (size_t)w->n_planes * w->n_words * sizeof *w->plane);
    for (int p = 0; p < w->n_planes; p++) {
        uint64_t *plane = w->plane + (size_t)p * w->n_words;
        for (size_t i = 0; i < w->n_items; i++)
            plane[i / 64] |= (uint64_t)(w->item_count[i] >> p & 1) << (i % 64);
    }
}

static void work_draw(struct work *w, struct rand_mt *r)
{
    uint64_t total = 0;
    uint32_t most = 0;
    draw_units(w->count, w->n_units, r);
    for (size_t i = 0; i < w->n_items; i++) {
        const uint32_t c = w->unit == NULL ? w->count[i] : w->count[w->unit[i]];
        w->item_count[i] = c;
        total += c;
        most = c > most ? c : most;
    }
    w->total = (double)total;
    if (w->any_bits)
        make_planes(w, most);
    for (size_t i = 0; w->any_values && i < w->n_items; i++)
        w->weight[i] = w->item_count[i];
}

/* In plain C on purpose: the builtin is a call and a table look-up where the compiler may not assume the instruction. */
static inline uint64_t popcount(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555;
    v = (v & 0x3333333333333333) + (v >> 2 & 0x3333333333333333);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return v * 0x0101010101010101 >> 56;
}

static double sum_bits(const struct work *w, const uint64_t *bits)
{
    uint64_t sum = 0;
    for (int p = 0; p < w->n_planes; p++) {
        const uint64_t *plane = w->plane + (size_t)p * w->n_words;
        uint64_t n_set = 0;
        for (size_t k = 0; k < w->n_words; k++)
            n_set += popcount(bits[k] & plane[k]);
        sum += n_set << p;
    }
    return (double)sum;
}

/* Four sums at a time: one would wait for each addition. */
static double sum_values(const struct work *w, const double *s)
{
    double sum[4] = { 0 };
    size_t i = 0;
    for (; i + 4 <= w->n_items; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += w->weight[i + (size_t)k] * s[i + (size_t)k];
    for (; i < w->n_items; i++)
        sum[0] += w->weight[i] * s[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static double *draws_of(const struct joint *j, size_t cell, size_t column)
{
    return j->draw + (cell * j->n_columns + column) * j->n_resamples;
}

static void run_task(struct joint *j, size_t t, const struct joint_task *task, uint64_t seed)
{
    struct work w;
    struct rand_mt r;
    work_open(&w, task, j->n_cells);
    for (size_t c = 0; c < j->n_cells; c++)
        if (task->score[c] != NULL)
            j->value[c * j->n_columns + t] = describe_mean(task->score[c], task->n_items);
    rand_seed(&r, seed + t);
    for (size_t b = 0; task->n_items > 0 && b < j->n_resamples; b++) {
        work_draw(&w, &r);
        for (size_t c = 0; c < j->n_cells; c++)
            if (task->score[c] != NULL)
                draws_of(j, c, t)[b] =
                    (w.bits[c] != NULL ? sum_bits(&w, w.bits[c]) : sum_values(&w, task->score[c])) / w.total;
    }
    work_close(&w, j->n_cells);
}

/* x [n_tasks] stand `step` apart: one cell's values, or one draw of it. */
static void compose(double *raw, double *normal, const double *x, size_t step, const struct joint_task *tasks, size_t n)
{
    double sum = 0, sum_normal = 0, k = 0;
    for (size_t t = 0; t < n; t++) {
        if (!tasks[t].in_composite)
            continue;
        const double v = x[t * step];
        sum += v;
        sum_normal += isnan(v) ? v : pool_normal(v, tasks[t].baseline);
        k++;
    }
    *raw = k > 0 ? sum / k : (double)NAN;
    *normal = k > 0 ? sum_normal / k : (double)NAN;
}

static void add_composites(struct joint *j, const struct joint_task *tasks)
{
    const size_t raw = joint_composite(j), normal = joint_composite_normal(j);
    for (size_t c = 0; c < j->n_cells; c++) {
        double *value = j->value + c * j->n_columns;
        compose(&value[raw], &value[normal], value, 1, tasks, j->n_tasks);
        for (size_t b = 0; b < j->n_resamples; b++)
            compose(&draws_of(j, c, raw)[b], &draws_of(j, c, normal)[b], draws_of(j, c, 0) + b, j->n_resamples, tasks,
                    j->n_tasks);
    }
}

static double *all_nan(size_t n)
{
    double *v = xmalloc((n + 1) * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = NAN;
    return v;
}

void joint_run(struct joint **out, const struct joint_task *tasks, size_t n_tasks, size_t n_cells,
               const struct bootstrap_params *p)
{
    assert(p->n_resamples > 0 && p->level > 0 && p->level < 1);
    struct joint *j = *out = xmalloc(sizeof *j);
    *j = (struct joint){ .n_cells = n_cells, .n_tasks = n_tasks, .n_columns = n_tasks + 2,
                         .n_resamples = (size_t)p->n_resamples, .level = p->level };
    j->value = all_nan(n_cells * j->n_columns);
    j->draw = all_nan(n_cells * j->n_columns * j->n_resamples);
    for (size_t t = 0; t < n_tasks; t++)
        run_task(j, t, &tasks[t], p->seed);
    add_composites(j, tasks);
}

void joint_close(struct joint *j)
{
    if (j == NULL)
        return;
    free(j->value);
    free(j->draw);
    free(j);
}

size_t joint_composite(const struct joint *j)
{
    return j->n_tasks;
}

size_t joint_composite_normal(const struct joint *j)
{
    return j->n_tasks + 1;
}

size_t joint_resamples(const struct joint *j)
{
    return j->n_resamples;
}

double joint_value(const struct joint *j, size_t cell, size_t column)
{
    assert(cell < j->n_cells && column < j->n_columns);
    return j->value[cell * j->n_columns + column];
}

const double *joint_draws(const struct joint *j, size_t cell, size_t column)
{
    assert(cell < j->n_cells && column < j->n_columns);
    return draws_of(j, cell, column);
}

void joint_mean(struct bootstrap *out, const struct joint *j, size_t cell, size_t column)
{
    bootstrap_of_draws(out, joint_value(j, cell, column), joint_draws(j, cell, column), j->n_resamples, j->level);
}

double joint_difference_draws(double *out, const struct joint *j, size_t a, size_t b, size_t column)
{
    const double *x = joint_draws(j, a, column), *y = joint_draws(j, b, column);
    for (size_t k = 0; k < j->n_resamples; k++)
        out[k] = x[k] - y[k];
    return joint_value(j, a, column) - joint_value(j, b, column);
}

void joint_difference(struct bootstrap *out, const struct joint *j, size_t a, size_t b, size_t column)
{
    double *draws = xmalloc(j->n_resamples * sizeof *draws);
    const double value = joint_difference_draws(draws, j, a, b, column);
    bootstrap_of_draws(out, value, draws, j->n_resamples, j->level);
    free(draws);
}
