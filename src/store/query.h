/*
 * query: reading the store. Rows are copied into an arena; arrays of double are the caller's (free()).
 *
 * Values of a metric come back in the order (slot, idx, position); a series' length is the same for every
 * index of a cell (a chunk's scored tokens), given in *out_width.
 * Errors  ERR_STORE
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
    const char *variant_sha256, *variant_info; /* info NULL: the file was never made */
    const char *kind;
    const char *task; /* "arc_challenge:1.0:<sha256>", "" for other kinds */
    const char *settings, *data_sha256, *base, *engine, *machine_id;
    const char *status, *reason;
    int attempts;
    const char *started, *finished; /* finished NULL while running */
    bool is_synthetic;
};

/* All cells, by model, level order of insertion, kind. */
int query_cells(struct store *s, struct arena *a, struct cell_row **out, int *out_n, struct err *err);
/* *out [*out_n] doubles of one metric and slot; NaN for NULL. width: values an index (1 for scalars). */
int query_values(struct store *s, int64_t cell_id, enum metric m, int slot, double **out, int *out_n,
                 int *out_width, struct err *err);
/* The text of a fact, in a; NULL when there is none. */
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
int query_documents(struct store *s, int64_t cell_id, enum metric m, struct query_documents *out, struct err *err);
void query_documents_release(struct query_documents *d);
/* A scalar metric of a cell by document: *out_index and *out [*out_n] are the caller's. */
int query_by_index(struct store *s, int64_t cell_id, enum metric m, int64_t **out_index, double **out, int *out_n,
                   struct err *err);
int query_fact(struct store *s, struct arena *a, int64_t cell_id, const char *key, const char **out,
               struct err *err);
int query_machine(struct store *s, struct arena *a, const char *id, const char **out_info, struct err *err);

#endif
