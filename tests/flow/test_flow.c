/*
 * From a study file to figures, over fake models: study -> plan -> runner and its workers -> store -> analysis, export
 * and page. Each figure is computed again here, in long double from the same logits, one chunk at a time, and with
 * other code. The workers are this program again.
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

#include "base/fs.h"
#include "base/xalloc.h"
#include "engine/backend.h"
#include "study/analyse.h"
#include "study/export.h"
#include "study/pages.h"
#include "study/runner.h"
#include "study/worker.h"

enum { N_CTX = 128, FIRST = N_CTX / 2, N_SCORED = N_CTX - 1 - FIRST, N_CHUNKS = 20, N_LEVELS = 3, FLOOR_CHUNKS = 8 };

static const char *const levels[N_LEVELS] = { "BF16", "Q8_0", "Q4_0" };
static const double bpw[N_LEVELS] = { 16.0, 8.5, 4.55 };

static const char study_text[] =
    "name: flow\nmodels: [tiny.gguf]\nlevels: [BF16, Q8_0, Q4_0]\nmeasures: [kl, perplexity, speed, memory]\n"
    "file: text.txt\nn_ctx: 128\nn_batch: 512\nn_chunks: 20\nrepetitions: 3\nn_warmup: 0\nn_prompt: 32\nn_gen: 8\n";

/* What one level has by hand, over N_CHUNKS chunks. */
struct by_hand {
    long double nll, nll2, nll_base, kl, kl_max;
    int n, n_same;
};

struct fixture {
    struct arena arena;
    char dir[64];
    struct study study;
    struct store *store;
    struct run_result result;
    struct by_hand levels[N_LEVELS];
    struct err err;
};

static void ok(struct fixture *f, int rc)
{
    if (rc < 0)
        fail_msg("%s", f->err.msg);
}

static const char *in_dir(struct fixture *f, const char *name)
{
    return fs_join(&f->arena, f->dir, name);
}

/* ---- by hand ---- */

static long double log_sum(const float *logits, int n)
{
    long double max = logits[0], sum = 0;
    for (int i = 1; i < n; i++)
        max = fmaxl(max, logits[i]);
    for (int i = 0; i < n; i++)
        sum += expl((long double)logits[i] - max);
    return max + logl(sum);
}

static int largest(const float *logits, int n)
{
    int at = 0;
    for (int i = 1; i < n; i++)
        at = logits[i] > logits[at] ? i : at;
    return at;
}

static void add_row(struct by_hand *h, const float *base, const float *level, int n, int32_t token)
{
    const long double base_sum = log_sum(base, n), sum = log_sum(level, n);
    const long double nll = sum - level[token];
    long double kl = 0;
    for (int i = 0; i < n; i++)
        kl += expl(base[i] - base_sum) * ((base[i] - base_sum) - (level[i] - sum));
    h->nll += nll;
    h->nll2 += nll * nll;
    h->nll_base += base_sum - base[token];
    h->kl += kl;
    h->kl_max = fmaxl(h->kl_max, kl);
    h->n_same += largest(base, n) == largest(level, n);
    h->n++;
}

static struct backend *open_one(struct fixture *f, const char *path)
{
    const struct backend_params p = { .n_ctx = N_CTX, .n_batch = N_CTX, .n_ubatch = N_CTX, .n_seq_max = 1, .n_threads = 1,
                                      .flash_attn = "auto", .type_k = "f16", .type_v = "f16", .load_mode = "none" };
    struct backend *b = NULL;
    ok(f, backend_open(&b, path, &p, &f->err));
    return b;
}

static void decode(struct fixture *f, struct backend *b, const unsigned char *text)
{
    struct batch batch;
    batch_init(&batch, N_CTX);
    for (int i = 0; i < N_CTX; i++)
        batch_add(&batch, text[i], i, 0, true); /* a fake model's tokens are bytes */
    backend_clear(b);
    ok(f, backend_decode(b, &batch, &f->err));
    batch_release(&batch);
}

static void compute_by_hand(struct fixture *f, int level, const char *path, const unsigned char *text)
{
    struct backend *base = open_one(f, in_dir(f, "tiny.gguf")), *b = open_one(f, path);
    for (int c = 0; c < N_CHUNKS; c++, text += N_CTX) {
        decode(f, base, text);
        decode(f, b, text);
        for (int i = FIRST; i < N_CTX - 1; i++)
            add_row(&f->levels[level], backend_logits(base, i), backend_logits(b, i), base->info.n_vocab, text[i + 1]);
    }
    backend_close(base);
    backend_close(b);
}

/* ---- the run ---- */

static void write_inputs(struct fixture *f)
{
    static const char model[] = "{\"perbit_fake_model\":1,\"name\":\"tiny\",\"seed\":11,\"n_vocab\":300,\"level\":\"BF16\","
                                "\"n_params\":1000000,\"bpw\":16.0}\n";
    struct buf text = BUF_INIT;
    for (unsigned i = 0; text.len < 4000; i++)
        buf_printf(&text, "Sentence %u has the number %u in it.\n", i, i * 2654435761u % 10007u);
    ok(f, fs_write(in_dir(f, "tiny.gguf"), model, strlen(model), &f->err));
    ok(f, fs_write(in_dir(f, "text.txt"), text.data, text.len, &f->err));
    ok(f, fs_write(in_dir(f, "study.yaml"), study_text, strlen(study_text), &f->err));
    buf_release(&text);
}

static void run_study(struct fixture *f, struct run_result *out)
{
    const struct run_view view = { NULL, NULL, NULL };
    struct settings defaults;
    struct plan plan;
    opt_defaults(&settings_table, &defaults, &f->arena);
    ok(f, study_load(&f->study, &f->arena, in_dir(f, "study.yaml"), &defaults, &f->err));
    ok(f, plan_build(&plan, &f->study, f->store, &f->err));
    ok(f, runner_run(&plan, f->store, &view, out, &f->err));
    plan_release(&plan);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct buf text = BUF_INIT;
    const char *tmp = getenv("TMPDIR");
    arena_init(&f->arena);
    snprintf(f->dir, sizeof f->dir, "%.32s/perbit-flow.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(f->dir))
        return -1;
    setenv("PERBIT_CACHE", f->dir, 1);
    write_inputs(f);
    ok(f, store_open(&f->store, in_dir(f, "s.db"), STORE_WRITE, &f->err));
    run_study(f, &f->result);
    ok(f, fs_read(&text, in_dir(f, "text.txt"), &f->err));
    compute_by_hand(f, 0, in_dir(f, "tiny.gguf"), (const unsigned char *)text.data);
    compute_by_hand(f, 1, in_dir(f, "models/tiny-Q8_0.gguf"), (const unsigned char *)text.data);
    compute_by_hand(f, 2, in_dir(f, "models/tiny-Q4_0.gguf"), (const unsigned char *)text.data);
    buf_release(&text);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    store_close(f->store);
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    const int rc = system(command);
    arena_release(&f->arena);
    free(f);
    return rc;
}

/* ---- figures ---- */

static double number(const struct frame *f, int row, const char *column)
{
    const int c = frame_column(f, column);
    if (c < 0)
        fail_msg("no column %s", column);
    const struct frame_cell *cell = frame_at(f, row, c);
    if (!cell->is_set)
        fail_msg("%s of row %d is missing", column, row);
    return f->columns[c].kind == FRAME_INT ? (double)cell->i : cell->num;
}

static const char *text_of(const struct frame *f, int row, const char *column)
{
    return frame_at(f, row, frame_column(f, column))->text;
}

static void assert_near(const struct frame *f, int row, const char *column, long double want, double tolerance)
{
    const double got = number(f, row, column);
    if (!(fabsl(got - want) <= tolerance * fmaxl(1.0L, fabsl(want))))
        fail_msg("%s of row %d: %.17g, by hand %.17Lg", column, row, got, want);
}

/* nll is llama-perplexity's float arithmetic; the divergence is in double. */
static const double NLL_TOLERANCE = 2e-6, KL_TOLERANCE = 1e-12;

static void assert_level(const struct frame *f, int row, const struct by_hand *h)
{
    const long double mean = h->nll / h->n, ratio = (h->nll - h->nll_base) / h->n, ln2 = logl(2.0L);
    assert_int_equal(h->n, N_CHUNKS * N_SCORED);
    assert_near(f, row, "ppl", expl(mean), NLL_TOLERANCE);
    assert_near(f, row, "ppl_se", expl(mean) * sqrtl((h->nll2 / h->n - mean * mean) / (h->n - 1)), NLL_TOLERANCE);
    assert_near(f, row, "bits_per_byte", mean / ln2, NLL_TOLERANCE); /* a token is a byte */
    if (row == 0)
        return;
    assert_near(f, row, "loss_pct", 100 * expm1l(ratio), 100 * NLL_TOLERANCE);
    assert_near(f, row, "kl_nat", h->kl / h->n, KL_TOLERANCE);
    assert_near(f, row, "same_top_pct", 100.0L * h->n_same / h->n, KL_TOLERANCE);
    assert_true(number(f, row, "kl_lo_nat") < number(f, row, "kl_nat") && number(f, row, "kl_nat") < number(f, row, "kl_hi_nat"));
}

static void levels_as_by_hand(void **state)
{
    struct fixture *f = *state;
    struct frame t;
    ok(f, analyse_levels(&t, f->store, &f->err));
    assert_true(t.is_synthetic);
    assert_int_equal(t.n_rows, N_LEVELS);
    for (int i = 0; i < N_LEVELS; i++) {
        assert_string_equal(text_of(&t, i, "level"), levels[i]);
        assert_string_equal(text_of(&t, i, "model"), "tiny");
        assert_near(&t, i, "bpw", bpw[i], KL_TOLERANCE);
        assert_level(&t, i, &f->levels[i]);
        assert_true(number(&t, i, "prompt_tps") > 0 && number(&t, i, "gen_tps") > 0 && number(&t, i, "peak_gb") > 0);
        assert_false(frame_at(&t, i, frame_column(&t, "failed"))->is_set);
    }
    /* more noise, more loss; the fake levels differ enough for the order to be sure */
    assert_true(number(&t, 2, "kl_nat") > 10 * number(&t, 1, "kl_nat") && number(&t, 1, "kl_nat") > 0);
    frame_release(&t);
}

static int find_row(const struct frame *t, const char *level, const char *kind)
{
    for (int i = 0; i < t->n_rows; i++)
        if (strcmp(text_of(t, i, "level"), level) == 0 && strcmp(text_of(t, i, "kind"), kind) == 0)
            return i;
    fail_msg("no row of %s, %s", level, kind);
    return -1;
}

static void texts_as_by_hand(void **state)
{
    struct fixture *f = *state;
    struct frame t;
    ok(f, analyse_text(&t, f->store, &f->err));
    assert_int_equal(t.n_rows, 2 * N_LEVELS + 2);
    for (int i = 0; i < N_LEVELS; i++) {
        const struct by_hand *h = &f->levels[i];
        const int kl = find_row(&t, levels[i], "kl"), ppl = find_row(&t, levels[i], "perplexity");
        assert_int_equal((int)number(&t, kl, "chunks"), N_CHUNKS);
        assert_int_equal((int)number(&t, kl, "tokens"), N_CHUNKS * N_SCORED);
        assert_true(number(&t, kl, "ppl") == number(&t, ppl, "ppl")); /* in lockstep or alone */
        if (i == 0)
            continue;
        assert_near(&t, kl, "ppl_base", expl(h->nll_base / h->n), NLL_TOLERANCE);
        assert_near(&t, kl, "kl_mean", h->kl / h->n, KL_TOLERANCE);
        assert_near(&t, kl, "kl_max", h->kl_max, KL_TOLERANCE);
    }
    /* the floor of a model whose logits no setting moves is 0, over the first chunks */
    static const char *const floors[] = { "kl_self", "kl_runtime" };
    for (int i = 0; i < 2; i++) {
        const int row = find_row(&t, "BF16", floors[i]);
        assert_int_equal((int)number(&t, row, "chunks"), FLOOR_CHUNKS);
        assert_true(number(&t, row, "kl_max") == 0.0 && number(&t, row, "same_top_pct") == 100.0);
    }
    frame_release(&t);
}

/* Rates are tokens by the stored seconds. */
static void speed_from_stored_times(void **state)
{
    struct fixture *f = *state;
    struct cell_row *cells;
    struct frame t;
    struct arena a;
    int n, row = 0;
    arena_init(&a);
    ok(f, analyse_levels(&t, f->store, &f->err));
    ok(f, query_cells(f->store, &a, &cells, &n, &f->err));
    for (int i = 0; i < n; i++) {
        double *s, lo, hi;
        int n_values;
        if (strcmp(cells[i].kind, "speed") != 0)
            continue;
        ok(f, query_values(f->store, cells[i].id, METRIC_PROMPT_S, 0, &s, &n_values, NULL, &f->err));
        assert_int_equal(n_values, 3);
        lo = fmin(s[0], s[1]);
        hi = fmax(s[0], s[1]);
        const double median = fmax(lo, fmin(hi, s[2]));
        assert_near(&t, row++, "prompt_tps", 32.0 / median, 1e-12);
        free(s);
    }
    assert_int_equal(row, N_LEVELS);
    frame_release(&t);
    arena_release(&a);
}

static void every_cell_is_done_once(void **state)
{
    struct fixture *f = *state;
    struct run_result again;
    struct frame t;
    const int n_cells = N_LEVELS * 5 + 2;
    assert_int_equal(f->result.n_done, n_cells);
    assert_int_equal(f->result.n_failed, 0);
    run_study(f, &again);
    assert_int_equal(again.n_done, 0);
    assert_int_equal(again.n_kept, n_cells);
    ok(f, analyse_cells(&t, f->store, &f->err));
    assert_int_equal(t.n_rows, n_cells);
    for (int i = 0; i < t.n_rows; i++) {
        assert_string_equal(text_of(&t, i, "status"), "done");
        assert_int_equal((int)number(&t, i, "attempts"), 1);
    }
    frame_release(&t);
}

static double json_number(yyjson_val *root, const char *column, const char *path)
{
    yyjson_val *v = yyjson_obj_get(root, column);
    if (!yyjson_is_num(v))
        fail_msg("%s: no number %s", path ? path : "?", column);
    return yyjson_get_num(v);
}

static void exports_have_the_same_numbers(void **state)
{
    struct fixture *f = *state;
    static const char *const names[N_LEVELS] = { "bf16", "q8_0", "q4_0" };
    static const char *const columns[] = { "ppl", "bpw", "bits_per_byte", "gen_tps" };
    struct frame t;
    int n_files;
    ok(f, export_store(f->store, in_dir(f, "out"), &n_files, &f->err));
    ok(f, analyse_levels(&t, f->store, &f->err));
    for (int i = 0; i < N_LEVELS; i++) {
        const char *path = in_dir(f, arena_printf(&f->arena, "out/results/tiny/%s.json", names[i]));
        struct json *j;
        ok(f, json_load(&j, path, &f->err));
        assert_true(json_bool_or(json_root(j), "synthetic", false));
        yyjson_val *figures = yyjson_arr_get(yyjson_obj_get(json_root(j), "summary"), 0);
        assert_non_null(figures);
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            assert_true(json_number(figures, columns[c], path) == number(&t, i, columns[c]));
        json_close(j);
    }
    frame_release(&t);
}

static void the_page_says_that_it_is_synthetic(void **state)
{
    struct fixture *f = *state;
    const char *page;
    struct buf html = BUF_INIT;
    ok(f, pages_write(f->store, in_dir(f, "page"), &(struct pages_options)PAGES_DEFAULT, &f->arena, &page, &f->err));
    ok(f, fs_read(&html, page, &f->err));
    assert_non_null(strstr(html.data, "<title>SYNTHETIC"));
    assert_non_null(strstr(html.data, ">SYNTHETIC</text>"));
    buf_release(&html);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_as_by_hand),
        cmocka_unit_test(texts_as_by_hand),
        cmocka_unit_test(speed_from_stored_times),
        cmocka_unit_test(every_cell_is_done_once),
        cmocka_unit_test(exports_have_the_same_numbers),
        cmocka_unit_test(the_page_says_that_it_is_synthetic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
