#include "engine/speed.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/logprob.h"

#include "base/banned.h"

/*
 * The text of speed_ttft: plain prose, so that tokenizing it costs what a real prompt costs. It is repeated
 * until it has as many tokens as are asked for.
 */
static const char PROSE[] =
    "The harbour wakes before the town does. A little after four the first lamp goes on in the shed where ice is "
    "crushed, then another above the scales, and by five the whole quay is lit and wet. Boats come in one behind the "
    "other, low in the water when the night was good, and nobody shouts; the work is done with nods, with a hand on a "
    "rope, with numbers chalked on a board. Boxes of herring, mackerel and cod are weighed, iced and pushed under the "
    "roof, where the buyers walk along the rows with their coffee and say nothing about what they think of the fish. "
    "At half past six the auction starts, and it is over within forty minutes. Lorries leave for three countries. "
    "What remains is for the town: the two restaurants, the school kitchen, the old people who know at which door to "
    "knock. When the children walk past on their way to class, the stones have been washed, the gulls have given up, "
    "and only the smell and a few scales between the stones tell that 26 tonnes of fish went through here today.\n\n";

void speed_backend_params(struct backend_params *p, const struct speed_test *tests, int n_tests)
{
    int n_ctx = 1;
    for (int i = 0; i < n_tests; i++) {
        const int n = tests[i].n_prompt + tests[i].n_gen + tests[i].n_depth;
        n_ctx = n > n_ctx ? n : n_ctx;
    }
    p->n_ctx = n_ctx;
    p->n_seq_max = 1;
    p->n_outputs_max = 1; /* one token's logits: the last of a prompt, or the generated one */
}

static int32_t random_token(const struct backend *b)
{
    return (int32_t)(rand() % b->info.n_vocab);
}

/* Tokens of a prompt in chunks of n_batch from pos on; tokens NULL: llama-bench's random ones. No synchronize. */
static int submit_prompt(struct backend *b, const int32_t *tokens, int n, int n_batch, int pos, struct err *err)
{
    struct batch batch;
    int ret = -1;
    batch_init(&batch, n < n_batch ? n : n_batch);
    for (int done = 0; done < n;) {
        const int size = n - done < n_batch ? n - done : n_batch;
        batch_clear(&batch);
        for (int i = 0; i < size; i++) {
            int32_t token;
            if (tokens)
                token = tokens[done + i];
            else
                token = done + i == 0 && b->info.add_bos ? b->info.bos : random_token(b);
            batch_add(&batch, token, pos + done + i, 0, i == size - 1);
        }
        if (backend_submit(b, &batch, err))
            goto done;
        done += size;
    }
    ret = 0;
done:
    batch_release(&batch);
    return ret;
}

static int run_prompt(struct backend *b, int n, int n_batch, int pos, struct err *err)
{
    if (submit_prompt(b, NULL, n, n_batch, pos, err))
        return -1;
    backend_synchronize(b);
    return 0;
}

/* token_s [n], or NULL. The next token is random, not sampled, as in llama-bench. */
static int run_gen(struct backend *b, int n, int pos, double *token_s, struct err *err)
{
    struct batch batch;
    int32_t token = b->info.add_bos ? b->info.bos : random_token(b);
    int ret = -1;
    batch_init(&batch, 1);
    double before_s = clock_s();
    for (int i = 0; i < n; i++) {
        batch_clear(&batch);
        batch_add(&batch, token, pos + i, 0, true);
        if (backend_submit(b, &batch, err))
            goto done;
        backend_synchronize(b);
        token = random_token(b);
        const double now_s = clock_s();
        if (token_s)
            token_s[i] = now_s - before_s;
        before_s = now_s;
    }
    ret = 0;
done:
    batch_release(&batch);
    return ret;
}

static int check_test(const struct backend *b, const struct speed_test *t, int n_batch, struct err *err)
{
    if (t->n_prompt < 0 || t->n_gen < 0 || t->n_depth < 0 || t->n_prompt + t->n_gen < 1)
        return err_set(err, ERR_USAGE, "a speed test of %d prompt, %d generated and %d earlier tokens is not possible",
                       t->n_prompt, t->n_gen, t->n_depth);
    if (n_batch < 1)
        return err_set(err, ERR_USAGE, "a batch of %d tokens is not possible", n_batch);
    if (t->n_prompt + t->n_gen + t->n_depth > b->info.n_ctx_seq)
        return err_set(err, ERR_RANGE, "a speed test of %d tokens in all needs a larger context than %d",
                       t->n_prompt + t->n_gen + t->n_depth, b->info.n_ctx_seq);
    return 0;
}

int speed_warmup(struct backend *b, const struct speed_test *t, int n_batch, struct err *err)
{
    if (check_test(b, t, n_batch, err))
        return -1;
    backend_clear(b);
    if (t->n_prompt > 0 && run_prompt(b, t->n_prompt, n_batch, 0, err))
        return -1;
    return t->n_gen > 0 ? run_gen(b, 1, t->n_prompt, NULL, err) : 0;
}

/* -1 where the system does not say. */
static double load_average(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1.0;
}

static int put_repetition(const struct sink *sink, const struct speed_test *t, int slot, int64_t index, double load,
                          double prompt_s, double gen_s, const double *token_s, struct err *err)
{
    if (t->n_prompt > 0 && sink_measure(sink, slot, METRIC_PROMPT_S, index, prompt_s, err))
        return -1;
    if (t->n_gen > 0 && (sink_measure(sink, slot, METRIC_GEN_S, index, gen_s, err) ||
                         sink_series(sink, slot, METRIC_TOKEN_S, index, token_s, t->n_gen, err)))
        return -1;
    if (load >= 0 && sink_measure(sink, slot, METRIC_LOADAVG, index, load, err))
        return -1;
    return sink_measure(sink, slot, METRIC_DECODE_S, index, prompt_s + gen_s, err);
}

int speed_repeat(struct backend *b, const struct speed_test *t, int slot, int n_batch, int64_t index,
                 const struct sink *sink, struct err *err)
{
    double *token_s = NULL;
    double prompt_s = 0, gen_s = 0;
    int ret = -1;
    if (check_test(b, t, n_batch, err))
        return -1;
    token_s = xcalloc((size_t)t->n_gen + 1, sizeof *token_s);
    const double load = load_average();
    backend_clear(b);
    if (t->n_depth > 0 && run_prompt(b, t->n_depth, n_batch, 0, err))
        goto done;
    if (t->n_prompt > 0) {
        const double start_s = clock_s();
        if (run_prompt(b, t->n_prompt, n_batch, t->n_depth, err))
            goto done;
        prompt_s = clock_s() - start_s;
    }
    if (t->n_gen > 0) {
        const double start_s = clock_s();
        if (run_gen(b, t->n_gen, t->n_depth + t->n_prompt, token_s, err))
            goto done;
        gen_s = clock_s() - start_s;
    }
    ret = put_repetition(sink, t, slot, index, load, prompt_s, gen_s, token_s, err);
done:
    free(token_s);
    return ret;
}

/* PROSE until it has n tokens at least, cut to their share of its bytes. */
static int make_text(struct buf *out, struct backend *b, int n, struct err *err)
{
    const size_t prose_bytes = sizeof PROSE - 1;
    int32_t *tokens = NULL;
    int n_tokens;
    if (backend_tokenize(b, PROSE, prose_bytes, false, false, &tokens, &n_tokens, err))
        return -1;
    free(tokens);
    if (n_tokens < 1)
        return err_set(err, ERR_MODEL, "the vocabulary gives no tokens for plain text");
    size_t n_bytes = (size_t)((double)n * (double)prose_bytes / (double)n_tokens) + 8;
    while (out->len < n_bytes)
        buf_append(out, PROSE, prose_bytes < n_bytes - out->len ? prose_bytes : n_bytes - out->len);
    return 0;
}

int speed_ttft(struct backend *b, int n_prompt, int n_batch, int slot, int64_t index, const struct sink *sink,
               struct err *err)
{
    const struct speed_test t = { .n_prompt = n_prompt };
    struct buf text = BUF_INIT;
    int32_t *tokens = NULL;
    int n_tokens;
    volatile int32_t first; /* sampled and not used: must not be optimized away */
    int ret = -1;
    if (check_test(b, &t, n_batch, err) || make_text(&text, b, n_prompt, err))
        goto done;
    backend_clear(b);

    const double start_s = clock_s();
    if (backend_tokenize(b, text.data, text.len, true, false, &tokens, &n_tokens, err))
        goto done;
    if (n_tokens > n_prompt)
        n_tokens = n_prompt;
    if (submit_prompt(b, tokens, n_tokens, n_batch, 0, err))
        goto done;
    backend_synchronize(b);
    const float *logits = backend_logits(b, (n_tokens - 1) % n_batch);
    if (!logits) {
        err_set(err, ERR_MODEL, "the engine gave no logits for the last prompt token");
        goto done;
    }
    first = logprob_argmax(logits, b->info.n_vocab);
    const double ttft_s = clock_s() - start_s;

    (void)first;
    ret = sink_measure(sink, slot, METRIC_TTFT_S, index, ttft_s, err);
done:
    free(tokens);
    buf_release(&text);
    return ret;
}
