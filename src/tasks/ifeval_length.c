#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/regex.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tasks/ifeval_check.h"
#include "tasks/punkt.h"

#include "base/banned.h"

int ifeval_number_sentences(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    return ifeval_compare(out, punkt_count(text.s, text.n_bytes), kwargs, "num_sentences", "relation", err);
}

/* Matches of \w+, as NLTK 3.10.4 counts them: by the regex module (3.9 took re, whose words end at a mark) */
static size_t count_words(struct pystr s)
{
    size_t n = 0;
    bool in_word = false;
    for (size_t i = 0; i < s.n_bytes;) {
        bool is = unicode_is_word_tr18(utf8_next(s.s, s.n_bytes, &i));
        n += is && !in_word;
        in_word = is;
    }
    return n;
}

int ifeval_number_words(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    return ifeval_compare(out, count_words(text), kwargs, "num_words", "relation", err);
}

/* Pieces between dividers that count as paragraphs: a blank one at an end does not, a blank one inside is wrong (-2). */
static int count_paragraphs(const struct regex *divider, struct pystr s, struct err *err)
{
    struct regex_iter it = regex_each(divider, s.s, s.n_bytes);
    struct regex_span span;
    size_t from = 0;
    int ret, n = 0;
    bool is_blank_inside = false;
    while ((ret = regex_next(&it, &span, 1, err)) > 0) {
        bool is_blank = ifeval_is_blank(pystr_of(s.s + from, span.start - from));
        is_blank_inside = is_blank_inside || (is_blank && from > 0);
        n += !is_blank;
        from = span.end;
    }
    n += !ifeval_is_blank(pystr_of(s.s + from, s.n_bytes - from));
    return ret < 0 ? -1 : is_blank_inside ? -2 : n;
}

int ifeval_number_paragraphs(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double wanted;
    struct regex *divider;
    if (ifeval_number(&wanted, kwargs, "num_paragraphs", err) ||
        regex_compile(&divider, "\\s?\\*\\*\\*\\s?", 0, err))
        return -1;
    int n = count_paragraphs(divider, text, err);
    regex_close(divider);
    *out = n >= 0 && n == wanted;
    return n == -1 ? -1 : 0;
}

/* Paragraphs between empty lines: how many are not blank; *nth the one of that number among all, from 1. */
static size_t find_paragraph(struct pystr *nth, struct pystr s, double number)
{
    struct pystr part, gap = pystr_z("\n\n");
    struct pystr_split it = pystr_split(s, &gap, -1);
    size_t n = 0;
    *nth = pystr_of("", 0);
    for (double i = 1; pystr_next(&it, &part); i++) {
        n += !ifeval_is_blank(part);
        if (i == number)
            *nth = ifeval_strip(part);
    }
    return n;
}

/* The first word without quotes before it, up to a punctuation mark, letter by letter in lower case. */
static void put_first_word(struct buf *out, struct pystr paragraph)
{
    struct pystr word, single = pystr_z("'"), twofold = pystr_z("\"");
    struct pystr_split it = pystr_split(paragraph, NULL, 1);
    if (!pystr_next(&it, &word))
        return;
    word = pystr_lstrip(pystr_lstrip(word, &single), &twofold);
    for (size_t i = 0; i < word.n_bytes;) {
        size_t from = i;
        utf8_next(word.s, word.n_bytes, &i);
        if (word.s[from] && strchr(".,?!'\"", word.s[from]))
            return;
        pystr_lower(out, pystr_of(word.s + from, i - from));
    }
}

static bool begins_with(struct pystr paragraph, struct pystr first_word)
{
    struct buf word = BUF_INIT, wanted = BUF_INIT;
    put_first_word(&word, paragraph);
    pystr_lower(&wanted, first_word);
    bool is = word.len == wanted.len && memcmp(word.data, wanted.data, word.len) == 0;
    buf_release(&word);
    buf_release(&wanted);
    return is;
}

int ifeval_nth_paragraph(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double number, nth;
    struct pystr first_word, paragraph;
    if (ifeval_number(&number, kwargs, "num_paragraphs", err) || ifeval_number(&nth, kwargs, "nth_paragraph", err) ||
        ifeval_text(&first_word, kwargs, "first_word", err))
        return -1;
    if (nth > number)
        return err_set(err, ERR_FORMAT, "argument 'nth_paragraph': expected at most 'num_paragraphs', %g", number);
    size_t n = find_paragraph(&paragraph, text, nth);
    *out = nth <= (double)n && paragraph.n_bytes && (double)n == number && begins_with(paragraph, first_word);
    return 0;
}
