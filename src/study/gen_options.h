/*
 * gen_options: how the answers of a generation task are written: the task file's generation_kwargs, then --gen_kwargs
 * (each key replaces the file's), then --max_gen_toks, --temperature, --top_k and --top_p; as lm-evaluation-harness merges them.
 *
 *   struct gen_options o;
 *   if (gen_options_of(&o, &arena, task, settings, err))
 *       return -1;
 *
 * kwargs     JSON in Python's form: what samples and results files show
 * --gen_kwargs is k=v,k=v (true, false, None, numbers, 'quoted' texts) or a JSON object, which also holds lists of `until`
 *
 * Errors  ERR_USAGE a value of --gen_kwargs; ERR_UNSUPPORTED a key of it that would change answers and is not known:
 *         known are until, max_gen_toks and its other names, do_sample, temperature, top_k, top_p
 * Owns    texts in the arena           Source  lm-evaluation-harness 0.4.13 config/task.py, utils.py handle_arg_string
 * Tests   unit/test_gen_options.c, tests/reference/files.py
 */
#ifndef PERBIT_STUDY_GEN_OPTIONS_H
#define PERBIT_STUDY_GEN_OPTIONS_H

#include "study/settings.h"
#include "tasks/task.h"

struct gen_options {
    const char *const *until; /* [n_until] */
    int n_until;
    int64_t max_tokens;
    double temperature; /* 0: greedy */
    int64_t top_k;      /* 0: all */
    double top_p;       /* 1: all */
    const char *kwargs;
};

int gen_options_of(struct gen_options *out, struct arena *a, const struct task *t, const struct settings *s,
                   struct err *err);

/* JSON of what the settings give, or NULL for nothing. */
int gen_options_given(const char **out, struct arena *a, const struct settings *s, struct err *err);

/* --think: auto, on, off, or a number of tokens. */
enum think_mode { THINK_AUTO, THINK_ON, THINK_OFF, THINK_BUDGET };
int gen_options_think(enum think_mode *out, int64_t *budget_tokens, const struct settings *s, struct err *err);

#endif
