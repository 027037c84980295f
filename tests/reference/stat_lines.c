/*
 * stat_lines: perbit's statistics on JSON lines, for comparison with scipy, statsmodels and numpy.
 *
 * stdin: one object a line, {"op": NAME, ...}; stdout: one JSON value a line. The rows of `ops` say what each takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "stats/binomial.h"
#include "stats/holm.h"
#include "stats/joint.h"
#include "stats/kendall.h"
#include "stats/paired.h"
#include "stats/student.h"
#include "reference/json_lines.h"

#include "base/banned.h"

static double *numbers_of(struct arena *a, size_t *n, yyjson_val *list)
{
    yyjson_val *number;
    size_t i;
    double *v = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof *v);
    *n = yyjson_arr_size(list);
    yyjson_arr_foreach (list, i, *n, number)
        v[i] = yyjson_get_num(number);
    return v;
}

/* null: NULL, and *n_clusters 0 */
static int *clusters_of(struct arena *a, int *n_clusters, yyjson_val *list)
{
    size_t n;
    double *v = numbers_of(a, &n, list);
    int *cluster = arena_alloc(a, (n + 1) * sizeof *cluster);
    *n_clusters = 0;
    for (size_t i = 0; i < n; i++) {
        cluster[i] = (int)v[i];
        *n_clusters = cluster[i] >= *n_clusters ? cluster[i] + 1 : *n_clusters;
    }
    return yyjson_is_arr(list) ? cluster : NULL;
}

static void put_numbers(struct jw *w, const char *key, const double *v, size_t n)
{
    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_num(w, v[i]);
    jw_end(w);
}

static void put_interval(struct jw *w, const char *key, struct interval ci)
{
    put_numbers(w, key, (double[]){ ci.low, ci.high }, 2);
}

/* {"b", "c"} -> {"exact", "mid"} */
static void op_mcnemar(struct jw *w, yyjson_val *line, struct arena *a)
{
    (void)a;
    const int64_t b = json_int_or(line, "b", 0), c = json_int_or(line, "c", 0);
    jw_knum(w, "exact", paired_mcnemar(b, c));
    jw_knum(w, "mid", paired_mcnemar_mid(b, c));
}

/* {"k", "n", "level"} -> {"wilson", "clopper_pearson"} */
static void op_binomial(struct jw *w, yyjson_val *line, struct arena *a)
{
    (void)a;
    const int64_t k = json_int_or(line, "k", 0), n = json_int_or(line, "n", 0);
    const double level = json_num_or(line, "level", 0.95);
    put_interval(w, "wilson", binomial_wilson(k, n, level));
    put_interval(w, "clopper_pearson", binomial_clopper_pearson(k, n, level));
}

/* {"x", "y"} -> {"tau_b"} */
static void op_kendall(struct jw *w, yyjson_val *line, struct arena *a)
{
    size_t n;
    const double *x = numbers_of(a, &n, yyjson_obj_get(line, "x")), *y = numbers_of(a, &n, yyjson_obj_get(line, "y"));
    jw_knum(w, "tau_b", kendall_tau_b(x, y, n));
}

/* {"p"} -> {"adjusted"} */
static void op_holm(struct jw *w, yyjson_val *line, struct arena *a)
{
    size_t n;
    double *p = numbers_of(a, &n, yyjson_obj_get(line, "p"));
    holm_adjust(p, p, n);
    put_numbers(w, "adjusted", p, n);
}

/* {"x", "y", "cluster"} -> {"difference", "se", "p", "ci"} */
static void op_paired(struct jw *w, yyjson_val *line, struct arena *a)
{
    size_t n;
    int n_clusters;
    struct paired p;
    const double *x = numbers_of(a, &n, yyjson_obj_get(line, "x")), *y = numbers_of(a, &n, yyjson_obj_get(line, "y"));
    const int *cluster = clusters_of(a, &n_clusters, yyjson_obj_get(line, "cluster"));
    paired_compare_clustered(&p, x, y, cluster, n, n_clusters, 0.95);
    jw_knum(w, "difference", p.difference);
    jw_knum(w, "se", p.se);
    jw_knum(w, "p", p.p);
    put_interval(w, "ci", p.ci);
}

/* {"t", "df", "level"} -> {"cdf", "quantile"} */
static void op_student(struct jw *w, yyjson_val *line, struct arena *a)
{
    (void)a;
    const double df = json_num_or(line, "df", 1);
    jw_knum(w, "cdf", student_cdf(json_num_or(line, "t", 0), df));
    jw_knum(w, "quantile", student_two_sided(json_num_or(line, "level", 0.95), df));
}

static void joint_task_of(struct joint_task *t, struct arena *a, yyjson_val *task)
{
    yyjson_val *scores = yyjson_obj_get(task, "score"), *s;
    const double **score = arena_alloc(a, (yyjson_arr_size(scores) + 1) * sizeof *score);
    size_t i, n;
    *t = (struct joint_task){ .score = score, .in_composite = true, .baseline = json_num_or(task, "baseline", 0) };
    yyjson_arr_foreach (scores, i, n, s)
        score[i] = numbers_of(a, &t->n_items, s);
    t->cluster = clusters_of(a, &t->n_clusters, yyjson_obj_get(task, "cluster"));
}

static void put_bootstrap(struct jw *w, const char *key, const struct bootstrap *b)
{
    put_numbers(w, key, (double[]){ b->value, b->se, b->low, b->high }, 4);
}

/* {"tasks": [{"score": [[...] a cell], "cluster", "baseline"}], "seed", "n_resamples"}: the mean of each cell and its
   difference to cell 0 in each column -> {"mean": {"cell.column": [value, se, low, high]}, "difference"}; as keys */
static void op_joint(struct jw *w, yyjson_val *line, struct arena *a)
{
    yyjson_val *list = yyjson_obj_get(line, "tasks"), *task;
    struct joint_task *tasks = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof *tasks);
    const struct bootstrap_params p = { (int)json_int_or(line, "n_resamples", 0), 0.95,
                                        (uint64_t)json_int_or(line, "seed", 0) };
    size_t i, n;
    yyjson_arr_foreach (list, i, n, task)
        joint_task_of(&tasks[i], a, task);
    const size_t n_cells = yyjson_arr_size(yyjson_obj_get(yyjson_arr_get_first(list), "score"));
    struct joint *j;
    joint_run(&j, tasks, n, n_cells, &p);
    for (size_t c = 0; c < n_cells; c++)
        for (size_t k = 0; k < n + 2; k++) {
            struct bootstrap b;
            joint_mean(&b, j, c, k);
            put_bootstrap(w, arena_printf(a, "mean %zu %zu", c, k), &b);
            joint_difference(&b, j, c, 0, k);
            put_bootstrap(w, arena_printf(a, "difference %zu %zu", c, k), &b);
        }
    joint_close(j);
}

static const struct {
    const char *name;
    void (*run)(struct jw *w, yyjson_val *line, struct arena *a);
} ops[] = {
    { "mcnemar", op_mcnemar }, { "binomial", op_binomial }, { "kendall", op_kendall }, { "holm", op_holm },
    { "paired", op_paired },   { "student", op_student },   { "joint", op_joint },
};

static int run(struct buf *out, yyjson_val *line, struct err *err)
{
    const char *name = json_str_or(line, "op", "");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (strcmp(ops[i].name, name))
            continue;
        struct arena a = { 0 };
        struct jw w;
        jw_init(&w, out);
        jw_object(&w);
        ops[i].run(&w, line, &a);
        jw_end(&w);
        arena_release(&a);
        return 0;
    }
    return err_set(err, ERR_FORMAT, "unknown op '%s'", name);
}

int main(void)
{
    return json_lines_main("stat_lines", run);
}
