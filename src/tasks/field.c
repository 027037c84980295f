#include "tasks/field.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "tasks/jsonarena.h"
#include "tasks/pyliteral.h"
#include "tasks/template.h"
#include "tasks/yamlvalue.h"

#include "base/banned.h"

int field_error(const struct field *f, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_vset(err, ERR_FORMAT, fmt, ap);
    va_end(ap);
    return err_prefix(err, "%s:%d: %s: ", f->at->file, f->at->line, f->key);
}

/* ---- opening */

static int open_text(struct field *out, struct arena *a, struct err *err)
{
    const struct yaml_node *at = out->at;
    out->kind = FIELD_TEXT;
    out->source = at->text;
    const char *place = arena_printf(a, "%s:%d: %s", at->file, at->line, out->key);
    return template_compile(&out->template, at->text, place, err);
}

static bool is_list_of_texts(struct pyval v)
{
    if (v.type != PY_LIST && v.type != PY_TUPLE)
        return false;
    for (int i = 0; i < v.list->n; i++) {
        if (v.list->v[i].type != PY_STR)
            return false;
    }
    return true;
}

static int open_value(struct field *out, struct arena *a, struct err *err)
{
    struct pyval v;
    if (yamlvalue(&v, a, out->at, err))
        return err_prefix(err, "%s: ", out->key);
    if (v.type == PY_STR)
        return open_text(out, a, err);
    out->kind = FIELD_VALUE;
    out->value = v;
    if (v.type == PY_DICT) { /* lm-evaluation-harness takes its values */
        out->value = py_list(a, PY_LIST);
        out->value.list->v = v.dict->values.v;
        out->value.list->n = v.dict->values.n;
    }
    if (v.type == PY_INT || v.type == PY_BOOL || is_list_of_texts(out->value))
        return 0;
    return field_error(out, err, "expected a text, an integer, a list of texts or !function, found %s", py_type_name(v));
}

int field_open(struct field *out, struct arena *a, const char *key, const struct yaml_node *node, struct err *err)
{
    *out = (struct field){.kind = FIELD_NONE, .key = key, .at = node};
    if (!node || yaml_is_null(node))
        return 0;
    if (!node->tag || strcmp(node->tag, "!function"))
        return open_value(out, a, err);
    out->kind = FIELD_FUNC;
    return func_find(&out->func, node, FUNC_FIELD, key, err);
}

void field_close(struct field *f)
{
    template_close(f->template);
    f->template = NULL;
}

/* ---- values */

static int column_value(struct pyval *out, const struct field *f, yyjson_val *row, struct arena *a, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(row, f->source);
    if (!v)
        return field_error(f, err, "the row has no column '%s'", f->source);
    if (py_from_json(a, v, out))
        return field_error(f, err, "the column '%s' holds an integer beyond 64 bits", f->source);
    return 0;
}

static int render(struct pyval *out, const struct field *f, const struct view *v, struct err *err)
{
    struct buf text = BUF_INIT;
    int ret = template_render(f->template, v->row, &text, err);
    if (!ret)
        *out = py_str_of(v->a, &text);
    buf_release(&text);
    return ret;
}

/* What is not yet read again: column, rendered text, constant or function. is_rendered: a template was. */
static int raw_value(struct pyval *out, bool *is_rendered, const struct field *f, const struct view *v, struct err *err)
{
    *is_rendered = false;
    switch (f->kind) {
    case FIELD_NONE: *out = py_none(); return 0;
    case FIELD_VALUE: *out = f->value; return 0;
    case FIELD_FUNC:
        if (f->func->field(out, v->a, v->row, err))
            return err_prefix(err, "%s:%d: %s: ", f->at->file, f->at->line, f->key);
        return 0;
    default: break;
    }
    if (yyjson_obj_get(v->columns, f->source))
        return column_value(out, f, v->row, v->a, err);
    *is_rendered = true;
    return render(out, f, v, err);
}

/* ast.literal_eval; -1 is not yet an error of the row. */
static int eval_text(struct pyval *out, struct arena *a, struct pystr text, struct err *err)
{
    yyjson_doc *doc;
    if (pyliteral_parse(&doc, text, "literal", err))
        return -1;
    int ret = py_from_json(a, jsonarena_copy(a, doc), out);
    yyjson_doc_free(doc);
    return ret ? err_set(err, ERR_UNSUPPORTED, "an integer beyond 64 bits") : 0;
}

static int shown_bytes(struct pystr s)
{
    return (int)(s.n_bytes < 200 ? s.n_bytes : 200);
}

/* Of a rendered text that must be a literal. */
static int eval_literal(struct pyval *v, const struct field *f, struct arena *a, struct err *err)
{
    struct pystr text = v->s;
    struct err why = {0};
    if (!eval_text(v, a, text, &why))
        return 0;
    return field_error(f, err, "'%.*s' is read as a Python literal: %s", shown_bytes(text), text.s, why.msg);
}

int field_text(struct pyval *out, const struct field *f, const struct view *v, struct err *err)
{
    bool is_rendered;
    if (raw_value(out, &is_rendered, f, v, err))
        return -1;
    if (is_rendered && v->has_choices && pystr_isdigit(out->s))
        return eval_literal(out, f, v->a, err);
    return 0;
}

static bool is_in_brackets(struct pystr s)
{
    return s.n_bytes >= 2 && s.s[0] == '[' && s.s[s.n_bytes - 1] == ']';
}

/* "[MASK]", "[two words]": begins with a name, so that Python reads no list, and the text stays a text. */
static bool begins_with_name(struct pystr s)
{
    struct pystr inside = pystr_lstrip(pystr_slice(s, 1, SIZE_MAX), NULL);
    size_t n = 0;
    while (n < inside.n_bytes && (inside.s[n] == '_' || (inside.s[n] | 0x20) >= 'a') && (unsigned char)inside.s[n] < 128)
        n++;
    bool is_constant = (n == 4 && (!memcmp(inside.s, "True", 4) || !memcmp(inside.s, "None", 4))) ||
                       (n == 5 && !memcmp(inside.s, "False", 5));
    return n && n < inside.n_bytes && !strchr("'\"(", inside.s[n]) && !is_constant;
}

/* A list if it is one in Python, else the text; where perbit cannot tell, an error. */
static int try_list(struct pyval *out, const struct field *f, struct arena *a, struct err *err)
{
    struct pyval list;
    struct err why = {0};
    if (begins_with_name(out->s))
        return 0;
    if (eval_text(&list, a, out->s, &why))
        return field_error(f, err, "cannot tell whether Python reads '%.*s' as a list: %s", shown_bytes(out->s), out->s.s,
                           why.msg);
    *out = list;
    return 0;
}

int field_target(struct pyval *out, const struct field *f, const struct view *v, struct err *err)
{
    bool is_rendered;
    if (raw_value(out, &is_rendered, f, v, err))
        return -1;
    if (!is_rendered)
        return 0;
    if (v->has_choices && pystr_isdigit(out->s))
        return eval_literal(out, f, v->a, err);
    return is_in_brackets(out->s) ? try_list(out, f, v->a, err) : 0;
}

int field_choices(struct pyval *out, const struct field *f, const struct view *v, struct err *err)
{
    bool is_rendered;
    if (raw_value(out, &is_rendered, f, v, err))
        return -1;
    if (is_rendered && eval_literal(out, f, v->a, err))
        return -1;
    if (!is_list_of_texts(*out))
        return field_error(f, err, "expected a list of texts, found %s", py_type_name(*out));
    return 0;
}

int field_plain(struct pystr *out, const struct field *f, const struct view *v, struct err *err)
{
    struct pyval value;
    *out = pystr_of("", 0);
    if (f->kind == FIELD_NONE || (f->kind == FIELD_TEXT && !*f->source))
        return 0;
    if (f->kind != FIELD_TEXT)
        return field_error(f, err, "expected a text");
    bool is_column = yyjson_obj_get(v->row, f->source) != NULL;
    if (is_column ? column_value(&value, f, v->row, v->a, err) : render(&value, f, v, err))
        return -1;
    if (value.type == PY_NONE)
        return 0;
    if (value.type != PY_STR)
        return field_error(f, err, "expected a text, found %s", py_type_name(value));
    *out = value.s;
    return 0;
}
