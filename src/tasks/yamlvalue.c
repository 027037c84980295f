#include "tasks/yamlvalue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static bool is_one_of(const char *text, const char *const *names)
{
    for (; *names; names++) {
        if (!strcmp(text, *names))
            return true;
    }
    return false;
}

static bool is_yes(const char *text)
{
    static const char *const names[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
    return is_one_of(text, names);
}

static bool is_no(const char *text)
{
    static const char *const names[] = {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
    return is_one_of(text, names);
}

static const char *skip_sign(const char *s)
{
    return s + (*s == '-' || *s == '+');
}

/* PyYAML: decimal, 0x, 0b, a leading 0 for octal; no underscores are met in task files. */
static bool parse_int(int64_t *out, const char *text)
{
    const char *digits = skip_sign(text);
    int base = 10;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'b')) {
        base = digits[1] == 'x' ? 16 : 2;
        digits += 2;
    } else if (digits[0] == '0' && digits[1]) {
        base = 8;
    }
    static const char set[] = "0123456789abcdefABCDEF";
    char allowed[sizeof set];
    snprintf(allowed, sizeof allowed, "%.*s", base == 16 ? 22 : base, set);
    if (!*digits || digits[strspn(digits, allowed)] || strlen(digits) > 16)
        return false;
    *out = strtoll(digits, NULL, base) * (*text == '-' ? -1 : 1);
    return true;
}

/* PyYAML: a dot is required, and a sign in the exponent: 1e3 is a text. */
static bool parse_float(double *out, const char *text)
{
    const char *s = skip_sign(text);
    size_t n_whole = strspn(s, "0123456789");
    if (s[n_whole] != '.')
        return false;
    const char *part = s + n_whole + 1;
    size_t n_part = strspn(part, "0123456789");
    if (n_whole + n_part == 0)
        return false;
    const char *end = part + n_part;
    if (*end == 'e' || *end == 'E') {
        if (end[1] != '-' && end[1] != '+')
            return false;
        size_t n_exponent = strspn(end + 2, "0123456789");
        end += n_exponent ? 2 + n_exponent : 0;
    }
    if (*end)
        return false;
    *out = strtod(text, NULL);
    return true;
}

/* Spellings that PyYAML reads as something else and that this reader does not: dates, .inf, 1_000, 1:30. */
static bool is_strange_plain(const char *s)
{
    size_t n_digits = strspn(s, "0123456789");
    if (n_digits == 4 && s[4] == '-' && strspn(s + 5, "0123456789") && strlen(s) >= 8)
        return true;
    static const char *const names[] = {".inf", ".Inf", ".INF", "-.inf", ".nan", ".NaN", ".NAN", "<<", "=", NULL};
    if (is_one_of(s, names))
        return true;
    const char *body = skip_sign(s);
    return strspn(body, "0123456789") && strpbrk(body, "_:") && !body[strspn(body, "0123456789_:.")];
}

static int scalar_value(struct pyval *out, const struct yaml_node *node, struct err *err)
{
    int64_t i;
    double f;
    *out = py_str(pystr_z(node->text));
    if (!node->is_plain)
        return 0;
    if (yaml_is_null(node))
        *out = py_none();
    else if (is_yes(node->text) || is_no(node->text))
        *out = py_bool(is_yes(node->text));
    else if (parse_int(&i, node->text))
        *out = py_int(i);
    else if (parse_float(&f, node->text))
        *out = py_float(f);
    else if (is_strange_plain(node->text))
        return err_set(err, ERR_UNSUPPORTED, "%s:%d: '%s' is no text in YAML 1.1; put it in quotes", node->file,
                       node->line, node->text);
    return 0;
}

int yamlvalue(struct pyval *out, struct arena *a, const struct yaml_node *node, struct err *err)
{
    if (node->tag && strcmp(node->tag, "tag:yaml.org,2002:str"))
        return err_set(err, ERR_UNSUPPORTED, "%s:%d: the tag %s is not allowed here", node->file, node->line, node->tag);
    if (node->kind == YAML_SCALAR)
        return scalar_value(out, node, err);
    bool is_list = node->kind == YAML_SEQUENCE;
    *out = is_list ? py_list(a, PY_LIST) : py_dict(a);
    for (int i = 0; i < node->n; i++) {
        struct pyval item;
        if (yamlvalue(&item, a, node->items[i], err))
            return -1;
        if (is_list)
            py_append(a, *out, item);
        else
            py_dict_set(a, *out, py_str(pystr_z(node->keys[i]->text)), item);
    }
    return 0;
}

bool yamlvalue_int(int64_t *out, const struct yaml_node *node)
{
    struct pyval v;
    bool is_int = node->kind == YAML_SCALAR && !node->tag && !scalar_value(&v, node, NULL) && v.type == PY_INT;
    if (is_int)
        *out = v.i;
    return is_int;
}

bool yamlvalue_truth(const struct yaml_node *node)
{
    struct pyval v;
    if (node->kind != YAML_SCALAR)
        return node->n > 0;
    return node->tag || scalar_value(&v, node, NULL) || py_truth(v);
}
