/*
 * Keywords are regular expressions to lm-evaluation-harness, though the data set has only words: plain words go
 * through a search of our own with re.IGNORECASE's folding (which takes both Turkish letters for i), others to PCRE2.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/regex.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tasks/ifeval_check.h"

#include "base/banned.h"

struct folded {
    int32_t *codes; /* [n] folds */
    bool *is_word;  /* [n] */
    size_t n;
};

static void folded_open(struct folded *f, struct pystr s)
{
    *f = (struct folded){.codes = xmalloc((s.n_bytes + 1) * sizeof(*f->codes)),
                         .is_word = xmalloc((s.n_bytes + 1) * sizeof(*f->is_word))};
    for (size_t i = 0; i < s.n_bytes; f->n++) {
        int32_t c = utf8_next(s.s, s.n_bytes, &i);
        f->codes[f->n] = unicode_fold(c);
        f->is_word[f->n] = unicode_is_word(c);
    }
}

static void folded_close(struct folded *f)
{
    free(f->codes);
    free(f->is_word);
}

/* \b before place i */
static bool is_boundary(const struct folded *f, size_t i)
{
    bool before = i > 0 && f->is_word[i - 1];
    bool after = i < f->n && f->is_word[i];
    return before != after;
}

static bool is_at(const struct folded *text, const struct folded *word, size_t i, bool whole)
{
    if (text->n - i < word->n || memcmp(text->codes + i, word->codes, word->n * sizeof(*word->codes)))
        return false;
    return !whole || (is_boundary(text, i) && is_boundary(text, i + word->n));
}

/* Places of the word, without overlaps; an empty word is between all. */
static size_t count_plain(struct pystr text, struct pystr word, bool whole)
{
    struct folded t, w;
    size_t n = 0;
    folded_open(&t, text);
    folded_open(&w, word);
    for (size_t i = 0; i <= t.n;) {
        bool is = is_at(&t, &w, i, whole);
        n += is;
        i += is && w.n ? w.n : 1;
    }
    folded_close(&t);
    folded_close(&w);
    return n;
}

static int count_pattern(size_t *out, struct pystr text, struct pystr pattern, bool whole, struct err *err)
{
    struct buf p = BUF_INIT;
    struct regex *re = NULL;
    const char *edge = whole ? "\\b" : "";
    buf_puts(&p, edge);
    buf_append(&p, pattern.s, pattern.n_bytes);
    buf_puts(&p, edge);
    int ret = regex_compile(&re, p.data, REGEX_IGNORECASE, err);
    if (ret == 0)
        ret = regex_count(re, text.s, text.n_bytes, out, err);
    regex_close(re);
    buf_release(&p);
    return ret;
}

static int count_keyword(size_t *out, struct pystr text, struct pystr word, bool whole, struct err *err)
{
    for (size_t i = 0; i < word.n_bytes; i++)
        if (word.s[i] && strchr(".^$*+?{}[]\\|()", word.s[i]))
            return count_pattern(out, text, word, whole, err);
    *out = count_plain(text, word, whole);
    return 0;
}

/* *out: are all keywords there (wanted), or is none (not wanted)? */
static int check_list(bool *out, yyjson_val *words, struct pystr text, bool wanted, struct err *err)
{
    size_t i, n, count;
    yyjson_val *v;
    *out = true;
    yyjson_arr_foreach (words, i, n, v) {
        struct pystr word = pystr_of(yyjson_get_str(v), yyjson_get_len(v));
        if (count_keyword(&count, text, word, !wanted, err))
            return -1;
        if ((count > 0) != wanted)
            *out = false;
    }
    return 0;
}

int ifeval_existence(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    yyjson_val *words;
    return ifeval_list(&words, kwargs, "keywords", err) ? -1 : check_list(out, words, text, true, err);
}

int ifeval_forbidden_words(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    yyjson_val *words;
    return ifeval_list(&words, kwargs, "forbidden_words", err) ? -1 : check_list(out, words, text, false, err);
}

int ifeval_frequency(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr word;
    size_t count;
    if (ifeval_text(&word, kwargs, "keyword", err) || count_keyword(&count, text, ifeval_strip(word), false, err))
        return -1;
    return ifeval_compare(out, count, kwargs, "frequency", "relation", err);
}

int ifeval_letter_frequency(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr letter;
    struct buf lower_letter = BUF_INIT, lower_text = BUF_INIT;
    if (ifeval_text(&letter, kwargs, "letter", err))
        return -1;
    pystr_lower(&lower_letter, ifeval_strip(letter));
    pystr_lower(&lower_text, text);
    int64_t n = pystr_count(pystr_of(lower_text.data, lower_text.len), pystr_of(lower_letter.data, lower_letter.len));
    buf_release(&lower_letter);
    buf_release(&lower_text);
    return ifeval_compare(out, (size_t)n, kwargs, "let_frequency", "let_relation", err);
}
