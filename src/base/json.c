#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

struct json {
    yyjson_doc *doc;
    char *name;
};

/* ---- reading ---- */

static int parse_error(const char *text, size_t len, const char *name, const yyjson_read_err *e,
                       struct err *err)
{
    size_t line = 1, col = 1, chr;
    yyjson_locate_pos(text, len, e->pos < len ? e->pos : len, &line, &col, &chr);
    return err_set(err, ERR_FORMAT, "%s:%zu:%zu: not JSON: %s", name, line, col, e->msg);
}

int json_parse(struct json **out, const char *text, size_t len, const char *name, struct err *err)
{
    yyjson_read_err e = {0};
    size_t mark = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0; /* as Windows writes it */
    text += mark;
    len -= mark;
    if (!len)
        return err_set(err, ERR_FORMAT, "%s: expected JSON, found nothing", name);
    /* yyjson does not write to the text unless asked to parse in place */
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text, len, YYJSON_READ_NOFLAG, NULL, &e);
    if (!doc)
        return parse_error(text, len, name, &e, err);
    struct json *j = xmalloc(sizeof(*j));
    *j = (struct json){.doc = doc, .name = xstrdup(name)};
    *out = j;
    return 0;
}

int json_load(struct json **out, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    int ret = fs_read(&text, path, err);
    if (!ret)
        ret = json_parse(out, text.data, text.len, path, err);
    buf_release(&text);
    return ret;
}

void json_close(struct json *j)
{
    if (!j)
        return;
    yyjson_doc_free(j->doc);
    free(j->name);
    free(j);
}

yyjson_val *json_root(const struct json *j)
{
    return yyjson_doc_get_root(j->doc);
}

const char *json_name(const struct json *j)
{
    return j->name;
}

const char *json_type_name(yyjson_val *v)
{
    switch (yyjson_get_type(v)) {
    case YYJSON_TYPE_NULL: return "null";
    case YYJSON_TYPE_BOOL: return "true or false";
    case YYJSON_TYPE_NUM: return "a number";
    case YYJSON_TYPE_STR: return "text";
    case YYJSON_TYPE_ARR: return "a list";
    case YYJSON_TYPE_OBJ: return "an object";
    default: return "nothing";
    }
}

/* The value of a key, or NULL with the message written. wanted: "text", "a number". */
static yyjson_val *get_value(const struct json *j, yyjson_val *obj, const char *key,
                             const char *wanted, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    if (!v && !yyjson_is_obj(obj))
        err_set(err, ERR_FORMAT, "%s: expected an object with the key '%s', found %s", j->name, key,
                json_type_name(obj));
    else if (!v)
        err_set(err, ERR_FORMAT, "%s: missing key '%s' (%s)", j->name, key, wanted);
    return v;
}

static int type_error(const struct json *j, const char *key, const char *wanted, yyjson_val *v,
                      struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: key '%s': expected %s, found %s", j->name, key, wanted,
                   json_type_name(v));
}

int json_get_str(const struct json *j, yyjson_val *obj, const char *key, const char **out,
                 struct err *err)
{
    yyjson_val *v = get_value(j, obj, key, "text", err);
    if (!v)
        return -1;
    if (!yyjson_is_str(v))
        return type_error(j, key, "text", v, err);
    *out = yyjson_get_str(v);
    return 0;
}

/* 10.0 is a whole number too: Python and JavaScript programs write it so. */
static bool to_int(yyjson_val *v, int64_t *out)
{
    if (yyjson_is_uint(v) && yyjson_get_uint(v) > INT64_MAX)
        return false;
    double d = yyjson_get_num(v);
    bool is_whole_real = yyjson_is_real(v) && fabs(d) < 9007199254740992.0 && d == floor(d);
    if (!yyjson_is_int(v) && !is_whole_real)
        return false;
    *out = is_whole_real ? (int64_t)d : yyjson_get_sint(v);
    return true;
}

int json_get_int(const struct json *j, yyjson_val *obj, const char *key, int64_t *out,
                 struct err *err)
{
    yyjson_val *v = get_value(j, obj, key, "a whole number", err);
    if (!v)
        return -1;
    if (to_int(v, out))
        return 0;
    if (!yyjson_is_num(v))
        return type_error(j, key, "a whole number", v, err);
    char found[32];
    json_format_num(found, sizeof(found), yyjson_get_num(v));
    return err_set(err, ERR_FORMAT, "%s: key '%s': expected a whole number below 2^63, found %s",
                   j->name, key, found);
}

int json_get_num(const struct json *j, yyjson_val *obj, const char *key, double *out,
                 struct err *err)
{
    yyjson_val *v = get_value(j, obj, key, "a number", err);
    if (!v)
        return -1;
    if (!yyjson_is_num(v))
        return type_error(j, key, "a number", v, err);
    *out = yyjson_get_num(v);
    return 0;
}

const char *json_str_or(yyjson_val *obj, const char *key, const char *fallback)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_str(v) ? yyjson_get_str(v) : fallback;
}

int64_t json_int_or(yyjson_val *obj, const char *key, int64_t fallback)
{
    int64_t i;
    return to_int(yyjson_obj_get(obj, key), &i) ? i : fallback;
}

double json_num_or(yyjson_val *obj, const char *key, double fallback)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_num(v) ? yyjson_get_num(v) : fallback;
}

bool json_bool_or(yyjson_val *obj, const char *key, bool fallback)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    return yyjson_is_bool(v) ? yyjson_get_bool(v) : fallback;
}

/* ---- writing ---- */

void jw_init(struct jw *w, struct buf *out)
{
    memset(w, 0, sizeof(*w));
    w->out = out;
}

void jw_pretty(struct jw *w)
{
    w->is_pretty = true;
}

static void new_line(struct jw *w)
{
    if (!w->is_pretty)
        return;
    buf_putc(w->out, '\n');
    for (int i = 0; i < w->depth; i++)
        buf_puts(w->out, "  ");
}

/* The comma and the indentation before an item of the innermost object or array. */
static void begin_item(struct jw *w)
{
    if (w->depth && w->n_items[w->depth - 1]++)
        buf_putc(w->out, ',');
    if (w->depth)
        new_line(w);
}

static void begin_value(struct jw *w)
{
    assert(w->after_key || !w->depth || w->kind[w->depth - 1] == '[');
    if (!w->after_key)
        begin_item(w);
    w->after_key = false;
}

static void open_level(struct jw *w, char kind)
{
    assert(w->depth < JW_DEPTH_MAX);
    begin_value(w);
    buf_putc(w->out, kind);
    w->kind[w->depth] = kind;
    w->n_items[w->depth] = 0;
    w->depth++;
}

void jw_object(struct jw *w)
{
    open_level(w, '{');
}

void jw_array(struct jw *w)
{
    open_level(w, '[');
}

void jw_end(struct jw *w)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    if (w->n_items[w->depth])
        new_line(w);
    buf_putc(w->out, w->kind[w->depth] == '{' ? '}' : ']');
}

static void put_escape(struct buf *out, unsigned char c)
{
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                  ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    if (c < sizeof(shorts) && shorts[c])
        buf_printf(out, "\\%c", shorts[c]);
    else
        buf_printf(out, "\\u%04x", c);
}

/* Bytes from i that need no escape and are valid UTF-8 are appended in one piece. */
static void put_text(struct buf *out, const char *s, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i < len;) {
        size_t at = i;
        unsigned char c = (unsigned char)s[i];
        bool is_bad = utf8_next(s, len, &i) == 0xfffd; /* or U+FFFD itself */
        if (!is_bad && c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_append(out, s + start, at - start);
        start = i;
        if (is_bad)
            buf_puts(out, "\xef\xbf\xbd");
        else
            put_escape(out, c);
    }
    buf_append(out, s + start, len - start);
}

static void put_quoted(struct buf *out, const char *s, size_t len)
{
    buf_putc(out, '"');
    put_text(out, s, len);
    buf_putc(out, '"');
}

void jw_key(struct jw *w, const char *key)
{
    assert(w->depth > 0 && w->kind[w->depth - 1] == '{' && !w->after_key);
    begin_item(w);
    put_quoted(w->out, key, strlen(key));
    buf_puts(w->out, w->is_pretty ? ": " : ":");
    w->after_key = true;
}

void jw_raw(struct jw *w, const char *json_text)
{
    begin_value(w);
    buf_puts(w->out, json_text);
}

void jw_null(struct jw *w)
{
    jw_raw(w, "null");
}

void jw_str(struct jw *w, const char *s)
{
    if (!s) {
        jw_null(w);
        return;
    }
    begin_value(w);
    put_quoted(w->out, s, strlen(s));
}

void jw_int(struct jw *w, int64_t v)
{
    begin_value(w);
    buf_printf(w->out, "%" PRId64, v);
}

void jw_num(struct jw *w, double v)
{
    char text[32];
    json_format_num(text, sizeof(text), v);
    jw_raw(w, text);
}

void jw_bool(struct jw *w, bool v)
{
    jw_raw(w, v ? "true" : "false");
}

/* yyjson's own writer needs no recursion, so nesting as deep as a file had is no danger here. A
   line feed in its text is always layout: inside strings it is escaped. */
void jw_val(struct jw *w, yyjson_val *v)
{
    size_t len = 0;
    yyjson_write_flag flags = YYJSON_WRITE_INF_AND_NAN_AS_NULL | YYJSON_WRITE_ALLOW_INVALID_UNICODE;
    if (w->is_pretty)
        flags |= YYJSON_WRITE_PRETTY_TWO_SPACES;
    char *text = yyjson_val_write_opts(v, flags, NULL, &len, NULL);
    begin_value(w);
    if (!text)
        buf_puts(w->out, "null");
    for (const char *line = text; line && *line;) {
        size_t n = strcspn(line, "\n");
        buf_append(w->out, line, n);
        line += n;
        if (*line) {
            new_line(w);
            line++;
        }
    }
    free(text);
}

void jw_kstr(struct jw *w, const char *key, const char *s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_kint(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_int(w, v);
}

void jw_knum(struct jw *w, const char *key, double v)
{
    jw_key(w, key);
    jw_num(w, v);
}

void jw_kbool(struct jw *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

/* yyjson has no call for a bare number, but writes a value that stands alone; its memory is the
   array here. */
void json_format_num(char *out, size_t out_bytes, double v)
{
    char pool[1024];
    yyjson_alc alc;
    yyjson_val val = {.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL, .uni = {.f64 = v}};
    size_t len = 0;
    yyjson_alc_pool_init(&alc, pool, sizeof(pool));
    char *text = yyjson_val_write_opts(&val, YYJSON_WRITE_INF_AND_NAN_AS_NULL, &alc, &len, NULL);
    snprintf(out, out_bytes, "%s", text ? text : "null");
}
