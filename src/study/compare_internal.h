/* compare internals: compare.c computes, compare_samples.c reads files, compare_texts.c questions and answers. */
#ifndef PERBIT_STUDY_COMPARE_INTERNAL_H
#define PERBIT_STUDY_COMPARE_INTERNAL_H

#include "base/json.h"
#include "study/compare.h"

struct compare *compare_new(const char *name_a, const char *name_b, const struct compare_options *o);
void compare_note(struct compare *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Figures, Holm, verdicts, composite and sentences, once the tasks have their scores. */
void compare_finish(struct compare *c);

/* One line of at most some 200 bytes of a text: white space as single spaces, "..." where it was cut. */
const char *compare_short(struct arena *a, const char *text, size_t n_bytes);
/* What a row asks, by the column that usually has it; else the end of the context. */
const char *compare_question(struct arena *a, yyjson_val *doc, const char *context, size_t n_bytes);

#endif
