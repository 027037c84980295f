/*
 * matrix: store -> variants x tasks x items, with one joint bootstrap over all of it: what comparing, ranking, recommending
 * and the pages about them start from.
 *
 *   struct matrix *m;
 *   if (matrix_load(&m, &store, 1, &(struct matrix_options)MATRIX_DEFAULT, err) < 0)
 *       return -1;
 *   for (v in 0 .. m->n_variants - 1)
 *       joint_mean(&b, m->joint, v, joint_composite(m->joint));     a cell of joint is a variant, a column a task
 *   matrix_close(m);
 *
 * variant  one level of one model (with one importance matrix) in one store. Models in the order of the store, levels from
 *          many bits to few. What was not measured is NaN, what failed or was not run stands in `missing`
 * task     what a composite counts once: the 57 subjects of MMLU are one task, every question alike (micro). Known
 *          tasks first, in the guide's order, then by name
 * score    [n_variants] pointers to [n_items], 1 right, 0 wrong, or a share; more is better. NaN: not answered. NULL: the
 *          variant has nothing of the task. whole[v] is score[v] where every item is answered, else NULL: only whole ones
 *          are in the bootstrap, since means over different questions do not compare
 * choice   [n_variants] pointers to [n_items], the option that the model took, from 0, by the primary metric; -1: none.
 *          NULL: not known (tasks without options; a store from before choices were kept: perbit rescore adds them, of acc
 *          they come from the log-probabilities). Only with options.has_choices
 * metric   that all parts of a task have: acc_norm where it is there, else acc, exact_match (its first filter), prompt_level_strict_acc ...; of a
 *          rubric "exact": 1 where the model's score is the human's, a score that cannot be read is not
 * composite  tasks that at least half as many variants answered whole as the best of them, without twins of others
 *          (truthfulqa_mc1 and _gen beside _mc2); or as options.composite names them
 * settings   cells of different settings, engines, data or (speed, memory) machines are never mixed. Of each task and
 *          kind those that most cells have are taken, of as many those with all documents; `notes` says what was left out, and what
 *          would choose it
 * units    bytes, tokens a second, nat, bits; loss and kl with 95 % intervals
 *
 * Errors   ERR_USAGE options that name nothing; ERR_STORE; ERR_FORMAT a store that lies. A store without task cells is
 *          no error: n_tasks 0
 * Owns     *out until matrix_close(): everything in it; stores may be closed before
 * Cost     88 variants, 7 tasks, 27,000 items: bench/matrix.c        Threads  one
 * Tests    unit/test_matrix.c on stores of tests/madestore.h; bench/make_store.c makes one as large as a study
 */
#ifndef PERBIT_STUDY_MATRIX_H
#define PERBIT_STUDY_MATRIX_H

#include "stats/joint.h"
#include "store/query.h"

struct matrix_options {
    const char *where;     /* "n_gpu_layers=0,num_fewshot=5": only cells that have these; also engine=, machine=, text=. NULL: all */
    const char *composite; /* "mmlu,gsm8k", or NULL */
    bool has_choices;      /* read them: takes as long again */
    bool has_text;         /* kl and perplexity */
    struct bootstrap_params bootstrap; /* n_resamples 0: none, joint is NULL */
};
#define MATRIX_DEFAULT { .has_text = true, .bootstrap = BOOTSTRAP_DEFAULT }

/* A value with its 95 % interval; all NaN: not measured. */
struct matrix_figure {
    double value, low, high;
};

enum matrix_memory {
    MATRIX_MEMORY_NONE,
    MATRIX_MEMORY_MEASURED,  /* peak of a fresh process */
    MATRIX_MEMORY_PREDICTED, /* from loading without weights */
    MATRIX_MEMORY_FILE,      /* weights and cache by the file's header alone, no buffers */
};

struct matrix_variant {
    const char *name;          /* "SmolLM2-135M-Instruct Q4_K_M"; unique in the matrix */
    const char *model, *level, *model_sha256, *imatrix_sha256, *store;
    const char *adapter; /* "maths", "maths x 0.5" (study/adapter.h); "" for none */
    int i_model;               /* 0 .. n_models - 1 */
    int i_store;
    int base;                  /* index of the variant that its model is compared with; itself for that one */
    double bpw, file_bytes, tensor_bytes, n_params;
    double memory_bytes;       /* and where it is from */
    enum matrix_memory memory;
    int64_t memory_ctx;        /* tokens of context at which; 0 unknown */
    struct matrix_figure prompt_tps, gen_tps; /* median */
    double ttft_s;
    struct matrix_figure kl_nat, loss_pct; /* against the base on a text */
    double ppl, bits_per_byte;
    bool is_synthetic;
    bool is_upcast;            /* more bits than the model's source file has: no better than that */
    const char *missing;       /* "gsm8k: failed: out of memory; mmlu: 2 of 57 parts not run"; "" */
};

struct matrix_task {
    const char *name, *metric, *filter; /* filter NULL: the task has none */
    const char *settings;      /* JSON of its cells */
    double baseline;           /* what guessing scores */
    bool in_composite;
    bool is_binary;            /* every score 0 or 1 */
    int n_items;
    const char *const *leaves; /* [n_leaves] tasks that it is made of, by name */
    int n_leaves;
    const int *leaf;           /* [n_items] rising */
    const int64_t *doc;        /* [n_items] document of its leaf, rising in it */
    const int *cluster;        /* [n_items] 0 .. n_clusters - 1: questions of one source; NULL: all independent */
    int n_clusters;
    const double *const *score, *const *whole;
    const int *const *choice;  /* NULL without has_choices */
    int n_whole;               /* variants */
    const struct cell_row *const *cells; /* [n_variants * n_leaves]: the cell of (variant, leaf), or NULL */
};

struct matrix {
    struct matrix_variant *variants;
    int n_variants;
    const char *const *models; /* [n_models] names; the same name twice when files differ */
    int n_models;
    const char *const *levels; /* [n_levels] from many bits to few */
    int n_levels;
    struct matrix_task *tasks;
    int n_tasks;
    struct joint *joint;       /* NULL: no tasks or no resamples */
    const char *const *notes;  /* [n_notes] whole sentences: what was left out and why */
    int n_notes;
    bool is_synthetic;
    struct arena arena;        /* private */
};

int matrix_load(struct matrix **out, struct store *const *stores, int n_stores, const struct matrix_options *options,
                struct err *err);
void matrix_close(struct matrix *m); /* accepts NULL */

/* The variant of a model at a level, or -1; of several (importance matrices) the one with the most whole tasks. */
int matrix_at(const struct matrix *m, int i_model, const char *level);
/* "model@level", "level", "model", "model level" or part of a model's name, any case: what a person calls a variant. ERR_USAGE lists names when
   none or several are meant. i_store -1: any. */
int matrix_find(int *out, const struct matrix *m, int i_store, const char *text, struct err *err);
int matrix_find_task(const struct matrix *m, const char *name); /* -1 */

/* What is known of a task or of a part of one ("mmlu_anatomy" is of "mmlu"); false: nothing. */
struct matrix_known {
    const char *task;
    double baseline;
    const char *twin_of; /* a task of the same questions, which counts in a composite instead; or NULL */
};
bool matrix_known_task(struct matrix_known *out, const char *leaf);
/* Which of a task's metrics it is looked at by; -1: none of these names. */
int matrix_primary(const char *const *names, int n);

/* Column of joint: a task's number, or m->n_tasks for the composite. NaN where the variant has it not. */
double matrix_value(const struct matrix *m, int variant, int column);
const char *matrix_column_name(const struct matrix *m, int column); /* "composite" */
bool matrix_has_composite(const struct matrix *m);                  /* two tasks or more are in it */

#endif
