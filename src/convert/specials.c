#include "convert/specials.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

enum { BOS, EOS, UNK, SEP, PAD, CLS, MASK, EOT, EOM, N_TYPES };

static const struct {
    const char *name;    /* of {name}_token in tokenizer_config.json */
    const char *id_key;  /* NULL: GGUF has none */
    const char *add_key;
} types[N_TYPES] = {
    [BOS] = { "bos", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token" },
    [EOS] = { "eos", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_eos_token" },
    [UNK] = { "unk", "tokenizer.ggml.unknown_token_id", NULL },
    [SEP] = { "sep", "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.add_sep_token" }, /* GGUF spells it so */
    [PAD] = { "pad", "tokenizer.ggml.padding_token_id", NULL },
    [CLS] = { "cls", NULL, NULL },
    [MASK] = { "mask", "tokenizer.ggml.mask_token_id", NULL },
    [EOT] = { "eot", "tokenizer.ggml.eot_token_id", NULL },
    [EOM] = { "eom", "tokenizer.ggml.eom_token_id", NULL },
};

struct specials {
    const struct tokenizerjson *tokenizer;
    yyjson_val *config;           /* tokenizer_config.json */
    int n_vocab;
    const char *text[N_TYPES];    /* {type}_token of the configuration, as amended; NULL: none */
    bool is_known[N_TYPES];       /* EOT and EOM only when a template brought them up */
    int64_t id[N_TYPES];          /* -1: none */
    int id_order[N_TYPES], n_ids; /* in the order found */
    int add[N_TYPES];             /* -1: not said */
    int add_order[N_TYPES], n_adds;
};

static void set_id(struct specials *s, int type, int64_t id)
{
    if (id < 0 || s->id[type] >= 0 || (s->n_vocab > 0 && id >= s->n_vocab))
        return;
    s->id[type] = id;
    s->id_order[s->n_ids++] = type;
}

static void set_add(struct specials *s, int type, bool value)
{
    if (s->add[type] < 0)
        s->add_order[s->n_adds++] = type;
    s->add[type] = value;
}

/* ---- the post-processor of tokenizer.json ---- */

static const char *special_at(yyjson_val *list, size_t i)
{
    return json_str_or(yyjson_obj_get(yyjson_arr_get(list, i), "SpecialToken"), "id", NULL);
}

static const char *sequence_at(yyjson_val *list, size_t i)
{
    return json_str_or(yyjson_obj_get(yyjson_arr_get(list, i), "Sequence"), "id", "");
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_set(const char *s)
{
    return s && s[0];
}

static void template_first(struct specials *s, const char *first)
{
    if (!s->config) {
        s->text[BOS] = first;
    } else if (!same(first, s->text[BOS]) && !same(first, s->text[CLS])) {
        if (!is_set(s->text[BOS]))
            s->text[BOS] = first;
        if (!is_set(s->text[CLS]))
            s->text[CLS] = first;
    }
    set_add(s, BOS, same(first, s->text[BOS]) || same(first, s->text[CLS]));
}

/* Another end than eos_token: that becomes the end of a turn, this the end of a text. */
static void template_last(struct specials *s, const char *last)
{
    if (!s->config) {
        s->text[EOS] = last;
    } else if (!same(last, s->text[EOS])) {
        const int was = !s->is_known[EOT] ? EOT : !s->is_known[EOM] ? EOM : N_TYPES;
        if (was != N_TYPES) {
            s->is_known[was] = true;
            s->text[was] = s->text[EOS];
        }
        s->text[EOS] = last;
    }
    set_add(s, EOS, same(last, s->text[EOS]));
}

/* A [sep] [eos] B of two sequences. */
static void template_pair(struct specials *s, yyjson_val *pair, const char *first, const char *last)
{
    size_t n = yyjson_arr_size(pair), from = 0;
    if (first && same(special_at(pair, 0), first))
        from = 1;
    if (n > 0 && last && same(special_at(pair, n - 1), last))
        n--;
    if (n < from + 3 || strcmp(sequence_at(pair, from), "A") != 0 || strcmp(sequence_at(pair, n - 1), "B") != 0)
        return;
    const char *one = special_at(pair, from + 1), *two = n - from == 4 ? special_at(pair, from + 2) : NULL;
    const bool is_one = is_set(one) && (same(one, s->text[SEP]) || same(one, s->text[EOS]));
    const bool is_two = is_set(two) && (same(two, s->text[SEP]) || same(two, s->text[EOS]));
    const bool adds = (is_one && !is_set(last)) || is_two;
    set_add(s, SEP, adds);
    if (adds && !is_set(s->text[SEP]) && s->config)
        s->text[SEP] = s->text[EOS];
}

static void read_template(struct specials *s, yyjson_val *v)
{
    yyjson_val *single = yyjson_obj_get(v, "single");
    const size_t n = yyjson_arr_size(single);
    const char *first = n > 1 ? special_at(single, 0) : NULL, *last = n > 1 ? special_at(single, n - 1) : NULL;
    if (is_set(first))
        template_first(s, first);
    if (is_set(last))
        template_last(s, last);
    if (yyjson_arr_size(yyjson_obj_get(v, "pair")) > 0)
        template_pair(s, yyjson_obj_get(v, "pair"), first, last);
}

static void read_processor(struct specials *s, yyjson_val *v)
{
    const char *type = json_str_or(v, "type", "");
    if (strcmp(type, "ByteLevel") == 0) {
        for (int i = BOS; i <= EOS; i++)
            if (s->add[i] < 0)
                set_add(s, i, false);
    } else if (strcmp(type, "TemplateProcessing") == 0) {
        read_template(s, v);
    }
}

static void read_processors(struct specials *s)
{
    yyjson_val *post = yyjson_obj_get(tokenizerjson_root(s->tokenizer), "post_processor");
    yyjson_val *list = yyjson_obj_get(post, "processors"), *v;
    size_t i, n;
    if (!list)
        read_processor(s, post);
    json_each_item(list, i, n, v)
        read_processor(s, v);
}

/* ---- configurations ---- */

static const char *token_text(yyjson_val *config, const char *name)
{
    char key[32];
    snprintf(key, sizeof key, "%s_token", name);
    yyjson_val *v = yyjson_obj_get(config, key);
    return yyjson_is_obj(v) ? json_str_or(v, "content", NULL) : yyjson_get_str(v);
}

static void read_config(struct specials *s, int type)
{
    char key[32];
    snprintf(key, sizeof key, "add_%s_token", types[type].name);
    yyjson_val *add = yyjson_obj_get(s->config, key);
    if (add && yyjson_is_bool(add) && s->add[type] < 0)
        set_add(s, type, yyjson_get_bool(add));
    if (!s->text[type] || !s->tokenizer)
        return;
    const struct added_token *t = tokenizerjson_find_added(s->tokenizer, pystr_z(s->text[type]));
    if (t)
        set_id(s, type, t->id);
}

static int64_t id_in(yyjson_val *config, const char *key)
{
    yyjson_val *v = yyjson_obj_get(config, key);
    return v && yyjson_is_uint(v) && yyjson_get_uint(v) < TOKEN_IDS_MAX ? (int64_t)yyjson_get_uint(v) : -1;
}

static void read_model_config(struct specials *s, const struct hfconfig *c, int type)
{
    char key[32];
    snprintf(key, sizeof key, "%s_token_id", types[type].name);
    yyjson_val *v = yyjson_obj_get(hfconfig_root(c), key);
    set_id(s, type, id_in(v && !yyjson_is_null(v) ? hfconfig_root(c) : hfconfig_text(c), key));
}

static void read_specials(struct specials *s, const struct hfconfig *c)
{
    for (int i = 0; i < N_TYPES; i++) {
        s->id[i] = s->add[i] = -1;
        s->is_known[i] = i < EOT;
        s->text[i] = i < EOT && s->config ? token_text(s->config, types[i].name) : NULL;
    }
    if (s->tokenizer && s->config) { /* an encoder's names for the same things */
        if (!is_set(s->text[BOS]) && is_set(s->text[CLS]))
            s->text[BOS] = s->text[CLS];
        if (!is_set(s->text[EOS]) && is_set(s->text[SEP]))
            s->text[EOS] = s->text[SEP];
    }
    if (s->tokenizer)
        read_processors(s);
    for (int i = 0; i < N_TYPES && s->config; i++)
        if (s->is_known[i])
            read_config(s, i);
    for (int i = 0; i < N_TYPES; i++)
        if (s->is_known[i])
            read_model_config(s, c, i);
}

static void put_specials(struct ggufout *g, const struct specials *s)
{
    for (int i = 0; i < s->n_ids; i++)
        if (types[s->id_order[i]].id_key)
            ggufout_u32(g, types[s->id_order[i]].id_key, s->id[s->id_order[i]]);
    for (int i = 0; i < s->n_adds; i++)
        if (types[s->add_order[i]].add_key)
            ggufout_bool(g, types[s->add_order[i]].add_key, s->add[s->add_order[i]]);
}

/* ---- merges ---- */

/* A space inside a part would end it: it is written as the alphabet's. */
static void put_part(struct buf *out, yyjson_val *v)
{
    const char *s = yyjson_get_str(v);
    for (size_t i = 0; i < yyjson_get_len(v); i++) {
        if (s[i] == ' ')
            buf_puts(out, "\xc4\xa0");
        else
            buf_putc(out, s[i]);
    }
}

static int read_merge(struct pystr *out, struct arena *a, struct buf *text, yyjson_val *v)
{
    yyjson_val *left = yyjson_arr_get(v, 0), *right = yyjson_arr_get(v, 1);
    if (yyjson_is_str(v)) {
        *out = pystr_of(yyjson_get_str(v), yyjson_get_len(v));
        return 0;
    }
    if (!left || !right || !yyjson_is_str(left) || !yyjson_is_str(right) || yyjson_arr_size(v) != 2)
        return -1;
    buf_clear(text);
    put_part(text, left);
    buf_putc(text, ' ');
    put_part(text, right);
    *out = pystr_of(arena_strndup(a, text->data, text->len), text->len);
    return 0;
}

static int put_merges(struct ggufout *g, const struct tokenizerjson *t, struct err *err)
{
    yyjson_val *list = yyjson_obj_get(tokenizerjson_model(t), "merges"), *v;
    struct pystr *merges = xcalloc(yyjson_arr_size(list) + 1, sizeof *merges);
    struct buf text = BUF_INIT;
    struct arena a;
    size_t i, n;
    int ret = 0;
    arena_init(&a);
    json_each_item(list, i, n, v)
        if (read_merge(&merges[i], &a, &text, v)) {
            ret = err_set(err, ERR_FORMAT, "%s: merge %zu is no pair", tokenizerjson_name(t), i);
            break;
        }
    if (ret == 0)
        ggufout_strs(g, "tokenizer.ggml.merges", merges, (int)yyjson_arr_size(list));
    buf_release(&text);
    arena_release(&a);
    free(merges);
    return ret;
}

/* ---- chat template ---- */

/* A list of templates has names: the default, and others beside it. */
static void put_named(struct ggufout *g, yyjson_val *list)
{
    struct pystr names[64] = { { "", 0 } };
    char kept[64][48];
    int n_names = 0;
    size_t i, n;
    yyjson_val *v, *whole = NULL;
    json_each_item(list, i, n, v) {
        const char *name = json_str_or(v, "name", "");
        yyjson_val *text = yyjson_obj_get(v, "template");
        if (!name[0] || !yyjson_is_str(text) || n_names == 64)
            continue;
        if (strcmp(name, "default") == 0) {
            whole = text;
            continue;
        }
        char key[96];
        snprintf(kept[n_names], sizeof kept[0], "%s", name);
        for (char *c = kept[n_names]; *c; c++)
            if (!isalnum((unsigned char)*c))
                *c = '_';
        snprintf(key, sizeof key, "tokenizer.chat_template.%s", kept[n_names]);
        ggufout_text(g, key, pystr_of(yyjson_get_str(text), yyjson_get_len(text)));
        names[n_names] = pystr_z(kept[n_names]);
        n_names++;
    }
    ggufout_strs(g, "tokenizer.chat_templates", names, n_names);
    if (whole)
        ggufout_text(g, "tokenizer.chat_template", pystr_of(yyjson_get_str(whole), yyjson_get_len(whole)));
}

static int put_template_file(struct ggufout *g, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    const int ret = fs_read(&text, path, err);
    if (ret == 0)
        ggufout_text(g, "tokenizer.chat_template", pystr_of(text.data, text.len));
    buf_release(&text);
    return ret;
}

static int put_template_json(struct ggufout *g, const char *path, struct err *err)
{
    struct json *j;
    if (json_load(&j, path, err))
        return -1;
    ggufout_str(g, "tokenizer.chat_template", json_str_or(json_root(j), "chat_template", NULL));
    json_close(j);
    return 0;
}

/* tokenizer_config.json's goes before a file of its own, as in the reference. */
static int put_template(struct ggufout *g, const struct hfconfig *c, yyjson_val *config, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(config, "chat_template");
    struct arena a;
    int ret = 0;
    arena_init(&a);
    const char *jinja = fs_join(&a, hfconfig_dir(c), "chat_template.jinja");
    const char *json = fs_join(&a, hfconfig_dir(c), "chat_template.json");
    if (yyjson_is_str(v))
        ggufout_text(g, "tokenizer.chat_template", pystr_of(yyjson_get_str(v), yyjson_get_len(v)));
    else if (yyjson_is_arr(v))
        put_named(g, v);
    else if (!v && config && fs_exists(jinja))
        ret = put_template_file(g, jinja, err);
    else if (!v && config && fs_exists(json))
        ret = put_template_json(g, json, err);
    arena_release(&a);
    return ret;
}

int specials_put(struct ggufout *g, const struct hfconfig *c, const struct tokenizerjson *tokenizer,
                 yyjson_val *tokenizer_config, int n_vocab, bool with_merges, struct err *err)
{
    struct specials s = { .tokenizer = tokenizer, .config = tokenizer_config, .n_vocab = n_vocab };
    read_specials(&s, c);
    if (with_merges && tokenizer && put_merges(g, tokenizer, err))
        return -1;
    put_specials(g, &s);
    return put_template(g, c, tokenizer_config, err);
}
