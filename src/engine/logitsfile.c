#include "engine/logitsfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "engine/logprob.h"

#include "base/banned.h"

static const char MAGIC[8] = "_logits_";

enum {
    HEADER_BYTES = 20,
    ROW_HEAD = 4 /* u16 that scale and min_log_prob take */
};

struct logitsfile_writer {
    FILE *file;
    char *path, *part;
    size_t row_len;
};

struct logitsfile_reader {
    FILE *file;
    char *path;
    int32_t *tokens;
};

size_t logitsfile_row_len(int n_vocab)
{
    return 2 * (((size_t)n_vocab + 1) / 2) + ROW_HEAD;
}

int logitsfile_n_rows(int n_ctx)
{
    return n_ctx - 1 - n_ctx / 2;
}

int64_t logitsfile_bytes(int n_ctx, int n_vocab, int n_chunk)
{
    const int64_t row_bytes = (int64_t)(logitsfile_row_len(n_vocab) * sizeof(uint16_t));
    return HEADER_BYTES + (int64_t)n_chunk * n_ctx * 4 + (int64_t)n_chunk * logitsfile_n_rows(n_ctx) * row_bytes;
}

/* ---- rows ---- */

/* Round to nearest even by the float format itself, as the reference does it; |x| < 2^22. */
static int nearest_int(float x)
{
    float shifted = x + 12582912.f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return (bits & 0x007fffff) - 0x00400000;
}

void logitsfile_encode(uint16_t *row, const float *logits, int n_vocab)
{
    const float max_logit = logprob_max(logits, n_vocab);
    float min_logit = logits[0];
    for (int i = 1; i < n_vocab; i++)
        min_logit = logits[i] < min_logit ? logits[i] : min_logit;
    min_logit = min_logit < max_logit - 16 ? max_logit - 16 : min_logit;
    const float log_sum_exp = (float)logprob_log_sum(logits, n_vocab, max_logit);
    const float head[2] = { (max_logit - min_logit) / 65535.f, min_logit - max_logit - log_sum_exp };
    const float scale = head[0];
    memcpy(row, head, sizeof head);
    memset(row + ROW_HEAD, 0, (logitsfile_row_len(n_vocab) - ROW_HEAD) * sizeof *row);
    if (scale == 0.f)
        return;
    const float inv_scale = 1 / scale;
    for (int i = 0; i < n_vocab; i++)
        if (logits[i] > min_logit)
            row[ROW_HEAD + i] = (uint16_t)nearest_int(inv_scale * (logits[i] - min_logit));
}

void logitsfile_compare(struct logitsfile_score *out, const uint16_t *row, const float *logits, int n_vocab,
                        int32_t token)
{
    float head[2];
    memcpy(head, row, sizeof head);
    const float scale = head[0], min_log_prob = head[1];
    const uint16_t *q = row + ROW_HEAD;

    float max_logit = logprob_max(logits, n_vocab);
    const float log_sum_exp = (float)logprob_log_sum(logits, n_vocab, max_logit);
    const float nll = max_logit + log_sum_exp - logits[token];
    const float nll_base = -(scale * (float)q[token] + min_log_prob);
    const float log_z = max_logit + log_sum_exp;

    double kl = 0.0;
    int i_top = 0;
    float top = scale * (float)q[0] + min_log_prob;
    for (int i = 0; i < n_vocab; i++) {
        const float log_p = scale * (float)q[i] + min_log_prob;
        if (log_p > top) {
            top = log_p;
            i_top = i;
        }
        if (log_p > -16.f)
            kl += expf(log_p) * (log_p - logits[i] + log_z);
    }
    *out = (struct logitsfile_score){ .nll = nll, .nll_base = nll_base, .kl = kl,
                                      .is_same_top = logprob_argmax(logits, n_vocab) == i_top };
}

/* ---- writing ---- */

static int write_all(struct logitsfile_writer *w, const void *data, size_t n_bytes, struct err *err)
{
    if (fwrite(data, 1, n_bytes, w->file) != n_bytes)
        return err_errno(err, ERR_IO, "%s: cannot write", w->part);
    return 0;
}

int logitsfile_create(struct logitsfile_writer **out, const char *path, int n_ctx, int n_vocab, int n_chunk,
                      const int32_t *tokens, struct err *err)
{
    const int32_t sizes[3] = { n_ctx, n_vocab, n_chunk };
    struct arena a;
    arena_init(&a);
    struct logitsfile_writer *w = NULL;
    int ret = -1;
    *out = NULL;

    int64_t free_bytes;
    const int64_t need = logitsfile_bytes(n_ctx, n_vocab, n_chunk);
    const char *dir = fs_dirname(&a, path);
    if (fs_free_bytes(&free_bytes, dir, err))
        goto done;
    if (free_bytes < need) {
        char need_text[32], free_text[32];
        units_format_bytes(need_text, sizeof(need_text), need);
        units_format_bytes(free_text, sizeof(free_text), free_bytes);
        err_set(err, ERR_IO, "%s: the logits of %d chunks need %s, %s free", dir, n_chunk, need_text, free_text);
        goto done;
    }
    w = xcalloc(1, sizeof *w);
    w->path = xstrdup(path);
    w->part = xasprintf("%s.part.%ld", path, (long)getpid());
    w->row_len = logitsfile_row_len(n_vocab);
    w->file = fopen(w->part, "wb");
    if (!w->file) {
        err_errno(err, ERR_IO, "%s: cannot create", w->part);
        goto done;
    }
    if (write_all(w, MAGIC, sizeof MAGIC, err) || write_all(w, sizes, sizeof sizes, err) ||
        write_all(w, tokens, (size_t)n_chunk * (size_t)n_ctx * sizeof *tokens, err))
        goto done;
    *out = w;
    w = NULL;
    ret = 0;
done:
    logitsfile_abandon(w);
    arena_release(&a);
    return ret;
}

int logitsfile_put(struct logitsfile_writer *w, const uint16_t *rows, int n_rows, struct err *err)
{
    return write_all(w, rows, (size_t)n_rows * w->row_len * sizeof *rows, err);
}

static void writer_free(struct logitsfile_writer *w)
{
    free(w->path);
    free(w->part);
    free(w);
}

void logitsfile_abandon(struct logitsfile_writer *w)
{
    if (!w)
        return;
    if (w->file) {
        fclose(w->file);
        unlink(w->part);
    }
    writer_free(w);
}

int logitsfile_finish(struct logitsfile_writer *w, struct err *err)
{
    int ret = -1;
    const int failed = fflush(w->file) != 0 || fsync(fileno(w->file)) != 0;
    const int reason = errno;
    if (fclose(w->file) != 0 || failed) {
        errno = failed ? reason : errno;
        err_errno(err, ERR_IO, "%s: cannot write", w->part);
        goto done;
    }
    if (fs_rename(w->part, w->path, err))
        goto done;
    ret = 0;
done:
    if (ret)
        unlink(w->part);
    writer_free(w);
    return ret;
}

/* ---- reading ---- */

int logitsfile_open(struct logitsfile *out, const char *path, struct err *err)
{
    struct logitsfile_reader *r = xcalloc(1, sizeof *r);
    *out = (struct logitsfile){ .reader = r };
    r->path = xstrdup(path);
    char magic[sizeof MAGIC];
    int32_t sizes[3];
    int64_t n_bytes;

    r->file = fopen(path, "rb");
    if (!r->file) {
        err_errno(err, ERR_IO, "%s: cannot open", path);
        goto failed;
    }
    if (fs_size(&n_bytes, path, err))
        goto failed;
    if (fread(magic, 1, sizeof magic, r->file) != sizeof magic || memcmp(magic, MAGIC, sizeof magic) != 0 ||
        fread(sizes, 1, sizeof sizes, r->file) != sizeof sizes) {
        err_set(err, ERR_FORMAT, "%s: not a llama-perplexity logits file", path);
        goto failed;
    }
    out->n_ctx = sizes[0];
    out->n_vocab = sizes[1];
    out->n_chunk = sizes[2];
    /* The limits keep logitsfile_bytes inside 63 bits. */
    if (sizes[0] < 4 || sizes[0] > 1 << 20 || sizes[1] < 1 || sizes[1] > 1 << 21 || sizes[2] < 1 ||
        sizes[2] > 1 << 21) {
        err_set(err, ERR_FORMAT, "%s: a header with chunks of %d tokens, a vocabulary of %d and %d chunks is damaged",
                path, sizes[0], sizes[1], sizes[2]);
        goto failed;
    }
    const int64_t expected = logitsfile_bytes(out->n_ctx, out->n_vocab, out->n_chunk);
    if (n_bytes != expected) {
        err_set(err, ERR_FORMAT, "%s: has %lld bytes, its header (%d chunks of %d, vocabulary %d) means %lld: "
                "cut short, or its writing was interrupted", path, (long long)n_bytes, out->n_chunk, out->n_ctx,
                out->n_vocab, (long long)expected);
        goto failed;
    }
    out->n_rows = logitsfile_n_rows(out->n_ctx);
    out->row_len = logitsfile_row_len(out->n_vocab);
    const size_t n_tokens = (size_t)out->n_chunk * (size_t)out->n_ctx;
    r->tokens = xmalloc(n_tokens * sizeof *r->tokens);
    out->tokens = r->tokens;
    if (fread(r->tokens, sizeof *r->tokens, n_tokens, r->file) != n_tokens) {
        err_errno(err, ERR_IO, "%s: cannot read", path);
        goto failed;
    }
    for (size_t i = 0; i < n_tokens; i++)
        if (r->tokens[i] < 0 || r->tokens[i] >= out->n_vocab) {
            err_set(err, ERR_FORMAT, "%s: token %zu is %d, outside the vocabulary of %d", path, i, r->tokens[i],
                    out->n_vocab);
            goto failed;
        }
    return 0;
failed:
    logitsfile_close(out);
    return -1;
}

int logitsfile_read(const struct logitsfile *f, int i_chunk, uint16_t *rows, struct err *err)
{
    const struct logitsfile_reader *r = f->reader;
    const size_t n = (size_t)f->n_rows * f->row_len;
    const int64_t at = HEADER_BYTES + (int64_t)f->n_chunk * f->n_ctx * 4 + (int64_t)i_chunk * (int64_t)(n * 2);
    if (fseeko(r->file, (off_t)at, SEEK_SET) != 0 || fread(rows, sizeof *rows, n, r->file) != n)
        return err_errno(err, ERR_IO, "%s: cannot read chunk %d", r->path, i_chunk);
    return 0;
}

void logitsfile_close(struct logitsfile *f)
{
    struct logitsfile_reader *r = f->reader;
    if (r) {
        if (r->file)
            fclose(r->file);
        free(r->tokens);
        free(r->path);
        free(r);
    }
    *f = (struct logitsfile){ 0 };
}
