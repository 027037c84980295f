/*
 * export internals: what the files of study/export_*.c share. Private to them; others use study/export.h.
 *
 * export_save      writes DIR/folder/name (folder may be NULL) and counts it
 * export_slug      "SmolLM2-135M Instruct" -> "smollm2-135m-instruct": a file or folder name, of its own for each name
 * export_tables    Parquet of every frame, of items and of answers
 * export_records   Every Eval Ever
 * export_card      README.md; last, because it lists what the others wrote
 */
#ifndef PERBIT_STUDY_EXPORT_INTERNAL_H
#define PERBIT_STUDY_EXPORT_INTERNAL_H

#include "core/frame.h"
#include "store/query.h"
#include "study/export.h"

/* One configuration of the data set: its name, its files, and its rows. */
struct export_config {
    const char *name;  /* "items" */
    const char *files; /* "items/<model>/<level>.parquet" as a pattern: a star for each of the two */
    const char *about; /* a sentence for the card */
    int64_t n_rows;    /* 0: not there */
    struct buf columns; /* Markdown: a line a column */
};
enum { EXPORT_TABLES = 6, EXPORT_CONFIGS = EXPORT_TABLES + 2 };

struct exporter {
    struct store *store;
    const char *dir, *license;
    struct arena arena;
    struct cell_row *rows; /* [n_rows] all cells */
    int n_rows;
    bool is_synthetic;     /* any of them */
    struct frame levels, tasks, text, speed, cells, verdicts;
    struct export_config configs[EXPORT_CONFIGS];
    const char *first, *last; /* when the first cell began and the last one ended; UTC, "" when there is none */
    int n_files;
};

const char *export_slug(struct exporter *x, const char *name);
int export_save(struct exporter *x, const char *folder, const char *name, const struct buf *text, struct err *err);
int export_tables(struct exporter *x, struct err *err);
int export_records(struct exporter *x, struct err *err);
int export_card(struct exporter *x, struct err *err);

#endif
