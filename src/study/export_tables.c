#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/kind.h"
#include "data/parquet_write.h"
#include "study/export_internal.h"

#include "base/banned.h"

/* --- one file ---------------------------------------------------------------------------------- */

static void describe(struct export_config *c, const struct frame *f)
{
    static const char *const kinds[] = { "text", "number", "whole number", "yes or no", "list of numbers" };
    if (c->n_rows > 0)
        return;
    for (int i = 0; i < f->n_columns; i++) {
        const struct frame_column *k = &f->columns[i];
        buf_printf(&c->columns, "| `%s` | %s | %s | %s |\n", k->name, kinds[k->kind], k->unit,
                   strcmp(k->label, k->name) == 0 ? "" : k->label);
    }
}

static int save_frame(struct exporter *x, struct export_config *c, const char *folder, const char *name,
                      const struct frame *f, struct err *err)
{
    struct buf file = BUF_INIT;
    if (f->n_rows == 0)
        return 0;
    int rc = parquet_write(&file, f, err);
    if (rc == 0)
        rc = export_save(x, folder, arena_printf(&x->arena, "%s.parquet", name), &file, err);
    describe(c, f);
    c->n_rows += f->n_rows;
    buf_release(&file);
    return rc;
}

/* --- items: what every document scored --------------------------------------------------------- */

static const struct frame_spec item_columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },
    { "task", "", "task", FRAME_TEXT, 0 },
    { "metric", "", "metric", FRAME_TEXT, 0 },
    { "filter", "", "filter of the answer, of generation tasks", FRAME_TEXT, 0 },
    { "doc", "", "document: its number in the split, from 0", FRAME_INT, 0 },
    { "score", "", "score of the document", FRAME_NUM, -1 },
    { "scores", "", "where one document has several: instructions, or gold and answer", FRAME_LIST, 0 },
    { "cell", "", "key of the cell in tables/cells", FRAME_TEXT, 0 },
};
enum { ITEM_MODEL, ITEM_LEVEL, ITEM_TASK, ITEM_METRIC, ITEM_FILTER, ITEM_DOC, ITEM_SCORE, ITEM_SCORES, ITEM_CELL };

/* What a cell's fact says of its task. */
struct asked {
    const struct cell_row *cell;
    const char *task;
    yyjson_val *metrics, *filters;
};

static int add_item(struct frame *f, const struct asked *k, const char *metric, const char *filter, int64_t doc)
{
    int row = frame_add_row(f);
    frame_set_text(f, row, ITEM_MODEL, k->cell->model);
    frame_set_text(f, row, ITEM_LEVEL, k->cell->level);
    frame_set_text(f, row, ITEM_TASK, k->task);
    frame_set_text(f, row, ITEM_METRIC, metric);
    if (filter)
        frame_set_text(f, row, ITEM_FILTER, filter);
    frame_set_int(f, row, ITEM_DOC, doc);
    frame_set_text(f, row, ITEM_CELL, k->cell->key);
    return row;
}

static int add_series(struct frame *f, struct store *s, const struct asked *k, enum metric m, int slot, const char *filter,
                      struct err *err)
{
    struct query_documents d;
    if (query_documents(s, k->cell->id, m, slot, &d, err) < 0)
        return -1;
    for (int i = 0; i < d.n; i++) {
        int row = add_item(f, k, metric_info(m)->name, filter, d.index[i]);
        frame_set_list(f, row, ITEM_SCORES, d.v + d.at[i], d.at[i + 1] - d.at[i]);
    }
    query_documents_release(&d);
    return 0;
}

static int add_scalars(struct frame *f, struct store *s, const struct asked *k, enum metric m, int slot, const char *filter,
                       struct err *err)
{
    int64_t *doc;
    double *v;
    int n;
    if (query_by_index(s, k->cell->id, m, slot, &doc, &v, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        frame_set_num(f, add_item(f, k, metric_info(m)->name, filter, doc[i]), ITEM_SCORE, v[i]);
    free(doc);
    free(v);
    return 0;
}

/* The stored metrics of a task; those of a rubric share one, which comes once. */
static int add_metrics(struct frame *f, struct store *s, const struct asked *k, int slot, const char *filter, struct err *err)
{
    size_t i, n;
    yyjson_val *metric;
    bool has_rating = false;
    yyjson_arr_foreach(k->metrics, i, n, metric) {
        enum metric m = metric_find(json_str_or(metric, "name", ""));
        if (m == METRIC_COUNT && has_rating)
            continue;
        if (m == METRIC_COUNT)
            m = METRIC_RATING;
        has_rating |= m == METRIC_RATING;
        if ((metric_info(m)->is_series ? add_series : add_scalars)(f, s, k, m, slot, filter, err) < 0)
            return -1;
    }
    return 0;
}

static int add_items(struct frame *f, struct store *s, const struct asked *k, struct err *err)
{
    size_t i, n;
    yyjson_val *filter;
    if (yyjson_arr_size(k->filters) == 0)
        return add_metrics(f, s, k, 0, NULL, err);
    yyjson_arr_foreach(k->filters, i, n, filter)
        if (add_metrics(f, s, k, (int)i, yyjson_get_str(filter), err) < 0)
            return -1;
    return 0;
}

/* --- answers: what the engine gave ------------------------------------------------------------- */

static const struct frame_spec answer_columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },
    { "task", "", "task", FRAME_TEXT, 0 },
    { "doc", "", "document: its number in the split, from 0", FRAME_INT, 0 },
    { "repeat", "", "repeat, from 0", FRAME_INT, 0 },
    { "logprobs", "nat", "log-probability of each continuation", FRAME_LIST, 0 },
    { "greedy", "", "1 where each of its tokens was the most probable one", FRAME_LIST, 0 },
    { "text", "", "what the model wrote, reasoning included", FRAME_TEXT, 0 },
    { "n_tokens", "tokens", "written", FRAME_INT, 0 },
    { "n_think_tokens", "tokens", "of them reasoning", FRAME_INT, 0 },
    { "why", "", "why it ended: stop, eog, limit, error", FRAME_TEXT, 0 },
    { "cell", "", "key of the cell in tables/cells", FRAME_TEXT, 0 },
};
enum { ANSWER_MODEL, ANSWER_LEVEL, ANSWER_TASK, ANSWER_DOC, ANSWER_REPEAT, ANSWER_LOGPROBS, ANSWER_GREEDY, ANSWER_TEXT,
       ANSWER_TOKENS, ANSWER_THINK, ANSWER_WHY, ANSWER_CELL };

static int add_answer(struct frame *f, const struct asked *k, int64_t doc, int repeat)
{
    int row = frame_add_row(f);
    frame_set_text(f, row, ANSWER_MODEL, k->cell->model);
    frame_set_text(f, row, ANSWER_LEVEL, k->cell->level);
    frame_set_text(f, row, ANSWER_TASK, k->task);
    frame_set_int(f, row, ANSWER_DOC, doc);
    frame_set_int(f, row, ANSWER_REPEAT, repeat);
    frame_set_text(f, row, ANSWER_CELL, k->cell->key);
    return row;
}

static int add_logprobs(struct frame *f, struct store *s, const struct asked *k, struct err *err)
{
    struct query_documents lp = { 0 }, greedy = { 0 };
    int rc = query_documents(s, k->cell->id, METRIC_LOGPROB, 0, &lp, err);
    if (rc == 0)
        rc = query_documents(s, k->cell->id, METRIC_GREEDY, 0, &greedy, err);
    for (int i = 0; rc == 0 && i < lp.n; i++) {
        int row = add_answer(f, k, lp.index[i], 0);
        frame_set_list(f, row, ANSWER_LOGPROBS, lp.v + lp.at[i], lp.at[i + 1] - lp.at[i]);
        if (i < greedy.n && greedy.index[i] == lp.index[i])
            frame_set_list(f, row, ANSWER_GREEDY, greedy.v + greedy.at[i], greedy.at[i + 1] - greedy.at[i]);
    }
    query_documents_release(&lp);
    query_documents_release(&greedy);
    return rc;
}

static int add_texts(struct frame *f, struct store *s, const struct asked *k, struct err *err)
{
    struct query_text *t;
    int n;
    if (query_texts(s, &f->arena, k->cell->id, &t, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        int row = add_answer(f, k, t[i].index, t[i].slot);
        frame_set_text(f, row, ANSWER_TEXT, t[i].text);
        frame_set_int(f, row, ANSWER_TOKENS, t[i].n_tokens);
        frame_set_int(f, row, ANSWER_THINK, t[i].n_think_tokens);
        frame_set_text(f, row, ANSWER_WHY, t[i].why);
    }
    return 0;
}

static int add_answers(struct frame *f, struct store *s, const struct asked *k, struct err *err)
{
    return add_logprobs(f, s, k, err) < 0 ? -1 : add_texts(f, s, k, err);
}

/* --- a file for each level of a model ---------------------------------------------------------- */

static const struct {
    const char *config;
    const struct frame_spec *columns;
    int n_columns;
    int (*add)(struct frame *f, struct store *s, const struct asked *k, struct err *err);
} parts[] = {
    { "items", item_columns, sizeof item_columns / sizeof item_columns[0], add_items },
    { "answers", answer_columns, sizeof answer_columns / sizeof answer_columns[0], add_answers },
};

static bool is_task_result(const struct cell_row *c)
{
    return strcmp(c->kind, kind_info(KIND_TASK)->name) == 0 && strcmp(c->status, "done") == 0;
}

static int add_cell(struct frame *f, struct exporter *x, int part, const struct cell_row *c, struct err *err)
{
    const char *text;
    struct json *fact = NULL;
    if (query_fact(x->store, &x->arena, c->id, "task", &text, err) < 0)
        return -1;
    if (!text || json_parse(&fact, text, strlen(text), "task", err) < 0)
        return text ? -1 : err_set(err, ERR_FORMAT, "%s: a cell of task %s does not say what was asked", store_path(x->store), c->task);
    const struct asked k = { .cell = c, .task = json_str_or(json_root(fact), "name", c->task),
                             .metrics = yyjson_obj_get(json_root(fact), "metrics"),
                             .filters = yyjson_obj_get(json_root(fact), "filters") };
    int rc = parts[part].add(f, x->store, &k, err);
    json_close(fact);
    return rc;
}

static bool same_file(const struct cell_row *a, const struct cell_row *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->level, b->level) == 0;
}

/* All cells of the level of cell i, which is its first. */
static int export_level(struct exporter *x, int part, int i, struct err *err)
{
    struct frame f;
    int rc = 0;
    frame_init(&f, parts[part].config);
    frame_add_columns(&f, parts[part].columns, parts[part].n_columns);
    f.is_synthetic = x->is_synthetic;
    for (int k = i; rc == 0 && k < x->n_rows; k++)
        if (is_task_result(&x->rows[k]) && same_file(&x->rows[k], &x->rows[i]))
            rc = add_cell(&f, x, part, &x->rows[k], err);
    if (rc == 0)
        rc = save_frame(x, &x->configs[EXPORT_TABLES + part],
                        arena_printf(&x->arena, "%s/%s", parts[part].config, export_slug(x, x->rows[i].model)),
                        export_slug(x, x->rows[i].level), &f, err);
    frame_release(&f);
    return rc;
}

static bool is_first_of_level(const struct exporter *x, int i)
{
    for (int k = 0; k < i; k++)
        if (is_task_result(&x->rows[k]) && same_file(&x->rows[k], &x->rows[i]))
            return false;
    return is_task_result(&x->rows[i]);
}

int export_tables(struct exporter *x, struct err *err)
{
    const struct {
        const struct frame *f;
        const char *name, *about;
    } tables[EXPORT_TABLES] = {
        { &x->levels, "levels", "One row a level of a model: size, bits per weight, loss, KL divergence, speed, memory." },
        { &x->tasks, "tasks", "One row a (level, task, metric): mean, standard error, 95 % interval; groups and composites too." },
        { &x->text, "text", "One row a (level, text): all figures of perplexity and KL divergence." },
        { &x->speed, "speed", "One row a (level, speed test), with llama-bench's fields under its names." },
        { &x->verdicts, "verdicts", "One row a (level, measure): what is lost against the base, and whether that is same, worse, better or undecided." },
        { &x->cells, "cells", "One row a measurement: status, reason of a failure, settings, machine, engine, times." },
    };
    for (int i = 0; i < EXPORT_TABLES; i++) {
        x->configs[i] = (struct export_config){ .name = tables[i].name, .about = tables[i].about, .columns = BUF_INIT,
                                                .files = arena_printf(&x->arena, "tables/%s.parquet", tables[i].name) };
        if (save_frame(x, &x->configs[i], "tables", tables[i].name, tables[i].f, err) < 0)
            return -1;
    }
    static const char *const about[] = { "One row a (document, metric, filter): what every document scored.",
                                         "One row a (document, repeat): log-probabilities, or the text that was written." };
    for (int part = 0; part < 2; part++) {
        x->configs[EXPORT_TABLES + part] = (struct export_config){
            .name = parts[part].config, .about = about[part], .columns = BUF_INIT,
            .files = arena_printf(&x->arena, "%s/*/*.parquet", parts[part].config) };
        for (int i = 0; i < x->n_rows; i++)
            if (is_first_of_level(x, i) && export_level(x, part, i, err) < 0)
                return -1;
    }
    return 0;
}
