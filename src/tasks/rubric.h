/*
 * rubric: answers that a human has scored by a rubric, and a model's score of the same: perbit's own kind of task.
 *
 *   perbit_rubric:
 *     human: score            # the column with the human's score
 *     score_range: [0, 5]
 *     step: 1                 # distance of neighbouring scores; 1 unless given
 *     method: regex           # of a generate_until task: the score is read from what the model writes
 *     pattern: 'Score: (\d)'  # its first match, group 1 where it has one; the first number unless given
 *
 * or `method: logits` in a multiple_choice task: doc_to_choice lists the scores as texts, and the model's is the most
 * probable one.
 *
 * What is not a score of the scale (nothing matches, beyond the range, between two steps) is NaN: missing, not wrong.
 *
 * Errors  ERR_FORMAT "file:line: ..."; a row whose human score is not of the scale
 * Owns    nothing: texts of the YAML tree         Tests  unit/test_rubric.c
 */
#ifndef PERBIT_TASKS_RUBRIC_H
#define PERBIT_TASKS_RUBRIC_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/err.h"
#include "base/pystr.h"
#include "base/yaml.h"
#include "core/item.h"

struct rubric {
    const char *human; /* column */
    double low, high, step;
    bool is_logits;
    const char *pattern;
};

int rubric_parse(struct rubric *out, const struct yaml_node *map, enum item_kind kind, struct err *err);
int rubric_human(double *out, const struct rubric *r, yyjson_val *doc, struct err *err);
/* *out: NaN when there is no score in the text. */
int rubric_read(double *out, const struct rubric *r, struct pystr text, struct err *err);
/* A text that is nothing but a score of the scale (a choice); NaN. */
double rubric_value(const struct rubric *r, struct pystr text);

#endif
