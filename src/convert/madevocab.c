#include "convert/madevocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "convert/bytelevel.h"

#include "base/banned.h"

enum {
    T_NORMAL = 1, T_UNKNOWN, T_CONTROL, T_BYTE = 6, /* gguf.TokenType */
    N_BYTES = 256,
    N_CONTROL = 4,
    N_LETTERS = 26,
    N_TOKENS_MIN = N_BYTES + N_CONTROL + N_LETTERS + 1,
    N_TOKENS_MAX = 1 << 20,
    WORD_MAX = 8,
};

struct made {
    struct arena a;
    struct pystr *tokens, *merges;
    int32_t *types;
    float *scores;
    int n_tokens, n_merges, n;
};

static void add(struct made *m, struct pystr text, int type)
{
    m->tokens[m->n] = text;
    m->types[m->n] = type;
    m->scores[m->n] = -(float)m->n;
    m->n++;
}

static struct pystr kept(struct made *m, const char *s)
{
    return pystr_z(arena_strdup(&m->a, s));
}

/* Number i of aa, ab .. zz, aaa ..; out [WORD_MAX + 1] */
static void word(char *out, int64_t i)
{
    int n = 2;
    int64_t of_length = 26 * 26;
    for (; i >= of_length; of_length *= 26, n++)
        i -= of_length;
    out[n] = '\0';
    for (int k = n - 1; k >= 0; k--, i /= 26)
        out[k] = (char)('a' + i % 26);
}

static void add_words(struct made *m, int n, const char *before)
{
    char text[WORD_MAX + 1];
    for (int i = 0; i < n; i++) {
        word(text, i);
        add(m, pystr_z(arena_printf(&m->a, "%s%s", before, text)), T_NORMAL);
    }
}

static void add_bytes_bpe(struct made *m)
{
    struct buf text = BUF_INIT;
    for (int i = 0; i < N_BYTES; i++) {
        const char byte = (char)i;
        buf_clear(&text);
        bytelevel_encode(&text, &byte, 1);
        add(m, kept(m, text.data), T_NORMAL);
    }
    buf_release(&text);
}

/* A word is what is merged of its beginning and its end, wherever it is cut: first behind all but one letter, then earlier. */
static void add_merges(struct made *m, int n_words)
{
    char text[WORD_MAX + 1];
    for (int cut = 1; m->n < m->n_merges && cut < WORD_MAX; cut++) {
        const int before = m->n;
        for (int i = 0; m->n < m->n_merges && i < n_words; i++) {
            word(text, i);
            const int at = (int)strlen(text) - cut;
            if (at >= 1)
                m->merges[m->n++] = pystr_z(arena_printf(&m->a, "%.*s %s", at, text, text + at));
        }
        if (m->n == before)
            break;
    }
    m->n_merges = m->n;
}

static void put_bpe(struct made *m, struct ggufout *g)
{
    /* the engine looks for these four by name in a model that is named phi-3 */
    static const char *const control[N_CONTROL] = { "<s>", "</s>", "<|endoftext|>", "<unk>" };
    const int n_words = m->n_tokens - N_BYTES - N_CONTROL, first = m->n_tokens - N_CONTROL;
    add_bytes_bpe(m);
    add_words(m, n_words, "");
    for (int i = 0; i < N_CONTROL; i++)
        add(m, pystr_z(control[i]), T_CONTROL);
    m->n = 0;
    add_merges(m, n_words);
    ggufout_str(g, "tokenizer.ggml.model", "gpt2");
    ggufout_str(g, "tokenizer.ggml.pre", "gpt-2");
    ggufout_strs(g, "tokenizer.ggml.tokens", m->tokens, m->n_tokens);
    ggufout_i32s(g, "tokenizer.ggml.token_type", m->types, m->n_tokens);
    ggufout_strs(g, "tokenizer.ggml.merges", m->merges, m->n_merges);
    ggufout_u32(g, "tokenizer.ggml.bos_token_id", first);
    ggufout_u32(g, "tokenizer.ggml.eos_token_id", first + 1);
    ggufout_u32(g, "tokenizer.ggml.padding_token_id", first + 2);
    ggufout_bool(g, "tokenizer.ggml.add_bos_token", false);
}

static void put_sentencepiece(struct made *m, struct ggufout *g)
{
    static const char *const control[N_CONTROL] = { "<pad>", "<eos>", "<bos>", "<unk>" };
    char text[16];
    for (int i = 0; i < N_CONTROL; i++)
        add(m, pystr_z(control[i]), i + 1 < N_CONTROL ? T_CONTROL : T_UNKNOWN);
    for (int i = 0; i < N_BYTES; i++) {
        snprintf(text, sizeof text, "<0x%02X>", (unsigned)i);
        add(m, kept(m, text), T_BYTE);
    }
    /* what words are merged of: letters, then words that begin inside a text, then such that stand behind a space */
    add(m, pystr_z("\xe2\x96\x81"), T_NORMAL);
    for (int i = 0; i < N_LETTERS; i++)
        add(m, kept(m, (char[]){ (char)('a' + i), '\0' }), T_NORMAL);
    const int n_words = m->n_tokens - m->n;
    add_words(m, n_words / 2, "");
    add_words(m, n_words - n_words / 2, "\xe2\x96\x81");
    ggufout_str(g, "tokenizer.ggml.model", "llama");
    ggufout_str(g, "tokenizer.ggml.pre", "default");
    ggufout_strs(g, "tokenizer.ggml.tokens", m->tokens, m->n_tokens);
    ggufout_f32s(g, "tokenizer.ggml.scores", m->scores, m->n_tokens);
    ggufout_i32s(g, "tokenizer.ggml.token_type", m->types, m->n_tokens);
    ggufout_u32(g, "tokenizer.ggml.bos_token_id", 2);
    ggufout_u32(g, "tokenizer.ggml.eos_token_id", 1);
    ggufout_u32(g, "tokenizer.ggml.unknown_token_id", 3);
    ggufout_u32(g, "tokenizer.ggml.padding_token_id", 0);
    ggufout_bool(g, "tokenizer.ggml.add_bos_token", true);
}

int madevocab_put(struct ggufout *g, const char *kind, int64_t n_tokens, int64_t n_merges, struct err *err)
{
    const bool is_bpe = strcmp(kind, "bpe") == 0;
    if (!is_bpe && strcmp(kind, "sentencepiece") != 0)
        return err_set(err, ERR_FORMAT, "tokenizer '%.40s': is bpe or sentencepiece", kind);
    if (n_tokens < N_TOKENS_MIN || n_tokens > N_TOKENS_MAX)
        return err_set(err, ERR_RANGE, "a vocabulary of %lld tokens: made ones have %d to %d", (long long)n_tokens, N_TOKENS_MIN,
                       N_TOKENS_MAX);
    if (n_merges < 0 || n_merges > 4 * n_tokens)
        return err_set(err, ERR_RANGE, "%lld merges for %lld tokens", (long long)n_merges, (long long)n_tokens);
    struct made m = { .n_tokens = (int)n_tokens, .n_merges = (int)(n_merges ? n_merges : n_tokens - N_BYTES - N_CONTROL) };
    arena_init(&m.a);
    m.tokens = xcalloc((size_t)m.n_tokens, sizeof *m.tokens);
    m.types = xcalloc((size_t)m.n_tokens, sizeof *m.types);
    m.scores = xcalloc((size_t)m.n_tokens, sizeof *m.scores);
    m.merges = xcalloc((size_t)m.n_merges, sizeof *m.merges);
    if (is_bpe)
        put_bpe(&m, g);
    else
        put_sentencepiece(&m, g);
    free(m.tokens);
    free(m.types);
    free(m.scores);
    free(m.merges);
    arena_release(&m.a);
    return 0;
}
