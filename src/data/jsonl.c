#include "data/jsonl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum { FEW_KEYS = 16 };

struct reader {
    struct rowset *rs;
    const char *name;
    yyjson_alc *scratch; /* keeps the values of one row, then of the next */
    int64_t first;       /* rows of rs before this file */
    int64_t line;        /* from 1 */
};

size_t jsonl_n_values(yyjson_val *row)
{
    return (size_t)(unsafe_yyjson_get_next(row) - row);
}

/* ---- a key that comes twice ---- */

static bool is_same_key(yyjson_val *a, yyjson_val *b)
{
    return unsafe_yyjson_equals_strn(a, unsafe_yyjson_get_str(b), unsafe_yyjson_get_len(b));
}

static int compare_keys(const void *a, const void *b)
{
    yyjson_val *ka = *(yyjson_val *const *)a, *kb = *(yyjson_val *const *)b;
    size_t na = unsafe_yyjson_get_len(ka), nb = unsafe_yyjson_get_len(kb);
    if (na != nb)
        return na < nb ? -1 : 1;
    return memcmp(unsafe_yyjson_get_str(ka), unsafe_yyjson_get_str(kb), na);
}

static yyjson_val *find_twice_of_many(yyjson_val *obj, size_t n)
{
    yyjson_val **keys = xmalloc(n * sizeof(*keys)), *found = NULL;
    yyjson_val *key = unsafe_yyjson_get_first(obj);
    for (size_t i = 0; i < n; i++, key = unsafe_yyjson_get_next(key + 1))
        keys[i] = key;
    qsort(keys, n, sizeof(yyjson_val *), compare_keys);
    for (size_t i = 1; i < n && !found; i++)
        if (is_same_key(keys[i - 1], keys[i]))
            found = keys[i];
    free(keys);
    return found;
}

static yyjson_val *find_twice(yyjson_val *obj)
{
    size_t n = unsafe_yyjson_get_len(obj);
    if (n > FEW_KEYS)
        return find_twice_of_many(obj, n);
    yyjson_val *keys[FEW_KEYS];
    yyjson_val *key = unsafe_yyjson_get_first(obj);
    for (size_t i = 0; i < n; i++, key = unsafe_yyjson_get_next(key + 1)) {
        for (size_t k = 0; k < i; k++)
            if (is_same_key(keys[k], key))
                return key;
        keys[i] = key;
    }
    return NULL;
}

/* All values of a row lie in one piece, so that no recursion is needed, however deep it is nested. */
int jsonl_check_keys(yyjson_val *value, const char *place, struct err *err)
{
    size_t n = jsonl_n_values(value);
    for (size_t i = 0; i < n; i++) {
        yyjson_val *twice = unsafe_yyjson_is_obj(value + i) ? find_twice(value + i) : NULL;
        if (twice)
            return err_set(err, ERR_FORMAT, "%s: the key '%.100s' comes twice in one object", place,
                           unsafe_yyjson_get_str(twice));
    }
    return 0;
}

/* ---- rows ---- */

static long long row_number(const struct reader *r)
{
    return (long long)(r->rs->n - r->first + 1);
}

static int syntax_error(const struct reader *r, size_t line_bytes, const yyjson_read_err *e, struct err *err)
{
    if (e->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return err_set(err, ERR_MEMORY, "%s: out of memory", r->name);
    size_t col = (e->pos < line_bytes ? e->pos : line_bytes) + 1;
    return err_set(err, ERR_FORMAT, "%s: row %lld (%lld:%zu): not JSON: %s", r->name, row_number(r), (long long)r->line,
                   col, e->msg);
}

static int add_row(struct reader *r, yyjson_doc *doc, struct err *err)
{
    char place[512];
    yyjson_val *row = yyjson_doc_get_root(doc);
    if (!yyjson_is_obj(row))
        return err_set(err, ERR_FORMAT, "%s: row %lld (line %lld): expected an object, found %s", r->name,
                       row_number(r), (long long)r->line, json_type_name(row));
    snprintf(place, sizeof(place), "%s: row %lld (line %lld)", r->name, row_number(r), (long long)r->line);
    if (jsonl_check_keys(row, place, err))
        return -1;
    rowset_add(r->rs, row, yyjson_doc_get_val_count(doc));
    return 0;
}

/* The parser wants NULs behind its text: they stand for the newline and the start of the next row meanwhile. */
static int parse_line(struct reader *r, char *line, size_t n_bytes, struct err *err)
{
    char behind[YYJSON_PADDING_SIZE];
    yyjson_read_err e = {0};
    memcpy(behind, line + n_bytes, sizeof(behind));
    memset(line + n_bytes, 0, sizeof(behind));
    yyjson_doc *doc =
        yyjson_read_opts(line, n_bytes, YYJSON_READ_INSITU | YYJSON_READ_ALLOW_INF_AND_NAN, r->scratch, &e);
    memcpy(line + n_bytes, behind, sizeof(behind));
    int ret = doc ? add_row(r, doc, err) : syntax_error(r, n_bytes, &e, err);
    yyjson_doc_free(doc);
    return ret;
}

static bool is_blank(const char *s, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r')
            return false;
    return true;
}

static int parse_lines(struct reader *r, char *s, const char *end, struct err *err)
{
    for (r->line = 1; s < end; r->line++) {
        char *newline = memchr(s, '\n', (size_t)(end - s));
        size_t n_bytes = (size_t)((newline ? newline : end) - s);
        if (!is_blank(s, n_bytes) && parse_line(r, s, n_bytes, err))
            return -1;
        s += n_bytes + 1;
    }
    return 0;
}

int jsonl_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err)
{
    size_t len = text->len;
    char *s = rowset_take(rs, text);
    const char *end = s + len;
    struct reader r = {.rs = rs, .name = name, .first = rs->n, .scratch = yyjson_alc_dyn_new()};
    if (!r.scratch)
        return err_set(err, ERR_MEMORY, "%s: out of memory", name);
    if (len >= 3 && !memcmp(s, "\xef\xbb\xbf", 3))
        s += 3;
    int ret = parse_lines(&r, s, end, err);
    yyjson_alc_dyn_free(r.scratch);
    return ret;
}
