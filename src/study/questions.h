/*
 * questions: what the flipped questions of a store ask, as short texts, for its page.
 *
 *   struct questions q;
 *   questions_read(&q, matrix, store, &settings, QUESTIONS_BYTES);
 *   q.of_task[t][i]       the text of item i of task t, or NULL          q.why: why some are not there, or NULL
 *   questions_release(&q);
 *
 * Only questions that some variant has otherwise than its base, of each task those first that flipped at most variants, until
 * n_bytes divided by the number of tasks are used: a page of 27,000 questions must not become a book. The rows are opened
 * again from the data folder or the hub's cache, and must be those that were asked (their digest).
 *
 * settings  data, include_path; borrowed during the call
 * Errors    none: a task whose rows are not at hand has no texts, and `why` is the first reason
 * Owns      everything in it until questions_release     Cost  rendering the rows of all flipped parts once, without examples
 * Tests     unit/test_questions.c, cli/texts.sh, browser/dashboard.sh
 */
#ifndef PERBIT_STUDY_QUESTIONS_H
#define PERBIT_STUDY_QUESTIONS_H

#include "study/matrix.h"
#include "study/settings.h"

enum { QUESTIONS_BYTES = 600000 };

struct questions {
    const char *const **of_task; /* [n_tasks] of [n_items]; NULL: no text of this task */
    const char *why;
    struct arena arena; /* private */
};

void questions_read(struct questions *out, const struct matrix *m, struct store *s, const struct settings *given, int64_t n_bytes);
void questions_release(struct questions *q); /* accepts one that is all zero */

/* Items of a task that flipped against the base, by how many variants: n [n_items], into by_flips the items that flipped at all, most
   flips first, of as many in the order of the items; returns how many. */
int questions_flipped(int *by_flips, int *n, const struct matrix *m, int i_task);

#endif
