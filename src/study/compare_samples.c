/*
 * Two sides as lm-evaluation-harness's files: samples_<task>_<T>.jsonl, else the totals of results_<T>.json; declared in
 * compare.h. Documents are matched by doc_id, and their doc_hash must be the same where both have one.
 */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "stats/normal.h"
#include "study/compare_internal.h"
#include "study/item_text.h"

#include "base/banned.h"

enum { METRICS_MAX = 32, DEPTH_MAX = 3, OPTIONS_MAX = 64 };

struct sample {
    int64_t doc;
    const char *hash; /* NULL: none */
    double score;
    int choice;       /* -1: none */
    const char *question, *gold, *answer;
};

/* A task's samples, or its total alone (n 0). */
struct leaf {
    const char *name, *metric;
    const char *file, *stamp;
    const char *filter;
    struct sample *v; /* [n] */
    int n, cap;
    bool has_choices;
    double value, se; /* of results without samples; NaN */
    int64_t n_total;
};

struct side {
    struct arena *a;
    const char *path;
    struct leaf *leaves; /* [n] */
    int n, cap;
    const char *results; /* the newest results file, or NULL */
    bool is_synthetic;
};

/* --- names of files ---------------------------------------------------------------------------- */

static bool starts_with(const char *s, const char *start)
{
    return strncmp(s, start, strlen(start)) == 0;
}

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* "2026-11-24T15-16-45.123456" of "samples_mmlu_anatomy_2026-11-24T15-16-45.123456.jsonl"; NULL without one. */
static const char *stamp_at(const char *name)
{
    const char *last = strrchr(name, '_');
    return last && strlen(last) > 11 && last[1] >= '0' && last[1] <= '9' && last[5] == '-' && last[8] == '-' ? last + 1 : NULL;
}

static const char *task_of_file(struct arena *a, const char *name)
{
    const char *start = starts_with(name, "samples_") ? name + 8 : name, *stamp = stamp_at(name);
    const char *end = stamp ? stamp - 1 : strrchr(name, '.') ? strrchr(name, '.') : name + strlen(name);
    return arena_strndup(a, start, end > start ? (size_t)(end - start) : 0);
}

static struct leaf *leaf_named(struct side *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->leaves[i].name, name) == 0)
            return &s->leaves[i];
    if (s->n == s->cap)
        s->leaves = xrealloc(s->leaves, (size_t)(s->cap = 2 * s->cap + 16) * sizeof *s->leaves);
    s->leaves[s->n] = (struct leaf){ .name = name, .metric = "", .value = NAN, .se = NAN };
    return &s->leaves[s->n++];
}

/* The newest of a task's files: stamps sort as time does. */
static void add_samples_file(struct side *s, const char *path)
{
    struct leaf *l = leaf_named(s, task_of_file(s->a, fs_basename(path)));
    const char *stamp = stamp_at(fs_basename(path));
    stamp = arena_strdup(s->a, stamp ? stamp : "");
    if (l->file && strcmp(stamp, l->stamp) <= 0)
        return;
    l->file = arena_strdup(s->a, path);
    l->stamp = stamp;
}

static void add_results_file(struct side *s, const char *path)
{
    if (!s->results || strcmp(fs_basename(path), fs_basename(s->results)) > 0)
        s->results = arena_strdup(s->a, path);
}

static void add_file(struct side *s, const char *path)
{
    const char *name = fs_basename(path);
    if (starts_with(name, "samples_") && ends_with(name, ".jsonl"))
        add_samples_file(s, path);
    else if (starts_with(name, "results") && ends_with(name, ".json"))
        add_results_file(s, path);
}

static int walk(struct side *s, const char *dir, int depth, struct err *err)
{
    struct dirent **names;
    const int n = scandir(dir, &names, NULL, alphasort);
    int rc = n < 0 ? err_errno(err, ERR_IO, "%s", dir) : 0;
    for (int i = 0; i < n; i++) {
        const char *path = fs_join(s->a, dir, names[i]->d_name);
        if (rc == 0 && names[i]->d_name[0] != '.' && fs_is_dir(path) && depth < DEPTH_MAX)
            rc = walk(s, path, depth + 1, err);
        else if (rc == 0 && names[i]->d_name[0] != '.')
            add_file(s, path);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return rc;
}

/* Samples that stand beside a results file, of the same run. */
static int find_beside(struct side *s, const char *path, struct err *err)
{
    const char *stamp = stamp_at(fs_basename(path));
    struct side all = { .a = s->a };
    s->results = path;
    if (!stamp)
        return 0;
    const char *same = arena_strndup(s->a, stamp, strlen(stamp) > 5 ? strlen(stamp) - 5 : 0); /* without ".json" */
    if (walk(&all, fs_dirname(s->a, path), DEPTH_MAX, err) < 0)
        return -1;
    for (int i = 0; i < all.n; i++)
        if (all.leaves[i].file && starts_with(all.leaves[i].stamp, same))
            add_samples_file(s, all.leaves[i].file);
    free(all.leaves);
    return 0;
}

static int find_files(struct side *s, struct err *err)
{
    int rc = 0;
    if (fs_is_dir(s->path))
        rc = walk(s, s->path, 0, err);
    else if (ends_with(s->path, ".jsonl"))
        add_samples_file(s, s->path);
    else
        rc = find_beside(s, s->path, err);
    if (rc == 0 && s->n == 0 && !s->results)
        return err_set(err, ERR_USAGE, "%s: no samples_*.jsonl and no results_*.json in it", s->path);
    return rc;
}

/* --- a line ------------------------------------------------------------------------------------ */

static double number_of(yyjson_val *v)
{
    if (yyjson_is_bool(v))
        return yyjson_get_bool(v);
    return yyjson_is_num(v) ? yyjson_get_num(v) : (double)NAN;
}

/* A pair of ratings is right where they are one; of instructions the share that was followed. */
static double score_of(yyjson_val *v)
{
    double sum = 0;
    size_t i, n;
    yyjson_val *part;
    if (!yyjson_is_arr(v))
        return number_of(v);
    if (yyjson_arr_size(v) == 2 && !yyjson_is_bool(yyjson_arr_get_first(v)))
        return number_of(yyjson_arr_get_first(v)) == number_of(yyjson_arr_get(v, 1));
    yyjson_arr_foreach(v, i, n, part)
        sum += number_of(part);
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* The names of a line's metrics: "metrics" says them, since 0.4.5; else the numbers of those that are known. */
static int metric_names(const char **names, yyjson_val *line)
{
    static const char *const known[] = { "acc", "acc_norm", "exact_match", "prompt_level_strict_acc", "bleu_acc", "rougeL_acc", "exact_agreement" };
    size_t i, n;
    yyjson_val *name;
    int count = 0;
    yyjson_arr_foreach(yyjson_obj_get(line, "metrics"), i, n, name)
        if (yyjson_is_str(name) && count < METRICS_MAX)
            names[count++] = yyjson_get_str(name);
    for (size_t k = 0; count == 0 && k < sizeof known / sizeof known[0]; k++)
        if (yyjson_obj_get(line, known[k]))
            names[count++] = known[k];
    return count;
}

static int choose_metric(struct leaf *l, struct arena *a, yyjson_val *line, int64_t n_line, struct err *err)
{
    const char *names[METRICS_MAX];
    const int n = metric_names(names, line);
    int at = matrix_primary(names, n);
    for (int i = 0; at < 0 && i < n; i++)
        at = strcmp(names[i], "exact_agreement") == 0 ? i : -1;
    at = at < 0 ? 0 : at;
    if (n == 0)
        return err_set(err, ERR_FORMAT, "%s:%" PRId64 ": expected the values of metrics (acc, exact_match ...) in a line of samples", l->file, n_line);
    l->metric = arena_strdup(a, names[at]);
    return 0;
}

static yyjson_val *argument(yyjson_val *line, int i, const char *which)
{
    char key[32];
    snprintf(key, sizeof key, "gen_args_%d", i);
    return yyjson_obj_get(yyjson_obj_get(yyjson_obj_get(line, "arguments"), key), which);
}

/* Length that acc_norm divides by: code points of the choice, without the space before it. */
static double choice_length(yyjson_val *continuation)
{
    const char *s = yyjson_get_str(continuation);
    double n = 0;
    for (const char *c = s && *s == ' ' ? s + 1 : s; c && *c; c++)
        n += ((unsigned char)*c & 0xc0) != 0x80;
    return n;
}

static double logprob_of(yyjson_val *answer)
{
    yyjson_val *first = yyjson_arr_get_first(answer);
    return yyjson_is_str(first) ? strtod(yyjson_get_str(first), NULL) : number_of(first);
}

/* The option with the most probability, a character for acc_norm; -1 where the answers are no options. */
static int choice_of(yyjson_val *line, const char *metric)
{
    yyjson_val *answers = yyjson_obj_get(line, "filtered_resps"), *answer;
    const bool is_norm = strcmp(metric, "acc_norm") == 0;
    int best = -1;
    double most = 0;
    size_t i, n;
    if ((!is_norm && strcmp(metric, "acc") != 0) || yyjson_arr_size(answers) < 2)
        return -1;
    yyjson_arr_foreach(answers, i, n, answer) {
        const double x = logprob_of(answer) / (is_norm ? choice_length(argument(line, (int)i, "arg_1")) : 1);
        if (isnan(x))
            return -1;
        if (best < 0 || x > most) {
            best = (int)i;
            most = x;
        }
    }
    return best;
}

static const char *text_of(struct arena *a, yyjson_val *v)
{
    return yyjson_is_str(v) ? item_text_short(a, yyjson_get_str(v), yyjson_get_len(v)) : NULL;
}

static const char *option_text(struct arena *a, yyjson_val *line, int i)
{
    return i < 0 ? NULL : text_of(a, argument(line, i, "arg_1"));
}

static const char *gold_text(struct arena *a, yyjson_val *line, bool is_choice)
{
    yyjson_val *target = yyjson_obj_get(line, "target");
    const char *text = yyjson_is_str(target) ? yyjson_get_str(target) : NULL;
    char *end = "x";
    const long i = yyjson_is_int(target) ? (long)yyjson_get_sint(target) : text ? strtol(text, &end, 10) : -1;
    const char *option = is_choice && (yyjson_is_int(target) || (text && *text && !*end)) ? option_text(a, line, (int)i) : NULL;
    return option ? option : text_of(a, target);
}

static void read_texts(struct sample *x, struct arena *a, yyjson_val *line)
{
    yyjson_val *context = argument(line, 0, "arg_0");
    x->question = item_text_question(a, yyjson_obj_get(line, "doc"), yyjson_get_str(context), yyjson_get_len(context));
    x->gold = gold_text(a, line, x->choice >= 0);
    x->answer = x->choice >= 0 ? option_text(a, line, x->choice) : text_of(a, yyjson_arr_get_first(yyjson_obj_get(line, "filtered_resps")));
}

static struct sample *add_sample(struct leaf *l)
{
    if (l->n == l->cap)
        l->v = xrealloc(l->v, (size_t)(l->cap = 2 * l->cap + 256) * sizeof *l->v);
    return &l->v[l->n++];
}

static int read_line(struct leaf *l, struct side *s, const struct json *j, int64_t n_line, struct err *err)
{
    yyjson_val *line = json_root(j);
    const char *filter = json_str_or(line, "filter", "");
    int64_t doc;
    if (json_get_int(j, line, "doc_id", &doc, err) < 0)
        return -1;
    if (l->n == 0 && choose_metric(l, s->a, line, n_line, err) < 0)
        return -1;
    if (l->n == 0)
        l->filter = arena_strdup(s->a, filter);
    if (strcmp(filter, l->filter) != 0) /* the first filter is the one that is looked at */
        return 0;
    struct sample *x = add_sample(l);
    *x = (struct sample){ .doc = doc, .hash = arena_strdup(s->a, json_str_or(line, "doc_hash", NULL)),
                          .score = score_of(yyjson_obj_get(line, l->metric)), .choice = choice_of(line, l->metric) };
    read_texts(x, s->a, line);
    s->is_synthetic |= json_bool_or(line, "synthetic", false);
    return 0;
}

static int by_doc(const void *pa, const void *pb)
{
    const struct sample *a = pa, *b = pb;
    return a->doc < b->doc ? -1 : a->doc > b->doc;
}

/* Choices are kept where they explain every score: of mc2 the most probable option is no answer. */
static void settle_choices(struct leaf *l)
{
    l->has_choices = l->n > 0;
    for (int i = 0; i < l->n; i++)
        l->has_choices &= l->v[i].choice >= 0 && (l->v[i].score == 0 || l->v[i].score == 1);
    for (int i = 0; i < l->n && !l->has_choices; i++)
        if (l->v[i].choice >= 0)
            l->v[i].answer = NULL;
}

static int check_twice(const struct leaf *l, struct err *err)
{
    for (int i = 1; i < l->n; i++)
        if (l->v[i].doc == l->v[i - 1].doc)
            return err_set(err, ERR_FORMAT, "%s: document %" PRId64 " is there twice", l->file, l->v[i].doc);
    return 0;
}

static int read_lines(struct leaf *l, struct side *s, const struct buf *text, struct err *err)
{
    int64_t n_line = 0;
    for (const char *at = text->data; *at;) {
        const size_t n = strcspn(at, "\n");
        struct json *j;
        n_line++;
        if (n > 0) {
            if (json_parse(&j, at, n, l->file, err) < 0)
                return err_prefix(err, "line %" PRId64 ": ", n_line);
            const int rc = read_line(l, s, j, n_line, err);
            json_close(j);
            if (rc < 0)
                return -1;
        }
        at += n + (at[n] == '\n');
    }
    if (l->n > 0)
        qsort(l->v, (size_t)l->n, sizeof *l->v, by_doc);
    settle_choices(l);
    return check_twice(l, err);
}

static int read_samples(struct leaf *l, struct side *s, struct err *err)
{
    struct buf text = BUF_INIT;
    int rc = fs_read(&text, l->file, err);
    if (rc == 0)
        rc = read_lines(l, s, &text, err);
    buf_release(&text);
    return rc;
}

/* --- results ----------------------------------------------------------------------------------- */

/* The first filter's value of the metric by which the task is looked at. */
static void read_total(struct leaf *l, struct arena *a, yyjson_val *task)
{
    const char *names[METRICS_MAX], *keys[METRICS_MAX];
    int n = 0;
    size_t i, max;
    yyjson_val *key, *value;
    yyjson_obj_foreach(task, i, max, key, value) {
        const char *k = yyjson_get_str(key), *comma = strchr(k, ',');
        if (!comma || !yyjson_is_num(value) || strstr(k, "_stderr,") || n == METRICS_MAX)
            continue;
        keys[n] = k;
        names[n++] = arena_strndup(a, k, (size_t)(comma - k));
    }
    const int at = matrix_primary(names, n);
    if (at < 0)
        return;
    const char *comma = strchr(keys[at], ',');
    l->metric = names[at];
    l->value = yyjson_get_num(yyjson_obj_get(task, keys[at]));
    l->se = json_num_or(task, arena_printf(a, "%s_stderr%s", names[at], comma), NAN);
}

/* Tasks that have no samples. A group's total stands for its parts. */
static int read_results(struct side *s, struct err *err)
{
    struct json *j;
    size_t i, n;
    yyjson_val *key, *value;
    if (json_load(&j, s->results, err) < 0)
        return -1;
    yyjson_val *all = yyjson_obj_get(json_root(j), "results"), *counts = yyjson_obj_get(json_root(j), "n-samples");
    s->is_synthetic |= json_bool_or(json_root(j), "synthetic", false);
    yyjson_obj_foreach(all, i, n, key, value) {
        struct matrix_known known;
        const char *name = yyjson_get_str(key);
        const bool is_part = matrix_known_task(&known, name) && strcmp(known.task, name) != 0;
        if (is_part && yyjson_obj_get(all, known.task))
            continue;
        if (!is_part && !yyjson_obj_get(counts, name) && !matrix_known_task(&known, name))
            continue; /* another group: its parts stand for it */
        struct leaf *l = leaf_named(s, arena_strdup(s->a, name));
        if (l->file)
            continue;
        read_total(l, s->a, value);
        l->n_total = json_int_or(yyjson_obj_get(counts, name), "effective", 0);
    }
    json_close(j);
    return 0;
}

static int read_side(struct side *s, struct err *err)
{
    if (find_files(s, err) < 0)
        return -1;
    for (int i = 0; i < s->n; i++)
        if (read_samples(&s->leaves[i], s, err) < 0)
            return -1;
    return s->results ? read_results(s, err) : 0;
}

static void release_side(struct side *s)
{
    for (int i = 0; i < s->n; i++)
        free(s->leaves[i].v);
    free(s->leaves);
}

/* --- two sides --------------------------------------------------------------------------------- */

static const struct leaf *find_leaf(const struct side *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->leaves[i].name, name) == 0)
            return &s->leaves[i];
    return NULL;
}

/* A task while its leaves are joined. */
struct joining {
    struct compare *c;
    struct compare_task *t;
    double *a, *b;
    int *choice_a, *choice_b, *leaf;
    int64_t *doc;
    const char **leaves;
    int n_leaves;
    bool has_choices;
};

static int join_leaf(struct joining *x, const struct leaf *a, const struct leaf *b, struct err *err)
{
    struct compare_task *t = x->t;
    if (strcmp(a->metric, b->metric) != 0)
        return err_set(err, ERR_USAGE, "%s: one side has %s, the other %s", a->name, a->metric, b->metric);
    for (int i = 0, k = 0; i < a->n || k < b->n;) {
        const struct sample *p = i < a->n ? &a->v[i] : NULL, *q = k < b->n ? &b->v[k] : NULL;
        const bool take_a = p && (!q || p->doc <= q->doc), take_b = q && (!p || q->doc <= p->doc);
        i += take_a;
        k += take_b;
        if (!take_a || !take_b || isnan(p->score) || isnan(q->score)) {
            t->n_only_a += take_a && !isnan(p->score);
            t->n_only_b += take_b && !isnan(q->score);
            continue;
        }
        if (p->hash && q->hash && strcmp(p->hash, q->hash) != 0)
            return err_set(err, ERR_USAGE, "%s: document %" PRId64 " is not the same on both sides: its doc_hash is %.12s and %.12s", a->name, p->doc,
                           p->hash, q->hash);
        x->a[t->n] = p->score;
        x->b[t->n] = q->score;
        x->choice_a[t->n] = p->choice;
        x->choice_b[t->n] = q->choice;
        x->leaf[t->n] = x->n_leaves;
        x->doc[t->n] = p->doc;
        t->text[t->n++] = (struct compare_text){ p->question ? p->question : q->question, p->gold ? p->gold : q->gold, p->answer, q->answer };
    }
    x->has_choices &= a->has_choices && b->has_choices;
    x->leaves[x->n_leaves++] = a->name;
    return 0;
}

static const char *task_of(const struct leaf *l)
{
    struct matrix_known k;
    return matrix_known_task(&k, l->name) ? k.task : l->name;
}

static void start_join(struct joining *x, struct compare *c, struct compare_task *t, const struct side *a)
{
    size_t n = 1, n_leaves = 1;
    for (int i = 0; i < a->n; i++)
        if (strcmp(task_of(&a->leaves[i]), t->name) == 0) {
            n += (size_t)a->leaves[i].n;
            n_leaves++;
        }
    struct arena *r = &c->arena;
    *x = (struct joining){ c, t, arena_alloc(r, n * sizeof *x->a), arena_alloc(r, n * sizeof *x->b), arena_alloc(r, n * sizeof *x->choice_a),
                           arena_alloc(r, n * sizeof *x->choice_b), arena_alloc(r, n * sizeof *x->leaf), arena_alloc(r, n * sizeof *x->doc),
                           arena_alloc(r, n_leaves * sizeof *x->leaves), 0, true };
    t->text = arena_alloc(r, n * sizeof *t->text);
}

static void end_join(struct joining *x)
{
    struct compare_task *t = x->t;
    t->a = x->a;
    t->b = x->b;
    t->choice_a = x->has_choices ? x->choice_a : NULL;
    t->choice_b = x->has_choices ? x->choice_b : NULL;
    t->leaf = x->leaf;
    t->doc = x->doc;
    t->leaves = x->leaves;
    if (t->n_only_a + t->n_only_b > 0)
        compare_note(x->c, "%s: %d questions were answered by A alone and %d by B alone: they do not count.", t->name, t->n_only_a, t->n_only_b);
}

static int join_task(struct compare *c, struct compare_task *t, const struct side *a, const struct side *b, struct err *err)
{
    struct joining x;
    int rc = 0;
    start_join(&x, c, t, a);
    for (int i = 0; rc == 0 && i < a->n; i++) {
        const struct leaf *l = &a->leaves[i], *m = find_leaf(b, l->name);
        if (strcmp(task_of(l), t->name) == 0 && l->n > 0 && m && m->n > 0)
            rc = join_leaf(&x, l, m, err);
    }
    end_join(&x);
    t->metric = "";
    for (int i = 0; i < a->n; i++)
        if (strcmp(task_of(&a->leaves[i]), t->name) == 0)
            t->metric = a->leaves[i].metric;
    return rc;
}

/* Totals of two runs that are taken as independent. */
static void compare_totals(struct compare_task *t, const struct leaf *a, const struct leaf *b, double confidence)
{
    const double z = normal_two_sided(confidence);
    t->metric = a->metric;
    t->n = (int)(a->n_total < b->n_total ? a->n_total : b->n_total);
    t->value_a = a->value;
    t->value_b = b->value;
    t->difference = b->value - a->value;
    t->se = sqrt(a->se * a->se + b->se * b->se);
    t->ci = (struct interval){ t->difference - z * t->se, t->difference + z * t->se };
    t->p = t->se > 0 ? 2 * normal_cdf(-fabs(t->difference) / t->se) : (double)NAN;
    t->flips.n_changed = -1;
}

/* A leaf's own total: of its samples where it has them. */
static struct leaf total_of(const struct leaf *l)
{
    struct leaf out = *l;
    if (l->n == 0)
        return out;
    double *v = xmalloc((size_t)l->n * sizeof *v);
    for (int i = 0; i < l->n; i++)
        v[i] = l->v[i].score;
    out.value = describe_mean(v, (size_t)l->n);
    out.se = describe_se(v, (size_t)l->n);
    out.n_total = l->n;
    free(v);
    return out;
}

static struct compare_task *task_named(struct compare *c, const char *name)
{
    for (int i = 0; i < c->n_tasks; i++)
        if (strcmp(c->tasks[i].name, name) == 0)
            return &c->tasks[i];
    return NULL;
}

static struct compare_task *add_task(struct compare *c, const char *name, bool is_paired)
{
    struct matrix_known k;
    const bool is_known = matrix_known_task(&k, name);
    struct compare_task *t = &c->tasks[c->n_tasks++];
    *t = (struct compare_task){ .name = arena_strdup(&c->arena, name), .metric = "", .is_paired = is_paired, .in_composite = true,
                                .baseline = is_known ? k.baseline : 0, .value_a = NAN, .value_b = NAN, .difference = NAN, .se = NAN, .p = NAN };
    return t;
}

static int join_sides(struct compare *c, const struct side *a, const struct side *b, struct err *err)
{
    c->tasks = arena_alloc(&c->arena, (size_t)(a->n + 1) * sizeof *c->tasks);
    for (int i = 0; i < a->n; i++) {
        const struct leaf *l = &a->leaves[i], *m = find_leaf(b, l->name);
        const bool is_paired = m && l->n > 0 && m->n > 0;
        if (!m) {
            compare_note(c, "%s is left out: %s has it not.", l->name, c->name_b);
            continue;
        }
        if (task_named(c, task_of(l))) /* another part of it, or its total beside its samples */
            continue;
        struct compare_task *t = add_task(c, is_paired ? task_of(l) : l->name, is_paired);
        if (is_paired && join_task(c, t, a, b, err) < 0)
            return -1;
        const struct leaf ta = total_of(l), tb = total_of(m);
        if (!is_paired)
            compare_totals(t, &ta, &tb, c->options.confidence);
    }
    for (int i = 0; i < b->n; i++)
        if (!find_leaf(a, b->leaves[i].name))
            compare_note(c, "%s is left out: %s has it not.", b->leaves[i].name, c->name_a);
    return 0;
}

/* Twins of a task that is there do not count in the composite. */
static void drop_twins(struct compare *c)
{
    for (int i = 0; i < c->n_tasks; i++) {
        struct matrix_known k;
        if (matrix_known_task(&k, c->tasks[i].name) && k.twin_of && task_named(c, k.twin_of))
            c->tasks[i].in_composite = false;
    }
}

int compare_samples(struct compare **out, const char *path_a, const char *path_b, const struct compare_options *o, struct err *err)
{
    struct compare *c = compare_new(path_a, path_b, o);
    struct side a = { .a = &c->arena, .path = path_a }, b = { .a = &c->arena, .path = path_b };
    int rc = read_side(&a, err) < 0 || read_side(&b, err) < 0 || join_sides(c, &a, &b, err) < 0 ? -1 : 0;
    if (rc == 0 && c->n_tasks == 0)
        rc = err_set(err, ERR_USAGE, "%s and %s have no task in common", path_a, path_b);
    c->is_synthetic = a.is_synthetic || b.is_synthetic;
    release_side(&a);
    release_side(&b);
    if (rc < 0) {
        compare_close(c);
        return -1;
    }
    drop_twins(c);
    compare_finish(c);
    *out = c;
    return 0;
}
