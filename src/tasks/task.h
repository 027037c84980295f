/*
 * task: a task file, read and checked: splits, prompt fields, few-shot settings, metrics, generation settings.
 *
 * Everything that perbit cannot do as lm-evaluation-harness does it is refused here, when the task is opened.
 *
 *   task_open(&task, catalog's configuration, err)   ->   items_open(&items, task, rows ...)   ->   score.h
 *
 * Errors  ERR_FORMAT "file:line: key: what was expected"; ERR_UNSUPPORTED "file:line: key: why not"
 * Owns    everything in it, until task_close()      Threads  many may read
 * Source  lm-evaluation-harness 0.4.13 config/task.py      Tests  unit/test_catalog.c
 */
#ifndef PERBIT_TASKS_TASK_H
#define PERBIT_TASKS_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "core/item.h"
#include "tasks/field.h"
#include "tasks/func.h"
#include "tasks/rubric.h"

enum task_sampler { SAMPLER_DEFAULT, SAMPLER_FIRST_N };

enum task_measure {
    MEASURE_ACC,
    MEASURE_ACC_NORM,
    MEASURE_ACC_BYTES,
    MEASURE_EXACT_MATCH,
    MEASURE_F1,
    MEASURE_MCC,
    MEASURE_PERPLEXITY,
    MEASURE_OWN,   /* of a process_results function, by its name */
    MEASURE_RUBRIC /* of the pairs (human's score, model's score) */
};

enum task_aggregation { AGGREGATE_MEAN, AGGREGATE_PERPLEXITY, AGGREGATE_F1, AGGREGATE_MCC, AGGREGATE_FLAT_MEAN,
                        AGGREGATE_KAPPA, AGGREGATE_EXACT, AGGREGATE_ADJACENT, AGGREGATE_MAE /* of a rubric */ };

struct task_metric {
    const char *name; /* "acc_norm" */
    enum task_measure measure;
    enum task_aggregation aggregation;
    bool higher_is_better;
    const struct yaml_node *node; /* its mapping: ignore_case, regexes_to_ignore ...; NULL for a default metric */
};

struct task_generation {
    const char *const *until; /* [n_until] */
    int n_until;
    int64_t max_gen_toks;
    const struct yaml_node *node; /* generation_kwargs, or NULL */
};

struct task {
    const char *name, *alias; /* alias: the name when there is none */
    const char *file;
    const char *version;      /* metadata.version, or "" */
    enum item_kind kind;      /* output_type */
    const char *dataset_path, *dataset_name; /* name NULL: the only configuration */
    const struct yaml_node *dataset_kwargs;  /* or NULL */
    const char *training_split, *validation_split, *test_split; /* or NULL */
    const char *eval_split;   /* the test split, else the validation split */
    const char *pool_split;   /* where few-shot rows come from; NULL: from samples */
    const struct func *process_docs;      /* or NULL */
    const struct func *pool_process_docs; /* of the few-shot rows, or NULL */
    yyjson_val *const *samples; /* [n_samples] few-shot rows in the file itself */
    int64_t n_samples;
    bool excludes_own;        /* a row is never its own example: n + 1 are drawn, and equal rows dropped */
    enum task_sampler sampler;
    int num_fewshot;          /* -1: the file does not say */

    struct field text, target, choice, description, gen_prefix;
    const struct field *shot_text, *shot_target, *shot_choice, *shot_gen_prefix; /* of the examples */
    struct pystr target_delimiter, fewshot_delimiter, shot_target_delimiter, shot_fewshot_delimiter;

    const struct task_metric *metrics; /* [n_metrics] */
    int n_metrics;
    enum task_results results; /* who makes the measures */
    const struct rubric *rubric; /* or NULL */
    struct task_generation generation;
    const struct yaml_node *filter_list; /* or NULL */
    int64_t repeats;
    const struct yaml_node *config; /* the whole merged file */

    struct arena a;                 /* private */
    struct field overrides[4];      /* private: fewshot_config's own fields */
    struct yyjson_doc *samples_doc; /* private */
};

/* config: as the catalog merged it; its nodes must live as long as the task. */
int task_open(struct task **out, const struct yaml_node *config, struct err *err);
void task_close(struct task *t); /* accepts NULL */

#endif
