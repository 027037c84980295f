#include "report/chart_parts.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "report/assets.h"
#include "report/chart_panel.h"

#include "base/banned.h"

/* Names and what they stand for, the innermost first. */
struct names {
    const struct names *outer;
    yyjson_mut_val *values; /* an object */
};

struct expander {
    yyjson_mut_doc *doc;
    yyjson_mut_val *parts;
    struct err *err;
};

int chart_asset(yyjson_mut_val **out, yyjson_mut_doc *doc, const char *name, struct err *err)
{
    struct json *json;
    const struct asset *a = asset_find(name);
    if (!a)
        return err_set(err, ERR_UNSUPPORTED, "this program was built without %s", name);
    if (json_parse(&json, a->data, asset_size(a), name, err) < 0)
        return -1;
    *out = yyjson_val_mut_copy(doc, json_root(json));
    json_close(json);
    return 0;
}

static const char *name_find(const struct names *names, const char *name, size_t n)
{
    for (; names; names = names->outer) {
        const char *s = yyjson_mut_get_str(yyjson_mut_obj_getn(names->values, name, n));
        if (s)
            return s;
    }
    return NULL;
}

/* "@x@" in a text becomes what x stands for; an @ that names nothing stays. */
static yyjson_mut_val *expand_text(struct expander *e, const char *s, const struct names *names)
{
    struct buf out = BUF_INIT;
    while (*s) {
        const char *end = *s == '@' ? strchr(s + 1, '@') : NULL;
        const char *value = end ? name_find(names, s + 1, (size_t)(end - s - 1)) : NULL;
        if (value) {
            buf_puts(&out, value);
            s = end + 1;
        } else {
            buf_putc(&out, *s++);
        }
    }
    yyjson_mut_val *v = yyjson_mut_strncpy(e->doc, out.data ? out.data : "", out.len);
    buf_release(&out);
    return v;
}

static yyjson_mut_val *expand(struct expander *e, yyjson_mut_val *v, const struct names *names);

/* Appends the layers of a part; an item that asks for none is itself. 0, or -1 with err. */
static int expand_item(struct expander *e, yyjson_mut_val *list, yyjson_mut_val *item, const struct names *names)
{
    const char *part = yyjson_mut_get_str(yyjson_mut_obj_get(item, "part"));
    if (!part) {
        yyjson_mut_val *v = expand(e, item, names);
        return v && yyjson_mut_arr_append(list, v) ? 0 : -1;
    }
    yyjson_mut_val *layers = yyjson_mut_obj_get(e->parts, part), *layer;
    if (!layers)
        return err_set(e->err, ERR_FORMAT, "parts.json has no part '%s'", part);
    const struct names inner = {.outer = names, .values = item};
    size_t i, n;
    yyjson_mut_arr_foreach(layers, i, n, layer)
        if (expand_item(e, list, layer, &inner) < 0)
            return -1;
    return 0;
}

static yyjson_mut_val *expand_list(struct expander *e, yyjson_mut_val *v, const struct names *names)
{
    yyjson_mut_val *list = yyjson_mut_arr(e->doc), *item;
    size_t i, n;
    yyjson_mut_arr_foreach(v, i, n, item)
        if (expand_item(e, list, item, names) < 0)
            return NULL;
    return list;
}

static yyjson_mut_val *expand_object(struct expander *e, yyjson_mut_val *v, const struct names *names)
{
    yyjson_mut_val *obj = yyjson_mut_obj(e->doc), *key, *value;
    size_t i, n;
    yyjson_mut_obj_foreach(v, i, n, key, value) {
        yyjson_mut_val *copy = expand(e, value, names);
        if (!copy)
            return NULL;
        yyjson_mut_obj_add(obj, yyjson_mut_strcpy(e->doc, yyjson_mut_get_str(key)), copy);
    }
    return obj;
}

static yyjson_mut_val *expand(struct expander *e, yyjson_mut_val *v, const struct names *names)
{
    return yyjson_mut_is_obj(v)   ? expand_object(e, v, names)
           : yyjson_mut_is_arr(v) ? expand_list(e, v, names)
           : yyjson_mut_is_str(v) ? expand_text(e, yyjson_mut_get_str(v), names)
                                  : yyjson_mut_val_mut_copy(e->doc, v);
}

/* Only rows with this text in the column that the template is named after. */
static void filter_by(yyjson_mut_doc *doc, yyjson_mut_val *panel, const char *column, const char *text)
{
    yyjson_mut_val *axes = yyjson_mut_arr_get_first(yyjson_mut_obj_get(panel, "layer"));
    yyjson_mut_val *step = yyjson_mut_obj(doc), *filter = yyjson_mut_obj_add_obj(doc, step, "filter");
    yyjson_mut_obj_add_strcpy(doc, filter, "field", column);
    yyjson_mut_obj_add_strcpy(doc, filter, "equal", text);
    yyjson_mut_arr_prepend(yyjson_mut_obj_get(axes, "transform"), step);
}

int chart_panel_expand(yyjson_mut_val **out, yyjson_mut_doc *doc, yyjson_mut_val *panel, yyjson_mut_val *parts,
                       const char *name, const char *value, struct err *err)
{
    struct expander e = {.doc = doc, .parts = parts, .err = err};
    yyjson_mut_val *axes = yyjson_mut_arr_get_first(yyjson_mut_obj_get(panel, "layer"));
    yyjson_mut_val *known = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, known, "panel", name ? name : chart_str(panel, "name"));
    yyjson_mut_obj_add_str(doc, known, "value", value ? value : "");
    yyjson_mut_obj_add_str(doc, known, "x", chart_str(chart_channel(axes, "x"), "field"));
    yyjson_mut_obj_add_str(doc, known, "y", chart_str(chart_channel(axes, "y"), "field"));
    const struct names names = {.values = known};
    *out = expand(&e, panel, &names);
    if (!*out)
        return -1;
    if (name) {
        filter_by(doc, *out, chart_str(panel, "name"), value);
        yyjson_mut_obj_put(*out, yyjson_mut_str(doc, "name"), yyjson_mut_strcpy(doc, name));
    }
    return 0;
}
