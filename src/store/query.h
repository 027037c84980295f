/*
 * query: reading the store. Rows are copied into an arena; arrays of double are the caller's (free()).
 *
 * Values of a metric come back in the order (slot, idx, position); a series' length is the same for every
 * index of a cell (a chunk's scored tokens), given in *out_width.
 * Errors  ERR_STORE, also of a file that is damaged        Tests  unit/test_query.c, fuzz/fuzz_store.c
 */
#ifndef PERBIT_STORE_QUERY_H
#define PERBIT_STORE_QUERY_H

#include "base/arena.h"
#include "store/store.h"

struct cell_row {
    int64_t id;
    const char *key;
    const char *model, *model_sha256, *model_info;
    const char *level, *imatrix_sha256;
    const char *adapter, *adapter_sha256; /* "" for none */
    double adapter_scale;
    const char *variant_sha256, *variant_info; /* info NULL: the file was never made */
    const char *kind;
    const char *task; /* "arc_challenge:1.0:<sha256>", "" for other kinds */
    const char *settings, *data_sha256, *base, *engine, *machine_id;
    const char *status, *reason;
    int attempts;
    const char *started, *finished; /* finished NULL while running */
    bool is_synthetic;
    bool has_synthetic_weights; /* random weights in a real shape: core/modelfile.h */
};

/* All cells, by model, level order of insertion, kind. */
int query_cells(struct store *s, struct arena *a, struct cell_row **out, int *out_n, struct err *err);
/* Both without an adapter, or with the same file at the same scale. */
bool query_same_adapter(const struct cell_row *a, const struct cell_row *b);
/* *out [*out_n] doubles of one metric and slot; NaN for NULL. width: values an index (1 for scalars). */
int query_values(struct store *s, int64_t cell_id, enum metric m, int slot, double **out, int *out_n,
                 int *out_width, struct err *err);
/*
 * The series of a task's cell, document by document in the order of their numbers: values of document i are
 * v[at[i]] .. v[at[i + 1] - 1]. All arrays are the caller's (free()).
 */
struct query_documents {
    int n;
    int64_t *index; /* [n] document */
    int *at;        /* [n + 1] */
    double *v;
};
int query_documents(struct store *s, int64_t cell_id, enum metric m, int slot, struct query_documents *out,
                    struct err *err);
void query_documents_release(struct query_documents *d);
/* A scalar metric of a cell by document: *out_index and *out [*out_n] are the caller's. */
int query_by_index(struct store *s, int64_t cell_id, enum metric m, int slot, int64_t **out_index, double **out,
                   int *out_n, struct err *err);

/* Answers that a model wrote, in the order (document, repeat); texts live in a. */
struct query_text {
    int64_t index;
    int slot;
    const char *text;
    size_t n_bytes;
    int64_t n_tokens, n_think_tokens;
    const char *why; /* "stop", "eog", "limit"; "error": text is the reason */
};
int query_texts(struct store *s, struct arena *a, int64_t cell_id, struct query_text **out, int *out_n, struct err *err);
/* How many answers of a cell ended like this. */
int query_text_count(struct store *s, int64_t cell_id, const char *why, int64_t *out, struct err *err);
/* Tokens of reasoning of each answer of a cell that has one; *out [*out_n]: free(). */
int query_think_tokens(struct store *s, int64_t cell_id, double **out, int *out_n, struct err *err);
/* The text of a fact, in a; NULL when there is none. */
int query_fact(struct store *s, struct arena *a, int64_t cell_id, const char *key, const char **out,
               struct err *err);
/* What done cells of a kind took on this machine: seconds (METRIC_CELL_S) and bytes of their files, summed; 0 and 0 when
   there are none. settings: only cells with exactly these, or NULL. */
int query_cost(struct store *s, const char *kind, const char *machine_id, bool is_synthetic, const char *settings,
               double *out_s, double *out_bytes, struct err *err);
/* Commands that measured into the store, in order. */
struct run_row {
    const char *command, *study, *started, *finished; /* finished NULL: it runs, or was killed */
};
int query_runs(struct store *s, struct arena *a, struct run_row **out, int *out_n, struct err *err);
/* A number that another one follows when anything was written since, by this or any other process. */
int query_version(struct store *s, int64_t *out, struct err *err);
int query_machine(struct store *s, struct arena *a, const char *id, const char **out_info, struct err *err);

#endif
