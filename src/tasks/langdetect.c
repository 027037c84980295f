#include "tasks/langdetect.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rand.h"
#include "base/regex.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tasks/langdetect_table.h"

#include "base/banned.h"

enum { TEXT_MAX = 10000, TRIALS = 7, ITERATIONS_MAX = 1000 };

static const double sure = 0.99999, reported = 0.1, alpha_mean = 0.5, alpha_width = 0.05, base_freq = 10000;

/* ---- the text as the package looks at it */

static void replace_all(struct buf *text, const char *pattern)
{
    struct regex *re;
    struct buf out = BUF_INIT;
    if (regex_compile(&re, pattern, 0, NULL))
        return;
    if (regex_sub(&out, re, " ", text->data, text->len, NULL) == 0) {
        buf_clear(text);
        buf_append(text, out.data, out.len);
    }
    regex_close(re);
    buf_release(&out);
}

static void drop_addresses(struct buf *text)
{
    if (memmem(text->data, text->len, "://", 3))
        replace_all(text, "https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076}");
    if (memchr(text->data, '@', text->len))
        replace_all(text, "[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}");
}

/* The next code point, a Vietnamese letter with its mark made one. */
static int32_t next_composed(const struct buf *text, size_t *i)
{
    int32_t c = utf8_next(text->data, text->len, i);
    size_t after = *i;
    if (after >= text->len)
        return c;
    int32_t composed = langdetect_compose(c, utf8_next(text->data, text->len, &after));
    if (!composed)
        return c;
    *i = after;
    return composed;
}

/* At most TEXT_MAX code points (counted before runs of spaces become one). Returns how many are in out. */
static int take_codes(int32_t out[TEXT_MAX], const struct buf *text)
{
    int n = 0, n_seen = 0;
    int32_t previous = 0;
    for (size_t i = 0; i < text->len && n_seen < TEXT_MAX; n_seen++) {
        int32_t c = next_composed(text, &i);
        if (c != ' ' || previous != ' ')
            out[n++] = c;
        previous = c;
    }
    return n;
}

static bool is_latin(int32_t c)
{
    return c >= 'A' && c <= 'z';
}

/* Latin letters go where twice as many others are. The package means to spare Latin Extended Additional and, by a
 * comparison of a number with a name, does not. */
static int drop_latin(int32_t *codes, int n)
{
    int n_latin = 0, n_other = 0, n_kept = 0;
    for (int i = 0; i < n; i++) {
        n_latin += is_latin(codes[i]);
        n_other += codes[i] >= 0x300;
    }
    if (n_latin * 2 >= n_other)
        return n;
    for (int i = 0; i < n; i++)
        if (!is_latin(codes[i]))
            codes[n_kept++] = codes[i];
    return n_kept;
}

/* ---- grams */

static int32_t normal_basic(int32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? c : ' ';
}

static int32_t normal_latin1(int32_t c)
{
    return c == 0xa0 || c == 0xab || c == 0xb0 || c == 0xbb ? ' ' : c;
}

static int32_t normal_romanian(int32_t c)
{
    return c == 0x219 ? 0x15f : c == 0x21b ? 0x163 : c;
}

static int32_t normal_arabic(int32_t c)
{
    return c == 0x6cc ? 0x64a : c; /* Farsi yeh */
}

static int32_t normal_vietnamese(int32_t c)
{
    return c >= 0x1ea0 ? 0x1ec3 : c;
}

/* Blocks whose code points are made alike: one code point for all, or a function. */
static const struct block {
    int32_t first, last, all;
    int32_t (*normal)(int32_t c);
} blocks[] = {
    {0x0, 0x7f, 0, normal_basic},      {0x80, 0xff, 0, normal_latin1},         {0x180, 0x24f, 0, normal_romanian},
    {0x600, 0x6ff, 0, normal_arabic},  {0x1e00, 0x1eff, 0, normal_vietnamese}, {0x2000, 0x206f, ' ', NULL},
    {0x3040, 0x309f, 0x3042, NULL},    {0x30a0, 0x30ff, 0x30a2, NULL},         {0x3100, 0x312f, 0x3105, NULL},
    {0x31a0, 0x31bf, 0x3105, NULL},    {0x4e00, 0x9fff, 0, langdetect_kanji},  {0xac00, 0xd7af, 0xac00, NULL},
};

static int32_t normal(int32_t c)
{
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if (c >= blocks[i].first && c <= blocks[i].last)
            return blocks[i].normal ? blocks[i].normal(c) : blocks[i].all;
    return c;
}

struct window {
    int32_t codes[3]; /* the last n */
    int n;
    bool in_capitals; /* two capitals in a row: such grams are left out */
};

static void window_add(struct window *w, int32_t c)
{
    int32_t last = w->codes[w->n - 1];
    if (last == ' ') {
        *w = (struct window){.codes = {' '}, .n = 1};
        if (c == ' ')
            return;
    } else if (w->n == 3) {
        w->codes[0] = w->codes[1];
        w->codes[1] = w->codes[2];
        w->n = 2;
    }
    w->codes[w->n++] = c;
    if (!unicode_is_upper(c))
        w->in_capitals = false;
    else if (unicode_is_upper(last))
        w->in_capitals = true;
}

static int window_grams(const struct window *w, int *grams)
{
    int n = 0;
    for (int len = 1; len <= w->n; len++) {
        const int32_t *codes = w->codes + w->n - len;
        int gram = len == 1 && codes[0] == ' ' ? -1 : langdetect_gram_find(codes, len);
        if (gram >= 0)
            grams[n++] = gram;
    }
    return n;
}

/* Grams of the text in its order, repetitions too: at most 3 a code point. */
static int text_grams(int *grams, const int32_t *codes, int n_codes)
{
    struct window w = {.codes = {' '}, .n = 1};
    int n = 0;
    for (int i = 0; i < n_codes; i++) {
        window_add(&w, normal(codes[i]));
        if (!w.in_capitals)
            n += window_grams(&w, grams + n);
    }
    return n;
}

static int grams_of(int *grams, const char *text, size_t n_bytes)
{
    struct buf clean = BUF_INIT;
    int32_t *codes = xmalloc(TEXT_MAX * sizeof(*codes));
    buf_append(&clean, text, n_bytes);
    drop_addresses(&clean);
    int n_codes = drop_latin(codes, take_codes(codes, &clean));
    int n = text_grams(grams, codes, n_codes);
    free(codes);
    buf_release(&clean);
    return n;
}

/* ---- probabilities */

/* Makes the sum 1; returns the largest. */
static double normalize(double *prob, int n)
{
    double sum = 0, largest = 0;
    for (int i = 0; i < n; i++)
        sum += prob[i];
    for (int i = 0; i < n; i++) {
        prob[i] /= sum;
        if (largest < prob[i])
            largest = prob[i];
    }
    return largest;
}

static void see_gram(double *prob, int n, int gram, double alpha)
{
    double of_gram[LANGDETECT_LANGS_MAX];
    double weight = alpha / base_freq;
    langdetect_gram_probs(gram, of_gram);
    for (int i = 0; i < n; i++)
        prob[i] *= weight + of_gram[i];
}

static void run_trial(double *prob, int n, const int *grams, int n_grams, struct rand_mt *r)
{
    double alpha = alpha_mean + rand_gauss(r) * alpha_width;
    for (int i = 0; i < n; i++)
        prob[i] = 1.0 / n;
    for (int i = 0;; i++) {
        see_gram(prob, n, grams[rand_below(r, (uint64_t)n_grams)], alpha);
        if (i % 5 == 0 && (normalize(prob, n) > sure || i >= ITERATIONS_MAX))
            return;
    }
}

static void mean_of_trials(double *mean, int n, const int *grams, int n_grams)
{
    struct rand_mt r;
    rand_seed(&r, 0);
    memset(mean, 0, (size_t)n * sizeof(*mean));
    for (int t = 0; t < TRIALS; t++) {
        double prob[LANGDETECT_LANGS_MAX];
        run_trial(prob, n, grams, n_grams, &r);
        for (int i = 0; i < n; i++)
            mean[i] += prob[i] / TRIALS;
    }
}

/* Keeps the guesses sorted; of equals the first language stays first. */
static void insert_guess(struct langdetect_guess *out, int n, struct langdetect_guess guess)
{
    int at = n;
    for (; at > 0 && out[at - 1].probability < guess.probability; at--)
        out[at] = out[at - 1];
    out[at] = guess;
}

int langdetect_guesses(struct langdetect_guess out[LANGDETECT_GUESSES_MAX], const char *text, size_t n_bytes)
{
    int *grams = xmalloc(3 * TEXT_MAX * sizeof(*grams));
    int n_grams = grams_of(grams, text, n_bytes), n = -1, n_langs = langdetect_n_langs();
    assert(n_langs <= LANGDETECT_LANGS_MAX);
    if (n_grams > 0) {
        double mean[LANGDETECT_LANGS_MAX];
        mean_of_trials(mean, n_langs, grams, n_grams);
        n = 0;
        for (int i = 0; i < n_langs && n < LANGDETECT_GUESSES_MAX; i++)
            if (mean[i] > reported)
                insert_guess(out, n++, (struct langdetect_guess){langdetect_lang(i), mean[i]});
    }
    free(grams);
    return n;
}

const char *langdetect(const char *text, size_t n_bytes)
{
    struct langdetect_guess guesses[LANGDETECT_GUESSES_MAX];
    int n = langdetect_guesses(guesses, text, n_bytes);
    return n < 0 ? NULL : n == 0 ? "unknown" : guesses[0].lang;
}
