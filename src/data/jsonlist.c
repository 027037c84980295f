#include "data/jsonlist.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "data/jsonl.h"

#include "base/banned.h"

/* The list of rows in a document, or NULL. */
static yyjson_val *find_list(yyjson_val *root)
{
    yyjson_val *list = yyjson_is_obj(root) ? yyjson_obj_get(root, "data") : root;
    return yyjson_is_arr(list) ? list : NULL;
}

static int add_rows(struct rowset *rs, yyjson_val *root, const char *name, struct err *err)
{
    char place[512];
    size_t i, n;
    yyjson_val *row, *list = find_list(root);
    if (!list)
        return err_set(err, ERR_FORMAT, "%s: expected a list of objects, or an object with such a list as 'data'",
                       name);
    yyjson_arr_foreach(list, i, n, row)
    {
        snprintf(place, sizeof(place), "%s: row %zu", name, i + 1);
        if (!yyjson_is_obj(row))
            return err_set(err, ERR_FORMAT, "%s: expected an object, found %s", place, json_type_name(row));
        if (jsonl_check_keys(row, place, err))
            return -1;
        rowset_add(rs, row, jsonl_n_values(row));
    }
    return 0;
}

static int syntax_error(const char *s, size_t n_bytes, const char *name, const yyjson_read_err *e, struct err *err)
{
    size_t line = 1, col = 1, chr;
    if (e->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return err_set(err, ERR_MEMORY, "%s: out of memory", name);
    yyjson_locate_pos(s, n_bytes, e->pos < n_bytes ? e->pos : n_bytes, &line, &col, &chr);
    return err_set(err, ERR_FORMAT, "%s:%zu:%zu: not JSON: %s", name, line, col, e->msg);
}

/* More than one document, or one that is a single row: the first line is an object by itself and not
   {"data": [...]}. Reads a copy: parsing in place would spoil the text for the second reader. */
static bool is_lines(const char *s, size_t n_bytes)
{
    size_t skip = 0;
    while (skip < n_bytes && strchr(" \t\r\n", s[skip]) && s[skip])
        skip++;
    if (skip == n_bytes || s[skip] != '{')
        return skip == n_bytes;
    const char *newline = memchr(s + skip, '\n', n_bytes - skip);
    size_t line_bytes = newline ? (size_t)(newline - (s + skip)) : n_bytes - skip;
    yyjson_doc *doc = yyjson_read(s + skip, line_bytes, YYJSON_READ_ALLOW_INF_AND_NAN);
    bool is = doc && !find_list(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return is;
}

int jsonlist_parse(struct rowset *rs, struct buf *text, const char *name, struct err *err)
{
    yyjson_read_err e = {0};
    size_t mark = text->len >= 3 && !memcmp(text->data, "\xef\xbb\xbf", 3) ? 3 : 0;
    if (is_lines(text->data + mark, text->len - mark))
        return jsonl_parse(rs, text, name, err);
    size_t n_bytes = text->len - mark;
    char *s = rowset_take(rs, text) + mark;
    yyjson_doc *doc = yyjson_read_opts(s, n_bytes, YYJSON_READ_INSITU | YYJSON_READ_ALLOW_INF_AND_NAN, NULL, &e);
    int ret = doc ? add_rows(rs, yyjson_doc_get_root(doc), name, err) : syntax_error(s, n_bytes, name, &e, err);
    yyjson_doc_free(doc);
    return ret;
}
