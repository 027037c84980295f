#include "convert/tokenizerjson.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

struct tokenizerjson {
    struct json *json;
    yyjson_val *model, *vocab;
    struct added_token *added;
    int n_added;
};

static int as_id(int32_t *out, yyjson_val *v)
{
    if (!v || !yyjson_is_uint(v) || yyjson_get_uint(v) >= TOKEN_IDS_MAX)
        return -1;
    *out = (int32_t)yyjson_get_uint(v);
    return 0;
}

static int check_vocab(const struct tokenizerjson *t, struct err *err)
{
    size_t i, n;
    yyjson_val *key, *value;
    int32_t id;
    json_each_key(t->vocab, i, n, key, value)
        if (as_id(&id, value))
            return err_set(err, ERR_FORMAT, "%s: token '%.100s' has no id", tokenizerjson_name(t), yyjson_get_str(key));
    return 0;
}

static int read_added(struct added_token *out, const struct tokenizerjson *t, yyjson_val *v, struct err *err)
{
    yyjson_val *content = yyjson_obj_get(v, "content");
    if (!content || !yyjson_is_str(content) || as_id(&out->id, yyjson_obj_get(v, "id")))
        return err_set(err, ERR_FORMAT, "%s: added token %d has no content or no id", tokenizerjson_name(t), t->n_added);
    out->content = pystr_of(yyjson_get_str(content), yyjson_get_len(content));
    out->is_special = json_bool_or(v, "special", false);
    out->is_normalized = json_bool_or(v, "normalized", true);
    return 0;
}

static int read_all(struct tokenizerjson *t, struct err *err)
{
    yyjson_val *root = json_root(t->json), *list, *v;
    size_t i, n;
    if (!yyjson_is_obj(root))
        return err_set(err, ERR_FORMAT, "%s: is no JSON object", tokenizerjson_name(t));
    t->model = yyjson_obj_get(root, "model");
    if (!t->model || !yyjson_is_obj(t->model))
        return err_set(err, ERR_FORMAT, "%s: has no 'model'", tokenizerjson_name(t));
    t->vocab = yyjson_obj_get(t->model, "vocab");
    if (!yyjson_is_obj(t->vocab))
        t->vocab = NULL;
    if (check_vocab(t, err))
        return -1;
    list = yyjson_obj_get(root, "added_tokens");
    t->added = xcalloc(yyjson_arr_size(list) + 1, sizeof *t->added);
    json_each_item(list, i, n, v) {
        if (read_added(&t->added[t->n_added], t, v, err))
            return -1;
        t->n_added++;
    }
    return 0;
}

static int finish(struct tokenizerjson **out, struct json *json, struct err *err)
{
    struct tokenizerjson *t = xcalloc(1, sizeof *t);
    t->json = json;
    *out = t;
    if (read_all(t, err) == 0)
        return 0;
    tokenizerjson_close(t);
    *out = NULL;
    return -1;
}

int tokenizerjson_load(struct tokenizerjson **out, const char *path, struct err *err)
{
    struct json *json;
    *out = NULL;
    return json_load(&json, path, err) ? -1 : finish(out, json, err);
}

int tokenizerjson_parse(struct tokenizerjson **out, const char *text, size_t len, const char *name, struct err *err)
{
    struct json *json;
    *out = NULL;
    return json_parse(&json, text, len, name, err) ? -1 : finish(out, json, err);
}

void tokenizerjson_close(struct tokenizerjson *t)
{
    if (!t)
        return;
    json_close(t->json);
    free(t->added);
    free(t);
}

const char *tokenizerjson_name(const struct tokenizerjson *t)
{
    return json_name(t->json);
}

yyjson_val *tokenizerjson_root(const struct tokenizerjson *t)
{
    return json_root(t->json);
}

yyjson_val *tokenizerjson_model(const struct tokenizerjson *t)
{
    return t->model;
}

yyjson_val *tokenizerjson_vocab(const struct tokenizerjson *t)
{
    return t->vocab;
}

int tokenizerjson_n_added(const struct tokenizerjson *t)
{
    return t->n_added;
}

const struct added_token *tokenizerjson_added(const struct tokenizerjson *t, int i)
{
    return &t->added[i];
}

const struct added_token *tokenizerjson_find_added(const struct tokenizerjson *t, struct pystr content)
{
    for (int i = 0; i < t->n_added; i++)
        if (pystr_equal(t->added[i].content, content))
            return &t->added[i];
    return NULL;
}
