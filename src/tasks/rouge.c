#include "tasks/rouge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "tasks/tokens.h"

#include "base/banned.h"

/* A text as words, and where its sentences begin among them. */
struct summary {
    struct buf text; /* lower case */
    struct tokens words;
    int *starts; /* [n_sentences + 1] */
    int n_sentences;
};

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void add_words(struct tokens *out, struct pystr s)
{
    for (size_t i = 0; i < s.n_bytes; i++) {
        size_t from = i;
        while (i < s.n_bytes && is_word_byte(s.s[i]))
            i++;
        if (i > from)
            tokens_add(out, pystr_of(s.s + from, i - from));
    }
}

static void add_sentences(struct summary *out)
{
    struct pystr line, newline = pystr_z("\n"), text = pystr_of(out->text.data, out->text.len);
    struct pystr_split it = pystr_split(text, &newline, -1);
    out->starts = xmalloc(((size_t)pystr_count(text, newline) + 2) * sizeof(*out->starts));
    while (pystr_next(&it, &line)) {
        if (line.n_bytes == 0)
            continue;
        out->starts[out->n_sentences++] = out->words.n;
        add_words(&out->words, line);
    }
    out->starts[out->n_sentences] = out->words.n;
}

static void summary_open(struct summary *out, struct pystr s)
{
    struct buf lines = BUF_INIT;
    *out = (struct summary){.text = BUF_INIT};
    pystr_replace(&lines, s, pystr_z(" . "), pystr_z(".\n"), -1);
    pystr_lower(&out->text, pystr_of(lines.data, lines.len));
    buf_release(&lines);
    add_sentences(out);
}

static void summary_close(struct summary *s)
{
    buf_release(&s->text);
    tokens_release(&s->words);
    free(s->starts);
}

static double f_measure(double precision, double recall)
{
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

static int at_least_1(int n)
{
    return n > 1 ? n : 1;
}

static double rouge_n(const struct tokens *candidate, const struct tokens *reference, int n)
{
    double shared = tokens_shared_ngrams(candidate, reference, n);
    return f_measure(shared / at_least_1(candidate->n - n + 1), shared / at_least_1(reference->n - n + 1));
}

/* ---- Lsum */

/* Lengths of the longest common subsequences of the beginnings of a and b: (n_a + 1) rows of n_b + 1. */
static void lcs_table(int *t, const int *a, int n_a, const int *b, int n_b)
{
    int width = n_b + 1;
    memset(t, 0, (size_t)width * sizeof(*t));
    for (int i = 1; i <= n_a; i++) {
        int *row = t + (size_t)i * (size_t)width, *above = row - width;
        row[0] = 0;
        for (int j = 1; j <= n_b; j++) {
            if (a[i - 1] == b[j - 1])
                row[j] = above[j - 1] + 1;
            else
                row[j] = above[j] > row[j - 1] ? above[j] : row[j - 1];
        }
    }
}

/* Marks in hit[n_a] one longest common subsequence: that which rouge-score reads out. */
static void mark_lcs(bool *hit, int *t, const int *a, int n_a, const int *b, int n_b)
{
    int width = n_b + 1, i = n_a, j = n_b;
    lcs_table(t, a, n_a, b, n_b);
    while (i > 0 && j > 0) {
        const int *cell = t + (size_t)i * (size_t)width + j;
        if (a[i - 1] == b[j - 1]) {
            hit[i - 1] = true;
            i--;
            j--;
        } else if (cell[-1] > cell[-width]) {
            j--;
        } else {
            i--;
        }
    }
}

static int longest_sentence(const struct summary *s)
{
    int longest = 0;
    for (int i = 0; i < s->n_sentences; i++)
        if (s->starts[i + 1] - s->starts[i] > longest)
            longest = s->starts[i + 1] - s->starts[i];
    return longest;
}

static void mark_hits(bool *hit, const struct summary *candidate, const struct summary *reference)
{
    size_t rows = (size_t)longest_sentence(reference) + 1, columns = (size_t)longest_sentence(candidate) + 1;
    int *table = xmalloc(rows * columns * sizeof(*table));
    for (int r = 0; r < reference->n_sentences; r++)
        for (int c = 0; c < candidate->n_sentences; c++) {
            int from = reference->starts[r], to = candidate->starts[c];
            mark_lcs(hit + from, table, reference->words.ids + from, reference->starts[r + 1] - from,
                     candidate->words.ids + to, candidate->starts[c + 1] - to);
        }
    free(table);
}

/* Of the marked words those that both texts still have: each hit uses up one of either. */
static int count_hits(const bool *hit, const struct summary *candidate, const struct summary *reference)
{
    size_t n_ids = (size_t)candidate->words.n + (size_t)reference->words.n + 1;
    int *left = xcalloc(2 * n_ids, sizeof(*left)), n = 0;
    for (int i = 0; i < candidate->words.n; i++)
        left[candidate->words.ids[i]]++;
    for (int i = 0; i < reference->words.n; i++)
        left[n_ids + (size_t)reference->words.ids[i]]++;
    for (int i = 0; i < reference->words.n; i++) {
        int *mine = &left[reference->words.ids[i]], *theirs = mine + n_ids;
        if (hit[i] && *mine > 0 && *theirs > 0) {
            n++;
            --*mine;
            --*theirs;
        }
    }
    free(left);
    return n;
}

static double rouge_lsum(const struct summary *candidate, const struct summary *reference)
{
    if (!candidate->words.n || !reference->words.n)
        return 0;
    bool *hit = xcalloc((size_t)reference->words.n, sizeof(*hit));
    mark_hits(hit, candidate, reference);
    double hits = count_hits(hit, candidate, reference);
    free(hit);
    return f_measure(hits / candidate->words.n, hits / reference->words.n);
}

struct rouge rouge(struct pystr candidate, struct pystr reference)
{
    struct summary c, r;
    summary_open(&c, candidate);
    summary_open(&r, reference);
    tokens_number(&c.words, &r.words);
    struct rouge out = {.rouge1 = 100 * rouge_n(&c.words, &r.words, 1),
                        .rouge2 = 100 * rouge_n(&c.words, &r.words, 2),
                        .rougelsum = 100 * rouge_lsum(&c, &r)};
    summary_close(&c);
    summary_close(&r);
    return out;
}
