/*
 * logitsfile: llama-perplexity's base-logits file (--save-all-logits, --kl-divergence-base), both ways.
 *
 *   "_logits_" | i32 n_ctx | i32 n_vocab | i32 n_chunk | i32 tokens [n_chunk][n_ctx] |
 *   u16 rows [n_chunk][n_rows][row_len]     n_rows = n_ctx - 1 - n_ctx/2, row_len = 2*((n_vocab+1)/2) + 4
 *
 * A row is f32 scale, f32 min_log_prob, u16 q [n_vocab]; ln p = scale * q + min_log_prob. Probabilities below
 * e^-16 of the row's largest are raised to it; steps are at most 16/65535 nat. Tokens are the text's own,
 * without the BOS that replaces each chunk's first one when decoding. Bytes in the machine's order.
 *
 * Units   nats        Errors  ERR_IO, ERR_FORMAT with the path
 * Owns    *out until the matching close; row buffers are the caller's
 * Source  tools/perplexity/perplexity.cpp of the pinned llama.cpp, perplexity() and kl_divergence()
 * Tests   unit/test_logitsfile.c; model/test_perplexity_llama.c compares bytes with llama-perplexity's own file
 */
#ifndef PERBIT_ENGINE_LOGITSFILE_H
#define PERBIT_ENGINE_LOGITSFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* u16 numbers a row takes. */
size_t logitsfile_row_len(int n_vocab);
/* Rows a chunk has. */
int logitsfile_n_rows(int n_ctx);
/* The whole file's bytes. */
int64_t logitsfile_bytes(int n_ctx, int n_vocab, int n_chunk);

/* One row [row_len] from logits [n_vocab]; byte-identical to llama-perplexity's. */
void logitsfile_encode(uint16_t *row, const float *logits, int n_vocab);

/* llama-perplexity's float arithmetic of one scored token against a row, rounding and the -16 clip included. */
struct logitsfile_score {
    double nll;       /* of the model; a float's value */
    double nll_base;  /* of the base; a float's value */
    double kl;
    bool is_same_top;
};
void logitsfile_compare(struct logitsfile_score *out, const uint16_t *row, const float *logits, int n_vocab,
                        int32_t token);

/* Writes PATH.part.<pid>; logitsfile_finish renames it, logitsfile_abandon removes it. */
struct logitsfile_writer;
int logitsfile_create(struct logitsfile_writer **out, const char *path, int n_ctx, int n_vocab, int n_chunk,
                      const int32_t *tokens, struct err *err);
int logitsfile_put(struct logitsfile_writer *w, const uint16_t *rows, int n_rows, struct err *err);
int logitsfile_finish(struct logitsfile_writer *w, struct err *err); /* frees w, also on failure */
void logitsfile_abandon(struct logitsfile_writer *w);                /* accepts NULL */

struct logitsfile {
    int n_ctx, n_vocab, n_chunk;
    int n_rows;            /* rows a chunk */
    size_t row_len;        /* u16 a row */
    const int32_t *tokens; /* [n_chunk][n_ctx] */
    struct logitsfile_reader *reader; /* private */
};

/* Checks the header and that the file is as long as it says. */
int logitsfile_open(struct logitsfile *out, const char *path, struct err *err);
/* rows [n_rows][row_len] of one chunk. */
int logitsfile_read(const struct logitsfile *f, int i_chunk, uint16_t *rows, struct err *err);
void logitsfile_close(struct logitsfile *f); /* accepts a zeroed struct */

#endif
