#include "study/task_scores.h"

#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

static int place_of(enum metric *out, const struct task_metric *metric, struct err *err)
{
    *out = metric_find(metric->name);
    if (*out == METRIC_COUNT)
        return err_set(err, ERR_UNSUPPORTED, "metric '%s' has no place in the store", metric->name);
    return 0;
}

static int put_score(const struct sink *sink, int slot, const struct task_metric *metric, int64_t doc_id,
                     const struct score *s, struct err *err)
{
    const double classes[] = { s->gold, s->pred };
    enum metric m;
    if (place_of(&m, metric, err) < 0)
        return -1;
    if (metric_info(m)->is_series)
        return sink_series(sink, slot, m, doc_id, classes, 2, err);
    return sink_measure(sink, slot, m, doc_id, s->value, err);
}

int task_scores_put(const struct sink *sink, int slot, const struct task *t, const struct item *item,
                    const struct answer *answers, struct err *err)
{
    struct score score[TASK_METRICS_MAX];
    if (t->n_metrics > TASK_METRICS_MAX)
        return err_set(err, ERR_UNSUPPORTED, "%s: more than %d metrics", t->name, TASK_METRICS_MAX);
    if (score_item(score, t, item, answers, err) < 0)
        return -1;
    for (int m = 0; m < t->n_metrics; m++)
        if (put_score(sink, slot, &t->metrics[m], item->doc_id, &score[m], err) < 0)
            return err_prefix(err, "%s: ", t->name);
    return 0;
}

static int read_classes(struct score **out, int *n, struct store *s, int64_t cell_id, enum metric m, struct err *err)
{
    struct query_documents d;
    if (query_documents(s, cell_id, m, &d, err) < 0)
        return -1;
    *out = xcalloc((size_t)d.n + 1, sizeof **out);
    *n = d.n;
    for (int i = 0; i < d.n && d.at[i + 1] - d.at[i] == 2; i++) {
        struct score *score = &(*out)[i];
        score->gold = (int)d.v[d.at[i]];
        score->pred = (int)d.v[d.at[i] + 1];
        score->value = score->gold == score->pred;
    }
    query_documents_release(&d);
    return 0;
}

static int read_numbers(struct score **out, int *n, struct store *s, int64_t cell_id, enum metric m, struct err *err)
{
    double *v;
    if (query_values(s, cell_id, m, 0, &v, n, NULL, err) < 0)
        return -1;
    *out = xcalloc((size_t)*n + 1, sizeof **out);
    for (int i = 0; i < *n; i++)
        (*out)[i].value = v[i];
    free(v);
    return 0;
}

int task_scores_read(struct score **out, int *n, struct store *s, int64_t cell_id, const struct task_metric *metric,
                     struct err *err)
{
    enum metric m;
    *out = NULL;
    *n = 0;
    if (place_of(&m, metric, err) < 0)
        return -1;
    return metric_info(m)->is_series ? read_classes(out, n, s, cell_id, m, err)
                                     : read_numbers(out, n, s, cell_id, m, err);
}
