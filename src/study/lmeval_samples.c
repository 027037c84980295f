/* Samples files: a JSON object a document, one a line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "study/answered.h"
#include "study/lmeval.h"
#include "tasks/pyjson.h"
#include "tasks/pyvalue.h"

#include "base/banned.h"

/* A samples file in the making. */
struct samples {
    const struct lmeval *r;
    const struct lmeval_task *t;
    FILE *file;
    const char *path;
    struct grader *grader;
    int i_filter;
    const char *gen_kwargs; /* JSON */
    struct buf line, scratch;
    struct buf hashes; /* doc, prompt and target of every document, one after the other */
    char doc_hash[SHA256_HEX_BYTES], prompt_hash[SHA256_HEX_BYTES], target_hash[SHA256_HEX_BYTES];
};

/* --- pieces of a line ---------------------------------------------------------------------------- */

static void put_text(struct buf *out, const char *key, struct text text)
{
    buf_printf(out, "\"%s\": ", key);
    pyjson_text(out, text.s, text.n_bytes);
}

/* gen_kwargs: JSON, of generation */
static void put_arguments(struct buf *out, const struct item *item, const char *gen_kwargs)
{
    buf_puts(out, "\"arguments\": {");
    for (int i = 0; i < item->n_requests; i++) {
        buf_printf(out, "%s\"gen_args_%d\": {", i ? ", " : "", i);
        put_text(out, "arg_0", item->requests[i].context);
        buf_puts(out, ", ");
        if (item->kind == ITEM_GENERATE)
            buf_printf(out, "\"arg_1\": %s", gen_kwargs);
        else
            put_text(out, "arg_1", item->requests[i].continuation);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

/* str() of both halves of an answer, as sanitize_list() leaves them. */
static void put_answer(struct buf *out, const struct answer *a)
{
    buf_puts(out, "[\"");
    py_print_float(out, a->logprob);
    buf_printf(out, "\", \"%s\"]", a->is_greedy ? "True" : "False");
}

/* resps has a list of repeats a request; filtered_resps the one that the filter took. */
static void put_answers(struct buf *out, const char *key, const struct item *item, const struct answer *answers,
                        const char *open, const char *close)
{
    buf_printf(out, "\"%s\": [", key);
    for (int i = 0; i < item->n_requests; i++) {
        buf_printf(out, "%s%s", i ? ", " : "", open);
        put_answer(out, &answers[i]);
        buf_puts(out, close);
    }
    buf_putc(out, ']');
}

/* resps: the repeats of the one request; filtered_resps: what the filter made of them. */
static void put_texts(struct buf *out, const struct given *given, struct pystr filtered)
{
    buf_puts(out, "\"resps\": [[");
    for (int i = 0; i < given->n_texts; i++) {
        buf_puts(out, i ? ", " : "");
        pyjson_text(out, given->texts[i].s, given->texts[i].n_bytes);
    }
    buf_puts(out, "]], \"filtered_resps\": [");
    if (filtered.s)
        pyjson_text(out, filtered.s, filtered.n_bytes);
    else
        buf_puts(out, "\"None\"");
    buf_putc(out, ']');
}

static void put_hash(struct buf *out, const char *key, const char *hex)
{
    buf_printf(out, "\"%s\": \"%s\"", key, hex);
}

/* --- values of metrics ---------------------------------------------------------------------------- */

/* Which metrics Python counts in whole numbers. */
static bool is_whole(const struct task *t, const struct task_metric *m)
{
    if (t->results == RESULTS_TRUTHFULQA_GEN)
        return strstr(m->name, "_acc") != NULL;
    return t->results == RESULTS_DEFAULT && t->kind != ITEM_GENERATE &&
           (m->measure == MEASURE_EXACT_MATCH || (t->kind == ITEM_LOGLIKELIHOOD && m->measure == MEASURE_ACC));
}

/* A list of truths, one an instruction. */
static void put_parts(struct buf *out, const struct score *s)
{
    buf_putc(out, '[');
    for (int i = 0; i < s->n_parts; i++)
        buf_printf(out, "%s%s", i ? ", " : "", s->parts >> i & 1 ? "true" : "false");
    buf_putc(out, ']');
}

static void put_pair(struct buf *out, const struct score *s)
{
    buf_putc(out, '[');
    pyjson_float(out, s->human);
    buf_puts(out, ", ");
    pyjson_float(out, s->model);
    buf_putc(out, ']');
}

static void put_classes(struct buf *out, const struct item *item, const struct score *s)
{
    buf_putc(out, '[');
    if (item->n_gold != 1)
        buf_putc(out, '[');
    for (int i = 0; i < item->n_gold; i++)
        buf_printf(out, "%s%d", i ? ", " : "", item->gold[i]);
    if (item->n_gold != 1)
        buf_putc(out, ']');
    buf_printf(out, ", %d]", s->pred);
}

static void put_value(struct buf *out, const struct samples *x, const struct item *item, int m, const struct score *s)
{
    const struct task_metric *metric = &x->t->task->metrics[m];
    buf_printf(out, ", \"%s\": ", metric->name);
    if (metric->measure == MEASURE_F1 || metric->measure == MEASURE_MCC)
        put_classes(out, item, s);
    else if (metric->measure == MEASURE_RUBRIC)
        put_pair(out, s);
    else if (metric->aggregation == AGGREGATE_FLAT_MEAN)
        put_parts(out, s);
    else if (x->t->task->results == RESULTS_IFEVAL)
        buf_puts(out, s->value != 0 ? "true" : "false");
    else if (is_whole(x->t->task, metric))
        buf_printf(out, "%d", (int)s->value);
    else
        pyjson_float(out, s->value);
}

static void put_metric_names(struct buf *out, const struct lmeval_task *t)
{
    buf_puts(out, "\"metrics\": [");
    for (int k = 0; k < t->task->n_metrics; k++)
        buf_printf(out, "%s\"%s\"", k ? ", " : "", t->task->metrics[t->order[k]].name);
    buf_putc(out, ']');
}

/* --- a line --------------------------------------------------------------------------------------- */

static void hash_item(struct samples *x, const struct item *item)
{
    buf_clear(&x->scratch);
    pyjson_dump(&x->scratch, (yyjson_val *)(uintptr_t)item->doc, 2);
    sha256_bytes(x->doc_hash, x->scratch.data, x->scratch.len);
    sha256_bytes(x->prompt_hash, item->requests[0].context.s, item->requests[0].context.n_bytes);
    sha256_bytes(x->target_hash, item->target.s, item->target.n_bytes);
    buf_printf(&x->hashes, "%s%s%s", x->doc_hash, x->prompt_hash, x->target_hash);
}

static void make_line(struct samples *x, const struct item *item, const struct given *given, struct pystr filtered,
                      const struct score *s)
{
    const char *filter = x->t->filters[x->i_filter];
    struct buf *out = &x->line;
    buf_clear(out);
    buf_putc(out, '{');
    if (x->r->is_synthetic)
        buf_puts(out, "\"synthetic\": true, ");
    buf_printf(out, "\"doc_id\": %lld, \"doc\": ", (long long)item->doc_id);
    pyjson_dump(out, (yyjson_val *)(uintptr_t)item->doc, 0);
    buf_puts(out, ", ");
    put_text(out, "target", item->target);
    buf_puts(out, ", ");
    put_arguments(out, item, x->gen_kwargs);
    buf_puts(out, ", ");
    if (item->kind == ITEM_GENERATE) {
        put_texts(out, given, filtered);
    } else {
        put_answers(out, "resps", item, given->answers, "[", "]");
        buf_puts(out, ", ");
        put_answers(out, "filtered_resps", item, given->answers, "", "");
    }
    buf_puts(out, ", \"filter\": ");
    pyjson_text(out, filter, strlen(filter));
    buf_puts(out, ", ");
    put_metric_names(out, x->t);
    buf_puts(out, ", ");
    put_hash(out, "doc_hash", x->doc_hash);
    buf_puts(out, ", ");
    put_hash(out, "prompt_hash", x->prompt_hash);
    buf_puts(out, ", ");
    put_hash(out, "target_hash", x->target_hash);
    for (int k = 0; k < x->t->task->n_metrics; k++)
        put_value(out, x, item, x->t->order[k], &s[x->t->order[k]]);
    buf_puts(out, "}\n");
}

/* --- the file ------------------------------------------------------------------------------------- */

/* Lines of one filter. */
static int write_lines(struct samples *x, struct answered *d, struct err *err)
{
    struct score scores[TASK_SCORES_MAX];
    struct pystr filtered = { NULL, 0 };
    int rc;
    while ((rc = answered_next(d, err)) == 1) {
        const struct item *item = answered_item(d);
        const struct given *given = answered_given(d);
        if (grader_score(scores, x->grader, item, given, err) < 0 ||
            (item->kind == ITEM_GENERATE && grader_filtered(&filtered, x->grader, x->i_filter, given, err) < 0))
            return -1;
        hash_item(x, item);
        make_line(x, item, given, filtered, scores + x->i_filter * x->t->task->n_metrics);
        if (fwrite(x->line.data, 1, x->line.len, x->file) != x->line.len)
            return err_errno(err, ERR_IO, "%s", x->path);
    }
    return rc;
}

/* All documents after the first filter, then all after the second. */
static int write_filters(struct samples *x, struct err *err)
{
    const struct lmeval_task *t = x->t;
    for (x->i_filter = 0; x->i_filter < t->n_filters; x->i_filter++) {
        struct answered *d;
        if (answered_open(&d, x->r->evaluation, t->i_task, x->r->store, t->cell->id, t->cell->task->data_sha256, err) < 0)
            return -1;
        int rc = write_lines(x, d, err);
        answered_close(d);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int write_file(struct samples *x, const char *tmp, struct err *err)
{
    x->file = fopen(tmp, "wb");
    if (!x->file)
        return err_errno(err, ERR_IO, "%s", x->path);
    int rc = write_filters(x, err);
    if (fclose(x->file) != 0 && rc == 0)
        rc = err_errno(err, ERR_IO, "%s", x->path);
    return rc == 0 ? fs_rename(tmp, x->path, err) : -1;
}

int lmeval_samples(struct lmeval_task *t, const struct lmeval *r, const char *path, struct err *err)
{
    struct samples x = { .r = r, .t = t, .path = path, .line = BUF_INIT, .scratch = BUF_INIT, .hashes = BUF_INIT };
    struct gen_options options = { .kwargs = "{}" };
    if ((t->task->kind == ITEM_GENERATE && evaluation_gen_options(&options, r->evaluation, t->i_task, r->a, err) < 0) ||
        grader_open(&x.grader, t->task, err) < 0)
        return -1;
    x.gen_kwargs = options.kwargs;
    char *tmp = xasprintf("%s.tmp.%ld", path, (long)getpid());
    int rc = write_file(&x, tmp, err);
    if (rc < 0)
        unlink(tmp);
    else
        sha256_bytes(t->hash, x.hashes.data, x.hashes.len);
    grader_close(x.grader);
    buf_release(&x.line);
    buf_release(&x.scratch);
    buf_release(&x.hashes);
    free(tmp);
    return rc;
}
