/* test_sentences: claims made by hand: which sentence each pattern of verdicts gives, and which it must not give. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "madestore.h"
#include "stats/paired.h"
#include "study/sentences.h"

enum { MODELS = 3, LEVELS = 3, VARIANTS = MODELS * LEVELS };

/* Models A, B, C at BF16 (the base), Q4_0, Q2_K; no tasks. */
struct study {
    struct matrix m;
    struct matrix_variant variants[VARIANTS];
    struct measure measure;
    struct claim claims[VARIANTS];
    struct claims c;
    char names[VARIANTS][32];
};

static const char *const models[] = {"A", "B", "C"}, *const levels[] = {"BF16", "Q4_0", "Q2_K"};

static void make(struct study *s, int n_models, int n_levels)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < n_models * n_levels; i++) {
        const int model = i / n_levels, level = i % n_levels;
        snprintf(s->names[i], sizeof s->names[i], "%s %s", models[model], levels[level]);
        s->variants[i] = (struct matrix_variant){
            .name = s->names[i], .model = models[model], .level = levels[level], .i_model = model, .base = model * n_levels,
            .bpw = 16.0 / (1 << level), .tensor_bytes = 8e9 / (1 << level), .file_bytes = 8e9 / (1 << level), .missing = "",
            .gen_tps = {NAN, NAN, NAN}, .prompt_tps = {NAN, NAN, NAN}, .ppl = NAN,
        };
    }
    s->m = (struct matrix){.variants = s->variants, .n_variants = n_models * n_levels, .models = models, .n_models = n_models,
                           .levels = levels, .n_levels = n_levels};
    s->measure = (struct measure){.how = "perplexity", .unit = "%", .margin = 1, .column = -1, .claims = s->claims};
    s->c = (struct claims){.matrix = &s->m, .measures = &s->measure, .n = 1, .headline = 0};
}

static void put(struct study *s, const char *name, double loss, double low, double high)
{
    for (int v = 0; v < s->m.n_variants; v++)
        if (strcmp(s->variants[v].name, name) == 0) {
            s->claims[v] = (struct claim){true, loss, low, high, verdict_of((struct interval){-high, -low}, s->measure.margin)};
            s->measure.n_claims++;
            return;
        }
    fail_msg("no variant %s", name);
}

typedef int write_sentences(struct jw *w, const struct study *s, struct err *err);
static int write_losses(struct jw *w, const struct study *s, struct err *err) { return sentences_of_losses(w, &s->c, 0, err); }
static int write_differences(struct jw *w, const struct study *s, struct err *err) { return sentences_of_differences(w, &s->c, 0, err); }
static int write_choices(struct jw *w, const struct study *s, struct err *err) { return sentences_of_choices(w, &s->c, err); }
static int write_gaps(struct jw *w, const struct study *s, struct err *err) { return sentences_of_gaps(w, &s->c, err); }
static int write_speeds(struct jw *w, const struct study *s, struct err *err)
{
    (void)err;
    return sentences_of_speeds(w, &s->c);
}

/* All sentences, a line each. */
static void assert_says(const struct study *s, write_sentences *write, const char *want)
{
    struct buf json = BUF_INIT, lines = BUF_INIT;
    struct err err = {0};
    struct jw w;
    struct json *j;
    size_t i, n;
    yyjson_val *one;
    jw_init(&w, &json);
    jw_array(&w);
    if (write(&w, s, &err) < 0)
        fail_msg("%s", err.msg);
    jw_end(&w);
    assert_int_equal(json_parse(&j, json.data, json.len, "sentences", &err), 0);
    yyjson_arr_foreach(json_root(j), i, n, one)
        buf_printf(&lines, "%s\n", json_str_or(one, "text", "?"));
    assert_string_equal(lines.data, want);
    json_close(j);
    buf_release(&lines);
    buf_release(&json);
}

static void all_same(void **state)
{
    (void)state;
    struct study s;
    make(&s, 3, 3);
    for (int i = 0; i < 3; i++) {
        put(&s, (const char *[]){"A Q4_0", "B Q4_0", "C Q4_0"}[i], 0.1 * i, -0.2, 0.6);
        put(&s, (const char *[]){"A Q2_K", "B Q2_K", "C Q2_K"}[i], 0.3, 0.1, 0.99);
    }
    assert_says(&s, write_losses, "Q4_0 and Q2_K cost nothing measurable in perplexity for each of the 3 models: every 95 % interval of the loss "
                                  "lies within 1 %; the largest loss is 0.30 % (A Q2_K).\n");
    assert_says(&s, write_choices, "Q2_K is the lowest level that is shown to be safe for all 3 models: none loses more than 1 % of perplexity.\n"
        "For A, Q2_K is the smallest level that is shown to lose no more than 1 % of perplexity: 2.000 GB of weights, 4.00 bits each, 25 % of its base; its loss is 0.30 %.\n"
        "For B, Q2_K is the smallest level that is shown to lose no more than 1 % of perplexity: 2.000 GB of weights, 4.00 bits each, 25 % of its base; its loss is 0.30 %.\n"
        "For C, Q2_K is the smallest level that is shown to lose no more than 1 % of perplexity: 2.000 GB of weights, 4.00 bits each, 25 % of its base; its loss is 0.30 %.\n");
}

static void one_model(void **state)
{
    (void)state;
    struct study s;
    make(&s, 1, 3);
    put(&s, "A Q4_0", 0.004, -0.5, 0.5);
    put(&s, "A Q2_K", 37.731, 30.2, 45.5);
    assert_says(&s, write_losses, "Q4_0 costs A nothing measurable in perplexity: the loss is 0.00 % [-0.50, 0.50], all of it within 1 %.\n"
                                  "Q2_K costs A 37.73 % of perplexity [30.20, 45.50], more than 1 %.\n");
    assert_says(&s, write_choices, "For A, Q4_0 is the smallest level that is shown to lose no more than 1 % of perplexity: 4.000 GB of weights, "
                                   "8.00 bits each, 50 % of its base; its loss is 0.00 %.\n");
}

/* The margin is touched: nothing is claimed. */
static void undecided_claims_nothing(void **state)
{
    (void)state;
    struct study s;
    make(&s, 2, 2);
    put(&s, "A Q4_0", 0.9, 0.7, 1.1);
    put(&s, "B Q4_0", -0.2, -2, 1.6);
    assert_says(&s, write_losses, "Whether Q4_0 costs more than 1 % of perplexity is undecided for each of the 2 models: the measured losses are "
                                  "-0.20 % (B) to 0.90 % (A).\n");
    assert_says(&s, write_choices, "No level below the base is shown to be safe for all 2 models (a loss of no more than 1 % of perplexity).\n"
                                   "For A and B, no level below the base is shown to lose no more than 1 % of perplexity.\n");
    assert_says(&s, write_differences, "In perplexity, none of the 2 compared variants is shown to lose more than 1 %.\n");
}

static void mixed(void **state)
{
    (void)state;
    struct study s;
    make(&s, 3, 2);
    put(&s, "A Q4_0", 0.1, -0.1, 0.3);
    put(&s, "B Q4_0", 5, 4, 6);
    put(&s, "C Q4_0", 1, 0, 2);
    assert_says(&s, write_losses, "What Q4_0 costs in perplexity depends on the model; nothing measurable: A (0.10 %); more than 1 %: B (5.00 %); "
                                  "undecided: C (1.00 %).\n");
    assert_says(&s, write_differences, "In perplexity, 1 of 3 compared variants is shown to lose more than 1 %: B Q4_0 (5.00 %).\n");
}

static void all_worse_and_better(void **state)
{
    (void)state;
    struct study s;
    make(&s, 2, 3);
    put(&s, "A Q4_0", -3, -4, -2);
    put(&s, "B Q4_0", -2.5, -3, -2);
    put(&s, "A Q2_K", 3, 2, 4);
    put(&s, "B Q2_K", 9, 8, 10);
    assert_says(&s, write_losses, "Q4_0 is better than the base in perplexity for each of the 2 models, by more than 1 %: losses from -3.00 % (A) to -2.50 % (B).\n"
                                  "Q2_K costs more than 1 % of perplexity for each of the 2 models: from 3.00 % (A) to 9.00 % (B).\n");
    assert_says(&s, write_differences, "In perplexity, 2 of 4 compared variants are shown to lose more than 1 %: A Q2_K (3.00 %) and B Q2_K (9.00 %); "
                                       "2 to gain more than it: A Q4_0 (-3.00 %) and B Q4_0 (-2.50 %).\n");
}

/* A model that was not measured at a level: no word of all models. */
static void missing_models(void **state)
{
    (void)state;
    struct study s;
    make(&s, 3, 2);
    put(&s, "A Q4_0", 0.1, -0.1, 0.3);
    put(&s, "B Q4_0", 0.2, -0.1, 0.3);
    s.variants[5].missing = "gsm8k: not run; kl: failed: bad; that is one: reason; speed: failed: bad; that is one: reason"; /* C Q4_0 */
    assert_says(&s, write_losses, "Q4_0 costs nothing measurable in perplexity for each of the 2 models that were measured there: every 95 % interval of "
                                  "the loss lies within 1 %; the largest loss is 0.20 % (B).\n");
    struct buf json = BUF_INIT;
    struct jw w;
    jw_init(&w, &json);
    jw_array(&w);
    assert_int_equal(sentences_of_choices(&w, &s.c, NULL), 0);
    jw_end(&w);
    assert_null(strstr(json.data, "safe for all 3 models: none"));
    assert_non_null(strstr(json.data, "No level below the base is shown to be safe for all 3 models"));
    buf_release(&json);
    assert_says(&s, write_gaps, "No tasks were measured: perplexity and KL divergence say how much a level changes a model, not how well it does a task.\n"
                                "Speed was not measured.\nNot measured of C Q4_0: gsm8k: not run; kl, speed: failed: bad; that is one: reason.\n");
}

static void nothing_to_compare(void **state)
{
    (void)state;
    struct study s;
    make(&s, 1, 1);
    s.c.n = 0;
    s.c.headline = -1;
    assert_says(&s, write_choices, "");
    assert_says(&s, write_gaps, "Only one model was measured: nothing is said about rankings of models.\n"
                                "Only one level was measured: nothing is said about what quantization costs.\n"
                                "No tasks were measured: perplexity and KL divergence say how much a level changes a model, not how well it does a task.\n"
                                "Perplexity and KL divergence were not measured against the base.\nSpeed was not measured.\n");
}

/* Faster only where the intervals do not touch; the highest median alone is no claim. */
static void speed(void **state)
{
    (void)state;
    struct study s;
    make(&s, 2, 3);
    s.variants[0].gen_tps = (struct matrix_figure){10, 9, 11};
    s.variants[1].gen_tps = (struct matrix_figure){13, 12, 14};
    s.variants[2].gen_tps = (struct matrix_figure){15, 8, 22};
    s.variants[3].gen_tps = (struct matrix_figure){10, 9, 11};
    s.variants[4].gen_tps = (struct matrix_figure){20, 10.5, 30};
    assert_says(&s, write_speeds, "A generates fastest at Q4_0: 13.0 tokens a second [12.0, 14.0] against 10.0 [9.0, 11.0] at BF16.\n"
                                  "No level of B is shown to generate faster than BF16 here.\n");
}

/* Through a store: a level that flips nothing, and one where few answers flip, is not shown to be the same by few questions. */
static double tied(int model, int level, int task)
{
    (void)level;
    return task == 1 ? 1.0 : made_accuracy(model, 0, task); /* HellaSwag: all right, everywhere */
}

static void no_flip_is_no_proof(void **state)
{
    (void)state;
    struct made made = MADE_DEFAULT;
    struct store *store;
    struct matrix *m;
    struct claims c;
    struct arena a;
    struct err err = {0};
    made.n_models = 2, made.n_levels = 2, made.n_tasks = 2, made.scale = 0.01, made.n_leaves = 2, made.accuracy = tied;
    assert_int_equal(store_open(&store, ":memory:", STORE_WRITE, &err), 0);
    if (made_write(store, &made, &err) < 0 || matrix_load(&m, &store, 1, &(struct matrix_options)MATRIX_DEFAULT, &err) < 0)
        fail_msg("%s", err.msg);
    arena_init(&a);
    claims_of(&c, m, 1.0, &a);
    const int task = matrix_find_task(m, "hellaswag");
    int n_seen = 0;
    for (int i = 0; i < c.n; i++)
        for (int v = 0; c.measures[i].column == task && v < m->n_variants; v++)
            if (c.measures[i].claims[v].is_there) {
                const struct interval bp = paired_bonett_price(0, 0, m->tasks[task].n_items, 0.95);
                assert_true(c.measures[i].claims[v].loss == 0);
                assert_true(fabs(c.measures[i].claims[v].high - 100 * bp.high) < 1e-9);
                assert_int_equal(c.measures[i].claims[v].verdict, VERDICT_UNDECIDED); /* 100 questions */
                n_seen++;
            }
    assert_int_equal(n_seen, 2);
    arena_release(&a);
    matrix_close(m);
    store_close(store);
}

/* One claim stands by its interval alone; many of them only beyond Holm. */
static void many_claims(void **state)
{
    (void)state;
    enum { N = 20 };
    struct claim claims[N];
    struct measure k = {.how = "gsm8k", .unit = "points", .margin = 1, .claims = claims};
    for (int v = 0; v < N; v++)
        claims[v] = (struct claim){true, 3.1, 1.05, 5.15, VERDICT_BETTER}; /* two-sided p = 0.0447 */
    claims_settle(&k, 1);
    assert_int_equal(claims[0].verdict, VERDICT_WORSE);
    claims_settle(&k, N);
    for (int v = 0; v < N; v++)
        assert_int_equal(claims[v].verdict, VERDICT_UNDECIDED);
    claims[3] = (struct claim){true, 3.1, 2.6, 3.6, VERDICT_UNDECIDED};  /* p < 1e-12 */
    claims[4] = (struct claim){true, -3.1, -3.6, -2.6, VERDICT_UNDECIDED};
    claims[5] = (struct claim){true, 0.1, -0.1, 0.3, VERDICT_UNDECIDED};
    claims[6] = (struct claim){true, 0, 0, 0, VERDICT_UNDECIDED};
    claims[7] = (struct claim){true, 0.5, 0.02, 0.98, VERDICT_UNDECIDED}; /* within the margin by itself: p = 0.041 */
    claims[8].is_there = false;
    claims[8].verdict = VERDICT_SAME;
    claims_settle(&k, N);
    assert_int_equal(claims[3].verdict, VERDICT_WORSE);
    assert_int_equal(claims[4].verdict, VERDICT_BETTER);
    assert_int_equal(claims[5].verdict, VERDICT_SAME);
    assert_int_equal(claims[6].verdict, VERDICT_SAME);
    assert_int_equal(claims[7].verdict, VERDICT_UNDECIDED);
    assert_int_equal(claims[8].verdict, VERDICT_SAME); /* not there: not touched */
    assert_int_equal(claims[0].verdict, VERDICT_UNDECIDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_same), cmocka_unit_test(one_model), cmocka_unit_test(undecided_claims_nothing), cmocka_unit_test(mixed),
        cmocka_unit_test(all_worse_and_better), cmocka_unit_test(missing_models), cmocka_unit_test(nothing_to_compare), cmocka_unit_test(speed),
        cmocka_unit_test(no_flip_is_no_proof), cmocka_unit_test(many_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
