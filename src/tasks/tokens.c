#include "tasks/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

void tokens_add(struct tokens *t, struct pystr word)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 16;
        t->words = xrealloc(t->words, (size_t)t->cap * sizeof(*t->words));
    }
    t->words[t->n++] = word;
}

void tokens_release(struct tokens *t)
{
    free(t->words);
    free(t->ids);
    *t = (struct tokens){0};
}

/* A word and where its number goes. */
struct place {
    struct pystr word;
    int *id;
};

static int compare_places(const void *a, const void *b)
{
    struct pystr x = ((const struct place *)a)->word, y = ((const struct place *)b)->word;
    int order = memcmp(x.s, y.s, x.n_bytes < y.n_bytes ? x.n_bytes : y.n_bytes);
    return order ? order : (x.n_bytes > y.n_bytes) - (x.n_bytes < y.n_bytes);
}

static int list_places(struct place *out, struct tokens *t)
{
    free(t->ids);
    t->ids = xmalloc(((size_t)t->n + 1) * sizeof(*t->ids));
    for (int i = 0; i < t->n; i++)
        out[i] = (struct place){t->words[i], &t->ids[i]};
    return t->n;
}

void tokens_number(struct tokens *a, struct tokens *b)
{
    struct place *places = xmalloc(((size_t)a->n + (size_t)b->n + 1) * sizeof(*places));
    int n = list_places(places, a), id = 0;
    n += list_places(places + n, b);
    qsort(places, (size_t)n, sizeof(*places), compare_places);
    for (int i = 0; i < n; i++) {
        id += i > 0 && compare_places(&places[i - 1], &places[i]) != 0;
        *places[i].id = id;
    }
    free(places);
}

static int compare_ids(const int *a, const int *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int compare_ngrams(const void *a, const void *b, void *n)
{
    return compare_ids(*(const int *const *)a, *(const int *const *)b, *(int *)n);
}

/* The n-grams of t in order; returns how many. */
static int sort_ngrams(const int ***out, const struct tokens *t, int n)
{
    int n_grams = t->n >= n ? t->n - n + 1 : 0;
    *out = xmalloc(((size_t)n_grams + 1) * sizeof(**out));
    for (int i = 0; i < n_grams; i++)
        (*out)[i] = t->ids + i;
    qsort_r(*out, (size_t)n_grams, sizeof(**out), compare_ngrams, &n);
    return n_grams;
}

int tokens_shared_ngrams(const struct tokens *a, const struct tokens *b, int n)
{
    const int **x, **y;
    int n_x = sort_ngrams(&x, a, n), n_y = sort_ngrams(&y, b, n), shared = 0;
    for (int i = 0, j = 0; i < n_x && j < n_y;) {
        int order = compare_ids(x[i], y[j], n);
        shared += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    free(x);
    free(y);
    return shared;
}
