/*
 * workload: which tests a speed cell runs: -p, -n and -d of the settings, or a named set.
 * Source  localscore: the nine prompt + generation mixes of LocalScore (llamafile)
 */
#ifndef PERBIT_STUDY_WORKLOAD_H
#define PERBIT_STUDY_WORKLOAD_H

#include "base/buf.h"
#include "engine/speed.h"
#include "study/settings.h"

enum { WORKLOADS_MAX = 16 };

/* Fills tests; returns how many. */
int workload_tests(struct speed_test tests[WORKLOADS_MAX], const struct settings *s);
/* "pp512", "tg128", "pp16+tg4", "pp512 @ d4096": llama-bench's names, into at least 48 bytes. */
void workload_name(char *out, size_t out_bytes, const struct speed_test *t);
/* [{"n_prompt":512,"n_gen":0,"n_depth":0}, ...] and back. */
void workload_json(struct buf *out, const struct speed_test *tests, int n);
int workload_parse(struct speed_test tests[WORKLOADS_MAX], const char *json_text);

#endif
