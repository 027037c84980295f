/* Every Eval Ever, schema 0.3.0: one record a model file, with every score of tasks and of the text. Documents are not
   in it: its rows for them want the question's text, which a store does not have. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/sha256.h"
#include "core/kind.h"
#include "core/modelfile.h"
#include "study/export_internal.h"

#include "base/banned.h"

static const char *text_at(const struct frame *f, int row, const char *column)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, column));
    return c->is_set && c->text ? c->text : "";
}

static bool is_of(const struct frame *f, int row, const struct cell_row *c)
{
    return strcmp(text_at(f, row, "model"), c->model) == 0 && strcmp(text_at(f, row, "level"), c->level) == 0;
}

/* --- names ------------------------------------------------------------------------------------- */

/* "dev/Some Model" -> "Some-Model": what may stand in a path and in an id of the Hub. */
static char *part_of(struct arena *a, const char *from, size_t n)
{
    char *part = arena_strndup(a, from, n), *to = part;
    for (const char *c = from; c < from + n; c++)
        if (isalnum((unsigned char)*c) || *c == '-' || *c == '_' || (*c == '.' && to > part))
            *to++ = *c;
        else if (to > part && to[-1] != '-')
            *to++ = '-';
    *to = '\0';
    return part == to ? arena_strdup(a, "unnamed") : part;
}

struct id {
    const char *developer, *model;
};

static struct id id_of(struct arena *a, const char *name)
{
    const char *slash = strchr(name, '/');
    const char *model = slash ? slash + 1 : name;
    return (struct id){ slash ? part_of(a, name, (size_t)(slash - name)) : "unknown", part_of(a, model, strlen(model)) };
}

/* A UUID's form (version 4, as the schema wants), from a digest: the same file and cells, the same name. */
static const char *uuid_of(struct exporter *x, const struct cell_row *c)
{
    char digest[SHA256_HEX_BYTES];
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s %s %s\n", c->model_sha256, c->level, c->imatrix_sha256);
    for (int i = 0; i < x->n_rows; i++)
        if (strcmp(x->rows[i].model, c->model) == 0 && strcmp(x->rows[i].level, c->level) == 0)
            buf_printf(&text, "%s\n", x->rows[i].key);
    sha256_bytes(digest, text.data, text.len);
    buf_release(&text);
    return arena_printf(&x->arena, "%.8s-%.4s-4%.3s-a%.3s-%.12s", digest, digest + 8, digest + 13, digest + 17, digest + 20);
}

/* "2026-11-24T08:00:00Z" as seconds since 1970, in text; "0" when there is no time. */
static const char *epoch_of(struct arena *a, const char *utc)
{
    struct tm t = { 0 };
    if (sscanf(utc, "%d-%d-%d%*c%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6)
        return "0";
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return arena_printf(a, "%lld", (long long)timegm(&t));
}

/* --- one result -------------------------------------------------------------------------------- */

struct result {
    const char *id, *name, *metric, *data, *task, *settings, *method;
    bool is_lower_better;
    double value, se, low, high; /* NaN: not known */
    int64_t n;
    int n_shots; /* below 0: not of a task */
};

static double num_at(const struct frame *f, int row, const char *column)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, column));
    return c->is_set ? c->num : (double)NAN;
}

/* Between what a metric lies, by a part of its name; the first that fits. */
static const struct bounds {
    const char *part;
    double min, max;
} bounds[] = {
    { "_diff", -100, 100 }, { "_max", 0, 100 }, { "perplexity", 1, INFINITY }, { "kappa", -1, 1 }, { "mcc", -1, 1 },
    { "mae", 0, INFINITY }, { "kl_divergence", 0, INFINITY }, { "", 0, 1 },
};

static const struct bounds *bounds_of(const char *metric)
{
    const struct bounds *b = bounds;
    while (!strstr(metric, b->part))
        b++;
    return b;
}

static void write_config(struct jw *w, const struct result *r)
{
    jw_key(w, "metric_config");
    jw_object(w);
    jw_kstr(w, "metric_id", r->metric);
    jw_kbool(w, "lower_is_better", r->is_lower_better);
    jw_kstr(w, "score_type", "continuous");
    jw_knum(w, "min_score", bounds_of(r->metric)->min);
    if (isfinite(bounds_of(r->metric)->max))
        jw_knum(w, "max_score", bounds_of(r->metric)->max);
    else
        jw_kstr(w, "max_score", "Infinity");
    jw_end(w);
}

static void write_uncertainty(struct jw *w, const struct result *r)
{
    jw_key(w, "uncertainty");
    jw_object(w);
    if (isfinite(r->se)) {
        jw_key(w, "standard_error");
        jw_object(w);
        jw_knum(w, "value", r->se);
        jw_kstr(w, "method", "analytic");
        jw_end(w);
    }
    if (isfinite(r->low) && isfinite(r->high)) {
        jw_key(w, "confidence_interval");
        jw_object(w);
        jw_knum(w, "lower", r->low);
        jw_knum(w, "upper", r->high);
        jw_knum(w, "confidence_level", 0.95);
        jw_kstr(w, "method", r->method);
        jw_end(w);
    }
    jw_kint(w, "num_samples", r->n);
    jw_end(w);
}

static void write_result(struct jw *w, const struct result *r)
{
    jw_object(w);
    jw_kstr(w, "evaluation_result_id", r->id);
    jw_kstr(w, "evaluation_name", r->name);
    jw_key(w, "source_data");
    jw_object(w);
    jw_kstr(w, "dataset_name", r->data);
    jw_kstr(w, "source_type", "other");
    jw_end(w);
    write_config(w, r);
    jw_key(w, "score_details");
    jw_object(w);
    jw_knum(w, "score", r->value);
    write_uncertainty(w, r);
    jw_end(w);
    jw_key(w, "generation_config");
    jw_object(w);
    jw_key(w, "additional_details");
    jw_object(w);
    jw_kstr(w, "settings", r->settings);
    if (r->n_shots >= 0) {
        char shots[16];
        snprintf(shots, sizeof shots, "%d", r->n_shots);
        jw_kstr(w, "num_fewshot", shots);
    }
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static void write_task(struct jw *w, struct exporter *x, int row)
{
    const struct frame *f = &x->tasks;
    const struct frame_cell *n = frame_at(f, row, frame_column(f, "n")), *shots = frame_at(f, row, frame_column(f, "num_fewshot"));
    const char *task = text_at(f, row, "task"), *metric = text_at(f, row, "metric"), *filter = text_at(f, row, "filter");
    enum metric m = metric_find(metric);
    if (!isfinite(num_at(f, row, "value")))
        return;
    const struct result r = {
        .id = arena_printf(&x->arena, "%s/%s%s%s/%d", task, metric, *filter ? "," : "", filter, row),
        .name = task, .metric = *filter ? arena_printf(&x->arena, "%s,%s", metric, filter) : metric, .data = task,
        .settings = text_at(f, row, "settings"), .method = "Wilson for right-or-wrong scores, else normal",
        .is_lower_better = m != METRIC_COUNT && !metric_info(m)->higher_is_better && m != METRIC_RATING,
        .value = num_at(f, row, "value"), .se = num_at(f, row, "stderr"), .low = num_at(f, row, "lo"),
        .high = num_at(f, row, "hi"), .n = n->is_set ? n->i : 0, .n_shots = shots->is_set ? (int)shots->i : -1,
    };
    write_result(w, &r);
}

static void write_text(struct jw *w, struct exporter *x, int row)
{
    static const struct {
        const char *column, *se, *name;
    } figures[] = { { "ppl", "ppl_se", "perplexity" }, { "kl_mean", "kl_se", "kl_divergence_nat" } };
    const struct frame *f = &x->text;
    for (int i = 0; i < 2; i++) {
        const double value = num_at(f, row, figures[i].column);
        const struct frame_cell *tokens = frame_at(f, row, frame_column(f, "tokens"));
        const struct result r = {
            .id = arena_printf(&x->arena, "%s/%s/%d", text_at(f, row, "kind"), figures[i].name, row), .name = text_at(f, row, "kind"),
            .metric = figures[i].name, .data = "text", .settings = text_at(f, row, "settings"), .is_lower_better = true,
            .value = value, .se = num_at(f, row, figures[i].se), .low = (double)NAN,
            .high = (double)NAN, .n = tokens->i, .n_shots = -1,
        };
        if (isfinite(value))
            write_result(w, &r);
    }
}

/* --- one record -------------------------------------------------------------------------------- */

static void write_model(struct jw *w, struct exporter *x, const struct cell_row *c, const struct id *id)
{
    struct modelfile m = { 0 };
    struct buf types = BUF_INIT;
    bool has_file = c->variant_info && modelfile_parse(&m, &x->arena, c->variant_info, NULL) == 0;
    jw_key(w, "model_info");
    jw_object(w);
    jw_kstr(w, "name", c->model);
    jw_kstr(w, "id", arena_printf(&x->arena, "%s/%s", id->developer, id->model));
    jw_kstr(w, "developer", id->developer);
    jw_key(w, "inference_engine");
    jw_object(w);
    jw_kstr(w, "name", "llama.cpp");
    jw_kstr(w, "version", c->engine);
    jw_end(w);
    jw_key(w, "additional_details");
    jw_object(w);
    jw_kstr(w, "deployment_type", "self_deployed");
    jw_kstr(w, "model_availability", "unknown");
    jw_kstr(w, "synthetic", c->is_synthetic ? "true" : "false");
    jw_kstr(w, "quantization", c->level);
    jw_kstr(w, "base_sha256", c->model_sha256);
    if (*c->imatrix_sha256)
        jw_kstr(w, "imatrix_sha256", c->imatrix_sha256);
    if (has_file) {
        modelfile_format_types(&types, &m);
        jw_kstr(w, "gguf_sha256", c->variant_sha256);
        jw_kstr(w, "bits_per_weight", arena_printf(&x->arena, "%.4f", modelfile_bpw(&m)));
        jw_kstr(w, "file_bytes", arena_printf(&x->arena, "%lld", (long long)m.file_bytes));
        jw_kstr(w, "parameters", arena_printf(&x->arena, "%lld", (long long)m.n_params));
        jw_kstr(w, "architecture", m.arch);
        jw_kstr(w, "tensor_types", types.data);
    }
    jw_end(w);
    jw_end(w);
    buf_release(&types);
}

static void write_source(struct jw *w, const struct exporter *x)
{
    jw_key(w, "source_metadata");
    jw_object(w);
    jw_kstr(w, "source_name", x->is_synthetic ? "SYNTHETIC DATA: nothing was measured" : "perbit");
    jw_kstr(w, "source_type", "evaluation_run");
    jw_kstr(w, "source_organization_name", "perbit");
    jw_kstr(w, "evaluator_relationship", "third_party");
    jw_end(w);
    jw_key(w, "eval_library");
    jw_object(w);
    jw_kstr(w, "name", "perbit");
    jw_kstr(w, "version", PERBIT_VERSION);
    jw_end(w);
}

static int write_results(struct jw *w, struct exporter *x, const struct cell_row *c)
{
    int n = 0;
    jw_key(w, "evaluation_results");
    jw_array(w);
    for (int r = 0; r < x->tasks.n_rows; r++)
        if (is_of(&x->tasks, r, c) && ++n)
            write_task(w, x, r);
    for (int r = 0; r < x->text.n_rows; r++)
        if (is_of(&x->text, r, c) && ++n)
            write_text(w, x, r);
    jw_end(w);
    return n;
}

static int export_record(struct exporter *x, const struct cell_row *c, struct err *err)
{
    const struct id id = id_of(&x->arena, c->model);
    const char *uuid = uuid_of(x, c);
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kstr(&w, "schema_version", "0.3.0");
    jw_kstr(&w, "evaluation_id", arena_printf(&x->arena, "perbit/%s/%s/%s", id.developer, id.model, uuid));
    jw_kstr(&w, "evaluation_timestamp", x->first);
    jw_kstr(&w, "retrieved_timestamp", epoch_of(&x->arena, *x->last ? x->last : x->first));
    write_source(&w, x);
    write_model(&w, x, c, &id);
    int n = write_results(&w, x, c);
    jw_end(&w);
    buf_putc(&text, '\n');
    int rc = n == 0 ? 0
                    : export_save(x, arena_printf(&x->arena, "every_eval_ever/data/perbit/%s/%s", id.developer, id.model),
                                  arena_printf(&x->arena, "%s.json", uuid), &text, err);
    buf_release(&text);
    return rc;
}

int export_records(struct exporter *x, struct err *err)
{
    for (int i = 0; i < x->n_rows; i++) {
        bool is_first = true;
        for (int k = 0; k < i; k++)
            is_first &= strcmp(x->rows[k].model, x->rows[i].model) != 0 || strcmp(x->rows[k].level, x->rows[i].level) != 0;
        if (is_first && export_record(x, &x->rows[i], err) < 0)
            return -1;
    }
    return 0;
}
