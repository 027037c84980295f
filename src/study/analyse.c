#include "study/analyse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/kind.h"
#include "core/modelfile.h"
#include "core/quant.h"
#include "stats/normal.h"
#include "stats/perplexity_stats.h"
#include "study/analyse_internal.h"
#include "study/combine.h"

enum { BOOTSTRAP_SEED = 1234 };

/* --- reading a cell ---------------------------------------------------------------------------- */

void put_adapter(struct frame *f, int row, const struct cell_row *c)
{
    if (!c->adapter_sha256[0])
        return;
    frame_put_text(f, row, "adapter", c->adapter);
    frame_put_num(f, row, "adapter_scale", c->adapter_scale);
}

void put_weights(struct frame *f, int row, const struct cell_row *c)
{
    if (c->has_synthetic_weights)
        frame_put_text(f, row, "weights", "synthetic");
}

int read_values(struct values *out, struct store *s, int64_t cell, enum metric m, int slot, struct err *err)
{
    return query_values(s, cell, m, slot, &out->v, &out->n, &out->width, err);
}

static double first_or_nan(const struct values *v)
{
    return v->n > 0 ? v->v[0] : NAN;
}

int read_scalar(double *out, struct store *s, int64_t cell, enum metric m, struct err *err)
{
    struct values v = { 0 };
    int rc = read_values(&v, s, cell, m, 0, err);
    *out = first_or_nan(&v);
    free(v.v);
    return rc;
}

int text_stats(struct perplexity_stats *out, struct store *s, int64_t cell, struct err *err)
{
    static const enum metric metrics[] = { METRIC_NLL, METRIC_NLL_BASE, METRIC_KL, METRIC_SAME_TOP, METRIC_SCORED_BYTES };
    struct values v[5] = { 0 };
    int ret = -1;
    for (int i = 0; i < 5; i++)
        if (read_values(&v[i], s, cell, metrics[i], 0, err) < 0)
            goto done;
    ret = 0;
    if (v[0].n == 0 || v[0].width == 0)
        goto done;
    struct perplexity_tokens t = {
        .n_chunks = (size_t)(v[0].n / v[0].width), .n_per_chunk = (size_t)v[0].width, .nll = v[0].v,
        .nll_base = v[1].n == v[0].n ? v[1].v : NULL, .kl = v[2].n == v[0].n ? v[2].v : NULL,
        .same_top = v[3].n == v[0].n ? v[3].v : NULL,
    };
    for (int i = 0; i < v[4].n; i++)
        t.n_bytes += v[4].v[i];
    ret = perplexity_stats_compute(out, &t, err) < 0 ? -1 : 1;
done:
    for (int i = 0; i < 5; i++)
        free(v[i].v);
    return ret;
}

int cell_tests(struct speed_test tests[WORKLOADS_MAX], struct store *s, struct arena *a, int64_t cell, int *out_n,
               struct err *err)
{
    const char *text;
    if (query_fact(s, a, cell, "tests", &text, err) < 0)
        return -1;
    *out_n = text ? workload_parse(tests, text) : 0;
    return 0;
}

int test_seconds(struct values *out, struct store *s, int64_t cell, int slot, struct err *err)
{
    struct values prompt = { 0 }, gen = { 0 };
    *out = (struct values){ 0 };
    if (read_values(&prompt, s, cell, METRIC_PROMPT_S, slot, err) < 0 ||
        read_values(&gen, s, cell, METRIC_GEN_S, slot, err) < 0) {
        free(prompt.v);
        return -1;
    }
    for (int i = 0; i < gen.n && i < prompt.n; i++)
        prompt.v[i] += gen.v[i];
    *out = prompt.n > 0 ? prompt : gen;
    free(prompt.n > 0 ? gen.v : prompt.v);
    return 0;
}

int test_stats(struct speed_stats *out, struct store *s, int64_t cell, const struct speed_test *t, int slot,
               struct err *err)
{
    struct values v;
    if (test_seconds(&v, s, cell, slot, err) < 0)
        return -1;
    int rc = v.n == 0 ? 0 : speed_stats_compute(out, v.v, (size_t)v.n, t->n_prompt + t->n_gen, BOOTSTRAP_SEED, err) < 0 ? -1 : 1;
    free(v.v);
    return rc;
}

/* --- levels ------------------------------------------------------------------------------------ */

static const struct frame_spec level_columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },
    ADAPTER_COLUMNS,
    WEIGHTS_COLUMN,
    { "settings", "", "settings that differ", FRAME_TEXT, 0 },
    { "bpw", "bit", "bits/weight", FRAME_NUM, 2 },
    { "size_gb", "GB", "file", FRAME_NUM, 3 },
    { "ppl", "", "PPL", FRAME_NUM, 4 },
    { "ppl_se", "", "PPL SE", FRAME_NUM, 4 },
    { "loss_pct", "%", "PPL loss", FRAME_NUM, 2 },
    { "loss_lo_pct", "%", "PPL loss 95% low", FRAME_NUM, 2 },
    { "loss_hi_pct", "%", "PPL loss 95% high", FRAME_NUM, 2 },
    { "bits_per_byte", "bit", "bits/byte", FRAME_NUM, 4 },
    { "kl_nat", "nat", "mean KL", FRAME_NUM, 5 },
    { "kl_lo_nat", "nat", "mean KL 95% low", FRAME_NUM, 5 },
    { "kl_hi_nat", "nat", "mean KL 95% high", FRAME_NUM, 5 },
    { "kl_p99_nat", "nat", "KL 99th percentile", FRAME_NUM, 4 },
    { "same_top_pct", "%", "same top token", FRAME_NUM, 2 },
    { "prompt_tps", "t/s", "prompt", FRAME_NUM, 1 },
    { "prompt_lo_tps", "t/s", "prompt 95% low", FRAME_NUM, 1 },
    { "prompt_hi_tps", "t/s", "prompt 95% high", FRAME_NUM, 1 },
    { "gen_tps", "t/s", "generation", FRAME_NUM, 1 },
    { "gen_lo_tps", "t/s", "generation 95% low", FRAME_NUM, 1 },
    { "gen_hi_tps", "t/s", "generation 95% high", FRAME_NUM, 1 },
    { "ttft_s", "s", "first token", FRAME_NUM, 3 },
    { "bandwidth_pct", "%", "bandwidth used", FRAME_NUM, 0 },
    { "peak_gb", "GB", "peak memory", FRAME_NUM, 3 },
    { "predicted_gb", "GB", "predicted memory", FRAME_NUM, 3 },
    { "types", "", "tensor types", FRAME_TEXT, 0 },
    { "failed", "", "failed", FRAME_TEXT, 0 },
};

static int put_file(struct frame *f, int row, const struct cell_row *c, struct err *err)
{
    struct modelfile m;
    struct buf types = BUF_INIT;
    if (!c->variant_info)
        return 0;
    if (modelfile_parse(&m, &f->arena, c->variant_info, err) < 0)
        return -1;
    modelfile_format_types(&types, &m);
    frame_put_num(f, row, "bpw", modelfile_bpw(&m));
    frame_put_num(f, row, "size_gb", (double)m.file_bytes / 1e9);
    frame_put_text(f, row, "types", types.data);
    buf_release(&types);
    return 0;
}

double pct_of_ln(double ln_ratio)
{
    return 100.0 * expm1(ln_ratio);
}

struct interval text_interval(double value, double se, double se_chunk)
{
    return normal_interval95((struct estimate){ value, isfinite(se_chunk) && se_chunk > se ? se_chunk : se });
}

static int put_text(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err)
{
    struct perplexity_stats st;
    int rc = text_stats(&st, s, c->id, err);
    if (rc <= 0)
        return rc;
    frame_put_num(f, row, "ppl", st.ppl.value);
    frame_put_num(f, row, "ppl_se", st.ppl.se);
    frame_put_num(f, row, "bits_per_byte", st.bits_per_byte);
    if (!isfinite(st.kl.value))
        return 0;
    const struct interval loss = text_interval(st.ln_ratio.value, st.ln_ratio.se, st.ln_ratio_se_chunk);
    const struct interval kl = text_interval(st.kl.value, st.kl.se, st.kl_se_chunk);
    frame_put_num(f, row, "loss_pct", pct_of_ln(st.ln_ratio.value));
    frame_put_num(f, row, "loss_lo_pct", pct_of_ln(loss.low));
    frame_put_num(f, row, "loss_hi_pct", pct_of_ln(loss.high));
    frame_put_num(f, row, "kl_nat", st.kl.value);
    frame_put_num(f, row, "kl_lo_nat", kl.low);
    frame_put_num(f, row, "kl_hi_nat", kl.high);
    frame_put_num(f, row, "kl_p99_nat", st.kl_spread.q99);
    frame_put_num(f, row, "same_top_pct", 100.0 * st.same_top.value);
    return 0;
}

static void put_rate(struct frame *f, int row, const struct speed_test *t, const struct speed_stats *st)
{
    bool is_prompt = t->n_gen == 0, is_gen = t->n_prompt == 0;
    if (!is_prompt && !is_gen)
        return;
    frame_put_num(f, row, is_prompt ? "prompt_tps" : "gen_tps", st->median_tps);
    frame_put_num(f, row, is_prompt ? "prompt_lo_tps" : "gen_lo_tps", st->median_ci.low);
    frame_put_num(f, row, is_prompt ? "prompt_hi_tps" : "gen_hi_tps", st->median_ci.high);
}

double median_of(struct store *s, int64_t cell, enum metric m, int slot, struct err *err)
{
    struct values v = { 0 };
    double out = NAN;
    if (read_values(&v, s, cell, m, slot, err) == 0 && v.n > 0)
        out = describe_median(v.v, (size_t)v.n);
    free(v.v);
    return out;
}

double bandwidth_share(const struct modelfile *m, double gen_tps, double bytes_per_s)
{
    return bytes_per_s > 0 && m->tensor_bytes > 0 ? 100.0 * gen_tps * (double)m->tensor_bytes / bytes_per_s : NAN;
}

int cell_file(struct modelfile *out, struct arena *a, const struct cell_row *c, struct err *err)
{
    *out = (struct modelfile){ 0 };
    return c->variant_info ? modelfile_parse(out, a, c->variant_info, err) : 0;
}

static int put_speed(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err)
{
    struct speed_test tests[WORKLOADS_MAX];
    struct modelfile m;
    int n;
    double bandwidth;
    if (cell_tests(tests, s, &f->arena, c->id, &n, err) < 0 || cell_file(&m, &f->arena, c, err) < 0 ||
        read_scalar(&bandwidth, s, c->id, METRIC_BANDWIDTH, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        struct speed_stats st;
        int rc = test_stats(&st, s, c->id, &tests[i], i, err);
        if (rc < 0)
            return -1;
        if (rc == 1)
            put_rate(f, row, &tests[i], &st);
        if (rc == 1 && tests[i].n_prompt == 0)
            frame_put_num(f, row, "bandwidth_pct", bandwidth_share(&m, st.median_tps, bandwidth));
    }
    frame_put_num(f, row, "ttft_s", median_of(s, c->id, METRIC_TTFT_S, 0, err));
    return 0;
}

static int put_memory(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err)
{
    static const enum metric parts[] = { METRIC_PRED_WEIGHTS, METRIC_PRED_KV, METRIC_PRED_COMPUTE, METRIC_PRED_RUNTIME };
    double peak, part, predicted = 0;
    if (read_scalar(&peak, s, c->id, METRIC_PEAK_RSS, err) < 0)
        return -1;
    for (int i = 0; i < 4; i++) {
        if (read_scalar(&part, s, c->id, parts[i], err) < 0)
            return -1;
        predicted += part;
    }
    frame_put_num(f, row, "peak_gb", peak / 1e9);
    frame_put_num(f, row, "predicted_gb", predicted / 1e9);
    return 0;
}

static const struct {
    enum kind kind;
    int (*put)(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err);
} level_parts[] = {
    { KIND_PERPLEXITY, put_text }, { KIND_KL, put_text }, { KIND_SPEED, put_speed }, { KIND_MEMORY, put_memory },
};

static int put_part(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err)
{
    for (size_t i = 0; i < sizeof level_parts / sizeof level_parts[0]; i++)
        if (strcmp(kind_info(level_parts[i].kind)->name, c->kind) == 0)
            return level_parts[i].put(f, row, s, c, err);
    return 0;
}

static void add_failure(struct frame *f, int row, const struct cell_row *c)
{
    const struct frame_cell *before = frame_at(f, row, frame_column(f, "failed"));
    const char *old = before->is_set ? before->text : "";
    frame_put_text(f, row, "failed", arena_printf(&f->arena, "%s%s%s", old, *old ? ", " : "", c->kind));
}

static int put_cell(struct frame *f, struct store *s, const struct cell_row *c, int row, struct err *err)
{
    f->is_synthetic |= c->is_synthetic;
    if (strcmp(c->status, "failed") == 0)
        add_failure(f, row, c);
    return strcmp(c->status, "done") == 0 ? put_part(f, row, s, c, err) : 0;
}

static int put_row(struct frame *f, struct store *s, const struct combination *c, struct err *err)
{
    int row = frame_add_row(f);
    frame_put_text(f, row, "model", c->cells[0]->model);
    frame_put_text(f, row, "level", c->cells[0]->level);
    put_adapter(f, row, c->cells[0]);
    put_weights(f, row, c->cells[0]);
    frame_put_text(f, row, "settings", c->settings);
    if (put_file(f, row, c->cells[0], err) < 0)
        return -1;
    for (int i = 0; i < c->n_cells; i++)
        if (put_cell(f, s, c->cells[i], row, err) < 0)
            return -1;
    return 0;
}

int analyse_levels(struct frame *out, struct store *s, struct err *err)
{
    struct cell_row *cells;
    int n, n_rows;
    frame_init(out, "levels");
    frame_add_columns(out, level_columns, sizeof level_columns / sizeof level_columns[0]);
    if (query_cells(s, &out->arena, &cells, &n, err) < 0)
        return -1;
    const struct combination *rows = combine_cells(&out->arena, cells, n, &n_rows);
    for (int i = 0; i < n_rows; i++)
        if (put_row(out, s, &rows[i], err) < 0)
            return -1;
    return 0;
}

/* --- cells ------------------------------------------------------------------------------------- */

static const struct frame_spec cell_columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },   { "level", "", "level", FRAME_TEXT, 0 },
    ADAPTER_COLUMNS,
    WEIGHTS_COLUMN,
    { "kind", "", "measure", FRAME_TEXT, 0 },  { "task", "", "task", FRAME_TEXT, 0 },
    { "status", "", "status", FRAME_TEXT, 0 }, { "reason", "", "reason", FRAME_TEXT, 0 }, { "attempts", "", "attempts", FRAME_INT, 0 },
    { "started", "", "started", FRAME_TEXT, 0 }, { "finished", "", "finished", FRAME_TEXT, 0 },
    { "engine", "", "engine", FRAME_TEXT, 0 }, { "machine", "", "machine", FRAME_TEXT, 0 },
    { "settings", "", "settings", FRAME_TEXT, 0 }, { "key", "", "key", FRAME_TEXT, 0 },
};

/* "arc_challenge:1.0:<sha256>" -> "arc_challenge" */
static const char *task_name(struct arena *a, const char *identity)
{
    size_t n = strlen(identity);
    for (int i = 0; i < 2; i++)
        while (n > 0 && identity[--n] != ':')
            ;
    return arena_strndup(a, identity, n);
}

int analyse_cells(struct frame *out, struct store *s, struct err *err)
{
    struct cell_row *c;
    int n;
    frame_init(out, "cells");
    frame_add_columns(out, cell_columns, sizeof cell_columns / sizeof cell_columns[0]);
    if (query_cells(s, &out->arena, &c, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        int row = frame_add_row(out);
        const char *texts[][2] = {
            { "model", c[i].model }, { "level", c[i].level }, { "kind", c[i].kind },
            { "task", task_name(&out->arena, c[i].task) }, { "status", c[i].status }, { "reason", c[i].reason }, { "started", c[i].started }, { "finished", c[i].finished },
            { "engine", c[i].engine }, { "machine", c[i].machine_id }, { "settings", c[i].settings },
            { "key", c[i].key },
        };
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            frame_put_text(out, row, texts[k][0], texts[k][1]);
        frame_put_int(out, row, "attempts", c[i].attempts);
        put_adapter(out, row, &c[i]);
        put_weights(out, row, &c[i]);
        out->is_synthetic |= c[i].is_synthetic;
    }
    return 0;
}

/* --- text -------------------------------------------------------------------------------------- */

static const struct frame_spec text_columns[] = {
    { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },
    ADAPTER_COLUMNS,
    { "kind", "", "measure", FRAME_TEXT, 0 },
    { "settings", "", "settings that differ", FRAME_TEXT, 0 },
    { "chunks", "", "chunks", FRAME_INT, 0 },
    { "tokens", "", "tokens", FRAME_INT, 0 },
    { "ppl", "", "PPL", FRAME_NUM, 4 },
    { "ppl_se", "", "PPL SE", FRAME_NUM, 5 },
    { "bits_per_byte", "bit", "bits/byte", FRAME_NUM, 4 },
    { "ppl_base", "", "PPL of base", FRAME_NUM, 4 },
    { "ln_ratio", "", "ln(PPL/base)", FRAME_NUM, 6 },
    { "ln_ratio_se", "", "ln(PPL/base) SE of tokens", FRAME_NUM, 6 },
    { "ln_ratio_se_chunk", "", "ln(PPL/base) SE of chunks", FRAME_NUM, 6 },
    { "kl_mean", "nat", "KL mean", FRAME_NUM, 6 },
    { "kl_se", "nat", "KL mean SE", FRAME_NUM, 6 },
    { "kl_median", "nat", "KL median", FRAME_NUM, 6 },
    { "kl_p90", "nat", "KL 90th percentile", FRAME_NUM, 6 },
    { "kl_p95", "nat", "KL 95th percentile", FRAME_NUM, 6 },
    { "kl_p99", "nat", "KL 99th percentile", FRAME_NUM, 6 },
    { "kl_p999", "nat", "KL 99.9th percentile", FRAME_NUM, 6 },
    { "kl_max", "nat", "KL maximum", FRAME_NUM, 6 },
    { "delta_p_rms_pct", "%", "RMS Δp", FRAME_NUM, 3 },
    { "same_top_pct", "%", "same top token", FRAME_NUM, 3 },
    { "same_top_se_pct", "%", "same top SE", FRAME_NUM, 3 },
};

static void put_text_row(struct frame *f, const struct cell_row *c, const char *settings, const struct perplexity_stats *st)
{
    int row = frame_add_row(f);
    const struct {
        const char *name;
        double v;
    } numbers[] = {
        { "ppl", st->ppl.value }, { "ppl_se", st->ppl.se }, { "bits_per_byte", st->bits_per_byte },
        { "ppl_base", st->ppl_base.value }, { "ln_ratio", st->ln_ratio.value }, { "ln_ratio_se", st->ln_ratio.se },
        { "ln_ratio_se_chunk", st->ln_ratio_se_chunk }, { "kl_mean", st->kl.value }, { "kl_se", st->kl.se },
        { "kl_median", st->kl_spread.median }, { "kl_p90", st->kl_spread.q90 }, { "kl_p95", st->kl_spread.q95 },
        { "kl_p99", st->kl_spread.q99 }, { "kl_p999", st->kl_spread.q999 }, { "kl_max", st->kl_spread.max },
        { "delta_p_rms_pct", 100 * st->delta_p_rms.value }, { "same_top_pct", 100 * st->same_top.value },
        { "same_top_se_pct", 100 * st->same_top.se },
    };
    frame_put_text(f, row, "model", c->model);
    frame_put_text(f, row, "level", c->level);
    put_adapter(f, row, c);
    frame_put_text(f, row, "kind", c->kind);
    frame_put_text(f, row, "settings", settings);
    frame_put_int(f, row, "chunks", (int64_t)st->n_chunks);
    frame_put_int(f, row, "tokens", (int64_t)st->n_tokens);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        frame_put_num(f, row, numbers[i].name, numbers[i].v);
}

static bool is_text_result(const struct cell_row *c)
{
    enum kind k = kind_find(c->kind);
    return k != KIND_COUNT && kind_info(k)->needs_text && strcmp(c->status, "done") == 0;
}

int analyse_text(struct frame *out, struct store *s, struct err *err)
{
    struct cell_row *c;
    int n, n_text = 0;
    frame_init(out, "text");
    frame_add_columns(out, text_columns, sizeof text_columns / sizeof text_columns[0]);
    if (query_cells(s, &out->arena, &c, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (is_text_result(&c[i]))
            c[n_text++] = c[i];
    const struct combination *rows = combine_none(&out->arena, c, n_text, &n);
    for (int i = 0; i < n; i++) {
        struct perplexity_stats st;
        const struct cell_row *cell = rows[i].cells[0];
        int rc = text_stats(&st, s, cell->id, err);
        if (rc < 0)
            return -1;
        out->is_synthetic |= cell->is_synthetic;
        if (rc == 1)
            put_text_row(out, cell, rows[i].settings, &st);
    }
    return 0;
}
