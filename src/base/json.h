/*
 * json: reading over yyjson with messages that name file, line and column; and a writer onto a buf.
 *
 * Read:   struct json *j; json_parse(&j, text, len, "job", err); yyjson_val *root = json_root(j);
 *         The json_get_* functions look a key up in an object. A missing or mistyped key is an
 *         error that names the document and the key. The *_or forms cannot fail: a missing or
 *         mistyped key gives the fallback.
 * Write:  struct jw w; jw_init(&w, &buf); jw_object(&w); jw_kint(&w, "n", 3); jw_end(&w);
 *         Doubles are written in the shortest form that reads back to the same bits; a NaN or an
 *         infinity is written as null. jw_pretty() indents by two.
 *
 * Errors  ERR_FORMAT, ERR_IO     Owns  struct json owns what json_root() returns
 * Tests   unit/test_json.c
 */
#ifndef PERBIT_BASE_JSON_H
#define PERBIT_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"

struct json;

/* name is for messages ("name:line:col: ..."); text is copied and need not be NUL-terminated. */
int json_parse(struct json **out, const char *text, size_t len, const char *name, struct err *err);
int json_load(struct json **out, const char *path, struct err *err);
void json_close(struct json *j); /* accepts NULL */
yyjson_val *json_root(const struct json *j);
const char *json_name(const struct json *j);

/* "a number", "an object", ... for messages; "nothing" for NULL. */
const char *json_type_name(yyjson_val *v);
int json_get_str(const struct json *j, yyjson_val *obj, const char *key, const char **out,
                 struct err *err);
int json_get_int(const struct json *j, yyjson_val *obj, const char *key, int64_t *out,
                 struct err *err);
int json_get_num(const struct json *j, yyjson_val *obj, const char *key, double *out,
                 struct err *err);
const char *json_str_or(yyjson_val *obj, const char *key, const char *fallback);
int64_t json_int_or(yyjson_val *obj, const char *key, int64_t fallback);
double json_num_or(yyjson_val *obj, const char *key, double fallback); /* null counts as missing */
bool json_bool_or(yyjson_val *obj, const char *key, bool fallback);

enum { JW_DEPTH_MAX = 64 };
struct jw {
    struct buf *out; /* borrowed */
    bool is_pretty;
    bool after_key;
    int depth;
    char kind[JW_DEPTH_MAX];   /* '{' or '[' */
    int n_items[JW_DEPTH_MAX];
};

void jw_init(struct jw *w, struct buf *out);
void jw_pretty(struct jw *w);
void jw_object(struct jw *w);
void jw_array(struct jw *w);
void jw_end(struct jw *w); /* closes the innermost object or array */
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s); /* NULL gives null, invalid UTF-8 bytes U+FFFD */
void jw_int(struct jw *w, int64_t v);
void jw_num(struct jw *w, double v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_val(struct jw *w, yyjson_val *v); /* copies a parsed value */
void jw_raw(struct jw *w, const char *json_text); /* text that is JSON already */

/* key and value in one call */
void jw_kstr(struct jw *w, const char *key, const char *s);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_knum(struct jw *w, const char *key, double v);
void jw_kbool(struct jw *w, const char *key, bool v);

/* Shortest decimal text that reads back as v, into at least 32 bytes. */
void json_format_num(char *out, size_t out_bytes, double v);

#endif
