/*
 * scorer over fake models, whose logits depend on the whole history: thousands of random chunks under tight limits of
 * cells, sequences, batches and rows, each answer equal to the last bit to an evaluation token by token; sharing on and
 * off; what stays between runs; bad requests among good ones; failing decodes.
 */
#include <math.h>
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
#include "base/fs.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "engine/logprob.h"
#include "engine/scorer.h"
#include "unit/engine_fixture.h"

enum { BOS = 256, MAX_REQUESTS = 64 };

/* ---- the evaluation to compare with: ids written down here, one sequence, one token a call ---- */

static int text_ids(int32_t *out, int n, const char *s, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        out[n++] = (unsigned char)s[i];
    return n;
}

static void naive_answer(struct fixture *f, struct answer *a, const struct request *r, bool add_bos, int max_length)
{
    int32_t ids[2 * LONGEST];
    struct batch batch;
    int n = 0;
    size_t n_kept = r->context.n_bytes;
    while (n_kept > 0 && strchr(" \n", r->context.s[n_kept - 1]))
        n_kept--;
    if (add_bos || n_kept == 0)
        ids[n++] = BOS;
    const int first = text_ids(ids, n, r->context.s, n_kept);
    n = text_ids(ids, first, r->context.s + n_kept, r->context.n_bytes - n_kept);
    n = text_ids(ids, n, r->continuation.s, r->continuation.n_bytes);
    const int n_cut = n > max_length + 1 ? n - max_length - 1 : 0;
    *a = (struct answer){ .is_greedy = true, .n_tokens = n - first, .n_context_tokens = first - n_cut, .n_cut = n_cut };
    batch_init(&batch, 1);
    backend_clear(f->naive);
    for (int i = n_cut; i < n - 1; i++) {
        batch_clear(&batch);
        batch_add(&batch, ids[i], i - n_cut, 0, true);
        if (backend_decode(f->naive, &batch, &f->err))
            fail_msg("%s", f->err.msg);
        if (i < first - 1)
            continue;
        const float *logits = backend_logits(f->naive, 0);
        a->logprob -= logprob_nll(logits, 270, ids[i + 1]);
        a->is_greedy &= logprob_argmax(logits, 270) == ids[i + 1];
    }
    batch_release(&batch);
}

static void assert_same(const struct answer *got, const struct answer *want, int i)
{
    if (memcmp(&got->logprob, &want->logprob, sizeof got->logprob) != 0)
        fail_msg("request %d: log-probability %.17g, token by token %.17g", i, got->logprob, want->logprob);
    assert_int_equal(got->is_greedy, want->is_greedy);
    assert_int_equal(got->n_tokens, want->n_tokens);
    assert_int_equal(got->n_context_tokens, want->n_context_tokens);
    assert_int_equal(got->n_cut, want->n_cut);
}

/* ---- random chunks ---- */

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

static struct text text_of(const char *s)
{
    return (struct text){ .s = s, .n_bytes = strlen(s) };
}

/* Items with a common few-shot prefix (or none), each with some continuations; some are repeated. */
static int random_requests(struct fixture *f, struct request *r, int n_max, int longest)
{
    const char *shots = below(f, 2) ? random_text(f, longest / 2) : "";
    const int n = 1 + below(f, n_max);
    for (int i = 0; i < n; ) {
        const char *context = arena_printf(&f->arena, "%s%s", shots, random_text(f, longest / 4));
        for (int k = 1 + below(f, 5); k > 0 && i < n; k--) {
            const char *end = arena_printf(&f->arena, "%s%c", random_text(f, below(f, 3) ? 3 : longest / 8), 'a' + below(f, 2));
            r[i++] = (struct request){ .context = text_of(context), .continuation = text_of(end) };
        }
    }
    return n;
}

/* The decode calls of a run, without the numbers of sequences: what bits may depend on. */
struct spy {
    struct backend_ops ops;
    uint64_t hash;
    int n_calls;
};

static struct spy spy;

static int spy_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    for (int i = 0; i < batch->n; i++)
        spy.hash = (spy.hash ^ (uint64_t)(batch->token[i] * 4096 + batch->pos[i] * 2 + batch->want_logits[i])) *
                   0x100000001b3u;
    spy.hash = spy.hash * 31 + (uint64_t)batch->n;
    spy.n_calls++;
    return backend_fake_ops.decode(b, batch, err);
}

static void watch(struct backend *b)
{
    spy = (struct spy){ .ops = backend_fake_ops };
    spy.ops.decode = spy_decode;
    b->ops = &spy.ops;
}

static void random_chunks(void **state)
{
    struct fixture *f = *state;
    struct request r[MAX_REQUESTS];
    struct answer got[MAX_REQUESTS], want;
    int64_t asked = 0, decoded = 0;
    for (int round = 0; round < 200; round++) {
        const bool add_bos = below(f, 2);
        const int longest = 20 + below(f, 150);
        const struct scorer_params sp = {
            .share = below(f, 5) > 0, .n_ctx = longest + 2 + below(f, 2) * below(f, 400), .n_batch = 1 + below(f, 80),
            .n_seq = 1 + below(f, below(f, 2) ? 4 : 40), .min_saved = below(f, 2) * below(f, 12),
            .max_length = below(f, 3) ? 0 : longest / 2,
        };
        struct backend_params bp = { 0 };
        struct scorer *s;
        struct scorer_stats st;
        scorer_backend_params(&bp, &sp, 270);
        bp.n_outputs_max = 1 + below(f, 20);
        struct backend *b = open_model(f, add_bos ? f->bos_model : f->model, &bp);
        b->info.is_recurrent = below(f, 5) == 0;
        assert_int_equal(scorer_open(&s, b, &sp, &f->err), 0);
        for (int run = 0; run < 3; run++) {
            const int n = random_requests(f, r, MAX_REQUESTS, longest);
            if (scorer_run(s, r, n, got, &f->err))
                fail_msg("round %d: %s", round, f->err.msg);
            for (int i = 0; i < n; i++) {
                if (scorer_problem(s, i))
                    fail_msg("round %d: %s", round, scorer_problem(s, i));
                naive_answer(f, &want, &r[i], add_bos, sp.max_length ? sp.max_length : 4096);
                assert_same(&got[i], &want, i);
            }
        }
        scorer_stats(s, &st);
        assert_true(st.tokens_unique <= st.tokens_asked);
        assert_true(st.tokens_decoded <= st.tokens_asked);
        if (!sp.share)
            assert_int_equal(st.tokens_decoded, st.tokens_asked);
        asked += st.tokens_asked;
        decoded += st.tokens_decoded;
        scorer_close(s);
        backend_close(b);
    }
    print_message("600 chunks: %lld tokens asked, %lld decoded\n", (long long)asked, (long long)decoded);
}

/* ---- what is computed ---- */

static struct scorer *open_scorer(struct fixture *f, struct backend **b, const char *model, struct scorer_params sp)
{
    struct backend_params bp = { 0 };
    struct scorer *s;
    scorer_backend_params(&bp, &sp, 270);
    *b = open_model(f, model, &bp);
    if (scorer_open(&s, *b, &sp, &f->err))
        fail_msg("%s", f->err.msg);
    return s;
}

static void close_scorer(struct scorer *s, struct backend *b)
{
    scorer_close(s);
    backend_close(b);
}

/* Four letters after one context: one row. The subject's prefix: once for all its chunks. */
static int mmlu_like(struct fixture *f, struct request *r, int first, int n_items, const char *shots)
{
    static const char *const letters[] = { " A", " B", " C", " D" };
    int n = 0;
    for (int i = first; i < first + n_items; i++) {
        const char *context = arena_printf(&f->arena, "%s%d. what?\nAnswer:", shots, i);
        for (int k = 0; k < 4; k++)
            r[n++] = (struct request){ .context = text_of(context), .continuation = text_of(letters[k]) };
    }
    return n;
}

static void counts(void **state)
{
    struct fixture *f = *state;
    struct request r[MAX_REQUESTS];
    struct answer a[MAX_REQUESTS];
    struct backend *b;
    struct scorer_stats st;
    char shots[129];
    memset(shots, 's', 128);
    shots[128] = '\0';
    struct scorer *s = open_scorer(f, &b, f->model, (struct scorer_params){ .share = true, .n_batch = 64 });
    assert_int_equal(scorer_run(s, r, mmlu_like(f, r, 0, 8, shots), a, &f->err), 0);
    scorer_stats(s, &st);
    /* "N. what?\nAnswer:" has 16 letters; every continuation " X" feeds one more, the space */
    assert_int_equal(st.tokens_asked, 8 * 4 * (128 + 16 + 1));
    assert_int_equal(st.tokens_unique, 128 + 8 * 17);
    assert_int_equal(st.tokens_decoded, 128 + 8 * 17);
    assert_int_equal(st.n_rows, 2 * 8);
    assert_int_equal(st.n_decodes, 2 + 3);
    assert_int_equal(scorer_run(s, r, mmlu_like(f, r, 10, 8, shots), a, &f->err), 0);
    scorer_stats(s, &st);
    assert_int_equal(st.tokens_decoded, 128 + 8 * 17 + (1 + 8 * 17)); /* "1" is common to 10 .. 17 */
    assert_int_equal(st.n_requests, 64);
    close_scorer(s, b);
}

/* A run's batches are the same whatever ran before it, the resident prefix aside. */
static void batches_do_not_depend_on_the_past(void **state)
{
    struct fixture *f = *state;
    struct request r[MAX_REQUESTS];
    struct answer fresh[MAX_REQUESTS], later[MAX_REQUESTS];
    struct backend *b;
    const struct scorer_params sp = { .share = true, .n_batch = 32, .n_ctx = 700 };
    char shots[161];
    memset(shots, 's', 160);
    shots[160] = '\0';
    const int n = mmlu_like(f, r, 20, 8, shots);
    struct scorer *s = open_scorer(f, &b, f->model, sp);
    watch(b);
    assert_int_equal(scorer_run(s, r, n, fresh, &f->err), 0);
    const int n_prefix_calls = 160 / 64 * 64 / 32; /* 128 tokens stay */
    const int n_calls = spy.n_calls;
    close_scorer(s, b);

    s = open_scorer(f, &b, f->model, sp);
    struct request before[MAX_REQUESTS];
    const int n_before = mmlu_like(f, before, 1, 3, shots);
    assert_int_equal(scorer_run(s, before, n_before, later, &f->err), 0);
    watch(b);
    assert_int_equal(scorer_run(s, r, n, later, &f->err), 0);
    const uint64_t hash = spy.hash;
    assert_int_equal(spy.n_calls, n_calls - n_prefix_calls);
    for (int i = 0; i < n; i++)
        assert_same(&later[i], &fresh[i], i);
    /* again, after a chunk whose prefix is longer, one that is shorter, and one without */
    char longer[321], other[97];
    memset(longer, 's', 320);
    memset(other, 's', 96);
    longer[320] = other[96] = '\0';
    const char *const pasts[] = { longer, other, "", shots };
    for (int k = 0; k < 4; k++) {
        assert_int_equal(scorer_run(s, before, mmlu_like(f, before, 1, 3, pasts[k]), later, &f->err), 0);
        watch(b);
        assert_int_equal(scorer_run(s, r, n, later, &f->err), 0);
        if (spy.n_calls == n_calls - n_prefix_calls)
            assert_true(spy.hash == hash);
        else
            assert_in_range(spy.n_calls, n_calls - n_prefix_calls, n_calls);
        for (int i = 0; i < n; i++)
            assert_same(&later[i], &fresh[i], i);
    }
    close_scorer(s, b);
}

/* A recurrent model: whole requests, but equal ones once; nothing stays between runs. */
static void recurrent(void **state)
{
    struct fixture *f = *state;
    struct request r[MAX_REQUESTS];
    struct answer a[MAX_REQUESTS];
    struct backend *b;
    struct scorer_stats st;
    struct scorer *s = open_scorer(f, &b, f->model, (struct scorer_params){ .share = true });
    b->info.is_recurrent = true;
    char shots[129];
    memset(shots, 's', 128);
    shots[128] = '\0';
    for (int run = 0; run < 2; run++)
        assert_int_equal(scorer_run(s, r, mmlu_like(f, r, 0, 5, shots), a, &f->err), 0);
    scorer_stats(s, &st);
    assert_int_equal(st.tokens_decoded, 2 * 5 * (128 + 16 + 1));
    close_scorer(s, b);
}

static void greedy(void **state)
{
    struct fixture *f = *state;
    struct answer a, want;
    struct backend *b;
    struct scorer *s = open_scorer(f, &b, f->model, (struct scorer_params){ .share = true });
    int n_greedy = 0;
    for (int i = 0; i < 600; i++) {
        const struct request r = {
            .context = text_of(random_text(f, 20)), .continuation = text_of(i % 2 ? " " : "e"),
        };
        naive_answer(f, &want, &r, false, 4096);
        assert_int_equal(scorer_run(s, &r, 1, &a, &f->err), 0);
        assert_same(&a, &want, i);
        n_greedy += a.is_greedy;
    }
    assert_in_range(n_greedy, 1, 599);
    close_scorer(s, b);
}

/* ---- refusals ---- */

static void bad_requests_do_not_stop_the_others(void **state)
{
    struct fixture *f = *state;
    char big[301];
    memset(big, 'x', 300);
    big[300] = '\0';
    const struct request r[] = {
        { .context = text_of("good"), .continuation = text_of(" one") },
        { .context = text_of("empty"), .continuation = text_of("") },
        { .context = text_of(big), .continuation = text_of("y") },
        { .context = text_of("good"), .continuation = text_of(" two") },
    };
    struct answer a[4], want;
    struct backend *b;
    struct scorer_stats st;
    struct scorer *s = open_scorer(f, &b, f->model, (struct scorer_params){ .share = true, .n_ctx = 256 });
    assert_int_equal(scorer_run(s, r, 4, a, &f->err), 0);
    for (int i = 0; i < 4; i += 3) {
        naive_answer(f, &want, &r[i], false, 4096);
        assert_same(&a[i], &want, i);
        assert_null(scorer_problem(s, i));
    }
    assert_true(isnan(a[1].logprob) && isnan(a[2].logprob));
    assert_int_equal(a[1].n_tokens, 0);
    assert_false(a[1].is_greedy);
    assert_non_null(strstr(scorer_problem(s, 1), "request 1: the continuation is empty"));
    assert_non_null(strstr(scorer_problem(s, 2), "request 2: 300 tokens, the context was opened for 256"));
    scorer_stats(s, &st);
    assert_int_equal(st.n_bad, 2);
    /* all of a run bad, and none */
    assert_int_equal(scorer_run(s, r + 1, 2, a, &f->err), 0);
    assert_true(isnan(a[0].logprob) && isnan(a[1].logprob));
    assert_int_equal(scorer_run(s, r, 0, a, &f->err), 0);
    assert_null(scorer_problem(s, 0));
    close_scorer(s, b);
}

static void goes_on_after_a_failed_decode(void **state)
{
    struct fixture *f = *state;
    struct request r[MAX_REQUESTS];
    struct answer a[MAX_REQUESTS], want;
    const struct scorer_params sp = { .share = true, .n_batch = 64, .n_ctx = 600 };
    char shots[129];
    memset(shots, 's', 128);
    shots[128] = '\0';
    const int n = mmlu_like(f, r, 0, 12, shots);
    for (int at = 1; at <= 6; at++) {
        struct backend *b;
        struct scorer *s = open_scorer(f, &b, put_model(f, "fails", arena_printf(&f->arena, ", \"fail_decode_at\": %d",
                                                                                 at)), sp);
        assert_int_equal(scorer_run(s, r, n, a, &f->err), -1);
        assert_int_equal(f->err.code, ERR_MODEL);
        assert_int_equal(scorer_run(s, r, n, a, &f->err), 0);
        for (int i = 0; i < n; i++) {
            naive_answer(f, &want, &r[i], false, 4096);
            assert_same(&a[i], &want, i);
        }
        close_scorer(s, b);
    }
}

static void parameters(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = { .n_threads = 3 };
    const struct scorer_params def = { .share = true }, bad = { .max_length = -1 };
    struct scorer *s;
    scorer_backend_params(&p, &def, 49152);
    assert_int_equal(p.n_ctx, 4096);
    assert_int_equal(p.n_batch, 512);
    assert_int_equal(p.n_ubatch, 512);
    assert_int_equal(p.n_outputs_max, (64 << 20) / 4 / 49152);
    assert_true(p.kv_unified);
    assert_int_equal(p.n_threads, 3);
    scorer_backend_params(&p, &def, 100000000);
    assert_int_equal(p.n_outputs_max, 1);
    assert_int_equal(scorer_open(&s, f->naive, &bad, &f->err), -1);
    assert_int_equal(f->err.code, ERR_USAGE);
    scorer_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_chunks),
        cmocka_unit_test(counts),
        cmocka_unit_test(batches_do_not_depend_on_the_past),
        cmocka_unit_test(recurrent),
        cmocka_unit_test(greedy),
        cmocka_unit_test(bad_requests_do_not_stop_the_others),
        cmocka_unit_test(goes_on_after_a_failed_decode),
        cmocka_unit_test(parameters),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
