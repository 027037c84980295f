#include "tasks/nltkwords.h"

#include <stdlib.h>

#include "base/pystr.h"
#include "base/regex.h"
#include "tasks/punkt.h"

#include "base/banned.h"

/* \w and \s of the regex module, with which NLTK compiles all but the contractions; see base/unicode.h. */
#define SPACE "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"
#define WORD                                                                                                           \
    "[\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\u24b6-\\u24e9\\u{1f130}-\\u{1f149}\\u{1f150}-\\u{1f169}\\u{1f170}-\\u{1f189}"     \
    "\\u200c\\u200d]"

/*
 * In NLTK's order. "pad" is the one that is no substitution: a space is put before and behind the text.
 * Python's IGNORECASE takes both Turkish letters for i: hence [i\u0130\u0131].
 */
static const struct rule {
    const char *pattern, *with;
} rules[] = {
    /* STARTING_QUOTES */
    {"([\\u00ab\\u201c\\u2018\\u201e]|[`]+)", " \\1 "},
    {"^\"", "``"},
    {"(``)", " \\1 "},
    {"([ \\(\\[{<])(\"|'{2})", "\\1 `` "},
    {"(?i)(?<!" WORD ")(')(?!(?:re|ve|ll|m|t|s|d|n)(?!" WORD "))(?=" WORD ")", "\\1 "},
    /* PUNCTUATION */
    {"([^\\.])(\\.)([\\]\\)}>\"'\\u00bb\\u201d\\u2019 ]*+)" SPACE "*$", "\\1 \\2 \\3 "},
    {"([:,])([^\\d])", " \\1 \\2"},
    {"([:,])$", " \\1 "},
    {"\\.{2,}", " \\g<0> "},
    {"[;@#$%&]", " \\g<0> "},
    {"[\\u2012-\\u2015]", " \\g<0> "},
    {"([^\\.])(\\.)([\\]\\)}>\"']*)" SPACE "*$", "\\1 \\2\\3 "},
    {"[?!]", " \\g<0> "},
    {"([^'])' ", "\\1 ' "},
    {"[*]", " \\g<0> "},
    /* PARENS_BRACKETS, DOUBLE_DASHES */
    {"[\\]\\[\\(\\)\\{\\}\\<\\>]", " \\g<0> "},
    {"--", " -- "},
    {NULL, "pad"},
    /* ENDING_QUOTES */
    {"([\\u00bb\\u201d\\u2019])", " \\1 "},
    {"''", " '' "},
    {"\"", " '' "},
    {SPACE "+", " "},
    {"([^' ])('[sS]|'[mM]|'[dD]|') ", "\\1 \\2 "},
    {"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "\\1 \\2 "},
    /* CONTRACTIONS2, CONTRACTIONS3 */
    {"(?i)\\b(can)(not)\\b", " \\1 \\2 "},
    {"(?i)\\b(d)('ye)\\b", " \\1 \\2 "},
    {"(?i)\\b(g[i\\u0130\\u0131]m)(me)\\b", " \\1 \\2 "},
    {"(?i)\\b(gon)(na)\\b", " \\1 \\2 "},
    {"(?i)\\b(got)(ta)\\b", " \\1 \\2 "},
    {"(?i)\\b(lem)(me)\\b", " \\1 \\2 "},
    {"(?i)\\b(more)('n)\\b", " \\1 \\2 "},
    {"(?i)\\b(wan)(na)(?=\\s)", " \\1 \\2 "},
    {"(?i) ('t)([i\\u0130\\u0131]s)\\b", " \\1 \\2 "},
    {"(?i) ('t)(was)\\b", " \\1 \\2 "},
};

enum { N_RULES = sizeof(rules) / sizeof(rules[0]) };

struct splitter {
    struct regex *re[N_RULES]; /* NULL where the rule has no pattern */
};

static void splitter_close(struct splitter *s)
{
    for (int i = 0; i < N_RULES; i++)
        regex_close(s->re[i]);
}

static int splitter_open(struct splitter *s, struct err *err)
{
    *s = (struct splitter){0};
    for (int i = 0; i < N_RULES; i++)
        if (rules[i].pattern && regex_compile(&s->re[i], rules[i].pattern, 0, err)) {
            splitter_close(s);
            return -1;
        }
    return 0;
}

static void pad(struct buf *out, const struct buf *text)
{
    buf_putc(out, ' ');
    buf_append(out, text->data, text->len);
    buf_putc(out, ' ');
}

/* text becomes what rule i makes of it; scratch is lent. */
static int apply(const struct splitter *s, int i, struct buf *text, struct buf *scratch, struct err *err)
{
    buf_clear(scratch);
    if (!s->re[i])
        pad(scratch, text);
    else if (regex_sub(scratch, s->re[i], rules[i].with, text->data, text->len, err))
        return -1;
    struct buf t = *text;
    *text = *scratch;
    *scratch = t;
    return 0;
}

static void put_tokens(struct buf *out, const struct buf *text)
{
    struct pystr token;
    struct pystr_split it = pystr_split(pystr_of(text->data, text->len), NULL, -1);
    while (pystr_next(&it, &token)) {
        buf_append(out, token.s, token.n_bytes);
        buf_putc(out, '\n');
    }
}

static int split_sentence(struct buf *out, const struct splitter *s, struct pystr sentence, struct err *err)
{
    int ret = 0;
    struct buf text = BUF_INIT, scratch = BUF_INIT;
    buf_append(&text, sentence.s, sentence.n_bytes);
    for (int i = 0; i < N_RULES && ret == 0; i++)
        ret = apply(s, i, &text, &scratch, err);
    if (ret == 0)
        put_tokens(out, &text);
    buf_release(&text);
    buf_release(&scratch);
    return ret;
}

int nltkwords_split(struct buf *out, const char *text, size_t n_bytes, struct err *err)
{
    struct splitter s;
    struct pystr *sentences;
    int ret = 0;
    if (splitter_open(&s, err))
        return -1;
    size_t n = punkt_split(&sentences, text, n_bytes);
    for (size_t i = 0; i < n && ret == 0; i++)
        ret = split_sentence(out, &s, sentences[i], err);
    free(sentences);
    splitter_close(&s);
    return ret;
}
