#include "core/event.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

#include "base/banned.h"

/* Which fields an event of each kind carries on its line; the parser takes exactly these. */
enum {
    F_SLOT = 1 << 0, F_METRIC = 1 << 1, F_INDEX = 1 << 2, F_VALUE = 1 << 3, F_VALUES = 1 << 4,
    F_DONE = 1 << 5, F_TOTAL = 1 << 6, F_KEY = 1 << 7, F_TEXT = 1 << 8, F_CODE = 1 << 9,
    F_SUB = 1 << 10, /* left out when it is 0 */
};

static const struct {
    const char *name;
    unsigned fields;
} kinds[] = {
    [EVENT_MEASURE] = { "measure", F_SLOT | F_METRIC | F_INDEX | F_SUB | F_VALUE },
    [EVENT_SERIES] = { "series", F_SLOT | F_METRIC | F_INDEX | F_SUB | F_VALUES },
    [EVENT_TEXT] = { "text", F_SLOT | F_INDEX | F_SUB | F_DONE | F_TOTAL | F_KEY | F_TEXT },
    [EVENT_FACT] = { "fact", F_SLOT | F_KEY | F_TEXT },
    [EVENT_COMMIT] = { "commit", F_SLOT | F_INDEX },
    [EVENT_PROGRESS] = { "progress", F_SLOT | F_DONE | F_TOTAL | F_TEXT | F_VALUE },
    [EVENT_CELL_DONE] = { "cell_done", F_SLOT },
    [EVENT_CELL_ERROR] = { "cell_error", F_SLOT | F_CODE | F_TEXT },
    [EVENT_READY] = { "ready", 0 },
    [EVENT_LOG] = { "log", F_TEXT },
    [EVENT_DONE] = { "done", 0 },
    [EVENT_ERROR] = { "error", F_CODE | F_TEXT },
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == EVENT_KIND_COUNT, "a row for every kind");

static int put(const struct sink *s, const struct event *e, struct err *err)
{
    assert(s && s->put);
    return s->put(s->ctx, e, err);
}

int sink_measure_of(const struct sink *s, int slot, enum metric m, int64_t index, int sub, double value, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_MEASURE, .slot = slot, .sub = sub, .metric = m, .index = index,
                                   .value = value }, err);
}

int sink_measure(const struct sink *s, int slot, enum metric m, int64_t index, double value, struct err *err)
{
    return sink_measure_of(s, slot, m, index, 0, value, err);
}

int sink_series_of(const struct sink *s, int slot, enum metric m, int64_t index, int sub, const double *values, int n,
                   struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_SERIES, .slot = slot, .sub = sub, .metric = m, .index = index,
                                   .values = values, .n = n }, err);
}

int sink_series(const struct sink *s, int slot, enum metric m, int64_t index, const double *values, int n,
                struct err *err)
{
    return sink_series_of(s, slot, m, index, 0, values, n, err);
}

int sink_fact(const struct sink *s, int slot, const char *key, const char *text, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_FACT, .slot = slot, .key = key, .text = text }, err);
}

int sink_commit(const struct sink *s, int slot, int64_t index, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_COMMIT, .slot = slot, .index = index }, err);
}

int sink_progress_at(const struct sink *s, int slot, int64_t done, int64_t total, const char *unit, double tps, struct err *err)
{
    const struct event e = { .kind = EVENT_PROGRESS, .slot = slot, .done = done, .total = total, .text = unit, .value = tps };
    return put(s, &e, err);
}

int sink_progress_of(const struct sink *s, int slot, int64_t done, int64_t total, const char *unit, struct err *err)
{
    return sink_progress_at(s, slot, done, total, unit, 0, err);
}

int sink_progress(const struct sink *s, int64_t done, int64_t total, const char *unit, struct err *err)
{
    return sink_progress_of(s, 0, done, total, unit, err);
}

int sink_cell_done(const struct sink *s, int slot, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_CELL_DONE, .slot = slot }, err);
}

int sink_cell_error(const struct sink *s, int slot, const struct err *why, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_CELL_ERROR, .slot = slot, .code = why->code, .text = why->msg }, err);
}

int sink_log(const struct sink *s, const char *text, struct err *err)
{
    return put(s, &(struct event){ .kind = EVENT_LOG, .text = text }, err);
}

/* JSON has no infinity: it travels as text, a NaN as null. */
static void write_num(struct jw *w, double v)
{
    if (isinf(v))
        jw_str(w, v > 0 ? "inf" : "-inf");
    else
        jw_num(w, v);
}

void event_format(struct buf *out, const struct event *e)
{
    assert((int)e->kind >= 0 && e->kind < EVENT_KIND_COUNT);
    unsigned fields = kinds[e->kind].fields;
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "event", kinds[e->kind].name);
    if (fields & F_SLOT)
        jw_kint(&w, "slot", e->slot);
    if (fields & F_METRIC)
        jw_kstr(&w, "metric", metric_info(e->metric)->name);
    if (fields & F_INDEX)
        jw_kint(&w, "index", e->index);
    if ((fields & F_SUB) && e->sub != 0)
        jw_kint(&w, "sub", e->sub);
    if (fields & F_VALUE) {
        jw_key(&w, "value");
        write_num(&w, e->value);
    }
    if (fields & F_VALUES) {
        jw_key(&w, "values");
        jw_array(&w);
        for (int i = 0; i < e->n; i++)
            write_num(&w, e->values[i]);
        jw_end(&w);
    }
    if (fields & F_DONE)
        jw_kint(&w, "done", e->done);
    if (fields & F_TOTAL)
        jw_kint(&w, "total", e->total);
    if (fields & F_KEY)
        jw_kstr(&w, "key", e->key ? e->key : "");
    if (fields & F_CODE)
        jw_kstr(&w, "code", err_code_name(e->code));
    if (fields & F_TEXT)
        jw_kstr(&w, "text", e->text ? e->text : "");
    jw_end(&w);
}

static bool read_num(double *out, yyjson_val *v)
{
    if (yyjson_is_num(v)) {
        *out = yyjson_get_num(v);
        return true;
    }
    if (yyjson_is_null(v)) {
        *out = NAN;
        return true;
    }
    const char *text = yyjson_get_str(v);
    if (!text || (strcmp(text, "inf") != 0 && strcmp(text, "-inf") != 0))
        return false;
    *out = text[0] == '-' ? -INFINITY : INFINITY;
    return true;
}

static bool read_int(int64_t *out, yyjson_val *v)
{
    if (!yyjson_is_int(v) || (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX))
        return false;
    *out = yyjson_get_sint(v);
    return true;
}

static bool read_values(struct event *out, struct arena *a, yyjson_val *v)
{
    if (!yyjson_is_arr(v) || yyjson_arr_size(v) > INT_MAX)
        return false;
    out->n = (int)yyjson_arr_size(v);
    double *values = arena_alloc(a, (size_t)(out->n > 0 ? out->n : 1) * sizeof(*values));
    out->values = values;
    size_t i, max;
    yyjson_val *item;
    yyjson_arr_foreach(v, i, max, item) {
        if (!read_num(&values[i], item))
            return false;
    }
    return true;
}

static bool read_text(const char **out, struct arena *a, yyjson_val *v)
{
    if (!yyjson_is_str(v) || strlen(yyjson_get_str(v)) != yyjson_get_len(v))
        return false;
    *out = arena_strdup(a, yyjson_get_str(v));
    return true;
}

static bool read_code(enum err_code *out, yyjson_val *v)
{
    const char *name = yyjson_get_str(v);
    if (!name)
        return false;
    *out = err_code_find(name);
    return strcmp(err_code_name(*out), name) == 0;
}

static bool read_metric(enum metric *out, yyjson_val *v)
{
    const char *name = yyjson_get_str(v);
    *out = name ? metric_find(name) : METRIC_COUNT;
    return *out != METRIC_COUNT;
}

static bool read_slot(int *out, yyjson_val *v)
{
    int64_t slot;
    if (!read_int(&slot, v) || slot < INT_MIN || slot > INT_MAX)
        return false;
    *out = (int)slot;
    return true;
}

/* One key of the line into its field; returns the field's bit, or 0 when key or value is not one of ours. */
static unsigned read_field(struct event *out, struct arena *a, const char *key, yyjson_val *v)
{
    if (strcmp(key, "slot") == 0)
        return read_slot(&out->slot, v) ? F_SLOT : 0;
    if (strcmp(key, "metric") == 0)
        return read_metric(&out->metric, v) ? F_METRIC : 0;
    if (strcmp(key, "sub") == 0)
        return read_slot(&out->sub, v) ? F_SUB : 0;
    if (strcmp(key, "index") == 0)
        return read_int(&out->index, v) ? F_INDEX : 0;
    if (strcmp(key, "value") == 0)
        return read_num(&out->value, v) ? F_VALUE : 0;
    if (strcmp(key, "values") == 0)
        return read_values(out, a, v) ? F_VALUES : 0;
    if (strcmp(key, "done") == 0)
        return read_int(&out->done, v) ? F_DONE : 0;
    if (strcmp(key, "total") == 0)
        return read_int(&out->total, v) ? F_TOTAL : 0;
    if (strcmp(key, "key") == 0)
        return read_text(&out->key, a, v) ? F_KEY : 0;
    if (strcmp(key, "text") == 0)
        return read_text(&out->text, a, v) ? F_TEXT : 0;
    if (strcmp(key, "code") == 0)
        return read_code(&out->code, v) ? F_CODE : 0;
    return 0;
}

static bool read_kind(enum event_kind *out, yyjson_val *v)
{
    const char *name = yyjson_get_str(v);
    for (int k = 0; name && k < EVENT_KIND_COUNT; k++) {
        if (strcmp(kinds[k].name, name) == 0) {
            *out = (enum event_kind)k;
            return true;
        }
    }
    return false;
}

/* True if the object has exactly the fields of its kind, each once and well formed. */
static bool read_event(struct event *out, struct arena *a, yyjson_val *root)
{
    if (!yyjson_is_obj(root) || !read_kind(&out->kind, yyjson_obj_get(root, "event")))
        return false;
    unsigned want = kinds[out->kind].fields, seen = 0;
    bool kind_seen = false;
    size_t i, max;
    yyjson_val *key, *v;
    yyjson_obj_foreach(root, i, max, key, v) {
        const char *name = yyjson_get_str(key);
        if (!kind_seen && strcmp(name, "event") == 0) {
            kind_seen = true;
            continue;
        }
        unsigned field = read_field(out, a, name, v);
        if (!(field & want) || (field & seen))
            return false;
        seen |= field;
    }
    return (seen | F_SUB) == (want | F_SUB);
}

int event_parse(struct event *out, struct arena *a, const char *line, struct err *err)
{
    *out = (struct event){ .kind = EVENT_KIND_COUNT };
    struct json *j = NULL;
    int ret = -1;
    struct err why;
    if (json_parse(&j, line, strlen(line), "event", &why) < 0 || !read_event(out, a, json_root(j))) {
        err_set(err, ERR_FORMAT, "not an event: '%.80s%s'", line, strlen(line) > 80 ? "..." : "");
        goto done;
    }
    ret = 0;
done:
    json_close(j);
    return ret;
}
