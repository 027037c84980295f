#include "tasks/punkt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tasks/punkt_table.h"

#include "base/banned.h"

/* NLTK's patterns are those of the regex module, hence the "tr18" classes. */

/* The text as code points. Places are indices into codes; at[i] is the byte where codes[i] begins. */
struct codes {
    const char *text;
    int32_t *codes; /* [n] */
    size_t *at;     /* [n + 1] */
    size_t n;
};

struct range {
    size_t start, end;
};

struct token {
    struct range where;
    struct buf type; /* lower case, numbers as ##number## */
    bool is_period_final, is_break, is_abbreviation, is_ellipsis;
};

/* A place where a sentence may end, and what follows it. */
struct candidate {
    size_t at;      /* the . ? or ! */
    size_t next;    /* where the next token begins; 0: punctuation follows at once */
    size_t context; /* end of what follows */
};

struct ranges {
    struct range *v;
    size_t n, cap;
};

static void codes_open(struct codes *c, const char *text, size_t n_bytes)
{
    *c = (struct codes){.text = text};
    c->codes = xmalloc((n_bytes + 1) * sizeof(*c->codes));
    c->at = xmalloc((n_bytes + 1) * sizeof(*c->at));
    for (size_t i = 0; i < n_bytes;) {
        c->at[c->n] = i;
        c->codes[c->n++] = utf8_next(text, n_bytes, &i);
    }
    c->at[c->n] = n_bytes;
}

static void codes_close(struct codes *c)
{
    free(c->codes);
    free(c->at);
}

static struct pystr text_of(const struct codes *c, struct range r)
{
    return pystr_of(c->text + c->at[r.start], c->at[r.end] - c->at[r.start]);
}

static void ranges_add(struct ranges *r, size_t start, size_t end)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
    }
    r->v[r->n++] = (struct range){start, end};
}

/* ---- classes of code points */

static bool is_one_of(int32_t c, const char *ascii)
{
    return c > 0 && c < 128 && strchr(ascii, c);
}

static bool is_quote(int32_t c)
{
    return c == 0x2018 || c == 0x2019 || c == 0x201c || c == 0x201d || c == 0xab || c == 0xbb;
}

static bool is_non_word(int32_t c) /* _re_non_word_chars */
{
    return is_one_of(c, ")\";}]*:@'({[?!") || is_quote(c);
}

static bool is_word_start(int32_t c) /* _re_word_start */
{
    return !is_one_of(c, "(\"`{[:;&#*@)}]-,");
}

static bool is_closer(int32_t c) /* re_boundary_realignment */
{
    return is_one_of(c, "\"')]}") || is_quote(c);
}

static bool is_end(int32_t c)
{
    return c == '.' || c == '?' || c == '!';
}

static bool is_ascii_space(int32_t c)
{
    return is_one_of(c, " \t\n\r\v\f");
}

/* ---- tokens */

static size_t run_of(const struct codes *c, size_t i, size_t end, int32_t code)
{
    size_t n = 0;
    while (i + n < end && c->codes[i + n] == code)
        n++;
    return n;
}

/* (?:\.\s){2,}\. at i: its length, or 0 */
static size_t spaced_dots(const struct codes *c, size_t i, size_t end)
{
    size_t n = 0;
    while (i + 2 * n + 1 < end && c->codes[i + 2 * n] == '.' && unicode_is_space_tr18(c->codes[i + 2 * n + 1]))
        n++;
    if (i + 2 * n >= end || c->codes[i + 2 * n] != '.')
        n = n ? n - 1 : 0;
    return n >= 2 ? 2 * n + 1 : 0;
}

/* Dashes or dots, several in a row: _re_multi_char_punct. */
static size_t multi_char(const struct codes *c, size_t i, size_t end)
{
    if (i >= end || (c->codes[i] != '-' && c->codes[i] != '.'))
        return 0;
    size_t n = run_of(c, i, end, c->codes[i]);
    if (n >= 2)
        return n;
    return c->codes[i] == '.' ? spaced_dots(c, i, end) : 0;
}

static bool ends_word_but_comma(const struct codes *c, size_t i, size_t end)
{
    return i >= end || unicode_is_space_tr18(c->codes[i]) || is_non_word(c->codes[i]) || multi_char(c, i, end);
}

static bool ends_word(const struct codes *c, size_t i, size_t end)
{
    return ends_word_but_comma(c, i, end) || (c->codes[i] == ',' && ends_word_but_comma(c, i + 1, end));
}

/* The token that begins at i, which is no space: its end. */
static size_t token_end(const struct codes *c, size_t i, size_t end)
{
    size_t n = multi_char(c, i, end);
    if (n)
        return i + n;
    if (!is_word_start(c->codes[i]))
        return i + 1;
    do
        i++;
    while (!ends_word(c, i, end));
    return i;
}

/* ^-?[.,]?\d[\d,.-]*\.?$ */
static bool is_number(struct pystr s)
{
    size_t i = 0;
    if (i < s.n_bytes && s.s[i] == '-')
        i++;
    if (i < s.n_bytes && (s.s[i] == '.' || s.s[i] == ','))
        i++;
    if (i >= s.n_bytes || !unicode_is_decimal(utf8_next(s.s, s.n_bytes, &i)))
        return false;
    while (i < s.n_bytes) {
        int32_t code = utf8_next(s.s, s.n_bytes, &i);
        if (!is_one_of(code, ",.-") && !unicode_is_decimal(code))
            return false;
    }
    return true;
}

static void set_type(struct buf *type, struct pystr token)
{
    buf_clear(type);
    pystr_lower(type, token);
    if (is_number(pystr_of(type->data, type->len))) {
        buf_clear(type);
        buf_puts(type, "##number##");
    }
}

/* The token's text in lower case, or what follows its last dash, is a known abbreviation. */
static bool is_known_abbreviation(struct pystr token)
{
    struct buf lower = BUF_INIT;
    pystr_lower(&lower, token);
    bool is = punkt_flags_of(lower.data, lower.len) & PUNKT_ABBREVIATION;
    const char *dash = memrchr(lower.data, '-', lower.len);
    if (!is && dash)
        is = punkt_flags_of(dash + 1, lower.len - (size_t)(dash + 1 - lower.data)) & PUNKT_ABBREVIATION;
    buf_release(&lower);
    return is;
}

/* What the token alone says of itself (NLTK's first pass). */
static void token_set(struct token *t, const struct codes *c, size_t start, size_t end)
{
    struct buf type = t->type;
    *t = (struct token){.where = {start, end}, .type = type};
    int32_t last = c->codes[end - 1];
    size_t n = end - start;
    set_type(&t->type, text_of(c, t->where));
    t->is_period_final = last == '.';
    if (n == 1 && is_end(last))
        t->is_break = true;
    else if (n >= 2 && run_of(c, start, end, '.') == n)
        t->is_ellipsis = true;
    else if (t->is_period_final && c->codes[end - 2] != '.') {
        t->is_abbreviation = is_known_abbreviation(text_of(c, (struct range){start, end - 1}));
        t->is_break = !t->is_abbreviation;
    }
}

static struct pystr no_period(const struct token *t)
{
    size_t n = t->type.len;
    return pystr_of(t->type.data, n > 1 && t->type.data[n - 1] == '.' ? n - 1 : n);
}

static struct pystr no_sentence_period(const struct token *t)
{
    return t->is_break ? no_period(t) : pystr_of(t->type.data, t->type.len);
}

static bool is_initial(const struct token *t, const struct codes *c)
{
    int32_t first = c->codes[t->where.start];
    return t->where.end - t->where.start == 2 && c->codes[t->where.start + 1] == '.' && unicode_is_word_tr18(first) &&
           !unicode_is_decimal(first);
}

/* ---- pairs of tokens (NLTK's second pass) */

enum starts { STARTS_NO, STARTS_YES, STARTS_UNKNOWN };

/* Does the token start a sentence, by how it was written elsewhere? */
static enum starts starts_sentence(const struct token *t, const struct codes *c)
{
    int32_t first = c->codes[t->where.start];
    if (t->where.end - t->where.start == 1 && is_one_of(first, ";:,.!?"))
        return STARTS_NO;
    struct pystr type = no_sentence_period(t);
    unsigned seen = punkt_flags_of(type.s, type.n_bytes);
    if (unicode_is_upper(first) && (seen & PUNKT_LC) && !(seen & PUNKT_MID_UC))
        return STARTS_YES;
    if (unicode_is_lower(first) && ((seen & PUNKT_UC) || !(seen & PUNKT_BEG_LC)))
        return STARTS_NO;
    return STARTS_UNKNOWN;
}

static bool is_collocation(struct pystr a, struct pystr b)
{
    struct buf pair = BUF_INIT;
    buf_append(&pair, a.s, a.n_bytes);
    buf_putc(&pair, '\t');
    buf_append(&pair, b.s, b.n_bytes);
    bool is = punkt_is_collocation(pair.data, pair.len);
    buf_release(&pair);
    return is;
}

/* An initial or an ordinal ("J." "3.") before `next`: no break after all? */
static bool is_part_of_name(const struct token *next, const struct codes *c, enum starts starts, bool after_initial)
{
    if (starts == STARTS_NO)
        return true;
    struct pystr type = no_sentence_period(next);
    return starts == STARTS_UNKNOWN && after_initial && unicode_is_upper(c->codes[next->where.start]) &&
           !(punkt_flags_of(type.s, type.n_bytes) & PUNKT_LC);
}

static bool breaks_after_abbreviation(const struct token *next, const struct codes *c, enum starts starts)
{
    struct pystr type = no_sentence_period(next);
    return starts == STARTS_YES || (unicode_is_upper(c->codes[next->where.start]) &&
                                    (punkt_flags_of(type.s, type.n_bytes) & PUNKT_STARTER));
}

/* Is there a sentence break after t, with `next` behind it? */
static bool breaks_before(const struct token *t, const struct token *next, const struct codes *c)
{
    if (!t->is_period_final)
        return t->is_break;
    struct pystr type = no_period(t);
    if (is_collocation(type, no_sentence_period(next)))
        return false;
    bool initial = is_initial(t, c);
    enum starts starts = starts_sentence(next, c);
    if ((t->is_abbreviation || t->is_ellipsis) && !initial && breaks_after_abbreviation(next, c, starts))
        return true;
    if ((initial || pystr_equal(type, pystr_z("##number##"))) && is_part_of_name(next, c, starts, initial))
        return false;
    return t->is_break;
}

/* The tokens of a range, of which lines are tokenized one by one. */
struct lexer {
    const struct codes *c;
    size_t at, line_end, end;
};

static bool is_blank(const struct codes *c, size_t start, size_t end) /* str.strip */
{
    while (start < end && pystr_is_space_code(c->codes[start]))
        start++;
    return start == end;
}

static void lexer_line(struct lexer *l, size_t start)
{
    l->at = l->line_end = start;
    while (l->line_end < l->end && l->c->codes[l->line_end] != '\n')
        l->line_end++;
    if (is_blank(l->c, start, l->line_end))
        l->at = l->line_end;
}

static bool next_token(struct lexer *l, struct token *t)
{
    for (;;) {
        while (l->at < l->line_end && unicode_is_space_tr18(l->c->codes[l->at]))
            l->at++;
        if (l->at < l->line_end)
            break;
        if (l->line_end >= l->end)
            return false;
        lexer_line(l, l->line_end + 1);
    }
    size_t to = token_end(l->c, l->at, l->line_end);
    token_set(t, l->c, l->at, to);
    l->at = to;
    return true;
}

static bool has_break(const struct codes *c, size_t start, size_t end)
{
    struct token token[2] = {{.type = BUF_INIT}, {.type = BUF_INIT}};
    struct lexer lexer = {.c = c, .end = end};
    lexer_line(&lexer, start);
    bool found = false;
    int at = 0;
    bool more = next_token(&lexer, &token[at]);
    while (more && !found) {
        more = next_token(&lexer, &token[!at]);
        found = more && breaks_before(&token[at], &token[!at], c);
        at = !at;
    }
    buf_release(&token[0].type);
    buf_release(&token[1].type);
    return found;
}

/* ---- candidates */

/* period_context_re at i */
static bool candidate_at(struct candidate *out, const struct codes *c, size_t i)
{
    if (!is_end(c->codes[i]) || i + 1 >= c->n)
        return false;
    *out = (struct candidate){.at = i, .context = i + 2};
    if (is_non_word(c->codes[i + 1]))
        return true;
    size_t next = i + 1;
    while (next < c->n && unicode_is_space_tr18(c->codes[next]))
        next++;
    if (next == i + 1 || next >= c->n)
        return false;
    out->next = out->context = next;
    while (out->context < c->n && !unicode_is_space_tr18(c->codes[out->context]))
        out->context++;
    return true;
}

/* Start of the word before the candidate; `before` is the word before the candidate ahead of it. A space at the very
 * beginning of what lies between does not count: NLTK takes its index 0 for "none". */
static size_t word_start(const struct codes *c, struct range before, size_t at)
{
    for (size_t i = at; i > before.end + 1; i--)
        if (is_ascii_space(c->codes[i - 1]))
            return i;
    return before.start;
}

static void break_at(struct ranges *out, size_t *last_break, const struct codes *c, struct range word,
                     const struct candidate *k)
{
    if (!has_break(c, word.start, k->context))
        return;
    ranges_add(out, *last_break, k->at + 1);
    *last_break = k->next ? k->next : k->at + 1;
}

/* Of candidates whose words overlap ("acting!!!") only the last is tested. */
static void find_breaks(struct ranges *out, const struct codes *c)
{
    struct range word = {0, 0};
    struct candidate held = {0}, k;
    bool is_held = false;
    size_t last_break = 0, end = c->n;
    for (size_t i = 0; i < c->n; i++) {
        if (!candidate_at(&k, c, i))
            continue;
        struct range next = {word_start(c, word, i), i};
        if (is_held && word.end <= next.start)
            break_at(out, &last_break, c, word, &held);
        held = k;
        is_held = true;
        word = next;
    }
    if (is_held)
        break_at(out, &last_break, c, word, &held);
    while (end > 0 && pystr_is_space_code(c->codes[end - 1])) /* str.rstrip, not a pattern */
        end--;
    ranges_add(out, last_break, end);
}

/* ---- closing quotes and brackets go to the sentence before */

/* re_boundary_realignment at the start of r: the length of the match, 0 none; *visible without the spaces. */
static size_t closers_at(const struct codes *c, struct range r, size_t *visible)
{
    size_t i = r.start;
    while (i < r.end && is_closer(c->codes[i])) {
        size_t after = ++i;
        while (after < r.end && unicode_is_space_tr18(c->codes[after]))
            after++;
        *visible = i - r.start;
        if (after > i || after >= r.end || run_of(c, i, r.end, '-') >= 2)
            return after - r.start;
    }
    return 0;
}

static void realign(struct ranges *out, const struct codes *c, const struct ranges *in)
{
    size_t shift = 0;
    for (size_t i = 0; i < in->n; i++) {
        struct range r = {in->v[i].start + shift, in->v[i].end};
        size_t visible = 0;
        shift = i + 1 < in->n ? closers_at(c, in->v[i + 1], &visible) : 0;
        if (shift)
            ranges_add(out, r.start, in->v[i + 1].start + visible);
        else if (r.start < r.end)
            ranges_add(out, r.start, r.end);
    }
}

size_t punkt_split(struct pystr **out, const char *text, size_t n_bytes)
{
    struct codes c;
    struct ranges rough = {0}, exact = {0};
    codes_open(&c, text, n_bytes);
    find_breaks(&rough, &c);
    realign(&exact, &c, &rough);
    *out = exact.n ? xmalloc(exact.n * sizeof(**out)) : NULL;
    for (size_t i = 0; i < exact.n; i++)
        (*out)[i] = text_of(&c, exact.v[i]);
    free(rough.v);
    free(exact.v);
    codes_close(&c);
    return exact.n;
}

size_t punkt_count(const char *text, size_t n_bytes)
{
    struct pystr *sentences;
    size_t n = punkt_split(&sentences, text, n_bytes);
    free(sentences);
    return n;
}
