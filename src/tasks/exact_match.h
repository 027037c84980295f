/*
 * exact_match: is an answer the target, letter by letter, after what a task says to ignore?
 *
 * Errors  ERR_FORMAT a bad pattern or option
 * Source  lm-evaluation-harness 0.4.13 api/metrics.py (exact_match_hf_evaluate), through numpy: a text does not end in
 *         NUL, and in lower case it has no more characters than before
 * Tests   unit/test_filter.c, reference/generation.py
 */
#ifndef PERBIT_TASKS_EXACT_MATCH_H
#define PERBIT_TASKS_EXACT_MATCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pystr.h"
#include "base/yaml.h"

struct exact_match_options {
    const char *const *ignored; /* [n_ignored] regexes_to_ignore: their matches are deleted, in this order */
    int n_ignored;
    bool ignore_case, ignore_punctuation, ignore_numbers;
};

/* From an entry of a task's metric_list, or NULL for none of it; patterns are borrowed from it. */
int exact_match_parse(struct exact_match_options *out, const struct yaml_node *metric, struct arena *a,
                      struct err *err);
/* *out: 1 or 0. A prediction with s == NULL (tasks/filter.h) equals nothing. */
int exact_match(double *out, const struct exact_match_options *o, struct pystr prediction, struct pystr reference,
                struct err *err);

#endif
