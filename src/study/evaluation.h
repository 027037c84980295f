/*
 * evaluation: the tasks that the settings name, with their rows: what plan, worker, rescore and results files need of
 * tasks/ and data/.
 *
 *   evaluation_open(&e, &settings, err);
 *   for (i in 0 .. evaluation_n(e) - 1)
 *       evaluation_items(&items, e, i, first_doc, chat, err)    ... items_next ... items_close
 *   evaluation_close(e);
 *
 * Rows come from the data folder (--data, $PERBIT_DATA, data), else from the hub's cache: nothing is loaded here (pull.h).
 *
 * The same settings give the same tasks in the same order, so that a number stands for a task between processes.
 *
 * Errors  ERR_USAGE unknown task, bad seed; ERR_FORMAT, ERR_UNSUPPORTED a task file; opening items: ERR_IO, ERR_FORMAT data
 * Owns    *out until evaluation_close(), all rows too      Threads  one      Tests  cli/eval_fake.sh
 */
#ifndef PERBIT_STUDY_EVALUATION_H
#define PERBIT_STUDY_EVALUATION_H

#include "data/folder.h"
#include "study/gen_options.h"
#include "tasks/catalog.h"
#include "tasks/items.h"

struct evaluation;

int evaluation_open(struct evaluation **out, const struct settings *s, struct err *err);
/* The same without a data folder: opening items then says what is wrong with it. */
int evaluation_open_tasks(struct evaluation **out, const struct settings *s, struct err *err);
void evaluation_close(struct evaluation *e); /* accepts NULL */

int evaluation_n(const struct evaluation *e);
const struct task *evaluation_task(const struct evaluation *e, int i);
const struct suite *evaluation_suite(const struct evaluation *e);
int evaluation_num_fewshot(const struct evaluation *e, int i); /* as asked */
int evaluation_find(const struct evaluation *e, const char *name); /* number of a task, or -1 */

/* The splits that asking it reads: 1 or 2 of them. */
int evaluation_splits(const struct evaluation *e, int i, const char *out[2]);
/* What lm-eval calls its data set; path NULL: it has its own files (data_files). */
struct dataset_key evaluation_key(const struct evaluation *e, int i);
/* Does the data folder have it? */
bool evaluation_is_in_folder(struct evaluation *e, int i);

/* That its answers can be written and scored: ERR_USAGE generation options; ERR_FORMAT, ERR_UNSUPPORTED a filter that perbit has not. */
int evaluation_check(const struct evaluation *e, int i, struct err *err);

/* How its answers are written, in a: of a generation task. */
int evaluation_gen_options(struct gen_options *out, const struct evaluation *e, int i, struct arena *a, struct err *err);
uint64_t evaluation_seed(const struct evaluation *e); /* of the tokens that are drawn */

/* How a chat model is asked: its own template and the texts of its special tokens. */
struct evaluation_chat {
    const char *template;
    const char *bos, *eos;
};

/* Opens the rows and the stream of items from first_doc on. chat: NULL for plain text. Templates that print the date
   see 26 July 2024, so that a prompt is the same on every day. */
int evaluation_items(struct items **out, struct evaluation *e, int i, int64_t first_doc,
                     const struct evaluation_chat *chat, struct err *err);
/* Rows of the split that is evaluated, asked or not. */
int evaluation_n_rows(int64_t *out, struct evaluation *e, int i, struct err *err);
/* Digest of the rows that a task reads (opens them). */
int evaluation_data_sha256(char out[65], struct evaluation *e, int i, struct err *err);

/* "name:version:sha256 of the definition", in a: part of a cell's identity. */
const char *evaluation_identity(const struct evaluation *e, int i, struct arena *a);
/* Digest of the part of a definition that decides what is asked: metrics and their like are no part of it. */
const char *evaluation_asks(const struct evaluation *e, int i, struct arena *a);
/* JSON for the store: name, alias, version, num_fewshot, metrics {name, aggregation}, filters, step (of a rubric),
   groups {name, metrics}: all that reading the results needs; asks and tasks (as the settings named them): what asking again needs. */
const char *evaluation_fact(const struct evaluation *e, int i, struct arena *a);

#endif
