/*
 * madestore: stores of made scores with known truths, for tests, benches and trying pages. Everything in them is marked
 * synthetic, through the store as a fake model would be.
 *
 *   struct made made = MADE_DEFAULT;
 *   made.scale = 0.05;                        a twentieth of the questions
 *   made_write(store, &made, err);
 *
 * The questions of a task have a difficulty; a model answers those below its skill; a level adds noise to every question
 * (flips both ways, at an accuracy that stays) and takes away its planted loss. So with MADE_DEFAULT, in expectation:
 *
 *   made-4b-alpha   leads made-4b-beta by 6 points at BF16 and loses 12 points a bit below 4.7: a cliff there, and behind
 *                   beta by 3 points at Q3_K_M and by 10 at Q2_K (made_inverts()), behind the 3b models at Q2_K too
 *   made-3b-gamma, made-3b-delta   the same accuracy at every level, nothing lost: pure noise between them, no cliff
 *   the others      lose 2 points a bit below 4.2
 *   gsm8k loses twice as much, hellaswag half as much
 *
 * accuracy   another truth: accuracy of (model, level, task), 0 .. 1
 * fails      task, or part of mmlu ("mmlu_part_01"), that the second model fails at its last level, or NULL
 * Cost       88 variants, 27,000 questions, with choices: some 20 s and 300 MB
 */
#ifndef PERBIT_TESTS_MADESTORE_H
#define PERBIT_TESTS_MADESTORE_H

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "stats/normal.h"
#include "store/store.h"
#include "study/settings.h"
#include "study/workload.h"

enum { MADE_MODELS = 11, MADE_LEVELS = 8, MADE_TASKS = 7, MADE_OPTIONS = 4 };

struct made {
    uint64_t seed;
    int n_models, n_levels, n_tasks;
    double scale;      /* of the numbers of questions */
    int n_leaves;      /* parts of mmlu */
    bool has_choices, has_speed, has_text;
    double (*accuracy)(int model, int level, int task);
    const char *fails;
    const char *prefix; /* of the models' digests: another prefix, other models */
    int64_t num_fewshot; /* setting of the task cells */
};
#define MADE_DEFAULT { .seed = 7, .n_models = MADE_MODELS, .n_levels = MADE_LEVELS, .n_tasks = MADE_TASKS, .scale = 1, .n_leaves = 57, \
                       .has_choices = true, .has_speed = true, .has_text = true, .accuracy = made_accuracy, .prefix = "", .num_fewshot = -1 }

static const struct {
    const char *name;
    double params, accuracy, cliff, slope; /* points of accuracy a bit, as a share */
} made_models[MADE_MODELS] = {
    { "made-4b-alpha", 4.0e9, 0.66, 4.7, 0.12 },   { "made-4b-beta", 3.9e9, 0.60, 4.2, 0.02 },
    { "made-3b-gamma", 3.2e9, 0.55, 0, 0 },        { "made-3b-delta", 3.1e9, 0.55, 0, 0 },
    { "made-3b-epsilon", 3.0e9, 0.57, 4.2, 0.02 }, { "made-2b-zeta", 1.8e9, 0.50, 4.2, 0.02 },
    { "made-2b-eta", 1.7e9, 0.47, 4.2, 0.02 },     { "made-1b-theta", 1.5e9, 0.44, 4.2, 0.02 },
    { "made-1b-iota", 1.2e9, 0.41, 4.2, 0.02 },    { "made-1b-kappa", 1.1e9, 0.38, 4.2, 0.02 },
    { "made-1b-lambda", 1.0e9, 0.35, 4.2, 0.02 },
};

static const struct {
    const char *name;
    double bpw, noise;
} made_levels[MADE_LEVELS] = {
    { "BF16", 16.0, 0 },     { "Q8_0", 8.5, 0.04 },   { "Q6_K", 6.56, 0.08 },  { "Q5_K_M", 5.69, 0.12 },
    { "Q4_K_M", 4.85, 0.2 }, { "Q4_0", 4.55, 0.3 },   { "Q3_K_M", 3.91, 0.4 }, { "Q2_K", 3.16, 0.7 },
};

static const struct {
    const char *name, *metric;
    enum metric place;
    int n_items, n_sources; /* sources: of so many films or articles; 0: every question by itself */
    double easier, sensitivity;
    bool is_choice, is_real;
} made_tasks[MADE_TASKS] = {
    { "mmlu", "acc", METRIC_ACC, 14042, 0, 0, 1, true, false },
    { "hellaswag", "acc_norm", METRIC_ACC_NORM, 10042, 3000, 0.05, 0.5, true, false },
    { "gsm8k", "exact_match", METRIC_EXACT_MATCH, 1319, 0, -0.1, 2, false, false },
    { "truthfulqa_mc2", "acc", METRIC_ACC, 817, 0, -0.05, 1, false, true },
    { "arc_challenge", "acc_norm", METRIC_ACC_NORM, 1172, 0, -0.03, 1, true, false },
    { "ifeval", "prompt_level_strict_acc", METRIC_PROMPT_STRICT, 541, 0, -0.05, 1, false, false },
    { "winogrande", "acc", METRIC_ACC, 1267, 0, 0.02, 1, true, false },
};

static inline double made_accuracy(int model, int level, int task)
{
    const double below = made_models[model].cliff - made_levels[level].bpw;
    const double loss = below > 0 ? made_models[model].slope * below * made_tasks[task].sensitivity : 0;
    return made_models[model].accuracy + made_tasks[task].easier - loss;
}

/* Is the order of alpha and beta at this level the reverse of that at BF16, in truth? */
static inline bool made_inverts(int level)
{
    return strcmp(made_levels[level].name, "Q3_K_M") == 0 || strcmp(made_levels[level].name, "Q2_K") == 0;
}

/* --- one question ------------------------------------------------------------------------------ */

static inline int made_n_items(const struct made *m, int task, int leaf, int n_leaves)
{
    const int all = (int)ceil(made_tasks[task].n_items * m->scale);
    return all / n_leaves + (leaf < all % n_leaves);
}

/* What is random of a leaf's questions: difficulty, the same for all; and a model's own luck, the same for its levels. */
static inline void made_normals(double *out, int n, uint64_t seed)
{
    struct rand_mt r;
    rand_seed(&r, seed);
    for (int i = 0; i < n; i++)
        out[i] = rand_gauss(&r);
}

struct made_answers {
    double *score;  /* [n] */
    int *choice;    /* [n] */
    int n;
};

static inline void made_answer(struct made_answers *out, const struct made *m, int model, int level, int task, int leaf, int n)
{
    const uint64_t at = m->seed + 1000003u * (uint64_t)(task * 64 + leaf);
    const double noise = made_levels[level].noise, skill = normal_quantile(m->accuracy(model, level, task));
    double *z = xmalloc((size_t)n * 3 * sizeof *z), *own = z + n, *jitter = own + n;
    made_normals(z, n, at);
    made_normals(own, n, at + 77u * (uint64_t)(model + 1));
    made_normals(jitter, n, at + 7919u * (uint64_t)(model * MADE_LEVELS + level + 1));
    *out = (struct made_answers){ xmalloc((size_t)n * sizeof *out->score), xmalloc((size_t)n * sizeof *out->choice), n };
    for (int i = 0; i < n; i++) {
        const double hard = (sqrt(0.5) * (z[i] + own[i]) + noise * jitter[i]) / sqrt(1 + noise * noise), margin = skill - hard;
        const int gold = i % MADE_OPTIONS, wrong = (gold + 1 + (fabs(hard) > 1.2) + (fabs(hard) > 1.8)) % MADE_OPTIONS;
        out->score[i] = made_tasks[task].is_real ? normal_cdf(2 * margin) : margin > 0;
        out->choice[i] = margin > 0 ? gold : wrong;
    }
    free(z);
}

static inline void made_answers_release(struct made_answers *a)
{
    free(a->score);
    free(a->choice);
}

/* --- the store --------------------------------------------------------------------------------- */

struct made_place {
    const struct made *m;
    struct store *store;
    struct arena arena;
    struct settings settings;
    const char *model_sha256;
    int model, level;
    int64_t variant;
    struct err *err;
};

static inline int made_put(struct made_place *p, int64_t cell, struct event e)
{
    return store_put(p->store, cell, &e, p->err);
}

static inline int made_cell(int64_t *out, struct made_place *p, enum kind kind, const char *task)
{
    struct store_cell cell;
    const struct store_cell_spec spec = {
        .variant_id = p->variant, .machine_id = "made", .is_synthetic = true,
        .identity = { .model_sha256 = p->model_sha256, .level = made_levels[p->level].name, .kind = kind_info(kind)->name, .task = task,
                      .data_sha256 = kind_info(kind)->needs_text ? "made-text" : task, .base = kind_info(kind)->needs_base ? "level:BF16" : "",
                      .settings = settings_json(&p->arena, &p->settings, kind_info(kind)->groups, true), .engine = "made",
                      .machine = kind_info(kind)->on_machine ? "made" : "" },
    };
    if (store_cell_claim(p->store, &spec, &cell, p->err) < 0 || store_cell_start(p->store, cell.id, false, p->err) < 0)
        return -1;
    *out = cell.id;
    return 0;
}

static inline int made_fact(struct made_place *p, int64_t cell, int task, const char *leaf, bool is_group)
{
    const char *text = arena_printf(&p->arena, "{\"name\":\"%s\",\"alias\":\"%s\",\"version\":\"1.0\",\"num_fewshot\":0,"
                                    "\"metrics\":[{\"name\":\"%s\",\"aggregation\":0}]%s,\"groups\":[%s]}", leaf, leaf, made_tasks[task].metric,
                                    made_tasks[task].place == METRIC_EXACT_MATCH ? ",\"filters\":[\"strict-match\"]" : "",
                                    is_group ? "{\"name\":\"mmlu\",\"metrics\":[\"acc\"]}" : "");
    return made_put(p, cell, (struct event){ .kind = EVENT_FACT, .key = "task", .text = text });
}

static inline int made_items(struct made_place *p, int64_t cell, int task, int leaf, int n)
{
    struct made_answers a;
    int rc = 0;
    made_answer(&a, p->m, p->model, p->level, task, leaf, n);
    for (int i = 0; rc == 0 && i < n; i++) {
        const double choice = a.choice[i];
        rc = made_put(p, cell, (struct event){ .kind = EVENT_MEASURE, .metric = made_tasks[task].place, .index = i, .value = a.score[i] });
        if (rc == 0 && p->m->has_choices && made_tasks[task].is_choice)
            rc = made_put(p, cell, (struct event){ .kind = EVENT_SERIES, .metric = METRIC_CHOICE, .index = i, .values = &choice, .n = 1 });
        if (rc == 0 && made_tasks[task].n_sources > 0)
            rc = made_put(p, cell, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_SOURCE, .index = i,
                                                   .value = fmod(i, ceil(made_tasks[task].n_sources * p->m->scale)) });
    }
    made_answers_release(&a);
    return rc;
}

static inline int made_leaf(struct made_place *p, int task, int leaf, int n_leaves)
{
    int64_t cell;
    const char *name = n_leaves > 1 ? arena_printf(&p->arena, "%s_part_%02d", made_tasks[task].name, leaf) : made_tasks[task].name;
    const bool is_named = p->m->fails && (strcmp(p->m->fails, made_tasks[task].name) == 0 || strcmp(p->m->fails, name) == 0);
    const bool fails = is_named && p->model == 1 && p->level == p->m->n_levels - 1;
    if (made_cell(&cell, p, KIND_TASK, arena_printf(&p->arena, "%s:1.0:made", name)) < 0 || made_fact(p, cell, task, name, n_leaves > 1) < 0)
        return -1;
    if (fails)
        return store_cell_finish(p->store, cell, "made to fail", p->err);
    if (made_items(p, cell, task, leaf, made_n_items(p->m, task, leaf, n_leaves)) < 0)
        return -1;
    return store_cell_finish(p->store, cell, NULL, p->err);
}

static inline int made_scalars(struct made_place *p, int64_t cell, enum metric m, int slot, const double *v, int n)
{
    for (int i = 0; i < n; i++)
        if (made_put(p, cell, (struct event){ .kind = EVENT_MEASURE, .metric = m, .slot = slot, .index = i, .value = v[i] }) < 0)
            return -1;
    return 0;
}

static inline double made_bytes(int model, int level)
{
    return made_models[model].params * made_levels[level].bpw / 8;
}

/* 40 GB/s of weights a generated token, one percent of noise. */
static inline int made_speed(struct made_place *p)
{
    enum { N = 5 };
    struct buf tests = BUF_INIT;
    const struct speed_test both[2] = { { 512, 0, 0 }, { 0, 128, 0 } };
    double prompt[N], gen[N], ttft[N], jitter[3 * N];
    int64_t cell;
    if (made_cell(&cell, p, KIND_SPEED, "") < 0)
        return -1;
    workload_json(&tests, both, 2);
    int rc = made_put(p, cell, (struct event){ .kind = EVENT_FACT, .key = "tests", .text = tests.data });
    buf_release(&tests);
    made_normals(jitter, 3 * N, p->m->seed + (uint64_t)cell);
    for (int i = 0; i < N; i++) {
        prompt[i] = 512 / (3e11 / made_models[p->model].params) * (1 + 0.01 * jitter[i]);
        gen[i] = 128 / (4e10 / made_bytes(p->model, p->level)) * (1 + 0.01 * jitter[N + i]);
        ttft[i] = prompt[i] * (1 + 0.01 * jitter[2 * N + i]);
    }
    if (rc < 0 || made_scalars(p, cell, METRIC_PROMPT_S, 0, prompt, N) < 0 || made_scalars(p, cell, METRIC_GEN_S, 1, gen, N) < 0 ||
        made_scalars(p, cell, METRIC_TTFT_S, 0, ttft, N) < 0)
        return -1;
    return store_cell_finish(p->store, cell, NULL, p->err);
}

static inline int made_memory(struct made_place *p)
{
    const double weights = made_bytes(p->model, p->level), kv = 6e8, compute = 3e8, runtime = 5e7, peak = weights + kv + compute + runtime;
    int64_t cell;
    if (made_cell(&cell, p, KIND_MEMORY, "") < 0 || made_scalars(p, cell, METRIC_PEAK_RSS, 0, &peak, 1) < 0 ||
        made_scalars(p, cell, METRIC_PRED_WEIGHTS, 0, &weights, 1) < 0 || made_scalars(p, cell, METRIC_PRED_KV, 0, &kv, 1) < 0 ||
        made_scalars(p, cell, METRIC_PRED_COMPUTE, 0, &compute, 1) < 0 || made_scalars(p, cell, METRIC_PRED_RUNTIME, 0, &runtime, 1) < 0)
        return -1;
    return store_cell_finish(p->store, cell, NULL, p->err);
}

static inline int made_text(struct made_place *p)
{
    enum { N_CHUNKS = 16, N = 64 };
    double z[N], nll[N], base[N], kl[N], same[N];
    int64_t cell;
    const double noise = made_levels[p->level].noise;
    if (made_cell(&cell, p, KIND_KL, "") < 0)
        return -1;
    for (int c = 0; c < N_CHUNKS; c++) {
        const double bytes = 4 * N;
        made_normals(z, N, p->m->seed + 31u * (uint64_t)(c + 100 * p->model));
        for (int i = 0; i < N; i++) {
            base[i] = fabs(2.5 + z[i]);
            nll[i] = base[i] + noise * (0.1 * z[(i + 1) % N] + 0.05);
            kl[i] = 0.1 * noise * noise * (1 + 0.3 * fabs(z[(i + 2) % N]));
            same[i] = fabs(z[i]) > 0.3 * noise;
        }
        const struct {
            enum metric m;
            const double *v;
        } series[] = { { METRIC_NLL, nll }, { METRIC_NLL_BASE, base }, { METRIC_KL, kl }, { METRIC_SAME_TOP, same } };
        for (int k = 0; k < 4; k++)
            if (made_put(p, cell, (struct event){ .kind = EVENT_SERIES, .metric = series[k].m, .index = c, .values = series[k].v, .n = N }) < 0)
                return -1;
        if (made_put(p, cell, (struct event){ .kind = EVENT_MEASURE, .metric = METRIC_SCORED_BYTES, .index = c, .value = bytes }) < 0)
            return -1;
    }
    return store_cell_finish(p->store, cell, NULL, p->err);
}

static inline struct modelfile made_file(int model, int level, struct modelfile_type *type)
{
    const int64_t bytes = (int64_t)made_bytes(model, level);
    *type = (struct modelfile_type){ made_levels[level].name, 100, (int64_t)made_models[model].params, bytes };
    return (struct modelfile){
        .path = "made.gguf", .name = made_models[model].name, .arch = "made", .label = made_levels[level].name, .file_bytes = bytes + 1000000,
        .tensor_bytes = bytes, .n_params = (int64_t)made_models[model].params, .n_tensors = 100, .n_layer = 32, .n_embd = 2048,
        .n_ctx_train = 8192, .n_vocab = 32000, .kv_bytes_per_token = 131072, .is_synthetic = true, .n_types = 1, .types = type,
    };
}

static inline int made_variant(struct made_place *p, int64_t model)
{
    struct modelfile_type type;
    const struct modelfile file = made_file(p->model, p->level, &type);
    if (store_put_variant(p->store, model, made_levels[p->level].name, "", "made.gguf", arena_printf(&p->arena, "%s-%d", p->model_sha256, p->level),
                          &file, &p->variant, p->err) < 0 ||
        (p->m->has_text && made_text(p) < 0) || (p->m->has_speed && (made_speed(p) < 0 || made_memory(p) < 0)))
        return -1;
    for (int t = 0; t < p->m->n_tasks; t++) {
        const int n_leaves = t == 0 ? p->m->n_leaves : 1;
        for (int l = 0; l < n_leaves; l++)
            if (made_leaf(p, t, l, n_leaves) < 0)
                return -1;
    }
    return 0;
}

static inline int made_model(struct made_place *p)
{
    struct modelfile_type type;
    const struct modelfile file = made_file(p->model, 0, &type);
    int64_t model;
    p->model_sha256 = arena_printf(&p->arena, "%smade%d", p->m->prefix, p->model);
    if (store_put_model(p->store, p->model_sha256, &file, &model, p->err) < 0)
        return -1;
    for (p->level = 0; p->level < p->m->n_levels; p->level++)
        if (made_variant(p, model) < 0)
            return -1;
    return 0;
}

static inline int made_write(struct store *s, const struct made *m, struct err *err)
{
    struct made_place p = { .m = m, .store = s, .err = err };
    int rc = store_put_machine(s, "made", "{\"cpu\":\"made\"}", err);
    arena_init(&p.arena);
    opt_defaults(&settings_table, &p.settings, &p.arena);
    p.settings.num_fewshot = m->num_fewshot;
    for (p.model = 0; rc == 0 && p.model < m->n_models; p.model++)
        rc = made_model(&p);
    arena_release(&p.arena);
    return rc;
}

#endif
