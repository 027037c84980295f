/*
 * filter: what lm-evaluation-harness calls filter_list: it picks the answer out of a generated text.
 *
 *   struct filter_list *lists;
 *   int n;
 *   filter_parse(&lists, &n, task_filter_list, arena, err);
 *   struct filter_texts t = {responses, n_responses};
 *   filter_run(&t, &lists[0], arena, err);                       t.v[0] is the answer
 *
 * Steps: regex, remove_whitespace, lowercase, uppercase, map, take_first, take_first_k, majority_vote. A step makes a
 * list of texts from a list of texts; take_first leaves one.
 *
 * Texts made here live in the arena, others are borrowed from the caller; a map without a default gives s == NULL
 * for a text that it lacks (Python's None), which equals nothing.
 *
 * Errors  ERR_FORMAT "file:line: ..." an unknown step, a bad pattern or option; ERR_RANGE a match or response that is
 *         not there
 * Source  lm-evaluation-harness 0.4.13 filters/
 * Tests   unit/test_filter.c, reference/generation.py (300 answers to GSM8K)
 */
#ifndef PERBIT_TASKS_FILTER_H
#define PERBIT_TASKS_FILTER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/pystr.h"
#include "base/yaml.h"

struct filter_step; /* private */

struct filter_list {
    const char *name; /* "strict-match"; "none" for a task without filters */
    const struct filter_step *steps;
    int n_steps;
};

struct filter_texts {
    const struct pystr *v;
    int n;
};

/* The value of a task file's filter_list, which must live as long; NULL: one list "none" of take_first. */
int filter_parse(struct filter_list **out, int *out_n, const struct yaml_node *filter_list, struct arena *a,
                 struct err *err);
int filter_run(struct filter_texts *texts, const struct filter_list *list, struct arena *a, struct err *err);

#endif
