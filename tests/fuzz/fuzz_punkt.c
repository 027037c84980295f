/* punkt, nltkwords and langdetect on any bytes: sentences lie in the text in its order, none is empty. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/langdetect.h"
#include "tasks/nltkwords.h"
#include "tasks/punkt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(int is_kept, const char *what)
{
    if (is_kept)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static void check_sentences(const char *text, size_t n)
{
    struct pystr *v;
    const char *at = text;
    size_t n_sentences = punkt_split(&v, text, n);
    for (size_t i = 0; i < n_sentences; i++) {
        promise(v[i].n_bytes > 0, "an empty sentence");
        promise(v[i].s >= at && v[i].s + v[i].n_bytes <= text + n, "a sentence out of order");
        at = v[i].s + v[i].n_bytes;
    }
    free(v);
}

static void check_words(const char *text, size_t n)
{
    struct buf out = BUF_INIT;
    struct err err = {0};
    promise(nltkwords_split(&out, text, n, &err) == 0, err.msg);
    promise(out.len == 0 || out.data[out.len - 1] == '\n', "a word without its end");
    buf_release(&out);
}

static void check_language(const char *text, size_t n)
{
    struct langdetect_guess g[LANGDETECT_GUESSES_MAX];
    double sum = 0;
    int n_guesses = langdetect_guesses(g, text, n);
    promise(n_guesses <= LANGDETECT_GUESSES_MAX, "too many languages");
    for (int i = 0; i < n_guesses; i++)
        sum += g[i].probability;
    promise(sum < 1.001, "more than certain");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* its own piece, so that a read beyond it is seen */
    if (size)
        memcpy(text, data, size);
    check_sentences(text, size);
    check_words(text, size);
    check_language(text, size);
    free(text);
    return 0;
}
