#include "convert/bpe.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "convert/bytelevel.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

enum { NESTED_MAX = 8 };

/* A text cut into words, each a piece of memory of its own. */
struct words {
    struct pystr *v;
    int n, cap;
    struct arena a;
};

static void words_add(struct words *w, const char *s, size_t n_bytes)
{
    if (n_bytes == 0)
        return;
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 64;
        w->v = xrealloc(w->v, (size_t)w->cap * sizeof *w->v);
    }
    w->v[w->n++] = pystr_of(arena_strndup(&w->a, s, n_bytes), n_bytes);
}

static void words_release(struct words *w)
{
    free(w->v);
    arena_release(&w->a);
}

/* ---- pre-tokenizers: each cuts every word further ---- */

/* "Isolated": what matches is a word, what lies between is one too. "Removed" would lose text; nobody's here do. */
static int split_word(struct words *out, const struct regex *re, struct pystr word, struct err *err)
{
    struct regex_iter it = regex_each(re, word.s, word.n_bytes);
    struct regex_span span;
    size_t at = 0;
    int rc;
    while ((rc = regex_next(&it, &span, 1, err)) > 0) {
        words_add(out, word.s + at, span.start - at);
        words_add(out, word.s + span.start, span.end - span.start);
        at = span.end;
    }
    if (rc == 0)
        words_add(out, word.s + at, word.n_bytes - at);
    return rc;
}

static int split_all(struct words *out, const struct words *in, const char *pattern, struct err *err)
{
    struct regex *re;
    int ret = 0;
    if (regex_compile(&re, pattern, 0, err))
        return -1;
    for (int i = 0; i < in->n && ret == 0; i++)
        ret = split_word(out, re, in->v[i], err);
    regex_close(re);
    return ret;
}

static const char gpt2_pattern[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static int unsupported(const struct tokenizerjson *t, const char *what, const char *name, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, "%s: %s '%.60s' is not one that perbit knows", tokenizerjson_name(t), what, name);
}

static int cut_split(struct words *out, const struct words *in, const struct tokenizerjson *t, yyjson_val *v, struct err *err)
{
    const char *pattern = json_str_or(yyjson_obj_get(v, "pattern"), "Regex", NULL);
    const char *behavior = json_str_or(v, "behavior", "");
    /* Isolated, and Removed with invert (the matches are what stays), cut alike where the pattern covers everything */
    const bool keeps = strcmp(behavior, "Isolated") == 0 ||
                       (strcmp(behavior, "Removed") == 0 && json_bool_or(v, "invert", false));
    if (!pattern)
        return unsupported(t, "pre-tokenizer", "Split without a regex", err);
    return keeps ? split_all(out, in, pattern, err) : unsupported(t, "pre-tokenizer Split with behavior", behavior, err);
}

static int cut_digits(struct words *out, const struct words *in, yyjson_val *v, struct err *err)
{
    return split_all(out, in, json_bool_or(v, "individual_digits", false) ? "\\p{N}" : "\\p{N}+", err);
}

/* The words become the alphabet's; use_regex cuts them before. */
static int cut_bytelevel(struct words *out, const struct words *in, yyjson_val *v, struct err *err)
{
    struct words spaced = { 0 }, cut = { 0 };
    struct buf text = BUF_INIT;
    int ret = 0;
    for (int i = 0; i < in->n; i++) {
        buf_clear(&text);
        if (json_bool_or(v, "add_prefix_space", true) && in->v[i].s[0] != ' ')
            buf_putc(&text, ' ');
        buf_append(&text, in->v[i].s, in->v[i].n_bytes);
        words_add(&spaced, text.data, text.len);
    }
    if (json_bool_or(v, "use_regex", true))
        ret = split_all(&cut, &spaced, gpt2_pattern, err);
    const struct words *last = json_bool_or(v, "use_regex", true) ? &cut : &spaced;
    for (int i = 0; i < last->n && ret == 0; i++) {
        buf_clear(&text);
        bytelevel_encode(&text, last->v[i].s, last->v[i].n_bytes);
        words_add(out, text.data, text.len);
    }
    buf_release(&text);
    words_release(&cut);
    words_release(&spaced);
    return ret;
}

static int cut(struct words *w, const struct tokenizerjson *t, yyjson_val *v, int depth, struct err *err);

static int cut_sequence(struct words *w, const struct tokenizerjson *t, yyjson_val *v, int depth, struct err *err)
{
    yyjson_val *list = yyjson_obj_get(v, "pretokenizers"), *each;
    size_t i, n;
    if (depth == NESTED_MAX)
        return unsupported(t, "pre-tokenizer", "Sequence in Sequence, too deep", err);
    json_each_item(list, i, n, each)
        if (cut(w, t, each, depth + 1, err))
            return -1;
    return 0;
}

static int cut(struct words *w, const struct tokenizerjson *t, yyjson_val *v, int depth, struct err *err)
{
    const char *type = json_str_or(v, "type", "none");
    struct words out = { 0 };
    int ret;
    if (strcmp(type, "Sequence") == 0)
        return cut_sequence(w, t, v, depth, err);
    if (strcmp(type, "Split") == 0)
        ret = cut_split(&out, w, t, v, err);
    else if (strcmp(type, "Digits") == 0)
        ret = cut_digits(&out, w, v, err);
    else if (strcmp(type, "ByteLevel") == 0)
        ret = cut_bytelevel(&out, w, v, err);
    else
        ret = unsupported(t, "pre-tokenizer", type, err);
    words_release(w);
    *w = out;
    return ret;
}

/* ---- merges ---- */

struct merger {
    struct map vocab;  /* text -> id + 1 */
    struct map merges; /* "left right" -> rank + 1 */
    bool ignores_merges;
};

static void *of_int(int64_t i)
{
    return (void *)(intptr_t)(i + 1);
}

static int64_t to_int(const void *p)
{
    return (int64_t)(intptr_t)p - 1;
}

static int add_merge(struct merger *m, const struct tokenizerjson *t, yyjson_val *v, int64_t rank, struct buf *key,
                     struct err *err)
{
    const char *whole = yyjson_get_str(v);
    const char *left = yyjson_get_str(yyjson_arr_get(v, 0)), *right = yyjson_get_str(yyjson_arr_get(v, 1));
    buf_clear(key);
    if (whole)
        buf_puts(key, whole);
    else if (left && right)
        buf_printf(key, "%s %s", left, right);
    else
        return err_set(err, ERR_FORMAT, "%s: merge %lld is no pair", tokenizerjson_name(t), (long long)rank);
    if (!map_has(&m->merges, key->data))
        map_put(&m->merges, key->data, of_int(rank));
    return 0;
}

static int merger_fill(struct merger *m, const struct tokenizerjson *t, struct err *err)
{
    yyjson_val *model = tokenizerjson_model(t), *list = yyjson_obj_get(model, "merges"), *key, *value;
    struct buf text = BUF_INIT;
    size_t i, n;
    int ret = 0;
    m->ignores_merges = json_bool_or(model, "ignore_merges", false);
    json_each_key(tokenizerjson_vocab(t), i, n, key, value)
        map_put(&m->vocab, yyjson_get_str(key), of_int((int64_t)yyjson_get_uint(value)));
    json_each_item(list, i, n, value) {
        ret = add_merge(m, t, value, (int64_t)i, &text, err);
        if (ret)
            break;
    }
    buf_release(&text);
    return ret;
}

/* Pieces of a word: cuts[i] to cuts[i + 1]. */
static int64_t rank_of(const struct merger *m, const struct pystr word, const size_t *cuts, int i, struct buf *key)
{
    buf_clear(key);
    buf_append(key, word.s + cuts[i], cuts[i + 1] - cuts[i]);
    buf_putc(key, ' ');
    buf_append(key, word.s + cuts[i + 1], cuts[i + 2] - cuts[i + 1]);
    const void *p = map_find(&m->merges, key->data);
    return p ? to_int(p) : INT64_MAX;
}

/* The pair of the lowest rank, the leftmost of equals, until none has a rank: n^2 of a word is little. */
static int merge_word(const struct merger *m, struct pystr word, size_t *cuts, int n, struct buf *key)
{
    for (;;) {
        int64_t best = INT64_MAX;
        int at = -1;
        for (int i = 0; i + 1 < n; i++) {
            const int64_t rank = rank_of(m, word, cuts, i, key);
            if (rank < best)
                best = rank, at = i;
        }
        if (at < 0)
            return n;
        memmove(&cuts[at + 1], &cuts[at + 2], (size_t)(n - at - 1) * sizeof *cuts);
        n--;
    }
}

static int put_id(struct bpe_ids *out, const struct merger *m, const struct tokenizerjson *t, struct pystr piece,
                  struct buf *key, struct err *err)
{
    buf_clear(key);
    buf_append(key, piece.s, piece.n_bytes);
    const void *p = map_find(&m->vocab, key->data);
    if (!p)
        return err_set(err, ERR_FORMAT, "%s: no token for '%.60s'", tokenizerjson_name(t), key->data);
    out->ids = xrealloc(out->ids, (size_t)(out->n + 1) * sizeof *out->ids);
    out->ids[out->n++] = (int32_t)to_int(p);
    return 0;
}

static int encode_word(struct bpe_ids *out, const struct merger *m, const struct tokenizerjson *t, struct pystr word,
                       struct err *err)
{
    struct buf key = BUF_INIT;
    int ret = 0, n = 0;
    if (m->ignores_merges && map_has(&m->vocab, word.s)) {
        ret = put_id(out, m, t, word, &key, err);
        buf_release(&key);
        return ret;
    }
    size_t *cuts = xmalloc((word.n_bytes + 1) * sizeof *cuts);
    for (size_t at = 0; at < word.n_bytes; utf8_next(word.s, word.n_bytes, &at))
        cuts[n++] = at;
    cuts[n] = word.n_bytes;
    n = merge_word(m, word, cuts, n, &key);
    for (int i = 0; i < n && ret == 0; i++)
        ret = put_id(out, m, t, pystr_of(word.s + cuts[i], cuts[i + 1] - cuts[i]), &key, err);
    free(cuts);
    buf_release(&key);
    return ret;
}

int bpe_encode(struct bpe_ids *out, const struct tokenizerjson *t, struct pystr text, struct err *err)
{
    yyjson_val *pre = yyjson_obj_get(tokenizerjson_root(t), "pre_tokenizer");
    const char *type = json_str_or(tokenizerjson_model(t), "type", "none");
    struct words words = { 0 };
    struct merger m = { 0 };
    int ret = -1;
    *out = (struct bpe_ids){ 0 };
    if (strcmp(type, "BPE") != 0 || !tokenizerjson_vocab(t))
        return unsupported(t, "model", type, err);
    words_add(&words, text.s, text.n_bytes);
    if (cut(&words, t, pre, 0, err) || merger_fill(&m, t, err))
        goto done;
    ret = 0;
    for (int i = 0; i < words.n && ret == 0; i++)
        ret = encode_word(out, &m, t, words.v[i], err);
done:
    if (ret) {
        free(out->ids);
        *out = (struct bpe_ids){ 0 };
    }
    map_release(&m.vocab);
    map_release(&m.merges);
    words_release(&words);
    return ret;
}
