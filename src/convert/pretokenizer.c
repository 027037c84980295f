#include "convert/pretokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/xalloc.h"
#include "convert/bpe.h"
#include "convert/jsoneach.h"
#include "convert/pretokenizer_table.h"

#include "base/banned.h"

/* ---- by check sum ---- */

/* str() of a Python list */
static void put_ids(struct buf *out, const int32_t *ids, int n)
{
    for (int i = 0; i < n; i++)
        buf_printf(out, "%s%d", out->len > 1 ? ", " : "", (int)ids[i]);
}

static const char *find_sum(char sum[SHA256_HEX_BYTES], const int32_t *before, int n_before, const struct bpe_ids *ids,
                            const int32_t *after, int n_after)
{
    struct buf text = BUF_INIT;
    const char *name = NULL;
    buf_putc(&text, '[');
    put_ids(&text, before, n_before);
    put_ids(&text, ids->ids, ids->n);
    put_ids(&text, after, n_after);
    buf_putc(&text, ']');
    sha256_bytes(sum, text.data, text.len);
    for (int i = 0; i < pretokenizer_n_rows && !name; i++)
        if (strcmp(pretokenizer_rows[i].sha256, sum) == 0)
            name = pretokenizer_rows[i].name;
    buf_release(&text);
    return name;
}

enum { SPECIALS_MAX = 8 };

/* The special tokens that a template puts before and after the text. */
struct around {
    int32_t before[SPECIALS_MAX], after[SPECIALS_MAX];
    int n_before, n_after;
};

static void add_special(struct around *out, yyjson_val *ids, bool is_before)
{
    size_t i, n;
    yyjson_val *v;
    json_each_item(ids, i, n, v) {
        int *count = is_before ? &out->n_before : &out->n_after;
        if (*count < SPECIALS_MAX && yyjson_is_uint(v) && yyjson_get_uint(v) < TOKEN_IDS_MAX)
            (is_before ? out->before : out->after)[(*count)++] = (int32_t)yyjson_get_uint(v);
    }
}

static void read_template(struct around *out, yyjson_val *processor)
{
    yyjson_val *single = yyjson_obj_get(processor, "single"), *tokens = yyjson_obj_get(processor, "special_tokens"), *v;
    bool is_before = true;
    size_t i, n;
    json_each_item(single, i, n, v) {
        const char *id = json_str_or(yyjson_obj_get(v, "SpecialToken"), "id", NULL);
        if (id)
            add_special(out, yyjson_obj_get(yyjson_obj_get(tokens, id), "ids"), is_before);
        else
            is_before = false;
    }
}

static struct around around_of(const struct tokenizerjson *t)
{
    yyjson_val *post = yyjson_obj_get(tokenizerjson_root(t), "post_processor"), *list, *v;
    struct around out = { 0 };
    size_t i, n;
    list = yyjson_obj_get(post, "processors");
    if (strcmp(json_str_or(post, "type", ""), "TemplateProcessing") == 0)
        read_template(&out, post);
    json_each_item(list, i, n, v)
        if (strcmp(json_str_or(v, "type", ""), "TemplateProcessing") == 0)
            read_template(&out, v);
    return out;
}

static const char *by_sum(char sum[SHA256_HEX_BYTES], const struct tokenizerjson *t, const struct bpe_ids *ids,
                          struct pystr bos)
{
    char other[SHA256_HEX_BYTES];
    const struct around a = around_of(t);
    const struct added_token *b = tokenizerjson_find_added(t, bos);
    const char *name = find_sum(sum, a.before, a.n_before, ids, a.after, a.n_after);
    if (!name)
        name = find_sum(other, NULL, 0, ids, NULL, 0);
    if (!name && b)
        name = find_sum(other, &b->id, 1, ids, NULL, 0);
    return name;
}

/* ---- by parts ---- */

#define WORDS_TAIL "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define CASED(end)                                                                                                   \
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+" end                    \
    "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*" end
#define CASED_TAIL "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define SHORT_ENDS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

/*
 * What each family's pre_tokenizer is made of. The engine merges without looking a whole word up first unless the name
 * says so: ignore_merges must be the name's.
 */
static const struct {
    const char *name;
    const char *split;      /* regex of a Split, or NULL */
    bool has_digits;        /* Digits of one digit each */
    bool uses_regex;        /* ByteLevel's own */
    bool ignores_merges;
} families[] = {
    { "llama-bpe", SHORT_ENDS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" WORDS_TAIL, false, false, true },
    { "qwen2", SHORT_ENDS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" WORDS_TAIL, false, false, false },
    { "smollm", NULL, true, true, false },
    { "gpt-4o", CASED(SHORT_ENDS "?") "|\\p{N}{1,3}" CASED_TAIL, false, false, false },
    { "tekken", CASED("") "|\\p{N}" CASED_TAIL, false, false, true },
    { "gpt-2", NULL, false, true, false },
};

struct parts {
    const char *split;
    bool has_digits, has_bytelevel, uses_regex;
    bool is_other;
};

static void read_part(struct parts *p, yyjson_val *v)
{
    const char *type = json_str_or(v, "type", "");
    if (strcmp(type, "Split") == 0) {
        p->is_other |= p->split != NULL;
        p->split = json_str_or(yyjson_obj_get(v, "pattern"), "Regex", "");
    } else if (strcmp(type, "Digits") == 0) {
        p->has_digits = true;
        p->is_other |= !json_bool_or(v, "individual_digits", false);
    } else if (strcmp(type, "ByteLevel") == 0) {
        p->has_bytelevel = true;
        p->uses_regex = json_bool_or(v, "use_regex", true);
        p->is_other |= json_bool_or(v, "add_prefix_space", true);
    } else {
        p->is_other = true;
    }
}

static struct parts parts_of(const struct tokenizerjson *t)
{
    yyjson_val *pre = yyjson_obj_get(tokenizerjson_root(t), "pre_tokenizer"), *v;
    struct parts p = { 0 };
    size_t i, n;
    if (strcmp(json_str_or(pre, "type", ""), "Sequence") != 0)
        read_part(&p, pre);
    json_each_item(yyjson_obj_get(pre, "pretokenizers"), i, n, v)
        read_part(&p, v);
    return p;
}

static bool is_plain_normalizer(const struct tokenizerjson *t)
{
    yyjson_val *v = yyjson_obj_get(tokenizerjson_root(t), "normalizer");
    return !v || yyjson_is_null(v) || strcmp(json_str_or(v, "type", ""), "NFC") == 0;
}

static const char *by_parts(const struct tokenizerjson *t)
{
    const struct parts p = parts_of(t);
    const bool ignores = json_bool_or(tokenizerjson_model(t), "ignore_merges", false);
    if (p.is_other || !p.has_bytelevel || !is_plain_normalizer(t))
        return NULL;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (families[i].has_digits == p.has_digits && families[i].uses_regex == p.uses_regex &&
            families[i].ignores_merges == ignores && !families[i].split == !p.split &&
            (!p.split || strcmp(families[i].split, p.split) == 0))
            return families[i].name;
    return NULL;
}

int pretokenizer_find(const char **out, bool *is_guessed, const struct tokenizerjson *t, struct pystr bos,
                      struct err *err)
{
    char sum[SHA256_HEX_BYTES];
    struct bpe_ids ids;
    *is_guessed = false;
    if (bpe_encode(&ids, t, pystr_z(pretokenizer_check_text), err))
        return -1;
    *out = by_sum(sum, t, &ids, bos);
    free(ids.ids);
    if (*out)
        return 0;
    *is_guessed = true;
    *out = by_parts(t);
    if (*out)
        return 0;
    return err_set(err, ERR_UNSUPPORTED, "%s: its pre-tokenizer is none that llama.cpp has a name for (check sum %s)",
                   tokenizerjson_name(t), sum);
}
