/*
 * opt: one row a setting; parses it from the command line and from a study file, prints its help,
 * and writes it with a result. The rows are data (study/settings.c); nothing about a setting stands
 * twice.
 *
 *   { .key = "chunks", .type = OPT_INT, .offset = offsetof(struct settings, n_chunks),
 *     .unit = "chunks", .def = "-1", .min = -1, .max = 1e9, .group = "perplexity",
 *     .help = "number of chunks, -1 for all" }
 *
 * On the command line a key is written --chunks N or --chunks=N (llama.cpp's and lm-eval's
 * spellings keep their underscores or dashes: '-' and '_' are the same here). Single-dash llama.cpp
 * options such as -ngl are rows' .short_name text. A bool is --key or --no-key, and key: true in a
 * study file. What follows an option is its value unless it is an option itself; --key=-c
 * forces it.
 *
 * Errors  ERR_USAGE with the key, what was found, what is allowed, and "did you mean '...'?"
 * Owns    OPT_STR values are copied into the arena given      Tests  unit/test_opt.c
 */
#ifndef PERBIT_BASE_OPT_H
#define PERBIT_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum opt_type {
    OPT_BOOL,   /* bool */
    OPT_INT,    /* int64_t */
    OPT_NUM,    /* double */
    OPT_STR,    /* const char *, NULL when unset */
    OPT_CHOICE, /* const char *, one of .choices */
    OPT_BYTES,  /* int64_t, "8GiB" */
    OPT_LIST    /* const char *, comma-separated text; struct opt_list with opt_split */
};

struct opt_row {
    const char *key;        /* "n_ctx"; unique */
    const char *short_name; /* "c", "ngl" (without dashes) or NULL */
    const char *alias;      /* another long spelling ("ctx_size") or NULL */
    enum opt_type type;
    size_t offset;          /* of the field in the settings struct */
    const char *unit;       /* "tokens", or NULL */
    const char *def;        /* default as text; NULL = unset */
    double min, max;        /* both 0: no range */
    const char *const *choices; /* NULL-terminated, OPT_CHOICE only */
    const char *help;       /* one line, no full stop */
    const char *group;      /* "engine", "perplexity" ... */
    bool moves_results;     /* true: part of a cell's identity */
};

struct opt_table {
    const struct opt_row *rows;
    int n;
};

/* Sets every field of *settings to its default. */
void opt_defaults(const struct opt_table *t, void *settings, struct arena *a);
const struct opt_row *opt_find(const struct opt_table *t, const char *name); /* key, alias; NULL */
/* One value from text. where is put before messages ("study.yaml:3:5", "--chunks"). */
int opt_set(const struct opt_row *row, void *settings, const char *text, const char *where,
            struct arena *a, struct err *err);
/*
 * Parses argv[0 .. argc-1] (no program name). groups: NULL-terminated names that this command
 * takes; NULL takes all.
 * Positional arguments are collected into *out_args [*out_n], borrowed from argv.
 */
int opt_parse(const struct opt_table *t, const char *const *groups, void *settings, int argc,
              char **argv, struct arena *a, const char ***out_args, int *out_n, struct err *err);
/* "-c, --n_ctx N" and "length of a chunk (tokens, default 512)", appended to left and right. */
void opt_row_help(const struct opt_row *row, struct buf *left, struct buf *right);
/* Help text of the groups, aligned, wrapped at 100 columns. */
void opt_help(const struct opt_table *t, const char *const *groups, struct buf *out);
/* Writes "key": value for the rows of the groups (NULL: all); only those that move results if
   asked. A number without a default that is 0 is unset: null. */
void opt_json(const struct opt_table *t, const char *const *groups, bool only_moving,
              const void *settings, struct jw *w);
/* Reads back what opt_json wrote (a JSON object); unknown keys are an error. */
int opt_from_json(const struct opt_table *t, void *settings, const struct json *j, yyjson_val *obj,
                  struct arena *a, struct err *err);
bool opt_in_groups(const struct opt_row *row, const char *const *groups);

/* The nearest of names to text by edit distance, or NULL when none is near; for "did you mean". */
const char *opt_nearest(const char *text, const char *const *names, int n);
/* Appends "; did you mean 'NAME'?" when one of names is near, else nothing. */
void opt_suggest(struct buf *out, const char *text, const char *const *names, int n);
/* Splits "a,b,c" (spaces around commas dropped, empty parts dropped) into the arena. */
const char *const *opt_split(struct arena *a, const char *text, int *out_n);

#endif
