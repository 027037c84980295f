/* compare internals: compare.c computes, compare_samples.c reads files, compare_texts.c questions and answers. */
#ifndef PERBIT_STUDY_COMPARE_INTERNAL_H
#define PERBIT_STUDY_COMPARE_INTERNAL_H

#include "base/json.h"
#include "study/compare.h"

struct compare *compare_new(const char *name_a, const char *name_b, const struct compare_options *o);
void compare_note(struct compare *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Figures, Holm, verdicts, composite and sentences, once the tasks have their scores. */
void compare_finish(struct compare *c);

#endif
