/*
 * answered: the documents of a cell that was measured, with their answers: items are made again from the rows, answers
 * come from the store. What samples files and rescoring need; no model is opened.
 *
 *   struct answered *d;
 *   if (answered_open(&d, evaluation, i_task, store, cell_id, data_sha256, err) < 0)
 *       return -1;
 *   while ((rc = answered_next(d, err)) == 1)
 *       use(answered_item(d), answered_given(d));
 *   answered_close(d);
 *
 * evaluation   opened with the settings that the cell was measured with
 * data_sha256  of the cell: rows with another digest are refused
 * given        answers [item->n_requests]: logprob and is_greedy; the counts of tokens are not kept and are 0. Of
 *              generation the texts, without reasoning; an empty one where there is no answer
 * Errors       ERR_FORMAT other rows, other documents or another number of requests than the cell has; those of
 *              evaluation_items and items_next; ERR_STORE
 * Owns         item and given until the next answered_next()      Threads one
 * Tests        cli/rescore.sh, tests/reference/files.py
 */
#ifndef PERBIT_STUDY_ANSWERED_H
#define PERBIT_STUDY_ANSWERED_H

#include "store/query.h"
#include "study/evaluation.h"
#include "tasks/grader.h"

struct answered;

int answered_open(struct answered **out, struct evaluation *e, int i_task, struct store *s, int64_t cell_id,
                  const char *data_sha256, struct err *err);
int answered_next(struct answered *d, struct err *err); /* 1 a document, 0 the end, -1 */
void answered_close(struct answered *d); /* accepts NULL */

const struct item *answered_item(const struct answered *d);
const struct given *answered_given(const struct answered *d);

#endif
