#include "tasks/score.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

/* ---- one item */

/* What the log-probability of a choice is divided by. */
static double choice_length(enum task_measure measure, struct text choice)
{
    switch (measure) {
    case MEASURE_ACC_NORM: return (double)utf8_count(choice.s, choice.n_bytes);
    case MEASURE_ACC_BYTES: return (double)choice.n_bytes;
    default: return 1;
    }
}

/* numpy's argmax: the first of equals, and the first NaN before all. */
int score_choice(enum task_measure measure, const struct item *item, const struct answer *answers)
{
    int best = 0;
    double best_value = 0;
    for (int i = 0; i < item->n_choices; i++) {
        double value = answers[i].logprob / choice_length(measure, item->choices[i]);
        if (isnan(value))
            return i;
        if (i == 0 || value > best_value) {
            best = i;
            best_value = value;
        }
    }
    return best;
}

static bool is_gold(const struct item *item, int choice)
{
    for (int i = 0; i < item->n_gold; i++) {
        if (item->gold[i] == choice)
            return true;
    }
    return false;
}

/* A right choice was greedy: the model would have written it. */
static bool is_exact(const struct item *item, const struct answer *answers)
{
    for (int i = 0; i < item->n_gold; i++) {
        if (answers[item->gold[i]].is_greedy)
            return true;
    }
    return false;
}

static struct score score_multiple_choice(enum task_measure measure, const struct item *item,
                                          const struct answer *answers)
{
    if (measure == MEASURE_EXACT_MATCH)
        return (struct score){.value = is_exact(item, answers)};
    int pred = score_choice(measure, item, answers);
    return (struct score){.value = is_gold(item, pred), .gold = item->gold[0], .pred = pred};
}

/* NaN when every probability is too small for a double, as in the reference. */
static double true_share(const struct item *item, const struct answer *answers)
{
    double sum = 0, sum_true = 0;
    for (int i = 0; i < item->n_choices; i++)
        sum += exp(answers[i].logprob);
    for (int i = 0; i < item->n_choices; i++) {
        if (item->labels[i] == 1)
            sum_true += exp(answers[i].logprob) / sum;
    }
    return sum > 0 ? sum_true : NAN;
}

static int score_one(struct score *out, const struct task *t, const struct task_metric *m, const struct item *item,
                     const struct answer *answers, struct err *err)
{
    if (t->results == RESULTS_MC2)
        *out = (struct score){.value = true_share(item, answers)};
    else if (t->results != RESULTS_DEFAULT || item->kind == ITEM_GENERATE)
        return err_set(err, ERR_UNSUPPORTED, "%s: %s is not made of log-probabilities", t->name, m->name);
    else if (item->kind == ITEM_LOGLIKELIHOOD)
        *out = (struct score){.value = m->measure == MEASURE_ACC ? answers[0].is_greedy : answers[0].logprob};
    else
        *out = score_multiple_choice(m->measure, item, answers);
    return 0;
}

int score_item(struct score *out, const struct task *task, const struct item *item, const struct answer *answers,
               struct err *err)
{
    for (int i = 0; i < task->n_metrics; i++) {
        if (score_one(&out[i], task, &task->metrics[i], item, answers, err))
            return -1;
    }
    return 0;
}

/* ---- many items */

static double mean(const struct score *s, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += s[i].value;
    return sum / (double)n;
}

static double mean_se(const struct score *s, int64_t n)
{
    double mu = mean(s, n), sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (s[i].value - mu) * (s[i].value - mu);
    return n > 1 ? sqrt(sum / (double)(n - 1)) / sqrt((double)n) : NAN;
}

/* sklearn's f1_score of two classes, 1 being the positive one; 0 when there is nothing to divide by. */
static int binary_f1(double *out, const struct score *s, int64_t n, struct err *err)
{
    int64_t hits = 0, n_gold = 0, n_pred = 0;
    for (int64_t i = 0; i < n; i++) {
        if (s[i].gold < 0 || s[i].gold > 1 || s[i].pred < 0 || s[i].pred > 1)
            return err_set(err, ERR_RANGE, "f1 is of two choices, 0 and 1; an item has choice %d",
                           s[i].gold > 1 ? s[i].gold : s[i].pred);
        hits += s[i].gold == 1 && s[i].pred == 1;
        n_gold += s[i].gold;
        n_pred += s[i].pred;
    }
    *out = n_gold + n_pred ? 2.0 * (double)hits / (double)(n_gold + n_pred) : 0;
    return 0;
}

static int class_max(const struct score *s, int64_t n)
{
    int max = 0;
    for (int64_t i = 0; i < n; i++) {
        max = s[i].gold > max ? s[i].gold : max;
        max = s[i].pred > max ? s[i].pred : max;
    }
    return max;
}

/* Matthews' correlation for any number of classes (Gorodkin 2004), as sklearn computes it. */
static double matthews(const struct score *s, int64_t n)
{
    double n_right = 0, yt_yp = 0, yp_yp = 0, yt_yt = 0, total = (double)n;
    int n_classes = class_max(s, n) + 1;
    double *n_gold = xcalloc((size_t)n_classes, sizeof(*n_gold)), *n_pred = xcalloc((size_t)n_classes, sizeof(*n_pred));
    for (int64_t i = 0; i < n; i++) {
        n_gold[s[i].gold]++;
        n_pred[s[i].pred]++;
        n_right += s[i].gold == s[i].pred;
    }
    for (int c = 0; c < n_classes; c++) {
        yt_yp += n_gold[c] * n_pred[c];
        yp_yp += n_pred[c] * n_pred[c];
        yt_yt += n_gold[c] * n_gold[c];
    }
    free(n_gold);
    free(n_pred);
    double spread = (total * total - yp_yp) * (total * total - yt_yt);
    return spread > 0 ? (n_right * total - yt_yp) / sqrt(spread) : 0;
}

/* Of all parts of all items, as lm-evaluation-harness's agg_inst_level_acc. */
static double flat_mean(const struct score *s, int64_t n)
{
    double n_right = 0, n_parts = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int k = 0; k < s[i].n_parts; k++)
            n_right += s[i].parts >> k & 1;
        n_parts += s[i].n_parts;
    }
    return n_parts > 0 ? n_right / n_parts : (double)NAN;
}

int score_total(struct total *out, const struct task_metric *metric, const struct score *scores, int64_t n,
                struct err *err)
{
    *out = (struct total){.value = NAN, .se = NAN, .n = n};
    switch (metric->aggregation) {
    case AGGREGATE_F1: return binary_f1(&out->value, scores, n, err);
    case AGGREGATE_MCC: out->value = matthews(scores, n); return 0;
    case AGGREGATE_FLAT_MEAN: out->value = flat_mean(scores, n); return 0;
    case AGGREGATE_PERPLEXITY: out->value = exp(-mean(scores, n)); return 0;
    case AGGREGATE_MEAN: break;
    default: return err_set(err, ERR_UNSUPPORTED, "%s: not made of single scores", metric->name);
    }
    out->value = mean(scores, n);
    out->se = mean_se(scores, n);
    return 0;
}

/* ---- groups */

struct total score_group(const struct suite_metric *metric, const struct total *tasks, int n_tasks)
{
    double weights = 0, values = 0, spread = 0, n_items = 0;
    int k = 0;
    for (int i = 0; i < n_tasks; i++) {
        const struct total *t = &tasks[i];
        double n = (double)t->n, weight = metric->weight_by_size ? n : 1;
        if (!t->n)
            continue;
        k++;
        n_items += n;
        weights += weight;
        values += t->value * weight;
        spread += metric->weight_by_size ? (n - 1) * (t->se * t->se) * n : t->se * t->se;
    }
    if (!k)
        return (struct total){NAN, NAN, 0};
    double se = metric->weight_by_size ? sqrt(spread / (n_items - k) / n_items) : sqrt(spread) / k;
    return (struct total){values / weights, se, (int64_t)n_items};
}
