/* Size, memory, speed and divergence of a matrix's variants; declared in matrix_internal.h. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "study/analyse_internal.h"
#include "study/matrix_internal.h"

#include "base/banned.h"

enum { FILE_CTX = 4096 };
static const struct matrix_figure nothing = { (double)NAN, (double)NAN, (double)NAN };

static struct matrix_figure figure(double value, struct interval ci)
{
    return (struct matrix_figure){ value, ci.low, ci.high };
}

/* --- file -------------------------------------------------------------------------------------- */

static int source_bpw(double *out, struct mx *x, const struct cell_row *row, struct err *err)
{
    struct modelfile f;
    *out = NAN;
    if (!row->model_info)
        return 0;
    if (modelfile_parse(&f, &x->scratch, row->model_info, err) < 0)
        return -1;
    *out = f.n_params > 0 ? modelfile_bpw(&f) : (double)NAN;
    return 0;
}

/* Bits that the source does not have are padding. */
static bool is_upcast(double bpw, double source)
{
    return isfinite(bpw) && isfinite(source) && bpw > 1.02 * source;
}

static int put_file(struct matrix_variant *v, struct mx *x, const struct cell_row *row, struct err *err)
{
    struct modelfile f;
    double source;
    if (!row->variant_info || isfinite(v->bpw))
        return 0;
    if (modelfile_parse(&f, x->a, row->variant_info, err) < 0 || source_bpw(&source, x, row, err) < 0)
        return -1;
    if (f.n_params <= 0)
        return 0;
    v->bpw = modelfile_bpw(&f);
    v->file_bytes = (double)f.file_bytes;
    v->tensor_bytes = (double)f.tensor_bytes;
    v->n_params = (double)f.n_params;
    v->is_upcast = is_upcast(v->bpw, source);
    v->memory_bytes = (double)(f.tensor_bytes + f.kv_bytes_per_token * FILE_CTX);
    v->memory = MATRIX_MEMORY_FILE;
    v->memory_ctx = FILE_CTX;
    return 0;
}

/* --- memory ------------------------------------------------------------------------------------ */

static int predicted(double *out, struct store *s, int64_t cell, struct err *err)
{
    static const enum metric parts[] = { METRIC_PRED_WEIGHTS, METRIC_PRED_KV, METRIC_PRED_COMPUTE, METRIC_PRED_RUNTIME };
    *out = 0;
    for (int i = 0; i < 4; i++) {
        double part;
        if (read_scalar(&part, s, cell, parts[i], err) < 0)
            return -1;
        *out += part;
    }
    return 0;
}

static int64_t context_of(const struct cell_row *row)
{
    struct json *j;
    if (json_parse(&j, row->settings, strlen(row->settings), "settings", NULL) < 0)
        return 0;
    const int64_t n = json_int_or(json_root(j), "memory_ctx", 0);
    json_close(j);
    return n;
}

/* A cell that failed may have its prediction: too large for the machine is a result too. */
static int put_memory(struct matrix_variant *v, struct mx *x, const struct mx_cell *c, struct err *err)
{
    double peak = NAN, plan;
    struct store *s = x->stores[c->i_store];
    if (v->memory == MATRIX_MEMORY_MEASURED || predicted(&plan, s, c->row->id, err) < 0 ||
        (c->is_done && read_scalar(&peak, s, c->row->id, METRIC_PEAK_RSS, err) < 0))
        return v->memory == MATRIX_MEMORY_MEASURED ? 0 : -1;
    if (!isfinite(peak) && !isfinite(plan))
        return 0;
    v->memory_bytes = isfinite(peak) ? peak : plan;
    v->memory = isfinite(peak) ? MATRIX_MEMORY_MEASURED : MATRIX_MEMORY_PREDICTED;
    v->memory_ctx = context_of(c->row);
    return 0;
}

/* --- speed ------------------------------------------------------------------------------------- */

static int put_speed(struct matrix_variant *v, struct mx *x, const struct mx_cell *c, struct err *err)
{
    struct speed_test tests[WORKLOADS_MAX];
    struct store *s = x->stores[c->i_store];
    int n;
    if (!c->is_done)
        return 0;
    if (cell_tests(tests, s, x->a, c->row->id, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        struct speed_stats st;
        int rc = test_stats(&st, s, c->row->id, &tests[i], i, err);
        if (rc < 0)
            return -1;
        if (rc == 1 && tests[i].n_gen == 0)
            v->prompt_tps = figure(st.median_tps, st.median_ci);
        if (rc == 1 && tests[i].n_prompt == 0)
            v->gen_tps = figure(st.median_tps, st.median_ci);
    }
    v->ttft_s = median_of(s, c->row->id, METRIC_TTFT_S, 0, err);
    return 0;
}

/* --- text -------------------------------------------------------------------------------------- */

static int put_text(struct matrix_variant *v, struct mx *x, const struct mx_cell *c, struct err *err)
{
    struct perplexity_stats st;
    if (!c->is_done || !x->options->has_text)
        return 0;
    const int rc = text_stats(&st, x->stores[c->i_store], c->row->id, err);
    if (rc <= 0)
        return rc;
    if (isnan(v->ppl) || c->kind == KIND_KL) {
        v->ppl = st.ppl.value;
        v->bits_per_byte = st.bits_per_byte;
    }
    if (!isfinite(st.kl.value))
        return 0;
    const struct interval loss = text_interval(st.ln_ratio.value, st.ln_ratio.se, st.ln_ratio_se_chunk);
    v->kl_nat = figure(st.kl.value, text_interval(st.kl.value, st.kl.se, st.kl_se_chunk));
    v->loss_pct = figure(pct_of_ln(st.ln_ratio.value), (struct interval){ pct_of_ln(loss.low), pct_of_ln(loss.high) });
    return 0;
}

/* --- all --------------------------------------------------------------------------------------- */

static const struct {
    enum kind kind;
    int (*put)(struct matrix_variant *v, struct mx *x, const struct mx_cell *c, struct err *err);
} parts[] = {
    { KIND_MEMORY, put_memory }, { KIND_SPEED, put_speed }, { KIND_PERPLEXITY, put_text }, { KIND_KL, put_text },
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static void clear(struct matrix_variant *v)
{
    v->bpw = v->file_bytes = v->tensor_bytes = v->n_params = v->memory_bytes = v->ttft_s = v->ppl = v->bits_per_byte = NAN;
    v->prompt_tps = v->gen_tps = v->kl_nat = v->loss_pct = nothing;
}

static int put_parts(struct mx *x, const struct mx_cell *c, struct err *err)
{
    struct matrix_variant *v = &x->m->variants[c->variant];
    for (int k = 0; k < N_PARTS; k++)
        if (parts[k].kind == c->kind && parts[k].put(v, x, c, err) < 0)
            return -1;
    return 0;
}

int mx_read_facts(struct mx *x, struct err *err)
{
    for (int i = 0; i < x->m->n_variants; i++)
        clear(&x->m->variants[i]);
    for (int k = 0; k < N_PARTS; k++)
        mx_choose_kind(x, parts[k].kind);
    for (int i = 0; i < x->n_cells; i++) {
        x->m->variants[x->cells[i].variant].is_synthetic |= x->cells[i].row->is_synthetic;
        if (put_file(&x->m->variants[x->cells[i].variant], x, x->cells[i].row, err) < 0)
            return -1;
    }
    for (int i = 0; i < x->n_cells; i++)
        if (x->cells[i].kind != KIND_TASK && put_parts(x, &x->cells[i], err) < 0)
            return -1;
    return 0;
}
