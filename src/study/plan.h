/*
 * plan: a study made concrete: which files, which cells, what is done already.
 *
 * model   [n_models]   inspected and hashed; reason set when the file cannot be used: its cells then fail with it
 * variant [n_variants] one level of one model, with one of its LoRA adapters or without: where its file is or will be, and who
 *                      may delete it. Variants with an adapter share the file of the one without.
 * cell    [n_cells]    in the order in which they run: model by model, level by level, kind by kind
 *
 * Building a plan reads files and the store; it writes nothing. A cell's identity is complete here.
 * Errors  ERR_STORE, ERR_USAGE. A model, a text or a task's data that cannot be used is no error of the plan
 * Owns    everything lives in plan.arena until plan_release       Tests  unit/test_plan.c
 */
#ifndef PERBIT_STUDY_PLAN_H
#define PERBIT_STUDY_PLAN_H

#include "core/modelfile.h"
#include "store/store.h"
#include "study/study.h"

struct plan_adapter {
    const char *name;
    const char *path;
    const char *sha256;
    double scale;
    const char *scale_text;
    const char *reason;      /* why it cannot be used, or NULL */
};

struct plan_model {
    const char *name;
    const char *path;
    const char *sha256;
    const char *imatrix, *imatrix_sha256; /* NULL, "": none */
    struct plan_adapter *adapters; /* [n_adapters] */
    int n_adapters;
    bool is_bare;            /* measured without an adapter too */
    struct modelfile file;
    const char *reason;      /* why it cannot be used, or NULL */
    int64_t id;              /* in the store, once put there */
};

struct plan_variant {
    struct plan_model *model;
    const char *level;
    const char *label;       /* for people: the level, "Q8_0+maths:0.5" with an adapter */
    const struct plan_adapter *adapter; /* NULL: none */
    struct plan_variant *file_of; /* the variant that makes the file; NULL: itself */
    const char *imatrix_sha256; /* "" for levels that are not quantized with it */
    const char *path;        /* of its file, made or not */
    bool is_source;          /* the model's own file */
    bool is_given;           /* somebody's file, never deleted */
    bool is_base;            /* what kl compares with */
    const char *base_path;   /* set for a command that names a base file */
    const char *reason;      /* why there is no file, or NULL */
    struct modelfile file;   /* n_params 0 before it was made */
    int64_t id;
};

/* A leaf task of the study. */
struct plan_task {
    const char *name;
    const char *identity;    /* name:version:sha256 of its definition */
    const char *fact;        /* JSON for the store: evaluation_fact() */
    const char *data_sha256;
    bool writes;             /* answers are texts */
    const char *reason;      /* why it cannot be asked, or NULL */
};

struct plan_cell {
    struct plan_variant *variant;
    enum kind kind;
    const struct plan_task *task; /* KIND_TASK, else NULL */
    struct identity identity;
    int64_t id;              /* 0 before it was claimed */
    enum store_status status;
    int64_t next_index;
    const char *reason;      /* of a failure in this run */
    int64_t n_bytes;         /* of the file, as far as known: for the ETA */
    int64_t n_scored;        /* documents that have an accuracy, in this run */
    double score_sum;
};

struct plan {
    struct arena arena;
    const struct study *study;
    const char *machine_id, *machine_info;
    const char *text_sha256; /* "" without a text */
    const char *text_reason; /* why the text cannot be read, or NULL: what needs it cannot be run */
    bool is_synthetic;
    struct plan_model *models;
    int n_models;
    struct plan_variant *variants;
    int n_variants;
    struct plan_task *tasks; /* [n_tasks], in the order in which the settings' tasks resolve */
    int n_tasks;
    struct plan_cell *cells;
    int n_cells;
};

int plan_build(struct plan *out, const struct study *study, struct store *store, struct err *err);
void plan_release(struct plan *p);

enum { PLAN_VARIANTS_MAX = 128 }; /* of one model */

/* ERR_IO: the text that its cells need cannot be read. */
int plan_check_text(const struct plan *p, struct err *err);
/* The base variant of a model with the same adapter, or NULL. */
struct plan_variant *plan_base(struct plan *p, const struct plan_model *m, const struct plan_adapter *adapter);
/* Reads what job_inspect says of a file, in a worker, into the plan's arena. */
int plan_inspect(struct modelfile *out, struct arena *a, const char *path, struct err *err);

#endif
