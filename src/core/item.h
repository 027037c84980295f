/*
 * item: one question of a task, as the requests that it asks of a model; and what came back.
 *
 * tasks/ makes items from rows; engine/ answers requests; tasks/ scores (item, answers) into measures: pure, so that
 * a new metric is a rescore of stored answers, not a new run.
 *
 * requests [n_requests]  of a multiple-choice item one a choice, in the order of the choices; requests with the
 *                        same context share one text (the same pointer)
 * choices  [n_choices]   the texts whose length normalises acc_norm, without the delimiter before them
 * answers  [n_requests]  in the order of the requests
 *
 * Texts are UTF-8 with their length in bytes, NUL-terminated too; borrowed from the arena that the item was made in.
 */
#ifndef PERBIT_CORE_ITEM_H
#define PERBIT_CORE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *s;
    size_t n_bytes;
};

struct request {
    struct text context;
    struct text continuation; /* log-likelihood: what is scored after context; generation: empty */
};

/* Answer to a log-likelihood request. */
struct answer {
    double logprob;      /* nat, sum over the continuation's tokens */
    bool is_greedy;      /* each of them was the most probable one */
    int n_tokens;        /* scored tokens */
    int n_context_tokens;
    int n_cut;           /* tokens that did not fit and were cut from the left; 0 for nearly all */
};

enum item_kind {
    ITEM_MULTIPLE_CHOICE,
    ITEM_LOGLIKELIHOOD, /* one request, no choices (lm-eval's output_type loglikelihood) */
    ITEM_GENERATE
};

struct item {
    int64_t doc_id;           /* row of the evaluation split, from 0 */
    enum item_kind kind;
    const struct request *requests;
    int n_requests;
    const struct text *choices;
    int n_choices;
    const int *gold;          /* [n_gold] right choices; several are allowed (lm-eval's multiple_target) */
    int n_gold;
    const double *labels;     /* [n_choices] 1 right, 0 wrong, of tasks that score all choices (mc2); else NULL */
    struct text target;       /* text form of the target: samples files, generation */
    const char *problem;      /* of generation: why its prompt cannot be made (the chat template raised), or NULL; then
                                 there is one request, and it is empty */
    const void *doc;          /* yyjson_val of the row after process_docs: samples files */
};

#endif
