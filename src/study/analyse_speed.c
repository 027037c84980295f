#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "study/analyse_internal.h"
#include "study/combine.h"

/* llama-bench's fields come first, in its order, then ours. Labels are for people; fields that only programs read have none. */
static const struct frame_spec speed_columns[] = {
    { "build_commit", "", NULL, FRAME_TEXT, 0 },
    { "build_number", "", NULL, FRAME_INT, 0 },
    { "cpu_info", "", NULL, FRAME_TEXT, 0 },
    { "gpu_info", "", NULL, FRAME_TEXT, 0 },
    { "backends", "", "backend", FRAME_TEXT, 0 },
    { "model_filename", "", NULL, FRAME_TEXT, 0 },
    { "model_type", "", "model", FRAME_TEXT, 0 },
    { "model_size", "", NULL, FRAME_INT, 0 },
    { "model_n_params", "", NULL, FRAME_INT, 0 },
    { "n_batch", "", NULL, FRAME_INT, 0 },
    { "n_ubatch", "", NULL, FRAME_INT, 0 },
    { "n_threads", "", "threads", FRAME_INT, 0 },
    { "cpu_mask", "", NULL, FRAME_TEXT, 0 },
    { "cpu_strict", "", NULL, FRAME_BOOL, 0 },
    { "poll", "", NULL, FRAME_INT, 0 },
    { "type_k", "", NULL, FRAME_TEXT, 0 },
    { "type_v", "", NULL, FRAME_TEXT, 0 },
    { "n_gpu_layers", "", "ngl", FRAME_INT, 0 },
    { "n_cpu_moe", "", NULL, FRAME_INT, 0 },
    { "split_mode", "", NULL, FRAME_TEXT, 0 },
    { "main_gpu", "", NULL, FRAME_INT, 0 },
    { "no_kv_offload", "", NULL, FRAME_BOOL, 0 },
    { "flash_attn", "", "fa", FRAME_INT, 0 },
    { "devices", "", NULL, FRAME_TEXT, 0 },
    { "tensor_split", "", NULL, FRAME_TEXT, 0 },
    { "tensor_buft_overrides", "", NULL, FRAME_TEXT, 0 },
    { "load_mode", "", "lm", FRAME_TEXT, 0 },
    { "lazy_mode", "", NULL, FRAME_TEXT, 0 },
    { "embeddings", "", NULL, FRAME_BOOL, 0 },
    { "no_op_offload", "", NULL, FRAME_INT, 0 },
    { "no_host", "", NULL, FRAME_BOOL, 0 },
    { "repack", "", "rpk", FRAME_BOOL, 0 },
    { "fit_target", "", NULL, FRAME_INT, 0 },
    { "fit_min_ctx", "", NULL, FRAME_INT, 0 },
    { "n_prompt", "", NULL, FRAME_INT, 0 },
    { "n_gen", "", NULL, FRAME_INT, 0 },
    { "n_depth", "", NULL, FRAME_INT, 0 },
    { "test_time", "", NULL, FRAME_TEXT, 0 },
    { "avg_ns", "", NULL, FRAME_INT, 0 },
    { "stddev_ns", "", NULL, FRAME_INT, 0 },
    { "avg_ts", "t/s", "mean", FRAME_NUM, 2 },
    { "stddev_ts", "", NULL, FRAME_NUM, 2 },
    { "samples_ns", "", NULL, FRAME_LIST, 0 },
    { "samples_ts", "", NULL, FRAME_LIST, 0 },

    { "model", "", "model", FRAME_TEXT, 0 },
    { "level", "", "level", FRAME_TEXT, 0 },
    ADAPTER_COLUMNS,
    WEIGHTS_COLUMN,
    { "size_gb", "GB", "file", FRAME_NUM, 3 },
    { "test", "", "test", FRAME_TEXT, 0 },
    { "settings", "", "settings that differ", FRAME_TEXT, 0 },
    { "sd_ts", "t/s", "SD", FRAME_NUM, 2 },
    { "median_ts", "t/s", "median", FRAME_NUM, 2 },
    { "median_lo_ts", "t/s", "median 95% low", FRAME_NUM, 2 },
    { "median_hi_ts", "t/s", "median 95% high", FRAME_NUM, 2 },
    { "repetitions", "", "runs", FRAME_INT, 0 },
    { "ttft_s", "s", "first token", FRAME_NUM, 4 },
    { "token_p50_ms", "ms", "token p50", FRAME_NUM, 2 },
    { "token_p95_ms", "ms", "token p95", FRAME_NUM, 2 },
    { "bandwidth_pct", "%", "bandwidth used", FRAME_NUM, 0 },
    { "load_avg", "", "load", FRAME_NUM, 2 },
    { "steal_pct", "%", "CPU stolen", FRAME_NUM, 1 },
    { "throttled", "", "throttled", FRAME_BOOL, 0 },
    { "engine", "", "engine", FRAME_TEXT, 0 },
    { "machine", "", "machine", FRAME_TEXT, 0 },
};

const char *const analyse_speed_shown[] = {
    "model", "level", "adapter", "adapter_scale", "weights", "settings", "size_gb", "test", "avg_ts", "sd_ts", "median_ts", "median_lo_ts", "median_hi_ts", "repetitions",
    "ttft_s", "token_p50_ms", "token_p95_ms", "bandwidth_pct", "load_avg", "steal_pct", "throttled", NULL,
};

/* The fact "llama_bench" (study/job_speed.c) has a key for each of llama-bench's fields that describe a set-up. */
static void set_field(struct frame *f, int row, int column, yyjson_val *v)
{
    enum frame_kind kind = f->columns[column].kind;
    if (kind == FRAME_TEXT && yyjson_is_str(v))
        frame_set_text(f, row, column, yyjson_get_str(v));
    else if (kind == FRAME_INT && yyjson_is_int(v))
        frame_set_int(f, row, column, yyjson_get_sint(v));
    else if (kind == FRAME_BOOL && yyjson_is_bool(v))
        frame_set_bool(f, row, column, yyjson_get_bool(v));
}

static int put_fields(struct frame *f, int row, struct store *s, const struct cell_row *c, struct err *err)
{
    const char *text;
    struct json *j;
    if (query_fact(s, &f->arena, c->id, "llama_bench", &text, err) < 0)
        return -1;
    if (!text) /* measured by a perbit that did not note them */
        return 0;
    if (json_parse(&j, text, strlen(text), "fact llama_bench", err) < 0)
        return -1;
    for (int i = 0; i < f->n_columns; i++)
        set_field(f, row, i, yyjson_obj_get(json_root(j), f->columns[i].name));
    json_close(j);
    return 0;
}

/* As llama-bench computes them: whole nanoseconds, 0 for the deviation of one repetition. */
static int put_samples(struct frame *f, int row, struct store *s, const struct cell_row *c, const struct speed_test *t,
                       int slot, struct err *err)
{
    struct values v;
    double sum = 0, squares = 0;
    if (test_seconds(&v, s, c->id, slot, err) < 0)
        return -1;
    double *rates = arena_alloc(&f->arena, (size_t)(v.n + 1) * sizeof *rates);
    for (int i = 0; i < v.n; i++) {
        rates[i] = (t->n_prompt + t->n_gen) / v.v[i];
        v.v[i] = round(1e9 * v.v[i]);
        sum += v.v[i];
    }
    for (int i = 0; i < v.n; i++)
        squares += (v.v[i] - sum / v.n) * (v.v[i] - sum / v.n);
    frame_put_int(f, row, "avg_ns", (int64_t)(sum / v.n));
    frame_put_int(f, row, "stddev_ns", v.n > 1 ? (int64_t)sqrt(squares / (v.n - 1)) : 0);
    frame_set_list(f, row, frame_column(f, "samples_ns"), v.v, v.n);
    frame_set_list(f, row, frame_column(f, "samples_ts"), rates, v.n);
    free(v.v);
    return 0;
}

static void put_rates(struct frame *f, int row, const struct speed_stats *st)
{
    frame_put_num(f, row, "avg_ts", st->mean_tps);
    frame_put_num(f, row, "stddev_ts", st->n > 1 ? st->sd_tps : 0);
    frame_put_num(f, row, "sd_ts", st->sd_tps);
    frame_put_num(f, row, "median_ts", st->median_tps);
    frame_put_num(f, row, "median_lo_ts", st->median_ci.low);
    frame_put_num(f, row, "median_hi_ts", st->median_ci.high);
    frame_put_int(f, row, "repetitions", (int64_t)st->n);
}

static int put_latency(struct frame *f, int row, struct store *s, int64_t cell, int slot, struct err *err)
{
    struct values v = { 0 };
    struct latency_stats st;
    int rc = read_values(&v, s, cell, METRIC_TOKEN_S, slot, err);
    if (rc == 0 && v.n > 0 && speed_stats_latency(&st, v.v, (size_t)v.n, NULL) == 0) {
        frame_put_num(f, row, "token_p50_ms", 1e3 * st.p50_s);
        frame_put_num(f, row, "token_p95_ms", 1e3 * st.p95_s);
    }
    free(v.v);
    return rc;
}

/* throttled: in any of the repetitions. */
static int put_circumstances(struct frame *f, int row, struct store *s, const struct cell_row *c, int slot,
                             struct err *err)
{
    struct values v = { 0 };
    bool was_throttled = false;
    if (read_values(&v, s, c->id, METRIC_THROTTLE, slot, err) < 0)
        return -1;
    for (int i = 0; i < v.n; i++)
        was_throttled |= v.v[i] > 0;
    if (v.n > 0)
        frame_set_bool(f, row, frame_column(f, "throttled"), was_throttled);
    free(v.v);
    frame_put_num(f, row, "load_avg", median_of(s, c->id, METRIC_LOADAVG, slot, err));
    frame_put_num(f, row, "steal_pct", median_of(s, c->id, METRIC_STEAL_PCT, slot, err));
    frame_put_text(f, row, "engine", c->engine);
    frame_put_text(f, row, "machine", c->machine_id);
    return 0;
}

static void put_test_names(struct frame *f, int row, const struct cell_row *c, const struct speed_test *t)
{
    char name[64];
    workload_name(name, sizeof name, t);
    frame_put_text(f, row, "model", c->model);
    frame_put_text(f, row, "level", c->level);
    put_adapter(f, row, c);
    put_weights(f, row, c);
    frame_put_text(f, row, "test", name);
    frame_put_text(f, row, "test_time", c->started);
    frame_put_int(f, row, "n_prompt", t->n_prompt);
    frame_put_int(f, row, "n_gen", t->n_gen);
    frame_put_int(f, row, "n_depth", t->n_depth);
}

static int put_test(struct frame *f, struct store *s, const struct combination *of, const struct speed_test *t, int slot,
                    struct err *err)
{
    const struct cell_row *c = of->cells[0];
    struct speed_stats st;
    struct modelfile m;
    double bandwidth;
    int rc = test_stats(&st, s, c->id, t, slot, err);
    if (rc <= 0)
        return rc;
    if (read_scalar(&bandwidth, s, c->id, METRIC_BANDWIDTH, err) < 0 || cell_file(&m, &f->arena, c, err) < 0)
        return -1;
    int row = frame_add_row(f);
    put_test_names(f, row, c, t);
    frame_put_text(f, row, "settings", of->settings);
    put_rates(f, row, &st);
    if (m.file_bytes > 0)
        frame_put_num(f, row, "size_gb", (double)m.file_bytes / 1e9);
    if (t->n_prompt == 0)
        frame_put_num(f, row, "bandwidth_pct", bandwidth_share(&m, st.median_tps, bandwidth));
    else if (slot == 0)
        frame_put_num(f, row, "ttft_s", median_of(s, c->id, METRIC_TTFT_S, 0, err));
    if (put_fields(f, row, s, c, err) < 0 || put_samples(f, row, s, c, t, slot, err) < 0 ||
        put_latency(f, row, s, c->id, slot, err) < 0)
        return -1;
    return put_circumstances(f, row, s, c, slot, err);
}

static int put_tests(struct frame *f, struct store *s, const struct combination *of, struct err *err)
{
    struct speed_test tests[WORKLOADS_MAX];
    int n;
    f->is_synthetic |= of->cells[0]->is_synthetic;
    if (cell_tests(tests, s, &f->arena, of->cells[0]->id, &n, err) < 0)
        return -1;
    for (int t = 0; t < n; t++)
        if (put_test(f, s, of, &tests[t], t, err) < 0)
            return -1;
    return 0;
}

int analyse_speed(struct frame *out, struct store *s, struct err *err)
{
    struct cell_row *c;
    int n, n_speed = 0;
    frame_init(out, "llama_bench");
    frame_add_columns(out, speed_columns, sizeof speed_columns / sizeof speed_columns[0]);
    if (query_cells(s, &out->arena, &c, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (strcmp(c[i].kind, "speed") == 0 && strcmp(c[i].status, "done") == 0)
            c[n_speed++] = c[i];
    const struct combination *rows = combine_none(&out->arena, c, n_speed, &n);
    for (int i = 0; i < n; i++)
        if (put_tests(out, s, &rows[i], err) < 0)
            return -1;
    return 0;
}

/* --- llama-bench's Markdown table --------------------------------------------------------------- */

/* Columns that llama-bench shows only where they are not the default, in its order. */
static const struct {
    const char *name, *usual;
} unusual[] = {
    { "n_batch", "2048" }, { "n_ubatch", "512" }, { "type_k", "f16" }, { "type_v", "f16" }, { "flash_attn", "-1" },
    { "load_mode", "mmap" }, { "repack", "1" },
};
enum { N_UNUSUAL = sizeof unusual / sizeof unusual[0] };

static const char *value_of(struct arena *a, const struct frame *f, int row, const char *name)
{
    struct buf b = BUF_INIT;
    frame_format_cell(&b, f, row, frame_column(f, name), true);
    const char *text = arena_strdup(a, b.data);
    buf_release(&b);
    return text;
}

static bool any_differs(struct frame *scratch, const struct frame *f, const char *name, const char *usual)
{
    for (int r = 0; r < f->n_rows; r++) {
        const char *v = value_of(&scratch->arena, f, r, name);
        if (*v && strcmp(v, usual) != 0)
            return true;
    }
    return false;
}

static double number_of(const struct frame *f, int row, const char *name)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, name));
    return c->is_set ? c->num : NAN;
}

static const char *size_text(struct arena *a, double bytes)
{
    const double mib = 1024.0 * 1024.0;
    if (isnan(bytes))
        return "";
    return bytes < 1024 * mib ? arena_printf(a, "%.2f MiB", bytes / mib) : arena_printf(a, "%.2f GiB", bytes / mib / 1024);
}

static const char *params_text(struct arena *a, double n)
{
    if (isnan(n))
        return "";
    return n < 1e9 ? arena_printf(a, "%.2f M", n / 1e6) : arena_printf(a, "%.2f B", n / 1e9);
}

/* Columns whose text is made here, in the places where llama-bench has them. */
static const struct frame_spec md_head[] = { { "model_type", "", "model", FRAME_TEXT, 0 }, { "size", "", "size", FRAME_TEXT, 0 },
                                         { "params", "", "params", FRAME_TEXT, 0 }, { "backends", "", "backend", FRAME_TEXT, 0 } };
static const struct frame_spec md_rate[] = { { "test", "", "test", FRAME_TEXT, 0 }, { "t/s", "", "t/s", FRAME_TEXT, 0 } };
static const char *const md_ours[] = { "level", "adapter", "adapter_scale", "weights", "settings", "median_ts", "median_lo_ts", "median_hi_ts", "repetitions", "ttft_s",
                                       "token_p50_ms", "token_p95_ms", "bandwidth_pct", "load_avg", "steal_pct",
                                       "throttled" };
enum { N_OURS = sizeof md_ours / sizeof md_ours[0] };

static void copy_heading(struct frame *out, const struct frame *f, const char *name)
{
    const struct frame_column *c = &f->columns[frame_column(f, name)];
    const struct frame_spec same = { c->name, c->unit, c->label, c->kind, c->decimals };
    frame_add_columns(out, &same, 1);
}

static void add_md_columns(struct frame *out, const struct frame *f)
{
    frame_add_columns(out, md_head, sizeof md_head / sizeof md_head[0]);
    bool on_cpu = !any_differs(out, f, "backends", "CPU");
    copy_heading(out, f, on_cpu ? "n_threads" : "n_gpu_layers");
    for (int i = 0; i < N_UNUSUAL; i++)
        if (any_differs(out, f, unusual[i].name, unusual[i].usual))
            copy_heading(out, f, unusual[i].name);
    frame_add_columns(out, md_rate, sizeof md_rate / sizeof md_rate[0]);
    for (int i = 0; i < N_OURS; i++)
        if (any_differs(out, f, md_ours[i], ""))
            copy_heading(out, f, md_ours[i]);
}

static const char *md_text(struct arena *a, const struct frame *f, int row, const char *name)
{
    if (strcmp(name, "size") == 0)
        return size_text(a, number_of(f, row, "model_size"));
    if (strcmp(name, "params") == 0)
        return params_text(a, number_of(f, row, "model_n_params"));
    if (strcmp(name, "t/s") == 0)
        return arena_printf(a, "%.2f ± %.2f", number_of(f, row, "avg_ts"), number_of(f, row, "stddev_ts"));
    return value_of(a, f, row, name);
}

static void put_md_cell(struct frame *out, int column, const struct frame *f, int row)
{
    const struct frame_column *c = &out->columns[column];
    int from = frame_column(f, c->name);
    if (c->kind == FRAME_TEXT)
        frame_set_text(out, row, column, md_text(&out->arena, f, row, c->name));
    else if (!frame_at(f, row, from)->is_set)
        return;
    else if (c->kind == FRAME_NUM)
        frame_set_num(out, row, column, frame_at(f, row, from)->num);
    else if (c->kind == FRAME_INT)
        frame_set_int(out, row, column, frame_at(f, row, from)->i);
    else
        frame_set_bool(out, row, column, frame_at(f, row, from)->i);
}

int analyse_speed_md(struct frame *out, struct store *s, struct err *err)
{
    struct frame f;
    frame_init(out, "llama_bench");
    int rc = analyse_speed(&f, s, err);
    if (rc == 0) {
        out->is_synthetic = f.is_synthetic;
        add_md_columns(out, &f);
    }
    for (int r = 0; rc == 0 && r < f.n_rows; r++) {
        frame_add_row(out);
        for (int c = 0; c < out->n_columns; c++)
            put_md_cell(out, c, &f, r);
    }
    frame_release(&f);
    return rc;
}
