#include "engine/resident.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

static int at_most(int value, int limit)
{
    return value < limit ? value : limit;
}

int resident_n_equal(const int32_t *a, const int32_t *b, int n)
{
    int i = 0;
    while (i < n && a[i] == b[i])
        i++;
    return i;
}

int resident_common(const int32_t *const *prompts, const int *lengths, int n, int step)
{
    const int32_t *first = NULL;
    int n_common = 0;
    for (int i = 0; i < n; i++) {
        if (lengths[i] == 0)
            continue;
        if (!first) {
            first = prompts[i];
            n_common = lengths[i] - 1;
        }
        n_common = resident_n_equal(first, prompts[i], at_most(n_common, lengths[i] - 1));
    }
    return n_common - n_common % step;
}

static int n_kept(const struct resident *r, const struct backend *b, const int32_t *tokens, int n, int piece)
{
    const int n_same = r->n > 0 && n > 0 ? resident_n_equal(r->tokens, tokens, at_most(n, r->n)) : 0;
    if (n_same == n && n_same == r->n)
        return n;
    return b->info.n_swa > 0 ? 0 : n_same - n_same % piece;
}

int resident_hold(struct resident *r, struct backend *b, struct batch *batch, const int32_t *tokens, int n, int piece,
                  int64_t *n_decoded, struct err *err)
{
    const int kept = n_kept(r, b, tokens, n, piece);
    if (r->n > kept && backend_seq_remove(b, 0, kept, err))
        return -1;
    r->n = kept;
    r->tokens = xrealloc(r->tokens, ((size_t)n + 1) * sizeof *r->tokens);
    while (r->n < n) {
        const int n_now = at_most(piece, n - r->n);
        batch_clear(batch);
        for (int i = 0; i < n_now; i++)
            batch_add(batch, tokens[r->n + i], r->n + i, 0, false);
        if (backend_decode(b, batch, err))
            return -1;
        memcpy(r->tokens + r->n, tokens + r->n, (size_t)n_now * sizeof *tokens);
        r->n += n_now;
        *n_decoded += n_now;
    }
    return 0;
}

void resident_forget(struct resident *r)
{
    r->n = 0;
}

void resident_release(struct resident *r)
{
    free(r->tokens);
    *r = (struct resident){ 0 };
}
