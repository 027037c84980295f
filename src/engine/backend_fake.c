/*
 * The fake model: a JSON file. Keys, and what is taken for a missing one:
 *   "perbit_fake_model" 1        required: what the file is known by
 *   "name" "fake", "seed" 1, "n_vocab" 300 (>= 258), "add_bos" false, "n_ctx_train" 4096
 *   "level" "BF16", "noise" 0.0  logits += noise * z(level, history): 0 is the base
 *   "n_params" 1000000, "bpw" 16 tensor bytes = n_params * bpw / 8
 *   "chat_template" none         a Jinja template, as a model file has it
 *   "delay_us_per_token" 0       decode sleeps so long for each token of a batch
 *   "says" []                    what it writes: {"after": TEXT, "text": TEXT or [BYTE ...], "forever": false}: where a sequence
 *                                ends in `after`, the text is next, then </s>; forever: the text again and again
 *   "fail_open" "message"        open fails with it
 *   "fail_decode_at" N           the Nth decode call fails (from 1); "abort_decode_at" N: it calls abort()
 *
 * Its adapter: {"perbit_fake_adapter": 1, "arch": "fake", "seed": 1, "strength": 1.0, "n_vocab" the model's, "n_params" 1000}
 *   logits += scale * strength * z(seed, history); tensor bytes = 2 * n_params
 *
 * Tokens 0..255 are bytes, 256 is <s>, 257 is </s>; the others are never made from text.
 * Logits depend on the seed and on a hash of every token of the sequence so far, so that a prefix shared
 * wrongly changes an answer.
 */
#include "engine/backend.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum { TOKEN_BOS = 256, TOKEN_EOS = 257, VOCAB_MIN = 258, VOCAB_MAX = 1 << 20, KV_BYTES_PER_TOKEN = 1024, SAID_MAX = 1 << 20 };

/* A text that follows another. */
struct said {
    const char *after;
    int n_after;
    unsigned char *text; /* [n_text] */
    int n_text;
    bool is_forever;
};

struct fake_adapter {
    uint64_t seed;
    double strength; /* times the scale; 0: none */
    int64_t n_bytes;
};

struct spec {
    const char *name, *level, *fail_open, *chat_template;
    struct said *says;
    int n_says;
    uint64_t seed;
    int n_vocab, n_ctx_train;
    bool add_bos;
    double noise, bpw;
    int64_t n_params, fail_decode_at, abort_decode_at, delay_us_per_token;
};

/* A sequence: one entry a position. */
struct fake_seq {
    uint64_t *hash; /* [n] hash of the history up to and with this position */
    int *cell;      /* [n] where a unified cache keeps it */
    int32_t *token; /* [n] */
    int *place;     /* [n] what it is saying: place_of(); -1: nothing */
    int n, cap;
};

struct fake {
    struct arena arena;
    struct spec spec;
    struct fake_adapter adapter;
    bool is_unified, is_no_alloc;
    struct fake_seq *seqs; /* [n_seq_max] */
    /* unified: a cell is shared by sequences, as in the engine, and the context is full without a free one */
    int n_cells, n_free;
    int *refs;             /* [n_cells] sequences that hold the cell */
    int *free_cells;       /* [n_free] */
    float *rows;           /* [n_outputs_max][n_vocab] */
    int *row_of;           /* [n_batch] row of a batch position, or -1 */
    int n_last;            /* positions of the last batch */
    int64_t n_decodes;
};

/* SplitMix64's finalizer. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t hash_text(const char *s)
{
    uint64_t h = 0;
    for (; *s; s++)
        h = mix(h ^ (unsigned char)*s);
    return h;
}

/* (0, 1), never the ends */
static double unit(uint64_t h)
{
    return ((double)(h >> 12) + 0.5) / 4503599627370496.0;
}

/* Nearly normal, mean 0 and variance 1: four uniforms of 16 bits. */
static double near_normal(uint64_t h)
{
    double sum = 0.0;
    for (int i = 0; i < 4; i++)
        sum += ((double)((h >> (16 * i)) & 0xffff) + 0.5) / 65536.0;
    return (sum - 2.0) * 1.7320508075688772;
}

/* Text is likelier than other bytes, so that answers and perplexities look like a language model's. */
static double prior(int token)
{
    if (token == ' ')
        return 4.0;
    if (token >= 'a' && token <= 'z')
        return 3.0;
    if (token == '\n' || (token > ' ' && token < 0x7f) || token == TOKEN_EOS)
        return 1.0;
    return -3.0;
}

/* Gumbel noise makes a peaked distribution: a few tokens carry most of the probability. */
static void fill_row(float *row, const struct spec *s, const struct fake_adapter *adapter, uint64_t history)
{
    uint64_t base = mix(history ^ s->seed), level = mix(history ^ hash_text(s->level)), own = mix(history ^ mix(adapter->seed));
    for (int v = 0; v < s->n_vocab; v++) {
        double x = prior(v) - 1.5 * log(-log(unit(mix(base + (uint64_t)v))));
        if (s->noise > 0.0)
            x += s->noise * near_normal(mix(level + (uint64_t)v));
        if (adapter->strength != 0.0)
            x += adapter->strength * near_normal(mix(own + (uint64_t)v));
        row[v] = (float)x;
    }
}

/* A number for (rule, how many of its bytes are said). */
static int place_of(int i_rule, int n_said)
{
    return i_rule * SAID_MAX + n_said;
}

static bool ends_in(const struct fake_seq *s, const struct said *rule)
{
    if (rule->n_after > s->n)
        return false;
    for (int i = 0; i < rule->n_after; i++)
        if (s->token[s->n - rule->n_after + i] != (unsigned char)rule->after[i])
            return false;
    return true;
}

/* Where the last token leaves what is being said. */
static int next_place(const struct spec *spec, const struct fake_seq *s)
{
    const int before = s->n > 1 ? s->place[s->n - 2] : -1;
    if (before >= 0) {
        const int i_rule = before / SAID_MAX, at = before % SAID_MAX;
        const struct said *rule = &spec->says[i_rule];
        if (at < rule->n_text && s->token[s->n - 1] == rule->text[at])
            return place_of(i_rule, at + 1 == rule->n_text && rule->is_forever ? 0 : at + 1);
    }
    for (int i = 0; i < spec->n_says; i++)
        if (ends_in(s, &spec->says[i]))
            return place_of(i, 0);
    return -1;
}

static void say(float *row, const struct spec *spec, int place)
{
    if (place < 0)
        return;
    const struct said *rule = &spec->says[place / SAID_MAX];
    const int at = place % SAID_MAX;
    row[at < rule->n_text ? rule->text[at] : TOKEN_EOS] += 1000.0f;
}

static int read_said(struct said *out, struct arena *a, yyjson_val *v, const char *path, struct err *err)
{
    yyjson_val *text = yyjson_obj_get(v, "text"), *item;
    size_t i, n;
    out->after = arena_strdup(a, json_str_or(v, "after", ""));
    out->n_after = (int)strlen(out->after);
    out->is_forever = json_bool_or(v, "forever", false);
    out->n_text = (int)(yyjson_is_str(text) ? yyjson_get_len(text) : yyjson_arr_size(text));
    if (out->n_after == 0 || out->n_text >= SAID_MAX || (out->is_forever && out->n_text == 0))
        return err_set(err, ERR_FORMAT, "%s: says: expected {\"after\": TEXT, \"text\": TEXT or bytes below %d}", path, SAID_MAX);
    out->text = arena_alloc(a, (size_t)out->n_text + 1);
    if (yyjson_is_str(text))
        memcpy(out->text, yyjson_get_str(text), (size_t)out->n_text);
    else
        yyjson_arr_foreach(text, i, n, item)
            out->text[i] = (unsigned char)yyjson_get_int(item);
    return 0;
}

static int read_says(struct spec *out, struct arena *a, yyjson_val *list, const char *path, struct err *err)
{
    size_t i, n;
    yyjson_val *v;
    out->says = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof *out->says);
    yyjson_arr_foreach(list, i, n, v)
        if (read_said(&out->says[out->n_says++], a, v, path, err) < 0)
            return -1;
    return 0;
}

/* The engine's words for the same mistakes: engine/adapter_gguf.h. */
static int read_adapter(struct fake_adapter *out, const struct spec *s, const struct backend_params *p, const char *model,
                        struct err *err)
{
    struct json *j;
    int ret = -1;
    if (!p->adapter)
        return 0;
    if (json_load(&j, p->adapter, err) < 0)
        return -1;
    yyjson_val *root = json_root(j);
    const char *arch = json_str_or(root, "arch", "fake");
    if (json_int_or(root, "perbit_fake_adapter", 0) != 1)
        err_set(err, ERR_MODEL, "%s: not an adapter of the fake model", p->adapter);
    else if (strcmp(arch, "fake") != 0)
        err_set(err, ERR_MODEL, "%s: an adapter for models of architecture %s, this one is fake", p->adapter, arch);
    else if (json_int_or(root, "n_vocab", s->n_vocab) != s->n_vocab)
        err_set(err, ERR_MODEL, "%s: not an adapter for %s: it has another vocabulary", p->adapter, model);
    else
        ret = 0;
    out->seed = (uint64_t)json_int_or(root, "seed", 1);
    out->strength = p->adapter_scale * json_num_or(root, "strength", 1.0);
    out->n_bytes = 2 * json_int_or(root, "n_params", 1000);
    json_close(j);
    return ret;
}

static int read_spec(struct spec *out, struct arena *a, const char *path, struct err *err)
{
    struct json *j = NULL;
    if (json_load(&j, path, err) < 0)
        return -1;
    yyjson_val *root = json_root(j);
    int ret = -1;
    if (!yyjson_is_obj(root) || json_int_or(root, "perbit_fake_model", 0) != 1) {
        err_set(err, ERR_FORMAT, "%s: expected a fake model, an object with \"perbit_fake_model\": 1", path);
        goto done;
    }
    int64_t n_vocab = json_int_or(root, "n_vocab", 300), n_ctx_train = json_int_or(root, "n_ctx_train", 4096);
    *out = (struct spec){
        .name = arena_strdup(a, json_str_or(root, "name", "fake")),
        .level = arena_strdup(a, json_str_or(root, "level", "BF16")),
        .fail_open = arena_strdup(a, json_str_or(root, "fail_open", NULL)),
        .chat_template = arena_strdup(a, json_str_or(root, "chat_template", NULL)),
        .seed = (uint64_t)json_int_or(root, "seed", 1),
        .add_bos = json_bool_or(root, "add_bos", false),
        .noise = json_num_or(root, "noise", 0.0),
        .bpw = json_num_or(root, "bpw", 16.0),
        .n_params = json_int_or(root, "n_params", 1000000),
        .fail_decode_at = json_int_or(root, "fail_decode_at", 0),
        .abort_decode_at = json_int_or(root, "abort_decode_at", 0),
        .delay_us_per_token = json_int_or(root, "delay_us_per_token", 0),
    };
    if (n_vocab < VOCAB_MIN || n_vocab > VOCAB_MAX || n_ctx_train < 1 || n_ctx_train > INT_MAX ||
        out->n_params < 1 || !(out->noise >= 0.0) || !(out->bpw > 0.0 && out->bpw <= 64.0)) {
        err_set(err, ERR_FORMAT, "%s: n_vocab must be %d to %d, n_ctx_train and n_params positive, noise not "
                "negative, bpw above 0 and at most 64", path, VOCAB_MIN, VOCAB_MAX);
        goto done;
    }
    out->n_vocab = (int)n_vocab;
    out->n_ctx_train = (int)n_ctx_train;
    ret = read_says(out, a, yyjson_obj_get(root, "says"), path, err);
done:
    json_close(j);
    return ret;
}

static int64_t tensor_bytes(const struct spec *s)
{
    return (int64_t)((double)s->n_params * s->bpw / 8.0);
}

static bool claims(const unsigned char *head, size_t n)
{
    static const char key[] = "\"perbit_fake_model\"";
    size_t i = 0;
    while (i < n && (head[i] == ' ' || head[i] == '\n' || head[i] == '\r' || head[i] == '\t'))
        i++;
    return i < n && head[i] == '{' && memmem(head + i, n - i, key, sizeof(key) - 1) != NULL;
}

static void close_fake(struct backend *b)
{
    struct fake *f = b->impl;
    if (!f)
        return;
    for (int s = 0; f->seqs && s < b->info.n_seq_max; s++) {
        free(f->seqs[s].hash);
        free(f->seqs[s].token);
        free(f->seqs[s].place);
        free(f->seqs[s].cell);
    }
    free(f->seqs);
    free(f->refs);
    free(f->free_cells);
    free(f->rows);
    free(f->row_of);
    arena_release(&f->arena);
    free(f);
    b->impl = NULL;
}

static void set_info(struct backend_info *info, const struct spec *s, const struct backend_params *p)
{
    int n_ctx = p->n_ctx > 0 ? p->n_ctx : s->n_ctx_train;
    int n_batch = p->n_batch < n_ctx ? p->n_batch : n_ctx;
    *info = (struct backend_info){
        .backend = "fake",
        .build = "fake 1",
        .system = "none",
        .devices = "none",
        .n_vocab = s->n_vocab,
        .n_ctx_train = s->n_ctx_train,
        .n_ctx_seq = p->kv_unified ? n_ctx : n_ctx / p->n_seq_max,
        .n_threads = p->n_threads > 0 ? p->n_threads : 1,
        .n_batch = n_batch,
        .n_seq_max = p->n_seq_max,
        .n_outputs_max = p->n_outputs_max > 0 && p->n_outputs_max < n_batch ? p->n_outputs_max : n_batch,
        .bos = TOKEN_BOS,
        .eos = TOKEN_EOS,
        .add_bos = s->add_bos,
        .chat_template = s->chat_template,
        .is_left_to_right = true,
        .is_synthetic = true,
        .kv_bytes = (int64_t)n_ctx * KV_BYTES_PER_TOKEN,
        .weights_bytes = tensor_bytes(s),
        .model_desc = "fake model",
        .model_bytes = tensor_bytes(s),
        .n_params = s->n_params,
        .build_commit = "fake",
        .cpu_info = "none",
        .gpu_info = "",
        .backends = "CPU",
    };
    info->compute_bytes = (int64_t)info->n_outputs_max * s->n_vocab * (int64_t)sizeof(float);
}

static int open_fake(struct backend *b, const char *path, const struct backend_params *p, struct err *err)
{
    struct fake *f = xcalloc(1, sizeof(*f));
    arena_init(&f->arena);
    b->impl = f;
    if (read_spec(&f->spec, &f->arena, path, err) < 0)
        goto failed;
    if (f->spec.fail_open) {
        err_set(err, ERR_MODEL, "%s: %s", path, f->spec.fail_open);
        goto failed;
    }
    if (p->n_seq_max < 1 || p->n_seq_max > 1 << 16 || p->n_batch < 1 || p->n_ubatch < 1 || p->n_ctx < 0 ||
        p->n_outputs_max < 0 || (p->n_ctx > 0 && !p->kv_unified && p->n_ctx < p->n_seq_max)) {
        err_set(err, ERR_RANGE, "%s: n_ctx %d, n_batch %d, n_ubatch %d, n_seq_max %d, n_outputs_max %d: out of range",
                path, p->n_ctx, p->n_batch, p->n_ubatch, p->n_seq_max, p->n_outputs_max);
        goto failed;
    }
    if (read_adapter(&f->adapter, &f->spec, p, path, err) < 0)
        goto failed;
    set_info(&b->info, &f->spec, p);
    b->info.adapter_bytes = f->adapter.n_bytes;
    f->is_unified = p->kv_unified;
    f->is_no_alloc = p->no_alloc;
    f->seqs = xcalloc((size_t)b->info.n_seq_max, sizeof(*f->seqs));
    f->rows = xmalloc((size_t)b->info.compute_bytes);
    f->row_of = xcalloc((size_t)b->info.n_batch, sizeof(*f->row_of));
    f->n_cells = f->is_unified ? b->info.n_ctx_seq : 0;
    if (f->n_cells > 0) {
        f->refs = xcalloc((size_t)f->n_cells, sizeof(*f->refs));
        f->free_cells = xcalloc((size_t)f->n_cells, sizeof(*f->free_cells));
        for (int i = 0; i < f->n_cells; i++)
            f->free_cells[f->n_free++] = f->n_cells - 1 - i;
    }
    return 0;
failed:
    close_fake(b);
    return -1;
}

static int tokenize(struct backend *b, const char *text, size_t n_bytes, bool add_special, bool parse_special,
                    int32_t **out, int *out_n, struct err *err)
{
    if (n_bytes > INT_MAX / 8)
        return err_set(err, ERR_RANGE, "a text of %zu bytes is too long to be tokenized at once", n_bytes);
    int32_t *tokens = xmalloc((n_bytes + 1) * sizeof(*tokens));
    int n = 0;
    if (add_special && b->info.add_bos)
        tokens[n++] = TOKEN_BOS;
    for (size_t i = 0; i < n_bytes; ) {
        size_t left = n_bytes - i;
        if (parse_special && left >= 3 && memcmp(text + i, "<s>", 3) == 0) {
            tokens[n++] = TOKEN_BOS;
            i += 3;
        } else if (parse_special && left >= 4 && memcmp(text + i, "</s>", 4) == 0) {
            tokens[n++] = TOKEN_EOS;
            i += 4;
        } else {
            tokens[n++] = (unsigned char)text[i++];
        }
    }
    *out = tokens;
    *out_n = n;
    return 0;
}

static int piece(struct backend *b, int32_t token, char *out, int out_bytes)
{
    char text[32] = { 0 };
    int n = 1;
    if (token < 0 || token >= b->info.n_vocab)
        return 0;
    if (token < 256)
        text[0] = (char)token;
    else if (token == TOKEN_BOS || token == TOKEN_EOS)
        n = snprintf(text, sizeof(text), "%s", token == TOKEN_BOS ? "<s>" : "</s>");
    else
        n = snprintf(text, sizeof(text), "<%d>", token);
    if (n > out_bytes)
        return -n;
    memcpy(out, text, (size_t)n);
    return n;
}

static int detokenize(struct backend *b, const int32_t *tokens, int n, char *out, int out_bytes)
{
    char text[32];
    int total = 0;
    for (int i = 0; i < n; i++) {
        const bool is_special = tokens[i] == TOKEN_BOS || tokens[i] == TOKEN_EOS;
        const int n_text = is_special ? 0 : piece(b, tokens[i], text, (int)sizeof(text));
        if (total + n_text <= out_bytes)
            memcpy(out + total, text, (size_t)n_text);
        total += n_text;
    }
    return total <= out_bytes ? total : -total;
}

static bool is_eog(struct backend *b, int32_t token)
{
    (void)b;
    return token == TOKEN_EOS;
}

static void reserve(struct fake_seq *s, int n)
{
    if (n <= s->cap)
        return;
    s->cap = n > 2 * s->cap ? n : 2 * s->cap;
    s->hash = xrealloc(s->hash, (size_t)s->cap * sizeof(*s->hash));
    s->cell = xrealloc(s->cell, (size_t)s->cap * sizeof(*s->cell));
    s->token = xrealloc(s->token, (size_t)s->cap * sizeof(*s->token));
    s->place = xrealloc(s->place, (size_t)s->cap * sizeof(*s->place));
}

static void cut(struct fake *f, struct fake_seq *s, int n)
{
    for (; s->n > n; s->n--) {
        int cell = s->cell[s->n - 1];
        if (f->is_unified && --f->refs[cell] == 0)
            f->free_cells[f->n_free++] = cell;
    }
}

static void push(struct fake *f, struct fake_seq *s, int32_t token)
{
    uint64_t before = s->n > 0 ? s->hash[s->n - 1] : 0x5eed;
    int cell = -1;
    reserve(s, s->n + 1);
    if (f->is_unified) {
        cell = f->free_cells[--f->n_free];
        f->refs[cell] = 1;
    }
    s->hash[s->n] = mix(before * 31 + (uint64_t)token + 1);
    s->cell[s->n] = cell;
    s->token[s->n++] = token;
    s->place[s->n - 1] = next_place(&f->spec, s);
}

static void wait_for(int64_t us)
{
    struct timespec t = { .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };
    if (us > 0)
        nanosleep(&t, NULL);
}

/* The batch is checked as a whole before a token of it is taken: a refused one changes nothing. */
static int check(struct backend *b, const struct batch *batch, struct err *err)
{
    struct fake *f = b->impl;
    if (f->is_no_alloc)
        return err_set(err, ERR_MODEL, "the model was opened to plan memory only (no_alloc)");
    if (f->n_decodes == f->spec.fail_decode_at)
        return err_set(err, ERR_MODEL, "decode failed: the fake model was told to fail at call %lld",
                       (long long)f->n_decodes);
    if (f->is_unified && batch->n > f->n_free)
        return err_set(err, ERR_MODEL, "the context is full: no room for the batch (%d of %d tokens are free)",
                       f->n_free, f->n_cells);
    int *len = xmalloc((size_t)b->info.n_seq_max * sizeof(*len));
    int ret = 0;
    for (int s = 0; s < b->info.n_seq_max; s++)
        len[s] = f->seqs[s].n;
    for (int i = 0; i < batch->n && ret == 0; i++) {
        if (batch->pos[i] != len[batch->seq[i]]++)
            ret = err_set(err, ERR_MODEL, "batch[%d]: position %d of sequence %d, expected %d", i, batch->pos[i],
                          batch->seq[i], len[batch->seq[i]] - 1);
    }
    free(len);
    return ret;
}

static int decode(struct backend *b, const struct batch *batch, struct err *err)
{
    struct fake *f = b->impl;
    f->n_last = 0;
    f->n_decodes++;
    if (f->n_decodes == f->spec.abort_decode_at)
        abort();
    if (check(b, batch, err) < 0)
        return -1;
    int n_rows = 0;
    for (int i = 0; i < batch->n; i++) {
        struct fake_seq *s = &f->seqs[batch->seq[i]];
        push(f, s, batch->token[i]);
        f->row_of[i] = batch->want_logits[i] ? n_rows++ : -1;
        if (!batch->want_logits[i])
            continue;
        float *row = f->rows + (size_t)f->row_of[i] * (size_t)f->spec.n_vocab;
        fill_row(row, &f->spec, &f->adapter, s->hash[s->n - 1]);
        say(row, &f->spec, s->place[s->n - 1]);
    }
    f->n_last = batch->n;
    wait_for(f->spec.delay_us_per_token * batch->n);
    return 0;
}

static const float *logits(struct backend *b, int i_batch)
{
    struct fake *f = b->impl;
    if (i_batch < 0 || i_batch >= f->n_last || f->row_of[i_batch] < 0)
        return NULL;
    return f->rows + (size_t)f->row_of[i_batch] * (size_t)f->spec.n_vocab;
}

static void clear(struct backend *b)
{
    struct fake *f = b->impl;
    f->n_last = 0;
    for (int s = 0; s < b->info.n_seq_max; s++)
        cut(f, &f->seqs[s], 0);
}

static int seq_copy(struct backend *b, int from, int to, struct err *err)
{
    (void)err;
    struct fake *f = b->impl;
    struct fake_seq *src = &f->seqs[from], *dst = &f->seqs[to];
    cut(f, dst, 0);
    reserve(dst, src->n);
    for (int i = 0; i < src->n; i++) {
        dst->hash[i] = src->hash[i];
        dst->cell[i] = src->cell[i];
        dst->token[i] = src->token[i];
        dst->place[i] = src->place[i];
        if (f->is_unified)
            f->refs[src->cell[i]]++;
    }
    dst->n = src->n;
    return 0;
}

static int seq_remove(struct backend *b, int seq, int from_pos, struct err *err)
{
    (void)err;
    struct fake *f = b->impl;
    cut(f, &f->seqs[seq], from_pos > 0 ? from_pos : 0);
    return 0;
}

static void synchronize(struct backend *b)
{
    (void)b;
}

static int inspect(struct modelfile *out, struct arena *a, const char *path, struct err *err)
{
    struct spec s;
    int64_t file_bytes = 0;
    if (read_spec(&s, a, path, err) < 0 || fs_size(&file_bytes, path, err) < 0)
        return -1;
    struct modelfile_type *type = arena_alloc(a, sizeof(*type));
    *type = (struct modelfile_type){
        .name = s.level, .n_tensors = 1, .n_params = s.n_params, .n_bytes = tensor_bytes(&s),
    };
    *out = (struct modelfile){
        .path = arena_strdup(a, path),
        .name = s.name,
        .arch = "fake",
        .label = s.level,
        .file_bytes = file_bytes,
        .tensor_bytes = tensor_bytes(&s),
        .n_params = s.n_params,
        .n_tensors = 1,
        .n_layer = 1,
        .n_embd = 1,
        .n_ctx_train = s.n_ctx_train,
        .n_vocab = s.n_vocab,
        .kv_bytes_per_token = KV_BYTES_PER_TOKEN,
        .is_synthetic = true,
        .n_types = 1,
        .types = type,
    };
    return 0;
}

const struct backend_ops backend_fake_ops = {
    .name = "fake",
    .claims = claims,
    .open = open_fake,
    .close = close_fake,
    .tokenize = tokenize,
    .piece = piece,
    .detokenize = detokenize,
    .is_eog = is_eog,
    .decode = decode,
    .logits = logits,
    .clear = clear,
    .seq_copy = seq_copy,
    .seq_remove = seq_remove,
    .synchronize = synchronize,
    .inspect = inspect,
};
