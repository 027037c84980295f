#include "convert/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "convert/arch.h"
#include "convert/bytelevel.h"
#include "convert/jsoneach.h"
#include "convert/pretokenizer.h"
#include "convert/sentencepiece.h"
#include "convert/specials.h"

#include "base/banned.h"

/* gguf.TokenType */
enum { T_NORMAL = 1, T_UNKNOWN, T_CONTROL, T_USER_DEFINED, T_UNUSED, T_BYTE };

/* The files of a folder's tokenizer, and the vocabulary that is made of them. */
struct vocab {
    struct arena a;
    struct ggufout *g;
    const struct hfconfig *c;
    const struct sink *sink;
    struct tokenizerjson *tokenizer; /* NULL: no such file */
    struct json *config;             /* tokenizer_config.json, or NULL */
    const char *model_path;          /* tokenizer.model, or NULL */
    struct pystr *tokens;            /* [n] */
    float *scores;
    int32_t *types;
    int n;
};

static const char *path_of(struct vocab *v, const char *name)
{
    const char *path = fs_join(&v->a, hfconfig_dir(v->c), name);
    return fs_exists(path) ? path : NULL;
}

static int open_files(struct vocab *v, struct err *err)
{
    const char *json = path_of(v, "tokenizer.json"), *config = path_of(v, "tokenizer_config.json");
    v->model_path = path_of(v, "tokenizer.model");
    if (json && tokenizerjson_load(&v->tokenizer, json, err))
        return -1;
    if (config && json_load(&v->config, config, err))
        return -1;
    if (v->config && !yyjson_is_obj(json_root(v->config)))
        return err_set(err, ERR_FORMAT, "%s: is no JSON object", config);
    return 0;
}

static void close_files(struct vocab *v)
{
    tokenizerjson_close(v->tokenizer);
    json_close(v->config);
    free(v->tokens);
    free(v->scores);
    free(v->types);
    arena_release(&v->a);
}

static yyjson_val *config_of(const struct vocab *v)
{
    return v->config ? json_root(v->config) : NULL;
}

/* All ids free: what the reference calls [PADn], unused. */
static int reserve(struct vocab *v, int64_t n, struct err *err)
{
    if (n < 1 || n > TOKEN_IDS_MAX)
        return err_set(err, ERR_FORMAT, "%s/config.json: a vocabulary of %lld tokens", hfconfig_dir(v->c), (long long)n);
    v->n = (int)n;
    v->tokens = xcalloc((size_t)n, sizeof *v->tokens);
    v->scores = xcalloc((size_t)n, sizeof *v->scores);
    v->types = xcalloc((size_t)n, sizeof *v->types);
    for (int i = 0; i < v->n; i++) {
        v->scores[i] = -10000.0f;
        v->types[i] = T_UNUSED;
    }
    return 0;
}

static void name_unused(struct vocab *v)
{
    for (int i = 0; i < v->n; i++)
        if (!v->tokens[i].s)
            v->tokens[i] = pystr_z(arena_printf(&v->a, "[PAD%d]", i));
}

static struct pystr kept(struct vocab *v, const struct buf *text)
{
    return pystr_of(arena_strndup(&v->a, text->data, text->len), text->len);
}

/* Added tokens that are control tokens by their look, whatever their file says. */
static bool looks_special(struct pystr s)
{
    static const char *const whole[] = { "<pad>", "<mask>", "<2mass>", "[@BOS@]" };
    static const struct {
        const char *begin, *end;
    } around[] = { { "<|", "|>" }, { "<\xef\xbd\x9c", "\xef\xbd\x9c>" }, { "<unused", ">" } };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (pystr_equal(s, pystr_z(whole[i])))
            return true;
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++)
        if (pystr_startswith(s, pystr_z(around[i].begin)) && pystr_endswith(s, pystr_z(around[i].end)))
            return true;
    return false;
}

/* SentencePiece's mark for a space becomes one in what users defined. */
static struct pystr with_spaces(struct vocab *v, struct pystr s)
{
    struct buf text = BUF_INIT;
    pystr_replace(&text, s, pystr_z("\xe2\x96\x81"), pystr_z(" "), -1);
    const struct pystr out = kept(v, &text);
    buf_release(&text);
    return out;
}

static void put_tokens(struct vocab *v, const char *model, const char *pre, bool with_scores)
{
    name_unused(v);
    ggufout_str(v->g, "tokenizer.ggml.model", model);
    ggufout_str(v->g, "tokenizer.ggml.pre", pre);
    ggufout_strs(v->g, "tokenizer.ggml.tokens", v->tokens, v->n);
    if (with_scores)
        ggufout_f32s(v->g, "tokenizer.ggml.scores", v->scores, v->n);
    ggufout_i32s(v->g, "tokenizer.ggml.token_type", v->types, v->n);
}

/* ---- byte-level BPE ---- */

/* transformers' clean_up_tokenization */
static void clean_up(struct buf *text)
{
    static const char *const pairs[][2] = { { " .", "." },     { " ?", "?" },     { " !", "!" },     { " ,", "," },
                                            { " ' ", "'" },    { " n't", "n't" }, { " 'm", "'m" },   { " 's", "'s" },
                                            { " 've", "'ve" }, { " 're", "'re" } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf out = BUF_INIT;
        pystr_replace(&out, pystr_of(text->data, text->len), pystr_z(pairs[i][0]), pystr_z(pairs[i][1]), -1);
        buf_release(text);
        *text = out;
    }
}

/* What encoding and decoding an added token gives: the byte-level decoder takes its letters for bytes if it can. */
static struct pystr round_trip(struct vocab *v, struct pystr s)
{
    struct buf bytes = BUF_INIT, text = BUF_INIT;
    yyjson_val *decoder = yyjson_obj_get(tokenizerjson_root(v->tokenizer), "decoder");
    struct pystr out = s;
    if (strcmp(json_str_or(decoder, "type", ""), "ByteLevel") != 0 || !bytelevel_decode(&bytes, s))
        buf_append(&bytes, s.s, s.n_bytes);
    utf8_clean(&text, bytes.data, bytes.len);
    if (json_bool_or(config_of(v), "clean_up_tokenization_spaces", false))
        clean_up(&text);
    out = kept(v, &text);
    buf_release(&bytes);
    buf_release(&text);
    return out;
}

static void add_token(struct vocab *v, const struct added_token *t)
{
    struct pystr text = t->is_normalized ? t->content : round_trip(v, t->content);
    const bool is_control = t->is_special || looks_special(text);
    v->types[t->id] = is_control ? T_CONTROL : T_USER_DEFINED;
    v->tokens[t->id] = is_control ? text : with_spaces(v, text);
}

static int check_id(const struct vocab *v, int64_t id, struct pystr text, struct err *err)
{
    if (id >= 0 && id < v->n)
        return 0;
    return err_set(err, ERR_FORMAT, "%s: token '%.*s' has id %lld, config.json says there are %d",
                   v->tokenizer ? tokenizerjson_name(v->tokenizer) : "tokenizer", (int)(text.n_bytes < 60 ? text.n_bytes : 60),
                   text.s, (long long)id, v->n);
}

/* Tokens that stand in tokenizer_config.json alone. */
static int add_configured(struct vocab *v, struct err *err)
{
    yyjson_val *map = yyjson_obj_get(config_of(v), "added_tokens_decoder"), *key, *value;
    yyjson_val *vocab = tokenizerjson_vocab(v->tokenizer);
    size_t i, n;
    json_each_key(map, i, n, key, value) {
        yyjson_val *content = yyjson_obj_get(value, "content");
        if (!yyjson_is_str(content))
            continue;
        const struct added_token t = { pystr_of(yyjson_get_str(content), yyjson_get_len(content)),
                                       (int32_t)strtol(yyjson_get_str(key), NULL, 10), json_bool_or(value, "special", false),
                                       json_bool_or(value, "normalized", true) };
        if (tokenizerjson_find_added(v->tokenizer, t.content) || yyjson_obj_getn(vocab, t.content.s, t.content.n_bytes))
            continue;
        if (check_id(v, t.id, t.content, err))
            return -1;
        if (!v->tokens[t.id].s)
            add_token(v, &t);
    }
    return 0;
}

static int fill_bpe(struct vocab *v, struct err *err)
{
    yyjson_val *vocab = tokenizerjson_vocab(v->tokenizer), *key, *value;
    size_t i, n;
    json_each_key(vocab, i, n, key, value) {
        const struct pystr text = pystr_of(yyjson_get_str(key), yyjson_get_len(key));
        const int64_t id = (int64_t)yyjson_get_uint(value);
        if (check_id(v, id, text, err))
            return -1;
        v->tokens[id] = text;
        v->types[id] = T_NORMAL;
    }
    for (int k = 0; k < tokenizerjson_n_added(v->tokenizer); k++) {
        const struct added_token *t = tokenizerjson_added(v->tokenizer, k);
        if (check_id(v, t->id, t->content, err))
            return -1;
        add_token(v, t);
    }
    return add_configured(v, err);
}

static struct pystr bos_of(const struct vocab *v)
{
    yyjson_val *t = yyjson_obj_get(config_of(v), "bos_token");
    const char *text = yyjson_is_obj(t) ? json_str_or(t, "content", "") : yyjson_get_str(t);
    return pystr_z(text ? text : "");
}

static int say_guess(const struct vocab *v, const char *pre, struct err *err)
{
    char text[512];
    snprintf(text, sizeof text, "%.300s: a vocabulary that llama.cpp's table does not know; its pre-tokenizer is %s's",
             tokenizerjson_name(v->tokenizer), pre);
    return v->sink ? sink_log(v->sink, text, err) : 0;
}

static int put_bpe(struct vocab *v, struct err *err)
{
    const char *pre;
    bool is_guessed;
    int64_t n_vocab;
    if (!v->tokenizer)
        return err_set(err, ERR_FORMAT, "%s: has neither tokenizer.json nor tokenizer.model", hfconfig_dir(v->c));
    if (json_bool_or(tokenizerjson_model(v->tokenizer), "byte_fallback", false))
        return err_set(err, ERR_UNSUPPORTED, "%s: is SentencePiece's, and its tokenizer.model is not there",
                       tokenizerjson_name(v->tokenizer));
    if (hfconfig_need_int(v->c, "vocab_size", &n_vocab, err) ||
        pretokenizer_find(&pre, &is_guessed, v->tokenizer, bos_of(v), err) || (is_guessed && say_guess(v, pre, err)) ||
        reserve(v, n_vocab, err) || fill_bpe(v, err))
        return -1;
    put_tokens(v, "gpt2", pre, false);
    return specials_put(v->g, v->c, v->tokenizer, config_of(v), 0, true, err);
}

/* ---- SentencePiece ---- */

static const int type_of_piece[] = {
    [SP_NORMAL] = T_NORMAL, [SP_UNKNOWN] = T_UNKNOWN, [SP_CONTROL] = T_CONTROL,
    [SP_USER_DEFINED] = T_NORMAL, /* the reference asks for the others alone */
    [SP_UNUSED] = T_UNUSED, [SP_BYTE] = T_BYTE,
};

/* Ids beyond the model's vocabulary are left out, as in the reference. */
static void set_token(struct vocab *v, int64_t id, struct pystr text, int type)
{
    if (id < 0 || id >= v->n)
        return;
    v->tokens[id] = text;
    v->scores[id] = -1000.0f;
    v->types[id] = type;
}

/* added_tokens.json: {text: id} */
static int add_from_added(struct vocab *v, struct err *err)
{
    const char *path = path_of(v, "added_tokens.json");
    struct json *j;
    yyjson_val *key, *value;
    size_t i, n;
    if (!path)
        return 0;
    if (json_load(&j, path, err))
        return -1;
    json_each_key(json_root(j), i, n, key, value)
        if (yyjson_is_uint(value) && yyjson_get_uint(value) < TOKEN_IDS_MAX)
            set_token(v, (int64_t)yyjson_get_uint(value),
                      pystr_of(arena_strndup(&v->a, yyjson_get_str(key), yyjson_get_len(key)), yyjson_get_len(key)),
                      T_USER_DEFINED);
    json_close(j);
    return 0;
}

/* is_phi: its converter neither guesses what is special nor turns marks into spaces. */
static void add_from_config(struct vocab *v, bool is_phi)
{
    yyjson_val *map = yyjson_obj_get(config_of(v), "added_tokens_decoder"), *key, *value;
    size_t i, n;
    json_each_key(map, i, n, key, value) {
        yyjson_val *content = yyjson_obj_get(value, "content");
        const struct pystr text = pystr_of(yyjson_get_str(content), yyjson_get_len(content));
        if (!yyjson_is_str(content))
            continue;
        const bool is_control = json_bool_or(value, "special", false) || (!is_phi && looks_special(text));
        set_token(v, strtol(yyjson_get_str(key), NULL, 10), is_control || is_phi ? text : with_spaces(v, text),
                  is_control ? T_CONTROL : T_USER_DEFINED);
    }
}

static void add_from_tokenizer(struct vocab *v)
{
    for (int i = 0; v->tokenizer && i < tokenizerjson_n_added(v->tokenizer); i++) {
        const struct added_token *t = tokenizerjson_added(v->tokenizer, i);
        set_token(v, t->id, t->content, t->is_special ? T_CONTROL : T_USER_DEFINED);
    }
}

static int fill_pieces(struct vocab *v, struct err *err)
{
    struct sp_model m;
    int64_t n_vocab;
    if (sentencepiece_load(&m, &v->a, v->model_path, err))
        return -1;
    const int rc = hfconfig_int(v->c, "vocab_size", &n_vocab, err);
    if (rc < 0 || reserve(v, rc > 0 && n_vocab > 0 ? n_vocab : m.n, err))
        return -1;
    for (int i = 0; i < m.n && i < v->n; i++) {
        v->tokens[i] = m.pieces[i].text;
        v->scores[i] = m.pieces[i].score;
        v->types[i] = type_of_piece[m.pieces[i].type];
    }
    return 0;
}

static int put_pieces(struct vocab *v, bool is_phi, struct err *err)
{
    if (fill_pieces(v, err) || add_from_added(v, err))
        return -1;
    add_from_config(v, is_phi);
    if (is_phi)
        add_from_tokenizer(v);
    put_tokens(v, "llama", "default", true);
    return specials_put(v->g, v->c, v->tokenizer, config_of(v), v->n, false, err);
}

/* ---- families ---- */

static int put_llama(struct vocab *v, struct err *err)
{
    yyjson_val *prefix = yyjson_obj_get(config_of(v), "add_prefix_space");
    int64_t n_vocab = 0;
    if (!v->tokenizer && !v->model_path && path_of(v, "tekken.json"))
        return err_set(err, ERR_UNSUPPORTED, "%s: has tekken.json alone, which only Mistral's own library reads: take a "
                       "release with tokenizer.json", hfconfig_dir(v->c));
    if (prefix && yyjson_is_bool(prefix))
        ggufout_bool(v->g, "tokenizer.ggml.add_space_prefix", yyjson_get_bool(prefix));
    if (v->model_path ? put_pieces(v, false, err) : put_bpe(v, err))
        return -1;
    if (hfconfig_int(v->c, "vocab_size", &n_vocab, err) < 0)
        return -1;
    if (n_vocab == 32016)
        return err_set(err, ERR_UNSUPPORTED, "%s: CodeLlama's infill tokens are not converted", hfconfig_dir(v->c));
    if (n_vocab == 49152) /* the reference takes this for a mark of small Granite models; SmolLM2 has it too */
        ggufout_bool(v->g, "tokenizer.ggml.add_bos_token", false);
    return 0;
}

static int put_qwen(struct vocab *v, struct err *err)
{
    return v->model_path ? put_pieces(v, false, err) : put_bpe(v, err);
}

static int put_phi(struct vocab *v, struct err *err)
{
    if (v->config && strcmp(json_str_or(config_of(v), "tokenizer_class", ""), "GPT2Tokenizer") == 0)
        return put_bpe(v, err);
    if (!v->model_path)
        return err_set(err, ERR_FORMAT, "%s: tokenizer.model is missing", hfconfig_dir(v->c));
    return put_pieces(v, true, err);
}

static int put_gemma(struct vocab *v, struct err *err)
{
    if (!v->model_path)
        return err_set(err, ERR_FORMAT, "%s: tokenizer.model is missing", hfconfig_dir(v->c));
    if (put_pieces(v, false, err))
        return -1;
    ggufout_bool(v->g, "tokenizer.ggml.add_space_prefix", false);
    return 0;
}

static int (*const families[])(struct vocab *v, struct err *err) = {
    [TOKENIZER_LLAMA] = put_llama,
    [TOKENIZER_QWEN] = put_qwen,
    [TOKENIZER_PHI] = put_phi,
    [TOKENIZER_GEMMA] = put_gemma,
};

int vocab_put(struct ggufout *g, const struct hfconfig *c, const struct sink *sink, struct err *err)
{
    struct vocab v = { .g = g, .c = c, .sink = sink };
    arena_init(&v.a);
    int ret = open_files(&v, err);
    if (ret == 0)
        ret = families[hfconfig_arch(c)->tokenizer](&v, err);
    close_files(&v);
    return ret;
}
