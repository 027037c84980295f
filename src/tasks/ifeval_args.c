#include <string.h>

#include "tasks/ifeval_check.h"

#include "base/banned.h"

static int missing(const char *key, const char *expected, struct err *err)
{
    return err_set(err, ERR_FORMAT, "argument '%s': expected %s", key, expected);
}

int ifeval_text(struct pystr *out, yyjson_val *kwargs, const char *key, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(kwargs, key);
    if (!yyjson_is_str(v) || yyjson_get_len(v) == 0)
        return missing(key, "text that is not empty", err);
    *out = pystr_of(yyjson_get_str(v), yyjson_get_len(v));
    return 0;
}

int ifeval_list(yyjson_val **out, yyjson_val *kwargs, const char *key, struct err *err)
{
    size_t i, n;
    yyjson_val *v;
    *out = yyjson_obj_get(kwargs, key);
    if (yyjson_arr_size(*out) == 0)
        return missing(key, "a list of texts", err);
    yyjson_arr_foreach (*out, i, n, v)
        if (!yyjson_is_str(v))
            return missing(key, "a list of texts", err);
    return 0;
}

int ifeval_number(double *out, yyjson_val *kwargs, const char *key, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(kwargs, key);
    *out = yyjson_get_num(v);
    return yyjson_is_num(v) && *out > 0 ? 0 : missing(key, "a number above 0", err);
}

int ifeval_compare(bool *out, size_t count, yyjson_val *kwargs, const char *number, const char *relation,
                   struct err *err)
{
    double limit;
    struct pystr how;
    if (ifeval_number(&limit, kwargs, number, err) || ifeval_text(&how, kwargs, relation, err))
        return -1;
    bool is_less = pystr_equal(how, pystr_z("less than"));
    if (!is_less && !pystr_equal(how, pystr_z("at least")))
        return missing(relation, "'less than' or 'at least'", err);
    *out = is_less == ((double)count < limit);
    return 0;
}

struct pystr ifeval_strip(struct pystr s)
{
    return pystr_strip(s, NULL);
}

bool ifeval_is_blank(struct pystr s)
{
    return ifeval_strip(s).n_bytes == 0;
}
