/*
 * requests: what perbit would ask a model, without a model: one JSON line a request, for comparisons with
 * lm-evaluation-harness (tools/golden.sh, agree.py).
 *
 *   requests --data DIR --tasks openllm,ifeval [--skip winogrande] [--hash] [--digests FILE]
 *   requests --rows DIR --include_path TASKS --tasks a,b --keep_going [--num_fewshot N] [--seed N] [--limit N]
 *            [--chat_template FILE --bos TEXT --eos TEXT [--single_turn]] [--system_instruction TEXT]
 *
 * --hub      rows from the hub's cache instead of --data's folder
 * --rows     DIR/TASK/SPLIT.jsonl instead of --data's search for data sets
 * --hash     [task, doc_id, idx, 16 hex digits of sha256(context NUL continuation), context bytes, continuation]
 * --digests  a line "TASK HEX" a task: sha256 over the full digests in order
 * --score    also the measures of made-up answers, which follow from the request's digest (see agree.py): a line an item,
 *            a line a task
 * --keep_going  a task that is refused is a line {"task": ..., "refused": why}, and no failure
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/opt.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "data/dataset.h"
#include "data/rows.h"
#include "study/hubdata.h"
#include "tasks/catalog.h"
#include "tasks/items.h"
#include "tasks/score.h"

struct settings {
    const char *data, *rows, *include_path, *tasks, *skip, *digests, *system_instruction;
    const char *chat_template, *bos, *eos;
    int64_t num_fewshot, seed, sample;
    double limit;
    bool is_hash, is_keep_going, is_fixed, is_single_turn, is_score, is_hub;
};

#define FIELD(name) offsetof(struct settings, name)
static const struct opt_row rows[] = {
    {.key = "data", .type = OPT_STR, .offset = FIELD(data)},
    {.key = "rows", .type = OPT_STR, .offset = FIELD(rows)},
    {.key = "include_path", .type = OPT_STR, .offset = FIELD(include_path)},
    {.key = "tasks", .type = OPT_STR, .offset = FIELD(tasks)},
    {.key = "skip", .type = OPT_STR, .offset = FIELD(skip)},
    {.key = "digests", .type = OPT_STR, .offset = FIELD(digests)},
    {.key = "system_instruction", .type = OPT_STR, .offset = FIELD(system_instruction)},
    {.key = "chat_template", .type = OPT_STR, .offset = FIELD(chat_template)},
    {.key = "bos", .type = OPT_STR, .offset = FIELD(bos)},
    {.key = "eos", .type = OPT_STR, .offset = FIELD(eos)},
    {.key = "single_turn", .type = OPT_BOOL, .offset = FIELD(is_single_turn), .def = "false"},
    {.key = "hub", .type = OPT_BOOL, .offset = FIELD(is_hub), .def = "false"},
    {.key = "score", .type = OPT_BOOL, .offset = FIELD(is_score), .def = "false"},
    {.key = "num_fewshot", .type = OPT_INT, .offset = FIELD(num_fewshot), .def = "-1", .min = -1, .max = 1e6},
    {.key = "seed", .type = OPT_INT, .offset = FIELD(seed), .def = "1234", .max = 4e9},
    {.key = "sample", .type = OPT_INT, .offset = FIELD(sample), .def = "0", .max = 1e9},
    {.key = "limit", .type = OPT_NUM, .offset = FIELD(limit), .def = "0", .max = 1e9},
    {.key = "hash", .type = OPT_BOOL, .offset = FIELD(is_hash), .def = "false"},
    {.key = "keep_going", .type = OPT_BOOL, .offset = FIELD(is_keep_going), .def = "false"},
    {.key = "fixed", .type = OPT_BOOL, .offset = FIELD(is_fixed), .def = "false"},
};
static const struct opt_table table = {rows, sizeof rows / sizeof rows[0]};

/* A run over all tasks. */
struct run {
    struct settings o;
    struct datasets *data;
    struct buf chat_template;
    FILE *digests;
    int n_failed;
    int64_t n_requests;
};

/* ---- output, spelled as Python's json.dumps(ensure_ascii=False) */

static void put_text(struct buf *out, struct text t)
{
    static const char escaped[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    buf_putc(out, '"');
    for (size_t i = 0; i < t.n_bytes; i++) {
        const char *e = t.s[i] ? strchr(escaped, t.s[i]) : NULL;
        if (e)
            buf_printf(out, "\\%c", letters[e - escaped]);
        else if ((unsigned char)t.s[i] < 32)
            buf_printf(out, "\\u%04x", (unsigned char)t.s[i]);
        else
            buf_putc(out, t.s[i]);
    }
    buf_putc(out, '"');
}

static void hash_request(char out[SHA256_HEX_BYTES], const struct request *r)
{
    struct buf bytes = BUF_INIT;
    buf_append(&bytes, r->context.s, r->context.n_bytes);
    buf_putc(&bytes, '\0');
    buf_append(&bytes, r->continuation.s, r->continuation.n_bytes);
    sha256_bytes(out, bytes.data, bytes.len);
    buf_release(&bytes);
}

static void put_continuation(struct buf *out, const struct item *item, int i)
{
    if (item->kind == ITEM_GENERATE)
        buf_puts(out, "null");
    else
        put_text(out, item->requests[i].continuation);
}

static void put_request(struct buf *out, const struct task *t, const struct item *item, int i, const char *hash)
{
    const struct request *r = &item->requests[i];
    if (hash) {
        buf_printf(out, "[\"%s\", %" PRId64 ", %d, \"%.16s\", %zu, ", t->name, item->doc_id, i, hash, r->context.n_bytes);
        put_continuation(out, item, i);
        buf_puts(out, "]\n");
        return;
    }
    buf_puts(out, "{\"task\": ");
    put_text(out, (struct text){t->name, strlen(t->name)});
    buf_printf(out, ", \"doc_id\": %" PRId64 ", \"idx\": %d, \"context\": ", item->doc_id, i);
    put_text(out, r->context);
    buf_puts(out, ", \"continuation\": ");
    put_continuation(out, item, i);
    buf_puts(out, ", \"target\": ");
    put_text(out, item->target);
    buf_puts(out, ", \"gold\": [");
    for (int k = 0; k < item->n_gold; k++)
        buf_printf(out, "%s%d", k ? ", " : "", item->gold[k]);
    buf_puts(out, "]}\n");
}

/* ---- rows */

struct splits {
    struct dataset *ds;
    struct rowset *own[2]; /* --rows */
    const struct rowset *eval, *pool;
};

static int load_own(struct rowset **out, const struct run *r, const struct task *t, const char *split, struct err *err)
{
    char *path = xasprintf("%s/%s/%s.jsonl", r->o.rows, t->name, split);
    int ret = rows_load(out, path, err);
    free(path);
    return ret;
}

static int open_dataset(struct splits *s, const struct run *r, const struct dataset_key *key, const struct task *t,
                        bool has_pool, struct err *err)
{
    const char *splits[] = {t->eval_split, t->pool_split};
    struct dataset_file *files;
    struct arena a = {0};
    int n;
    if (!r->o.is_hub)
        return dataset_open(&s->ds, r->data, key, err);
    int ret = hubdata_find(&files, &n, &a, key, splits, has_pool ? 2 : 1, err);
    if (!ret)
        ret = dataset_open_named(&s->ds, r->data, key, files, n, err);
    arena_release(&a);
    return ret;
}

static int open_rows(struct splits *s, struct run *r, const struct task *t, bool has_shots, struct err *err)
{
    bool has_pool = has_shots && !t->n_samples && t->pool_split;
    if (r->o.rows) {
        if (load_own(&s->own[0], r, t, t->eval_split, err) ||
            (has_pool && load_own(&s->own[1], r, t, t->pool_split, err)))
            return -1;
        s->eval = s->own[0];
        s->pool = s->own[1];
        return 0;
    }
    struct dataset_key key = {t->dataset_path, t->dataset_name, t->name};
    if (open_dataset(s, r, &key, t, has_pool, err) || dataset_split(&s->eval, s->ds, t->eval_split, err))
        return -1;
    return has_pool ? dataset_split(&s->pool, s->ds, t->pool_split, err) : 0;
}

static void close_rows(struct splits *s)
{
    dataset_close(s->ds);
    rowset_close(s->own[0]);
    rowset_close(s->own[1]);
}

/* ---- measures of made-up answers */

enum { METRICS_MAX = 16 };

/* Scores of the items of a task, a row of metrics each. */
struct scores {
    struct score *v; /* [n][METRICS_MAX] */
    int64_t n, cap;
};

/* Few values, so that ties are common. */
static struct answer make_answer(const struct request *r)
{
    char hash[SHA256_HEX_BYTES];
    hash_request(hash, r);
    char digits[5] = {hash[0], hash[1], hash[2], hash[3], '\0'};
    bool is_greedy = strchr("13579bdf", hash[4]) != NULL;
    return (struct answer){.logprob = -(double)(strtol(digits, NULL, 16) % 12) / 4 - 0.25, .is_greedy = is_greedy};
}

static struct score *add_scores(struct scores *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->v = xrealloc(s->v, sizeof(*s->v) * METRICS_MAX * (size_t)s->cap);
    }
    return s->v + METRICS_MAX * s->n++;
}

static int put_scores(struct buf *out, struct scores *s, const struct task *t, const struct item *item, struct err *err)
{
    struct answer *answers = xcalloc((size_t)item->n_requests, sizeof(*answers));
    struct score *row = add_scores(s);
    for (int i = 0; i < item->n_requests; i++)
        answers[i] = make_answer(&item->requests[i]);
    int ret = score_item(row, t, item, answers, err);
    free(answers);
    buf_printf(out, "{\"task\": \"%s\", \"doc_id\": %" PRId64 ", \"scores\": {", t->name, item->doc_id);
    for (int m = 0; m < t->n_metrics; m++)
        buf_printf(out, "%s\"%s\": %.17g", m ? ", " : "", t->metrics[m].name, row[m].value);
    buf_puts(out, "}}\n");
    return ret;
}

static int put_totals(struct buf *out, const struct scores *s, const struct task *t, struct err *err)
{
    struct score *column = xcalloc((size_t)s->n + 1, sizeof(*column));
    int ret = 0;
    buf_printf(out, "{\"task\": \"%s\", \"totals\": {", t->name);
    for (int m = 0; m < t->n_metrics && !ret; m++) {
        struct total total;
        for (int64_t i = 0; i < s->n; i++)
            column[i] = s->v[METRICS_MAX * i + m];
        ret = score_total(&total, &t->metrics[m], column, s->n, err);
        buf_printf(out, "%s\"%s\": [%.17g, ", m ? ", " : "", t->metrics[m].name, total.value);
        buf_printf(out, total.se == total.se ? "%.17g]" : "null]", total.se);
    }
    buf_puts(out, "}}\n");
    free(column);
    return ret;
}

/* ---- tasks */

static void put_item(struct run *r, struct buf *out, struct buf *digests, const struct task *t, const struct item *item)
{
    for (int i = 0; i < item->n_requests; i++, r->n_requests++) {
        char hash[SHA256_HEX_BYTES] = "";
        if (r->o.is_hash || r->digests)
            hash_request(hash, &item->requests[i]);
        buf_puts(digests, hash);
        put_request(out, t, item, i, r->o.is_hash ? hash : NULL);
    }
}

static int put_items(struct run *r, struct buf *out, const struct task *t, struct items *it, struct err *err)
{
    int ret;
    char hash[SHA256_HEX_BYTES];
    struct item item;
    struct arena a = {0};
    struct buf digests = BUF_INIT;
    struct scores scores = {0};
    bool is_score = r->o.is_score && t->kind != ITEM_GENERATE && t->n_metrics <= METRICS_MAX;
    while ((ret = items_next(&item, it, &a, err)) > 0) {
        put_item(r, out, &digests, t, &item);
        if (is_score && put_scores(out, &scores, t, &item, err))
            break;
        arena_release(&a);
    }
    arena_release(&a);
    if (!ret && is_score)
        ret = put_totals(out, &scores, t, err);
    free(scores.v);
    sha256_bytes(hash, digests.data, digests.len);
    if (!ret && r->digests)
        fprintf(r->digests, "%s %s\n", t->name, hash);
    buf_release(&digests);
    return ret ? -1 : 0;
}

static int dump_task(struct run *r, const struct task *t, struct err *err)
{
    int ret = -1;
    struct splits s = {0};
    struct items *it = NULL;
    struct buf out = BUF_INIT;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = (int)r->o.num_fewshot;
    o.fewshot_seed = (uint64_t)r->o.seed;
    o.limit = r->o.limit;
    o.sample = r->o.sample;
    o.is_fixed_fewshot = r->o.is_fixed;
    o.system_instruction = r->o.system_instruction;
    o.chat_template = r->o.chat_template ? r->chat_template.data : NULL;
    o.chat = (struct chat_options){.bos = r->o.bos, .eos = r->o.eos};
    o.is_single_turn = r->o.is_single_turn;
    if (open_rows(&s, r, t, items_effective_fewshot(t, o.num_fewshot) > 0, err) ||
        items_open(&it, t, s.eval, s.pool, &o, err) || put_items(r, &out, t, it, err))
        goto done;
    fwrite(out.data, 1, out.len, stdout);
    ret = 0;
done:
    buf_release(&out);
    items_close(it);
    close_rows(&s);
    return ret;
}

static void refused(struct run *r, const char *name, const struct err *err)
{
    if (!r->o.is_keep_going) {
        fprintf(stderr, "error: %s\n", err->msg);
        r->n_failed++;
        return;
    }
    struct buf line = BUF_INIT;
    buf_puts(&line, "{\"task\": ");
    put_text(&line, (struct text){name, strlen(name)});
    buf_puts(&line, ", \"refused\": ");
    put_text(&line, (struct text){err->msg, strlen(err->msg)});
    buf_puts(&line, "}\n");
    fputs(line.data, stdout);
    buf_release(&line);
}

static void dump_suite(struct run *r, const struct catalog *c, const char *names)
{
    struct suite *s = NULL;
    struct err err = {0};
    if (suite_open(&s, c, names, &err)) {
        refused(r, names, &err);
        return;
    }
    for (int i = 0; i < s->n_tasks; i++) {
        err = (struct err){0};
        if (r->o.skip && !strcmp(r->o.skip, s->tasks[i]->name))
            continue;
        if (dump_task(r, s->tasks[i], &err))
            refused(r, s->tasks[i]->name, &err);
    }
    suite_close(s);
}

static int open_run(struct run *r, struct catalog **c, struct arena *a, struct err *err)
{
    int n = 0;
    const char *const *folders = r->o.include_path ? opt_split(a, r->o.include_path, &n) : NULL;
    if (!r->o.tasks || (r->o.data != NULL) + (r->o.rows != NULL) + r->o.is_hub != 1)
        return err_set(err, ERR_USAGE, "expected --tasks and one of --data, --hub and --rows");
    if (!r->o.rows && datasets_open(&r->data, r->o.data, err))
        return -1;
    if (r->o.chat_template && fs_read(&r->chat_template, r->o.chat_template, err))
        return -1;
    r->digests = r->o.digests ? fopen(r->o.digests, "w") : NULL;
    return catalog_open(c, folders, n, err);
}

int main(int argc, char **argv)
{
    struct run r = {.chat_template = BUF_INIT};
    struct err err = {0};
    struct arena a = {0};
    struct catalog *c = NULL;
    const char **args;
    int n_args, n;
    opt_defaults(&table, &r.o, &a);
    if (opt_parse(&table, NULL, &r.o, argc - 1, argv + 1, &a, &args, &n_args, &err) || open_run(&r, &c, &a, &err)) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 2;
    }
    const char *const *names = opt_split(&a, r.o.tasks, &n);
    for (int i = 0; i < n; i++)
        dump_suite(&r, c, names[i]);
    fprintf(stderr, "%" PRId64 " requests\n", r.n_requests);
    catalog_close(c);
    datasets_close(r.data);
    buf_release(&r.chat_template);
    if (r.digests)
        fclose(r.digests);
    arena_release(&a);
    return r.n_failed > 0;
}
