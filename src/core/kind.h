/*
 * kind: the kinds of cells: what is done with one level of one model. One row each.
 *
 * Add a measure: a row here, a job in study/job_*.c, its metrics in core/metric.c, a column in
 * study/analyse.c.
 */
#ifndef PERBIT_CORE_KIND_H
#define PERBIT_CORE_KIND_H

#include <stdbool.h>

enum kind {
    KIND_QUANTIZE,   /* make the file of a level; its size and types */
    KIND_PERPLEXITY, /* negative log-likelihood of a text */
    KIND_KL,         /* the same, in lockstep with the base: divergence from it */
    KIND_KL_SELF,    /* the base against itself, same settings: the floor of every KL */
    KIND_KL_RUNTIME, /* the base against itself, a quarter of n_ubatch: what a runtime setting moves */
    KIND_TASK,       /* the documents of one task, scored */
    KIND_SPEED,
    KIND_MEMORY,
    KIND_COUNT
};

struct kind_info {
    const char *name;      /* "kl": in study files, in the store */
    const char *job;       /* worker job that does it: study/job_*.c */
    const char *const *groups; /* groups of settings that move its results; NULL-terminated */
    bool needs_text;
    bool needs_base;       /* compared with the base level of its model */
    bool base_only;        /* measured for the base level alone */
    bool on_machine;       /* the result belongs to this machine */
    bool in_measures;      /* may stand under "measures:" in a study file */
    const char *help;
};

const struct kind_info *kind_info(enum kind k);
/* Groups of settings that move the results of a task: how texts are written counts only where it writes, and what is said of
   thinking where it writes or is asked through a chat template. NULL-terminated. */
const char *const *kind_task_groups(bool writes, bool has_chat_template);
enum kind kind_find(const char *name); /* KIND_COUNT when unknown */

#endif
