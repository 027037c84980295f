#include "tasks/bleu.h"

#include <math.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tasks/tokens.h"

#include "base/banned.h"

enum { ORDERS = 4 };

static const double log_of_zero = -9999999999.0; /* sacrebleu's my_log(0) */

/* ---- tokenizer "intl" */

/* Two neighbours at *i that make a rule's pair are written by it, else the first goes through. */
struct pair_rule {
    bool (*is_pair)(int32_t a, int32_t b);
    const char *before, *between, *after; /* spaces around the two */
};

static bool is_mark_after_other(int32_t a, int32_t b) /* (\P{N})(\p{P}) */
{
    return unicode_major(a) != 'N' && unicode_major(b) == 'P';
}

static bool is_mark_before_other(int32_t a, int32_t b) /* (\p{P})(\P{N}) */
{
    return unicode_major(a) == 'P' && unicode_major(b) != 'N';
}

static const struct pair_rule rules[] = {
    {is_mark_after_other, "", " ", " "},
    {is_mark_before_other, " ", " ", ""},
};

static void space_pairs(struct buf *out, const struct pair_rule *rule, const struct buf *in)
{
    for (size_t i = 0; i < in->len;) {
        size_t middle = i;
        int32_t a = utf8_next(in->data, in->len, &middle);
        size_t end = middle;
        if (middle < in->len && rule->is_pair(a, utf8_next(in->data, in->len, &end))) {
            buf_puts(out, rule->before);
            buf_append(out, in->data + i, middle - i);
            buf_puts(out, rule->between);
            buf_append(out, in->data + middle, end - middle);
            buf_puts(out, rule->after);
            i = end;
        } else {
            buf_append(out, in->data + i, middle - i);
            i = middle;
        }
    }
}

static void space_symbols(struct buf *out, const struct buf *in)
{
    for (size_t i = 0; i < in->len;) {
        size_t from = i;
        bool is_symbol = unicode_major(utf8_next(in->data, in->len, &i)) == 'S';
        buf_puts(out, is_symbol ? " " : "");
        buf_append(out, in->data + from, i - from);
        buf_puts(out, is_symbol ? " " : "");
    }
}

/* The words are views of *text. */
static void tokenize(struct tokens *out, struct buf *text, struct pystr s)
{
    struct buf first = BUF_INIT, second = BUF_INIT;
    struct pystr word, trimmed = pystr_rstrip(s, NULL);
    buf_append(text, trimmed.s, trimmed.n_bytes);
    space_pairs(&first, &rules[0], text);
    space_pairs(&second, &rules[1], &first);
    buf_clear(text);
    space_symbols(text, &second);
    buf_release(&first);
    buf_release(&second);
    struct pystr_split it = pystr_split(pystr_of(text->data, text->len), NULL, -1);
    while (pystr_next(&it, &word))
        tokens_add(out, word);
}

/* ---- score */

static double brevity_penalty(int n_candidate, int n_reference)
{
    if (n_candidate >= n_reference)
        return 1;
    return n_candidate > 0 ? exp(1 - (double)n_reference / n_candidate) : 0;
}

/* Sum of the logarithms of the precisions; *any: is there a match at all? */
static double log_precisions(bool *any, const struct tokens *candidate, const struct tokens *reference)
{
    double sum = 0, smooth = 1;
    *any = false;
    for (int n = 1; n <= ORDERS; n++) {
        int total = candidate->n - n + 1, correct = tokens_shared_ngrams(candidate, reference, n);
        double precision = 0;
        if (total > 0 && correct == 0) {
            smooth *= 2;
            precision = 100. / (smooth * total);
        } else if (total > 0) {
            precision = 100. * correct / total;
        }
        *any = *any || correct > 0;
        sum += precision == 0 ? log_of_zero : log(precision);
    }
    return sum;
}

double bleu(struct pystr candidate, struct pystr reference)
{
    struct tokens c = {0}, r = {0};
    struct buf c_text = BUF_INIT, r_text = BUF_INIT;
    bool any;
    tokenize(&c, &c_text, candidate);
    tokenize(&r, &r_text, reference);
    tokens_number(&c, &r);
    double sum = log_precisions(&any, &c, &r);
    double score = any ? brevity_penalty(c.n, r.n) * exp(sum / ORDERS) : 0;
    tokens_release(&c);
    tokens_release(&r);
    buf_release(&c_text);
    buf_release(&r_text);
    return score;
}
