#include "study/task_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "stats/agreement.h"
#include "stats/binomial.h"
#include "stats/normal.h"

#include "base/banned.h"

static bool is_of_rubric(const struct task_metric *metric)
{
    return metric->aggregation >= AGGREGATE_KAPPA;
}

enum metric task_scores_place(const struct task_metric *metric)
{
    return is_of_rubric(metric) ? METRIC_RATING : metric_find(metric->name);
}

static int place_of(enum metric *out, const struct task_metric *metric, struct err *err)
{
    *out = task_scores_place(metric);
    if (*out == METRIC_COUNT)
        return err_set(err, ERR_UNSUPPORTED, "metric '%s' has no place in the store", metric->name);
    return 0;
}

/* --- writing ----------------------------------------------------------------------------------- */

/* Values of a score that is kept as a series; returns how many. */
static int series_of(double *out, const struct task_metric *metric, const struct score *s)
{
    if (is_of_rubric(metric)) {
        out[0] = s->human;
        out[1] = s->model;
        return 2;
    }
    if (metric->aggregation != AGGREGATE_FLAT_MEAN) {
        out[0] = s->gold;
        out[1] = s->pred;
        return 2;
    }
    for (int i = 0; i < s->n_parts; i++)
        out[i] = s->parts >> i & 1;
    return s->n_parts;
}

static int put_score(const struct sink *sink, int slot, const struct task_metric *metric, int i_filter, int64_t doc_id,
                     const struct score *s, struct err *err)
{
    double values[32];
    enum metric m;
    if (place_of(&m, metric, err) < 0)
        return -1;
    if (!metric_info(m)->is_series)
        return sink_measure_of(sink, slot, m, doc_id, i_filter, s->value, err);
    return sink_series_of(sink, slot, m, doc_id, i_filter, values, series_of(values, metric, s), err);
}

/* Metrics that are made of the same numbers are put once. */
static bool is_put_before(const struct task *t, int m)
{
    return m > 0 && is_of_rubric(&t->metrics[m]) && is_of_rubric(&t->metrics[m - 1]);
}

/* --- what else is kept of a document ------------------------------------------------------------ */

static bool has_choice(const struct task_metric *m)
{
    return m->measure == MEASURE_ACC || m->measure == MEASURE_ACC_NORM || m->measure == MEASURE_ACC_BYTES;
}

/* The option that each metric takes: log-probabilities alone do not say it of acc_norm. */
static int put_choices(const struct sink *sink, int slot, const struct task *t, const struct item *item, const struct given *given,
                       struct err *err)
{
    double choice[TASK_METRICS_MAX];
    bool any = false;
    for (int m = 0; m < t->n_metrics; m++) {
        const bool is_one = item->kind == ITEM_MULTIPLE_CHOICE && has_choice(&t->metrics[m]);
        choice[m] = is_one ? score_choice(t->metrics[m].measure, item, given->answers) : (double)NAN;
        any |= is_one;
    }
    return any ? sink_series(sink, slot, METRIC_CHOICE, item->doc_id, choice, t->n_metrics, err) : 0;
}

/* The first 52 bits of a digest of source_id (HellaSwag: the film or article that a question is made from). */
static int put_source(const struct sink *sink, int slot, const struct item *item, struct err *err)
{
    char hex[SHA256_HEX_BYTES];
    const char *id = json_str_or((yyjson_val *)item->doc, "source_id", NULL);
    if (!id)
        return 0;
    sha256_bytes(hex, id, strlen(id));
    hex[13] = '\0';
    return sink_measure(sink, slot, METRIC_SOURCE, item->doc_id, (double)strtoull(hex, NULL, 16), err);
}

int task_scores_put(const struct sink *sink, int slot, struct grader *g, const struct item *item, const struct given *given,
                    struct err *err)
{
    struct score score[TASK_SCORES_MAX];
    const struct task *t = grader_task(g);
    if (grader_score(score, g, item, given, err) < 0)
        return -1;
    for (int f = 0; f < grader_n_filters(g); f++)
        for (int m = 0; m < t->n_metrics; m++)
            if (!is_put_before(t, m) &&
                put_score(sink, slot, &t->metrics[m], f, item->doc_id, &score[f * t->n_metrics + m], err) < 0)
                return err_prefix(err, "%s: ", t->name);
    return put_choices(sink, slot, t, item, given, err) < 0 ? -1 : put_source(sink, slot, item, err);
}

/* --- reading ----------------------------------------------------------------------------------- */

static void read_series(struct score *out, const struct task_metric *metric, const double *v, int n)
{
    if (metric->aggregation == AGGREGATE_FLAT_MEAN) {
        for (int i = 0; i < n && i < 32; i++)
            out->parts |= (uint32_t)(v[i] != 0) << i;
        out->n_parts = n < 32 ? n : 32;
    } else if (n == 2 && is_of_rubric(metric)) {
        out->human = v[0];
        out->value = out->model = v[1];
    } else if (n == 2) {
        out->gold = (int)v[0];
        out->pred = (int)v[1];
        out->value = out->gold == out->pred;
    }
}

static int read_documents(struct score **out, int *n, struct store *s, int64_t cell_id, const struct task_metric *metric,
                          enum metric m, int i_filter, struct err *err)
{
    struct query_documents d;
    if (query_documents(s, cell_id, m, i_filter, &d, err) < 0)
        return -1;
    *out = xcalloc((size_t)d.n + 1, sizeof **out);
    *n = d.n;
    for (int i = 0; i < d.n; i++)
        read_series(&(*out)[i], metric, d.v + d.at[i], d.at[i + 1] - d.at[i]);
    query_documents_release(&d);
    return 0;
}

static int read_numbers(struct score **out, int *n, struct store *s, int64_t cell_id, enum metric m, int i_filter,
                        struct err *err)
{
    double *v;
    if (query_values(s, cell_id, m, i_filter, &v, n, NULL, err) < 0)
        return -1;
    *out = xcalloc((size_t)*n + 1, sizeof **out);
    for (int i = 0; i < *n; i++)
        (*out)[i].value = v[i];
    free(v);
    return 0;
}

int task_scores_read(struct score **out, int *n, struct store *s, int64_t cell_id, const struct task_metric *metric,
                     int i_filter, struct err *err)
{
    enum metric m;
    *out = NULL;
    *n = 0;
    if (place_of(&m, metric, err) < 0)
        return -1;
    return metric_info(m)->is_series ? read_documents(out, n, s, cell_id, metric, m, i_filter, err)
                                     : read_numbers(out, n, s, cell_id, m, i_filter, err);
}

/* --- totals ------------------------------------------------------------------------------------ */

static int figure_of(enum task_aggregation which)
{
    return which == AGGREGATE_KAPPA ? 0 : which == AGGREGATE_EXACT ? 1 : which == AGGREGATE_ADJACENT ? 2 : 3;
}

/* Returns the number of answers whose score could be read. */
static int64_t bootstrap_of_rubric(struct bootstrap *out, const struct task_metric *metric, double step, const struct score *s, int n)
{
    const struct bootstrap_params params = BOOTSTRAP_DEFAULT;
    struct bootstrap all[AGREEMENT_FIGURES];
    double *model = xcalloc((size_t)n + 1, sizeof *model), *human = xcalloc((size_t)n + 1, sizeof *human);
    size_t n_read = 0;
    for (int i = 0; i < n; i++) {
        if (isnan(s[i].model))
            continue;
        model[n_read] = s[i].model;
        human[n_read++] = s[i].human;
    }
    agreement_bootstrap(all, model, human, n_read, step, &params);
    *out = all[figure_of(metric->aggregation)];
    free(model);
    free(human);
    return (int64_t)n_read;
}

int task_scores_total(struct total *out, const struct task_metric *metric, double step, const struct score *scores, int n,
                      struct err *err)
{
    struct bootstrap b;
    if (!is_of_rubric(metric))
        return score_total(out, metric, scores, n, err);
    const int64_t n_read = bootstrap_of_rubric(&b, metric, step, scores, n);
    *out = (struct total){ .value = b.value, .se = b.se, .n = n_read };
    return 0;
}

static struct interval interval_of_rubric(const struct task_metric *metric, double step, const struct score *scores, int n)
{
    struct bootstrap b;
    bootstrap_of_rubric(&b, metric, step, scores, n);
    return (struct interval){ b.low, b.high };
}

struct interval task_scores_interval(bool *is_wilson, const struct total *total, const struct task_metric *metric, double step,
                                     const struct score *scores, int n)
{
    int64_t n_right = 0;
    if (is_of_rubric(metric)) {
        *is_wilson = false;
        return interval_of_rubric(metric, step, scores, n);
    }
    *is_wilson = metric->aggregation == AGGREGATE_MEAN;
    for (int i = 0; i < n; i++) {
        *is_wilson &= scores[i].value == 0.0 || scores[i].value == 1.0;
        n_right += scores[i].value == 1.0;
    }
    return *is_wilson ? binomial_wilson(n_right, n, 0.95)
                      : normal_interval95((struct estimate){ total->value, total->se });
}
