/*
 * generator over fake models, whose logits depend on the whole history: random runs under any number of slots and tight
 * limits of cells and batches, each text equal to that of a loop of one token a call; stop texts that come in pieces;
 * ends and limits; what is computed once; draws; bytes that are not UTF-8; bad items; stops and failures in the middle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "engine/generator.h"
#include "unit/engine_fixture.h"

enum { BOS = 256, EOS = 257, N_VOCAB = 270, MAX_ITEMS = 24 };

static struct text text_of(const char *s)
{
    return (struct text){ .s = s, .n_bytes = strlen(s) };
}

/* ---- the loop to compare with: one sequence, one token a call, whole texts searched each time ---- */

/* Bytes at s that could begin a valid sequence and do not go on as one. */
static size_t naive_bad_part(const char *s, size_t n)
{
    char whole[8];
    for (size_t k = n < 3 ? n : 3; k > 1; k--) {
        memcpy(whole, s, k);
        memset(whole + k, 0x80, 3);
        for (size_t more = 1; k + more <= 4; more++)
            if (utf8_is_valid(whole, k + more) && utf8_count(whole, k + more) == 1)
                return k;
    }
    return 1;
}

static void naive_repair(struct buf *out, const char *s, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes;) {
        size_t k = n_bytes - i < 4 ? n_bytes - i : 4;
        while (k > 0 && !(utf8_is_valid(s + i, k) && utf8_count(s + i, k) == 1))
            k--;
        if (k > 0) {
            buf_append(out, s + i, k);
            i += k;
        } else {
            buf_puts(out, "\xef\xbf\xbd");
            i += naive_bad_part(s + i, n_bytes - i);
        }
    }
}

static int32_t naive_step(struct fixture *f, struct picker *p, int32_t token, int pos)
{
    struct batch batch;
    batch_init(&batch, 1);
    batch_add(&batch, token, pos, 0, true);
    if (backend_decode(f->naive, &batch, &f->err))
        fail_msg("%s", f->err.msg);
    batch_release(&batch);
    return picker_next(p, backend_logits(f->naive, 0), N_VOCAB);
}

static bool holds(const struct buf *b, const char *s)
{
    return s[0] && memmem(b->data, b->len, s, strlen(s));
}

static bool is_stopped(const struct buf *b, const struct generation *in)
{
    bool is = holds(b, "</s>");
    for (int i = 0; i < in->n_until; i++)
        is |= holds(b, in->until[i]);
    return is;
}

static void naive_cut(struct generated *out, const struct generation *in)
{
    for (int i = 0; i <= in->n_until; i++) {
        const char *stop = i < in->n_until ? in->until[i] : "</s>";
        const char *at = stop[0] ? memmem(out->text, out->n_bytes, stop, strlen(stop)) : NULL;
        out->n_bytes = at ? (size_t)(at - out->text) : out->n_bytes;
    }
}

static void naive_text(struct fixture *f, struct generated *out, const struct generation *in, bool add_bos,
                       int max_length, struct picker_params pick)
{
    int32_t ids[LONGEST];
    struct buf written = BUF_INIT, plain = BUF_INIT, text = BUF_INIT;
    struct picker p;
    int n = 0;
    if (add_bos || in->prompt.n_bytes == 0)
        ids[n++] = BOS;
    for (size_t i = 0; i < in->prompt.n_bytes; i++)
        ids[n++] = (unsigned char)in->prompt.s[i];
    const int n_cut = n > max_length - in->max_tokens ? n - (max_length - in->max_tokens) : 0;
    *out = (struct generated){ .n_prompt_tokens = n - n_cut, .n_cut = n_cut };
    picker_init(&p, pick, in->seed);
    backend_clear(f->naive);
    int32_t token = -1;
    int pos = 0;
    for (int i = n_cut; i < n; i++)
        token = naive_step(f, i == n - 1 ? &p : &(struct picker){ 0 }, ids[i], pos++);
    for (;;) {
        out->n_tokens++;
        out->why = token == EOS ? GENERATED_EOG : GENERATED_NOTHING;
        if (out->why)
            break;
        if (token == BOS)
            buf_puts(&written, "<s>");
        else if (token > EOS)
            buf_printf(&written, "<%d>", token), buf_printf(&plain, "<%d>", token);
        else
            buf_putc(&written, (char)token), buf_putc(&plain, (char)token);
        out->why = is_stopped(&written, in) ? GENERATED_STOP : out->n_tokens == in->max_tokens ? GENERATED_LIMIT : 0;
        if (out->why)
            break;
        token = naive_step(f, &p, token, pos++);
    }
    naive_repair(&text, plain.data, plain.len);
    out->n_bytes = text.len;
    out->text = buf_detach(&text);
    naive_cut(out, in);
    buf_release(&written);
    buf_release(&plain);
}

static void assert_same(const struct generated *got, const struct generated *want, int i)
{
    if (got->problem)
        fail_msg("item %d: %s", i, got->problem);
    assert_int_equal(got->why, want->why);
    if (got->n_bytes != want->n_bytes || memcmp(got->text, want->text, want->n_bytes) != 0)
        fail_msg("item %d: '%s', token by token '%.*s'", i, got->text, (int)want->n_bytes, want->text);
    assert_int_equal(got->text[got->n_bytes], '\0');
    assert_int_equal(got->n_tokens, want->n_tokens);
    assert_int_equal(got->n_prompt_tokens, want->n_prompt_tokens);
    assert_int_equal(got->n_cut, want->n_cut);
    assert_true(got->seconds >= 0);
    assert_true(utf8_is_valid(got->text, got->n_bytes));
}

/* ---- random runs ---- */

static int below(struct fixture *f, int n)
{
    return (int)rand_below(&f->rng, (uint64_t)n);
}

static const char *random_text(struct fixture *f, int n_max)
{
    char s[LONGEST + 1] = { 0 };
    const int n = below(f, n_max + 1);
    for (int i = 0; i < n; i++)
        s[i] = "ab \n"[below(f, 10) < 8 ? below(f, 2) : below(f, 4)];
    return arena_strdup(&f->arena, s);
}

static const char *const *random_until(struct fixture *f, int *out_n)
{
    static const char *const pool[] = { "\n", " a", "e ", "t", "zz", "", "q ", "</s>", "<s>", "  " };
    const char **until = arena_alloc(&f->arena, 3 * sizeof *until);
    *out_n = below(f, 3);
    for (int i = 0; i < *out_n; i++)
        until[i] = pool[below(f, 10)];
    return until;
}

/* Items with a common beginning (or none). */
static int random_items(struct fixture *f, struct generation *in, int longest)
{
    const char *shots = below(f, 2) ? random_text(f, longest / 4) : "";
    const int n = 1 + below(f, MAX_ITEMS);
    for (int i = 0; i < n; i++) {
        in[i] = (struct generation){
            .prompt = text_of(arena_printf(&f->arena, "%s%s", shots, random_text(f, longest / 8))),
            .max_tokens = 1 + below(f, longest / 2 - 2), .seed = generation_seed(9, i),
        };
        in[i].until = random_until(f, &in[i].n_until);
    }
    return n;
}

static void random_runs(void **state)
{
    struct fixture *f = *state;
    struct generation in[MAX_ITEMS];
    struct generated got[MAX_ITEMS], want;
    int64_t n_why[5] = { 0 }, asked = 0, decoded = 0, waits = 0;
    for (int round = 0; round < 100; round++) {
        const bool add_bos = below(f, 2);
        const int longest = 20 + below(f, 150);
        const struct generator_params gp = {
            .share = below(f, 4) > 0, .kv_unified = below(f, 2), .n_slots = 1 + below(f, 12), .n_batch = 1 + below(f, 80), .n_piece = 1 + below(f, below(f, 2) ? 6 : 40),
            .n_ctx = longest + 2 + below(f, 2) * below(f, 400), .max_length = below(f, 3) ? 0 : longest / 2,
            .pick = { .temperature = below(f, 3) ? 0 : 1.5, .top_k = below(f, 2) * 40, .top_p = below(f, 2) * 0.9 },
        };
        struct backend_params bp = { 0 };
        struct generator *g;
        struct generator_stats st;
        generator_backend_params(&bp, &gp);
        struct backend *b = open_model(f, add_bos ? f->bos_model : f->model, &bp);
        b->info.is_recurrent = below(f, 5) == 0;
        b->info.n_swa = below(f, 5) == 0;
        if (generator_open(&g, b, &gp, &f->err))
            fail_msg("%s", f->err.msg);
        for (int run = 0; run < 3; run++) {
            const int n = random_items(f, in, longest);
            if (generator_run(g, in, n, got, NULL, &f->err))
                fail_msg("round %d: %s", round, f->err.msg);
            for (int i = 0; i < n; i++) {
                naive_text(f, &want, &in[i], add_bos, gp.max_length ? gp.max_length : 4096, gp.pick);
                assert_same(&got[i], &want, i);
                n_why[got[i].why]++;
                generated_release(&got[i]);
                generated_release(&want);
            }
        }
        generator_stats(g, &st);
        assert_true(st.prompt_tokens_decoded <= st.prompt_tokens);
        if (!gp.share || b->info.is_recurrent)
            assert_int_equal(st.prompt_tokens_decoded, st.prompt_tokens);
        asked += st.prompt_tokens;
        decoded += st.prompt_tokens_decoded;
        waits += st.n_waits;
        generator_close(g);
        backend_close(b);
    }
    print_message("%lld stopped, %lld ended, %lld at their limit; %lld of %lld prompt tokens decoded; %lld waits for cells\n",
                  (long long)n_why[GENERATED_STOP], (long long)n_why[GENERATED_EOG], (long long)n_why[GENERATED_LIMIT],
                  (long long)decoded, (long long)asked, (long long)waits);
    assert_true(n_why[GENERATED_STOP] > 100 && n_why[GENERATED_EOG] > 100 && n_why[GENERATED_LIMIT] > 100);
    assert_true(decoded < asked && waits > 100);
}

/* ---- single rules ---- */

static struct generator *open_generator(struct fixture *f, struct backend **b, const char *model, struct generator_params gp)
{
    struct backend_params bp = { 0 };
    struct generator *g;
    generator_backend_params(&bp, &gp);
    *b = open_model(f, model, &bp);
    if (generator_open(&g, *b, &gp, &f->err))
        fail_msg("%s", f->err.msg);
    return g;
}

static void close_generator(struct generator *g, struct backend *b)
{
    generator_close(g);
    backend_close(b);
}

/* What a run computes: the prefix once, and once for all runs that begin with it; calls as few as slots allow. */
static void counts(void **state)
{
    struct fixture *f = *state;
    struct generation in[8];
    struct generated out[8];
    struct backend *b;
    struct generator_stats st;
    char shots[129];
    memset(shots, 's', 128);
    shots[128] = '\0';
    for (int i = 0; i < 8; i++)
        in[i] = (struct generation){ .prompt = text_of(arena_printf(&f->arena, "%s%d. what?", shots, i)), .max_tokens = 1 };
    struct generator *g =
        open_generator(f, &b, f->model, (struct generator_params){ .share = true, .n_slots = 4, .n_piece = 32, .n_batch = 64 });
    for (int run = 1; run <= 2; run++) {
        assert_int_equal(generator_run(g, in, 8, out, NULL, &f->err), 0);
        generator_stats(g, &st);
        assert_int_equal(st.prompt_tokens, run * 8 * (128 + 8));
        assert_int_equal(st.prompt_tokens_decoded, 128 + run * 8 * 8);
        assert_int_equal(st.tokens, run * 8);
        assert_int_equal(st.n_decodes, run * 2); /* beside the prefix's: 4 x 8 tokens each */
        assert_int_equal(st.n_items, run * 8);
        for (int i = 0; i < 8; i++)
            generated_release(&out[i]);
    }
    close_generator(g, b);
}

/* The decode calls of a run whose first item is the prompt "s". */
struct spy {
    struct backend_ops ops;
    int n_generating, n_largest; /* calls that generate; tokens of the largest of them */
};

static struct spy spy;

static int spy_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    if (batch->seq[0] == 1 && batch->pos[0] > 0) {
        spy.n_generating++;
        spy.n_largest = batch->n > spy.n_largest ? batch->n : spy.n_largest;
    }
    return backend_fake_ops.decode(b, batch, err);
}

/* Long prompts do not hold up one that generates: each call has a token of that one, and of them one piece in all. */
static void long_prompts_come_in_pieces(void **state)
{
    struct fixture *f = *state;
    struct generated out[3];
    struct backend *b;
    char big[301];
    memset(big, 'x', 300);
    big[300] = '\0';
    const struct generation in[] = {
        { .prompt = text_of("s"), .max_tokens = 40 },
        { .prompt = text_of(big), .max_tokens = 1 },
        { .prompt = text_of(big), .max_tokens = 1 },
    };
    struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .n_slots = 3, .n_piece = 10, .n_batch = 64,
                                                                                         .kv_unified = true });
    spy = (struct spy){ .ops = backend_fake_ops };
    spy.ops.decode = spy_decode;
    b->ops = &spy.ops;
    assert_int_equal(generator_run(g, in, 3, out, NULL, &f->err), 0);
    assert_true(out[0].n_tokens > 10);
    assert_int_equal(spy.n_generating, out[0].n_tokens - 1);
    assert_int_equal(spy.n_largest, 1 + 10);
    for (int i = 0; i < 3; i++)
        generated_release(&out[i]);
    close_generator(g, b);
}

/* Sequences of a call: 1, 2, 3 ... without a gap and in order, else the engine computes them apart. */
static int together_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    int last = 0;
    for (int i = 0; i < batch->n; i++) {
        assert_true(batch->seq[i] == last || batch->seq[i] == last + 1);
        last = batch->seq[i];
    }
    spy.n_generating += last > 1;
    return backend_fake_ops.decode(b, batch, err);
}

static void slots_stay_together(void **state)
{
    struct fixture *f = *state;
    struct generation in[9];
    struct generated out[9], want;
    struct backend *b;
    for (int i = 0; i < 9; i++)
        in[i] = (struct generation){ .prompt = text_of(i % 2 ? "odd" : "even, and longer"), .max_tokens = 3 + 11 * (i * 5 % 9) };
    struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .n_slots = 5, .n_piece = 4, .n_ctx = 200 });
    spy = (struct spy){ .ops = backend_fake_ops };
    spy.ops.decode = together_decode;
    b->ops = &spy.ops;
    assert_int_equal(generator_run(g, in, 9, out, NULL, &f->err), 0);
    assert_true(spy.n_generating > 20);
    for (int i = 0; i < 9; i++) {
        naive_text(f, &want, &in[i], false, 4096, (struct picker_params){ 0 });
        assert_same(&out[i], &want, i);
        generated_release(&out[i]);
        generated_release(&want);
    }
    close_generator(g, b);
}

/* A model that writes given bytes: the fake one with other logits. */
struct script {
    struct backend_ops ops;
    const char *text; /* [n] then EOS */
    int n, pos;
    float row[N_VOCAB];
};

static struct script script;

static int script_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    script.pos = batch->pos[batch->n - 1];
    return backend_fake_ops.decode(b, batch, err);
}

static const float *script_logits(struct backend *b, int i_batch)
{
    (void)b;
    (void)i_batch;
    memset(script.row, 0, sizeof script.row);
    const int token = script.pos < script.n ? (unsigned char)script.text[script.pos] : EOS;
    script.row[token == 1 ? BOS : token == 2 ? 260 : token] = 1;
    return script.row;
}

/* written: \1 is <s>, \2 the token <260>. The prompt is one token. expected: Python's bytes.decode(errors="replace") */
static const struct {
    const char *written, *until[3], *expected;
    int max_tokens, n_tokens;
    enum generated_why why;
} scripts[] = {
    { "one\n\ntwo", { "\n\n" }, "one", 50, 5, GENERATED_STOP },
    { "one\n\ntwo", { "x" }, "one\n\ntwo", 50, 9, GENERATED_EOG },
    { " one ", { NULL }, " one ", 5, 5, GENERATED_LIMIT },
    { " one ", { NULL }, " one ", 6, 6, GENERATED_EOG },
    { "aSTOP", { "STOP" }, "a", 5, 5, GENERATED_STOP },                     /* with the last token that is allowed */
    { "The answer is 4. Q: b", { "Q:", " is" }, "The answer", 50, 13, GENERATED_STOP },
    { "a</s>b", { NULL }, "a", 50, 5, GENERATED_STOP },                     /* the end token's text, letter by letter */
    { "a\1b", { NULL }, "ab", 50, 4, GENERATED_EOG },                       /* special tokens are not text */
    { "a\1b", { "<s>" }, "a", 50, 2, GENERATED_STOP },                      /* but they stop */
    { "a\2b", { "0>" }, "a<26", 50, 2, GENERATED_STOP },
    { "", { NULL }, "", 50, 1, GENERATED_EOG },
    { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80!", { NULL }, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80!", 50, 16, GENERATED_EOG },
    { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80!", { "\xe2\x82\xac" }, "caf\xc3\xa9 ", 50, 9, GENERATED_STOP },
    { "\xf0\x9f\x98\x80", { NULL }, "\xef\xbf\xbd", 3, 3, GENERATED_LIMIT }, /* cut inside: one sign */
    { "a\xe2\x82", { NULL }, "a\xef\xbf\xbd", 50, 4, GENERATED_EOG },
    { "\x80\xff" "a\xc0\x80", { NULL }, "\xef\xbf\xbd\xef\xbf\xbd" "a\xef\xbf\xbd\xef\xbf\xbd", 50, 6, GENERATED_EOG },
    { "\xed\xa0\x80", { NULL }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 50, 4, GENERATED_EOG }, /* a surrogate */
    { "\xf0\x9f" "a\xe2\x82\xe2\x82\xac", { NULL }, "\xef\xbf\xbd" "a\xef\xbf\xbd\xe2\x82\xac", 50, 9, GENERATED_EOG },
    { "\xef\xbf\xbd", { NULL }, "\xef\xbf\xbd", 50, 4, GENERATED_EOG },
};

static void ends_and_texts(void **state)
{
    struct fixture *f = *state;
    struct backend *b;
    struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .n_slots = 1 });
    script.ops = backend_fake_ops;
    script.ops.decode = script_decode;
    script.ops.logits = script_logits;
    b->ops = &script.ops;
    for (size_t c = 0; c < sizeof scripts / sizeof *scripts; c++) {
        struct generated out;
        struct generation in = { .prompt = text_of("p"), .until = scripts[c].until, .max_tokens = scripts[c].max_tokens };
        while (in.n_until < 3 && in.until[in.n_until])
            in.n_until++;
        script.text = scripts[c].written;
        script.n = (int)strlen(script.text);
        assert_int_equal(generator_run(g, &in, 1, &out, NULL, &f->err), 0);
        if (!out.text || strcmp(out.text, scripts[c].expected) != 0 || out.why != scripts[c].why || out.n_tokens != scripts[c].n_tokens)
            fail_msg("case %zu: '%s', why %d, %d tokens", c, out.text ? out.text : out.problem, out.why, out.n_tokens);
        generated_release(&out);
    }
    close_generator(g, b);
}

/* ---- draws ---- */

/* The same texts whatever slots there are, whatever else is generated. */
static void draws_belong_to_the_item(void **state)
{
    struct fixture *f = *state;
    struct generation in[12];
    struct generated first[12], out[12];
    const struct picker_params pick = { .temperature = 2 };
    int n_equal = 0;
    for (int i = 0; i < 12; i++)
        in[i] = (struct generation){ .prompt = text_of("the same prompt"), .max_tokens = 30, .seed = generation_seed(1, i) };
    for (int n_slots = 1; n_slots <= 16; n_slots++) {
        struct backend *b;
        struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .n_slots = n_slots, .pick = pick, .share = true });
        struct generated *to = n_slots == 1 ? first : out;
        const int from = n_slots % 3; /* an item's place in its run */
        assert_int_equal(generator_run(g, in + (n_slots == 1 ? 0 : from), n_slots == 1 ? 12 : 12 - from, to, NULL, &f->err), 0);
        for (int i = from; n_slots > 1 && i < 12; i++) {
            assert_same(&to[i - from], &first[i], i);
            generated_release(&to[i - from]);
        }
        close_generator(g, b);
    }
    for (int i = 1; i < 12; i++)
        n_equal += strcmp(first[i].text, first[0].text) == 0;
    assert_true(n_equal < 3);
    for (int i = 0; i < 12; i++)
        generated_release(&first[i]);
    assert_true(generation_seed(1, 2) != generation_seed(2, 1));
}

/* ---- refusals, stops, failures ---- */

static void bad_items_do_not_stop_the_others(void **state)
{
    struct fixture *f = *state;
    char big[301];
    memset(big, 'x', 300);
    big[300] = '\0';
    static const struct { int i; const char *words; } bad[] = {
        { 1, "max_tokens is 0" }, { 2, "need 309 cells, the context was opened for 256" }, { 4, "no room for a prompt" },
    };
    const struct generation in[] = {
        { .prompt = text_of("good"), .max_tokens = 10 },
        { .prompt = text_of("none"), .max_tokens = 0 },
        { .prompt = text_of(big), .max_tokens = 10 },
        { .prompt = text_of(""), .max_tokens = 10 },
        { .prompt = text_of("all"), .max_tokens = 4096 },
        { .prompt = text_of("good too"), .max_tokens = 10 },
    };
    struct generated out[6], want;
    struct backend *b;
    struct generator_stats st;
    struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .share = true, .n_ctx = 256, .n_slots = 2 });
    assert_int_equal(generator_run(g, in, 6, out, NULL, &f->err), 0);
    for (int k = 0; k < 3; k++) {
        const struct generated *o = &out[bad[k].i];
        assert_int_equal(o->why, GENERATED_ERROR);
        assert_null(o->text);
        if (!strstr(o->problem, bad[k].words))
            fail_msg("'%s' does not say '%s'", o->problem, bad[k].words);
    }
    for (int i = 0; i < 6; i++) {
        if (out[i].why != GENERATED_ERROR) {
            naive_text(f, &want, &in[i], false, 4096, (struct picker_params){ 0 });
            assert_same(&out[i], &want, i);
            generated_release(&want);
        }
        generated_release(&out[i]);
    }
    generator_stats(g, &st);
    assert_int_equal(st.n_bad, 3);
    assert_int_equal(st.n_items, 6);
    /* all of a run bad, and none */
    assert_int_equal(generator_run(g, in + 1, 2, out, NULL, &f->err), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(out[i].why, GENERATED_ERROR);
        generated_release(&out[i]);
    }
    assert_int_equal(generator_run(g, in, 0, out, NULL, &f->err), 0);
    close_generator(g, b);
}

struct watcher {
    int n_items, last_done, stop_at;
    int64_t last_tokens;
    bool seen[MAX_ITEMS];
};

static void watch_item(void *ctx, int i, const struct generated *g)
{
    struct watcher *w = ctx;
    assert_false(w->seen[i]);
    assert_true(g->why != GENERATED_NOTHING);
    w->seen[i] = true;
    w->n_items++;
}

static bool watch_turn(void *ctx, const struct generator_turn *turn)
{
    struct watcher *w = ctx;
    assert_int_equal(turn->n, MAX_ITEMS);
    assert_int_equal(turn->n_done, w->n_items);
    assert_true(turn->n_done >= w->last_done && turn->n_tokens >= w->last_tokens);
    w->last_done = turn->n_done;
    w->last_tokens = turn->n_tokens;
    return turn->n_done < w->stop_at;
}

static void stopped_and_gone_on(void **state)
{
    struct fixture *f = *state;
    struct generation in[MAX_ITEMS];
    struct generated out[MAX_ITEMS], want;
    struct backend *b;
    struct generator *g = open_generator(f, &b, f->model, (struct generator_params){ .share = true, .n_slots = 3, .n_piece = 4 });
    for (int i = 0; i < MAX_ITEMS; i++)
        in[i] = (struct generation){ .prompt = text_of(arena_printf(&f->arena, "a common beginning, %d", i)), .max_tokens = 20 };
    for (int stop_at = 5; stop_at <= MAX_ITEMS + 5; stop_at += MAX_ITEMS) {
        struct watcher w = { .stop_at = stop_at };
        const struct generator_watch watch = { .ctx = &w, .item = watch_item, .turn = watch_turn };
        const int ret = generator_run(g, in, MAX_ITEMS, out, &watch, &f->err);
        assert_int_equal(ret, stop_at > MAX_ITEMS ? 0 : -1);
        if (ret)
            assert_int_equal(f->err.code, ERR_CANCELLED);
        assert_true(stop_at > MAX_ITEMS ? w.n_items == MAX_ITEMS : w.n_items >= 5 && w.n_items < 9);
        for (int i = 0; i < MAX_ITEMS; i++) {
            assert_int_equal(out[i].why != GENERATED_NOTHING, w.seen[i]);
            if (w.seen[i]) {
                naive_text(f, &want, &in[i], false, 4096, (struct picker_params){ 0 });
                assert_same(&out[i], &want, i);
                generated_release(&want);
            } else {
                assert_null(out[i].text);
            }
            generated_release(&out[i]);
        }
    }
    close_generator(g, b);
}

/* Every decode call of a run fails once; the next run is whole again. */
static void failing_decodes(void **state)
{
    struct fixture *f = *state;
    struct generation in[5];
    struct generated out[5], want;
    int at = 1, ret = -1;
    for (int i = 0; i < 5; i++)
        in[i] = (struct generation){ .prompt = text_of(arena_printf(&f->arena, "a common beginning, %d", i)), .max_tokens = 6 };
    for (; ret; at++) {
        struct backend *b;
        const char *path = put_model(f, arena_printf(&f->arena, "fail%d", at), arena_printf(&f->arena, ", \"fail_decode_at\": %d", at));
        struct generator *g = open_generator(f, &b, path, (struct generator_params){ .share = true, .n_slots = 2, .n_piece = 4 });
        ret = generator_run(g, in, 5, out, NULL, &f->err);
        if (ret)
            assert_non_null(strstr(f->err.msg, "told to fail"));
        for (int i = 0; i < 5; i++) {
            assert_true(ret || out[i].text);
            generated_release(&out[i]);
        }
        for (int i = 0; ret && i < 5; i++) {
            if (i == 0)
                assert_int_equal(generator_run(g, in, 5, out, NULL, &f->err), 0);
            naive_text(f, &want, &in[i], false, 4096, (struct picker_params){ 0 });
            assert_same(&out[i], &want, i);
            generated_release(&want);
            generated_release(&out[i]);
        }
        close_generator(g, b);
    }
    assert_true(at > 10);
}

static void bad_params(void **state)
{
    struct fixture *f = *state;
    static const struct generator_params bad[] = {
        { .n_slots = -1 }, { .n_piece = -1 }, { .max_length = -1 }, { .n_slots = 4 }, { .pick = { .top_p = 2 } },
    };
    const struct generator_params gp = { .n_slots = 2 }, unified = { .n_slots = 2, .kv_unified = true }, one = { .n_slots = 1 };
    struct backend_params bp = { 0 };
    struct generator *g;
    generator_backend_params(&bp, &one);
    assert_true(bp.kv_unified);
    generator_backend_params(&bp, &unified);
    assert_true(bp.kv_unified);
    assert_int_equal(bp.n_ctx, 4096);
    generator_backend_params(&bp, &gp);
    assert_int_equal(bp.n_seq_max, 3);
    assert_false(bp.kv_unified);
    assert_int_equal(bp.n_ctx, 3 * 4096);
    struct backend *b = open_model(f, f->model, &bp);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct generator_params p = bad[i];
        p.n_slots = p.n_slots ? p.n_slots : 2;
        assert_int_equal(generator_open(&g, b, &p, &f->err), -1);
        assert_int_equal(f->err.code, ERR_USAGE);
        assert_null(g);
    }
    generator_close(NULL);
    backend_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_runs),
        cmocka_unit_test(counts),
        cmocka_unit_test(long_prompts_come_in_pieces),
        cmocka_unit_test(slots_stay_together),
        cmocka_unit_test(ends_and_texts),
        cmocka_unit_test(draws_belong_to_the_item),
        cmocka_unit_test(bad_items_do_not_stop_the_others),
        cmocka_unit_test(stopped_and_gone_on),
        cmocka_unit_test(failing_decodes),
        cmocka_unit_test(bad_params),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
